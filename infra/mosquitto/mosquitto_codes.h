/* Of mosquitto.h, which Debian has in another package than the plugin headers. */
#ifndef TOURNEE_MOSQUITTO_CODES_H
#define TOURNEE_MOSQUITTO_CODES_H

enum { SUCCESS = 0, NOMEM = 1, INVALID = 3, AUTH = 11, ACL_DENIED = 12, UNKNOWN = 13, DEFER = 17 };
enum { NOTICE = 1 << 1, WARNING = 1 << 2, ERROR = 1 << 3 };

#endif

/* Who reads what devices send: bridges, and nobody else.
 *
 * Mosquitto 2.0 grants every subscription, gives a member of a $share its turn, and asks whether it may read only then:
 * what a device's share took so was acknowledged and gone. Here others are refused at SUBSCRIBE. Who holds such a
 * subscription all the same (a session saved by another Mosquitto) is a stranger: it is told by name.
 */
#ifndef TOURNEE_READERS_H
#define TOURNEE_READERS_H

#include <stdbool.h>
#include <stdint.h>

struct mosquitto;

struct readers_options {
	const char *login;    /* of bridges; READERS_ANYBODY: nobody has a login, everybody may subscribe */
	const char *consumer; /* how the client ids of bridges begin */
	const char *kept;     /* the filter of what devices send */
};

#define READERS_ANYBODY "anybody"

void readers_open(const struct readers_options *options);
void readers_close(void);

/* Whether subscriptions are watched at all. */
bool readers_are_guarded(void);

/* A bridge by its client id, its login and its persistent session. */
bool reader_is_bridge(const struct mosquitto *client);

/* Whether this client may subscribe; a refusal is counted, and logged at most once a second. */
bool reader_may_subscribe(const struct mosquitto *client, const char *filter, int qos);

/* Whether this client may come under its client id: a bridge's is for bridges. Its password is not looked at. */
bool reader_may_come(const struct mosquitto *client);

/* A message was given to a bridge. */
void reader_took(void);

/* A message that devices sent was about to be given to a client that is no bridge. */
void stranger_was_asked(const struct mosquitto *client);

/* The passwords were read again. */
void readers_passwords_read(void);

/* Once per turn: tell what has changed, retained under $SYS/broker/tournee/. */
void readers_tick(int64_t now_ms);

#endif

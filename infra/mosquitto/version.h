/* Which Mosquitto has loaded us. */
#ifndef TOURNEE_VERSION_H
#define TOURNEE_VERSION_H

#include <stdbool.h>

enum { VERSION_BYTES = 128 };

/* The first line of what the running program says to -h: "mosquitto version 2.0.11". Returns false where it says
 * nothing; errno says why. */
bool version_read(char line[static VERSION_BYTES]);

/* Whether the journal is known to work with the Mosquitto that says this of itself. */
bool version_is_tried(const char *line);

#endif

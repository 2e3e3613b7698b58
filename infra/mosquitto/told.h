/* What the plugin tells: retained messages under $SYS/broker/tournee/, plain as Mosquitto's own. Only the bridges'
 * login may read them. Names that clients chose are percent-encoded, so that a space ends one. */
#ifndef TOURNEE_TOLD_H
#define TOURNEE_TOLD_H

#include <stdbool.h>
#include <stddef.h>

enum { NAMES_BYTES = 8192 };

void tell_text(const char *name, const char *text);
/* A count and names, as told_name has put them together. */
void tell_count(const char *name, unsigned long count, const char *names);

/* Add a space and a name to a text in `size` bytes. Returns whether the name fitted; else the text stays as it was. */
bool told_name(char *text, size_t size, const char *name);

enum { LOGGED_BYTES = 512 };
/* A name for the log, where a line end in it must not begin a line. Returns `text`. */
const char *told_in_log(char text[static LOGGED_BYTES], const char *name);

#endif

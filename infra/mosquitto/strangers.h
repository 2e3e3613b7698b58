/* Clients that hold a subscription to what devices send and are no bridges, as far as they were asked lately. */
#ifndef TOURNEE_STRANGERS_H
#define TOURNEE_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

/* Returns whether it is a new one. At most 32 are kept; while there are so many, further ones are not seen. */
bool stranger_is_seen(const char *id);

/* Returns whether it was one. */
bool stranger_is_gone(const char *id);

/* A message was given to a bridge. */
void strangers_message_went_by(void);

/* Forget who has let a minute and a thousand messages go by. Returns whether somebody was forgotten. */
bool strangers_tick(int64_t now_ms);

/* Publish how many, and their client ids. */
void tell_strangers(void);

void strangers_forget(void);

#endif

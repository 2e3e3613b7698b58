/* What the journal needs of Mosquitto: a log, and publishing. */
#ifndef TOURNEE_BROKER_H
#define TOURNEE_BROKER_H

#include <stdbool.h>

#include "segment.h"

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Hand a message to Mosquitto as the broker's own. Returns false where its memory is used up. */
bool broker_publish(const struct message *message);

#endif

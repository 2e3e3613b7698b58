/* The journal: segments in a folder, replayed where nobody took their messages, deleted when mosquitto.db has them. */
#ifndef TOURNEE_JOURNAL_H
#define TOURNEE_JOURNAL_H

#include "segment.h"

struct journal_options {
	const char *folder;
	const char *database; /* path of mosquitto.db */
	long segment_bytes;    /* about so much is written before Mosquitto is asked to save */
	long max_bytes;        /* beyond it nothing is taken */
	long reserve_bytes;    /* free disk beyond what the next save needs */
	long save_interval_ms; /* at least so often, when there is something to save */
	long sync_interval_ms; /* 0: never */
};

/* Take stock of the folder (made if missing). Returns false after a log line. */
bool journal_open(const struct journal_options *options);

/* Write one message. Returns NULL, or why it cannot be kept: then it must not be acknowledged. */
const char *journal_add(const struct message *message);

/* A consumer's session takes messages: from the next tick on, what waits for one is published again. */
void journal_consumer_came(void);

/* A message of ours was given to a consumer's session, live or replayed. */
void journal_consumer_took(void);

/* Nobody took the message added last: keep its segment until a consumer comes. */
void journal_was_unclaimed(void);

/* A message of ours was about to be given to somebody who is no consumer: replay nothing while that goes on. */
void journal_stranger_came(void);

/* Once per turn of Mosquitto's loop: replay, ask for saves, delete what they cover. */
void journal_tick(int64_t now_ms);

void journal_close(void);

#endif

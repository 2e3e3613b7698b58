#include "journal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "broker.h"
#include "clock.h"
#include "state.h"
#include "syncer.h"

enum {
	AFTER_UNCLAIMED_MS = 1000,
	/* A share's members have their turn one after the other: who was not asked for so long will not be asked. */
	AFTER_STRANGER_MS = 3000,
};

struct state j = {.fd = -1, .next_number = 1};

bool journal_open(const struct journal_options *options)
{
	j.options = *options;
	j.last_save = now_ms();
	if (mkdir(options->folder, 0700) != 0 && errno != EEXIST) {
		log_error("cannot make %s: %s", options->folder, strerror(errno));
		return false;
	}
	if (!segments_find()) {
		return false;
	}
	int error = syncer_start(options->sync_interval_ms);
	if (error != 0) {
		log_error("cannot start the syncing thread: %s", strerror(error));
		return false;
	}
	room_check(j.last_save);
	return true;
}

const char *journal_add(const struct message *message)
{
	bool torn = false;
	off_t bytes = record_size(message);
	if (!room_take(bytes)) {
		return "too little disk is free for the journal and the next save of mosquitto.db";
	}
	if (j.bytes + bytes > j.options.max_bytes) {
		return "the journal is full: no consumer has subscribed, or mosquitto.db cannot be saved";
	}
	if (j.fd < 0 && !segment_open()) {
		return strerror(errno);
	}
	int error = segment_append(j.fd, j.last->bytes, message, &torn);
	if (torn) {
		segment_close(j.tick + 1);
	}
	if (error != 0) {
		return strerror(error);
	}
	j.last->bytes += bytes;
	j.bytes += bytes;
	syncer_note_write();
	return NULL;
}

void journal_consumer_came(void)
{
	j.consumer_here = true;
}

void journal_consumer_took(void)
{
	j.taken++;
}

void journal_was_unclaimed(void)
{
	if (j.consumer_here) {
		int64_t now = now_ms();
		if (now >= j.strangers_until) {
			log_warning("no consumer's session takes messages: the journal keeps them until one subscribes");
		}
		replay_stop(now + AFTER_UNCLAIMED_MS); /* so that consumers who come and go cost little */
	}
	j.consumer_here = false;
	j.last->unclaimed = true;
}

void journal_stranger_came(void)
{
	j.strangers_until = now_ms() + AFTER_STRANGER_MS;
	replay_stop(j.strangers_until);
}

static void look_for_sync_error(void)
{
	int error = syncer_take_error();
	if (error != 0) {
		log_error("the disk did not keep the journal (%s): Mosquitto is asked to save at once", strerror(error));
		segment_close(j.tick);
		j.save_now = true;
	}
}

void journal_tick(int64_t now)
{
	j.tick++;
	look_for_sync_error();
	room_check(now);
	save_look(now);
	replay_some(now);
	save_ask_if_due(now);
}

void journal_close(void)
{
	replay_stop(0);
	segment_close(j.tick + 1);
	syncer_stop();
	segments_forget();
}

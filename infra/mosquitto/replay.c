#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "broker.h"
#include "state.h"

enum {
	/* A turn's portion: some 20 ms of Mosquitto's time, so that it goes on answering its clients. */
	REPLAY_MESSAGES = 10000,
	REPLAY_BYTES = 4 * 1024 * 1024,
	RETRY_MS = 5000,
};

void replay_stop(int64_t not_before)
{
	reader_close(&j.reader);
	j.replaying = j.handed_out = NULL;
	j.portion = 0;
	if (j.next_replay < not_before) {
		j.next_replay = not_before;
	}
}

static void retry_later(int64_t now, uint64_t number, const char *why)
{
	log_error("segment %" PRIu64 " of %s cannot be replayed, tried again soon: %s", number, j.options.folder, why);
	replay_stop(now + RETRY_MS);
}

static void segment_done(void)
{
	j.handed_out = j.replaying;
	j.replaying = NULL;
	reader_close(&j.reader);
}

/* Mosquitto takes what we publish at the start of its next turn. Had anybody but a consumer been asked there, replay_stop
 * would have been called. A save seen at this tick may have been begun before that turn, hence `closed_at`. */
static void confirm(int64_t now)
{
	bool taken = j.taken >= j.portion;
	j.taken = j.portion = 0;
	if (!taken) {
		log_warning("no consumer's session took what was replayed: the journal keeps it until one subscribes");
		replay_stop(now + RETRY_MS);
		j.consumer_here = false;
	} else if (j.handed_out != NULL) {
		j.handed_out->unclaimed = false;
		j.handed_out->closed_at = j.tick;
		j.handed_out = NULL;
	}
}

static void all_done(void)
{
	if (j.replayed > 0) {
		log_notice("replayed %" PRIu64 " messages", j.replayed);
		j.replayed = 0;
	}
}

/* Open the first segment that waits. Returns false where there is none, or it cannot be read now. */
static bool begin(int64_t now)
{
	struct segment *segment = j.first;
	char path[PATH_BYTES];
	while (segment != NULL && !segment->unclaimed) {
		segment = segment->next;
	}
	if (segment == NULL) {
		all_done();
		return false;
	}
	if (segment_is_open(segment)) {
		segment_close(j.tick);
	}
	int error = segment_path(segment->number, path) ? reader_open(&j.reader, path) : ENAMETOOLONG;
	if (error != 0) {
		segment->unclaimed = error != ENOENT; /* where somebody deleted it, nothing is left to replay */
		retry_later(now, segment->number, strerror(error));
		return false;
	}
	j.replaying = segment;
	return true;
}

static off_t replay_one(int64_t now)
{
	struct message message;
	switch (reader_next(&j.reader, &message)) {
	case READ_MESSAGE:
		if (!broker_publish(&message)) {
			retry_later(now, j.replaying->number, "Mosquitto is out of memory");
			return 0;
		}
		j.replayed++;
		j.portion++;
		return record_size(&message);
	case READ_FAILED:
		retry_later(now, j.replaying->number, strerror(errno));
		return 0;
	case READ_TORN:
		log_warning("segment %" PRIu64 " ends in a torn record, as a crash leaves it: its last %lld bytes are ignored",
		            j.replaying->number, (long long)j.reader.left);
		segment_done();
		return 0;
	default:
		segment_done();
		return 0;
	}
}

void replay_some(int64_t now)
{
	off_t bytes = 0;
	confirm(now);
	/* Not further than the end of a segment, which the next turn confirms. */
	for (int messages = 0; messages < REPLAY_MESSAGES && bytes < REPLAY_BYTES && j.handed_out == NULL; messages++) {
		if (!j.consumer_here || now < j.next_replay || (j.replaying == NULL && !begin(now))) {
			return;
		}
		bytes += replay_one(now);
	}
}

/* What the journal's parts share: segments.c, saves.c, replay.c and journal.c. One thread only. */
#ifndef TOURNEE_STATE_H
#define TOURNEE_STATE_H

#include "database.h"
#include "journal.h"

enum { PATH_BYTES = 4096 };

struct segment {
	uint64_t number;
	off_t bytes;
	bool unclaimed;     /* holds messages that no consumer's session took: to be replayed */
	uint64_t closed_at; /* covered by a save seen at a later tick than this one */
	struct segment *next;
};

struct state {
	struct journal_options options;
	uint64_t tick;
	bool consumer_here; /* a consumer's session takes messages */
	/* segments.c */
	struct segment *first, *last; /* by number; the last one is open where fd >= 0 */
	int fd;
	off_t bytes; /* of all segments */
	uint64_t next_number;
	/* saves.c; times in ms of the monotonic clock */
	bool saving, save_now, room;
	off_t room_bytes; /* of disk, for journal and the next save, beyond the reserve */
	bool same_fits; /* a database as large as the last one fits on the disk beside it */
	struct save before; /* the database when the save was asked for */
	off_t database_bytes;
	int64_t save_deadline, save_not_before, last_save, next_room_check;
	/* replay.c */
	struct segment *replaying, *handed_out; /* the latter whole, in the turn that is not over yet */
	struct reader reader;
	uint64_t replayed;
	uint64_t portion, taken; /* messages replayed in this turn, and what consumers were given in it */
	int64_t next_replay, strangers_until;
};

extern struct state j;

/* segments.c */
bool segments_find(void);
bool segment_path(uint64_t number, char path[static PATH_BYTES]);
bool segment_open(void);
bool segment_is_open(const struct segment *segment);
/* `closed_at`: j.tick inside a tick, one more elsewhere: a websocket's message may come after its turn's save. */
void segment_close(uint64_t closed_at);
void segments_delete_covered(void);
void segments_forget(void);
/* Make names in a folder, or their absence, survive a power cut. */
void folder_sync(const char *folder);

/* saves.c */
void room_check(int64_t now);
/* Whether so much more may be journaled: false until the next check, once it may not. */
bool room_take(off_t journal_bytes);
void save_look(int64_t now);
void save_ask_if_due(int64_t now);

/* replay.c */
void replay_some(int64_t now);
/* What is not confirmed yet is replayed again, whole, and not before that time. */
void replay_stop(int64_t not_before);

#endif

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "broker.h"
#include "state.h"

enum {
	/* Mosquitto saves in its next turn and does nothing else meanwhile: what is not there at a later tick has failed. */
	PATIENCE_MS = 1000,
	RETRY_MS = 2000,
	ROOM_CHECK_MS = 200,
	/* Without room: what consumers took meanwhile makes the next database smaller, and no event tells of it. */
	QUEUE_CHECK_MS = 5000,
	/* A message of 20 bytes takes 2.5 times its journal record in mosquitto.db, one of 200 bytes 1.4 times. */
	DATABASE_BYTES_PER_JOURNAL_BYTE = 3,
	DISK_BYTES_PER_JOURNAL_BYTE = 1 + DATABASE_BYTES_PER_JOURNAL_BYTE,
	LARGE_MESSAGE_BYTES = 64 * 1024,
};

/* A full disk shall refuse messages before it spoils a save: so keep room for a database with all that is journaled. */
void room_check(int64_t now)
{
	struct statvfs disk;
	if (now < j.next_room_check) {
		return;
	}
	j.next_room_check = now + ROOM_CHECK_MS;
	j.database_bytes = save_find(j.options.database).bytes;
	if (statvfs(j.options.folder, &disk) == 0) {
		off_t free_bytes = (off_t)disk.f_bavail * (off_t)disk.f_frsize;
		off_t save_bytes = j.database_bytes + DATABASE_BYTES_PER_JOURNAL_BYTE * j.bytes;
		j.room_bytes = free_bytes - save_bytes - j.options.reserve_bytes;
		j.room = j.room_bytes >= DISK_BYTES_PER_JOURNAL_BYTE * LARGE_MESSAGE_BYTES;
		j.same_fits = free_bytes >= j.database_bytes;
	}
}

/* Between two checks a burst may write more than any sensible reserve: so what was found is used up. */
bool room_take(off_t journal_bytes)
{
	j.room_bytes -= DISK_BYTES_PER_JOURNAL_BYTE * journal_bytes;
	j.room = j.room && j.room_bytes >= 0;
	return j.room;
}

/* Bytes that a save would cover, were it made now. */
static off_t coverable_bytes(void)
{
	off_t bytes = 0;
	for (struct segment *segment = j.first; segment != NULL; segment = segment->next) {
		bytes += segment->unclaimed ? 0 : segment->bytes;
	}
	return bytes;
}

/* A save writes the whole database while Mosquitto waits: so the longer the queue, the more journal before a save. */
static off_t bytes_before_a_save(void)
{
	off_t half = j.options.max_bytes / 2;
	off_t wanted = j.database_bytes > j.options.segment_bytes ? j.database_bytes : j.options.segment_bytes;
	return wanted < half ? wanted : half;
}

static bool is_due(int64_t now)
{
	off_t bytes = coverable_bytes();
	if (j.saving || now < j.save_not_before) {
		return false;
	}
	if (bytes == 0) {
		/* All is in the database, and it leaves no room for one more message: perhaps it could be smaller by now. */
		return !j.room && j.same_fits && now - j.last_save >= QUEUE_CHECK_MS;
	}
	if (j.save_now || !j.room) {
		return true; /* without room: so that the journal gives some back */
	}
	return bytes >= bytes_before_a_save() || now - j.last_save >= j.options.save_interval_ms;
}

void save_ask_if_due(int64_t now)
{
	if (!is_due(now)) {
		return;
	}
	if (j.last != NULL && !j.last->unclaimed) {
		segment_close(j.tick);
	}
	j.before = save_find(j.options.database);
	j.saving = true;
	j.save_now = false;
	j.save_deadline = now + PATIENCE_MS;
	/* Mosquitto's own "write the persistence database now" (mosquitto(8)); it does so in its next turn. */
	(void)raise(SIGUSR1);
}

static void failed(int64_t now, const char *what)
{
	log_error("%s %s; the journal is kept, %lld bytes now", j.options.database, what, (long long)j.bytes);
	j.saving = false;
	j.save_not_before = now + RETRY_MS;
}

/* A second name for a database that is whole: should a full disk spoil the next save, an operator can put it back. */
static void keep_second_name(void)
{
	char path[PATH_BYTES];
	int length = snprintf(path, sizeof(path), "%s.whole", j.options.database);
	if (length < 0 || length >= PATH_BYTES) {
		return; /* longer than any path may be */
	}
	if ((unlink(path) != 0 && errno != ENOENT) || link(j.options.database, path) != 0) {
		log_error("cannot keep %s: %s", path, strerror(errno));
	}
}

static void sync_database_folder(void)
{
	char folder[PATH_BYTES];
	const char *slash = strrchr(j.options.database, '/');
	int in_folder = slash == NULL ? 0 : (int)(slash - j.options.database) + 1;
	int length = snprintf(folder, sizeof(folder), "%s%.*s", in_folder == 0 ? "." : "", in_folder, j.options.database);
	if (length > 0 && length < PATH_BYTES) {
		folder_sync(folder);
	}
}

void save_look(int64_t now)
{
	if (!j.saving) {
		return;
	}
	if (save_equal(save_find(j.options.database), j.before)) {
		if (now >= j.save_deadline) {
			failed(now, "was not saved when asked for (is the disk full, or persistence off?)");
		}
		return;
	}
	if (!save_is_whole(j.options.database)) {
		failed(now, "was saved incompletely (is the disk full?)");
		return;
	}
	keep_second_name();
	sync_database_folder(); /* before the segments go: a power cut must not bring the old database back */
	segments_delete_covered();
	j.saving = false;
	j.last_save = now;
}

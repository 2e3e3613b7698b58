#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "state.h"
#include "syncer.h"

enum { NAME_DIGITS = 20 };

bool segment_path(uint64_t number, char path[static PATH_BYTES])
{
	int length = snprintf(path, PATH_BYTES, "%s/%0*" PRIu64 ".journal", j.options.folder, NAME_DIGITS, number);
	return length > 0 && length < PATH_BYTES;
}

void folder_sync(const char *folder)
{
	int fd = j.options.sync_interval_ms > 0 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		if (fsync(fd) != 0) {
			log_error("cannot sync %s: %s", folder, strerror(errno));
		}
		(void)close(fd);
	}
}

static bool add_segment(uint64_t number, off_t bytes, bool unclaimed)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	if (segment == NULL) {
		return false;
	}
	*segment = (struct segment){.number = number, .bytes = bytes, .unclaimed = unclaimed};
	if (j.last != NULL) {
		j.last->next = segment;
	} else {
		j.first = segment;
	}
	j.last = segment;
	j.bytes += bytes;
	j.next_number = number + 1;
	return true;
}

bool segment_open(void)
{
	char path[PATH_BYTES];
	if (!segment_path(j.next_number, path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0) {
		return false;
	}
	if (!add_segment(j.next_number, 0, !j.consumer_here)) {
		(void)close(fd);
		(void)unlink(path); /* empty */
		errno = ENOMEM;
		return false;
	}
	j.fd = fd;
	syncer_watch(fd);
	folder_sync(j.options.folder);
	return true;
}

bool segment_is_open(const struct segment *segment)
{
	return segment == j.last && j.fd >= 0;
}

void segment_close(uint64_t closed_at)
{
	if (j.fd >= 0) {
		syncer_watch(-1);
		(void)close(j.fd); /* written with writev(2): nothing is left to fail */
		j.fd = -1;
		j.last->closed_at = closed_at;
	}
}

static bool delete_file(const struct segment *segment)
{
	char path[PATH_BYTES];
	if (segment_path(segment->number, path) && (unlink(path) == 0 || errno == ENOENT)) {
		return true;
	}
	log_error("cannot delete segment %" PRIu64 " of %s: %s", segment->number, j.options.folder, strerror(errno));
	return false; /* tried again after the next save */
}

void segments_delete_covered(void)
{
	struct segment *last_kept = NULL;
	for (struct segment **at = &j.first; *at != NULL;) {
		struct segment *segment = *at;
		/* The save seen at this tick began after the tick before, so after the segment was closed. */
		bool covered = !segment->unclaimed && !segment_is_open(segment) && segment->closed_at < j.tick;
		if (covered && delete_file(segment)) {
			j.bytes -= segment->bytes;
			*at = segment->next;
			free(segment);
		} else {
			last_kept = segment;
			at = &segment->next;
		}
	}
	j.last = last_kept;
	folder_sync(j.options.folder);
}

void segments_forget(void)
{
	while (j.first != NULL) {
		struct segment *segment = j.first;
		j.first = segment->next;
		free(segment);
	}
	j.last = NULL;
}

static uint64_t number_of(const char *name)
{
	if (strspn(name, "0123456789") != NAME_DIGITS || strcmp(name + NAME_DIGITS, ".journal") != 0) {
		return 0;
	}
	return strtoull(name, NULL, 10);
}

static int is_segment(const struct dirent *entry)
{
	return number_of(entry->d_name) > 0;
}

static bool find_segment(const char *name)
{
	struct stat found;
	char path[PATH_BYTES];
	uint64_t number = number_of(name);
	if (!segment_path(number, path) || stat(path, &found) != 0 || !add_segment(number, found.st_size, true)) {
		log_error("cannot take %s of %s: %s", name, j.options.folder, strerror(errno));
		return false;
	}
	return true;
}

/* What an earlier run left, all to be replayed. Names have equal length, so that their order is that of the numbers. */
bool segments_find(void)
{
	struct dirent **names = NULL;
	int count = scandir(j.options.folder, &names, is_segment, alphasort);
	if (count < 0) {
		log_error("cannot list %s: %s", j.options.folder, strerror(errno));
		return false;
	}
	bool found = true;
	for (int i = 0; i < count; i++) {
		found = found && find_segment(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (found && count > 0) {
		log_notice("%d segments, %lld bytes, wait to be replayed when a consumer subscribes", count, (long long)j.bytes);
	}
	return found;
}

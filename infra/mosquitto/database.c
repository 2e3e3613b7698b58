#include "database.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct save save_find(const char *path)
{
	struct stat found;
	if (stat(path, &found) != 0) {
		return (struct save){0};
	}
	return (struct save){found.st_ino, found.st_size, found.st_mtim};
}

bool save_equal(struct save a, struct save b)
{
	return a.inode == b.inode && a.bytes == b.bytes && a.at.tv_sec == b.at.tv_sec && a.at.tv_nsec == b.at.tv_nsec;
}

static uint32_t big_endian(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Mosquitto's src/persist.h: 15 bytes "\0\265\0mosquitto db", checksum (zero), version 6; then chunks, each with its
 * kind (1 to 6) and length. A cut exactly between two chunks is not seen; room_check() keeps the disk emptier. */
static bool chunks_are_whole(FILE *file, off_t left)
{
	uint8_t start[23], head[8];
	if (left < (off_t)sizeof(start) || fread(start, sizeof(start), 1, file) != 1
	    || memcmp(start + 3, "mosquitto db", 12) != 0 || big_endian(start + 19) != 6) {
		return false;
	}
	left -= (off_t)sizeof(start);
	while (left > 0) {
		if (left < (off_t)sizeof(head) || fread(head, sizeof(head), 1, file) != 1) {
			return false;
		}
		uint32_t kind = big_endian(head);
		off_t length = big_endian(head + 4);
		left -= (off_t)sizeof(head) + length;
		if (kind < 1 || kind > 6 || left < 0 || fseeko(file, length, SEEK_CUR) != 0) {
			return false;
		}
	}
	return true;
}

bool save_is_whole(const char *path)
{
	struct stat found;
	FILE *file = fopen(path, "rbe");
	if (file == NULL) {
		return false;
	}
	bool whole = fstat(fileno(file), &found) == 0 && chunks_are_whole(file, found.st_size);
	(void)fclose(file); /* only read from */
	return whole;
}

/* mosquitto.db, as Mosquitto saves it. */
#ifndef TOURNEE_DATABASE_H
#define TOURNEE_DATABASE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* Which save of mosquitto.db this is: each makes a new file and moves it over the old one. */
struct save {
	ino_t inode;
	off_t bytes;
	struct timespec at;
};

/* What is there now; all zero where there is none. */
struct save save_find(const char *path);
bool save_equal(struct save a, struct save b);

/* Whether the file is one unbroken chain of chunks. Mosquitto 2.0 ignores write errors in part of a save, and moves a
 * file that a full disk cut off over the good one. */
bool save_is_whole(const char *path);

#endif

/* A thread that asks the disk to keep what was written, so that a power cut loses at most one interval. */
#ifndef TOURNEE_SYNCER_H
#define TOURNEE_SYNCER_H

/* Start the thread; with 0 ms nothing is ever synced. Returns 0, or an error number. */
int syncer_start(long interval_ms);
/* The file to watch from now on (-1: none). What the one before still held is synced first. */
void syncer_watch(int fd);
/* Something was written to the watched file. */
void syncer_note_write(void);
/* The error of a sync since the last call, or 0: what was written before it may not be on the disk. */
int syncer_take_error(void);
void syncer_stop(void);

#endif

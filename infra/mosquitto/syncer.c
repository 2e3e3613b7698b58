#include "syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

static pthread_t thread;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake;
static long interval_ms;
static int watched = -1;  /* under the mutex */
static bool stopping;     /* under the mutex */
static atomic_bool dirty;
static atomic_int failure;

static void sync_now(int fd)
{
	if (fdatasync(fd) != 0) {
		atomic_store(&failure, errno);
	}
}

static struct timespec next_time(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += interval_ms / 1000;
	at.tv_nsec += (interval_ms % 1000) * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000L;
	}
	return at;
}

/* Sync a copy of the descriptor, so that the broker's thread never waits for a slow disk. */
static void sync_a_copy(void)
{
	int copy = watched < 0 ? -1 : fcntl(watched, F_DUPFD_CLOEXEC, 0);
	pthread_mutex_unlock(&mutex);
	if (copy >= 0) {
		sync_now(copy);
		(void)close(copy);
	}
	pthread_mutex_lock(&mutex);
}

static void *run(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&mutex);
	while (!stopping) {
		struct timespec at = next_time();
		(void)pthread_cond_timedwait(&wake, &mutex, &at);
		if (atomic_exchange(&dirty, false)) {
			sync_a_copy();
		}
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

int syncer_start(long every_ms)
{
	interval_ms = every_ms;
	if (interval_ms == 0) {
		return 0;
	}
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	/* Signals are Mosquitto's: its own thread must be the one that they interrupt. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		interval_ms = 0;
	}
	return error;
}

void syncer_watch(int fd)
{
	pthread_mutex_lock(&mutex);
	if (interval_ms > 0 && watched >= 0 && atomic_exchange(&dirty, false)) {
		sync_now(watched);
	}
	watched = fd;
	pthread_mutex_unlock(&mutex);
}

void syncer_note_write(void)
{
	atomic_store_explicit(&dirty, true, memory_order_relaxed);
}

int syncer_take_error(void)
{
	return atomic_exchange(&failure, 0);
}

void syncer_stop(void)
{
	syncer_watch(-1);
	if (interval_ms == 0) {
		return;
	}
	pthread_mutex_lock(&mutex);
	stopping = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	pthread_cond_destroy(&wake);
	interval_ms = 0;
}

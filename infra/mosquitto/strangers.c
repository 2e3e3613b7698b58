#include "strangers.h"

#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "told.h"

enum { MOST = 32 };
/* A member of a share has its turn after each of the others: with fewer than a thousand members it would have been
 * asked again. */
enum { GONE_MS = 60000, GONE_MESSAGES = 1000 };

struct stranger {
	char *id;
	int64_t asked_ms;
	unsigned long asked_at; /* `messages` then */
};

static struct stranger strangers[MOST];
static int count;
static int64_t now;
static unsigned long messages;

static struct stranger *find(const char *id)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(strangers[i].id, id) == 0) {
			return &strangers[i];
		}
	}
	return NULL;
}

static void forget(struct stranger *stranger)
{
	free(stranger->id);
	*stranger = strangers[--count];
}

bool stranger_is_seen(const char *id)
{
	struct stranger *known = find(id);
	if (known != NULL) {
		known->asked_ms = now;
		known->asked_at = messages;
		return false;
	}
	char *copy = count < MOST ? strdup(id) : NULL;
	if (copy == NULL) {
		return false;
	}
	strangers[count++] = (struct stranger){copy, now, messages};
	return true;
}

bool stranger_is_gone(const char *id)
{
	struct stranger *known = find(id);
	if (known != NULL) {
		forget(known);
	}
	return known != NULL;
}

void strangers_message_went_by(void)
{
	messages++;
}

bool strangers_tick(int64_t now_ms)
{
	int before = count;
	now = now_ms;
	for (int i = count - 1; i >= 0; i--) {
		if (now - strangers[i].asked_ms >= GONE_MS && messages - strangers[i].asked_at >= GONE_MESSAGES) {
			forget(&strangers[i]);
		}
	}
	return count != before;
}

void tell_strangers(void)
{
	char names[NAMES_BYTES] = "";
	for (int i = 0; i < count; i++) {
		(void)told_name(names, sizeof(names), strangers[i].id); /* one that is too long is counted, and in the log */
	}
	tell_count("strangers", (unsigned long)count, names);
}

void strangers_forget(void)
{
	while (count > 0) {
		forget(&strangers[count - 1]);
	}
}

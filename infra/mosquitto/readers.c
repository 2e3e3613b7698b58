#include "readers.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <mosquitto_broker.h>

#include "broker.h"
#include "filters.h"
#include "strangers.h"
#include "told.h"

static struct readers_options r;
static bool guarded;
static bool changed;
static int64_t told_at_ms;
static unsigned long refused, refused_unlogged;
static char last_refused[2 * LOGGED_BYTES]; /* " <client id> <what it wanted>" */
static time_t refusal_logged_at;
static unsigned long passwords_read;

enum { TELL_EVERY_MS = 500 };

void readers_open(const struct readers_options *options)
{
	r = *options;
	guarded = strcmp(r.login, READERS_ANYBODY) != 0;
	changed = true;
}

void readers_close(void)
{
	strangers_forget();
}

bool readers_are_guarded(void)
{
	return guarded;
}

static const char *or_nobody(const char *name)
{
	return name == NULL ? "" : name;
}

static bool has_the_login(const struct mosquitto *client)
{
	return !guarded || strcmp(or_nobody(mosquitto_client_username(client)), r.login) == 0;
}

static bool has_a_bridges_id(const struct mosquitto *client)
{
	return strncmp(or_nobody(mosquitto_client_id(client)), r.consumer, strlen(r.consumer)) == 0;
}

bool reader_is_bridge(const struct mosquitto *client)
{
	return has_a_bridges_id(client) && has_the_login(client) && !mosquitto_client_clean_session(client);
}

static void refuse(const struct mosquitto *client, const char *what, const char *of)
{
	char id_text[LOGGED_BYTES], login_text[LOGGED_BYTES], of_text[LOGGED_BYTES];
	const char *id = told_in_log(id_text, or_nobody(mosquitto_client_id(client))), *wanted = told_in_log(of_text, of);
	time_t now = time(NULL);
	refused++;
	refused_unlogged++;
	changed = true;
	(void)snprintf(last_refused, sizeof(last_refused), "%s%s", id, wanted);
	if (now != refusal_logged_at) {
		log_warning("client%s, login%s, may not %s%s: that is for bridges, whose login is '%s'; %lu refused", id,
		            told_in_log(login_text, or_nobody(mosquitto_client_username(client))), what, wanted, r.login,
		            refused_unlogged);
		refusal_logged_at = now;
		refused_unlogged = 0;
	}
}

bool reader_may_subscribe(const struct mosquitto *client, const char *filter, int qos)
{
	if (!guarded) {
		return true;
	}
	/* The bridges' login under another client id would be one more member of the share, that nobody empties; at QoS 0
	 * what is given to a bridge that is away is gone. */
	bool takes = filter_overlaps(filter_without_share(filter), r.kept);
	if (has_the_login(client) && (!takes || (reader_is_bridge(client) && qos > 0))) {
		return true;
	}
	refuse(client, "subscribe to", filter);
	return false;
}

bool reader_may_come(const struct mosquitto *client)
{
	if (!guarded) {
		return true;
	}
	if (has_the_login(client)) {
		/* Whoever takes a session over has the say in it; should it still hold what it held, it is seen again. */
		changed = stranger_is_gone(or_nobody(mosquitto_client_id(client))) || changed;
		return true;
	}
	if (has_a_bridges_id(client)) {
		refuse(client, "come as", or_nobody(mosquitto_client_id(client)));
		return false;
	}
	return true;
}

void reader_took(void)
{
	strangers_message_went_by();
}

void stranger_was_asked(const struct mosquitto *client)
{
	char id_text[LOGGED_BYTES], login_text[LOGGED_BYTES];
	const char *id = or_nobody(mosquitto_client_id(client));
	if (stranger_is_seen(id)) {
		changed = true;
		log_error("client%s, login%s, holds a subscription to what devices send, and is no bridge: what it takes away is "
		          "kept and handed out again; a bridge that runs ends its session",
		          told_in_log(id_text, id), told_in_log(login_text, or_nobody(mosquitto_client_username(client))));
	}
}

void readers_passwords_read(void)
{
	passwords_read++;
	changed = true;
	told_at_ms = 0; /* somebody waits for it */
}

void readers_tick(int64_t now_ms)
{
	changed = strangers_tick(now_ms) || changed;
	if (!changed || now_ms - told_at_ms < TELL_EVERY_MS) {
		return;
	}
	changed = false;
	told_at_ms = now_ms;
	tell_text("reader", r.login);
	tell_count("refused", refused, last_refused);
	tell_count("passwords-read", passwords_read, "");
	tell_strangers();
}

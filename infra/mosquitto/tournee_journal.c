/* A plugin for Mosquitto 2.0 that writes each message into a journal before its sender is answered.
 *
 * Mosquitto keeps queued messages in memory and saves them now and then: a kill -9 loses what it acknowledged since.
 * Here MOSQ_EVT_MESSAGE, which comes before the message is queued and acknowledged, writes it to a file; after a crash
 * the file is published again. What cannot be written is refused, and its sender gets no PUBACK. See docs/mosquitto.md.
 *
 * Everything runs on Mosquitto's one thread, except the syncing in syncer.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include "broker.h"
#include "clock.h"
#include "filters.h"
#include "floods.h"
#include "journal.h"
#include "mosquitto_codes.h"
#include "readers.h"
#include "version.h"

#define PUBLIC __attribute__((visibility("default")))

static mosquitto_plugin_id_t *plugin;
static struct {
	char filter[256];   /* which messages are kept: consumers subscribe to exactly this, alone or after $share/<group>/ */
	size_t prefix_len;  /* of the filter without its # */
	const char *consumer; /* how the client ids of consumers begin */
	const char *reader;   /* their login */
} names = {.filter = "tournee/v1/#", .consumer = "tournee-bridge-", .reader = "bridge"};

#define READ_PASSWORDS "$CONTROL/tournee/v1/read-passwords"
static int turns_until_read; /* > 0: Mosquitto has been asked to read its passwords again */

/* Where Mosquitto holds the topic of the message journaled last, while no consumer's session has taken it; else 0. */
static uintptr_t awaiting_claim;
static time_t refusal_logged_at;
static unsigned long refused;

static void log_as(int level, const char *format, va_list values)
{
	char text[1024];
	(void)vsnprintf(text, sizeof(text), format, values); /* cut off where too long */
	mosquitto_log_printf(level, "tournee_journal: %s", text);
}

#define LOGGER(name, level) \
	void name(const char *format, ...) \
	{ \
		va_list values; \
		va_start(values, format); \
		log_as(level, format, values); \
		va_end(values); \
	}
LOGGER(log_error, ERROR)
LOGGER(log_warning, WARNING)
LOGGER(log_notice, NOTICE)

bool broker_publish(const struct message *message)
{
	return mosquitto_broker_publish_copy(NULL, message->topic, (int)message->payload_len, message->payload, message->qos,
	                                     message->retain, NULL) == SUCCESS;
}

/* No PUBACK: with any code but ACL_DENIED and QUOTA_EXCEEDED Mosquitto 2.0 drops the message and the connection
 * (src/handle_publish.c); with those two it would answer a 3.1.1 client with a plain PUBACK. */
static int refuse(const char *why)
{
	time_t now = time(NULL);
	refused++;
	if (now != refusal_logged_at) {
		log_error("no PUBACK for %lu messages: %s", refused, why);
		refusal_logged_at = now;
		refused = 0;
	}
	return UNKNOWN;
}

static bool is_kept(const char *topic)
{
	return strncmp(topic, names.filter, names.prefix_len) == 0;
}

static void settle_claim(void)
{
	if (awaiting_claim != 0) {
		awaiting_claim = 0;
		journal_was_unclaimed();
	}
}

static int on_message(int event, void *data, void *unused)
{
	(void)event;
	(void)unused;
	struct mosquitto_evt_message *came = data;
	settle_claim();
	if (came->topic == NULL || !is_kept(came->topic)) {
		return SUCCESS;
	}
	came->retain = false; /* kept for whoever subscribes later it would be the device's for ever, and fill the memory */
	if (readers_are_guarded() && !flood_lets_pass(came->topic, came->payloadlen, now_ms())) {
		return refuse("a device sends more than it may (plugin_opt_device_burst, plugin_opt_device_rate)");
	}
	if (came->qos == 0) {
		return SUCCESS;
	}
	size_t topic_len = strlen(came->topic);
	if (topic_len > UINT16_MAX) {
		return refuse("its topic is longer than MQTT allows");
	}
	struct message message = {came->topic, came->payload, came->payloadlen, (uint16_t)topic_len, came->qos, came->retain};
	const char *why_not = journal_add(&message);
	if (why_not != NULL) {
		return refuse(why_not);
	}
	/* QoS 2 is handed out later, at its sender's PUBREL. */
	awaiting_claim = came->qos == 1 ? (uintptr_t)came->topic : 0;
	return SUCCESS;
}

/* Whether something is allowed is left to the ACL file or the next plugin, unless we forbid it. */
static int on_subscribe(const struct mosquitto_evt_acl_check *asked)
{
	if (!reader_may_subscribe(asked->client, asked->topic, asked->qos)) {
		return ACL_DENIED;
	}
	const char *filter = filter_without_share(asked->topic);
	if (asked->qos > 0 && strcmp(filter, names.filter) == 0 && reader_is_bridge(asked->client)) {
		journal_consumer_came();
	}
	return DEFER;
}

/* Asked when a message is given to a session, and when a session's queue is sent after a reconnect: that proves no
 * subscription. */
static int on_read(const struct mosquitto_evt_acl_check *asked)
{
	if (reader_is_bridge(asked->client)) {
		reader_took();
		journal_consumer_took();
		if ((uintptr_t)asked->topic == awaiting_claim) {
			awaiting_claim = 0;
			journal_consumer_came();
		}
	} else if (readers_are_guarded()) {
		stranger_was_asked(asked->client);
		journal_stranger_came();
	}
	return DEFER;
}

static int on_access(int event, void *data, void *unused)
{
	(void)event;
	(void)unused;
	const struct mosquitto_evt_acl_check *asked = data;
	if (asked->access == MOSQ_ACL_SUBSCRIBE) {
		return on_subscribe(asked);
	}
	return asked->access == MOSQ_ACL_READ && is_kept(asked->topic) ? on_read(asked) : DEFER;
}

static int on_login(int event, void *data, void *unused)
{
	(void)event;
	(void)unused;
	const struct mosquitto_evt_basic_auth *asked = data;
	return reader_may_come(asked->client) ? DEFER : AUTH;
}

/* Mosquitto's own "read the passwords and the configuration again" (mosquitto(8)); it does so at the end of this turn,
 * a websocket's after the next. */
static int on_read_passwords(int event, void *data, void *unused)
{
	(void)event;
	(void)data;
	(void)unused;
	turns_until_read = 2;
	(void)raise(SIGHUP);
	return SUCCESS;
}

static int on_tick(int event, void *data, void *unused)
{
	(void)event;
	(void)data;
	(void)unused;
	int64_t now = now_ms();
	settle_claim();
	journal_tick(now);
	if (turns_until_read > 0 && --turns_until_read == 0) {
		readers_passwords_read();
	}
	readers_tick(now);
	return SUCCESS;
}

static bool read_number(const struct mosquitto_opt *option, long *number)
{
	char *end;
	errno = 0;
	long value = strtol(option->value, &end, 10);
	if (errno != 0 || *end != '\0' || end == option->value || value < 0) {
		log_error("plugin_opt_%s is '%s'; expected is a whole number, 0 or more", option->key, option->value);
		return false;
	}
	*number = value;
	return true;
}

static bool read_filter(const char *filter)
{
	size_t length = strlen(filter);
	if (length < 3 || length >= sizeof(names.filter) || strcspn(filter, "+#") != length - 1 || filter[length - 2] != '/') {
		log_error("plugin_opt_filter is '%s'; expected is a topic filter whose only wildcard is /# at its end", filter);
		return false;
	}
	memcpy(names.filter, filter, length + 1);
	return true;
}

static bool read_option(const struct mosquitto_opt *option, struct journal_options *into, struct floods_options *floods)
{
	const struct { const char *key; long *number; } numbers[] = {
		{"segment_bytes", &into->segment_bytes}, {"max_bytes", &into->max_bytes},
		{"reserve_bytes", &into->reserve_bytes}, {"save_interval_ms", &into->save_interval_ms},
		{"sync_interval_ms", &into->sync_interval_ms}, {"device_burst", &floods->burst}, {"device_rate", &floods->rate},
	};
	const struct { const char *key; const char **text; } texts[] = {
		{"folder", &into->folder}, {"database", &into->database}, {"consumer", &names.consumer},
		{"reader", &names.reader},
	};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(option->key, numbers[i].key) == 0) {
			return read_number(option, numbers[i].number);
		}
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(option->key, texts[i].key) == 0) {
			*texts[i].text = option->value; /* Mosquitto keeps its configuration until the end */
			return true;
		}
	}
	if (strcmp(option->key, "filter") == 0) {
		return read_filter(option->value);
	}
	log_error("plugin_opt_%s is not known", option->key);
	return false;
}

static const struct {
	int event;
	MOSQ_FUNC_generic_callback handler;
	const char *topic;
	bool for_guard; /* only where subscriptions are watched: heard, it would make Mosquitto refuse logins without passwords */
} events[] = {
	{MOSQ_EVT_MESSAGE, on_message, NULL, false},
	{MOSQ_EVT_ACL_CHECK, on_access, NULL, false},
	{MOSQ_EVT_TICK, on_tick, NULL, false},
	{MOSQ_EVT_BASIC_AUTH, on_login, NULL, true},
	{MOSQ_EVT_CONTROL, on_read_passwords, READ_PASSWORDS, true},
};
enum { EVENTS = sizeof(events) / sizeof(events[0]) };

static int listen_to_events(void)
{
	int error = SUCCESS;
	for (size_t i = 0; i < EVENTS && error == SUCCESS; i++) {
		if (!events[i].for_guard || readers_are_guarded()) {
			error = mosquitto_callback_register(plugin, events[i].event, events[i].handler, events[i].topic, NULL);
		}
	}
	return error;
}

static bool is_tried(void)
{
	char line[VERSION_BYTES];
	if (!version_read(line)) {
		log_error("cannot tell which Mosquitto this is (%s): expected is one of 2.0", strerror(errno));
		return false;
	}
	if (!version_is_tried(line)) {
		log_error("this is '%s'; expected is Mosquitto 2.0: the journal has not been tried with another, which may hand out "
		          "and save messages in another way, and lose them",
		          line);
		return false;
	}
	return true;
}

PUBLIC int mosquitto_plugin_version(int count, const int *versions)
{
	for (int i = 0; i < count; i++) {
		if (versions[i] == 5) {
			return 5;
		}
	}
	return -1;
}

PUBLIC int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **userdata, struct mosquitto_opt *options, int count)
{
	struct journal_options read = {
		.segment_bytes = 16L << 20, .max_bytes = 512L << 20, .reserve_bytes = 16L << 20,
		.save_interval_ms = 30000, .sync_interval_ms = 200,
	};
	struct floods_options floods = {.burst = 50000, .rate = 20};
	*userdata = NULL;
	plugin = id;
	if (!is_tried()) {
		return INVALID;
	}
	for (int i = 0; i < count; i++) {
		if (!read_option(&options[i], &read, &floods)) {
			return INVALID;
		}
	}
	names.prefix_len = strlen(names.filter) - 1;
	if (read.folder == NULL || read.database == NULL) {
		log_error("plugin_opt_folder and plugin_opt_database are needed");
		return INVALID;
	}
	/* Under a limit of file size a write shall fail, as on a full disk, and not end the broker. */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (!journal_open(&read)) {
		return UNKNOWN;
	}
	floods_open(&floods);
	readers_open(&(struct readers_options){names.reader, names.consumer, names.filter});
	return listen_to_events();
}

/* Mosquitto 2.0 saves its database before it calls this. What the journal holds is left and replayed at the next start:
 * duplicates do no harm, and a save that failed loses nothing. */
PUBLIC int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int count)
{
	(void)userdata;
	(void)options;
	(void)count;
	for (size_t i = 0; i < EVENTS; i++) {
		mosquitto_callback_unregister(plugin, events[i].event, events[i].handler, events[i].topic);
	}
	journal_close();
	readers_close();
	return SUCCESS;
}

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
#include "journal.h"

#define PUBLIC __attribute__((visibility("default")))

/* Of mosquitto.h, which Debian has in another package than the plugin headers. */
enum { SUCCESS = 0, NOMEM = 1, INVALID = 3, UNKNOWN = 13, DEFER = 17 };
enum { NOTICE = 1 << 1, WARNING = 1 << 2, ERROR = 1 << 3 };

static mosquitto_plugin_id_t *plugin;
static struct {
	char filter[256];   /* which messages are kept: consumers subscribe to exactly this, alone or after $share/<group>/ */
	size_t prefix_len;  /* of the filter without its # */
	const char *consumer; /* how the client ids of consumers begin */
} names = {.filter = "tournee/v1/#", .consumer = "tournee-bridge-"};

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

static bool is_consumer(const struct mosquitto *client)
{
	const char *id = mosquitto_client_id(client);
	return id != NULL && strncmp(id, names.consumer, strlen(names.consumer)) == 0
	       && !mosquitto_client_clean_session(client);
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
	const struct mosquitto_evt_message *came = data;
	settle_claim();
	if (came->qos == 0 || came->topic == NULL || !is_kept(came->topic)) {
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

/* The part of a subscription after $share/<group>/. */
static const char *without_share(const char *filter)
{
	if (strncmp(filter, "$share/", 7) == 0) {
		const char *end_of_group = strchr(filter + 7, '/');
		return end_of_group == NULL ? filter : end_of_group + 1;
	}
	return filter;
}

/* Asked at each SUBSCRIBE, when a message is given to a session, and when a session's queue is sent after a reconnect:
 * that last one proves no subscription. Whether something is allowed is left to the ACL file or the next plugin. */
static int on_access(int event, void *data, void *unused)
{
	(void)event;
	(void)unused;
	const struct mosquitto_evt_acl_check *asked = data;
	if (asked->access == MOSQ_ACL_SUBSCRIBE) {
		if (asked->qos > 0 && strcmp(without_share(asked->topic), names.filter) == 0 && is_consumer(asked->client)) {
			journal_consumer_came();
		}
	} else if (asked->access == MOSQ_ACL_READ && (uintptr_t)asked->topic == awaiting_claim && is_consumer(asked->client)) {
		awaiting_claim = 0;
		journal_consumer_came();
	}
	return DEFER;
}

static int on_tick(int event, void *data, void *unused)
{
	(void)event;
	(void)data;
	(void)unused;
	settle_claim();
	journal_tick();
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

static bool read_option(const struct mosquitto_opt *option, struct journal_options *into)
{
	const struct { const char *key; long *number; } numbers[] = {
		{"segment_bytes", &into->segment_bytes}, {"max_bytes", &into->max_bytes},
		{"reserve_bytes", &into->reserve_bytes}, {"save_interval_ms", &into->save_interval_ms},
		{"sync_interval_ms", &into->sync_interval_ms},
	};
	const struct { const char *key; const char **text; } texts[] = {
		{"folder", &into->folder}, {"database", &into->database}, {"consumer", &names.consumer},
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
	*userdata = NULL;
	plugin = id;
	for (int i = 0; i < count; i++) {
		if (!read_option(&options[i], &read)) {
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
	int error = mosquitto_callback_register(id, MOSQ_EVT_MESSAGE, on_message, NULL, NULL);
	error = error != SUCCESS ? error : mosquitto_callback_register(id, MOSQ_EVT_ACL_CHECK, on_access, NULL, NULL);
	return error != SUCCESS ? error : mosquitto_callback_register(id, MOSQ_EVT_TICK, on_tick, NULL, NULL);
}

/* Mosquitto 2.0 saves its database before it calls this. What the journal holds is left and replayed at the next start:
 * duplicates do no harm, and a save that failed loses nothing. */
PUBLIC int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int count)
{
	(void)userdata;
	(void)options;
	(void)count;
	mosquitto_callback_unregister(plugin, MOSQ_EVT_MESSAGE, on_message, NULL);
	mosquitto_callback_unregister(plugin, MOSQ_EVT_ACL_CHECK, on_access, NULL);
	mosquitto_callback_unregister(plugin, MOSQ_EVT_TICK, on_tick, NULL);
	journal_close();
	return SUCCESS;
}

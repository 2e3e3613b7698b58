/* A broker that says it is of any version: it loads a plugin of Mosquitto's interface 5, and ends with its answer.
 *
 *     FAKE_VERSION='mosquitto version 2.1.2' fake_mosquitto PLUGIN FOLDER DATABASE
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

void mosquitto_log_printf(int level, const char *format, ...)
{
	va_list values;
	(void)level;
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
}

int mosquitto_callback_register(mosquitto_plugin_id_t *id, int event, MOSQ_FUNC_generic_callback handler,
                                const void *data, void *userdata)
{
	(void)id, (void)event, (void)handler, (void)data, (void)userdata;
	return 0;
}

int mosquitto_callback_unregister(mosquitto_plugin_id_t *id, int event, MOSQ_FUNC_generic_callback handler,
                                  const void *data)
{
	(void)id, (void)event, (void)handler, (void)data;
	return 0;
}

int mosquitto_broker_publish_copy(const char *client, const char *topic, int length, const void *payload, int qos,
                                  bool retain, mosquitto_property *properties)
{
	(void)client, (void)topic, (void)length, (void)payload, (void)qos, (void)retain, (void)properties;
	return 0;
}

const char *mosquitto_client_id(const struct mosquitto *client)
{
	(void)client;
	return "";
}

const char *mosquitto_client_username(const struct mosquitto *client)
{
	(void)client;
	return NULL;
}

bool mosquitto_client_clean_session(const struct mosquitto *client)
{
	(void)client;
	return true;
}

typedef int (*init_function)(mosquitto_plugin_id_t *, void **, struct mosquitto_opt *, int);
typedef int (*cleanup_function)(void *, struct mosquitto_opt *, int);

int main(int count, char **arguments)
{
	const char *version = getenv("FAKE_VERSION");
	void *userdata = NULL;
	if (count == 2 && strcmp(arguments[1], "-h") == 0) {
		printf("%s\n\nmosquitto is an MQTT broker.\n", version == NULL ? "" : version);
		return 1;
	}
	void *library = count == 4 ? dlopen(arguments[1], RTLD_NOW) : NULL;
	if (library == NULL) {
		fprintf(stderr, "%s\n", count == 4 ? dlerror() : "usage: fake_mosquitto PLUGIN FOLDER DATABASE");
		return 100;
	}
	init_function init = (init_function)dlsym(library, "mosquitto_plugin_init");
	cleanup_function cleanup = (cleanup_function)dlsym(library, "mosquitto_plugin_cleanup");
	struct mosquitto_opt options[] = {{"folder", arguments[2]}, {"database", arguments[3]}};
	int answer = init(NULL, &userdata, options, 2);
	if (answer == 0) {
		cleanup(userdata, options, 2);
	}
	return answer;
}

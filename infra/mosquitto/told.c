#include "told.h"

#include <stdio.h>
#include <string.h>

#include "broker.h"

#define ROOT "$SYS/broker/tournee/"

void tell_text(const char *name, const char *text)
{
	char topic[64];
	int length = snprintf(topic, sizeof(topic), ROOT "%s", name);
	struct message message = {topic, text, (uint32_t)strlen(text), (uint16_t)length, 0, true};
	if (!broker_publish(&message)) {
		log_error("cannot tell %s: Mosquitto is out of memory", topic);
	}
}

void tell_count(const char *name, unsigned long count, const char *names)
{
	char text[NAMES_BYTES + 32];
	(void)snprintf(text, sizeof(text), "%lu%s", count, names);
	tell_text(name, text);
}

static bool is_plain(unsigned char byte)
{
	return byte > ' ' && byte < 0x7F && byte != '%';
}

bool told_name(char *text, size_t size, const char *name)
{
	size_t end = strlen(text), at = end;
	if (end + 2 > size) {
		return false;
	}
	text[at++] = ' ';
	for (; *name != '\0' && at + 4 <= size; name++) {
		unsigned char byte = (unsigned char)*name;
		at += (size_t)snprintf(text + at, size - at, is_plain(byte) ? "%c" : "%%%02X", byte);
	}
	bool fits = *name == '\0';
	text[fits ? at : end] = '\0';
	return fits;
}

const char *told_in_log(char text[static LOGGED_BYTES], const char *name)
{
	text[0] = '\0';
	return told_name(text, LOGGED_BYTES, name) ? text : " (a long name)";
}

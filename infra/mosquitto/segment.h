/* A file of the journal: one message after the other, each with a checksum. */
#ifndef TOURNEE_SEGMENT_H
#define TOURNEE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct message {
	const char *topic; /* ends with a zero byte when read back */
	const void *payload;
	uint32_t payload_len;
	uint16_t topic_len;
	uint8_t qos;
	bool retain;
};

/* Bytes that this message takes in a segment. */
off_t record_size(const struct message *message);

/* Append one message at `end`, where the file ends. Returns 0, or errno; then the file is as it was before, and where
 * even that fails `*torn` is true: nothing may be appended any more, for reading stops at the torn record. */
int segment_append(int fd, off_t end, const struct message *message, bool *torn);

struct reader {
	FILE *file;
	off_t left; /* bytes after the last whole message read */
	char *body; /* topic, zero byte, payload of the message read last */
};

enum read_result { READ_MESSAGE, READ_END, READ_TORN, READ_FAILED };

/* Returns 0, or errno. */
int reader_open(struct reader *reader, const char *path);
/* The message is valid until the next call. READ_TORN: what follows is no whole record. READ_FAILED: errno says why. */
enum read_result reader_next(struct reader *reader, struct message *message);
void reader_close(struct reader *reader);

#endif

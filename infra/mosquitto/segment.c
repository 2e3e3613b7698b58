#include "segment.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAGIC = 0x314a4e54 /* "TNJ1" */ };

/* As it lies on the disk, in this machine's byte order; the checksum covers everything after itself. */
struct head {
	uint32_t magic;
	uint32_t crc;
	uint32_t payload_len;
	uint16_t topic_len;
	uint8_t qos;
	uint8_t retain;
};

_Static_assert(sizeof(struct head) == 16, "no padding in what is written");

/* CRC-32 as in zlib and IEEE 802.3, reflected polynomial 0xEDB88320. */
static uint32_t crc32_of(uint32_t crc, const void *data, size_t len)
{
	static uint32_t table[256];
	if (table[1] == 0) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t value = i;
			for (int bit = 0; bit < 8; bit++) {
				value = (value & 1) ? (value >> 1) ^ 0xEDB88320u : value >> 1;
			}
			table[i] = value;
		}
	}
	const uint8_t *byte = data;
	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc = table[(crc ^ byte[i]) & 0xFF] ^ (crc >> 8);
	}
	return ~crc;
}

static uint32_t crc_of(const struct head *head, const char *topic, const void *payload)
{
	const size_t after = offsetof(struct head, payload_len);
	uint32_t crc = crc32_of(0, (const char *)head + after, sizeof(*head) - after);
	crc = crc32_of(crc, topic, head->topic_len);
	return crc32_of(crc, payload, head->payload_len);
}

off_t record_size(const struct message *message)
{
	return (off_t)sizeof(struct head) + message->topic_len + (off_t)message->payload_len;
}

int segment_append(int fd, off_t end, const struct message *message, bool *torn)
{
	struct head head = {MAGIC, 0, message->payload_len, message->topic_len, message->qos, message->retain};
	head.crc = crc_of(&head, message->topic, message->payload);
	struct iovec parts[3] = {
		{&head, sizeof(head)},
		{(void *)message->topic, message->topic_len}, /* writev takes no const, and changes nothing */
		{(void *)message->payload, message->payload_len},
	};
	ssize_t written;
	do {
		written = writev(fd, parts, 3);
	} while (written < 0 && errno == EINTR);
	if (written == (ssize_t)record_size(message)) {
		return 0;
	}
	int error = written < 0 ? errno : ENOSPC; /* a part only: the disk was full in the middle of it */
	*torn = written > 0 && ftruncate(fd, end) != 0;
	return error;
}

int reader_open(struct reader *reader, const char *path)
{
	struct stat found;
	*reader = (struct reader){.file = fopen(path, "rbe")};
	if (reader->file == NULL) {
		return errno;
	}
	if (fstat(fileno(reader->file), &found) != 0) {
		int error = errno;
		reader_close(reader);
		return error;
	}
	reader->left = found.st_size;
	return 0;
}

static enum read_result no_more(const struct reader *reader)
{
	return ferror(reader->file) ? READ_FAILED : READ_TORN;
}

enum read_result reader_next(struct reader *reader, struct message *message)
{
	struct head head;
	if (reader->left == 0) {
		return READ_END;
	}
	if (reader->left < (off_t)sizeof(head) || fread(&head, sizeof(head), 1, reader->file) != 1) {
		return no_more(reader);
	}
	*message = (struct message){NULL, NULL, head.payload_len, head.topic_len, head.qos, head.retain != 0};
	/* Lengths are believed only as far as the file reaches: a torn record must not ask for gigabytes. */
	if (head.magic != MAGIC || head.qos > 2 || record_size(message) > reader->left) {
		return READ_TORN;
	}
	free(reader->body);
	reader->body = malloc((size_t)head.topic_len + 1 + head.payload_len);
	if (reader->body == NULL) {
		return READ_FAILED;
	}
	message->topic = reader->body;
	message->payload = reader->body + head.topic_len + 1;
	reader->body[head.topic_len] = '\0';
	if (fread(reader->body, 1, head.topic_len, reader->file) != head.topic_len
	    || fread(reader->body + head.topic_len + 1, 1, head.payload_len, reader->file) != head.payload_len) {
		return no_more(reader);
	}
	if (crc_of(&head, message->topic, message->payload) != head.crc) {
		return READ_TORN;
	}
	reader->left -= record_size(message);
	return READ_MESSAGE;
}

void reader_close(struct reader *reader)
{
	if (reader->file != NULL) {
		(void)fclose(reader->file); /* only read from */
	}
	free(reader->body);
	*reader = (struct reader){0};
}

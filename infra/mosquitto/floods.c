#include "floods.h"

#include <string.h>

/* A device that has not sent for long has its whole burst again and needs no place: only those that send much are known.
 * Where more than NEAR of them fall on each other, the one with most left is forgotten, to its advantage. */
enum { PLACES = 1 << 16, NEAR = 8 };

struct device {
	uint64_t name; /* its hash; 0: a free place */
	int64_t seen_ms;
	double left; /* messages that it may send, as of then */
};

static struct device devices[PLACES];
static struct floods_options f;

void floods_open(const struct floods_options *options)
{
	f = *options;
	memset(devices, 0, sizeof(devices));
}

/* FNV-1a of 64 bits: names are given out by the office, so nobody chooses one that falls on another's. */
static uint64_t hashed(const char *topic)
{
	const char *end = strrchr(topic, '/');
	uint64_t hash = 14695981039346656037u;
	for (const char *at = topic; at != end && *at != '\0'; at++) {
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	}
	return hash == 0 ? 1 : hash;
}

static double left_at(const struct device *device, int64_t now_ms)
{
	double left = device->left + (double)(now_ms - device->seen_ms) * (double)f.rate / 1000;
	return left < (double)f.burst ? left : (double)f.burst;
}

static struct device *place_of(uint64_t name, int64_t now_ms)
{
	struct device *best = &devices[name % PLACES];
	for (size_t i = 0; i < NEAR; i++) {
		struct device *at = &devices[(name + i) % PLACES];
		if (at->name == name) {
			return at;
		}
		if (best->name != 0 && (at->name == 0 || left_at(at, now_ms) > left_at(best, now_ms))) {
			best = at;
		}
	}
	*best = (struct device){name, now_ms, (double)f.burst};
	return best;
}

bool flood_lets_pass(const char *topic, size_t payload_len, int64_t now_ms)
{
	if (f.rate == 0) {
		return true;
	}
	struct device *device = place_of(hashed(topic), now_ms);
	double costs = 1 + (double)(payload_len / FLOOD_PART_BYTES);
	device->left = left_at(device, now_ms);
	device->seen_ms = now_ms;
	if (device->left < costs) {
		return false;
	}
	device->left -= costs;
	return true;
}

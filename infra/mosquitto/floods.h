/* How much a device may send: so much at once, and then so much a second. What is beyond is not taken, and so not
 * acknowledged: its sender keeps it, comes back and sends it again, later. */
#ifndef TOURNEE_FLOODS_H
#define TOURNEE_FLOODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOOD_PART_BYTES = 4096 };

struct floods_options {
	long burst;  /* messages at once; a large one counts as one more for each FLOOD_PART_BYTES */
	long rate; /* a second, from then on; 0: no limit */
};

void floods_open(const struct floods_options *options);

/* Whether a device's message is within what it may send; counts it then. A device is its topic without the last level. */
bool flood_lets_pass(const char *topic, size_t payload_len, int64_t now_ms);

#endif

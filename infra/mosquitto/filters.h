/* MQTT topic filters (MQTT 3.1.1, section 4.7), as texts. */
#ifndef TOURNEE_FILTERS_H
#define TOURNEE_FILTERS_H

#include <stdbool.h>

/* The part of a subscription after $share/<group>/. */
const char *filter_without_share(const char *filter);

/* Whether some topic may match both; `kept` ends in "/#", its only wildcard. In doubt yes. */
bool filter_overlaps(const char *filter, const char *kept);

#endif

#include "filters.h"

#include <stddef.h>
#include <string.h>

const char *filter_without_share(const char *filter)
{
	if (strncmp(filter, "$share/", 7) == 0) {
		const char *end_of_group = strchr(filter + 7, '/');
		return end_of_group == NULL ? filter : end_of_group + 1;
	}
	return filter;
}

bool filter_overlaps(const char *filter, const char *kept)
{
	while (*filter != '#' && *kept != '#') {
		size_t length = strcspn(filter, "/"), kept_length = strcspn(kept, "/");
		bool any_level = length == 1 && *filter == '+';
		if (!any_level && (length != kept_length || memcmp(filter, kept, length) != 0)) {
			return false;
		}
		filter += length;
		kept += kept_length;
		if (*filter == '\0') {
			return strcmp(kept, "/#") == 0; /* a/# matches a too */
		}
		filter++;
		kept++;
	}
	return true;
}

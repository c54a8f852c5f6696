/* nearest.h - what somebody may have meant who wrote a name that there is not. */
#ifndef STANCH_SETTINGS_NEAREST_H
#define STANCH_SETTINGS_NEAREST_H

#include "base/slice.h"
#include "settings/store.h"

enum nearest_kind {
	NEAREST_NONE,
	NEAREST_HERE,      /* a group, or a setting of the group where it was written */
	NEAREST_ELSEWHERE, /* a setting of another group */
};

struct nearest {
	enum nearest_kind kind;
	const char *name; /* of the group, or the full one of the setting; "" for NEAREST_NONE */
};

/* group: where it was written; NULL: outside of all groups, where a group's name was expected. A
 * name is near when at most a third of it, and never more than three bytes, would have to be
 * written otherwise. */
struct nearest nearest_setting(
	const struct setting_table *table, const char *group, struct slice name);

#endif

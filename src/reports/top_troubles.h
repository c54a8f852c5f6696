/* top_troubles.h - what is wrong now, in words, the worst first: what `stanch top` begins with.
 * Pure.
 */
#ifndef STANCH_REPORTS_TOP_TROUBLES_H
#define STANCH_REPORTS_TOP_TROUBLES_H

#include "reports/top.h"

#include <stddef.h>

#define TOP_TROUBLES_MAX 10
#define TOP_TROUBLE_TEXT 256

struct top_troubles {
	struct top_trouble {
		enum canvas_style style;
		char text[TOP_TROUBLE_TEXT]; /* printable */
	} at[TOP_TROUBLES_MAX];
	size_t count; /* 0: all is calm */
};

void top_troubles_find(const struct top_state *state, struct top_troubles *ret);

#endif

/* plugin.h - the answer of a monitoring plugin, by the Monitoring Plugins Development Guidelines:
 * one line, performance data behind a '|', more lines after it, and an exit status. */
#ifndef STANCH_REPORTS_PLUGIN_H
#define STANCH_REPORTS_PLUGIN_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* As the exit status. */
enum plugin_status { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

/* "OK", "WARNING", … */
const char *plugin_status_name(enum plugin_status status);

/* The worse of two, in the order OK, UNKNOWN, WARNING, CRITICAL: what was seen to be wrong is not
 * made less by what could not be seen. */
enum plugin_status plugin_worse(enum plugin_status a, enum plugin_status b);

/* A threshold: "10", "10:", "~:10", "10:20", "@10:20". */
struct plugin_range {
	bool given;
	const char *text;  /* as typed, borrowed */
	bool inside;       /* '@': alert within, ends included; else outside */
	double start, end; /* may be infinite */
};

/* -EINVAL when it is none; then *ret is as it was. text must outlive *ret. */
MUST_USE int plugin_range_parse(const char *text, struct plugin_range *ret);

/* Whether the value is to be reported. Never for a range that was not given. */
bool plugin_range_alerts(const struct plugin_range *range, double value);

/* One number, judged by two ranges. */
struct plugin_metric {
	const char *label; /* of letters, digits and _ */
	const char *unit;  /* "" or "%" */
	uint64_t value;
	struct plugin_range warning, critical;
	bool has_most; /* of the value: 100 for a share */
	uint64_t most;
};

enum plugin_status plugin_metric_status(const struct plugin_metric *metric);

/* "messages=119;50;100;0", without a blank around it. */
void plugin_metric_write(FILE *out, const struct plugin_metric *metric);

/* Foreign bytes in a plugin's text: printable, and '|' as \x7c, which would begin performance
 * data. */
void plugin_text_write(FILE *out, struct slice raw);

/* A plugin that ends itself: when `seconds` have passed and plugin_deadline_free() was not called,
 * the line given last is written to standard output and the process ends with its status. */
struct plugin_deadline;
struct plugin_deadline *plugin_deadline_new(
	unsigned seconds, enum plugin_status status, const char *line);
/* What to say from now on when time is over. The line is copied. */
void plugin_deadline_set(struct plugin_deadline *d, enum plugin_status status, const char *line);
/* Called when time is over, behind the line, in a thread of its own: the rest of the process still
 * runs. It must end by itself. */
typedef void plugin_late(void *context, enum plugin_status status, const char *line);
void plugin_deadline_then(struct plugin_deadline *d, plugin_late *late, void *context);
void plugin_deadline_free(struct plugin_deadline *d); /* NULL is fine */
AUTO_FREE(plugin_deadline)

#endif

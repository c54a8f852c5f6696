/* metrics.h - the daemon's state as metrics, in the two text forms that Prometheus reads:
 * OpenMetrics 1.0 and the older one (0.0.4). Each metric is a row of one table, from which
 * docs/metrics.md is checked, too.
 *
 * What is not known is left out, and never a zero: of a state that is too old nothing is said but
 * that it is. No label ever has the name of a source, an address or a path, so that their number is
 * bounded. */
#ifndef STANCH_REPORTS_METRICS_H
#define STANCH_REPORTS_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define METRICS_WATCHER_STALE_S 30 /* as for stanch status */
#define METRICS_LABELS_MOST     64 /* values of one label */
#define METRICS_LABEL_MAX       40 /* bytes of a value, of letters, digits, '-', '_' and ' ' */

enum metrics_form { METRICS_OPEN, METRICS_PLAIN };

/* The Content-Type of that form. */
const char *metrics_type(enum metrics_form form);

struct metrics_view {
	const json_t *state;  /* as the hand has said it; NULL: there is none that is new enough */
	bool was_heard;       /* there ever was one */
	double age;           /* of it, in seconds */
	uint64_t clerk_bytes; /* memory of who writes this; 0: not known */
};

/* Errors are the stream's. */
void metrics_write(FILE *out, enum metrics_form form, const struct metrics_view *view);

/* ---- what there is ---- */

size_t metrics_count(void);

/* Its family's name, "stanch_log_lag_seconds". */
const char *metrics_name(size_t i);

/* Its row of the table in docs/metrics.md, without a LF. */
void metrics_document(size_t i, FILE *out);

#endif

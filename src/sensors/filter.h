/* filter.h - which messages a person means: sources, ids and conditions of the command line,
 * compiled once, asked for each message. */
#ifndef STANCH_SENSORS_FILTER_H
#define STANCH_SENSORS_FILTER_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/units.h"
#include "facts/queued.h"
#include "facts/source.h"
#include "systems/exim/scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As typed. NULL, not given, or false: no such condition. A pattern is exact text, letter case not
 * counting; with '*' or '?' a glob of the whole; between slashes a Perl expression (PCRE2) that may
 * match anywhere, letter case not counting either unless it says (?-i). */
struct filter_settings {
	const char *source;    /* a source as source_parse() reads it */
	const char *sender;    /* pattern: envelope sender, without <> */
	const char *recipient; /* pattern: any recipient that is still to be delivered */
	const char *domain;    /* of the sender, or of such a recipient */
	const char *subject;   /* pattern: the decoded subject */
	const char *id;        /* pattern */
	const char *queue;     /* name of a queue; "": the default queue */
	struct units_given older_than, younger_than;  /* seconds since reception, not included */
	struct units_given larger_than, smaller_than; /* bytes as Exim counts them, not included */
	struct units_given min_recipients, max_recipients; /* all of them, included */
	bool frozen, not_frozen;
	bool bounce; /* null sender */
};

struct filter;

/* Compiles the settings and the targets: sources and message ids, of which a message must be one.
 * now: seconds since 1970, what ages are counted from. 0; or -EINVAL, and *problem says which
 * option or target cannot be. */
MUST_USE int filter_new(const struct filter_settings *settings, const char *const *targets,
	size_t target_count, int64_t now, struct filter **ret_filter, struct problem *problem);
void filter_free(struct filter *f); /* NULL is fine */
AUTO_FREE(filter)

/* No condition and no target (a queue's name is none): every message matches. */
bool filter_is_empty(const struct filter *f);

/* For scan_options: the queue that is meant, NULL when none was named. */
const char *filter_queue(const struct filter *f);

/* For scan_options: whether sizes of -D are asked for. */
bool filter_needs_sizes(const struct filter *f);

enum filter_answer {
	FILTER_NO,
	FILTER_YES,
	FILTER_UNKNOWN, /* the message is damaged where the answer would stand, or an expression
			   took too long: never to be acted on */
};

/* Of a message and what queue_sense() made of it (sensed is what it returned). Each worker, 0 to
 * SCAN_THREADS_MAX-1, may be asking at the same time as the others. */
enum filter_answer filter_match(struct filter *f, unsigned worker, const struct scanned *m,
	const struct queued *q, bool sensed);

/* Messages' ids among the targets, sorted, for saying which were not found. Owned by the filter. */
const struct exim_id *filter_ids(const struct filter *f, size_t *ret_count);

/* Bytes as Exim shows and logs them: the transmitted header fields, the empty line, the body. 0
 * when there is no -D, or sizes were not asked for. */
uint64_t filter_size(const struct scanned *m);

#endif

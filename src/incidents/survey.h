/* survey.h - who has mail in a queue, and how suspicious each is: one pass over the spool, a
 * bounded look into the messages of the most suspicious, one verdict for each source. It only
 * reads. */
#ifndef STANCH_INCIDENTS_SURVEY_H
#define STANCH_INCIDENTS_SURVEY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "detectors/detector.h"
#include "sensors/filter.h"
#include "systems/exim/domains.h"
#include "systems/exim/scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages looked into, over all sources, the most suspicious sources first: -H and body of so
 * many, or without content -H of fewer. On a disk that must seek the first takes some 10 seconds.
 */
#define SURVEY_SAMPLES_MAX 1200
#define SURVEY_HEADERS_MAX 128
#define SURVEY_LOOKED_MAX  200 /* sources looked into; 36 KiB each */

#define SURVEY_BODY_MAX ((size_t)16 << 10) /* bytes read of each body */

/* Domains that Exim is asked about: senders' and mailboxes' own, and then recipients'. */
#define SURVEY_SENDER_DOMAINS    400
#define SURVEY_RECIPIENT_DOMAINS 100

/* The Exim that may be asked about this spool's domains; NULL and *why when there is none. */
typedef struct exim_domains *survey_exim(void *context, struct problem *why);

struct survey_options {
	const struct exim_spool *spool;
	unsigned threads;         /* as scan_options */
	const char *except_queue; /* the hold queue */
	const char *exim_login;   /* as queue_sensor_new() */
	struct filter *filter; /* NULL: every message; its queue is the only one, if it has one */
	struct exim_domains *exim; /* NULL: nobody to ask which domains are hosted */
	survey_exim *find_exim;    /* not NULL: asked for it when the spool has been read */
	void *find_context;
	bool content; /* look into bodies */
};

struct survey_source {
	const struct tally_source *tally;
	struct content *content; /* NULL: not looked into */
	double score;
};

struct survey {
	struct scan_result scan;
	uint64_t messages;  /* that matched the filter */
	uint64_t uncertain; /* of which the filter could not say; not counted */
	uint64_t damaged;   /* of those that matched */
	struct tally *tally;
	struct tally_rest rest;
	struct survey_source *sources; /* highest whole bit first, then most recipients */
	size_t source_count;
	struct domain_table *domains;
	bool domains_known;             /* Exim could be asked */
	struct problem domains_problem; /* why not; "" when it was not to be asked */
};

/* 0 and *ret_survey (the caller frees it); or a negative errno and *problem, as exim_scan().
 * progress may be NULL. Single messages that could not be read are in ret->scan.unreadable. */
MUST_USE int survey_run(const struct survey_options *options, struct scan_progress *progress,
	struct survey **ret_survey, struct problem *problem);
void survey_free(struct survey *s); /* NULL is fine */
AUTO_FREE(survey)

/* Asks Exim about the domains in s->domains that it was not asked about yet, at most `most`, the
 * frequent ones first; sets domains_known and domains_problem. */
void survey_ask(struct survey *s, struct exim_domains *exim, size_t most);

/* The evidence behind a source's score. */
void survey_judge(
	const struct survey *s, const struct survey_source *source, struct judgement *ret);

/* The source of that kind and name when it is under suspicion (SCORE_SUSPECT); else NULL. Time
 * grows with the number of those under suspicion. */
const struct survey_source *survey_suspect(const struct survey *s, const struct source *source);

/* The source of that kind and name; NULL when it has no mail in the queue. Looks through all. */
const struct survey_source *survey_find(const struct survey *s, const struct source *source);

#endif

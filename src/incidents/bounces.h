/* bounces.h - every bounce in the queue, judged by what it returns. It only reads. */
#ifndef STANCH_INCIDENTS_BOUNCES_H
#define STANCH_INCIDENTS_BOUNCES_H

#include "base/attribute.h"
#include "base/problem.h"
#include "detectors/backscatter.h"
#include "incidents/journal.h"
#include "incidents/survey.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounces judged; more are counted as left out. 32 bytes each while they are collected. */
#define BOUNCES_MAX 500000

/* Domains of bounces' recipients that Exim is asked about. */
#define BOUNCES_DOMAINS 300

/* One bounce, lent for the length of the call. */
struct bounce {
	const struct exim_id *id;
	const char *queue;
	struct slice to; /* its first recipient */
	int64_t received;
	bool frozen;
	const struct returned_mail *returned; /* NULL: it quotes nothing that could be read */
	const struct backscatter_verdict *verdict;
};

/* Returns false to stop. */
typedef bool bounce_visit(void *context, const struct bounce *bounce);

struct bounces_result {
	uint64_t bounces; /* found in the queue */
	uint64_t kinds[BACKSCATTER_KINDS];
	uint64_t left_out;   /* over BOUNCES_MAX */
	uint64_t unreadable; /* whose files could not be read; not judged */
};

/* A bounce is mail with the null sender that was made here or came from another server; mail with
 * the null sender from a mailbox or login is that one's, and is not looked at.
 *
 * survey: of the same queue, all of it: whose mail is suspicious. journal: what is held or was;
 * NULL when there is none. Each is judged once, in the order of ids within a folder, after all were
 * found. 0 and *ret_result; or a negative errno and *problem, as exim_scan() and journal.h. */
MUST_USE int bounces_judge(struct survey *survey, const struct survey_options *options,
	struct journal *journal, struct scan_progress *progress, bounce_visit *visit,
	void *visit_context, struct bounces_result *ret_result, struct problem *problem);

#endif

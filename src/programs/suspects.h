/* suspects.h - the survey of the queue, for every command that asks who sends what: with the
 * options, the progress line and the Exim of the command line. */
#ifndef STANCH_PROGRAMS_SUSPECTS_H
#define STANCH_PROGRAMS_SUSPECTS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "incidents/bounces.h"
#include "incidents/survey.h"
#include "programs/context.h"

#include <stdbool.h>

/* filter: NULL for every message outside of the hold queue. content: look into bodies. 0 and
 * *ret_survey (the caller frees it); or a negative errno and *problem. */
MUST_USE int suspects_survey(struct context *context, struct filter *filter, bool content,
	struct survey **ret_survey, struct problem *problem);

/* Judges every bounce outside of the hold queue by what it returns, after a survey of the queue;
 * see bounces_judge(). ret_survey: the caller frees it. 0, or a negative errno and *problem. */
MUST_USE int suspects_bounces(struct context *context, bounce_visit *visit, void *visit_context,
	struct survey **ret_survey, struct bounces_result *ret_result, struct problem *problem);

/* The proved backscatter, for holding it: ids in the order they were judged, allocated (the caller
 * frees them; NULL when there are none). 0; or a negative errno and *problem, also when the queue
 * could not be read in full. */
MUST_USE int suspects_backscatter_ids(struct context *context, struct exim_id **ret_ids,
	size_t *ret_count, struct problem *problem);

/* Says on standard error what could not be read; false when there was something. */
bool suspects_read_all(const struct context *context, const struct survey *survey);

/* The global options that another command needs to work on the same queue, each with a blank in
 * front, quoted for a shell. The caller frees it. */
char *suspects_options(const struct context *context);

#endif

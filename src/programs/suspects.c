#include "programs/suspects.h"

#include "base/memory.h"
#include "reports/progress.h"
#include "reports/sources.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_folder(const char *a, const char *b)
{
	char x[PATH_MAX], y[PATH_MAX];

	return realpath(a, x) != NULL && realpath(b, y) != NULL && strcmp(x, y) == 0;
}

/* Whether the Exim at hand is the one whose spool is read. The copy of another server's spool must
 * not be judged by the domains of this one. */
static bool may_ask(struct context *context, const struct exim_spool *spool,
	struct exim_program *ret_program, struct problem *why)
{
	const struct exim_settings *settings;

	if (context_exim(context, ret_program, why) < 0)
		return false;
	if (context->global.exim != NULL || context->global.exim_config != NULL)
		return true;
	if (context_exim_settings(context, &settings, why) < 0)
		return false;
	if (!is_same_folder(settings->spool, spool->path)) {
		(void)problem_set(why, -EXDEV,
			"this spool is not the one of the Exim on this "
			"machine");
		return false;
	}
	return true;
}

/* What a survey needs from the command line; the Exim to ask, if there is one, in *exim. */
static int prepare(struct context *context, struct filter *filter, bool content,
	struct exim_program *exim, struct survey_options *ret, struct problem *why,
	struct problem *problem)
{
	struct exim_spool *spool = NULL;
	int r = context_spool(context, &spool, problem);

	if (r < 0)
		return r;
	bool ask = may_ask(context, spool, exim, why);
	*ret = (struct survey_options){
		.spool = spool,
		.threads = context_threads(context),
		.except_queue = context->global.hold_queue,
		.exim_login = context_exim_login(context),
		.filter = filter,
		.exim = ask ? exim : NULL,
		.content = content,
	};
	return 0;
}

static int survey_shown(struct context *context, const struct survey_options *options,
	const struct problem *why, struct survey **ret_survey, struct problem *problem)
{
	struct scan_progress seen = {0};
	struct progress *shown =
		progress_new_of_scan(context->error_terminal && !context->global.quiet, &seen);
	int r = survey_run(options, &seen, ret_survey, problem);

	progress_free(shown);

	if (r == 0 && options->exim == NULL)
		(*ret_survey)->domains_problem = *why;
	return r;
}

int suspects_survey(struct context *context, struct filter *filter, bool content,
	struct survey **ret_survey, struct problem *problem)
{
	struct exim_program exim;
	struct survey_options options;
	struct problem why = {0};
	int r = prepare(context, filter, content, &exim, &options, &why, problem);

	return r < 0 ? r : survey_shown(context, &options, &why, ret_survey, problem);
}

/* No journal: nothing was ever held. */
static int open_journal(
	const struct context *context, struct journal **ret_journal, struct problem *problem)
{
	struct problem why = {0};
	int r = journal_open(
		context->global.state, JOURNAL_READ, "stanch backscatter", ret_journal, &why);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		*problem = why;
	return r;
}

static int judge_shown(struct context *context, struct survey *survey,
	const struct survey_options *options, bounce_visit *visit, void *visit_context,
	struct bounces_result *ret_result, struct problem *problem)
{
	struct scan_progress seen = {0};
	AUTO(journal) journal = NULL;
	int r = open_journal(context, &journal, problem);

	if (r < 0)
		return r;
	struct progress *shown =
		progress_new_of_scan(context->error_terminal && !context->global.quiet, &seen);
	r = bounces_judge(
		survey, options, journal, &seen, visit, visit_context, ret_result, problem);
	progress_free(shown);
	return r;
}

int suspects_bounces(struct context *context, bounce_visit *visit, void *visit_context,
	struct survey **ret_survey, struct bounces_result *ret_result, struct problem *problem)
{
	struct exim_program exim;
	struct survey_options options;
	struct problem why = {0};
	AUTO(survey) survey = NULL;
	int r = prepare(context, NULL, true, &exim, &options, &why, problem);

	if (r == 0)
		r = survey_shown(context, &options, &why, &survey, problem);
	if (r == 0)
		r = judge_shown(
			context, survey, &options, visit, visit_context, ret_result, problem);
	if (r < 0)
		return r;
	*ret_survey = survey;
	survey = NULL;
	return 0;
}

struct id_list {
	struct exim_id *ids;
	size_t count, room;
};

static bool collect(void *context, const struct bounce *bounce)
{
	struct id_list *l = context;

	if (bounce->verdict->kind != BACKSCATTER_PROVED)
		return true;
	if (l->count == l->room) {
		l->room = l->room > 0 ? 2 * l->room : 64;
		l->ids = memory_grow(l->ids, l->room, sizeof(*l->ids));
	}
	l->ids[l->count++] = *bounce->id;
	return true;
}

int suspects_backscatter_ids(struct context *context, struct exim_id **ret_ids, size_t *ret_count,
	struct problem *problem)
{
	struct id_list list = {0};
	struct bounces_result result;
	AUTO(survey) survey = NULL;
	int r = suspects_bounces(context, collect, &list, &survey, &result, problem);

	if (r == 0 && survey->scan.unreadable > 0)
		r = problem_set(problem, -EACCES,
			"%" PRIu64 " messages could not be read: run as root or as the user of "
			"Exim",
			survey->scan.unreadable);
	if (r < 0) {
		free(list.ids);
		return r;
	}
	*ret_ids = list.ids;
	*ret_count = list.count;
	return 0;
}

bool suspects_read_all(const struct context *context, const struct survey *survey)
{
	if (survey->scan.unreadable == 0)
		return true;
	context_warn(context,
		"%" PRIu64 " of %" PRIu64 " messages could not be read: run as root or as the "
		"user of Exim",
		survey->scan.unreadable, survey->scan.messages);
	return false;
}

static void write_option(FILE *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	(void)fprintf(out, " --%s ", name);
	shell_word_write(out, value);
}

/* Only what was given: a default need not be typed. */
char *suspects_options(const struct context *context)
{
	const struct global_settings *g = &context->global;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return memory_copy("", 0);
	write_option(out, "spool", g->spool);
	write_option(out, "state", strcmp(g->state, "/var/lib/stanch") != 0 ? g->state : NULL);
	write_option(out, "exim", g->exim);
	write_option(out, "exim-config", g->exim_config);
	write_option(
		out, "hold-queue", strcmp(g->hold_queue, "stanch") != 0 ? g->hold_queue : NULL);
	return fclose(out) == 0 ? text : memory_copy("", 0);
}

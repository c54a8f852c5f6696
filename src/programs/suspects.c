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

/* Which Exim a survey may ask. */
struct asking {
	struct context *context;
	const struct exim_spool *spool;
};

/* The copy of another server's spool must not be judged by the domains of the Exim at hand. */
static struct exim_domains *find_exim(void *find_context, struct problem *why)
{
	const struct asking *a = find_context;
	const struct exim_settings *settings;
	struct exim_domains *domains;

	if (context_exim_domains(a->context, &domains, why) < 0)
		return NULL;
	if (a->context->global.exim != NULL || a->context->global.exim_config != NULL)
		return domains;
	if (context_exim_settings(a->context, &settings, why) < 0)
		return NULL;
	if (!is_same_folder(settings->spool, a->spool->path)) {
		(void)problem_set(why, -EXDEV,
			"this spool is not the one of the Exim on this "
			"machine");
		return NULL;
	}
	return domains;
}

/* What a survey needs from the command line. Exim is started here, but only waited for when the
 * spool has been read. */
static int prepare(struct context *context, struct filter *filter, bool content,
	struct asking *asking, struct survey_options *ret, struct problem *problem)
{
	struct exim_spool *spool = NULL;
	int r = context_spool(context, &spool, problem);

	if (r < 0)
		return r;
	if (context->global.exim == NULL && context->global.exim_config == NULL)
		context_exim_settings_begin(context);
	context_exim_domains_begin(context);
	*asking = (struct asking){.context = context, .spool = spool};
	*ret = (struct survey_options){
		.spool = spool,
		.threads = context_threads(context),
		.except_queue = context->global.hold_queue,
		.exim_login = context_exim_login(context),
		.filter = filter,
		.find_exim = find_exim,
		.find_context = asking,
		.content = content,
	};
	return 0;
}

static int survey_shown(struct context *context, const struct survey_options *options,
	struct survey **ret_survey, struct problem *problem)
{
	struct scan_progress seen = {0};
	struct progress *shown =
		progress_new_of_scan(context->error_terminal && !context->global.quiet, &seen);
	int r = survey_run(options, &seen, ret_survey, problem);

	progress_free(shown);
	return r;
}

int suspects_survey(struct context *context, struct filter *filter, bool content,
	struct survey **ret_survey, struct problem *problem)
{
	struct asking asking;
	struct survey_options options;
	int r = prepare(context, filter, content, &asking, &options, problem);

	return r < 0 ? r : survey_shown(context, &options, ret_survey, problem);
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
	struct asking asking;
	struct survey_options options;
	struct problem why = {0};
	AUTO(survey) survey = NULL;
	int r = prepare(context, NULL, true, &asking, &options, problem);

	if (r == 0)
		r = survey_shown(context, &options, &survey, problem);
	if (r == 0)
		options.exim = find_exim(&asking, &why); /* the survey tells why not */
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
	write_option(
		out, "control", strcmp(g->control, "/run/stanch/control") != 0 ? g->control : NULL);
	return fclose(out) == 0 ? text : memory_copy("", 0);
}

#include "programs/containing.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "responders/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHANGES_MOST 4 /* of what is due, while it is waited for */

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static void pause_for(int64_t seconds)
{
	struct timespec left = {.tv_sec = (time_t)seconds};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static void said(
	void *context, const struct responder *r, enum action_state state, const char *words)
{
	struct containing *w = context;

	if (w->said == NULL) {
		(void)printf("%-8s  %-8s  ", r->name, action_state_name(state));
		printable_write(stdout, slice_of(words));
		(void)putchar('\n');
		return;
	}
	json_t *o = json_object();
	json_put(o, "name", json_string(r->name));
	json_put(o, "state", json_string(action_state_name(state)));
	json_put(o, "words", json_text(slice_of(words)));
	(void)json_array_append_new(w->said, o);
}

/* The weightiest evidence: it is what an owner would ask for first. */
static void find_reason(struct containing *w, struct journal *journal, int64_t number)
{
	struct evidence evidence[1];
	struct problem unread = {0};
	size_t n = 0;

	if (casebook_evidence(journal, number, evidence, 1, &n, &unread) == 0 && n > 0)
		(void)snprintf(w->reason, sizeof(w->reason), "%s", evidence[0].text);
}

int containing_begin(struct containing *w, struct context *context, struct journal *journal,
	const struct incident *incident)
{
	const struct exim_settings *exim = NULL;
	const struct settings_values *values = NULL;
	struct problem problem = {0}, unasked = {0};

	*w = (struct containing){.context = context};
	if (context_settings(context, &values, &problem) < 0) {
		context_problem(context, &problem);
		return -EINVAL;
	}
	w->values = *values;
	context_join_exim(context, &w->values.general);
	/* only the sessions are found by it, and asking takes Exim longer than all the rest */
	if (values->sessions.enabled && context_exim_settings(context, &exim, &unasked) == 0)
		w->main_log = exim_log_path(exim, "main");
	find_reason(w, journal, incident->number);
	if (context->global.json)
		w->said = json_array();
	w->containment = (struct containment){.journal = journal,
		.state = context->global.state,
		.table = responder_table,
		.count = responder_table_count,
		.with = {.values = &w->values,
			.source = &incident->source,
			.incident = incident->number,
			.since = incident->opened,
			.main_log = w->main_log,
			.reason = w->reason,
			.messages = incident->messages,
			.recipients = incident->recipients,
			.held = incident->held},
		.now = now_s,
		.pause = pause_for,
		.said = said,
		.context = w};
	return 0;
}

void containing_end(struct containing *w)
{
	containment_end(&w->containment);
	json_decref(w->said);
	free(w->main_log);
}

int containing_tell(struct containing *w, const struct contained *result)
{
	if (w->said != NULL) {
		json_t *o = json_object();

		json_put(o, "incident", json_integer(w->containment.with.incident));
		json_put(o, "responders", json_incref(w->said));
		json_put(o, "done", json_integer((json_int_t)result->done));
		json_put(o, "waiting", json_integer((json_int_t)result->waiting));
		json_put(o, "failed", json_integer((json_int_t)result->failed));
		json_put(o, "next", result->next != 0 ? json_time(result->next) : NULL);
		json_line(stdout, o);
	}
	return result->waiting + result->failed > 0 ? COMMAND_LEFT : COMMAND_DONE;
}

static int tell_trouble(struct containing *w, const struct problem *problem)
{
	context_problem(w->context, problem);
	return COMMAND_UNABLE;
}

static enum containing_due due_in(const struct containing *w, enum incident_state state)
{
	if (incident_is_acted_on(state))
		return CONTAINING_ACT;
	if (state == INCIDENT_WAITING || (state == INCIDENT_SUSPECTED && w->values.tell.suspects))
		return CONTAINING_SUSPECT;
	if (state == INCIDENT_CLOSED)
		return CONTAINING_CLOSE;
	if (state == INCIDENT_RELEASED || state == INCIDENT_DISMISSED)
		return CONTAINING_UNDO;
	return CONTAINING_NOTHING;
}

/* Whoever had the lock before may have ended it: what is over is not contained any more. */
static bool is_due(void *context)
{
	struct containing *w = context;
	struct incident now;
	struct problem unread = {0};

	if (casebook_find(w->containment.journal, w->containment.with.incident, &now, &unread) < 0)
		return false;
	enum containing_due due = due_in(w, now.state);
	bool is_same = due == w->due;

	w->due = due;
	return is_same;
}

static int do_what_is_due(struct containing *w, struct contained *ret, struct problem *problem)
{
	struct containment *c = &w->containment;

	switch (w->due) {
	case CONTAINING_ACT:
		return containment_act(c, ret, problem);
	case CONTAINING_SUSPECT:
		return containment_suspect(c, ret, problem);
	case CONTAINING_CLOSE:
		return containment_close(c, ret, problem);
	case CONTAINING_UNDO:
		return containment_undo(c, NULL, ret, problem);
	case CONTAINING_NOTHING:
		break;
	}
	return 0;
}

/* As the incident changes while another is waited for, so does what is due. */
static int act(struct containing *w, struct contained *ret, struct problem *problem)
{
	int err = -ESTALE;

	w->containment.is_due = is_due;
	for (int i = 0; i < CHANGES_MOST && err == -ESTALE; i++)
		err = do_what_is_due(w, ret, problem);
	return err;
}

int containing_act(struct context *context, struct journal *journal,
	const struct incident *incident, const struct journal_who *who)
{
	struct containing w;
	struct contained result = {0};
	struct problem problem = {0};
	int status = COMMAND_UNABLE;

	if (containing_begin(&w, context, journal, incident) == 0) {
		w.containment.who = who;
		w.containment.insists = who != NULL;
		w.due = due_in(&w, incident->state);
		status = act(&w, &result, &problem) < 0 ? tell_trouble(&w, &problem)
							: containing_tell(&w, &result);
	}
	containing_end(&w);
	return status;
}

int containing_undo(struct context *context, struct journal *journal,
	const struct incident *incident, const struct journal_who *who, const char *only)
{
	struct containing w;
	struct contained result = {0};
	struct problem problem = {0};
	int status = COMMAND_UNABLE;

	if (containing_begin(&w, context, journal, incident) == 0) {
		w.containment.who = who;
		status = containment_undo(&w.containment, only, &result, &problem) < 0
				 ? tell_trouble(&w, &problem)
				 : containing_tell(&w, &result);
	}
	containing_end(&w);
	return status;
}

int containing_plan(
	struct context *context, struct journal *journal, const struct incident *incident)
{
	struct containing w;
	int status = COMMAND_UNABLE;

	if (containing_begin(&w, context, journal, incident) == 0) {
		containment_plan(&w.containment);
		status = containing_tell(&w, &(struct contained){0});
	}
	containing_end(&w);
	return status;
}

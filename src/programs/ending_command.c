#include "programs/ending_command.h"

#include "programs/acting_session.h"
#include "programs/held_choice.h"

#include "base/printable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_plan(const struct ending_command *command, const struct held_choice *choice)
{
	char a[UNITS_TEXT];

	for (size_t i = 0; i < choice->count; i++) {
		const struct held_group *group = &choice->groups[i];

		if (group->hold != 0)
			printf("hold %" PRId64 ": ", group->hold);
		else
			printf("not in the journal: ");
		printf("%s %s %s\n", units_count_text(group->messages.count, a),
			acting_messages(group->messages.count), command->plan);
	}
	(void)fflush(stdout);
}

static int planned(struct context *context, const struct ending_command *command,
	const struct held_choice *choice, size_t unknown)
{
	for (size_t i = 0; i < choice->count && context->global.json; i++) {
		struct acted plan = {.hold = choice->groups[i].hold};

		plan.counts.messages = plan.counts.left = choice->groups[i].messages.count;
		acting_tell(context, command->action, command->verb, "planned", &plan);
	}
	if (!context->global.json)
		print_plan(command, choice);
	if (command->dry_run)
		return unknown > 0 ? COMMAND_LEFT : COMMAND_DONE;
	context_hint(context, "nothing was %s: --yes does it", command->verb);
	return COMMAND_LEFT;
}

static int run_group(struct acting_session *s, struct context *context,
	const struct ending_command *command, const struct held_group *group)
{
	struct problem problem = {0};
	struct acted acted = {.counts.messages = group->messages.count};
	int64_t hold = group->hold;
	int status, err = 0;

	if (strcmp(group->spool, s->acting.spool_path) != 0) {
		context_warn(context, "hold %" PRId64 " is of the spool %s: name it with --spool",
			group->hold, group->spool);
		return COMMAND_LEFT;
	}
	acting_hint_log(s, context);
	/* The journal comes first: what is killed half way is then finished like any other. */
	if (hold == 0)
		err = adopt_run(&s->acting, group->queue, group->messages.at, group->messages.count,
			&hold, &problem);
	if (err == 0)
		err = command->run(&s->acting, hold, group->queue, group->messages.at,
			group->messages.count, &acted, &problem);
	if (err < 0)
		context_problem(context, &problem);
	acting_tell(context, command->action, command->verb, acting_result_state(&acted), &acted);
	status = err < 0 ? COMMAND_UNABLE : acting_exit(&acted);
	acted_clear(&acted);
	return status;
}

static int read_choice(struct acting_session *s, struct context *context,
	const struct ending_command *command, struct held_choice *choice, size_t *ret_unknown,
	struct problem *problem)
{
	struct stray_list strays = {0};
	const struct held_places places = {.journal = s->acting.journal,
		.strays = command->takes_strays ? &strays : NULL,
		.spool = s->acting.spool,
		.spool_path = s->acting.spool_path};
	int err = 0;

	held_choice_clear(choice);
	if (command->takes_strays)
		err = acting_strays(context, s->acting.journal, &strays, problem);
	if (err == 0)
		err = held_choice_read(choice, context, &places, command->words,
			command->held_before, ret_unknown, problem);
	stray_list_clear(&strays);
	return err;
}

/* The plan is made anew after a person was asked, because the lock was given back meanwhile. */
static int ask_and_lock(struct acting_session *s, struct context *context,
	const struct ending_command *command, struct held_choice *choice, struct problem *problem)
{
	size_t unknown;
	int err;

	acting_session_pause(s);
	print_plan(command, choice);
	if (!context_confirm(context, command->question)) {
		context_warn(context, "nothing was %s", command->verb);
		return 1;
	}
	err = acting_session_act(s, context, true, problem);
	return err < 0 ? err : read_choice(s, context, command, choice, &unknown, problem);
}

static int unable(const struct context *context, int err, const struct problem *problem)
{
	context_problem(context, problem);
	return err == -EINVAL ? COMMAND_USAGE : err == -ENOENT ? COMMAND_LEFT : COMMAND_UNABLE;
}

/* Whether any of the strays is meant: all are without words. */
static bool means_strays(const struct ending_command *command, const struct stray_list *strays)
{
	struct exim_id id;

	if (!command->takes_strays)
		return false;
	for (size_t i = 0; i < command->words->count; i++)
		if (exim_id_parse(slice_of(command->words->at[i]), &id) == 0 &&
			stray_list_has(strays, &id))
			return true;
	return command->words->count == 0;
}

/* 0: there is mail in the hold queue that is taken without one. */
static int without_journal(
	struct context *context, const struct ending_command *command, struct problem *problem)
{
	struct stray_list strays = {0};
	struct problem unread = {0};
	int err = acting_strays(context, NULL, &strays, &unread);
	size_t count = strays.count;
	bool meant = err == 0 && means_strays(command, &strays);

	stray_list_clear(&strays);
	if (err < 0) {
		*problem = unread;
		return -EIO;
	}
	if (count == 0)
		return -ENOENT;
	if (meant)
		return 0;
	acting_tell_strays(context, count);
	return problem_set(problem, -ENOENT, "there is no journal in %s", context->global.state);
}

static int open_journal(struct acting_session *s, struct context *context,
	const struct ending_command *command, struct problem *problem)
{
	struct journal *journal = NULL;
	/* Looking first, so that nothing is made where nothing was ever held. */
	int err = journal_open(context->global.state, JOURNAL_READ, "", &journal, problem);

	if (err == -ENOENT)
		err = without_journal(context, command, problem);
	if (err == 0 && command->dry_run) {
		s->acting.journal = journal;
		return 0;
	}
	journal_free(journal);
	return err < 0 ? err : acting_session_act(s, context, true, problem);
}

static int work(struct acting_session *s, struct context *context,
	const struct ending_command *command, struct held_choice *choice)
{
	struct problem problem = {0};
	size_t unknown = 0;
	int status, err = held_choice_check(command->words, &problem);

	if (err == 0)
		err = acting_session_begin(s, context, &problem);
	if (err < 0)
		return err == -EINVAL ? unable(context, err, &problem)
				      : (context_problem(context, &problem), COMMAND_UNABLE);
	err = open_journal(s, context, command, &problem);
	if (err == 0)
		err = read_choice(s, context, command, choice, &unknown, &problem);
	if (err < 0)
		return unable(context, err, &problem);
	status = unknown > 0 ? COMMAND_LEFT : COMMAND_DONE;
	if (choice->messages == 0) {
		context_hint(context, "there is nothing to be %s", command->verb);
		if (context->global.json)
			acting_tell(context, command->action, command->verb, "nothing",
				&(struct acted){0});
		return status;
	}
	if (command->dry_run || (!command->yes && !context->in_terminal))
		return planned(context, command, choice, unknown);
	if (!command->yes)
		err = ask_and_lock(s, context, command, choice, &problem);
	if (err < 0)
		return unable(context, err, &problem);
	if (err > 0)
		return COMMAND_LEFT;
	for (size_t i = 0; i < choice->count; i++) {
		int one = COMMAND_LEFT;

		if (!acting_session_stopped())
			one = run_group(s, context, command, &choice->groups[i]);
		else if (choice->groups[i].hold == 0)
			context_warn(context, "what is not in the journal was not begun: stopped");
		else
			context_warn(context, "hold %" PRId64 " was not begun: stopped",
				choice->groups[i].hold);

		status = one > status ? one : status;
	}
	return status;
}

int ending_command(struct context *context, const struct ending_command *command)
{
	struct acting_session session = {0};
	struct held_choice choice = {0};
	int status = work(&session, context, command, &choice);

	acting_session_end(&session);
	held_choice_clear(&choice);
	return status;
}

/* cmd_holds.c - stanch holds: what is held, since when, by whom and why; or the messages of one. */
#include "base/json_text.h"
#include "base/printable.h"
#include "programs/acting_session.h"
#include "systems/stop_point.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define RETENTION_S ((int64_t)30 * 86400) /* after that, stanch purge takes it */

struct holds_settings {
	char nothing;
};

/* running: another process is acting, so what has no end was not killed */
static const char *state_of(const struct journal_hold *h, bool running)
{
	uint64_t held = h->by_state[MESSAGE_HELD];
	uint64_t restored = h->by_state[MESSAGE_RESTORED] + h->by_state[MESSAGE_RELEASED];

	if (h->unfinished)
		return running ? "running" : "unfinished";
	if (held > 0)
		return restored > 0 || h->by_state[MESSAGE_PURGED] > 0 ? "partly held" : "held";
	if (h->by_state[MESSAGE_PURGED] > 0 && restored == 0)
		return "purged";
	if (restored > 0)
		return h->by_state[MESSAGE_PURGED] > 0 ? "ended" : "restored";
	return "empty";
}

static const char *what_of(const struct journal_hold *h)
{
	return h->source[0] != '\0' ? h->source : h->selector;
}

static void hold_json(const struct journal_hold *h, bool running)
{
	json_t *o = json_object();
	char who[192];

	json_put(o, "hold", json_integer(h->hold));
	json_put(o, "created", json_time(h->created));
	json_put(o, "who", json_text(slice_of(journal_who_text(&h->who, who))));
	json_put(o, "reason", json_text(slice_of(h->reason)));
	json_put(o, "source", h->source[0] != '\0' ? json_text(slice_of(h->source)) : NULL);
	json_put(o, "selector", json_text(slice_of(h->selector)));
	json_put(o, "spool", json_text(slice_of(h->spool)));
	json_put(o, "queue", json_text(slice_of(h->queue)));
	json_put(o, "messages", json_integer((json_int_t)h->messages));
	for (int i = 0; i < MESSAGE_STATES; i++)
		if (i == MESSAGE_HELD || i == MESSAGE_RESTORED || i == MESSAGE_PURGED ||
			i == MESSAGE_RELEASED || i == MESSAGE_GONE || i == MESSAGE_LEFT)
			json_put(o, message_state_name((enum message_state)i),
				json_integer((json_int_t)h->by_state[i]));
	json_put(o, "state", json_text(slice_of(state_of(h, running))));
	json_put(o, "oldest", h->oldest != 0 ? json_time(h->oldest) : NULL);
	json_put(o, "expires",
		h->by_state[MESSAGE_HELD] > 0 ? json_time(h->created + RETENTION_S) : NULL);
	json_line(stdout, o);
}

struct listing {
	const struct context *context;
	uint64_t count;
	uint64_t held; /* messages that are held now */
	bool running;  /* another process is acting on the journal */
};

static void print_hold(struct listing *l, const struct journal_hold *h)
{
	char when[UNITS_TEXT], n[UNITS_TEXT], all[UNITS_TEXT], who[192], what[160], reason[200];

	if (l->count == 1)
		printf("%5s  %-19s  %8s %10s  %-11s  %s\n", "HOLD", "HELD SINCE", "HELD NOW", "OF",
			"STATE", "WHAT");
	printf("%5" PRId64 "  %-19s  %8s %10s  %-11s  %s\n", h->hold,
		units_time_text(h->created, when), units_count_text(h->by_state[MESSAGE_HELD], n),
		units_count_text(h->messages, all), state_of(h, l->running),
		printable_text(slice_of(what_of(h)), what, sizeof(what)));
	printf("       by %s%s%s\n", journal_who_text(&h->who, who),
		h->reason[0] != '\0' ? ": " : "",
		printable_text(slice_of(h->reason), reason, sizeof(reason)));
}

static bool visit_hold(void *given, const struct journal_hold *h)
{
	struct listing *l = given;

	l->count++;
	l->held += h->by_state[MESSAGE_HELD];
	if (l->context->global.json)
		hold_json(h, l->running);
	else
		print_hold(l, h);
	return true;
}

static void message_json(const struct journal_message *m)
{
	json_t *o = json_object();
	json_t *recipients = json_array();
	struct slice rest = m->recipients;

	json_put(o, "hold", json_integer(m->hold));
	json_put(o, "id", json_text((struct slice){m->id.text, m->id.len}));
	json_put(o, "state", json_text(slice_of(message_state_name(m->state))));
	json_put(o, "queue", json_text(slice_of(m->queue)));
	json_put(o, "source", m->details ? json_text(m->source) : NULL);
	json_put(o, "sender", m->details ? json_text(m->sender) : NULL);
	while (rest.len > 0) {
		size_t n = slice_find(rest, '\n');

		json_array_append_new(recipients, json_text(slice_first(rest, n)));
		rest = slice_after(rest, n + 1);
	}
	json_put(o, "recipients", recipients);
	json_put(o, "recipient_count",
		m->details ? json_integer((json_int_t)m->recipient_count) : NULL);
	json_put(o, "received", m->details ? json_time(m->received) : NULL);
	json_line(stdout, o);
}

static bool visit_message(void *given, const struct journal_message *m)
{
	struct listing *l = given;
	char when[UNITS_TEXT] = "", sender[120] = "", first[120] = "", more[64] = "";

	l->count++;
	if (l->context->global.json) {
		message_json(m);
		return true;
	}
	if (!m->details) {
		/* No sender must not look like the empty one of a bounce. */
		printf("%-23s  %-9s  (its sender was not written down)\n", m->id.text,
			message_state_name(m->state));
		return true;
	}
	units_time_text(m->received, when);
	printable_text(m->sender, sender, sizeof(sender));
	printable_text(
		slice_first(m->recipients, slice_find(m->recipients, '\n')), first, sizeof(first));
	if (m->recipient_count > 1)
		(void)snprintf(more, sizeof(more), " and %" PRIu64 " more", m->recipient_count - 1);
	printf("%-23s  %-9s  %-19s  <%s> to %s%s\n", m->id.text, message_state_name(m->state), when,
		sender, first, more);
	return true;
}

/* For acting when that can be had, so that what was interrupted or released is known; else only to
 * look. */
static int open_journal(struct acting_session *s, struct context *context, bool *ret_running,
	struct problem *problem)
{
	struct problem acting = {0};
	int err =
		journal_open(context->global.state, JOURNAL_READ, "", &s->acting.journal, problem);

	if (err < 0)
		return err;
	acting_session_pause(s);
	err = acting_session_begin(s, context, &acting);
	if (err == 0)
		err = acting_session_act(s, context, true, &acting);
	if (err == 0)
		return 0;
	*ret_running = err == -EBUSY;
	acting_session_pause(s);
	context_hint(context, "not compared with the spool: %s", acting.text);
	return journal_open(context->global.state, JOURNAL_READ, "", &s->acting.journal, problem);
}

/* The journal is one account, the spool another: what only the spool has must not pass for none. */
static int tell_strays(struct context *context, struct journal *journal, int status)
{
	struct problem problem = {0};
	struct stray_list strays = {0};
	int err = acting_strays(context, journal, &strays, &problem);

	if (err < 0) {
		context_problem(context, &problem);
		status = COMMAND_UNABLE;
	} else if (strays.count > 0) {
		acting_tell_strays(context, strays.count);
		status = COMMAND_LEFT;
	}
	stray_list_clear(&strays);
	return status;
}

/* That nothing was held yet is said only when it is so. */
static int list_without_journal(
	struct context *context, uint64_t hold, const struct problem *problem)
{
	int status = tell_strays(context, NULL, COMMAND_DONE);

	if (status == COMMAND_DONE)
		context_hint(context, "%s", problem->text);
	else if (status == COMMAND_LEFT)
		context_warn(context, "there is no journal in %s", context->global.state);
	return status == COMMAND_DONE && hold > 0 ? COMMAND_LEFT : status;
}

static int list(struct context *context, struct acting_session *s, uint64_t hold)
{
	struct problem problem = {0};
	struct listing l = {.context = context};
	const struct journal_choice choice = {.hold = (int64_t)hold};
	int err = open_journal(s, context, &l.running, &problem);

	if (err == -ENOENT)
		return list_without_journal(context, hold, &problem);
	if (err == 0 && hold == 0)
		err = journal_each_hold(s->acting.journal, 0, visit_hold, &l, &problem);
	if (err == 0 && hold > 0)
		err = journal_each_message(s->acting.journal, &choice, visit_message, &l, &problem);
	if (err < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (l.count == 0 && hold > 0)
		context_warn(context, "there is no hold %" PRIu64, hold);
	if (hold > 0)
		return l.count == 0 ? COMMAND_LEFT : COMMAND_DONE;
	if (l.held > 0 && !context->global.json && !context->global.quiet)
		(void)puts("No hold ends by itself: stanch restore HOLD puts it back.");
	return tell_strays(context, s->acting.journal, COMMAND_DONE);
}

static int run(
	struct context *context, const void *given, const struct command_arguments *arguments)
{
	struct acting_session session = {0};
	uint64_t hold = 0;
	int status;

	(void)given;
	if (stop_points_list(stdout))
		return COMMAND_DONE;
	if (arguments->count > 0 &&
		(units_read_count(slice_of(arguments->at[0]), INT64_MAX, &hold) < 0 || hold == 0)) {
		context_warn(context, "a hold is named by its number");
		return COMMAND_USAGE;
	}
	status = list(context, &session, hold);
	acting_session_end(&session);
	return status;
}

const struct command command_holds = {
	.name = "holds",
	.arguments = "[HOLD]",
	.arguments_most = 1,
	.help = "list what is held, or the messages of one hold",
	.about = "Lists the holds with who made them, why, and what became of their messages; with "
		 "a HOLD the messages of that one. Messages that somebody released or removed with "
		 "Exim's own tools are noticed; messages in the hold queue that the journal does "
		 "not "
		 "know are counted, and the status is 1. A hold never ends by itself: after 30 "
		 "days \"stanch "
		 "purge\" takes it.",
	.settings_size = sizeof(struct holds_settings),
	.run = run,
};

/* cmd_status.c - stanch status: how the daemon is. */
#include "base/json_text.h"
#include "base/printable.h"
#include "programs/context.h"
#include "programs/daemon/control.h"
#include "reports/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ASK_MS  5000
#define STALE_S 30 /* the watcher says how it is every two seconds */

struct status_settings {
	char nothing;
};

static void print_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	printable_write(stdout, slice_of(text != NULL ? text : "?"));
}

static int64_t number(const json_t *o, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(o, key));
}

static void print_incidents(json_t *incidents)
{
	const char *name;
	json_t *value;
	bool some = false;

	(void)fputs("incidents  ", stdout);
	json_object_foreach(incidents, name, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		(void)printf(
			"%s%" PRId64 " ", some ? ", " : "", (int64_t)json_integer_value(value));
		printable_write(stdout, slice_of(name));
		some = true;
	}
	(void)puts(some ? "" : "none is open");
}

static void print_log(const json_t *log)
{
	char bytes[UNITS_TEXT], lines[UNITS_TEXT];

	(void)fputs("log        ", stdout);
	print_text(log, "path");
	if (json_is_true(json_object_get(log, "absent")))
		(void)fputs(": is not there", stdout);
	else
		(void)printf(": %s lines read, %s to read",
			units_count_text((uint64_t)number(log, "lines"), lines),
			units_size_text((uint64_t)number(log, "unread_bytes"), bytes));
	if (number(log, "lost_bytes") > 0)
		(void)printf(
			", %s lost", units_size_text((uint64_t)number(log, "lost_bytes"), bytes));
	(void)putchar('\n');
}

static void print_answers(const json_t *policy)
{
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (number(policy, "slow") > 0)
		(void)printf(", %s with slow (%s beyond a limit)",
			units_count_text((uint64_t)number(policy, "slow"), a),
			units_count_text((uint64_t)number(policy, "beyond_limit"), b));
	if (number(policy, "refuse") > 0)
		(void)printf(", %s with refuse",
			units_count_text((uint64_t)number(policy, "refuse"), a));
	if (number(policy, "at_limit") > 0)
		(void)printf(", %s at their limit now",
			units_count_text((uint64_t)number(policy, "at_limit"), a));
}

/* Nobody asks where no ACL was told to. */
static void print_policy(const json_t *policy)
{
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (policy == NULL) {
		(void)puts("policy     nobody can ask (see the daemon's log)");
		return;
	}
	(void)printf("policy     %s questions answered",
		units_count_text((uint64_t)number(policy, "questions"), a));
	print_answers(policy);
	if (number(policy, "wrong") + number(policy, "late") > 0)
		(void)printf(", %s not understood, %s not finished in time",
			units_count_text((uint64_t)number(policy, "wrong"), a),
			units_count_text((uint64_t)number(policy, "late"), b));
	(void)putchar('\n');
}

static void print_rspamd(const json_t *rspamd)
{
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (rspamd == NULL)
		return;
	(void)printf("rspamd     %s messages scored",
		units_count_text((uint64_t)number(rspamd, "answered"), a));
	if (number(rspamd, "failed") + number(rspamd, "dropped") > 0)
		(void)printf(", %s not answered, %s not asked about",
			units_count_text((uint64_t)number(rspamd, "failed"), a),
			units_count_text((uint64_t)number(rspamd, "dropped"), b));
	if (number(rspamd, "rest_ms") > 0)
		(void)printf("; asked again in %s",
			units_age_text(number(rspamd, "rest_ms") / 1000 + 1, a));
	(void)putchar('\n');
}

/* Whether what is shown is true now. */
static bool is_well(const json_t *status)
{
	const json_t *watcher = json_object_get(status, "watcher");

	return json_is_object(watcher) && number(status, "watcher_age") < STALE_S &&
	       json_is_true(json_object_get(watcher, "ready")) &&
	       json_is_true(json_object_get(status, "journal"));
}

static void print_watcher(const json_t *status, const json_t *watcher)
{
	char a[UNITS_TEXT], b[UNITS_TEXT], c[UNITS_TEXT];
	const json_t *log;
	size_t i;

	if (!json_is_object(watcher)) {
		(void)puts("watcher    has not said anything yet");
		return;
	}
	(void)printf("watcher    %s messages of %s sources",
		units_count_text((uint64_t)number(watcher, "messages"), a),
		units_count_text((uint64_t)number(watcher, "sources"), b));
	if (number(watcher, "damaged_lines") > 0)
		(void)printf(", %s lines not understood",
			units_count_text((uint64_t)number(watcher, "damaged_lines"), c));
	if (!json_is_true(json_object_get(watcher, "ready")))
		(void)fputs("; still reading what was written before", stdout);
	if (number(watcher, "lag_seconds") > 0)
		(void)printf("; %s behind", units_age_text(number(watcher, "lag_seconds"), a));
	if (number(status, "watcher_age") >= STALE_S)
		(void)printf("; silent for %s: what is shown is old",
			units_age_text(number(status, "watcher_age"), a));
	(void)putchar('\n');
	json_array_foreach(json_object_get(watcher, "logs"), i, log)
	{
		print_log(log);
	}
	print_policy(json_object_get(watcher, "policy"));
	print_rspamd(json_object_get(watcher, "rspamd"));
}

static void print(const json_t *status)
{
	(void)fputs("stanchd    ", stdout);
	print_text(status, "version");
	(void)fputs(", mode ", stdout);
	print_text(status, "mode");
	(void)fputs("\nspool      ", stdout);
	print_text(status, "spool");
	(void)putchar('\n');
	if (!json_is_true(json_object_get(status, "journal")))
		(void)puts("journal    CANNOT BE USED: nothing is done (see the daemon's log)");
	print_watcher(status, json_object_get(status, "watcher"));
	print_incidents(json_object_get(status, "incidents"));
}

static int explain_no_answer(const struct context *context, int err)
{
	char shown[256];

	(void)printable_text(slice_of(context->global.control), shown, sizeof(shown));
	if (err == -ENOENT || err == -ECONNREFUSED)
		context_warn(context, "no daemon runs: nobody serves %s", shown);
	else if (err == -EPERM || err == -EACCES)
		context_warn(context,
			"the daemon does not hear you: run as root, or as a member of "
			"its control.group");
	else
		context_warn(
			context, "the daemon at %s does not answer: %s", shown, strerror(-err));
	return COMMAND_UNABLE;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	json_t *status = NULL;
	int err = control_ask(context->global.control, "status", ASK_MS, &status);

	(void)settings;
	(void)arguments;
	if (err < 0)
		return explain_no_answer(context, err);
	int exit = is_well(status) ? COMMAND_DONE : COMMAND_LEFT;
	if (context->global.json) {
		json_line(stdout, status);
		return exit;
	}
	print(status);
	json_decref(status);
	return exit;
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.help = "how the daemon is: what it reads, how far behind, what is open",
	.about = "Asks the daemon. Ends with 0 when it is well and what it says is of now, with 1 "
		 "when it is still reading or something is wrong, with 3 when there is none.",
	.settings_size = sizeof(struct status_settings),
	.run = run,
};

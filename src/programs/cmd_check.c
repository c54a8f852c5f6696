/* cmd_check.c - stanch check: a plugin for Nagios, Icinga and the like. It never says OK when it
 * could not look. */
#include "base/json_text.h"
#include "base/memory.h"
#include "programs/check.h"
#include "settings/secret_file.h"
#include "systems/passive_result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 10 /* what the guidelines call usual */
#define SUBMIT_MS       5000
#define SEND_NSCA       "/usr/sbin/send_nsca"

#define AT(field) offsetof(struct check_settings, field)

static const char *const modes[] = {"queue", "incidents", "daemon", "blocklists", NULL};

static const struct option_row rows[] = {
	{.name = "mode",
		.argument = "MODE",
		.kind = OPTION_CHOICE,
		.choices = modes,
		.offset = AT(mode),
		.help = "What is looked at: the queue (without this option), the incidents, the "
			"daemon, or this server's addresses at DNS blocklists."},
	{.name = "warning",
		.letter = 'w',
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(warning),
		.help = "WARNING when the number of messages is outside of it; of incidents that "
			"are being cleaned or were contained of late (0); of seconds that the "
			"daemon is behind the logs (60)."},
	{.name = "critical",
		.letter = 'c',
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(critical),
		.help = "CRITICAL when it is outside of this; for incidents, the number of those "
			"that wait for a person or have an action that failed (0); for the daemon "
			"600; for blocklists the number of listings (0)."},
	{.name = "timeout",
		.letter = 't',
		.argument = "SECONDS",
		.kind = OPTION_COUNT,
		.offset = AT(timeout),
		.least = 1,
		.most = 3600,
		.help = "UNKNOWN when it takes longer (10)."},
	{.name = "verbose",
		.letter = 'v',
		.kind = OPTION_FLAG,
		.offset = AT(verbose),
		.help = "Name the sources with most messages even when all is well; they are read "
			"from the spool."},
	{.name = "share-warning",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(share_warning),
		.help = "WARNING when the percentage of messages that come from one source, the "
			"one with most, is outside of it."},
	{.name = "share-critical",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(share_critical),
		.help = "CRITICAL when it is outside of this."},
	{.name = "frozen-warning",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(frozen_warning),
		.help = "WARNING when the number of frozen bounces is outside of it."},
	{.name = "frozen-critical",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(frozen_critical),
		.help = "CRITICAL when it is outside of this."},
	{.name = "recent",
		.argument = "AGE",
		.kind = OPTION_AGE,
		.offset = AT(recent),
		.help = "How long an incident that was contained is a WARNING (6h)."},
	{.name = "unread-warning",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(unread_warning),
		.help = "WARNING when the bytes of the logs that the daemon has not read are "
			"outside of it (8388608)."},
	{.name = "unread-critical",
		.argument = "RANGE",
		.kind = OPTION_TEXT,
		.offset = AT(unread_critical),
		.help = "CRITICAL when they are outside of this (67108864)."},
};

static const struct option_row submit_rows[] = {
	{.name = "submit",
		.argument = "WHERE",
		.kind = OPTION_TEXT,
		.offset = AT(submit),
		.help = "Hand the result over, too: nagios:PATH to the external command file of a "
			"Nagios on this machine, nsca:HOST[:PORT] by send_nsca, icinga2:URL to the "
			"API of Icinga 2."},
	{.name = "host",
		.argument = "NAME",
		.kind = OPTION_TEXT,
		.offset = AT(host),
		.help = "This machine, as the monitor has it (its host name)."},
	{.name = "service",
		.argument = "NAME",
		.kind = OPTION_TEXT,
		.offset = AT(service),
		.help = "The service, as the monitor has it (\"stanch queue\", \"stanch "
			"incidents\" and so on)."},
	{.name = "submit-user",
		.argument = "NAME",
		.kind = OPTION_TEXT,
		.offset = AT(submit_user),
		.help = "The API user of Icinga 2 (stanch)."},
	{.name = "submit-password-file",
		.argument = "FILE",
		.kind = OPTION_FILE,
		.offset = AT(submit_password_file),
		.help = "Its password: a file that belongs to root or to you and that others "
			"cannot "
			"read."},
	{.name = "submit-ca-file",
		.argument = "FILE",
		.kind = OPTION_FILE,
		.offset = AT(submit_ca_file),
		.help = "Certificates to trust instead of the system's."},
	{.name = "send-nsca",
		.argument = "FILE",
		.kind = OPTION_FILE,
		.offset = AT(send_nsca),
		.help = "The program send_nsca (/usr/sbin/send_nsca)."},
	{.name = "nsca-config",
		.argument = "FILE",
		.kind = OPTION_FILE,
		.offset = AT(nsca_config),
		.help = "Its configuration."},
};

static const struct mode {
	const char *name, *service; /* as the first line begins */
	const char *monitored;      /* as the shipped definitions name it */
	check_mode *look;
} table[] = {
	{"queue", "Mailqueue", "stanch queue", check_queue},
	{"incidents", "Incidents", "stanch incidents", check_incidents_mode},
	{"daemon", "stanchd", "stanch daemon", check_daemon_mode},
	{"blocklists", "Blocklists", "stanch blocklists", check_blocklists_mode},
};

static const struct mode *mode_of(const struct check_settings *s)
{
	for (size_t i = 0; s->mode != NULL && i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, s->mode) == 0)
			return &table[i];
	return &table[0];
}

/* ---- handing over ---- */

struct handing {
	struct passive_target target;
	const char *host, *service;
	char own_host[256];
	struct secret *password;
};

static int read_target(const struct check_settings *s, struct handing *h, struct problem *problem)
{
	h->target =
		(struct passive_target){.user = s->submit_user != NULL ? s->submit_user : "stanch",
			.ca_file = s->submit_ca_file,
			.program = s->send_nsca != NULL ? s->send_nsca : SEND_NSCA,
			.program_config = s->nsca_config,
			.time_ms = SUBMIT_MS};
	int err = passive_target_read(s->submit, &h->target, problem);
	if (err < 0 || h->target.kind != PASSIVE_ICINGA2)
		return err;
	if (s->submit_password_file == NULL)
		return problem_set(problem, -EINVAL, "icinga2: needs --submit-password-file, too");
	err = secret_file_read(s->submit_password_file, &h->password, problem);
	if (err == 0)
		h->target.password = secret_text(h->password);
	return err;
}

/* Before anything is looked at: what cannot be handed over is said at once. */
static int prepare_handing(const struct context *context, const struct check_settings *s,
	struct handing *h, struct problem *problem)
{
	if (context->global.json)
		return problem_set(
			problem, -EINVAL, "a monitor takes no JSON: leave out --json or --submit");
	if (gethostname(h->own_host, sizeof(h->own_host) - 1) != 0)
		h->own_host[0] = '\0';
	h->host = s->host != NULL ? s->host : h->own_host;
	h->service = s->service != NULL ? s->service : mode_of(s)->monitored;
	return read_target(s, h, problem);
}

static int hand_over(const struct handing *h, int status, const char *text, struct problem *problem)
{
	const struct passive_result result = {.host = h->host,
		.service = h->service,
		.code = status,
		.text = slice_of(text),
		.at = (int64_t)time(NULL)};

	return passive_result_submit(&h->target, &result, problem);
}

/* That it took too long is a result as well. What goes wrong here nobody can be told. */
static void hand_over_late(void *context, enum plugin_status status, const char *line)
{
	struct problem problem;

	(void)hand_over(context, (int)status, line, &problem);
}

/* ---- the command ---- */

static int write_unknown(const struct check_run *run, const struct problem *problem)
{
	if (run->context->global.json) {
		json_t *object = json_object();
		json_put(object, "status", json_text(slice_of("UNKNOWN")));
		json_put(object, "problem", json_text(slice_of(problem->text)));
		json_line(run->out, object);
	} else {
		(void)fprintf(run->out, "%s UNKNOWN - ", mode_of(run->settings)->service);
		check_write_problem(run->out, problem);
	}
	return PLUGIN_UNKNOWN;
}

static struct plugin_deadline *begin_deadline(
	const struct check_settings *s, struct handing *handing)
{
	unsigned seconds = s->timeout.given ? (unsigned)s->timeout.value : TIMEOUT_SECONDS;
	char late[96];

	(void)snprintf(late, sizeof(late),
		"%s UNKNOWN - the %s could not be read within %u seconds", mode_of(s)->service,
		mode_of(s)->name, seconds);
	struct plugin_deadline *d = plugin_deadline_new(seconds, PLUGIN_UNKNOWN, late);
	if (s->submit != NULL)
		plugin_deadline_then(d, hand_over_late, handing);
	return d;
}

/* Looks, and prints what came of it. *ret_text: that, which the caller frees. */
static int look(struct check_run *run, char **ret_text)
{
	struct problem problem = {0};
	size_t len = 0;

	run->out = open_memstream(ret_text, &len);
	if (run->out == NULL)
		abort(); /* memory has ended */
	int status = mode_of(run->settings)->look(run, &problem);
	if (status < 0)
		status = write_unknown(run, &problem);
	if (fclose(run->out) != 0)
		abort();
	return status;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct check_settings *s = settings;
	struct check_run check = {.context = context, .settings = s, .out = stdout};
	struct handing handing = {.host = NULL};
	struct problem problem = {0};
	char *text = NULL;

	(void)arguments;
	if (s->submit != NULL && prepare_handing(context, s, &handing, &problem) < 0)
		return write_unknown(&check, &problem);
	check.deadline = begin_deadline(s, &handing);
	int status = look(&check, &text);
	plugin_deadline_free(check.deadline);
	(void)fputs(text, stdout);
	if (s->submit != NULL && hand_over(&handing, status, text, &problem) < 0) {
		(void)fputs("Not handed over: ", stdout);
		check_write_problem(stdout, &problem);
		status = (int)plugin_worse((enum plugin_status)status, PLUGIN_UNKNOWN);
	}
	secret_free(handing.password);
	free(text);
	return status;
}

const struct command command_check = {
	.name = "check",
	.arguments = "",
	.help = "be a monitoring plugin for the queue, the incidents, the daemon and blocklists",
	.about = "Says how many messages are in the queue, whether incidents ask for a person, "
		 "whether the daemon is well, or whether this server is on DNS blocklists, as a "
		 "plugin of Nagios or Icinga does: one line, "
		 "performance data, and the exit status 0 for OK, 1 for WARNING, 2 for CRITICAL, 3 "
		 "for UNKNOWN. The daemon is asked when it runs; else the spool or the journal is "
		 "read. It is UNKNOWN whenever anything could not be known. Held messages do not "
		 "count.\n"
		 "A RANGE is what is well: 10 is 0 to 10, 10: is 10 and more, ~:10 is up to 10, "
		 "10:20 is 10 to 20; @10:20 turns it round.\n",
	.is_plugin = true,
	.settings_size = sizeof(struct check_settings),
	.sets = {COMMAND_SET(NULL, rows, 0), COMMAND_SET("Handing it over", submit_rows, 0)},
	.run = run,
};

/* cmd_report.c - stanch report: an incident or a period as one file for somebody to read: the
 * administrator, a manager, a blocklist's operator, the customer. */
#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "programs/incident_session.h"
#include "reports/report_json.h"
#include "reports/report_readers.h"
#include "reports/report_words.h"
#include "settings/groups.h"
#include "systems/whole_file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ADDED_MOST 50 /* incidents of a period that are told one by one */
#define FILE_MODE  0600
#define HOST_MAX   256

struct report_settings {
	const char *since, *until, *reader, *format, *output, *language, *address;
	bool force;
};

#define AT(member) .offset = offsetof(struct report_settings, member)

static const char *const readers[] = {"administrator", "manager", "blocklist", "customer", NULL};
static const char *const formats[] = {"text", "html", "json", NULL};

static const struct option_row rows[] = {
	{.name = "since",
		.argument = "TIME",
		.kind = OPTION_TEXT,
		AT(since),
		.help = "A period instead of an incident, from then on: \"2026-11-23\", "
			"\"2026-11-23 12:05\", or an age like 7d."},
	{.name = "until",
		.argument = "TIME",
		.kind = OPTION_TEXT,
		AT(until),
		.help = "The period ends then; without it, now."},
	{.name = "for",
		.argument = "READER",
		.kind = OPTION_CHOICE,
		.choices = readers,
		AT(reader),
		.help = "Who is to read it: administrator (everything; the default), manager "
			"(numbers), blocklist (a request for delisting, without names) or "
			"customer (of one incident: his own mailbox alone)."},
	{.name = "format",
		.argument = "FORMAT",
		.kind = OPTION_CHOICE,
		.choices = formats,
		AT(format),
		.help = "text (78 columns, for a ticket), html (one file that needs nothing else) "
			"or "
			"json. Without it, as the name of --output ends, and else text."},
	{.name = "output",
		.letter = 'o',
		.argument = "FILE",
		.kind = OPTION_FILE,
		AT(output),
		.help = "Write it to that file, whole or not at all, for you alone to read; one "
			"that "
			"is there is left as it is."},
	{.name = "force",
		.kind = OPTION_FLAG,
		AT(force),
		.help = "Put it in the place of a file that is there."},
	{.name = "language",
		.argument = "LANGUAGE",
		.kind = OPTION_TEXT,
		AT(language),
		.help = "For the customer: en, de, cs, or one of which there are templates; "
			"without "
			"it, tell.language. All else is English."},
	{.name = "address",
		.argument = "ADDRESS",
		.kind = OPTION_TEXT,
		AT(address),
		.help = "For a blocklist: the IP address that is listed; without it, "
			"blocklists.addresses."},
};

enum reader { READER_ADMINISTRATOR, READER_MANAGER, READER_BLOCKLIST, READER_CUSTOMER };
enum format { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON };

/* What was asked for, and where it goes. */
struct asked {
	struct context *context;
	const struct report_settings *settings;
	enum reader reader;
	enum format format;
	bool is_period;
	int64_t number, since, until;
	char server[HOST_MAX];
	struct report_about_us us;
	struct journal *journal;
	FILE *out;
};

/* ---- what was asked for ---- */

static unsigned place_of(const char *word, const char *const *words)
{
	for (unsigned i = 0; word != NULL && words[i] != NULL; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && strcasecmp(text + n - m, end) == 0;
}

static enum format format_of(const struct asked *a)
{
	const char *output = a->settings->output;

	if (a->settings->format != NULL)
		return (enum format)place_of(a->settings->format, formats);
	if (a->context->global.json || (output != NULL && ends_with(output, ".json")))
		return FORMAT_JSON;
	if (output != NULL && (ends_with(output, ".html") || ends_with(output, ".htm")))
		return FORMAT_HTML;
	return FORMAT_TEXT;
}

static int read_moment(const struct asked *a, const char *typed, const char *option, int64_t *ret,
	struct problem *problem)
{
	char shown[64];

	if (typed == NULL)
		return 0;
	if (units_read_moment(slice_of(typed), a->us.now, ret) == 0 && *ret >= 0)
		return 0;
	return problem_set(problem, -EINVAL,
		"--%s \"%s\" is no time: write 2026-11-23, \"2026-11-23 12:05\" or 7d", option,
		printable_text(slice_of(typed), shown, sizeof(shown)));
}

static int read_period(struct asked *a, struct problem *problem)
{
	int err = read_moment(a, a->settings->since, "since", &a->since, problem);

	a->until = a->us.now;
	if (err == 0)
		err = read_moment(a, a->settings->until, "until", &a->until, problem);
	if (err == 0 && a->since >= a->until)
		err = problem_set(problem, -EINVAL, "--until is not behind --since");
	if (err == 0 && a->reader == READER_CUSTOMER)
		err = problem_set(problem, -EINVAL,
			"for a customer name one incident: a period would tell him of others");
	return err;
}

static int read_number(
	struct asked *a, const struct command_arguments *arguments, struct problem *problem)
{
	char shown[64];
	uint64_t number = 0;

	if (arguments->count == 0)
		return problem_set(problem, -EINVAL,
			"of what? Write the number of an incident, or --since TIME");
	if (a->settings->since != NULL || a->settings->until != NULL)
		return problem_set(problem, -EINVAL, "an incident or a period, not both");
	if (units_read_count(slice_of(arguments->at[0]), INT64_MAX, &number) < 0 || number == 0)
		return problem_set(problem, -EINVAL, "\"%s\" is no number of an incident",
			printable_text(slice_of(arguments->at[0]), shown, sizeof(shown)));
	a->number = (int64_t)number;
	return 0;
}

static bool is_address(const char *text)
{
	unsigned char raw[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

static int read_address(
	struct asked *a, const struct settings_values *values, struct problem *problem)
{
	const char *const *typed = &a->settings->address;
	char shown[64];

	if (a->reader != READER_BLOCKLIST)
		return *typed == NULL
			       ? 0
			       : problem_set(problem, -EINVAL, "--address is for --for blocklist");
	a->us.addresses = *typed != NULL ? typed : values->blocklists.addresses.at;
	a->us.address_count = *typed != NULL ? 1 : values->blocklists.addresses.count;
	if (a->us.address_count == 0)
		return problem_set(problem, -EINVAL,
			"which address is listed? Write --address, or set blocklists.addresses");
	if (*typed != NULL && !is_address(*typed))
		return problem_set(problem, -EINVAL, "--address \"%s\" is no IP address",
			printable_text(slice_of(*typed), shown, sizeof(shown)));
	return 0;
}

static int read_language(
	struct asked *a, const struct settings_values *values, struct problem *problem)
{
	const char *typed = a->settings->language;
	char shown[64];

	a->us.templates = values->tell.templates;
	a->us.language = typed                           ? typed
			 : values->tell.language != NULL ? values->tell.language
							 : "en";
	if (typed == NULL)
		return 0;
	if (a->reader != READER_CUSTOMER)
		return problem_set(problem, -EINVAL, "--language is for --for customer");
	if (notice_is_language(typed))
		return 0;
	return problem_set(problem, -EINVAL, "--language \"%s\" is none: write en, de or cs",
		printable_text(slice_of(typed), shown, sizeof(shown)));
}

static int read_asked(
	struct asked *a, const struct command_arguments *arguments, struct problem *problem)
{
	const struct settings_values *values = NULL;
	int err = context_settings(a->context, &values, problem);

	if (err < 0)
		return err;
	a->reader = (enum reader)place_of(a->settings->reader, readers);
	a->format = format_of(a);
	a->is_period = a->settings->since != NULL && arguments->count == 0;
	a->us.now = (int64_t)time(NULL);
	a->us.contact = values->mail.administrator;
	a->us.server = a->server;
	if (gethostname(a->server, sizeof(a->server) - 1) < 0 || a->server[0] == '\0')
		(void)snprintf(a->server, sizeof(a->server), "localhost");
	err = a->is_period ? read_period(a, problem) : read_number(a, arguments, problem);
	if (err == 0)
		err = read_address(a, values, problem);
	return err == 0 ? read_language(a, values, problem) : err;
}

/* ---- the report ---- */

static void write_page(struct asked *a, struct report_page *page)
{
	if (a->format == FORMAT_HTML)
		report_page_html(a->out, page);
	else
		report_page_text(a->out, page);
	report_page_free(page);
}

/* key: "incident", "period" or "customer"; value is taken. */
static void write_json(struct asked *a, const char *key, json_t *value)
{
	json_t *o = json_object();

	json_put(o, "report", json_string(readers[a->reader]));
	json_put(o, "server", json_text(slice_of(a->server)));
	json_put(o, "made", json_time(a->us.now));
	json_put(o, key, value);
	json_line(a->out, o);
}

/* Only what was stopped can be told to a blocklist. */
static bool may_be_told(const struct asked *a, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;

	if (i->contained == 0 || i->state == INCIDENT_DISMISSED) {
		context_warn(a->context,
			"incident %" PRId64 " was not contained: there is nothing that could be "
			"told to a blocklist",
			i->number);
		return false;
	}
	if (i->state == INCIDENT_RELEASED)
		context_hint(a->context,
			"incident %" PRId64 " was released: if it was a false alarm, what is "
			"written here is not true",
			i->number);
	if (!report_is_kept_out(r))
		context_hint(a->context,
			"of incident %" PRId64 " neither a refusal nor a new password is on "
			"record: a blocklist will ask for it",
			i->number);
	return true;
}

static int customer(struct asked *a, const struct report_incident *r)
{
	struct problem problem = {0};
	struct notice notice = {0};

	if (report_customer(r, &a->us, &notice, &problem) < 0) {
		context_problem(a->context, &problem);
		return COMMAND_UNABLE;
	}
	if (strcasecmp(notice.language, a->us.language) != 0)
		context_warn(a->context, "there is no template in that language: it is in English");
	if (a->format == FORMAT_JSON)
		write_json(a, "customer", report_customer_json(&notice));
	else if (a->format == FORMAT_HTML)
		report_customer_html(a->out, &notice);
	else
		report_customer_text(a->out, &notice);
	notice_clear(&notice);
	return COMMAND_DONE;
}

static void look_for_contact(const struct asked *a)
{
	if (a->us.contact == NULL)
		context_hint(
			a->context, "the report has no contact: mail.administrator is not set");
}

static int blocklist(struct asked *a, const struct report_incident *r)
{
	if (!may_be_told(a, r))
		return COMMAND_LEFT;
	look_for_contact(a);
	if (a->format == FORMAT_JSON) {
		write_json(a, "incident", report_nameless_json(r));
		return COMMAND_DONE;
	}
	struct report_page *page = report_blocklist(&a->us);
	report_blocklist_add(page, r);
	report_blocklist_end(page, &a->us);
	write_page(a, page);
	return COMMAND_DONE;
}

static int of_incident(struct asked *a, const struct report_incident *r)
{
	if (a->reader == READER_CUSTOMER)
		return customer(a, r);
	if (a->reader == READER_BLOCKLIST)
		return blocklist(a, r);
	if (a->format == FORMAT_JSON)
		write_json(a, "incident", report_incident_json(r));
	else if (a->reader == READER_MANAGER)
		write_page(a, report_manager(r, &a->us));
	else
		write_page(a, report_administrator(r, &a->us));
	return COMMAND_DONE;
}

static int incident(struct asked *a)
{
	struct report_incident *r = memory_new(1, sizeof(*r));
	struct problem problem = {0};
	int status, err = report_incident_read(a->journal, a->number, r, &problem);

	if (err < 0) {
		context_problem(a->context, &problem);
		status = err == -ENOENT ? COMMAND_LEFT : COMMAND_UNABLE;
	} else {
		status = of_incident(a, r);
	}
	report_incident_clear(r);
	free(r);
	return status;
}

/* Each of them that was contained, for a blocklist; all, for the administrator. */
static bool is_added(const struct asked *a, const struct report_row *r)
{
	return a->reader == READER_ADMINISTRATOR ||
	       (r->incident.contained != 0 && r->incident.state != INCIDENT_DISMISSED);
}

/* Adds to page, or for JSON to list. *ret_count: how many. */
static int add_incidents(struct asked *a, const struct report_period *period,
	struct report_page *page, json_t *list, size_t *ret_count)
{
	struct report_incident *r = memory_new(1, sizeof(*r));
	struct problem problem = {0};
	size_t added = 0;
	int err = 0;

	for (size_t i = period->count; i > 0 && err == 0 && added < ADDED_MOST; i--) {
		if (!is_added(a, &period->rows[i - 1]))
			continue;
		err = report_incident_read(
			a->journal, period->rows[i - 1].incident.number, r, &problem);
		if (err == 0 && list != NULL)
			(void)json_array_append_new(list, report_nameless_json(r));
		else if (err == 0 && a->reader == READER_BLOCKLIST)
			report_blocklist_add(page, r);
		else if (err == 0)
			report_administrator_add(page, r);
		report_incident_clear(r);
		added++;
	}
	if (err < 0)
		context_problem(a->context, &problem);
	free(r);
	*ret_count = added;
	return err;
}

static int blocklist_period(struct asked *a, const struct report_period *period)
{
	struct report_page *page = report_blocklist(&a->us);
	json_t *list = a->format == FORMAT_JSON ? json_array() : NULL;
	size_t count;
	int err = add_incidents(a, period, page, list, &count);

	if (err < 0 || count == 0) {
		report_page_free(page);
		json_decref(list);
		if (err == 0)
			context_warn(a->context, "nothing was contained in that period: there is "
						 "nothing that could be told to a blocklist");
		return err < 0 ? COMMAND_UNABLE : COMMAND_LEFT;
	}
	look_for_contact(a);
	report_blocklist_end(page, &a->us);
	if (list == NULL) {
		write_page(a, page);
		return COMMAND_DONE;
	}
	report_page_free(page);
	write_json(a, "incidents", list);
	return COMMAND_DONE;
}

static int of_period(struct asked *a, const struct report_period *period)
{
	size_t count = 0;
	int err = 0;

	if (a->reader == READER_BLOCKLIST)
		return blocklist_period(a, period);
	if (a->format == FORMAT_JSON) {
		write_json(a, "period", report_period_json(period));
		return COMMAND_DONE;
	}
	struct report_page *page = report_period(period, &a->us);
	if (a->reader == READER_ADMINISTRATOR)
		err = add_incidents(a, period, page, NULL, &count);
	if (err == 0 && a->reader == READER_ADMINISTRATOR && count < period->count)
		report_warn(page, "Only the latest %d are told one by one.", ADDED_MOST);
	write_page(a, page);
	return err < 0 ? COMMAND_UNABLE : COMMAND_DONE;
}

static int period(struct asked *a)
{
	struct report_period p = {0};
	struct problem problem = {0};
	int status, err = report_period_read(a->journal, a->since, a->until, &p, &problem);

	if (err < 0) {
		context_problem(a->context, &problem);
		status = COMMAND_UNABLE;
	} else {
		status = of_period(a, &p);
	}
	report_period_clear(&p);
	return status;
}

/* ---- where it goes ---- */

static int write_file(const struct asked *a, struct slice text)
{
	const char *path = a->settings->output;
	struct stat like = {.st_mode = FILE_MODE, .st_uid = geteuid(), .st_gid = getegid()};
	char shown[256];
	int err;

	if (a->settings->force && lstat(path, &like) == 0 && !S_ISREG(like.st_mode))
		err = -EEXIST;
	else
		err = a->settings->force ? whole_file_write(path, text, &like)
					 : whole_file_make(path, text, FILE_MODE);
	if (err == 0)
		return COMMAND_DONE;
	(void)printable_text(slice_of(path), shown, sizeof(shown));
	if (err != -EEXIST)
		context_warn(a->context, "cannot write %s: %s", shown, strerror(-err));
	else
		context_warn(a->context, "%s is there already%s", shown,
			a->settings->force ? ", and no plain file" : ": --force replaces it");
	return err == -EEXIST ? COMMAND_LEFT : COMMAND_UNABLE;
}

/* All is made before any of it is written: half a report is none. */
static int make(struct asked *a)
{
	char *text = NULL;
	size_t len = 0;

	a->out = open_memstream(&text, &len);
	if (a->out == NULL)
		abort();
	int status = a->is_period ? period(a) : incident(a);
	if (fclose(a->out) != 0)
		abort();
	if (status == COMMAND_DONE && a->settings->output != NULL)
		status = write_file(a, (struct slice){text, len});
	else if (status == COMMAND_DONE)
		(void)fwrite(text, 1, len, stdout);
	free(text);
	return status;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	struct asked a = {.context = context, .settings = settings};
	struct problem problem = {0};

	if (read_asked(&a, arguments, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_USAGE;
	}
	int err = incident_journal(context, JOURNAL_READ, &a.journal);
	if (err == -ENOENT && !a.is_period) {
		context_warn(context, "there is no incident %" PRId64, a.number);
		return COMMAND_LEFT;
	}
	if (err == -ENOENT)
		context_warn(context, "there is no journal with incidents: nothing is known");
	if (err < 0)
		return COMMAND_UNABLE;
	int status = make(&a);
	journal_free(a.journal);
	return status;
}

const struct command command_report = {
	.name = "report",
	.arguments = "[INCIDENT]",
	.arguments_most = 1,
	.help = "an incident or a period as a file to read, to print or to send",
	.about =
		"Writes what the journal knows of an incident, or of all in a period, in the words "
		"of who is to read it: as text for a ticket, as one HTML file that needs nothing "
		"else and prints well, or as JSON. It needs no daemon, and nothing is changed.\n"
		"A number that is not known is said to be unknown. No report has a password in it. "
		"That for a customer names nobody else, and that for a blocklist nobody at all.",
	.settings_size = sizeof(struct report_settings),
	.sets = {COMMAND_SET("Of what, for whom, and how", rows, 0)},
	.run = run,
};

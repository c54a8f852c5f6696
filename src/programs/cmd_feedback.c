/* cmd_feedback.c - stanch feedback: one mail that came back, from a pipe, as facts; and into a
 * Maildir, where the daemon sees it. */
#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "formats/feedback_report.h"
#include "programs/context.h"
#include "systems/maildir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* EX_TEMPFAIL of sysexits.h: who calls keeps the mail and tries again. */
#define TRY_LATER 75

/* Of a longer mail so much is stored. */
#define MAIL_MAX ((size_t)64 << 20)

struct feedback_options {
	const char *to, *host;
};

#define AT(member) .offset = offsetof(struct feedback_options, member)

static const struct option_row rows[] = {
	{.name = "to",
		.argument = "FOLDER",
		.kind = OPTION_FOLDER,
		AT(to),
		.help = "Store the mail in this Maildir, the feedback.folder of the daemon. It is "
			"made when it is not there."},
	{.name = "host",
		.argument = "NAME",
		.kind = OPTION_TEXT,
		AT(host),
		.help = "How this server calls itself in its Received lines. Without it, Exim is "
			"asked for its primary_hostname."},
};

/* All of standard input, up to MAIL_MAX. */
static int read_mail(char **ret_mail, size_t *ret_len, struct problem *problem)
{
	size_t len = 0, room = 0;
	char *mail = NULL;
	ssize_t n = 1;

	while (n > 0 && len < MAIL_MAX) {
		if (len == room) {
			room = room == 0 ? FEEDBACK_MAIL_MAX : 2 * room;
			mail = memory_grow(mail, room, 1);
		}
		do {
			n = read(STDIN_FILENO, mail + len, room - len);
		} while (n < 0 && errno == EINTR);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0) {
		free(mail);
		return problem_set(problem, -errno, "cannot read the mail: %s", strerror(errno));
	}
	*ret_mail = mail;
	*ret_len = len < MAIL_MAX ? len : MAIL_MAX;
	return 0;
}

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_put(o, key, json_text(slice_of(text)));
}

static json_t *begin_line(const struct feedback_report *r, const char *event, int64_t at)
{
	json_t *o = json_object();

	json_put(o, "ev", json_string(event));
	json_put(o, "t", json_integer((json_int_t)at));
	if (r->original.has_exim_id)
		put_text(o, "id", r->original.exim_id.text);
	return o;
}

static void print_complaint(const struct feedback_report *r, int64_t at)
{
	json_t *o = begin_line(r, "complaint", at);

	put_text(o, "type", feedback_type_name(r->type));
	put_text(o, "ip", r->source_ip);
	put_text(o, "from", r->mail_from);
	put_text(o, "msgid", r->original.message_id);
	json_line(stdout, o);
}

static void print_notice(const struct feedback_report *r, int64_t at)
{
	json_t *o = begin_line(r, "complaint", at);

	put_text(o, strchr(r->notice.sender, '@') != NULL ? "auth" : "user", r->notice.sender);
	json_line(stdout, o);
}

static void print_failures(const struct feedback_report *r, int64_t at)
{
	for (size_t i = 0; i < r->recipient_count; i++) {
		const struct feedback_recipient *to = &r->recipients[i];

		if (to->action != FEEDBACK_FAILED || to->address[0] == '\0')
			continue;
		json_t *o = begin_line(r, "fail", at);
		put_text(o, "rcpt", to->address);
		json_put(o, "text", json_text(slice_of(to->text)));
		json_put(o, "reported", json_integer(1));
		put_text(o, "msgid", r->original.message_id);
		json_line(stdout, o);
	}
}

/* "" when Exim cannot be asked: then no message of ours can be named. */
static const char *host_of(struct context *context, const struct feedback_options *s)
{
	const struct exim_settings *exim = NULL;
	struct problem problem = {0};

	if (s->host != NULL)
		return s->host;
	if (context_exim_settings(context, &exim, &problem) == 0)
		return exim->host;
	context_warn(context, "whose ids are ours is not known: %s", problem.text);
	return "";
}

/* A disk or a reader that is gone for now must not cost the mail. */
static int finish(const struct context *context)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return COMMAND_DONE;
	context_warn(context, "cannot write the output: %s", strerror(errno));
	clearerr(stdout);
	return TRY_LATER;
}

static int tell(struct context *context, const struct feedback_options *s, struct slice mail)
{
	struct feedback_report *r = memory_new(1, sizeof(*r));
	int64_t now = (int64_t)time(NULL);

	switch (feedback_report_read(mail, slice_of(host_of(context, s)), now, r)) {
	case FEEDBACK_COMPLAINT:
		print_complaint(r, now);
		break;
	case FEEDBACK_NOTICE:
		print_notice(r, now);
		break;
	default:
		print_failures(r, now);
	}
	free(r);
	return finish(context);
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct feedback_options *s = settings;
	struct problem problem = {0};
	char *mail = NULL;
	size_t len = 0;

	(void)arguments;
	int err = read_mail(&mail, &len, &problem);
	if (err == 0 && s->to != NULL)
		err = maildir_store(s->to, (struct slice){mail, len}, &problem);
	if (err < 0)
		context_problem(context, &problem);
	int status = err < 0 ? TRY_LATER : tell(context, s, (struct slice){mail, len});
	free(mail);
	return status;
}

const struct command command_feedback = {
	.name = "feedback",
	.arguments = "",
	.arguments_most = 0,
	.help = "a complaint or bounce on standard input, as facts",
	.about = "Reads one mail on standard input, as a pipe transport gives it, and prints what "
		 "it says as JSON lines: a complaint (ARF), or the failed recipients of a delivery "
		 "report (DSN). Of any other mail nothing is printed.\n"
		 "With --to it is stored first, in a Maildir that the daemon reads.\n"
		 "Ends with 75 when it should be tried again later.",
	.settings_size = sizeof(struct feedback_options),
	.sets = {COMMAND_SET("What is done", rows, 0)},
	.run = run,
};

#include "systems/exim/acl_text.h"

#include "base/printable.h"
#include "base/slice.h"
#include "settings/groups.h"

#include <errno.h>
#include <string.h>

static const struct stage_row {
	const char *option, *list, *outer;
} stages[ACL_STAGES] = {
	[ACL_MAIL] = {"acl_smtp_mail", "stanch_mail", "stanch_at_mail"},
	[ACL_RCPT] = {"acl_smtp_rcpt", "stanch_rcpt", "stanch_at_rcpt"},
	[ACL_PREDATA] = {"acl_smtp_predata", "stanch_predata", "stanch_at_predata"},
	[ACL_DATA] = {"acl_smtp_data", "stanch_data", "stanch_at_data"},
	[ACL_NOT_SMTP] = {"acl_not_smtp", "stanch_local", "stanch_at_local"},
};

/* Bytes that mean nothing to Exim, inside of braces or outside, and that a macro's name lacks
 * the wit to match by accident. */
static int check_value(const char *name, const char *value, struct problem *problem)
{
	char shown[256];

	for (const char *c = value; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			    (*c >= '0' && *c <= '9') || strchr("/._+@-", *c) != NULL))
			return problem_set(problem, -EINVAL,
				"%s: %s cannot be written in Exim's configuration; letters, digits "
				"and "
				"/._+@- can",
				name, printable_text(slice_of(value), shown, sizeof(shown)));
	if (*value == '\0')
		return problem_set(problem, -EINVAL, "%s is empty", name);
	return 0;
}

int acl_text_check(const struct acl_text_values *values, struct problem *problem)
{
	int err = check_value("refuse.folder", values->folder, problem);

	if (err == 0)
		err = check_value("policy.socket", values->socket, problem);
	if (err == 0)
		err = check_value("general.hold_queue", values->hold_queue, problem);
	return err;
}

const char *acl_text_option(enum acl_stage stage)
{
	return stages[stage].option;
}

const char *acl_text_outer_name(enum acl_stage stage)
{
	return stages[stage].outer;
}

/* Lists of our own, which call one another; or statements within a list of the server's, where no
 * list can be and whose end is not ours to say: what our own list accepts goes on there. */
enum form { FORM_LIST, FORM_INSIDE };

/* A mailbox as source_set() folds it: in lower case, "user+tag@domain" as "user@domain". */
#define FOLDED_BEFORE "${sg{${lc:"
#define FOLDED_BEHIND "}}{\\N(?s)^([^+]+)\\+.*(@[^@]*)\\z\\N}{\\$1\\$2}}"

static void hash_of_mailbox(FILE *out, const char *mailbox)
{
	(void)fprintf(out, "${sha256:" FOLDED_BEFORE "%s" FOLDED_BEHIND "}", mailbox);
}

/* Root and Exim itself are never refused: bounces and our own notices are theirs. Who they are
 * comes from the kernel; no header and no sender can claim it. */
#define IS_OWN "${if or{{={$caller_uid}{0}}{={$caller_uid}{$exim_uid}}}}"

#define IS_LEFT_ALONE "${if def:sender_host_address{no}{" IS_OWN "}}"

static void put_refused_condition(FILE *out, const char *folder)
{
	(void)fputs("condition = ${if def:sender_host_address \\\n"
		    "            {${if def:sender_host_authenticated \\\n"
		    "              {${if exists{",
		out);
	(void)fprintf(out, "%s/mailbox/", folder);
	hash_of_mailbox(out, "$authenticated_id");
	(void)fprintf(out,
		"}}} \\\n"
		"              {${if exists{%s/host/${sha256:$sender_host_address}}}}}} \\\n"
		"            {${if or{{exists{%s/login/${sha256:$sender_ident}}} \\\n"
		"              {exists{%s/script/${sha256:$initial_cwd}}}}}}}\n",
		folder, folder, folder);
}

static void put_refused(FILE *out, const char *folder)
{
	(void)fputs("# Accepts whatever comes from a refused source.\n"
		    "stanch_refused:\n"
		    "  deny    condition = " IS_LEFT_ALONE "\n"
		    "  accept  ",
		out);
	put_refused_condition(out, folder);
	(void)fputs("  deny\n\n", out);
}

/* The text for the client, as the administrator wrote it into stanch.conf. */
static void put_text(FILE *out, const char *folder)
{
	(void)fprintf(out,
		"${if exists{%s/text}{${readfile{%s/text}{}}} \\\n"
		"            {" REFUSE_TEXT "}}",
		folder, folder);
}

static void put_folder_check(
	FILE *out, enum form form, const char *verb, const char *mark, const char *folder)
{
	if (form == FORM_LIST) {
		(void)fprintf(out, "  %s    acl = stanch_refused\n", verb);
	} else {
		(void)fprintf(out, "  %s    !condition = " IS_LEFT_ALONE "\n          ", verb);
		put_refused_condition(out, folder);
	}
	(void)fputs("          message = ", out);
	put_text(out, folder);
	(void)fprintf(out, "%s\n", mark);
}

/* The same question twice, the second one empty: docs/policy.md says why. */
static void put_question(FILE *out, const char *socket, const char *question)
{
	(void)fprintf(out,
		"  warn    set acl_m_stanch = ${readsocket{%s}{stanch/1 %s \\\n"
		"            at=${strlen:$tod_epoch_l}:$tod_epoch_l\\n}{1s}{ } \\\n"
		"            {${readsocket{%s}{\\n}{1s}{ }{pass}}}}\n",
		socket, question, socket);
}

#define FIELD(name, variable) name "=${strlen:" variable "}:" variable
#define CLIENT                                                                                     \
	FIELD("id", "$authenticated_id")                                                           \
	" " FIELD("from", "$sender_address") " \\\n            " FIELD(                            \
		"ip", "$sender_host_address") " " FIELD("helo", "$sender_helo_name")

static void put_refusal(FILE *out, const char *verb, const char *unless, const char *mark)
{
	(void)fprintf(out,
		"  %s    %scondition = ${if match{$acl_m_stanch}{\\N^refuse( |$)\\N}}\n"
		"          message   = ${sg{$acl_m_stanch}{\\N^refuse *(.*?) *$\\N}{\\$1}}%s\n",
		verb, unless, mark);
}

static void put_deferral(FILE *out)
{
	(void)fputs("  defer   condition = ${if match{$acl_m_stanch}{\\N^slow( |$)\\N}}\n"
		    "          message   = ${sg{$acl_m_stanch}{\\N^slow *(.*?) *$\\N}{\\$1}}\n",
		out);
}

#define HOLD_CONDITION "condition = ${if match{$acl_m_stanch}{\\N^hold *$\\N}}\n"

static void put_hold(FILE *out, const char *queue)
{
	(void)fprintf(out,
		"  warn    " HOLD_CONDITION
		"          queue     = %s\n          control   = queue_only\n",
		queue);
}

/* It has its place in the queue already. */
static void put_freeze(FILE *out, const char *unless)
{
	(void)fprintf(out, "  warn    %s" HOLD_CONDITION "          control   = freeze/no_tell\n",
		unless);
}

/* What a stage of SMTP does, but for the word at its end. */
static void put_smtp(
	FILE *out, enum acl_stage stage, enum form form, const struct acl_text_values *v)
{
	put_folder_check(out, form, "drop", "", v->folder);
	if (stage == ACL_PREDATA)
		return;
	if (stage == ACL_MAIL)
		put_question(out, v->socket, "mail " CLIENT);
	else if (stage == ACL_RCPT)
		put_question(out, v->socket,
			"rcpt " CLIENT " \\\n            " FIELD(
				"to", "$local_part@$domain") " " FIELD("n", "$rcpt_count"));
	else
		put_question(out, v->socket,
			"data " CLIENT " \\\n            " FIELD(
				"msg", "$message_exim_id") " " FIELD("n", "$recipients_count"));
	put_refusal(out, "drop", "", "");
	put_deferral(out);
	if (stage == ACL_DATA)
		put_freeze(out, "");
	else
		put_hold(out, v->hold_queue);
}

/* Exim mails what it refuses from a local program back to the envelope sender, who is forged when
 * it is spam. The mark tells that notice, and it is discarded. */
#define MARK " (refused by stanch)"

static void put_local(FILE *out, enum form form, const struct acl_text_values *v)
{
	const char *unless = form == FORM_LIST ? "" : "!condition = " IS_OWN "\n          ";

	put_question(out, v->socket,
		"local " FIELD("login", "$sender_ident") " " FIELD(
			"from", "$sender_address") " \\\n            " FIELD("msg",
			"$message_exim_id") " " FIELD("n", "$recipients_count"));
	if (form == FORM_LIST)
		(void)fputs("  accept  condition = " IS_OWN "\n", out);
	put_folder_check(out, form, "deny", MARK, v->folder);
	put_refusal(out, "deny", unless, MARK);
	put_freeze(out, unless);
}

static void put_notice_conditions(FILE *out)
{
	(void)fputs(
		"condition = " IS_OWN "\n"
		"          condition = ${if eq{$sender_address}{}}\n"
		"          condition = ${if match{$message_body}{\\N(?s)^A message that you sent "
		"was rejected by \\\n"
		"            (?:(?!------).)*\\(refused by stanch\\)\\s+------\\N}}\n",
		out);
}

void acl_text_lists(FILE *out, const struct acl_text_values *values)
{
	put_refused(out, values->folder);
	for (enum acl_stage stage = ACL_MAIL; stage <= ACL_DATA; stage++) {
		(void)fprintf(out, "%s:\n", stages[stage].list);
		put_smtp(out, stage, FORM_LIST, values);
		(void)fputs("  accept\n\n", out);
	}
	(void)fprintf(out, "%s:\n", stages[ACL_NOT_SMTP].list);
	put_local(out, FORM_LIST, values);
	(void)fputs("  accept\n\n"
		    "# Accepts Exim's own notice that local mail was refused by the list above.\n"
		    "stanch_notice:\n"
		    "  accept  ",
		out);
	put_notice_conditions(out);
	(void)fputs("\n", out);
}

void acl_text_inside(FILE *out, enum acl_stage stage, const struct acl_text_values *values)
{
	if (stage != ACL_NOT_SMTP) {
		put_smtp(out, stage, FORM_INSIDE, values);
		return;
	}
	(void)fputs("  discard ", out);
	put_notice_conditions(out);
	put_local(out, FORM_INSIDE, values);
}

void acl_text_calls(FILE *out, enum acl_stage stage)
{
	if (stage == ACL_NOT_SMTP)
		(void)fputs("  discard acl = stanch_notice\n", out);
	(void)fprintf(out, "  require acl = %s\n", stages[stage].list);
}

void acl_text_outer(FILE *out, enum acl_stage stage, const char *then)
{
	(void)fprintf(out, "%s:\n", stages[stage].outer);
	acl_text_calls(out, stage);
	if (then != NULL)
		(void)fprintf(out, "  accept  endpass\n          acl = %s\n\n", then);
	else
		(void)fputs("  accept\n\n", out);
}

void acl_text_probe(FILE *out, const char *mailbox)
{
	hash_of_mailbox(out, mailbox);
	(void)fputs(
		" ${if and{{>={$caller_uid}{0}}{>={$exim_uid}{0}}{!eq{$initial_cwd}{?}}}{known}}",
		out);
}

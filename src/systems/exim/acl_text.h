/* acl_text.h - what Exim's access lists are told so that they refuse what stanch says: the text of
 * our own lists, and the lines that call them. docs/policy.md explains each part to a reader.
 *
 * Every list of ours lets mail through when it cannot learn more: no folder, no daemon, no answer
 * in time. */
#ifndef STANCH_SYSTEMS_EXIM_ACL_TEXT_H
#define STANCH_SYSTEMS_EXIM_ACL_TEXT_H

#include "base/attribute.h"
#include "base/problem.h"

#include <stdio.h>

enum acl_stage { ACL_MAIL, ACL_RCPT, ACL_PREDATA, ACL_DATA, ACL_NOT_SMTP, ACL_STAGES };

/* All borrowed. */
struct acl_text_values {
	const char *folder;     /* systems/exim/refusals.h */
	const char *socket;     /* where the daemon is asked */
	const char *hold_queue; /* for mail that is to be held */
};

/* 0; or -EINVAL and *problem: one of the values has a byte that could mean something to Exim. */
MUST_USE int acl_text_check(const struct acl_text_values *values, struct problem *problem);

/* "acl_smtp_mail": the option of Exim's that names the list of that stage. */
const char *acl_text_option(enum acl_stage stage);

/* "stanch_at_mail": the list that an option can name, for a stage that has none of the server's. */
const char *acl_text_outer_name(enum acl_stage stage);

/* Our lists, for the section of Exim's configuration that begins with "begin acl". Errors are the
 * stream's. */
void acl_text_lists(FILE *out, const struct acl_text_values *values);

/* What our list of that stage does, as statements for a list of the server's that can call none.
 * What they do not refuse goes on to the list's next statement. */
void acl_text_inside(FILE *out, enum acl_stage stage, const struct acl_text_values *values);

/* The lines at the top of a list of the server's that call ours. */
void acl_text_calls(FILE *out, enum acl_stage stage);

/* A list that calls ours and then `then`, a list's name; NULL: and then accepts. */
void acl_text_outer(FILE *out, enum acl_stage stage, const char *then);

/* A text that Exim expands to the name of the file for that mailbox, as refusal_file_name() writes
 * it without "mailbox/"; and, behind a blank, whatever else the lists need to be known to Exim. */
void acl_text_probe(FILE *out, const char *mailbox);

#endif

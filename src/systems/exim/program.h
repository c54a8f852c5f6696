/* program.h - asks the Exim binary what only it knows: its settings, its version, which domains it
 * calls local. Started directly with an argument list, never through a shell, with an environment
 * of our own, and bounded in time and output: a hanging or chattering Exim is an error.
 *
 * Source: Exim specification, "Command line options": -bP, -bV, -be, -C. */
#ifndef STANCH_SYSTEMS_EXIM_PROGRAM_H
#define STANCH_SYSTEMS_EXIM_PROGRAM_H

#include "base/attribute.h"
#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>

#define PROGRAM_TIME_MAX_MS 10000             /* it answers within 20 ms on an idle machine */
#define PROGRAM_OUTPUT_MAX  ((size_t)1 << 20) /* bytes of one answer */

/* Which binary, with which configuration. Both are borrowed. */
struct exim_program {
	const char *path;   /* of the binary */
	const char *config; /* for -C; NULL: Exim's own */
};

/* The binary to ask: `wanted` if it is not NULL, else /usr/sbin/exim4, /usr/sbin/exim, then exim4
 * and exim in PATH. The path is allocated and the caller frees it. -ENOENT when there is none that
 * can be run; then *ret_path is as it was. */
MUST_USE int exim_program_find(const char *wanted, char **ret_path);

/* What `exim -bP` says. Owned by whoever collected it; strings are never NULL ("" when unset). */
struct exim_settings {
	char *spool;         /* spool_directory */
	char *log_file_path; /* a list, with %s %D %M in it; "" is Exim's default place */
	char *user, *group;  /* exim_user, exim_group: names or numbers */
	char *timezone;      /* "": the system's */
	char *log_selector;
	char *syslog_facility;    /* "": mail */
	char *syslog_processname; /* "": exim */
	bool split;               /* split_spool_directory */
	bool message_logs;
	bool log_timezone;
	bool syslog_pid;
	bool syslog_timestamp;
};

void exim_settings_free(struct exim_settings *s); /* NULL is fine */
AUTO_FREE(exim_settings)

/* A question that was put and whose answer is still to come. */
struct exim_question;
void exim_question_free(struct exim_question *q); /* NULL is fine; ends Exim if it still runs */
AUTO_FREE(exim_question)

/* Starts asking for the settings and returns at once, so that other work can go on meanwhile.
 * 0 and *ret_question; or fills *problem and returns a negative errno. */
MUST_USE int exim_settings_ask(const struct exim_program *program,
	struct exim_question **ret_question, struct problem *problem);

/* Waits for the answer and frees the question, whatever comes. 0 and *ret_settings (the caller
 * frees it); or fills *problem and returns -ETIMEDOUT, -EMSGSIZE, -EIO (Exim failed; what it said
 * stands in the problem) or -EBADMSG (it did not name its spool). */
MUST_USE int exim_settings_collect(struct exim_question *question,
	struct exim_settings **ret_settings, struct problem *problem);

/* The first line of `exim -bV`, such as "Exim version 4.96 #2 built …", into at. */
MUST_USE int exim_version(
	const struct exim_program *program, char *at, size_t size, struct problem *problem);

enum hosted {
	HOSTED_UNKNOWN, /* Exim could not say: never to be shown as "no" */
	HOSTED_NO,
	HOSTED_YES,
};

/* Whether each of the domains is in Exim's list local_domains, by one Exim process for all.
 * Only names made of [a-z0-9.-], 1 to 253 bytes, are ever asked, because the question is an
 * expression of Exim's language; all others are HOSTED_NO: no list of domains can hold them.
 * Always fills ret_hosted[0..count-1]. 0, or a negative errno and *problem when those that were
 * asked are HOSTED_UNKNOWN. */
MUST_USE int exim_hosted(const struct exim_program *program, const char *const *domains,
	size_t count, enum hosted *ret_hosted, struct problem *problem);

/* The places where a spool is usual, for when Exim cannot be asked: the first that is a folder with
 * `input` in it, or NULL. Debian: /var/spool/exim4; others: /var/spool/exim. */
const char *exim_known_spool(void);

#endif

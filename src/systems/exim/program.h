/* program.h - finds the Exim binary and asks it what only it knows: its settings and its version.
 *
 * Source: Exim specification, "Command line options": -bP, -bV, -C. */
#ifndef STANCH_SYSTEMS_EXIM_PROGRAM_H
#define STANCH_SYSTEMS_EXIM_PROGRAM_H

#include "base/attribute.h"
#include "base/problem.h"
#include "systems/exim/question.h"

#include <stdbool.h>
#include <stddef.h>

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
	char *host;          /* primary_hostname: how it calls itself in its Received lines */
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

/* Where Exim writes the log that is called so ("main", "reject"), with %D or %M still in it where
 * they are in its setting: the first place that is a file. NULL when it logs to syslog only, or
 * when all its logs are one file and this is not the main one. The caller frees it. */
char *exim_log_path(const struct exim_settings *s, const char *name);

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

/* The places where a spool is usual, for when Exim cannot be asked: the first that is a folder with
 * `input` in it, or NULL. Debian: /var/spool/exim4; others: /var/spool/exim. */
const char *exim_known_spool(void);

#endif

/* passive_result.h - hands the result of a check to a monitor that did not ask for it: Nagios by
 * its external command file, another machine's Nagios by NSCA, Icinga 2 by its API. */
#ifndef STANCH_SYSTEMS_PASSIVE_RESULT_H
#define STANCH_SYSTEMS_PASSIVE_RESULT_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdint.h>

/* All borrowed. */
struct passive_result {
	const char *host, *service; /* as the monitor has them */
	int code;                   /* 0 to 3 */
	struct slice text;          /* as a plugin writes it: lines, performance data behind '|' */
	int64_t at;                 /* seconds since 1970 */
};

enum passive_kind { PASSIVE_NAGIOS, PASSIVE_NSCA, PASSIVE_ICINGA2 };

/* Where to. All borrowed; `place` is a part of the text that it was read from. */
struct passive_target {
	enum passive_kind kind;
	const char *place;          /* path of the command file; HOST or HOST:PORT; URL */
	const char *user;           /* Icinga 2 */
	const char *password;       /* a secret; never in a problem's text */
	const char *ca_file;        /* NULL: the system's */
	const char *program;        /* NSCA: the path of send_nsca */
	const char *program_config; /* NSCA; NULL: the program's own */
	int64_t time_ms;
};

/* "nagios:PATH", "nsca:HOST[:PORT]" or "icinga2:URL": kind and place of *ret. -EINVAL and *problem
 * when it is none of them, or cannot be asked: a password goes over https, or over http to this
 * machine only. */
MUST_USE int passive_target_read(
	const char *text, struct passive_target *ret, struct problem *problem);

/* The line for Nagios' command file, with its LF: never longer than PIPE_BUF, so that it is written
 * whole or not at all; lines at the end of the text that do not fit are left out. The caller frees
 * it. -EINVAL and *problem when host or service cannot be in it. */
MUST_USE int passive_nagios_line(
	const struct passive_result *result, char **ret, struct problem *problem);

/* The same for the standard input of send_nsca: at most 4000 bytes of text. */
MUST_USE int passive_nsca_line(
	const struct passive_result *result, char **ret, struct problem *problem);

/* The body for Icinga 2's process-check-result. The caller frees it. Errors as above. */
MUST_USE int passive_icinga2_body(
	const struct passive_result *result, char **ret, struct problem *problem);

/* Hands it over. 0; or a negative errno and *problem: -ENXIO nobody reads the command file, -EAGAIN
 * it is full, -ENOENT the monitor does not know that service, or it is not to be had. */
MUST_USE int passive_result_submit(const struct passive_target *target,
	const struct passive_result *result, struct problem *problem);

#endif

/* check.h - the modes of stanch check. Each looks, judges, and writes what a plugin says. */
#ifndef STANCH_PROGRAMS_CHECK_H
#define STANCH_PROGRAMS_CHECK_H

#include "base/attribute.h"
#include "base/problem.h"
#include "incidents/standing.h"
#include "programs/context.h"
#include "reports/plugin.h"

#include <jansson.h>
#include <stdio.h>

struct check_settings {
	const char *mode;
	const char *warning, *critical;
	const char *share_warning, *share_critical;
	const char *frozen_warning, *frozen_critical;
	const char *unread_warning, *unread_critical;
	struct units_given recent, timeout;
	bool verbose;
	const char *submit, *host, *service;
	const char *submit_user, *submit_password_file, *submit_ca_file;
	const char *send_nsca, *nsca_config;
};

struct check_run {
	struct context *context;
	const struct check_settings *settings;
	struct plugin_deadline *deadline; /* may be NULL */
	FILE *out;                        /* where the answer is written */
};

/* Each returns the enum plugin_status of what it has written; or a negative errno and *problem, and
 * nothing is written: it could not look. */
typedef int check_mode(const struct check_run *run, struct problem *problem);
check_mode check_queue, check_incidents_mode, check_daemon_mode, check_blocklists_mode;

/* ---- what they share ---- */

/* Sets *ret from an option's text, if it was given. -EINVAL and *problem when it is no range. */
MUST_USE int check_read_range(
	const char *option, const char *text, struct plugin_range *ret, struct problem *problem);

/* Asks the daemon for its status, and how that cannot be. 0 and *ret_status, a new reference; or a
 * negative errno and *problem: -ENOENT no daemon runs; -EACCES it does not hear us; another: it
 * does not answer. */
MUST_USE int check_ask_status(
	const struct check_run *run, json_t **ret_status, struct problem *problem);

/* Where the incidents stand, of a daemon that answers. 0, or a negative errno and *problem. */
MUST_USE int check_ask_standing(
	const struct check_run *run, struct standing *ret, struct problem *problem);

/* A problem's text is printable already, but a '|' would begin performance data. With an LF. */
void check_write_problem(FILE *out, const struct problem *problem);

#endif

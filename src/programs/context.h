/* context.h - what every command works in: the global options, the terminal, the spool and Exim's
 * settings (both looked for when they are first asked for), and how problems are told. */
#ifndef STANCH_PROGRAMS_CONTEXT_H
#define STANCH_PROGRAMS_CONTEXT_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/units.h"
#include "programs/command.h"
#include "systems/exim/domains.h"
#include "systems/exim/program.h"
#include "systems/exim/spool.h"

#include <stdbool.h>

struct settings;
struct settings_values;

/* The global options, as given. */
struct global_settings {
	const char *spool, *exim, *exim_config; /* NULL: not given */
	const char *config; /* stanch.conf; NULL: the usual one, if it is there */
	const char *state, *hold_queue, *control; /* with their defaults filled in */
	struct units_given threads;
	bool json, no_color, quiet, help, version;
};

struct general_settings; /* of settings/groups.h */

struct context {
	const struct command *command; /* the one that runs; NULL before it is known */
	struct global_settings global;
	bool in_terminal, out_terminal, error_terminal; /* standard streams that are terminals */
	bool color;                                     /* on standard output */
	unsigned width; /* columns of standard output; 0: no terminal, no limit */

	/* Private: what was looked for, and found. */
	struct exim_spool *spool;
	char *exim_path;
	struct exim_settings *exim_settings;
	struct exim_question *exim_question; /* asked, not answered yet */
	struct exim_domains *exim_domains;
	char *exim_login;
	struct settings *settings;
};

/* The table of the global options; their set fills context->global. */
struct option_set context_options(struct context *context);

/* Looks at the terminal, after the options were read. */
void context_look(struct context *context);

/* Fills in defaults. -EINVAL and *problem when a global option's value cannot be. */
MUST_USE int context_prepare(struct context *context, struct problem *problem);
void context_end(struct context *context);

/* For scan_options.threads: 0 when not given. */
unsigned context_threads(const struct context *context);

/* The spool: of --spool, else of the Exim that answers, else a known place. Opened once, owned by
 * the context. 0; or a negative errno, and *problem says what was tried. */
MUST_USE int context_spool(
	struct context *context, struct exim_spool **ret_spool, struct problem *problem);

/* Whether that named queue (NULL, "": always) is in the spool, as the hold queue always is taken to
 * be: COMMAND_DONE; else says why not and returns the exit status. A name that was mistyped must
 * not pass for an empty queue. */
MUST_USE int context_check_queue(struct context *context, const char *queue);

/* The Exim binary and configuration, for systems/exim/program.h. 0, or -ENOENT and *problem. */
MUST_USE int context_exim(
	struct context *context, struct exim_program *ret_program, struct problem *problem);

/* Asks for them and goes on: the answer takes some 20 ms, in which other work is done. */
void context_exim_settings_begin(struct context *context);

/* What `exim -bP` says, asked once, owned by the context. It is the settings of the Exim on this
 * machine (or of --exim, --exim-config), which may have another spool than --spool names: compare.
 * 0, or a negative errno and *problem. */
MUST_USE int context_exim_settings(struct context *context,
	const struct exim_settings **ret_settings, struct problem *problem);

/* Starts an Exim that will be asked about domains and goes on. */
void context_exim_domains_begin(struct context *context);

/* The Exim to ask about domains, started once, owned by the context. 0, or a negative errno and
 * *problem. */
MUST_USE int context_exim_domains(
	struct context *context, struct exim_domains **ret_domains, struct problem *problem);

/* What stanch.conf says, read once, owned by the context: of --config, else of the usual place,
 * else all at their first values. 0, or a negative errno and *problem. */
MUST_USE int context_settings(struct context *context, const struct settings_values **ret_values,
	struct problem *problem);

/* Joins what options and settings say of Exim: the options where they were given, and the settings
 * where they were not, are in both from then on. general: as in a copy of the settings. */
void context_join_exim(struct context *context, struct general_settings *general);

/* The login that Exim runs as: the owner of the spool. "" when the owner has no name. */
const char *context_exim_login(struct context *context);

/* One line on standard error: "stanch hold: …". The problem's text is printed as it is: foreign
 * bytes in it have been through base/printable.h. */
void context_problem(const struct context *context, const struct problem *problem);
void context_warn(const struct context *context, const char *format, ...) PRINTF_LIKE(2, 3);

/* A remark that --quiet leaves out. */
void context_hint(const struct context *context, const char *format, ...) PRINTF_LIKE(2, 3);

/* Asks a yes-or-no question on the terminal; no when there is none, and at the end of input. */
bool context_confirm(const struct context *context, const char *question);

#endif

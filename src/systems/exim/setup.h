/* setup.h - puts our access lists (systems/exim/acl_text.h) into the configuration of the Exim on
 * this server, and takes them out again. What would come out is built beside the live one and
 * loaded by Exim itself before anything is changed. Four kinds of configuration are known:
 *
 *   plain          one file; lines are put into the lists that its acl_ options name
 *   Debian single  exim4.conf.template, likewise; update-exim4.conf makes the live file of it
 *   Debian split   two files of our own below conf.d; no file of the package is changed
 *   cPanel         a file of our own in the folder of a block of each list; its buildeximconf makes
 *                  the live file of them, tries it before, and no file of cPanel's is changed */
#ifndef STANCH_SYSTEMS_EXIM_SETUP_H
#define STANCH_SYSTEMS_EXIM_SETUP_H

#include "base/attribute.h"
#include "base/problem.h"
#include "systems/exim/acl_text.h"
#include "systems/exim/question.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exim_setup_kind {
	EXIM_SETUP_PLAIN,
	EXIM_SETUP_DEBIAN_SINGLE,
	EXIM_SETUP_DEBIAN_SPLIT,
	EXIM_SETUP_CPANEL
};

/* All borrowed, and for as long as the setup. */
struct exim_setup_request {
	struct exim_program program; /* config: NULL: the one that Exim says it reads */
	const char *debian_folder;   /* as /etc/exim4; NULL: if Exim reads Debian's own file */
	const char *cpanel_folder;   /* as /usr/local/cpanel; NULL: if Exim reads cPanel's file */
	int64_t cpanel_time_ms;      /* for one of its programs to end; 0: 120 s */
	struct acl_text_values values;
	bool remove;
};

/* One file and what becomes of it. Belongs to the setup. */
struct exim_setup_file {
	char *path;         /* no symbolic link */
	const char *before; /* NULL: it is not there */
	const char *after;  /* NULL: it goes away */
	const char *backup; /* NULL: none was needed, or nothing is written yet */
};

struct exim_setup;                              /* owns all that it names */
void exim_setup_free(struct exim_setup *setup); /* NULL is fine */
AUTO_FREE(exim_setup)

/* Finds out what is to be changed, and has Exim load what would come out. Changes nothing. 0 and
 * *ret; or *problem and
 *   -ENOENT, -EINVAL, -EBADMSG  it is of a form that only a person can change, and why
 *   -ENOTSUP  it loads, but this Exim cannot do what the lists need
 *   -EIO      Exim does not load it, neither as it is nor changed; or what Exim or the files gave.
 */
MUST_USE int exim_setup_plan(
	const struct exim_setup_request *request, struct exim_setup **ret, struct problem *problem);

enum exim_setup_kind exim_setup_kind(const struct exim_setup *setup);
const char *exim_setup_kind_name(enum exim_setup_kind kind); /* "debian-split" */

/* The files that change; NULL behind the last one. */
const struct exim_setup_file *exim_setup_file(const struct exim_setup *setup, size_t index);

/* What a person should know of it; NULL behind the last one. Foreign bytes are encoded. */
const char *exim_setup_note(const struct exim_setup *setup, size_t index);

/* Writes them, each with a copy of the old one beside it (FILE.stanch-DATE; of cPanel, which would
 * take a file beside it, in the folder above its blocks). 0; or *problem and a
 * negative errno, and they are as they were; -EBUSY: somebody changed one meanwhile. */
MUST_USE int exim_setup_write(struct exim_setup *setup, struct problem *problem);

/* Whether the configuration that this Exim reads now looks into that folder: 0; -ENOENT and
 * *problem when it does not; another negative errno when Exim could not be asked. What a running
 * daemon has read before is not seen. */
MUST_USE int exim_setup_looks(
	const struct exim_program *program, const char *folder, struct problem *problem);

/* What makes it live, as a person would type it. */
const char *exim_setup_reload_command(const struct exim_setup *setup);

/* Does that: has Debian's or cPanel's file made, and tells the running daemon to read it; cPanel
 * starts Exim anew. 0; -ESRCH and *problem: no daemon of that Exim runs; -ECANCELED:
 * cPanel did not build what was written, and the files are as they were before; or another. */
MUST_USE int exim_setup_reload(const struct exim_setup *setup, struct problem *problem);

#endif

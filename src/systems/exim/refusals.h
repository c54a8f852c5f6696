/* refusals.h - the sources whose mail Exim refuses, on disk, where Exim's access lists look for
 * themselves (systems/exim/acl_text.h): a refusal holds without any daemon, for open sessions from
 * their next command on, and until it is removed.
 *
 *   FOLDER/mailbox/HASH, FOLDER/login/HASH, FOLDER/script/HASH, FOLDER/host/HASH
 *                            one file a source (systems/exim/refusal_line.h); that it is there is
 *                            what counts. script: the working directory of the process.
 *   FOLDER/text              what the client is told
 *   the lsearch file         mailboxes once more, for configurations that know such a file already
 *
 * The folders may be passed by everybody and listed and written by their owner only. Nothing is
 * done in a folder that somebody else could write to. */
#ifndef STANCH_SYSTEMS_EXIM_REFUSALS_H
#define STANCH_SYSTEMS_EXIM_REFUSALS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "settings/groups.h"
#include "systems/exim/refusal_line.h"

#include <stdbool.h>
#include <stddef.h>

/* All borrowed. */
struct refusals {
	const char *folder;       /* absolute; its parent is there */
	const char *lsearch_file; /* NULL: none is written */
	const char *text;         /* one line; NULL: REFUSE_TEXT */
};

/* Makes the folders and the text, where they are not there or not so: 0; or a negative errno and
 * *problem. -EPERM: somebody else could write there. */
MUST_USE int refusals_prepare(const struct refusals *places, struct problem *problem);

/* Refuses the source, and reads it back. Again is no mistake: the newer reason stays. 0; or
 * *problem and -EINVAL (refusal_fits() says no), -EPERM as above, -EAGAIN (the lsearch file is
 * locked by another for seconds), or what the files gave. Then it may be refused in part. */
MUST_USE int refusals_add(
	const struct refusals *places, const struct refusal *refusal, struct problem *problem);

/* Ends it, everywhere; of the lsearch file only a line that was ours. 0, also when there was none;
 * or as above. */
MUST_USE int refusals_remove(
	const struct refusals *places, const struct source *source, struct problem *problem);

/* Looks, on disk: 0 when Exim finds it in the folder and, if there is one, a mailbox in the lsearch
 * file; -ENOENT and *problem where it does not; another negative errno when it could not look. */
MUST_USE int refusals_has(
	const struct refusals *places, const struct source *source, struct problem *problem);

/* Calls each() with every refusal in the folder, in no order, until it returns false; valid during
 * the call. *ret_strange: files there that are none of ours. 0, also when there is no folder. */
MUST_USE int refusals_each(const struct refusals *places,
	bool (*each)(void *context, const struct refusal *refusal), void *context,
	size_t *ret_strange, struct problem *problem);

#endif

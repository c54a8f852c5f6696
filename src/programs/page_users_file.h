/* page_users_file.h - the file of who may use the page (formats/page_users.h), read and changed. It
 * belongs to root, or to who runs us, and nobody else can read or write it. */
#ifndef STANCH_PROGRAMS_PAGE_USERS_FILE_H
#define STANCH_PROGRAMS_PAGE_USERS_FILE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "formats/page_users.h"
#include "systems/whole_file.h"

/* Reads it, and looks whether all of it is good. 0 and *ret, which the caller clears; or *problem,
 * which names the file and never says what is in it, and
 *   -ENOENT   there is none: nobody may use the page
 *   -EACCES   it is somebody else's, others may read or write it, or we may not
 *   -EBADMSG  a line is none; the problem says which
 *   another   it cannot be read. */
MUST_USE int page_users_file_read(
	const char *path, struct whole_file *ret, struct problem *problem);

/* A new text in the place of this one, which is good, made with page_users_put() or
 * page_users_remove(); or NULL, and *problem says why not. */
typedef char *page_users_change(void *context, struct slice text, struct problem *problem);

/* Changes it: who reads it meanwhile sees the old text or the new one, and of two who change it at
 * the same time the second waits. One that is not there is made (0600), and its folder. 0; -EINVAL
 * when nothing was made of it; or as above. Then it is as it was. */
MUST_USE int page_users_file_change(
	const char *path, page_users_change *change, void *context, struct problem *problem);

#endif

/* passwd_line.h - one user's line of a Dovecot passwd-file:
 *   user:password:uid:gid:gecos:home:shell:extra fields
 * Only the first two fields have to be there. The extra fields are separated by blanks and may have
 * colons in them. Empty lines and those that begin with '#' or ':' are no user's
 * (https://doc.dovecot.org/2.3/configuration_manual/authentication/passwd_file/). */
#ifndef STANCH_FORMATS_PASSWD_LINE_H
#define STANCH_FORMATS_PASSWD_LINE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>

/* Parts of the line that was read. */
struct passwd_line {
	struct slice user;
	struct slice
		password;   /* .at NULL: the line ends before it; else in the line, even if empty */
	struct slice extra; /* behind the seventh colon; often empty */
};

/* line: without its LF; a CR at its end is not looked at. false: it is no user's. */
MUST_USE bool passwd_line_read(struct slice line, struct passwd_line *ret);

/* Whether there is an extra field "name" or "name=...". */
bool passwd_line_has_extra(const struct passwd_line *line, const char *name);

/* Whether nobody can log in with the password that stands there, because it is empty or an
 * administrator has put '!' or '*' in its place or in front of it. */
bool passwd_line_is_locked(const struct passwd_line *line);

/* Finds the user's line in the text of a whole file; his name as it stands there, to the byte. 0
 * and *ret; or *ret as it was, *problem (NULL is fine) and -ENOENT  there is none -EEXIST  there
 * are several: Dovecot takes one of them -EBADMSG it has no password field, or a NUL in it. */
MUST_USE int passwd_text_find(
	struct slice text, struct slice user, struct passwd_line *ret, struct problem *problem);

#endif

/* passwd_file.h - sets the password of one user in a Dovecot passwd-file, and looks whether it is
 * so.
 *
 * The file is replaced as a whole by rename(2), so that Dovecot, which reads it at a login when its
 * time has changed, sees the old or the new one. It looks at most once a second, and at whole
 * seconds only: the new file's time is always another than the old one's, if need be one that is
 * still to come, and a login may be answered as before for a second. All bytes but the one password
 * are kept, and so are owner, group, mode, access list and other extended attributes. A symbolic
 * link stays one: the file that it leads to is replaced.
 *
 * Dovecot has no tool that changes such a file and none of a lock. Others, such as a panel's own
 * scripts, have one of two ways, and both are kept to: FILE.lock beside it, made with link(2) and
 * with our process number in it as lckpwdf(3)'s kind of tools do it, and a write lock of fcntl(2)
 * on the file itself, taken on the file that the name still stands for. Each is waited for
 * PASSWD_FILE_WAIT_MS. A FILE.lock of a process that is gone for a minute is taken away; one
 * without a number is not. What somebody edits without a lock can be lost, as with every such tool.
 */
#ifndef STANCH_SYSTEMS_DOVECOT_PASSWD_FILE_H
#define STANCH_SYSTEMS_DOVECOT_PASSWD_FILE_H

#include "base/attribute.h"
#include "base/password_hash.h"
#include "base/problem.h"
#include "base/secret.h"

#include <stdbool.h>

#define PASSWD_FILE_MAX     ((size_t)256 << 20) /* bytes */
#define PASSWD_FILE_WAIT_MS 5000
#define PASSWD_FILE_STALE_S 60

/* Sets it, hashed as the old one is or better (base/password_hash.h), and reads it back. Where it
 * is so already, nothing is written. 0; or the file is as it was, *problem says why, and -ENOENT
 * there is no such user in it -EIO     the user stands in it several times, is locked, needs no
 * password or has another one in an extra field; or it cannot be read or written, or is of a kind
 * that cannot be replaced (several hard links, no plain file, too long) -EBADMSG the user's line
 * cannot be understood -EAGAIN  somebody else has it locked -EACCES  we may not -EINVAL  there is
 * no such file, or no such secret can be hashed. With -EIO "read back", it has been written and is
 * not so. */
MUST_USE int passwd_file_set(
	const char *path, const char *user, const struct secret *secret, struct problem *problem);

/* 0, and *ret whether the secret is the user's password; or *problem and -ENOENT, -EIO, -EBADMSG,
 * -EACCES or -EINVAL as above. */
MUST_USE int passwd_file_has(const char *path, const char *user, const struct secret *secret,
	bool *ret, struct problem *problem);

/* Puts what tells one stored password from another into at, 64 hex digits and a NUL: the SHA-256 of
 * its hash, which is a salted one. Errors as above. */
MUST_USE int passwd_file_mark(
	const char *path, const char *user, char at[PASSWORD_HASH_MARK], struct problem *problem);

#endif

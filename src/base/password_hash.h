/* password_hash.h - passwords as servers keep them: "{SCHEME}text" as Dovecot writes it, or the
 * text of crypt(5) alone. Made and checked by libcrypt and, for ARGON2, libsodium. */
#ifndef STANCH_BASE_PASSWORD_HASH_H
#define STANCH_BASE_PASSWORD_HASH_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_HASH_MAX 512 /* bytes with the NUL: room for each that is made */

/* Makes a hash of the secret, in the way of an older one: the same scheme with the same word for it
 * where that is a good one, or SHA512-CRYPT where it is not. old is "{SCHEME}", a whole hash, or
 * NULL for the best that everybody reads.
 *   {SHA512-CRYPT} {SHA256-CRYPT} {BLF-CRYPT} {ARGON2ID}  are kept
 *   {CRYPT}, and without a word   are kept as they are written; $5$ $6$ $2a$ $2b$ $2y$ $y$ and, of
 *                                 the latter only, $argon2id$ are kept, all else becomes $6$
 *   {ARGON2I}                     becomes {ARGON2ID}
 *   a text that is no hash        becomes {SHA512-CRYPT}
 *   any other                     becomes {SHA512-CRYPT}: plain texts, fast hashes, and those of
 *                                 CRAM-MD5, DIGEST-MD5 and SCRAM, which then log in as PLAIN only.
 * The costs are those of libcrypt, more for BLF-CRYPT, and those of Dovecot for ARGON2ID.
 * 0 and at holds it; or at is not touched, *problem says why, and
 *   -EINVAL  the secret is empty, or longer than the scheme looks at (72 bytes for BLF-CRYPT)
 *   -ENOBUFS size is less than needed
 *   -EIO     libcrypt or libsodium has not made it: no memory, or the scheme is switched off. */
MUST_USE int password_hash_make(const char *old, const struct secret *secret, char *at, size_t size,
	struct problem *problem);

/* Whether the secret is the hash's. false, too, for a scheme that is none of those above, {PLAIN},
 * {CLEAR}, {CLEARTEXT} or {MD5-CRYPT}; and for one so costly that it would take a minute or more.
 */
bool password_hash_matches(const char *hash, const struct secret *secret);

/* Whether it is of a scheme that password_hash_make() keeps. */
bool password_hash_is_good(const char *hash);

/* Puts what tells one stored hash from another into at, 64 hex digits and a NUL: its SHA-256. */
#define PASSWORD_HASH_MARK 65
void password_hash_mark(struct slice hash, char at[PASSWORD_HASH_MARK]);

#endif

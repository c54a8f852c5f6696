/* packed_file.h - the bytes of a file, unpacked when it is packed: gzip (RFC 1952, members one
 * behind the other, zeros behind them) and Zstandard (RFC 8878, frames one behind the other,
 * skippable ones too), told by their first bytes and not by the name. Every other file is given as
 * it is, unless it begins as one of the packers that are not read here.
 *
 * Of a file that is damaged or cut off, all that can be unpacked is given before that is said. */
#ifndef STANCH_SYSTEMS_PACKED_FILE_H
#define STANCH_SYSTEMS_PACKED_FILE_H

#include "base/attribute.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packed_file;

/* Takes over fd, which may be a pipe, and reads on from where it stands. Nothing is read yet. */
struct packed_file *packed_file_new(int fd);
void packed_file_free(struct packed_file *file); /* NULL is fine; closes fd */
AUTO_FREE(packed_file)

/* Up to size (at least 1) further bytes into at; *ret_len is 0 at the end only. Else nothing is
 * written to at, the same answer comes from then on, and packed_file_damage() says it in words:
 *   -EBADMSG           damaged, or something else stands behind the packed part
 *   -ENODATA           cut off
 *   -EPROTONOSUPPORT   packed with something that is not read here
 *   -ENOMEM            the packed text asks for more memory than 128 MiB
 *   another errno      the file could not be read. */
MUST_USE int packed_file_read(struct packed_file *file, char *at, size_t size, size_t *ret_len);

/* Ours, without foreign bytes; NULL while nothing is wrong. Valid as long as file. */
const char *packed_file_damage(const struct packed_file *file);

/* Whether it is packed; false as long as nothing was read. */
bool packed_file_is_packed(const struct packed_file *file);

/* Bytes of the file that were used so far: where it is damaged, if it is. */
uint64_t packed_file_used(const struct packed_file *file);

/* Bytes given so far. */
uint64_t packed_file_given(const struct packed_file *file);

#endif

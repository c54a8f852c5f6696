/* conf_file.h - the bytes of a configuration file, if nobody but its owner can have written them.
 */
#ifndef STANCH_SETTINGS_CONF_FILE_H
#define STANCH_SETTINGS_CONF_FILE_H

#include "base/attribute.h"
#include "base/problem.h"

#include <stddef.h>

#define CONF_FILE_MAX ((size_t)1 << 20) /* bytes: a thousand times of what all settings need */

/* Reads path, which may be a link, whole. Returns 0, and *ret_text (*ret_len bytes and a NUL behind
 * them) is freed by the caller; or nothing is returned but
 *   -ENOENT   there is no such file
 *   -EPERM    others could have written it: it belongs neither to root nor to who runs this, or its
 *             group or all may write
 *   -EINVAL   it is no regular file
 *   -EFBIG    it is longer than CONF_FILE_MAX
 *   another   it cannot be opened or read
 * and *problem says it. */
MUST_USE int conf_file_read(
	const char *path, char **ret_text, size_t *ret_len, struct problem *problem);

#endif

/* secret_file.h - a password, key or token that stands in a file of its own, which a setting names:
 * stanch.conf may be read by more people than may know it. */
#ifndef STANCH_SETTINGS_SECRET_FILE_H
#define STANCH_SETTINGS_SECRET_FILE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"

/* The text of the file without one LF at its end. A symbolic link is followed; the file that it
 * leads to must belong to root or to us, and may be read by its group, but neither be written by
 * it nor read or written by others. 0 and *ret, which the caller frees; or *problem, which names
 * the file and never says what is in it, and -EACCES  it is not ours or root's, others may read or
 * write it, or we may not read it -EINVAL  it is no plain file, or what is in it can be no secret:
 * empty, longer than SECRET_MAX, or with a control byte (a second line, a CR) -ENOENT and others it
 * cannot be opened or read. */
MUST_USE int secret_file_read(const char *path, struct secret **ret, struct problem *problem);

#endif

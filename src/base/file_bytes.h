/* file_bytes.h - reads and writes of an open file that go on where the kernel stopped halfway. */
#ifndef STANCH_BASE_FILE_BYTES_H
#define STANCH_BASE_FILE_BYTES_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stddef.h>
#include <sys/types.h>

/* Up to most bytes, fewer only where the file ends. Returns how many, or a negative errno. */
MUST_USE ssize_t file_read_bytes(int fd, char *at, size_t most);

/* All of them. 0, or a negative errno and part of them may be written. */
MUST_USE int file_write_bytes(int fd, struct slice bytes);

#endif

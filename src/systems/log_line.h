/* log_line.h - what a line of a log is to those who read logs: bytes up to a LF, at most
 * LOG_LINE_MAX of them. What is longer is counted and skipped, never handed out in pieces: the
 * second piece would look like a line that nobody wrote. What has no LF is not handed out. */
#ifndef STANCH_SYSTEMS_LOG_LINE_H
#define STANCH_SYSTEMS_LOG_LINE_H

#include <stddef.h>

/* Bytes without the LF: eight times what Exim writes at once (its LOG_BUFFER_SIZE is 8192). */
#define LOG_LINE_MAX ((size_t)64 << 10)

#endif

/* units.h - ages, sizes and counts as people write them. */
#ifndef STANCH_BASE_UNITS_H
#define STANCH_BASE_UNITS_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* A number that a person may have given. */
struct units_given {
	bool given;
	uint64_t value; /* seconds, bytes or a count; only when given */
};

/* Room for what the writers below write, with the NUL. */
#define UNITS_TEXT 32

/* "90", "90s", "10m", "2h", "3d", "1w": seconds, 0 to 100 years. -EINVAL for anything else,
 * -ERANGE when it is more. *ret_seconds only on success. */
MUST_USE int units_read_age(struct slice text, int64_t *ret_seconds);

/* "2026-11-23", "2026-11-23 12:05", "2026-11-23T12:05:50", local time, or an age before now:
 * seconds since 1970. -EINVAL for anything else. */
MUST_USE int units_read_moment(struct slice text, int64_t now, int64_t *ret_seconds);

/* "500", "10K", "2M", "1G" (powers of 1024): bytes. Errors as above. */
MUST_USE int units_read_size(struct slice text, uint64_t *ret_bytes);

/* A plain decimal number, max included. Errors as above. */
MUST_USE int units_read_count(struct slice text, uint64_t max, uint64_t *ret_count);

/* The shortest text that units_read_age() and units_read_size() read as the same: "15m", "90s",
 * "0"; "256M", "500". seconds is not negative. Return at. */
char *units_age_written(int64_t seconds, char at[UNITS_TEXT]);
char *units_size_written(uint64_t bytes, char at[UNITS_TEXT]);

/* A share of one: "0", "0.02", "1", at most 12 digits behind the point; no sign, no exponent.
 * -EINVAL for anything else, -ERANGE over 1. */
MUST_USE int units_read_share(struct slice text, double *ret_share);

/* The shortest text that units_read_share() reads as the same; share is 0 to 1. Returns at. */
char *units_share_written(double share, char at[UNITS_TEXT]);

/* "45 seconds", "9 minutes", "3 hours", "2 days": the largest unit that leaves at least 2 of it,
 * for a sentence. Negative counts as 0. Returns at. */
char *units_age_text(int64_t seconds, char at[UNITS_TEXT]);

/* "4,812". Returns at. */
char *units_count_text(uint64_t count, char at[UNITS_TEXT]);

/* "812 B", "4.5 KiB", "12 MiB". Returns at. */
char *units_size_text(uint64_t bytes, char at[UNITS_TEXT]);

/* "2026-11-23 12:05:50" in local time. Returns at. */
char *units_time_text(int64_t epoch_seconds, char at[UNITS_TEXT]);

/* "2026-11-23T12:05:50Z", for JSON. Returns at. */
char *units_time_json(int64_t epoch_seconds, char at[UNITS_TEXT]);

#endif

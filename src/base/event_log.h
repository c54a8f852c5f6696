/* event_log.h - what a program has to say while nobody watches it: one line an event.
 *
 *   warning spool-unreadable path=/var/spool/exim4 error="Permission denied"
 *
 * The level, the event's name, then key=value. A value with a blank or a '=' in it, or with nothing
 * in it, stands in double quotes. Foreign bytes are encoded as base/printable.h says, and '"' is
 * \x22, so that a line is a line and printable_read() gives a value back. Names and keys are an
 * interface: people write rules for them.
 *
 * Warnings and errors that say the same again (the same event with the same first value) within a
 * minute are counted, not written: the first is written at once, and when the minute is over one
 * line with the first value, "repeated" and how often. An event that goes on costs a line a minute.
 *
 * A line is at most EVENT_LINE_MAX bytes and given to the system in one piece, so that several
 * processes can share one standard error. What cannot be written is counted, and told as soon as
 * something can be written again. Nothing here waits for a reader, and a reader that is gone is no
 * SIGPIPE. */
#ifndef STANCH_BASE_EVENT_LOG_H
#define STANCH_BASE_EVENT_LOG_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define EVENT_LINE_MAX    4096 /* PIPE_BUF: what a pipe takes whole or not at all */
#define EVENT_VALUE_MAX   256  /* bytes of a value with its NUL; a longer one ends in "..." */
#define EVENT_VALUES_MAX  12   /* of one event: with the names, what fits into a line */
#define EVENT_NAME_MAX    32   /* bytes of an event's name or of a key */
#define EVENT_REPEATS_MAX 64   /* things whose repetition is counted at the same time */
#define EVENT_REPEAT_MS   60000

enum event_level {
	EVENT_ERROR,   /* someone must act */
	EVENT_WARNING, /* it went on anyway, and the line says with what */
	EVENT_INFO,    /* what was done; never left out as a repetition */
};

/* An event that may be logged. Rows make a table, and an event is known by its place in it. */
struct event_row {
	const char *name; /* of a-z, 0-9 and '-' */
	enum event_level level;
	const char *help; /* for the manual: a sentence */
};

/* Told by the log itself: lines that could not be written, with key "lines". */
extern const struct event_row event_log_lines_lost;

enum event_value_kind { EVENT_TEXT, EVENT_NUMBER, EVENT_SECRET };

struct event_value {
	const char *key; /* of a-z and '_' */
	enum event_value_kind kind;
	struct slice text;
	int64_t number;
};

static inline struct event_value event_text(const char *key, struct slice text)
{
	return (struct event_value){.key = key, .kind = EVENT_TEXT, .text = text};
}

static inline struct event_value event_number(const char *key, int64_t number)
{
	return (struct event_value){.key = key, .kind = EVENT_NUMBER, .number = number};
}

/* Says that there is one, as "***"; what it is cannot even be handed over. */
static inline struct event_value event_secret(const char *key)
{
	return (struct event_value){.key = key, .kind = EVENT_SECRET};
}

struct event_log;

/* fd: borrowed, usually standard error. levels: each line begins with "<3>" (error), "<4>"
 * (warning) or "<6>" (info), which the journal takes for its own: sd-daemon(3). rows: borrowed. */
struct event_log *event_log_new(
	int fd, bool levels, const struct event_row *rows, size_t row_count);

/* Writes what was counted and not yet told. NULL is fine. */
void event_log_free(struct event_log *log);
AUTO_FREE(event_log)

/* Whether fd is the stream that $JOURNAL_STREAM (NULL: not set) names as "device:inode"; a program
 * whose output was redirected keeps the variable: systemd.exec(5). */
bool event_log_is_journal(int fd, const char *journal_stream);

/* Logs rows[event]. now_ms: of a clock that never goes back. values: those behind the first
 * EVENT_VALUES_MAX are left out. */
void event_log_put(struct event_log *log, size_t event, int64_t now_ms,
	const struct event_value *values, size_t value_count);

/* Writes the counts whose minute is over; to be called every few seconds. */
void event_log_tick(struct event_log *log, int64_t now_ms);

#define EVENT_LOG(log, event, now_ms, ...)                                                         \
	event_log_put(log, event, now_ms, (const struct event_value[]){__VA_ARGS__},               \
		sizeof((const struct event_value[]){__VA_ARGS__}) / sizeof(struct event_value))

#endif

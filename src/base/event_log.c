#include "base/event_log.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct event_row event_log_lines_lost = {"log-lines-lost", EVENT_WARNING,
	"Lines could not be written to the log, because nobody read it in time."};

/* How often something was said again since the line that said it. */
struct repeat {
	const struct event_row *row; /* NULL: a free place */
	int64_t since_ms;
	uint64_t count;
	char key[EVENT_NAME_MAX + 1];
	char subject[EVENT_VALUE_MAX]; /* the first value as it was written */
};

struct event_log {
	int fd;
	bool levels;
	bool torn; /* the last line was written in part */
	uint64_t lost;
	const struct event_row *rows;
	size_t row_count;
	struct repeat repeats[EVENT_REPEATS_MAX];
};

struct line {
	size_t len;
	char at[EVENT_LINE_MAX];
};

/* All of it always fits: EVENT_VALUES_MAX values, names and the counts behind them. */
_Static_assert(EVENT_LINE_MAX > 64 + EVENT_NAME_MAX +
					EVENT_VALUES_MAX * (EVENT_NAME_MAX + EVENT_VALUE_MAX + 4) +
					64,
	"a line holds the longest event");

static PRINTF_LIKE(2, 3) void add(struct line *line, const char *format, ...)
{
	va_list values;
	va_start(values, format);
	int n = vsnprintf(line->at + line->len, sizeof(line->at) - line->len, format, values);
	va_end(values);
	if (n > 0 && (size_t)n < sizeof(line->at) - line->len)
		line->len += (size_t)n;
}

static void add_start(struct line *line, const struct event_log *log, const struct event_row *row)
{
	static const struct {
		const char *name;
		unsigned number; /* sd-daemon(3) */
	} levels[] = {
		[EVENT_ERROR] = {"error", 3},
		[EVENT_WARNING] = {"warning", 4},
		[EVENT_INFO] = {"info", 6},
	};

	if (log->torn)
		add(line, "\n");
	if (log->levels)
		add(line, "<%u>", levels[row->level].number);
	add(line, "%s %.*s", levels[row->level].name, EVENT_NAME_MAX, row->name);
}

static char *value_text(const struct event_value *value, char at[EVENT_VALUE_MAX])
{
	switch (value->kind) {
	case EVENT_TEXT:
		return printable_quoted(value->text, at, EVENT_VALUE_MAX);
	case EVENT_NUMBER:
		(void)snprintf(at, EVENT_VALUE_MAX, "%" PRId64, value->number);
		return at;
	case EVENT_SECRET:
		break;
	}
	(void)snprintf(at, EVENT_VALUE_MAX, "***");
	return at;
}

static void add_pair(struct line *line, const char *key, const char *text)
{
	bool quotes = *text == '\0' || strpbrk(text, " =") != NULL;

	add(line, quotes ? " %.*s=\"%s\"" : " %.*s=%s", EVENT_NAME_MAX, key, text);
}

/* Whether a line goes down without waiting: what polls as writable takes PIPE_BUF bytes, a pipe
 * (pipe(7)) as well as a stream socket. One without a reader would raise SIGPIPE. */
static bool is_ready(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};

	return poll(&poller, 1, 0) == 1 && poller.revents == POLLOUT;
}

/* Returns false when not all of it could be written. */
static bool write_all(struct event_log *log, const struct line *line)
{
	size_t done = 0;

	while (done < line->len && is_ready(log->fd)) {
		ssize_t n = write(log->fd, line->at + done, line->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done > 0)
		log->torn = done < line->len;
	return done == line->len;
}

static void write_lost(struct event_log *log)
{
	struct line line = {0};

	if (log->lost == 0)
		return;
	add_start(&line, log, &event_log_lines_lost);
	add(&line, " lines=%" PRIu64 "\n", log->lost);
	if (write_all(log, &line))
		log->lost = 0;
}

static void write_line(struct event_log *log, struct line *line)
{
	add(line, "\n");
	if (!write_all(log, line))
		log->lost++;
}

/* ---- what was said before ---- */

static void write_count(struct event_log *log, struct repeat *repeat)
{
	struct line line = {0};

	if (repeat->count == 0)
		return;
	write_lost(log);
	add_start(&line, log, repeat->row);
	if (repeat->key[0] != '\0')
		add_pair(&line, repeat->key, repeat->subject);
	add(&line, " repeated=%" PRIu64, repeat->count);
	write_line(log, &line);
	repeat->count = 0;
}

void event_log_tick(struct event_log *log, int64_t now_ms)
{
	for (size_t i = 0; i < EVENT_REPEATS_MAX; i++) {
		struct repeat *repeat = &log->repeats[i];
		if (repeat->row == NULL || now_ms - repeat->since_ms < EVENT_REPEAT_MS)
			continue;
		if (repeat->count == 0) {
			repeat->row = NULL;
			continue;
		}
		write_count(log, repeat);
		repeat->since_ms = now_ms; /* it goes on: the next minute is counted, too */
	}
}

/* A free place, or that of what was first said longest ago. */
static struct repeat *make_place(struct event_log *log)
{
	struct repeat *oldest = &log->repeats[0];

	for (size_t i = 0; i < EVENT_REPEATS_MAX; i++) {
		if (log->repeats[i].row == NULL)
			return &log->repeats[i];
		if (log->repeats[i].since_ms < oldest->since_ms)
			oldest = &log->repeats[i];
	}
	write_count(log, oldest);
	return oldest;
}

/* Counts it, if it was said within the minute; remembers it, if not. */
static bool is_repeated(struct event_log *log, const struct event_row *row, int64_t now_ms,
	const char *key, const char *subject)
{
	for (size_t i = 0; i < EVENT_REPEATS_MAX; i++) {
		struct repeat *repeat = &log->repeats[i];
		if (repeat->row != row || strcmp(repeat->key, key) != 0 ||
			strcmp(repeat->subject, subject) != 0)
			continue;
		repeat->count++;
		return true;
	}
	struct repeat *repeat = make_place(log);
	repeat->row = row;
	repeat->since_ms = now_ms;
	(void)snprintf(repeat->key, sizeof(repeat->key), "%s", key);
	(void)snprintf(repeat->subject, sizeof(repeat->subject), "%s", subject);
	return false;
}

/* ---- the log ---- */

void event_log_put(struct event_log *log, size_t event, int64_t now_ms,
	const struct event_value *values, size_t value_count)
{
	char text[EVENT_VALUE_MAX] = "", key[EVENT_NAME_MAX + 1] = "";
	struct line line = {0};

	if (event >= log->row_count)
		return;
	if (values == NULL)
		value_count = 0;
	const struct event_row *row = &log->rows[event];
	event_log_tick(log, now_ms);
	if (value_count > 0) {
		value_text(&values[0], text);
		(void)snprintf(key, sizeof(key), "%s", values[0].key);
	}
	if (row->level != EVENT_INFO && is_repeated(log, row, now_ms, key, text))
		return;
	write_lost(log);
	add_start(&line, log, row);
	for (size_t i = 0; i < value_count && i < EVENT_VALUES_MAX; i++)
		add_pair(&line, values[i].key, value_text(&values[i], text));
	write_line(log, &line);
}

bool event_log_is_journal(int fd, const char *journal_stream)
{
	char own[64];
	struct stat st;

	if (journal_stream == NULL || fstat(fd, &st) < 0)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(own, journal_stream) == 0;
}

struct event_log *event_log_new(int fd, bool levels, const struct event_row *rows, size_t row_count)
{
	struct event_log *log = memory_new(1, sizeof(*log));

	log->fd = fd;
	log->levels = levels;
	log->rows = rows;
	log->row_count = row_count;
	return log;
}

void event_log_free(struct event_log *log)
{
	if (log == NULL)
		return;
	for (size_t i = 0; i < EVENT_REPEATS_MAX; i++)
		if (log->repeats[i].row != NULL)
			write_count(log, &log->repeats[i]);
	free(log);
}

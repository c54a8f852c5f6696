#include "reports/plugin.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *plugin_status_name(enum plugin_status status)
{
	static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	return names[status];
}

enum plugin_status plugin_worse(enum plugin_status a, enum plugin_status b)
{
	static const int badness[] = {
		[PLUGIN_OK] = 0,
		[PLUGIN_UNKNOWN] = 1,
		[PLUGIN_WARNING] = 2,
		[PLUGIN_CRITICAL] = 3,
	};

	return badness[a] >= badness[b] ? a : b;
}

/* ---- ranges ---- */

#define DIGITS "0123456789"

/* Takes a decimal number, such as "-2.5", off the front. */
static bool take_number(const char **text, double *ret)
{
	const char *p = *text + (**text == '-');
	size_t whole = strspn(p, DIGITS), part = 0;

	if (p[whole] == '.') {
		part = strspn(p + whole + 1, DIGITS);
		if (part == 0)
			return false;
	}
	if (whole == 0)
		return false;
	char *end;
	double value = strtod(*text, &end); /* no program here sets a locale with another point */
	if (end != p + whole + (part > 0 ? part + 1 : 0))
		return false;
	*text = end;
	*ret = value;
	return true;
}

int plugin_range_parse(const char *text, struct plugin_range *ret)
{
	struct plugin_range range = {.given = true, .text = text, .end = INFINITY};
	const char *p = text + (*text == '@');

	range.inside = *text == '@';
	if (*p == '\0')
		return -EINVAL;
	if (strchr(p, ':') != NULL) {
		if (*p == '~') {
			range.start = -INFINITY;
			p++;
		} else if (*p != ':' && !take_number(&p, &range.start)) {
			return -EINVAL;
		}
		if (*p++ != ':')
			return -EINVAL;
	}
	if (*p != '\0' && !take_number(&p, &range.end))
		return -EINVAL;
	if (*p != '\0' || range.start > range.end)
		return -EINVAL;
	*ret = range;
	return 0;
}

bool plugin_range_alerts(const struct plugin_range *range, double value)
{
	bool within = value >= range->start && value <= range->end;

	return range->given && within == range->inside;
}

enum plugin_status plugin_metric_status(const struct plugin_metric *metric)
{
	if (plugin_range_alerts(&metric->critical, (double)metric->value))
		return PLUGIN_CRITICAL;
	if (plugin_range_alerts(&metric->warning, (double)metric->value))
		return PLUGIN_WARNING;
	return PLUGIN_OK;
}

/* ---- text ---- */

void plugin_metric_write(FILE *out, const struct plugin_metric *metric)
{
	(void)fprintf(out, "%s=%" PRIu64 "%s;%s;%s;0", metric->label, metric->value, metric->unit,
		metric->warning.given ? metric->warning.text : "",
		metric->critical.given ? metric->critical.text : "");
	if (metric->has_most)
		(void)fprintf(out, ";%" PRIu64, metric->most);
}

void plugin_text_write(FILE *out, struct slice raw)
{
	while (raw.len > 0) {
		size_t n = slice_find(raw, '|');
		printable_write(out, slice_first(raw, n));
		if (n < raw.len)
			(void)fputs("\\x7c", out);
		raw = slice_after(raw, n + 1);
	}
}

/* ---- time ---- */

#define LINE_MAX_BYTES 1024

struct plugin_deadline {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct timespec until;
	bool end;
	plugin_late *late; /* NULL: none */
	void *late_context;
	enum plugin_status status;
	char line[LINE_MAX_BYTES];
};

/* The lock is held, so nothing else is being said; what stdio has buffered is lost on purpose. */
static void give_up(const struct plugin_deadline *d)
{
	size_t len = strlen(d->line);

	bool is_said = write(STDOUT_FILENO, d->line, len) == (ssize_t)len;

	if (d->late != NULL)
		d->late(d->late_context, d->status, d->line);
	_exit(is_said ? (int)d->status : PLUGIN_UNKNOWN);
}

static void *wait_for_deadline(void *argument)
{
	struct plugin_deadline *d = argument;
	int r = 0;

	(void)pthread_mutex_lock(&d->lock);
	while (!d->end && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&d->changed, &d->lock, &d->until);
	if (!d->end)
		give_up(d);
	(void)pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void set_line(struct plugin_deadline *d, enum plugin_status status, const char *line)
{
	d->status = status;
	(void)snprintf(d->line, sizeof(d->line) - 1, "%s", line);
	size_t len = strlen(d->line);
	if (len == 0 || d->line[len - 1] != '\n')
		memcpy(d->line + len, "\n", 2);
}

struct plugin_deadline *plugin_deadline_new(
	unsigned seconds, enum plugin_status status, const char *line)
{
	struct plugin_deadline *d = memory_new(1, sizeof(*d));
	pthread_condattr_t attributes;

	set_line(d, status, line);
	(void)clock_gettime(CLOCK_MONOTONIC, &d->until);
	d->until.tv_sec += seconds;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&d->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	if (pthread_create(&d->thread, NULL, wait_for_deadline, d) == 0)
		return d;
	(void)alarm(seconds); /* no thread to be had: ended without a word, which is no OK either */
	(void)pthread_cond_destroy(&d->changed);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
	return NULL;
}

void plugin_deadline_set(struct plugin_deadline *d, enum plugin_status status, const char *line)
{
	if (d == NULL)
		return;
	(void)pthread_mutex_lock(&d->lock);
	set_line(d, status, line);
	(void)pthread_mutex_unlock(&d->lock);
}

void plugin_deadline_then(struct plugin_deadline *d, plugin_late *late, void *context)
{
	if (d == NULL)
		return;
	(void)pthread_mutex_lock(&d->lock);
	d->late = late;
	d->late_context = context;
	(void)pthread_mutex_unlock(&d->lock);
}

void plugin_deadline_free(struct plugin_deadline *d)
{
	if (d == NULL)
		return;
	(void)pthread_mutex_lock(&d->lock);
	d->end = true;
	(void)pthread_cond_signal(&d->changed);
	(void)pthread_mutex_unlock(&d->lock);
	(void)pthread_join(d->thread, NULL);
	(void)pthread_cond_destroy(&d->changed);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

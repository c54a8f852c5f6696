#include "systems/exim/refusal_line.h"

#include "base/printable.h"
#include "base/units.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#define CUT_TAIL   ((size_t)19) /* "..." and 16 digits, as facts/source.c ends a cut name */
#define WHEN_TEXT  32
#define YEAR_10000 INT64_C(253402300800)

static bool is_cut(const struct source *s)
{
	struct slice tail;

	if (s->len <= CUT_TAIL)
		return false;
	tail = slice_after((struct slice){s->name, s->len}, s->len - CUT_TAIL);
	if (!slice_starts(tail, "..."))
		return false;
	for (size_t i = 3; i < tail.len; i++)
		if (slice_find(slice_of("0123456789abcdef"), tail.at[i]) == 16)
			return false;
	return true;
}

bool refusal_fits(const struct source *source)
{
	switch (source->kind) {
	case SOURCE_MAILBOX:
	case SOURCE_LOGIN:
	case SOURCE_SCRIPT:
	case SOURCE_HOST:
		return source->len > 0 && memchr(source->name, '\0', source->len) == NULL &&
		       !is_cut(source);
	default:
		return false;
	}
}

char *refusal_file_name(const struct source *source, char at[REFUSAL_NAME_MAX])
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	int n = snprintf(at, REFUSAL_NAME_MAX, "%s/", source_kind_name(source->kind));

	(void)crypto_hash_sha256(digest, (const unsigned char *)source->name, source->len);
	for (size_t i = 0; i < sizeof(digest); i++)
		n += snprintf(at + n, REFUSAL_NAME_MAX - (size_t)n, "%02X", (unsigned)digest[i]);
	return at;
}

static void write_when(int64_t when, char at[WHEN_TEXT])
{
	time_t t = (time_t)(when >= 0 && when < YEAR_10000 ? when : 0);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(at, WHEN_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		at[0] = '\0';
}

char *refusal_write_line(const struct refusal *refusal, char at[REFUSAL_LINE_MAX])
{
	char source[SOURCE_TEXT_MAX], when[WHEN_TEXT];

	write_when(refusal->when, when);
	(void)snprintf(at, REFUSAL_LINE_MAX, "%s\t%s\tincident %lld\t%s\n",
		source_text(&refusal->source, source), when, (long long)refusal->incident,
		refusal->why);
	return at;
}

/* Exactly as write_when() writes it. */
static int read_when(struct slice text, int64_t *ret)
{
	char at[WHEN_TEXT], again[WHEN_TEXT];
	struct tm tm = {0};

	if (text.len != sizeof("2026-11-26T12:05:50Z") - 1)
		return -EBADMSG;
	memcpy(at, text.at, text.len);
	at[text.len] = '\0';

	const char *end = strptime(at, "%Y-%m-%dT%H:%M:%SZ", &tm);
	time_t t = end != NULL && *end == '\0' ? timegm(&tm) : -1;

	if (t < 0 || (int64_t)t >= YEAR_10000)
		return -EBADMSG;
	write_when((int64_t)t, again);
	if (strcmp(at, again) != 0)
		return -EBADMSG;
	*ret = (int64_t)t;
	return 0;
}

static int read_incident(struct slice text, int64_t *ret)
{
	uint64_t n;

	if (!slice_starts(text, "incident "))
		return -EBADMSG;
	text = slice_after(text, strlen("incident "));
	if (text.len == 0 || (text.len > 1 && text.at[0] == '0') ||
		units_read_count(text, INT64_MAX, &n) < 0)
		return -EBADMSG;
	*ret = (int64_t)n;
	return 0;
}

/* Printable, and of a length that fits. */
static int read_why(struct slice text, char at[REFUSAL_WHY_MAX])
{
	if (text.len >= REFUSAL_WHY_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return -EBADMSG;
	if (text.len > 0)
		memcpy(at, text.at, text.len);
	at[text.len] = '\0';
	return 0;
}

/* false: no TAB ends it. */
static bool take_field(struct slice *rest, struct slice *ret_field)
{
	size_t n = slice_find(*rest, '\t');

	if (n == rest->len)
		return false;
	*ret_field = slice_first(*rest, n);
	*rest = slice_after(*rest, n + 1);
	return true;
}

/* The source must be written as source_text() does, or one file could stand for two. */
static int read_source(struct slice text, struct source *ret)
{
	char again[SOURCE_TEXT_MAX];
	struct source s;

	if (source_parse(text, &s) < 0 || !slice_is(text, source_text(&s, again)))
		return -EBADMSG;
	*ret = s;
	return 0;
}

int refusal_read_line(struct slice text, struct refusal *ret)
{
	struct slice line = {0}, source, when, incident;
	struct refusal r = {0};

	if (text.len >= REFUSAL_LINE_MAX || !slice_take_line(&text, &line) || text.len > 0)
		return -EBADMSG;
	if (!take_field(&line, &source) || !take_field(&line, &when) ||
		!take_field(&line, &incident))
		return -EBADMSG;
	if (read_source(source, &r.source) < 0 || read_when(when, &r.when) < 0 ||
		read_incident(incident, &r.incident) < 0 || read_why(line, r.why) < 0)
		return -EBADMSG;
	*ret = r;
	return 0;
}

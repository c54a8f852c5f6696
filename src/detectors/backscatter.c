#include "detectors/backscatter.h"

#include "base/memory.h"
#include "base/printable.h"
#include "detectors/detector.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *backscatter_kind_name(enum backscatter_kind kind)
{
	static const char *const names[BACKSCATTER_KINDS] = {
		[BACKSCATTER_PROVED] = "backscatter",
		[BACKSCATTER_JOE_JOB] = "joe-job",
		[BACKSCATTER_HONEST] = "honest",
		[BACKSCATTER_UNKNOWN] = "unknown",
	};

	return names[kind];
}

/* Longest address or host shown. */
#define SHOWN 128

static void say(struct backscatter_verdict *v, enum backscatter_kind kind, const char *format, ...)
	PRINTF_LIKE(3, 4);

static void say(struct backscatter_verdict *v, enum backscatter_kind kind, const char *format, ...)
{
	va_list values;

	v->kind = kind;
	va_start(values, format);
	int n = vsnprintf(v->why, sizeof(v->why), format, values);
	va_end(values);
	if (n < 0)
		v->why[0] = '\0';
}

static void judge_suspect(const struct backscatter_input *in, struct backscatter_verdict *v)
{
	const char *id = in->returned->exim_id.text;
	char shown[SOURCE_TEXT_MAX];

	(void)source_text(in->source, shown);
	if (in->trace == TRACE_HELD)
		say(v, BACKSCATTER_PROVED, "returns %s of %s, which hold %" PRId64 " took out", id,
			shown, in->hold);
	else if (in->trace == TRACE_QUEUED)
		say(v, BACKSCATTER_PROVED, "returns %s of %s (%.1f bits), which is in the queue",
			id, shown, in->score);
	else
		say(v, BACKSCATTER_PROVED,
			"returns %s, received in the same session (process %" PRIu64
			") as %s of %s",
			id, exim_id_process(&in->returned->exim_id), in->session_id, shown);
}

static bool is_own_mail(const struct backscatter_input *in)
{
	struct slice sender = slice_of(in->returned->envelope_sender);

	return sender.len > 0 && slice_equal_nocase(sender, in->to);
}

/* It went out through here, sent by somebody who logged in or by a local process. */
static void judge_sent(
	const struct backscatter_input *in, const char *to, struct backscatter_verdict *v)
{
	const char *id = in->returned->exim_id.text;

	if (!is_own_mail(in))
		say(v, BACKSCATTER_UNKNOWN,
			"returns %s, which was sent here in the name of another than %s and is not "
			"known any more",
			id, to);
	else if (in->to_hosted != HOSTED_YES)
		say(v, BACKSCATTER_UNKNOWN,
			"returns %s, which was sent here as %s; that domain is %s", id, to,
			in->to_hosted == HOSTED_NO ? "not hosted here"
						   : "not known to be hosted here");
	else if (in->to_suspect)
		say(v, BACKSCATTER_UNKNOWN,
			"returns %s of %s, who is under suspicion now; nothing proves that it is "
			"spam",
			id, to);
	else
		say(v, BACKSCATTER_HONEST, "returns %s, which %s sent", id, to);
}

static void judge_not_passed(
	const struct backscatter_input *in, const char *to, struct backscatter_verdict *v)
{
	const struct returned_mail *m = in->returned;
	char host[SHOWN];

	(void)printable_text(in->our_host, host, sizeof(host));
	if (in->our_host.len == 0)
		say(v, BACKSCATTER_UNKNOWN, "the name of this server is not known");
	else if (m->has_exim_id)
		say(v, BACKSCATTER_UNKNOWN,
			"returns a mail whose Message-ID names %s, which is not known any more",
			m->exim_id.text);
	else if (m->received_count == 0)
		say(v, BACKSCATTER_UNKNOWN, "quotes a header without Received lines");
	else
		say(v, BACKSCATTER_JOE_JOB,
			"none of the %zu Received lines it quotes is by %s: somebody else used the "
			"address %s",
			m->received_count, host, to);
}

void backscatter_judge(const struct backscatter_input *in, struct backscatter_verdict *ret)
{
	const struct returned_mail *m = in->returned;
	char to[SHOWN];

	*ret = (struct backscatter_verdict){.kind = BACKSCATTER_UNKNOWN};
	(void)printable_text(in->to, to, sizeof(to));
	if (m == NULL)
		say(ret, BACKSCATTER_UNKNOWN, "quotes no mail that could be read");
	else if (in->trace == TRACE_HELD || in->trace == TRACE_SESSION ||
		 (in->trace == TRACE_QUEUED && in->score >= SCORE_SUSPECT))
		judge_suspect(in, ret);
	else if (!m->passed_here)
		judge_not_passed(in, to, ret);
	else if (m->authenticated || m->local)
		judge_sent(in, to, ret);
	else
		say(ret, BACKSCATTER_UNKNOWN,
			"returns %s, which came from another server and was passed on: nobody here "
			"sent it",
			m->exim_id.text);
}

/* ---- sessions ---- */

struct point {
	uint64_t process;
	int64_t second;
	const struct source *owner;
	struct exim_id id;
};

struct sessions {
	struct point *points;
	size_t count, room;
	bool sorted;
};

struct sessions *sessions_new(void)
{
	return memory_new(1, sizeof(struct sessions));
}

void sessions_free(struct sessions *s)
{
	if (s == NULL)
		return;
	free(s->points);
	free(s);
}

void sessions_add(struct sessions *s, const struct exim_id *id, const struct source *owner)
{
	if (s->count == SESSIONS_MAX)
		return;
	if (s->count == s->room) {
		s->room = s->room > 0 ? 2 * s->room : 256;
		s->points = memory_grow(s->points, s->room, sizeof(*s->points));
	}
	s->points[s->count++] =
		(struct point){exim_id_process(id), exim_id_seconds(id), owner, *id};
	s->sorted = false;
}

static int by_process(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	return x->second < y->second ? -1 : x->second > y->second;
}

/* The first point that is not before (process, second). */
static size_t first_from(const struct sessions *s, uint64_t process, int64_t second)
{
	const struct point want = {.process = process, .second = second};
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_process(&s->points[middle], &want) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct source *sessions_find(
	struct sessions *s, const struct exim_id *id, struct exim_id *ret_id)
{
	uint64_t process = exim_id_process(id);
	int64_t second = exim_id_seconds(id);

	if (!s->sorted && s->count > 0)
		qsort(s->points, s->count, sizeof(*s->points), by_process);
	s->sorted = true;

	size_t after = first_from(s, process, second);
	if (after == s->count || s->points[after].process != process)
		return NULL;
	const struct point *b = &s->points[after];
	const struct point *a = b->second == second ? b : after > 0 ? b - 1 : NULL;
	if (a == NULL || a->process != process || b->second - a->second > SESSION_GAP_MAX)
		return NULL;
	if (!source_equal(a->owner, b->owner))
		return NULL;
	*ret_id = b->id;
	return b->owner;
}

#include "formats/log_position.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Without a seed: it has to be the same in the next process. Who can choose bytes of a log for a
 * collision gains nothing by it but a wrong place in his own lines. */
static uint64_t hash_of(const char *at, size_t len)
{
	return len > 0 ? XXH3_64bits(at, len) : 0;
}

char *log_position_text(const struct log_position *position, char at[LOG_POSITION_TEXT])
{
	int n = snprintf(at, LOG_POSITION_TEXT, "v1");

	for (size_t i = 0; i < position->count; i++) {
		const struct log_mark *m = &position->marks[i];
		n += snprintf(at + n, LOG_POSITION_TEXT - (size_t)n,
			" %" PRIu64 ":%" PRIu64 ":%" PRIu64 ":%" PRIu64 ":%016" PRIx64
			":%016" PRIx64 "%s",
			m->device, m->inode, m->born_ns, m->offset, m->head, m->tail,
			m->inside ? "+" : "");
	}
	return at;
}

/* A number and the byte behind it off the front of *s, in the one way that it is written. */
static bool take_decimal(struct slice *s, char end, uint64_t *ret)
{
	size_t n = slice_find(*s, end);
	uint64_t value = 0;

	if (n == s->len || n == 0 || (n > 1 && s->at[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)(s->at[i] - '0');
		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*s = slice_after(*s, n + 1);
	*ret = value;
	return true;
}

static bool take_hash(struct slice *s, uint64_t *ret)
{
	uint64_t value = 0;

	if (s->len < 16)
		return false;
	for (size_t i = 0; i < 16; i++) {
		size_t digit = slice_find(slice_of("0123456789abcdef"), s->at[i]);
		if (digit == 16)
			return false;
		value = value << 4 | digit;
	}
	*s = slice_after(*s, 16);
	*ret = value;
	return true;
}

static bool take_byte(struct slice *s, char c)
{
	if (s->len == 0 || s->at[0] != c)
		return false;
	*s = slice_after(*s, 1);
	return true;
}

static bool take_mark(struct slice *s, struct log_mark *ret)
{
	struct log_mark m = {0};

	if (!take_byte(s, ' ') || !take_decimal(s, ':', &m.device) ||
		!take_decimal(s, ':', &m.inode) || !take_decimal(s, ':', &m.born_ns) ||
		!take_decimal(s, ':', &m.offset) || !take_hash(s, &m.head) || !take_byte(s, ':') ||
		!take_hash(s, &m.tail))
		return false;
	m.inside = take_byte(s, '+');
	if (m.offset == 0 && (m.head != 0 || m.tail != 0 || m.inside))
		return false;
	*ret = m;
	return true;
}

int log_position_parse(struct slice text, struct log_position *ret)
{
	struct log_position found = {0};

	if (!take_byte(&text, 'v') || !take_byte(&text, '1'))
		return -EBADMSG;
	while (text.len > 0) {
		if (found.count == LOG_POSITION_MARKS ||
			!take_mark(&text, &found.marks[found.count]))
			return -EBADMSG;
		found.count++;
	}
	if (found.count == 0)
		return -EBADMSG;
	*ret = found;
	return 0;
}

void log_trail_add(struct log_trail *trail, struct slice bytes)
{
	size_t have = log_trail_kept(trail->offset);
	size_t head = LOG_TRAIL - have < bytes.len ? LOG_TRAIL - have : bytes.len;

	if (bytes.len == 0)
		return;
	memcpy(trail->head + have, bytes.at, head);
	trail->offset += bytes.len;
	if (bytes.len >= LOG_TRAIL) {
		memcpy(trail->tail, bytes.at + bytes.len - LOG_TRAIL, LOG_TRAIL);
		return;
	}

	size_t keep = LOG_TRAIL - bytes.len < have ? LOG_TRAIL - bytes.len : have;
	memmove(trail->tail, trail->tail + have - keep, keep);
	memcpy(trail->tail + keep, bytes.at, bytes.len);
}

void log_trail_mark(const struct log_trail *trail, struct log_mark *mark)
{
	size_t kept = log_trail_kept(trail->offset);

	mark->offset = trail->offset;
	mark->head = hash_of(trail->head, kept);
	mark->tail = hash_of(trail->tail, kept);
}

bool log_trail_matches(const struct log_trail *trail, const struct log_mark *mark)
{
	struct log_mark here = {0};

	log_trail_mark(trail, &here);
	return here.offset == mark->offset && here.head == mark->head && here.tail == mark->tail;
}

bool log_trail_same_head(const struct log_trail *trail, const struct log_mark *mark)
{
	size_t kept = log_trail_kept(mark->offset);

	return log_trail_kept(trail->offset) < kept || hash_of(trail->head, kept) == mark->head;
}

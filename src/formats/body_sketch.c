#include "formats/body_sketch.h"

#include "base/sketch.h"

#include <stddef.h>

/* What a byte can be, and with them what a run of bytes has. */
enum { BLANK = 1, WORD = 2, DIGIT = 4, AT_SIGN = 8, COLON = 16 };

static const unsigned char kinds[256] = {
	[' '] = BLANK,
	['\t'] = BLANK,
	['\r'] = BLANK,
	['\n'] = BLANK,
	['\0'] = BLANK,
	['@'] = AT_SIGN,
	[':'] = COLON,
	['0' ... '9'] = WORD | DIGIT,
	['a' ... 'z'] = WORD,
	['A' ... 'Z'] = WORD,
	[0x80 ... 0xff] = WORD,
};

static unsigned kind_of(char c)
{
	return kinds[(unsigned char)c];
}

/* The next run of non-blanks, and what is in it. */
static bool take_run(struct slice *rest, struct slice *ret, unsigned *ret_kinds, bool *ret_new_line)
{
	size_t at = 0, len = 0;

	*ret_new_line = false;
	*ret_kinds = 0;
	while (at < rest->len && kind_of(rest->at[at]) == BLANK)
		*ret_new_line |= rest->at[at++] == '\n';
	*rest = slice_after(*rest, at);
	if (rest->len == 0)
		return false;
	for (; len < rest->len && kind_of(rest->at[len]) != BLANK; len++)
		*ret_kinds |= kind_of(rest->at[len]);
	*ret = slice_first(*rest, len);
	*rest = slice_after(*rest, len);
	return true;
}

/* "https://host/path?query" as "host"; "www.host/path" as "www.host"; others as they are. */
static struct slice without_link_path(struct slice run, unsigned run_kinds)
{
	const char *mark = (run_kinds & COLON) != 0 ? memmem(run.at, run.len, "://", 3) : NULL;

	if (mark != NULL)
		run = slice_after(run, (size_t)(mark - run.at) + 3);
	else if (run.len < 4 || strncasecmp(run.at, "www.", 4) != 0)
		return run;
	size_t end = 0;
	while (end < run.len && strchr("/?#\"'<>", run.at[end]) == NULL)
		end++;
	return slice_first(run, end);
}

#define GREETING_MAX 8 /* bytes */

static bool is_greeting(struct slice word)
{
	static const char greetings[][GREETING_MAX + 1] = {"dear", "hello", "hi", "hallo", "liebe",
		"lieber", "sehr", "bonjour", "cher", "chere", "hola", "estimado", "ciao", "gentile",
		"caro", "ola", "beste", "geachte"};

	if (word.len > GREETING_MAX)
		return false;
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
		if (slice_lower(word.at[0]) == greetings[i][0] &&
			slice_equal_nocase(word, slice_of(greetings[i])))
			return true;
	return false;
}

struct builder {
	struct body_sketch *out;
	uint64_t before; /* hash of the word before; 0: none */
	size_t words;
	bool line_begins;
	unsigned greeting; /* words that may still belong to the name behind a greeting */
};

/* "Dear Ms Anna Lena Meier": more words are no name. */
#define GREETING_WORDS 4u

static void keep_smallest(struct body_sketch *s, uint32_t hash)
{
	uint32_t at = s->count;

	while (at > 0 && s->hashes[at - 1] > hash)
		at--;
	if (at == BODY_SKETCH_HASHES || (at > 0 && s->hashes[at - 1] == hash))
		return;
	if (s->count < BODY_SKETCH_HASHES)
		s->count++;
	memmove(s->hashes + at + 1, s->hashes + at, (s->count - at - 1) * sizeof(s->hashes[0]));
	s->hashes[at] = hash;
}

static void add_word(struct builder *b, struct slice word, unsigned word_kinds)
{
	bool first = b->line_begins;

	b->line_begins = false;
	if (b->greeting > 0) {
		b->greeting--;
		return;
	}
	if ((word_kinds & DIGIT) != 0)
		return;
	b->greeting = first && is_greeting(word) ? GREETING_WORDS : 0;

	uint64_t pair[2] = {b->before, hash_nocase(word)};
	if (b->before != 0)
		keep_smallest(b->out, (uint32_t)(hash_bytes(pair, sizeof(pair)) >> 32));
	b->before = pair[1];
	b->words++;
}

static void add_run(struct builder *b, struct slice run, unsigned run_kinds)
{
	if ((run_kinds & AT_SIGN) != 0)
		return;
	run = without_link_path(run, run_kinds);
	while (run.len > 0) {
		unsigned word_kinds = 0;
		size_t len = 0;

		for (; len < run.len && (kind_of(run.at[len]) & WORD) != 0; len++)
			word_kinds |= kind_of(run.at[len]);
		if (len > 0)
			add_word(b, slice_first(run, len), word_kinds);
		else if (strchr(",!:;", run.at[0]) != NULL)
			b->greeting = 0;
		run = slice_after(run, len > 0 ? len : 1);
	}
}

void body_sketch_of(struct slice text, struct body_sketch *ret)
{
	struct builder b = {.out = ret, .line_begins = true};
	struct slice run;
	unsigned run_kinds;
	bool new_line;

	*ret = (struct body_sketch){0};
	while (b.words < BODY_SKETCH_WORDS_MAX && take_run(&text, &run, &run_kinds, &new_line)) {
		if (new_line) {
			b.line_begins = true;
			b.greeting = 0;
		}
		add_run(&b, run, run_kinds);
	}
}

/* Of the smallest hashes of both together, at most as many as a sketch holds: how many both have.
 */
static double common_share(const struct body_sketch *a, const struct body_sketch *b)
{
	uint32_t i = 0, j = 0, seen = 0, common = 0;

	while (seen < BODY_SKETCH_HASHES && (i < a->count || j < b->count)) {
		bool from_a = j == b->count || (i < a->count && a->hashes[i] <= b->hashes[j]);
		bool from_b = i == a->count || (j < b->count && b->hashes[j] <= a->hashes[i]);

		common += from_a && from_b;
		i += from_a;
		j += from_b;
		seen++;
	}
	return seen > 0 ? (double)common / seen : 0.0;
}

double body_sketch_similarity(const struct body_sketch *a, const struct body_sketch *b)
{
	return a->count > 0 && b->count > 0 ? common_share(a, b) : 0.0;
}

bool body_sketch_alike(const struct body_sketch *a, const struct body_sketch *b)
{
	bool is_short = a->count < BODY_SKETCH_HASHES || b->count < BODY_SKETCH_HASHES;

	return body_sketch_similarity(a, b) >= (is_short ? 0.5 : BODY_SKETCH_ALIKE - 1e-9);
}

void body_sketch_code(struct body_sketch *s, struct codec *c)
{
	codec_count(c, &s->count, BODY_SKETCH_HASHES);
	for (uint32_t i = 0; i < s->count; i++) {
		codec_u32(c, &s->hashes[i]);
		if (i > 0 && s->hashes[i] <= s->hashes[i - 1])
			codec_fail(c);
	}
}

#include "formats/body_sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

#define WORDS 150
#define TEXTS 200

/* Letters only: words with digits do not count. */
static void word_of(uint64_t n, char at[8])
{
	for (int i = 0; i < 7; i++, n /= 26)
		at[i] = (char)('a' + n % 26);
	at[7] = '\0';
}

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 20;
}

/* A text of words drawn by seed; `percent` of them replaced by others, drawn by `change`. */
static void make_text(uint64_t seed, unsigned percent, uint64_t change, char at[WORDS * 8 + 1])
{
	size_t len = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word = next(&seed), other = next(&change);

		word_of(next(&change) % 100 < percent ? other : word, at + len);
		len += 7;
		at[len++] = ' ';
	}
	at[len] = '\0';
}

struct outcome {
	double mean;
	unsigned alike;
};

static struct outcome compare(unsigned percent, bool unrelated)
{
	struct outcome sum = {0};

	for (uint64_t i = 0; i < TEXTS; i++) {
		char a_text[WORDS * 8 + 1], b_text[WORDS * 8 + 1];
		struct body_sketch a, b;

		make_text(i, 0, 0, a_text);
		make_text(unrelated ? i + 77777 : i, percent, i * 31 + 5, b_text);
		body_sketch_of(slice_of(a_text), &a);
		body_sketch_of(slice_of(b_text), &b);
		sum.mean += body_sketch_similarity(&a, &b) / TEXTS;
		sum.alike += body_sketch_alike(&a, &b);
	}
	return sum;
}

static void changed_texts_stay_alike(void **state)
{
	(void)state;
	static const struct {
		unsigned percent;
		bool unrelated;
		double mean_least, mean_most;
		unsigned alike_least, alike_most;
	} rows[] = {
		{0, false, 1.0, 1.0, TEXTS, TEXTS},
		{15, false, 0.49, 0.65, TEXTS * 95 / 100, TEXTS},
		{30, false, 0.25, 0.40, TEXTS / 2, TEXTS},
		{0, true, 0.0, 0.01, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome got = compare(rows[i].percent, rows[i].unrelated);

		if (got.mean < rows[i].mean_least || got.mean > rows[i].mean_most + 1e-9 ||
			got.alike < rows[i].alike_least || got.alike > rows[i].alike_most) {
			print_error("%u %% changed, row %zu: mean %.3f, alike %u of %u\n",
				rows[i].percent, i, got.mean, got.alike, TEXTS);
			fail();
		}
	}
}

static const struct pair_case {
	const char *name;
	const char *a, *b;
	double want; /* similarity; all texts are short, so it is exact */
} pair_cases[] = {
	{"letter case", "Buy These Pills", "buy these pills", 1},
	{"numbers", "your code is 1234 today", "your code is 987 today", 1},
	{"greeted names", "Dear Ann Miller,\nplease pay now", "Dear Bob,\nplease pay now", 1},
	{"link paths", "see http://x.test/a?b=1 now", "see http://x.test/zz now", 1},
	{"links without scheme", "see www.x.test/a now", "see www.x.test/b now", 1},
	{"addresses", "write to ann@shop.test please", "write to bob@x.test please", 1},
	{"link hosts count", "see http://x.test/a go", "see http://y.test/a go", 0.2},
	{"layout", "one\r\n two,three", "one two three", 1},
	{"nothing in common", "one two three", "four five six", 0},
	{"no pair", "one", "one", 0},
	{"empty", "", "one two", 0},
};

static void what_is_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pair_cases) / sizeof(pair_cases[0]); i++) {
		const struct pair_case *c = &pair_cases[i];
		struct body_sketch a, b;

		body_sketch_of(slice_of(c->a), &a);
		body_sketch_of(slice_of(c->b), &b);
		double got = body_sketch_similarity(&a, &b);
		if (got < c->want - 0.01 || got > c->want + 0.01) {
			print_error("%s: got %.2f, want %.2f\n", c->name, got, c->want);
			fail();
		}
	}
}

static void any_bytes_do(void **state)
{
	(void)state;
	char all[512];
	struct body_sketch s;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	body_sketch_of((struct slice){all, sizeof(all)}, &s);
	body_sketch_of((struct slice){0}, &s);
	assert_int_equal(s.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_texts_stay_alike),
		cmocka_unit_test(what_is_left_out),
		cmocka_unit_test(any_bytes_do),
	};

	return cmocka_run_group_tests_name("body_sketch", tests, NULL, NULL);
}

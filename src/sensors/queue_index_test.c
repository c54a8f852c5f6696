#include "sensors/queue_index.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct exim_id id_of(unsigned n)
{
	struct exim_id id;
	char text[EXIM_ID_NEW + 1];

	if (n % 2 == 0)
		(void)snprintf(text, sizeof(text), "1a%04u-%06u-A%u", n % 10000, n, n % 10);
	else
		(void)snprintf(text, sizeof(text), "1b%04u-%011u-AAA%u", n % 10000, n, n % 10);
	assert_int_equal(exim_id_parse(slice_of(text), &id), 0);
	return id;
}

static struct queue_index_message message_of(unsigned n, unsigned folder)
{
	return (struct queue_index_message){.id = id_of(n),
		.folder = folder,
		.received = 1790000000 + n / 3,
		.is_known = true,
		.source = slice_of("mailbox:ann@shop.test"),
		.sender = slice_of("Ann@Shop.test"),
		.subject = slice_of("Your Order"),
		.recipients = slice_of("Bob@far.test\ncarol@near.test\n"),
		.recipient_count = 2,
		.fields_size = 700};
}

/* The ids that a search finds, each with a blank behind it; *ret_found: how many fit. */
static const char *found(
	const struct queue_index *x, const struct queue_search_terms *terms, uint64_t *ret_found)
{
	static char text[8192];
	struct queue_search *s = queue_search_new(x, terms);
	struct queue_index_message m;
	struct queue_place place;
	size_t len = 0;

	while (queue_search_go(s, 3))
		continue;
	text[0] = '\0';
	while (queue_search_next(s, &m, &place))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", m.id.text);
	if (ret_found != NULL)
		*ret_found = queue_search_found(s);
	queue_search_free(s);
	return text;
}

static const char *found_in(const struct queue_index *x, enum queue_search_in in, const char *what)
{
	const struct queue_search_terms terms = {.text = slice_of(what), .in = in, .limit = 200};

	return found(x, &terms, NULL);
}

static void test_fields(void **state)
{
	static const struct {
		const char *text;
		enum queue_search_in in;
		bool fits;
	} rows[] = {
		{"", QUEUE_SEARCH_ANY, true},
		{"order", QUEUE_SEARCH_ANY, true},
		{"ORDER", QUEUE_SEARCH_ANY, true},
		{"bob@FAR", QUEUE_SEARCH_ANY, true},
		{"carol@near.test", QUEUE_SEARCH_ANY, true},
		{"mailbox:ann", QUEUE_SEARCH_ANY, true},
		{"1A0002-000002-a2", QUEUE_SEARCH_ANY, true},
		{"dave", QUEUE_SEARCH_ANY, false},
		{"000002-a", QUEUE_SEARCH_ID, true},
		{"order", QUEUE_SEARCH_ID, false},
		{"1a0002-000002-a2-", QUEUE_SEARCH_ID, false},
		{"ann@shop", QUEUE_SEARCH_SENDER, true},
		{"mailbox", QUEUE_SEARCH_SENDER, false},
		{"bob", QUEUE_SEARCH_SENDER, false},
		{"bob@", QUEUE_SEARCH_RECIPIENT, true},
		{"near.test", QUEUE_SEARCH_RECIPIENT, true},
		{"ann", QUEUE_SEARCH_RECIPIENT, false},
		{"order", QUEUE_SEARCH_RECIPIENT, false},
		{"mailbox:ann@shop.test", QUEUE_SEARCH_SOURCE, true},
		{"mailbox:ann@shop.test2", QUEUE_SEARCH_SOURCE, false},
		{"your order", QUEUE_SEARCH_SUBJECT, true},
		{"shop", QUEUE_SEARCH_SUBJECT, false},
	};
	AUTO(queue_index) x = queue_index_new(100);
	struct queue_index_message m = message_of(2, (unsigned)queue_index_folder(x, "", 0));

	(void)state;
	assert_true(queue_index_put(x, &m));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool fits = *found_in(x, rows[i].in, rows[i].text) != '\0';
		if (fits != rows[i].fits)
			fail_msg("\"%s\" in %d: %d", rows[i].text, (int)rows[i].in, fits);
	}
}

/* What could not be read is found by its id, and by nothing else. */
static void test_unknown(void **state)
{
	AUTO(queue_index) x = queue_index_new(100);
	const struct queue_search_terms frozen = {.frozen = QUEUE_SEARCH_FROZEN, .limit = 9};
	const struct queue_search_terms moving = {.frozen = QUEUE_SEARCH_MOVING, .limit = 9};
	struct queue_index_message m = {.id = id_of(4), .is_damaged = true, .received = -5};

	(void)state;
	m.folder = (unsigned)queue_index_folder(x, "night", 'a');
	assert_true(queue_index_put(x, &m));
	assert_int_equal(queue_index_damaged(x), 1);
	assert_string_equal(found_in(x, QUEUE_SEARCH_ANY, "1a0004"), "1a0004-000004-A4 ");
	assert_string_equal(found_in(x, QUEUE_SEARCH_ANY, ""), "1a0004-000004-A4 ");
	assert_string_equal(found_in(x, QUEUE_SEARCH_SENDER, "a"), "");
	assert_string_equal(found(x, &frozen, NULL), "");
	assert_string_equal(found(x, &moving, NULL), "");

	m = message_of(4, m.folder);
	m.is_frozen = true;
	assert_true(queue_index_put(x, &m)); /* it was written anew */
	assert_int_equal(queue_index_damaged(x), 0);
	assert_int_equal(queue_index_count(x), 1);
	assert_string_equal(found(x, &frozen, NULL), "1a0004-000004-A4 ");
	assert_string_equal(found(x, &moving, NULL), "");
}

static void test_what_is_kept(void **state)
{
	AUTO(queue_index) x = queue_index_new(100);
	const struct queue_search_terms all = {.limit = 1};
	struct queue_index_message m = message_of(1, (unsigned)queue_index_folder(x, "", 0)), got;
	char longer[1200], subject[130];
	struct queue_place place;

	(void)state;
	memset(longer, 'a', sizeof(longer));
	for (size_t i = 99; i < sizeof(longer); i += 100)
		longer[i] = '\n';
	memset(subject, 'b', 119);
	for (size_t i = 119; i < 123; i++) /* the first would be cut in half */
		subject[i] = i % 2 == 1 ? '\xc3' : '\xa4';
	m.sender = (struct slice){longer, 400};
	m.subject = (struct slice){subject, 123};
	m.recipients = (struct slice){longer, sizeof(longer)};
	m.recipient_count = (uint64_t)1 << 40;
	m.received = INT64_MAX;
	assert_true(queue_index_put(x, &m));
	AUTO(queue_search) s = queue_search_new(x, &all);
	while (queue_search_go(s, 1))
		continue;
	assert_true(queue_search_next(s, &got, &place));
	assert_int_equal(got.sender.len, QUEUE_INDEX_SENDER);
	assert_true(got.sender_is_cut && got.subject_is_cut);
	assert_int_equal(got.subject.len, 119);
	assert_int_equal(got.recipients.len, 500); /* five whole ones */
	assert_int_equal(got.recipient_count, UINT32_MAX);
	assert_int_equal(got.received, UINT32_MAX);
	assert_true(slice_is(got.source, "mailbox:ann@shop.test"));

	m = message_of(1, m.folder);
	m.subject = (struct slice){0};
	assert_true(queue_index_put(x, &m));
	AUTO(queue_search) again = queue_search_new(x, &all);
	while (queue_search_go(again, 1))
		continue;
	assert_true(queue_search_next(again, &got, &place));
	assert_null(got.subject.at);
	assert_true(slice_is(got.recipients, "Bob@far.test\ncarol@near.test\n"));
	assert_false(got.sender_is_cut || got.subject_is_cut);
}

static void test_bounds(void **state)
{
	AUTO(queue_index) x = queue_index_new(10);
	unsigned folder = (unsigned)queue_index_folder(x, "", 0);

	(void)state;
	for (unsigned n = 0; n < 12; n++) {
		struct queue_index_message m = message_of(n, folder);
		assert_int_equal(queue_index_put(x, &m), n < 10);
		assert_int_equal(queue_index_is_full(x), n >= 10);
	}
	assert_int_equal(queue_index_count(x), 10);
	struct exim_id first = id_of(0), last = id_of(11);
	struct queue_index_message m = message_of(11, folder);
	queue_index_remove(x, folder, &first);
	assert_true(queue_index_put(x, &m));
	assert_true(queue_index_is_full(x)); /* one was left out, and still is */
	assert_true(queue_index_has(x, folder, &last));
	queue_index_begin_round(x);
	assert_false(queue_index_is_full(x));
}

static void test_rounds(void **state)
{
	AUTO(queue_index) x = queue_index_new(1000);
	unsigned a = (unsigned)queue_index_folder(x, "", 0);
	unsigned b = (unsigned)queue_index_folder(x, "held", 0);
	struct exim_id id;

	(void)state;
	assert_int_equal(queue_index_folder(x, "held", 0), b);
	assert_int_not_equal(queue_index_folder(x, "held", 'x'), b);
	for (unsigned n = 0; n < 200; n++) {
		struct queue_index_message m = message_of(n, n % 2 == 0 ? a : b);
		assert_true(queue_index_put(x, &m));
	}
	for (unsigned round = 0; round < 3; round++) {
		queue_index_begin_round(x);
		for (unsigned n = 0; n < 200; n += 2u << round) {
			struct queue_index_message m = message_of(n, a);
			assert_true(queue_index_put(x, &m));
		}
		assert_true(queue_index_count(x) >= 200u >> round);
		queue_index_end_round(x);
		assert_int_equal(queue_index_count(x), (200 + (2u << round) - 1) / (2u << round));
	}
	id = id_of(8);
	assert_true(queue_index_has(x, a, &id));
	assert_false(queue_index_has(x, b, &id));
}

static void test_places(void **state)
{
	/* its queue's name, by one byte */
	static const char too_long[] =
		"6-1a2b3c-000001-AA-01234567890123456789012345678901234567890123456789"
		"01234567890123/";
	static const char *const good[] = {"0-1a2b3c-000001-AA-/",
		"ffffffff-1aAAAC-00000000003-AAAA-night/x", "5-1a2b3c-000001-AA-a.b_c-d/"};
	static const char *const bad[] = {"", "-", "6ac1f3b2", "6ac1f3b2-",
		"6ac1f3b2-1a2b3c-000001-AA", "6ac1f3b2-1a2b3c-000001-AA-",
		"6ac1f3b2-1a2b3c-000001-AA-/xy", "6ac1f3b2-1a2b3c-000001-AA-/.",
		"6ac1f3b2-1a2b3c-000001-AA-input/", "6ac1f3b2-1a2b3c-000001-AA-../",
		"16ac1f3b2-1a2b3c-000001-AA-/", "6Ac1f3b2-1a2b3c-000001-AA-/",
		"g-1a2b3c-000001-AA-/", "-1a2b3c-000001-AA-/", "6ac1f3b2-1a2b3c-000001-A/-/",
		"6ac1f3b2-1a2b3c-000001-AA-a/b/", too_long};
	char text[QUEUE_PLACE_TEXT];
	struct queue_place place;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(queue_place_read(slice_of(good[i]), &place), 0);
		assert_string_equal(queue_place_text(&place, text), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (queue_place_read(slice_of(bad[i]), &place) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
}

/* ---- against a model ---- */

#define MODEL 300u

struct model {
	bool is_in[MODEL], frozen[MODEL];
	unsigned text[MODEL], folder[MODEL];
};

static const char *const texts[] = {"", "spam", "Spam and more", "receipts", "amp", "SPA"};

static void put_model(
	struct queue_index *x, struct model *model, unsigned n, unsigned folder, unsigned *seed)
{
	struct queue_index_message m = message_of(n, folder);
	char recipients[600];

	model->is_in[n] = true;
	model->folder[n] = folder;
	model->frozen[n] = rand_r(seed) % 2 == 0;
	model->text[n] = (unsigned)rand_r(seed) % 6;
	memset(recipients, 'r', sizeof(recipients));
	m.is_frozen = model->frozen[n];
	m.subject = slice_of(texts[model->text[n]]);
	m.recipients = (struct slice){recipients, (size_t)rand_r(seed) % sizeof(recipients)};
	m.is_damaged = n % 7 == 0;
	assert_true(queue_index_put(x, &m));
}

static bool model_fits(const struct model *model, unsigned n, unsigned what, bool frozen)
{
	return model->is_in[n] && model->frozen[n] == frozen &&
	       strcasestr(texts[model->text[n]], texts[what]) != NULL;
}

/* Newest first; what came at the same time by id, the greater first. */
static int by_place(const void *a, const void *b)
{
	unsigned m = *(const unsigned *)a, n = *(const unsigned *)b;
	struct exim_id x = id_of(m), y = id_of(n);

	return m / 3 != n / 3 ? (m / 3 > n / 3 ? -1 : 1) : exim_id_compare(&y, &x);
}

static void check_search(
	const struct queue_index *x, const struct model *model, unsigned what, bool frozen)
{
	struct queue_search_terms terms = {.text = slice_of(texts[what]),
		.in = QUEUE_SEARCH_SUBJECT,
		.frozen = frozen ? QUEUE_SEARCH_FROZEN : QUEUE_SEARCH_MOVING,
		.limit = 7};
	unsigned want[MODEL], count = 0, at = 0;
	struct queue_place last;

	for (unsigned n = 0; n < MODEL; n++)
		if (model_fits(model, n, what, frozen))
			want[count++] = n;
	qsort(want, count, sizeof(*want), by_place);
	for (bool more = true; more;) {
		AUTO(queue_search) s = queue_search_new(x, &terms);
		struct queue_index_message m;
		while (queue_search_go(s, 50))
			continue;
		assert_int_equal(queue_search_found(s), count);
		for (unsigned rows = 0; queue_search_next(s, &m, &last); rows++) {
			assert_true(at < count && rows < 7);
			struct exim_id id = id_of(want[at]);
			assert_string_equal(m.id.text, id.text);
			assert_int_equal(m.folder, model->folder[want[at++]]);
		}
		more = queue_search_has_more(s);
		assert_int_equal(more, at < count);
		terms.after = &last;
	}
	assert_int_equal(at, count);
}

static void test_model(void **state)
{
	AUTO(queue_index) x = queue_index_new((size_t)MODEL * 2);
	struct model model = {0};
	unsigned seed = 11, in = 0;

	(void)state;
	for (unsigned step = 0; step < 30000; step++) {
		unsigned n = (unsigned)rand_r(&seed) % MODEL;
		struct exim_id id = id_of(n);
		char letter = "\0abc"[n % 4];
		unsigned folder = (unsigned)queue_index_folder(x, n % 5 == 0 ? "held" : "", letter);
		if (rand_r(&seed) % 5 < 3) {
			put_model(x, &model, n, folder, &seed);
		} else {
			queue_index_remove(x, folder, &id);
			model.is_in[n] = false;
		}
		assert_int_equal(queue_index_has(x, folder, &id), model.is_in[n]);
		if (step % 100 == 0)
			check_search(x, &model, (unsigned)rand_r(&seed) % 6, step % 200 == 0);
	}
	unsigned damaged = 0;
	for (unsigned n = 0; n < MODEL; n++) {
		in += model.is_in[n];
		damaged += model.is_in[n] && n % 7 == 0;
	}
	assert_int_equal(queue_index_count(x), in);
	assert_int_equal(queue_index_damaged(x), damaged);
	assert_true(queue_index_memory(x) < (size_t)6 << 20);
}

/* A cursor is of what was given, whatever comes and goes: what is there all the time is given once.
 */
static void test_cursor(void **state)
{
	AUTO(queue_index) x = queue_index_new(5000);
	unsigned folder = (unsigned)queue_index_folder(x, "", 0), seed = 5, given = 0;
	struct queue_search_terms terms = {.limit = 20};
	bool was_given[1000] = {0}, more = true;
	struct queue_place last;

	(void)state;
	for (unsigned n = 0; n < 1000; n++) {
		struct queue_index_message m = message_of(n, folder);
		assert_true(queue_index_put(x, &m));
	}
	while (more) {
		AUTO(queue_search) s = queue_search_new(x, &terms);
		struct queue_index_message m;
		for (bool goes = true; goes;) { /* the odd ones come and go */
			goes = queue_search_go(s, 30);
			unsigned n = (unsigned)rand_r(&seed) % 500 * 2 + 1;
			struct exim_id id = id_of(n);
			m = message_of(n, folder);
			if (rand_r(&seed) % 2 == 0)
				(void)queue_index_put(x, &m);
			else
				queue_index_remove(x, folder, &id);
			unsigned same = (unsigned)rand_r(&seed) % 500 * 2;
			m = message_of(same, folder);
			assert_true(queue_index_put(x, &m)); /* written anew */
		}
		while (queue_search_next(s, &m, &last)) {
			unsigned n = (unsigned)strtoul(m.id.text + 7, NULL, 10);
			assert_false(was_given[n]);
			was_given[n] = true;
			given += n % 2 == 0;
		}
		more = queue_search_has_more(s);
		terms.after = &last;
	}
	assert_int_equal(given, 500);
}

/* Room that was freed is used again. */
static void test_room(void **state)
{
	AUTO(queue_index) x = queue_index_new(20000);
	unsigned folder = (unsigned)queue_index_folder(x, "", 0);
	size_t most = 0;

	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		struct queue_index_message m = message_of(n, folder);
		struct exim_id gone = id_of(n >= 10000 ? n - 10000 : 0);
		assert_true(queue_index_put(x, &m));
		if (n >= 10000 && (n - 10000) % 100 != 0)
			queue_index_remove(x, folder, &gone);
		if (queue_index_memory(x) > most)
			most = queue_index_memory(x);
	}
	assert_int_equal(queue_index_count(x), 10000 + 1900);
	assert_true(most < (size_t)12 << 20);
	assert_string_equal(found_in(x, QUEUE_SEARCH_ID, "1a0300-000300"), "1a0300-000300-A0 ");
	assert_string_equal(found_in(x, QUEUE_SEARCH_ID, "1a0302-000302"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

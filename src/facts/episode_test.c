#include "facts/episode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT (INT64_C(1795436837) * 1000000)

static void test_fading(void **state)
{
	struct episode e = {.dead = 8, .strangers = 100, .network_level = 5, .messages = 7};

	(void)state;
	episode_note(&e, 3)->bits = 12;
	episode_fade(&e, AT);
	assert_true(e.dead == 8); /* the first time only sets the clock */
	episode_fade(&e, AT + 1000000);
	assert_true(e.dead == 8);
	episode_fade(&e, AT + EPISODE_HALF_US);
	assert_true(e.dead > 3.99F && e.dead < 4.01F);
	float bits = episode_note(&e, 3)->bits;
	assert_true(bits > 5.99F && bits < 6.01F);
	assert_true(e.strangers > 49.9F && e.strangers < 50.1F);
	assert_true(e.network_level == 5); /* does not fade while it is used */
	assert_int_equal(e.messages, 7);
	episode_fade(&e, AT); /* a line that comes late */
	assert_true(e.dead > 3.99F && e.dead < 4.01F);
	episode_clear(&e);
}

/* What it owns comes back from bytes as it was. */
static void test_bytes(void **state)
{
	struct episode e = {.messages = 3}, again = {0};
	struct codec writer = codec_writer();
	size_t len = 0;

	(void)state;
	for (uint32_t i = 0; i < EPISODE_TEXTS + 2; i++)
		episode_keep_text(&e, &(struct body_sketch){.count = 1, .hashes = {i + 1}});
	assert_int_equal(e.text_count, EPISODE_TEXTS);
	assert_int_equal(e.texts[0].hashes[0], EPISODE_TEXTS + 1); /* the oldest went */
	for (unsigned i = EPISODE_NOTES; i > 0; i--)
		episode_note(&e, i - 1)->bits = (float)i;
	assert_int_equal(e.note_count, EPISODE_NOTES);
	episode_keep_word(&e.link_host, "far.test");
	size_t bytes = episode_bytes(&e);
	episode_code(&e, &writer);
	char *image = codec_take(&writer, &len);
	struct codec reader = codec_reader((struct slice){image, len});
	episode_code(&again, &reader);
	assert_true(codec_is_done(&reader));
	assert_int_equal(episode_bytes(&again), bytes);
	for (unsigned i = 0; i < EPISODE_NOTES; i++)
		assert_true(episode_note(&again, i)->bits == (float)(i + 1));
	assert_int_equal(again.texts[0].hashes[0], EPISODE_TEXTS + 1);
	assert_int_equal(again.next_text, e.next_text);
	assert_string_equal(again.link_host, "far.test");
	assert_null(again.network_text);
	free(image);
	episode_clear(&e);
	episode_clear(&again);
	assert_null(e.notes);
}

static void test_refusers(void **state)
{
	struct episode e = {0};

	(void)state;
	for (uint32_t i = 1; i <= 10; i++)
		assert_int_equal(
			episode_refused_by(&e, i), i < EPISODE_REFUSERS ? i : EPISODE_REFUSERS);
	assert_int_equal(episode_refused_by(&e, 2), EPISODE_REFUSERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fading),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_refusers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "reports/source_past.h"

#include "base/memory.h"
#include "incidents/ledger_store.h"
#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY INT64_C(20782) /* 2026-11-25 */
#define NOW (DAY * 86400 + 5000)

static struct source ann(void)
{
	struct source source;

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	return source;
}

static void save(const char *state)
{
	static const struct source_day days[] = {{(uint16_t)(DAY - 300), 1, 99999, 7, 1},
		{(uint16_t)(DAY - 27), 2, 10, 0, 0}, {(uint16_t)(DAY - 1), 3, 4812, 2, 0},
		{(uint16_t)DAY, 1, 1, 1, 2}};
	const struct source source = ann();
	char folder[FOLDER_PATH_MAX];
	struct day_store *s = NULL;
	struct problem p = {0};

	(void)snprintf(folder, sizeof(folder), "%s/" LEDGER_STORE_FOLDER, state);
	assert_int_equal(day_store_open(folder, &s, &p), 0);
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		assert_int_equal(day_store_put(s, &source, &days[i], &p), 0);
	assert_int_equal(day_store_commit(s, NOW, &p), 0);
	day_store_free(s);
}

/* What is printed of it; the caller frees it. */
static char *page(const struct source_past *past, bool unicode)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const struct terminal t = {.out = out, .width = 80};

	source_past_print(&t, past, NOW, unicode);
	(void)fclose(out);
	return text;
}

static void test_known(void **state)
{
	const struct source source = ann();
	struct source_past past;
	struct problem p = {0};

	folder_make(*state, LEDGER_STORE_FOLDER);
	save(*state);
	assert_int_equal(source_past_read(*state, &source, NOW, &past, &p), 0);
	json_t *o = source_past_json(&past);
	assert_int_equal(json_array_size(o), 4);
	const json_t *last = json_array_get(o, 3);
	assert_string_equal(json_string_value(json_object_get(last, "day")), "2026-11-25");
	assert_int_equal(json_integer_value(json_object_get(last, "messages")), 1);
	assert_int_equal(json_integer_value(json_object_get(last, "recipients")), 1);
	assert_int_equal(json_integer_value(json_object_get(last, "failed")), 1);
	assert_int_equal(json_integer_value(json_object_get(last, "complaints")), 2);
	json_decref(o);

	char *text = page(&past, true);
	assert_non_null(strstr(text, "|\xe2\x96\x81 "));
	assert_non_null(strstr(text, " \xe2\x96\x88\xe2\x96\x81|"));
	assert_non_null(strstr(text, "at most 4,812, on 2026-11-24"));
	assert_non_null(strstr(text, "3 of their deliveries failed"));
	assert_non_null(strstr(text, "complaints: 2"));
	free(text);
	text = page(&past, false);
	assert_non_null(strstr(text, "|.                         #.|"));
	free(text);
}

/* Nothing was saved: no days, which is known. What cannot be read is not known. */
static void test_none_and_unknown(void **state)
{
	const struct source source = ann();
	struct source_past past;
	struct problem p = {0};

	folder_make(*state, LEDGER_STORE_FOLDER);
	assert_int_equal(source_past_read(*state, &source, NOW, &past, &p), 0);
	json_t *o = source_past_json(&past);
	assert_int_equal(json_array_size(o), 0);
	json_decref(o);
	char *text = page(&past, true);
	assert_string_equal(text, "");
	free(text);
	folder_write(*state, LEDGER_STORE_FOLDER "/" DAY_STORE_NAME,
		"this is no database, but long enough to be one");
	assert_int_equal(source_past_read(*state, &source, NOW, &past, &p), -EBADMSG);
	assert_non_null(strstr(p.text, DAY_STORE_NAME));
	assert_null(source_past_json(&past));
}

/* One day is no past. */
static void test_one_day(void **state)
{
	struct source_past past = {.is_known = true, .count = 1};
	char *text;

	(void)state;
	past.days[0] = (struct source_day){.day = (uint16_t)DAY, .messages = 1, .recipients = 1};
	text = page(&past, true);
	assert_string_equal(text, "");
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known),
		TEST(test_none_and_unknown),
		cmocka_unit_test(test_one_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "reports/kept_replays.h"

#include "base/json_text.h"
#include "base/sketch.h"
#include "tests/folder.h"
#include "tests/hindsight_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT INT64_C(1790000000) /* 2026-09-21 14:13:20 UTC */
#define ID "20260921T141320Z"

static const char *state_of(void *const *state, char at[FOLDER_PATH_MAX])
{
	assert_true(
		snprintf(at, FOLDER_PATH_MAX, "%s/state", (const char *)*state) < FOLDER_PATH_MAX);
	return at;
}

/* A new object of a replay that found one thief, whose name is hostile. */
static json_t *object_of_story(const char *const *logs, size_t log_count)
{
	static const struct journal_who ann = {.user = "root", .sudo_user = "ann"};
	const struct watch_settings settings = {0};
	const struct hindsight_view view = {.contain_bits = 21.5, .alpha = 0.0001, .left_out = 3};
	const struct replay_run run = {
		.at = AT, .who = &ann, .logs = logs, .log_count = log_count, .until_us = INT64_MAX};

	hash_set_seed(3);
	AUTO(watch) w = watch_new(&settings);
	AUTO(hindsight) h = hindsight_story(w, NULL, NULL);
	return kept_replay_object(h, &view, &run);
}

static void keep(const char *folder, int64_t at, char id[KEPT_REPLAY_ID])
{
	struct problem p = {0};
	json_t *o = json_object();

	json_put(o, "at", json_time(at));
	if (kept_replays_add(folder, at, o, id, &p) < 0)
		fail_msg("%s", p.text);
	json_decref(o);
}

static const char *text_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "(null)";
}

static json_int_t number_at(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void test_object(void **state)
{
	const char *const logs[] = {"/var/log/\x1b[2J", "b"};
	json_t *o = object_of_story(logs, 2);
	const json_t *f = json_array_get(json_object_get(o, "findings"), 0);

	(void)state;
	assert_string_equal(text_at(o, "at"), "2026-09-21T14:13:20Z");
	assert_string_equal(text_at(o, "who"), "root (sudo by ann)");
	assert_int_equal(json_array_size(json_object_get(o, "logs")), 2);
	assert_true(json_is_null(json_object_get(o, "since")));
	assert_true(json_is_null(json_object_get(o, "until")));
	assert_int_equal(number_at(o, "contained"), 1);
	assert_int_equal(number_at(o, "near"), 0);
	assert_int_equal(number_at(o, "left_out"), 3);
	assert_int_equal(number_at(o, "findings_left_out"), 0);
	assert_int_equal(json_array_size(json_object_get(o, "findings")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "near_ones")), 0);
	assert_string_equal(text_at(f, "kind"), "script");
	assert_true(number_at(f, "recipients") > 0);
	assert_int_equal(number_at(f, "recipients_stopped"), number_at(o, "recipients_stopped"));
	/* 380 messages of the thief, one recipient each: no message is lost or counted twice */
	assert_true(number_at(f, "recipients") + number_at(f, "recipients_stopped") <= 400);
	assert_true(number_at(f, "recipients_stopped") > 300);
	assert_true(strlen(text_at(f, "why")) > 6);
	json_decref(o);
}

static void test_many_logs(void **state)
{
	const char *logs[KEPT_LOGS + 2];

	(void)state;
	for (size_t i = 0; i < KEPT_LOGS + 2; i++)
		logs[i] = "x";
	json_t *o = object_of_story(logs, KEPT_LOGS + 2);
	assert_int_equal(json_array_size(json_object_get(o, "logs")), KEPT_LOGS);
	assert_int_equal(number_at(o, "logs_left_out"), 2);
	json_decref(o);
}

static void test_kept_and_read(void **state)
{
	const char *const logs[] = {"a"};
	char path[FOLDER_PATH_MAX], id[KEPT_REPLAY_ID], file[FOLDER_PATH_MAX + 60];
	const char *folder = state_of(state, path);
	struct problem p = {0};
	struct stat st;
	json_t *o = object_of_story(logs, 1), *read = NULL;

	assert_int_equal(kept_replays_add(folder, AT, o, id, &p), 0);
	assert_string_equal(id, ID);
	assert_int_equal(kept_replays_read(folder, id, &read, &p), 0);
	assert_true(json_equal(o, read));
	assert_string_equal(text_at(read, "replay"), ID);
	(void)snprintf(file, sizeof(file), "%s/replays/" ID ".json", folder);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)snprintf(file, sizeof(file), "%s/replays", folder);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	json_decref(o);
	json_decref(read);
}

static void test_same_second(void **state)
{
	char path[FOLDER_PATH_MAX], id[KEPT_REPLAY_ID];
	const char *folder = state_of(state, path);
	struct problem p = {0};
	json_t *o = json_object();

	keep(folder, AT, id);
	for (int i = 2; i <= 9; i++)
		keep(folder, AT, id);
	assert_string_equal(id, ID "-9");
	assert_int_equal(kept_replays_add(folder, AT, o, id, &p), -EEXIST);
	json_decref(o);
}

struct list {
	char ids[1000];
	size_t damaged;
};

static void add(void *context, const char *id, json_t *object)
{
	struct list *l = context;
	size_t len = strlen(l->ids);

	(void)snprintf(l->ids + len, sizeof(l->ids) - len, "%s ", id);
	l->damaged += object == NULL;
}

static void test_oldest_goes(void **state)
{
	char path[FOLDER_PATH_MAX], id[KEPT_REPLAY_ID], first[KEPT_REPLAY_ID];
	const char *folder = state_of(state, path);
	struct problem p = {0};
	struct list l = {0};
	json_t *gone = NULL;
	size_t n = 7;

	assert_int_equal(kept_replays_each(folder, add, &l, &n, &p), 0);
	assert_int_equal(n, 0);
	keep(folder, AT, first);
	for (int i = 1; i <= KEPT_REPLAYS_MOST; i++)
		keep(folder, AT + i, id);
	assert_int_equal(kept_replays_each(folder, add, &l, &n, &p), 0);
	assert_int_equal(n, KEPT_REPLAYS_MOST);
	assert_int_equal(strncmp(l.ids, "20260921T141340Z 20260921T141339Z ", 34), 0);
	assert_null(strstr(l.ids, first));
	assert_int_equal(kept_replays_read(folder, first, &gone, &p), -ENOENT);
	assert_null(gone);
}

static void test_damaged_and_strange(void **state)
{
	static const char *const no_ids[] = {"", "x", "../" ID, ID "-1", ID "-10", ID "x",
		"20260921T141320", "20260921 141320Z", "2026092111413200Z", ID "/", "-" ID};
	char path[FOLDER_PATH_MAX], id[KEPT_REPLAY_ID];
	const char *folder = state_of(state, path);
	struct problem p = {0};
	struct list l = {0};
	json_t *o = NULL;
	size_t n = 0;

	keep(folder, AT, id);
	folder_write(*state, "state/replays/20260921T141321Z.json", "{\"at\":");
	folder_write(*state, "state/replays/20260921T141322Z.json", "[]");
	folder_write(*state, "state/replays/notes.json", "{}");
	folder_write(*state, "state/replays/20260921T141323Z.json.stanch-new", "{}");
	assert_int_equal(kept_replays_each(folder, add, &l, &n, &p), 0);
	assert_int_equal(n, 3);
	assert_int_equal(l.damaged, 2);
	assert_int_equal(kept_replays_read(folder, "20260921T141322Z", &o, &p), -EBADMSG);
	for (size_t i = 0; i < sizeof(no_ids) / sizeof(no_ids[0]); i++)
		if (kept_replays_read(folder, no_ids[i], &o, &p) != -EINVAL)
			fail_msg("\"%s\" is no id", no_ids[i]);
	assert_null(o);
}

static void test_folder_of_others(void **state)
{
	char path[FOLDER_PATH_MAX], id[KEPT_REPLAY_ID], replays[FOLDER_PATH_MAX + 60];
	const char *folder = state_of(state, path);
	struct problem p = {0};
	json_t *o = json_object();

	keep(folder, AT, id);
	(void)snprintf(replays, sizeof(replays), "%s/replays", folder);
	assert_int_equal(chmod(replays, 0777), 0);
	assert_int_equal(kept_replays_add(folder, AT + 1, o, id, &p), -EPERM);
	json_decref(o);
}

static void check_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
}

static void test_shown(void **state)
{
	const char *const logs[] = {"/var/log/\x1b[2J"};
	json_t *o = object_of_story(logs, 1);
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const struct terminal t = {out, false, 0};

	(void)state;
	json_put(o, "replay", json_string(ID));
	kept_replay_print_row(&t, o, true);
	kept_replay_print(&t, o);
	(void)fclose(out);
	check_plain(text);
	assert_non_null(strstr(text, ID "            1       0"));
	assert_non_null(strstr(text, "/var/log/\\x1b[2J"));
	assert_non_null(strstr(text, "Would have been contained: 1"));
	assert_non_null(strstr(text, "Came near: 0"));
	assert_non_null(strstr(text, "3 lines could not be read"));
	free(text);

	out = open_memstream(&text, &len);
	kept_replay_print_json(out, o, false);
	(void)fclose(out);
	check_plain(text);
	assert_null(strstr(text, "\"findings\""));
	assert_non_null(strstr(text, "\"findings_left_out\""));
	free(text);
	out = open_memstream(&text, &len);
	kept_replay_print_json(out, o, true);
	(void)fclose(out);
	assert_non_null(strstr(text, "\"findings\""));
	free(text);
	json_decref(o);
}

/* A file that was changed by hand: nothing is taken for 0. */
static void test_shown_damaged(void **state)
{
	json_t *o = json_loads("{\"contained\":-1,\"near\":\"7\",\"logs\":[7],\"findings\":[{}],"
			       "\"near_ones\":{}}",
		0, NULL);
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const struct terminal t = {out, false, 0};

	(void)state;
	kept_replay_print_row(&t, o, false);
	kept_replay_print(&t, o);
	(void)fclose(out);
	check_plain(text);
	assert_non_null(strstr(text, "Would have been contained: ?"));
	assert_non_null(strstr(text, "after ? messages to ? recipients"));
	free(text);
	json_decref(o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_many_logs),
		TEST(test_kept_and_read),
		TEST(test_same_second),
		TEST(test_oldest_goes),
		TEST(test_damaged_and_strange),
		TEST(test_folder_of_others),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_shown_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

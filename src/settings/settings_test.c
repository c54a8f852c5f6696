#include "settings/settings.h"

#include "base/json_text.h"
#include "base/units.h"
#include "settings/table.h"
#include "tests/folder.h"

#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static size_t row_count(void)
{
	size_t n = 0;

	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at))
		n++;
	return n;
}

static const struct setting_row *row_at(struct setting_at at)
{
	return setting_row(&settings_table, at);
}

/* ---- the table ---- */

static void test_names(void **state)
{
	(void)state;
	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at)) {
		const struct setting_row *row = row_at(at);
		assert_true(strlen(row->name) < SETTING_NAME_MAX);
		assert_true(slice_is(setting_row_group(row), settings_table.groups[at.group].name));
		for (const char *c = setting_row_own_name(row); *c != '\0'; c++)
			assert_true(islower((unsigned char)*c) || *c == '_');
		for (struct setting_at other = {0}; setting_there(&settings_table, other);
			other = setting_next(&settings_table, other))
			if (other.group != at.group || other.row != at.row)
				assert_string_not_equal(row->name, row_at(other)->name);
	}
}

static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < settings_table.count; i++) {
		const char *help = settings_table.groups[i].help;
		assert_int_equal(help[strlen(help) - 1], '.');
		assert_true(settings_table.groups[i].count > 0);
	}
	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at)) {
		const char *help = row_at(at)->help;
		assert_int_equal(help[strlen(help) - 1], '.');
	}
}

/* Two rows that fill the same member would be seen in no other test. */
static void test_offsets(void **state)
{
	(void)state;
	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at)) {
		assert_true(row_at(at)->offset < sizeof(struct settings_values));
		for (struct setting_at other = {0}; setting_there(&settings_table, other);
			other = setting_next(&settings_table, other))
			if (other.group != at.group || other.row != at.row)
				assert_true(row_at(at)->offset != row_at(other)->offset);
	}
}

/* What is written for a number of the row's kind. */
static char *written(const struct setting_row *row, uint64_t n, char at[UNITS_TEXT])
{
	if (row->kind == SETTING_SECONDS)
		return units_age_written((int64_t)n, at);
	if (row->kind == SETTING_BYTES)
		return units_size_written(n, at);
	(void)snprintf(at, UNITS_TEXT, "%" PRIu64, n);
	return at;
}

static uint64_t number_of(const struct setting_row *row, const char *bound)
{
	struct setting_row free_row = *row;
	struct setting_value v = {0};

	free_row.least = free_row.most = NULL;
	assert_int_equal(setting_read(&free_row, slice_of(bound), &v, NULL), 0);
	return v.number;
}

static void assert_number(const struct setting_row *row, uint64_t n, bool want)
{
	struct setting_value v;
	char at[UNITS_TEXT];

	if ((setting_read(row, slice_of(written(row, n, at)), &v, NULL) == 0) != want)
		fail_msg("%s = %s: want it %s", row->name, at, want ? "read" : "refused");
}

static void test_bounds_of_numbers(void **state)
{
	(void)state;
	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at)) {
		const struct setting_row *row = row_at(at);
		if (row->kind != SETTING_COUNT && row->kind != SETTING_SECONDS &&
			row->kind != SETTING_BYTES)
			continue;
		assert_non_null(row->least);
		assert_non_null(row->most);
		uint64_t least = number_of(row, row->least), most = number_of(row, row->most);
		assert_true(least < most);
		assert_number(row, least, true);
		assert_number(row, most, true);
		assert_number(row, most + 1, false);
		if (least > 0)
			assert_number(row, least - 1, false);
	}
}

static const struct bound_case {
	const char *text;
	bool want;
} bound_cases[] = {
	{"detect { alpha = 0.000000001 }", true},
	{"detect { alpha = 0.0000000009 }", false},
	{"detect { alpha = 0.1 }", true},
	{"detect { alpha = 0.100000000001 }", false},
	{"brake { share = 0 }", true},
	{"brake { share = 1 }", true},
	{"brake { share = 1.1 }", false},
	{"hold { quiet_time = 59s }", false},
	{"hold { quiet_time = 1m }", true},
	{"daemon { memory = 31M }", false},
	{"daemon { memory = 32M }", true},
	{"daemon { user = root }", true},
	{"daemon { user = -x }", false},
	{"general { hold_queue = a.b }", true},
	{"general { hold_queue = \"a/b\" }", false},
	{"general { hold_queue = \"\" }", false},
	{"general { state = \"\" }", false},
	{"general { spool = \"\" }", true},
	{"log { files = {/a, /b} }", true},
	{"log { files = {/a, b} }", false},
	{"rspamd { url = localhost }", false},
};

static void write_conf(const char *top, const char *text, char path[FOLDER_PATH_MAX])
{
	(void)snprintf(path, FOLDER_PATH_MAX, "%s/stanch.conf", top);
	folder_write(top, "stanch.conf", text);
	assert_int_equal(chmod(path, 0644), 0);
}

static void test_bounds(void **state)
{
	for (size_t i = 0; i < sizeof(bound_cases) / sizeof(bound_cases[0]); i++) {
		char path[FOLDER_PATH_MAX];
		struct settings *got = NULL;
		write_conf(*state, bound_cases[i].text, path);
		int r = settings_read(path, &got, NULL);
		if (r != (bound_cases[i].want ? 0 : -EBADMSG))
			fail_msg("%s: got %d", bound_cases[i].text, r);
		assert_int_equal(got != NULL, r == 0);
		settings_free(got);
	}
}

static void assert_socket_length(const char *top, size_t len, int want)
{
	char path[FOLDER_PATH_MAX], text[256], socket[128] = "/";
	struct settings *got = NULL;

	memset(socket + 1, 'x', len - 1);
	(void)snprintf(text, sizeof(text), "control { socket = %s }", socket);
	write_conf(top, text, path);
	assert_int_equal(settings_read(path, &got, NULL), want);
	settings_free(got);
}

static void test_longest_socket(void **state)
{
	assert_socket_length(*state, 107, 0);
	assert_socket_length(*state, 108, -EBADMSG);
}

/* ---- reading ---- */

static void test_defaults(void **state)
{
	(void)state;
	AUTO(settings) s = settings_new();
	const struct settings_values *v = settings_values(s);

	assert_null(v->general.spool);
	assert_null(v->general.exim);
	assert_null(v->general.exim_config);
	assert_string_equal(v->general.state, "/var/lib/stanch");
	assert_string_equal(v->general.hold_queue, "stanch");
	assert_int_equal(v->log.files.count, 0);
	assert_string_equal(v->log.syslog_name, "exim");
	assert_true(v->detect.alpha > 0.000099 && v->detect.alpha < 0.000101);
	assert_int_equal(v->detect.suspect_bits, 0);
	assert_null(v->detect.networks);
	assert_null(v->detect.hosted);
	assert_int_equal(v->detect.content_lookups, 120);
	assert_null(v->rspamd.url);
	assert_int_equal(v->rspamd.timeout, 2);
	assert_false(v->hold.enabled);
	assert_true(v->hold.backscatter);
	assert_int_equal(v->hold.quiet_time, 900);
	assert_int_equal(v->hold.rescan, 10);
	assert_int_equal(v->brake.per_hour, 10);
	assert_true(v->brake.share > 0.0199 && v->brake.share < 0.0201);
	assert_int_equal(v->retention.ledger, 120 * 86400);
	assert_string_equal(v->policy.socket, "/run/stanch/policy");
	assert_int_equal(v->policy.answer_timeout, 2);
	assert_string_equal(v->control.socket, "/run/stanch/control");
	assert_null(v->control.group);
	assert_null(v->page.listen);
	assert_true(v->page.metrics);
	assert_int_equal(v->page.metrics_from.count, 0);
	assert_null(v->daemon.user);
	assert_string_equal(v->daemon.clerk_user, "nobody");
	assert_int_equal(v->daemon.memory, 256 << 20);
}

static void test_read(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct settings *s = NULL;
	struct problem problem = {""};

	write_conf(*state, "# mine\nhold {\n enabled = yes\n}\nlog { files = {/a, \"/b c\"} }\n",
		path);
	assert_int_equal(settings_read(path, &s, &problem), 0);
	assert_int_equal(unlink(path), 0); /* nothing points into the file */
	assert_true(settings_values(s)->hold.enabled);
	assert_int_equal(settings_values(s)->log.files.count, 2);
	assert_string_equal(settings_values(s)->log.files.at[1], "/b c");
	assert_int_equal(settings_values(s)->hold.quiet_time, 900);
	settings_free(s);
}

static void test_not_read(void **state)
{
	char path[FOLDER_PATH_MAX], want[FOLDER_PATH_MAX + 128];
	struct settings *s = NULL;
	struct problem problem = {""};

	(void)snprintf(path, sizeof(path), "%s/none", (char *)*state);
	assert_int_equal(settings_read(path, &s, &problem), -ENOENT);
	write_conf(*state, "# mine\n\nhold { enabeld = yes }\n", path);
	assert_int_equal(settings_read(path, &s, &problem), -EBADMSG);
	(void)snprintf(want, sizeof(want),
		"%s:3: there is no setting \"hold.enabeld\"; did you mean hold.enabled?", path);
	assert_string_equal(problem.text, want);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(settings_read(path, &s, &problem), -EPERM);
	assert_null(s);
}

/* ---- what is made of it ---- */

static char *text_of(void (*write)(const struct settings *s, FILE *out), const struct settings *s)
{
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);

	write(s, out);
	assert_int_equal(fclose(out), 0);
	return at;
}

static void write_sample(const struct settings *s, FILE *out)
{
	(void)s;
	settings_sample(out);
}

static void write_manual(const struct settings *s, FILE *out)
{
	(void)s;
	settings_manual(out);
}

static void assert_all_default(const char *path, bool want_given)
{
	struct settings *s = NULL;
	struct problem problem = {""};
	AUTO(settings) first = settings_new();

	if (settings_read(path, &s, &problem) != 0)
		fail_msg("%s", problem.text);
	char *got = text_of(settings_write, s), *want = text_of(settings_write, first);
	assert_string_equal(got, want);
	free(got);
	free(want);
	json_t *all = settings_json(s), *of_all = json_object_get(all, "settings");
	for (void *i = json_object_iter(of_all); i != NULL; i = json_object_iter_next(of_all, i))
		assert_string_equal(
			json_string_value(json_object_get(json_object_iter_value(i), "from")),
			want_given ? "file" : "default");
	assert_int_equal(json_object_size(json_object_get(all, "settings")), row_count());
	json_decref(all);
	settings_free(s);
}

/* As it is, and with every setting taken out of its comment. */
static void test_sample(void **state)
{
	char path[FOLDER_PATH_MAX], *sample = text_of(write_sample, NULL);

	for (const char *line = sample; (line = strchr(line, '\n')) != NULL; line++)
		assert_true(strcspn(line + 1, "\n") <= 82);
	write_conf(*state, sample, path);
	assert_all_default(path, false);
	for (char *c = sample; (c = strstr(c, "\t#")) != NULL; c++)
		if (c[2] != ' ')
			c[1] = '\t';
	write_conf(*state, sample, path);
	assert_all_default(path, true);
	free(sample);
}

/* Comments are wrapped between words. */
static void test_sample_explains_every_setting(void **state)
{
	(void)state;
	char *sample = text_of(write_sample, NULL), *to = sample;

	for (const char *from = sample; *from != '\0'; to++) {
		bool wraps = strncmp(from, "\n\t# ", 4) == 0;
		*to = (char)(wraps ? ' ' : *from);
		from += wraps ? 4 : 1;
	}
	*to = '\0';
	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at))
		assert_non_null(strstr(sample, row_at(at)->help));
	free(sample);
}

static void test_manual_names_every_setting(void **state)
{
	(void)state;
	char *manual = text_of(write_manual, NULL);
	const char *at = manual;

	for (struct setting_at where = {0}; setting_there(&settings_table, where);
		where = setting_next(&settings_table, where)) {
		const struct setting_row *row = row_at(where);
		char want[128];
		if (where.row == 0) {
			(void)snprintf(want, sizeof(want), ".Ss %s\n",
				settings_table.groups[where.group].name);
			at = strstr(at, want);
			assert_non_null(at);
		}
		(void)snprintf(want, sizeof(want), ".It Ic %s\n", setting_row_own_name(row));
		at = strstr(at, want);
		assert_non_null(at);
		const char *end = strstr(at, "\n.It");
		const char *initial = row->initial[0] != '\0' ? strstr(at, row->initial)
							      : strstr(at, "by default empty");
		assert_non_null(initial);
		assert_true(end == NULL || initial < end);
	}
	free(manual);
}

static void assert_json(const json_t *all, const char *name, const char *want)
{
	char *got = json_dumps(json_object_get(json_object_get(all, "settings"), name),
		JSON_COMPACT | JSON_REAL_PRECISION(6));

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void test_json(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct settings *s = NULL;

	write_conf(*state,
		"hold {\n enabled = yes\n}\n"
		"rspamd { url = \"http://x\" }\ndaemon { memory = 1G }\n"
		"log { files = {'/\xff'} }\n",
		path);
	assert_int_equal(settings_read(path, &s, NULL), 0);
	json_t *all = settings_json(s);
	assert_string_equal(json_string_value(json_object_get(all, "file")), path);
	assert_json(all, "hold.enabled", "{\"value\":true,\"from\":\"file\",\"line\":2}");
	assert_json(all, "hold.backscatter", "{\"value\":true,\"from\":\"default\"}");
	assert_json(all, "hold.quiet_time",
		"{\"value\":900,\"unit\":\"seconds\",\"from\":\"default\"}");
	assert_json(all, "daemon.memory",
		"{\"value\":1073741824,\"unit\":\"bytes\",\"from\":\"file\",\"line\":5}");
	assert_json(all, "brake.share", "{\"value\":0.02,\"from\":\"default\"}");
	assert_json(all, "detect.suspect_bits", "{\"value\":0,\"from\":\"default\"}");
	assert_json(all, "rspamd.url", "{\"value\":\"http://x\",\"from\":\"file\",\"line\":4}");
	assert_json(all, "general.spool", "{\"value\":null,\"from\":\"default\"}");
	assert_json(all, "log.files", "{\"value\":[\"/\\\\xff\"],\"from\":\"file\",\"line\":6}");
	assert_int_equal(json_object_size(json_object_get(all, "settings")), row_count());
	json_decref(all);
	settings_free(s);

	write_conf(*state, "log { files = {} }", path);
	assert_int_equal(settings_read(path, &s, NULL), 0);
	all = settings_json(s);
	assert_json(all, "log.files", "{\"value\":[],\"from\":\"file\"}");
	json_decref(all);
	settings_free(s);

	AUTO(settings) first = settings_new();
	all = settings_json(first);
	assert_true(json_is_null(json_object_get(all, "file")));
	assert_json(all, "log.files", "{\"value\":[],\"from\":\"default\"}");
	json_decref(all);
	settings_free(NULL);
}

/* A mistake that only who knows what the list is for can see is told as all others are. */
static void test_refused_entry(void **state)
{
	struct settings *s = NULL;
	struct problem problem = {"limits.sources: \"b\" is wrong"};
	char path[FOLDER_PATH_MAX], wanted[FOLDER_PATH_MAX + 64];

	write_conf(*state, "limits {\n  sources = {\"a\",\n\n    \"b\"}\n}\n", path);
	assert_int_equal(settings_read(path, &s, NULL), 0);
	assert_int_equal(settings_refuse_entry(s, "limits.sources", 1, &problem), -EBADMSG);
	(void)snprintf(wanted, sizeof(wanted), "%s:4: limits.sources: \"b\" is wrong", path);
	assert_string_equal(problem.text, wanted);
	settings_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_bounds_of_numbers),
		TEST(test_bounds),
		TEST(test_longest_socket),
		cmocka_unit_test(test_defaults),
		TEST(test_read),
		TEST(test_not_read),
		TEST(test_sample),
		cmocka_unit_test(test_sample_explains_every_setting),
		cmocka_unit_test(test_manual_names_every_setting),
		TEST(test_json),
		TEST(test_refused_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

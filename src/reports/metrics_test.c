#include "reports/metrics.h"

#include "base/memory.h"
#include "incidents/measures.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a strict reader of both forms ---- */

#define SAMPLES_MAX 400

struct reading {
	enum metrics_form form;
	char family[100], type[20], unit[20];
	char families[100][100];
	size_t family_count;
	char samples[SAMPLES_MAX][200]; /* name{labels}, of each line */
	double values[SAMPLES_MAX];
	size_t count;
};

static bool is_name(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)at[i]) && at[i] != '_' &&
			(i == 0 || !isdigit((unsigned char)at[i])))
			return false;
	return len > 0;
}

static void begin_family(struct reading *r, const char *name, const char *type)
{
	for (size_t i = 0; i < r->family_count; i++)
		assert_string_not_equal(r->families[i], name);
	assert_true(is_name(name, strlen(name)));
	assert_true(strncmp(name, "stanch_", 7) == 0);
	assert_true(r->family_count < 100);
	(void)snprintf(r->families[r->family_count++], 100, "%s", name);
	(void)snprintf(r->family, sizeof(r->family), "%s", name);
	(void)snprintf(r->type, sizeof(r->type), "%s", type);
	r->unit[0] = '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static void read_comment(struct reading *r, char *line)
{
	char kind[8], name[100];
	int end = 0;

	assert_int_equal(sscanf(line, "# %7s %99s %n", kind, name, &end), 2);
	const char *rest = line + end;
	if (strcmp(kind, "TYPE") == 0) {
		bool is_open = r->form == METRICS_OPEN;
		assert_true(strcmp(rest, "counter") == 0 || strcmp(rest, "gauge") == 0 ||
			    strcmp(rest, "histogram") == 0 ||
			    (is_open && strcmp(rest, "info") == 0));
		/* OpenMetrics has the suffix at the samples only, the older form in the name */
		assert_int_equal(
			ends_with(name, "_total"), !is_open && strcmp(rest, "counter") == 0);
		begin_family(r, name, rest);
		return;
	}
	assert_string_equal(name, r->family);
	if (strcmp(kind, "UNIT") == 0) {
		assert_int_equal(r->form, METRICS_OPEN);
		assert_true(ends_with(name, rest) && name[strlen(name) - strlen(rest) - 1] == '_');
		(void)snprintf(r->unit, sizeof(r->unit), "%s", rest);
		return;
	}
	assert_string_equal(kind, "HELP");
	assert_true(strlen(rest) > 10 && strpbrk(rest, "\\\n\"") == NULL);
}

static void check_suffix(const struct reading *r, const char *name, size_t len)
{
	size_t n = strlen(r->family);
	char suffix[20];

	assert_true(len >= n && strncmp(name, r->family, n) == 0);
	(void)snprintf(suffix, sizeof(suffix), "%.*s", (int)(len - n), name + n);
	if (strcmp(r->type, "histogram") == 0)
		assert_true(strcmp(suffix, "_bucket") == 0 || strcmp(suffix, "_count") == 0 ||
			    strcmp(suffix, "_sum") == 0);
	else if (r->form == METRICS_OPEN && strcmp(r->type, "counter") == 0)
		assert_string_equal(suffix, "_total");
	else if (strcmp(r->type, "info") == 0)
		assert_string_equal(suffix, "_info");
	else
		assert_string_equal(suffix, "");
}

/* Returns what stands behind the labels. */
static const char *read_labels(const char *at)
{
	if (*at != '{')
		return at;
	do {
		at++;
		size_t n = strcspn(at, "=");
		assert_true(is_name(at, n));
		at += n;
		assert_true(strncmp(at, "=\"", 2) == 0);
		at += 2;
		n = strcspn(at, "\"\\\n");
		assert_int_equal(at[n], '"');
		at += n + 1;
	} while (*at == ',');
	assert_int_equal(*at, '}');
	return at + 1;
}

static void read_sample(struct reading *r, const char *line)
{
	size_t len = strcspn(line, "{ ");
	char *end;

	assert_true(is_name(line, len));
	check_suffix(r, line, len);
	const char *value = read_labels(line + len);
	assert_int_equal(*value, ' ');
	assert_true(r->count < SAMPLES_MAX);
	(void)snprintf(r->samples[r->count], 200, "%.*s", (int)(value - line), line);
	for (size_t i = 0; i < r->count; i++)
		assert_string_not_equal(r->samples[i], r->samples[r->count]);
	r->values[r->count] = strtod(value + 1, &end);
	assert_true(end > value + 1 && *end == '\0');
	assert_true(isfinite(r->values[r->count]));
	r->count++;
}

static void read_all(struct reading *r, char *text)
{
	bool has_end = false;
	char *save = NULL;

	assert_true(text[0] != '\0' && text[strlen(text) - 1] == '\n');
	assert_null(strstr(text, "\n\n"));
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		assert_false(has_end);
		has_end = strcmp(line, "# EOF") == 0;
		if (has_end)
			continue;
		if (line[0] == '#')
			read_comment(r, line);
		else
			read_sample(r, line);
	}
	assert_int_equal(has_end, r->form == METRICS_OPEN);
}

static struct reading *reading_of(enum metrics_form form, const struct metrics_view *view)
{
	struct reading *r = memory_new(1, sizeof(*r));
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	r->form = form;
	metrics_write(out, form, view);
	assert_int_equal(fclose(out), 0);
	read_all(r, text);
	free(text);
	return r;
}

static bool has(const struct reading *r, const char *sample, double *ret)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->samples[i], sample) == 0) {
			*ret = r->values[i];
			return true;
		}
	return false;
}

static void check(const struct reading *r, const char *sample, double want)
{
	double got = 0;

	if (!has(r, sample, &got))
		fail_msg("there is no %s", sample);
	if (fabs(got - want) > 1e-9)
		fail_msg("%s is %g and not %g", sample, got, want);
}

static void check_absent(const struct reading *r, const char *part)
{
	for (size_t i = 0; i < r->count; i++)
		if (strstr(r->samples[i], part) != NULL)
			fail_msg("there is %s", r->samples[i]);
}

/* ---- states ---- */

static json_t *state_of(const char *text)
{
	json_error_t error;
	json_t *state = json_loads(text, 0, &error);

	if (state == NULL)
		fail_msg("%s at %d", error.text, error.position);
	return state;
}

static const char whole[] =
	"{\"version\":\"0.1.0\",\"mode\":\"cut off and hold\",\"journal\":true,\"watcher_age\":1,"
	"\"incidents\":{\"suspected\":2,\"waiting\":1,\"contained\":0},"
	"\"verdicts\":{\"nothing\":90,\"suspect\":2,\"contain\":1},"
	"\"memory\":{\"starter\":1048576,\"hand\":2097152,\"watcher\":4194304},"
	"\"measures\":{\"opened\":7,\"last_contained\":1795436837,"
	"\"contained\":{\"daemon\":{\"counts\":[1,0,2,0,0,0,0,0,0,0,0,0,4],\"sum\":400000},"
	"\"person\":{\"counts\":[0,0,0,0,0,0,0,0,0,0,0,0,0],\"sum\":0}},"
	"\"evidence\":{\"many-new\":7,\"dead\":3},"
	"\"actions\":{\"refuse\":{\"done\":3,\"failed\":1},\"tell\":{\"waiting\":12}}},"
	"\"now\":{\"held\":5},"
	"\"watcher\":{\"ready\":true,\"lag_seconds\":3,\"unread_bytes\":70000,\"lost_bytes\":0,"
	"\"lines\":1000,\"damaged_lines\":1,\"facts_by_kind\":{\"accepted\":40,\"delivered\":90},"
	"\"queue_messages\":17,\"queue_lag_ms\":250,\"queue_losses\":0,"
	"\"policy\":{\"questions\":9,\"pass\":6,\"slow\":1,\"refuse\":2,\"wrong\":0,\"late\":0,"
	"\"beyond_limit\":1,\"at_limit\":1},"
	"\"rspamd\":{\"asked\":3,\"answered\":2,\"failed\":1,\"dropped\":0,\"rest_ms\":0}}}";

static void check_whole(enum metrics_form form)
{
	json_t *state = state_of(whole);
	const struct metrics_view view = {state, true, 0.25, 3145728};
	struct reading *r = reading_of(form, &view);

	check(r, "stanch_build_info{version=\"" STANCH_VERSION "\"}", 1);
	check(r, "stanch_up", 1);
	check(r, "stanch_state_age_seconds", 0.25);
	check(r, "stanch_mode_info{mode=\"cut off and hold\"}", 1);
	check(r, "stanch_journal_usable", 1);
	check(r, "stanch_incidents{state=\"suspected\"}", 2);
	check(r, "stanch_incidents{state=\"contained\"}", 0);
	check(r, "stanch_sources{verdict=\"nothing\"}", 90);
	check(r, "stanch_process_resident_memory_bytes{part=\"watcher\"}", 4194304);
	check(r, "stanch_process_resident_memory_bytes{part=\"clerk\"}", 3145728);
	check(r, "stanch_incidents_opened_total", 7);
	check(r, "stanch_last_containment_timestamp_seconds", 1795436837);
	check(r, "stanch_containment_evidence_total{detector=\"many-new\"}", 7);
	check(r, "stanch_action_steps_total{responder=\"refuse\",outcome=\"failed\"}", 1);
	check(r, "stanch_action_steps_total{responder=\"tell\",outcome=\"waiting\"}", 12);
	check(r, "stanch_facts_total{kind=\"delivered\"}", 90);
	check(r, "stanch_queue_messages", 17);
	check(r, "stanch_held_messages", 5);
	check(r, "stanch_queue_lag_seconds", 0.25);
	check(r, "stanch_log_lag_seconds", 3);
	check(r, "stanch_log_unread_bytes", 70000);
	check(r, "stanch_policy_answers_total{answer=\"refuse\"}", 2);
	check_absent(r, "answer=\"wrong\"");
	check_absent(r, "answer=\"questions\"");
	check(r, "stanch_policy_wrong_total", 0);
	check(r, "stanch_policy_beyond_limit_total", 1);
	check(r, "stanch_rspamd_messages_total{outcome=\"failed\"}", 1);
	free(r);
	json_decref(state);
}

static void test_whole(void **state)
{
	(void)state;
	check_whole(METRICS_OPEN);
	check_whole(METRICS_PLAIN);
}

/* Each bucket has what is in those below. */
static void test_histogram(void **state)
{
	json_t *o = state_of(whole);
	const struct metrics_view view = {o, true, 0, 0};
	struct reading *r = reading_of(METRICS_OPEN, &view);
	const char *name = "stanch_containment_delay_seconds_bucket{by=\"daemon\",le=\"%d.0\"}";
	char sample[200];

	(void)state;
	for (size_t i = 0; i < MEASURES_DELAYS; i++) {
		(void)snprintf(sample, sizeof(sample), name, (int)measures_delay_bounds[i]);
		check(r, sample, i < 2 ? 1 : 3);
	}
	check(r, "stanch_containment_delay_seconds_bucket{by=\"daemon\",le=\"+Inf\"}", 7);
	check(r, "stanch_containment_delay_seconds_count{by=\"daemon\"}", 7);
	check(r, "stanch_containment_delay_seconds_sum{by=\"daemon\"}", 400000);
	check(r, "stanch_containment_delay_seconds_count{by=\"person\"}", 0);
	free(r);
	json_decref(o);
}

/* Nothing is said of what is old, and no zero stands for it. */
static void test_stale(void **state)
{
	const struct metrics_view never = {NULL, false, 0, 4096}, old = {NULL, true, 75.5, 4096};

	(void)state;
	for (int form = METRICS_OPEN; form <= METRICS_PLAIN; form++) {
		struct reading *r = reading_of((enum metrics_form)form, &never);
		check(r, "stanch_up", 0);
		check_absent(r, "stanch_state_age");
		assert_int_equal(r->count, 3);
		free(r);
		r = reading_of((enum metrics_form)form, &old);
		check(r, "stanch_up", 0);
		check(r, "stanch_state_age_seconds", 75.5);
		check(r, "stanch_build_info{version=\"" STANCH_VERSION "\"}", 1);
		check(r, "stanch_process_resident_memory_bytes{part=\"clerk\"}", 4096);
		assert_int_equal(r->count, 4);
		free(r);
	}
}

/* The hand is well, and the watcher is silent. */
static void test_silent_watcher(void **state)
{
	json_t *o = state_of(whole);
	const struct metrics_view view = {o, true, 2, 0};

	(void)state;
	json_object_set_new(o, "watcher_age", json_integer(METRICS_WATCHER_STALE_S - 1));
	struct reading *r = reading_of(METRICS_OPEN, &view);
	check(r, "stanch_up", 1);
	check(r, "stanch_watcher_age_seconds", METRICS_WATCHER_STALE_S - 1);
	check(r, "stanch_incidents{state=\"waiting\"}", 1);
	check_absent(r, "stanch_log");
	check_absent(r, "stanch_facts");
	check_absent(r, "stanch_sources");
	free(r);
	json_object_set_new(o, "watcher_age", json_null());
	r = reading_of(METRICS_OPEN, &view);
	check_absent(r, "stanch_watcher");
	check_absent(r, "stanch_queue");
	free(r);
	json_decref(o);
}

/* What a part does not know yet, or says in another form, is left out with its family. */
static void test_left_out(void **state)
{
	json_t *o = state_of("{\"journal\":\"yes\",\"mode\":5,\"watcher_age\":0,\"incidents\":[1],"
			     "\"now\":{\"held\":null},"
			     "\"measures\":{\"contained\":{\"daemon\":{\"counts\":[1]}},"
			     "\"actions\":{\"refuse\":4},\"last_contained\":null},"
			     "\"watcher\":{\"ready\":null,\"queue_messages\":null,\"policy\":7}}");
	const struct metrics_view view = {o, true, 0, 0};
	struct reading *r = reading_of(METRICS_OPEN, &view);

	(void)state;
	check(r, "stanch_up", 1);
	check(r, "stanch_watcher_age_seconds", 0);
	assert_int_equal(r->count, 4);
	assert_int_equal(r->family_count, 4);
	free(r);
	json_decref(o);
}

static void test_labels_are_bounded(void **state)
{
	json_t *o = state_of("{}"), *incidents = json_object();
	const struct metrics_view view = {o, true, 0, 0};
	char key[24];

	(void)state;
	json_object_set_new(o, "incidents", incidents);
	for (int i = 0; i < 3 * METRICS_LABELS_MOST; i++) {
		(void)snprintf(key, sizeof(key), "state %d", i);
		json_object_set_new(incidents, key, json_integer(1));
	}
	struct reading *r = reading_of(METRICS_OPEN, &view);
	assert_int_equal(r->count, 3 + METRICS_LABELS_MOST);
	free(r);

	static const char *const foreign[] = {"", "a\"b", "a\\b", "a\nb", "ann@shop.test",
		"12345678901234567890123456789012345678901"};
	json_object_clear(incidents);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		json_object_set_new(incidents, foreign[i], json_integer(1));
	r = reading_of(METRICS_OPEN, &view);
	assert_int_equal(r->count, 3);
	free(r);
	json_decref(o);
}

/* ---- what is written about them ---- */

static char *file_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = memory_new(1, (size_t)1 << 20);

	if (f == NULL)
		fail_msg("there is no %s", path);
	assert_true(fread(text, 1, ((size_t)1 << 20) - 1, f) > 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void test_documented(void **state)
{
	char *page = file_text(SOURCE_ROOT "/docs/metrics.md");

	(void)state;
	for (size_t i = 0; i < metrics_count(); i++) {
		char *line = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&line, &len);

		metrics_document(i, out);
		assert_int_equal(fclose(out), 0);
		if (strstr(page, line) == NULL)
			fail_msg("docs/metrics.md lacks the line\n%s", line);
		free(line);
	}
	free(page);
}

static bool is_there(const char *name, size_t len)
{
	static const char *const suffixes[] = {"", "_total", "_info", "_bucket", "_count", "_sum"};
	char all[120];

	for (size_t i = 0; i < metrics_count(); i++)
		for (size_t s = 0; s < sizeof(suffixes) / sizeof(suffixes[0]); s++) {
			(void)snprintf(all, sizeof(all), "%s%s", metrics_name(i), suffixes[s]);
			if (strlen(all) == len && strncmp(all, name, len) == 0)
				return true;
		}
	return false;
}

/* Rules and dashboards ask for nothing that is not there. */
static void check_names(const char *path)
{
	char *text = file_text(path);
	unsigned seen = 0;

	for (const char *at = text; (at = strstr(at, "stanch_")) != NULL; seen++) {
		size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		if (!is_there(at, len))
			fail_msg("%s asks for %.*s", path, (int)len, at);
		at += len;
	}
	assert_true(seen > 5);
	free(text);
}

static void test_shipped(void **state)
{
	(void)state;
	check_names(SOURCE_ROOT "/packaging/prometheus/stanch.rules.yml");
	check_names(SOURCE_ROOT "/packaging/grafana/stanch.json");
	json_t *dashboard = json_load_file(
		SOURCE_ROOT "/packaging/grafana/stanch.json", JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(dashboard);
	assert_true(json_array_size(json_object_get(dashboard, "panels")) > 5);
	json_decref(dashboard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_silent_watcher),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_labels_are_bounded),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

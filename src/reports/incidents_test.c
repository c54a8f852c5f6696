#include "reports/incidents.h"

#include "base/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT     INT64_C(1790000000)
#define SECOND INT64_C(1000000)

/* Its source, its words, its sentence and its ids are hostile. */
static void fill(struct incident_story *s, struct incident_story_step *step)
{
	*s = (struct incident_story){.incident = {.number = 7,
					     .state = INCIDENT_CLEAN,
					     .opened = AT,
					     .changed = AT + 60,
					     .contained = AT + 30,
					     .score = 30.5,
					     .threshold = 21.5,
					     .messages = 12,
					     .recipients = 60,
					     .held = 12}};
	source_set(&s->incident.source, SOURCE_SCRIPT, slice_of("/home/a/\x1b[2J\"s<b>\xff.php"));
	*step = (struct incident_story_step){.row = {.at = AT + 30,
						     .event = INCIDENT_VERDICT,
						     .from = INCIDENT_SUSPECTED,
						     .to = INCIDENT_CONTAINED,
						     .words = "so\x1b]0;x\x07\n"}};
	s->steps = step;
	s->step_count = 1;
	s->evidence[0] = (struct evidence){.detector = "burst", .bits = 12.5};
	(void)snprintf(s->evidence[0].text, sizeof(s->evidence[0].text), "60 \x1b[31m strangers");
	(void)snprintf(s->evidence[0].ids[0], sizeof(s->evidence[0].ids[0]), "1\x1b-0");
	s->evidence[0].id_count = 1;
	s->evidence_count = 1;
	s->holds[0] = 3;
	s->hold_count = 1;
	for (int i = 0; i < 10; i++)
		s->scores[i] = (struct incident_score){(AT + i) * SECOND, 3.05 * (i + 1)};
	s->score_count = 10;
}

static const struct incidents_view plain = {.now = AT + 100, .hints = true, .options = ""};

typedef void print(
	const struct terminal *t, const struct incident_story *s, const struct incidents_view *v);

/* Into *ret_text, which the caller frees. */
static void printed(print *page, const struct incident_story *s, const struct incidents_view *view,
	unsigned width, char **ret_text)
{
	size_t len;
	FILE *out = open_memstream(ret_text, &len);
	const struct terminal t = {out, false, width};

	page(&t, s, view);
	(void)fclose(out);
}

static void check_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
}

static void test_page(void **state)
{
	struct incident_story s;
	struct incident_story_step step;

	(void)state;
	fill(&s, &step);
	char *text;
	printed(incident_print, &s, &plain, 80, &text);
	check_plain(text);
	assert_non_null(strstr(text, "contained by the daemon: so"));
	assert_non_null(strstr(text, "held: 12 messages, in hold 3"));
	assert_non_null(strstr(text, "stanch incident release 7"));
	assert_null(strstr(text, "incident hold 7")); /* it cannot be now */
	free(text);

	const struct incidents_view quiet = {.now = AT, .options = ""};
	printed(incident_print, &s, &quiet, 80, &text);
	assert_null(strstr(text, "stanch incident"));
	free(text);
}

/* What was done stands among the steps by its time, and words of other systems change nothing. */
static void test_deeds(void **state)
{
	char hostile[] = "said \x1b[2J no", calm[] = "refused";
	struct incident_story_deed deeds[] = {{AT + 10, ACTION_DONE, "refuse", calm},
		{AT + 40, ACTION_WAITING, "secret", hostile}};
	struct incident_story s;
	struct incident_story_step step;
	char *text;

	(void)state;
	fill(&s, &step);
	s.deeds = deeds;
	s.deed_count = 2;
	printed(incident_print, &s, &plain, 80, &text);
	check_plain(text);
	const char *refused = strstr(text, "refuse done: refused"),
		   *contained = strstr(text, "contained by"),
		   *waiting = strstr(text, "secret waiting: said \\x1b[2J no");
	assert_non_null(refused);
	assert_non_null(waiting);
	assert_true(refused < contained && contained < waiting);
	free(text);
}

/* Of each state it says whether it ends without a person; of a hold, that it does not. */
static void test_end(void **state)
{
	struct incident_story s;
	struct incident_story_step step;

	(void)state;
	fill(&s, &step);
	for (int i = 0; i < INCIDENT_STATES; i++) {
		char *text;

		s.incident.state = (enum incident_state)i;
		printed(incident_print, &s, &plain, 80, &text);
		assert_non_null(strstr(text, "in hold 3 (no hold ends by itself)"));
		assert_int_equal(
			strstr(text, "over by itself") != NULL, incident_is_open(s.incident.state));
		assert_int_equal(strstr(text, "hold.quiet_time; what is held stays held") != NULL,
			incident_is_acted_on(s.incident.state));
		free(text);
	}
}

static void test_plot(void **state)
{
	const struct incidents_view blocks = {.now = AT, .unicode = true, .options = ""};
	struct incident_story s;
	struct incident_story_step step;

	(void)state;
	fill(&s, &step);
	char *text;
	printed(incident_explain, &s, &plain, 40, &text);
	check_plain(text);
	assert_int_equal(strcspn(strchr(text, '|') + 1, "|"), 20); /* the least */
	free(text);
	printed(incident_explain, &s, &blocks, 80, &text);
	assert_non_null(strstr(text, "\xe2\x96\x81"));
	assert_non_null(strstr(text, "\xe2\x96\x88"));
	free(text);

	s.score_count = 0;
	printed(incident_explain, &s, &plain, 80, &text);
	assert_null(strstr(text, "    |"));
	free(text);
}

/* Times of facts are foreign: they may run back, stand still, and be as large as can be. */
static void test_odd_times(void **state)
{
	static const int64_t rows[][4] = {
		{AT * SECOND, INT64_MAX, AT * SECOND + 1, AT * SECOND + 2},
		{AT * SECOND, INT64_MIN, AT * SECOND + 1, AT * SECOND + 2},
		{INT64_MIN, 0, 1, INT64_MAX},
		{INT64_MAX, 0, 1, INT64_MIN},
		{5, 5, 5, 5},
		{4, 3, 2, 1},
	};
	static const unsigned widths[] = {0, 1, 44, 45, 80, 84, 85, 10000};
	struct incident_story s;
	struct incident_story_step step;

	(void)state;
	fill(&s, &step);
	s.score_count = 4;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(widths) / sizeof(widths[0]); k++) {
			for (size_t n = 0; n < 4; n++)
				s.scores[n].at_us = rows[i][n];
			char *text;
			printed(incident_explain, &s, &plain, widths[k], &text);
			check_plain(text);
			free(text);
		}
}

static void test_json(void **state)
{
	static const char *const keys[] = {"incident", "source", "kind", "name", "state", "opened",
		"changed", "contained", "closed", "last_mail", "score", "threshold", "messages",
		"recipients", "held", "by_person", "steps", "actions", "evidence", "scores",
		"holds"};
	struct incident_story s;
	struct incident_story_step step;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	fill(&s, &step);
	incident_story_print_json(out, &s);
	(void)fclose(out);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(o, keys[i]));
	assert_int_equal(json_object_size(o), sizeof(keys) / sizeof(keys[0]));
	assert_int_equal(json_array_size(json_object_get(o, "scores")), 10);
	assert_true(json_is_null(json_object_get(o, "closed")));
	json_decref(o);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_deeds),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_plot),
		cmocka_unit_test(test_odd_times),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "reports/incidents.h"

#include "base/json_text.h"
#include "base/units.h"
#include "tests/folder.h"

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
		"holds", "first_odd", "samples", "recipient_domains", "recipient_domains_left_out",
		"recipient_domains_of", "recipient_domains_uncounted", "undo", "choices"};
	struct incident_story s;
	struct incident_story_step step;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	fill(&s, &step);
	incident_story_print_json(out, &s, &plain);
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

/* Where the mail went stands in one line, the largest first; foreign bytes encoded. */
static void test_domains(void **state)
{
	struct incident_story s;
	struct incident_story_step step;
	char *text;

	(void)state;
	fill(&s, &step);
	printed(incident_print, &s, &plain, 80, &text);
	assert_null(strstr(text, "  to: "));
	free(text);
	for (size_t i = 0; i < 7; i++) {
		(void)snprintf(s.domains.at[i].name, sizeof(s.domains.at[i].name), "d%zu\x1b", i);
		s.domains.at[i].recipients = 1000 - i;
	}
	s.domains.count = 7;
	s.domains.left_out = 3;
	s.domains.messages = 12;
	s.domains.uncounted = 1;
	printed(incident_print, &s, &plain, 80, &text);
	check_plain(text);
	assert_non_null(strstr(text,
		"  to: d0\\x1b 1,000, d1\\x1b 999, d2\\x1b 998, d3\\x1b 997, d4\\x1b 996 and 5 "
		"other domains, in 12 held messages; 1 recipient not counted\n"));
	free(text);
}

static json_t *story_object(const struct incident_story *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	incident_story_print_json(out, s, &plain);
	(void)fclose(out);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	free(text);
	return o;
}

/* "release:incident:7 restore:hold:3 " */
static void joined(const json_t *list, char at[200])
{
	const json_t *o;
	size_t i;

	at[0] = '\0';
	json_array_foreach(list, i, o)
	{
		const json_t *hold = json_object_get(o, "hold");
		size_t len = strlen(at);

		(void)snprintf(at + len, 200 - len, "%s:%s:%lld ",
			json_string_value(json_object_get(o, "action")),
			hold != NULL ? "hold" : "incident",
			json_integer_value(hold != NULL ? hold : json_object_get(o, "incident")));
	}
}

static void test_what_may_be_done(void **state)
{
	static const struct {
		enum incident_state state;
		uint64_t held;
		const char *undo, *choices;
	} rows[] = {
		{INCIDENT_SUSPECTED, 0, "",
			"contain:incident:7 dismiss:incident:7 close:incident:7 "},
		{INCIDENT_CLEAN, 9, "release:incident:7 restore:hold:3 ", "close:incident:7 "},
		{INCIDENT_CLOSED, 0, "release:incident:7 ", ""},
		{INCIDENT_RELEASED, 9, "restore:hold:3 ", ""},
		{INCIDENT_DISMISSED, 0, "", ""},
	};
	struct incident_story s;
	struct incident_story_step step;
	char text[200];

	(void)state;
	fill(&s, &step);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.incident.state = rows[i].state;
		s.held_now[0] = rows[i].held;
		json_t *o = story_object(&s);

		joined(json_object_get(o, "undo"), text);
		assert_string_equal(text, rows[i].undo);
		joined(json_object_get(o, "choices"), text);
		assert_string_equal(text, rows[i].choices);
		json_decref(o);
	}
	s.incident.state = INCIDENT_CLEAN;
	s.held_now[0] = 9;
	json_t *o = story_object(&s);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(o, "undo"), 0), "command")),
		"stanch incident release 7");
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(o, "undo"), 1), "command")),
		"stanch restore 3");
	json_decref(o);
}

static void check_first_odd(const struct incident_story *s, const char *want)
{
	json_t *o = story_object(s);
	const char *got = json_string_value(json_object_get(o, "first_odd"));

	assert_string_equal(got != NULL ? got : "null", want);
	json_decref(o);
}

/* The earliest of what is known, but for times that cannot be. */
static void test_since_when(void **state)
{
	struct incident_story s;
	struct incident_story_step step;

	(void)state;
	fill(&s, &step);
	check_first_odd(&s, "2026-09-21T14:13:20Z"); /* AT, the first score */
	s.scores[3].at_us = (AT - 60) * SECOND;
	check_first_odd(&s, "2026-09-21T14:12:20Z");
	s.scores[4].at_us = INT64_MIN;
	check_first_odd(&s, "2026-09-21T14:12:20Z");
	/* when the message was received, as its id says */
	(void)snprintf(s.evidence[0].ids[0], sizeof(s.evidence[0].ids[0]), "1x8mTv-00076x-1r");
	struct exim_id id;
	assert_int_equal(exim_id_parse(slice_of(s.evidence[0].ids[0]), &id), 0);
	s.incident.opened = exim_id_seconds(&id) + 100;
	for (size_t i = 0; i < s.score_count; i++)
		s.scores[i].at_us = (s.incident.opened + 1) * SECOND;
	char want[32];
	check_first_odd(&s, units_time_json(exim_id_seconds(&id), want));
	s.evidence_count = 0;
	s.score_count = 0;
	check_first_odd(&s, "null");
}

#define HELD_ID   "1xVSmQ-00076x-1r"
#define PUT_ID    "1xVSmQ-00077x-1r"
#define QUEUED_ID "1xVSmQ-00078x-1r"
#define OTHER_ID  "1xVSmQ-00079x-1r"

/* An incident whose evidence names four messages (none: with_evidence), two of them in its hold,
 * one of which was put back. */
static void fill_journal(struct journal *j, bool with_evidence)
{
	const struct evidence evidence[] = {
		{.detector = "burst", .ids = {PUT_ID, OTHER_ID, QUEUED_ID}, .id_count = 3},
		{.detector = "fanout", .ids = {HELD_ID, PUT_ID}, .id_count = 2}};
	const struct journal_hold h = {
		.reason = "", .selector = "", .source = "", .spool = "/", .queue = "q"};
	struct journal_action a = {.kind = ACTION_HOLD, .request = ""};
	const struct incident_doing doing = {.at = AT, .words = ""};
	struct source source;
	struct incident_finding f = {.source = &source,
		.at_us = AT * SECOND,
		.evidence = evidence,
		.evidence_count = with_evidence ? 2 : 0};
	struct problem p = {0};
	int64_t number, action;

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	assert_int_equal(casebook_open(j, &f, &doing, &number, &p), 0);
	assert_int_equal(journal_add_hold(j, &h, &a.hold, &p), 0);
	assert_int_equal(journal_add_action(j, &a, &action, &p), 0);
	for (int i = 0; i < 2; i++) {
		struct journal_message m = {.hold = a.hold,
			.action = action,
			.state = i == 0 ? MESSAGE_HELD : MESSAGE_RESTORED,
			.queue = "",
			.details = true,
			.recipients = slice_of("x@far.test"),
			.recipient_count = 1};
		assert_int_equal(exim_id_parse(slice_of(i == 0 ? HELD_ID : PUT_ID), &m.id), 0);
		assert_int_equal(journal_add_message(j, &m, &p), 0);
	}
	assert_int_equal(casebook_add_hold(j, number, a.hold, 2, &p), 0);
}

static bool is_that_one(void *context, const struct exim_id *id)
{
	return strcmp(context, id->text) == 0;
}

static void read_story(void *const *state, bool with_evidence, struct incident_story *ret)
{
	char path[FOLDER_PATH_MAX];
	AUTO(journal) j = NULL;
	struct problem p = {0};

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	assert_int_equal(journal_open(path, JOURNAL_ACT, "test", &j, &p), 0);
	fill_journal(j, with_evidence);
	if (incident_story_read(j, 1, ret, &p) < 0)
		fail_msg("%s", p.text);
}

static void test_samples(void **state)
{
	static const char *const want[] = {HELD_ID, PUT_ID, OTHER_ID, QUEUED_ID},
				 *const preferred[] = {HELD_ID, QUEUED_ID, PUT_ID, OTHER_ID};
	char queued[] = QUEUED_ID;
	struct incident_story s;

	read_story(state, true, &s);
	assert_int_equal(s.sample_count, 4);
	assert_int_equal(s.sample_held, 1);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(s.samples[i], want[i]);
	incident_story_prefer(&s, is_that_one, queued);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(s.samples[i], preferred[i]);
	assert_int_equal(s.held_now[0], 1);
	assert_int_equal(s.domains.messages, 2);
	assert_string_equal(s.domains.at[0].name, "far.test");
	incident_story_clear(&s);
}

static void test_samples_without_evidence(void **state)
{
	struct incident_story s;

	read_story(state, false, &s);
	assert_int_equal(s.sample_count, 1);
	assert_string_equal(s.samples[0], HELD_ID);
	incident_story_clear(&s);
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
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_what_may_be_done),
		cmocka_unit_test(test_since_when),
		cmocka_unit_test_setup_teardown(test_samples, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_samples_without_evidence, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "reports/top.h"

#include "base/memory.h"
#include "base/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define AT 1795780800.0

/* A scene of one document that is of now. Freed by the caller: end(). */
struct scene {
	struct now now;
	struct top_state state;
	struct top_choice choice;
};

static void add_source(struct scene *s, const char *name, double score, enum verdict verdict,
	const char *why, uint16_t rate)
{
	struct now_source *one = &s->now.sources[s->now.source_count++];

	*one = (struct now_source){.score = score,
		.threshold = 16,
		.verdict = verdict,
		.messages = 10,
		.recipients = 100};
	source_set(&one->source, SOURCE_MAILBOX, slice_of(name));
	(void)snprintf(one->why, sizeof(one->why), "%s", why);
	one->pace[NOW_PACE - 1] = rate;
}

static void add_incident(
	struct scene *s, int64_t number, const char *name, enum incident_state state)
{
	struct standing_incident *one = &s->now.incidents.at[s->now.incidents.count++];

	*one = (struct standing_incident){.number = number,
		.state = state,
		.opened = (int64_t)AT - 300,
		.changed = (int64_t)AT - 60};
	source_set(&one->source, SOURCE_MAILBOX, slice_of(name));
}

static void begin(struct scene *s)
{
	*s = (struct scene){.now = {.at = AT,
				    .host = "mx1",
				    .mode = "hold",
				    .is_ready = true,
				    .has_journal = true,
				    .watcher_age = 1,
				    .lag_seconds = 0,
				    .unread_bytes = 0,
				    .queue = 1234,
				    .held = 56,
				    .sources_known = 4812,
				    .sources_active = 3,
				    .knows_incidents = true,
				    .knows_sources = true,
				    .minute = {.at = (int64_t)AT - 60, .accepted = 41}}};
	s->now.incidents.at = memory_new(STANDING_MAX, sizeof(*s->now.incidents.at));
	s->now.sources = memory_new(NOW_SOURCES_MAX, sizeof(*s->now.sources));
	s->state = (struct top_state){.now = &s->now, .clock = AT + 0.5, .columns = 80, .rows = 24};
}

static void end(struct scene *s)
{
	free(s->now.incidents.at);
	free(s->now.sources);
}

static char *drawn(const struct scene *s)
{
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);
	AUTO(canvas) c = top_draw(&s->state, &s->choice);

	canvas_print(out, c);
	assert_int_equal(fclose(out), 0);
	return at;
}

static void shows(const struct scene *s, const char *text)
{
	char *got = drawn(s);

	if (strstr(got, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, got);
	free(got);
}

static void hides(const struct scene *s, const char *text)
{
	char *got = drawn(s);

	if (strstr(got, text) != NULL)
		fail_msg("\"%s\" is in:\n%s", text, got);
	free(got);
}

static void begins_with(const struct scene *s, const char *text)
{
	char *got = drawn(s);

	if (strncmp(got, text, strlen(text)) != 0)
		fail_msg("does not begin with \"%s\":\n%s", text, got);
	free(got);
}

static void test_calm(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	begins_with(&s, "calm: nothing waits for a person");
	shows(&s, "queue 1,234  held 56  41/min  lag 0  mode hold");
	shows(&s, "INCIDENTS  none");
	assert_true(top_is_whole(&s.state));
	end(&s);
}

/* What is not known is never 0, and never calm. */
static void test_unknown(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.now.queue = s.now.held = s.now.lag_seconds = s.now.sources_active = NOW_UNKNOWN;
	s.now.minute.at = 0;
	shows(&s, "queue ?  held ?  ?/min  lag ?  mode hold");
	s.now.minute = (struct now_minute){.at = 1, .accepted = NOW_UNKNOWN};
	shows(&s, "held ?  ?/min");
	shows(&s, "0 of ? active");
	s.now.is_ready = false;
	begins_with(&s, "still reading what was written before");
	assert_false(top_is_whole(&s.state));
	s.now.is_ready = true;
	s.now.knows_sources = false;
	shows(&s, "SOURCES  by suspicion  ? not known");
	begins_with(&s, "the sources are not known");
	s.now.knows_incidents = false;
	shows(&s, "INCIDENTS  ? not known");
	begins_with(&s, "the incidents are not known");
	assert_false(top_is_whole(&s.state));
	s.now.watcher_age = NOW_UNKNOWN;
	begins_with(&s, "the watcher has not said anything yet");
	s.now.has_journal = false;
	begins_with(&s, "THE JOURNAL CANNOT BE USED");
	s.state.now = NULL;
	begins_with(&s, "NOTHING IS KNOWN");
	hides(&s, "0");
	assert_false(top_is_whole(&s.state));
	end(&s);
}

static void first_piece_is(const struct scene *s, enum canvas_style style)
{
	AUTO(canvas) c = top_draw(&s->state, &s->choice);

	assert_int_equal(canvas_at(c, 0).style, style);
}

static void test_old(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.state.clock = AT + TOP_OLD_S + 0.9;
	first_piece_is(&s, CANVAS_GOOD);
	s.state.clock = AT + TOP_OLD_S + 1;
	first_piece_is(&s, CANVAS_REVERSE);
	begins_with(&s, "OLD: what is shown is of 11 seconds ago");
	assert_false(top_is_whole(&s.state));
	s.state.problem = "the daemon at /run/x does not answer";
	begins_with(&s, "OLD: what is shown is of 11 seconds ago: the daemon at /run/x does not");
	s.state.clock = AT + 1;
	begins_with(&s, "the daemon at /run/x does not answer");
	s.state.problem = NULL;
	s.state.clock = AT - 3600;
	begins_with(&s, "OLD? the daemon's clock is 60 minutes ahead");
	s.state.clock = 1e300;
	begins_with(&s, "OLD: ");
	s.state.clock = AT;
	s.now.watcher_age = TOP_SILENT_S - 1;
	first_piece_is(&s, CANVAS_GOOD);
	s.now.watcher_age = TOP_SILENT_S;
	first_piece_is(&s, CANVAS_REVERSE);
	begins_with(&s, "OLD: the watcher is silent for 30 seconds");
	s.now.watcher_age = 0;
	s.choice.is_paused = true;
	begins_with(&s, "PAUSED");
	end(&s);
}

static void test_troubles(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.now.lag_seconds = TOP_LAG_S - 1;
	begins_with(&s, "calm");
	s.now.lag_seconds = TOP_LAG_S;
	begins_with(&s, "60 seconds behind the logs");
	s.now.lag_seconds = 0;
	add_source(&s, "a@b.test", 12, VERDICT_SUSPECT, "", 0);
	begins_with(&s, "1 source is suspicious");
	add_incident(&s, 1, "a@b.test", INCIDENT_CLEANING);
	begins_with(&s, "1 source is being cut off");
	add_incident(&s, 2, "c@b.test", INCIDENT_WAITING);
	begins_with(&s, "1 INCIDENT WAITS for a person");
	s.now.incidents.at[0].failed = 1; /* it asks now, and is not said twice */
	begins_with(&s, "2 INCIDENTS WAIT for a person");
	hides(&s, "being cut off");
	s.state.rows = 10;
	begins_with(&s, "2 INCIDENTS WAIT for a person (and 1 more)");
	assert_true(top_is_whole(&s.state)); /* it is known, all of it */
	end(&s);
}

static void test_order(void **state)
{
	struct scene s;
	struct top_rows rows;

	(void)state;
	begin(&s);
	add_incident(&s, 1, "old@b.test", INCIDENT_WAITING);
	add_incident(&s, 2, "over@b.test", INCIDENT_RELEASED);
	add_incident(&s, 3, "open@b.test", INCIDENT_CLEAN);
	add_incident(&s, 4, "failed@b.test", INCIDENT_CLOSED);
	s.now.incidents.at[3].failed = 1;
	add_source(&s, "slow@b.test", 15, VERDICT_SUSPECT, "it is odd", 1);
	add_source(&s, "fast@b.test", 2, VERDICT_NOTHING, "", 500);
	add_source(&s, "thief@b.test", 30, VERDICT_CONTAIN, "", 20);
	s.now.sources[0].threshold = 10; /* it is over its own, and the third is not */
	s.now.sources[2].threshold = 40;
	s.now.sources[0].pace[0] = PACE_UNKNOWN; /* which is no number */
	top_arrange(&s.now, &s.choice, &rows);
	static const int64_t want[] = {4, 1, 3, 2};
	assert_int_equal(rows.incident_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(rows.incidents[i]->number, want[i]);
	assert_string_equal(rows.sources[0]->source.name, "slow@b.test");
	assert_string_equal(rows.sources[1]->source.name, "thief@b.test");
	s.choice.order = TOP_BY_HOUR;
	top_arrange(&s.now, &s.choice, &rows);
	assert_string_equal(rows.sources[0]->source.name, "fast@b.test");
	assert_string_equal(rows.sources[2]->source.name, "slow@b.test");
	(void)snprintf(s.choice.filter, sizeof(s.choice.filter), "r:FAST@");
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(rows.source_count, 0);
	(void)snprintf(s.choice.filter, sizeof(s.choice.filter), "x:FAST@");
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(rows.source_count, 1);
	(void)snprintf(s.choice.filter, sizeof(s.choice.filter), "ODD");
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(rows.source_count, 1);
	assert_string_equal(rows.sources[0]->source.name, "slow@b.test");
	assert_int_equal(rows.incident_count, 0);
	assert_int_equal(rows.list, TOP_SOURCES); /* the other one is empty */
	shows(&s, "SOURCES  by recipients of the last hour, 3 of 3 active  1 with \"ODD\"");
	end(&s);
}

/* It stays with its row, wherever that goes, and never leaves the list. */
static void test_choice(void **state)
{
	struct scene s;
	struct top_rows rows;

	(void)state;
	begin(&s);
	top_arrange(&s.now, &s.choice, &rows);
	top_move(&s.choice, &rows, 1);
	assert_null(top_chosen_incident(&rows));
	assert_null(top_chosen_source(&rows));
	s.choice.list = TOP_SOURCES;
	add_source(&s, "a@b.test", 9, VERDICT_NOTHING, "", 0);
	add_source(&s, "b@b.test", 8, VERDICT_NOTHING, "", 0);
	add_source(&s, "c@b.test", 7, VERDICT_NOTHING, "", 0);
	top_arrange(&s.now, &s.choice, &rows);
	assert_string_equal(top_chosen_source(&rows)->source.name, "a@b.test");
	top_move(&s.choice, &rows, 1);
	top_arrange(&s.now, &s.choice, &rows);
	assert_string_equal(top_chosen_source(&rows)->source.name, "b@b.test");
	s.now.sources[1].score = 99;
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(rows.source, 0);
	assert_string_equal(top_chosen_source(&rows)->source.name, "b@b.test");
	top_move(&s.choice, &rows, 1000000);
	top_arrange(&s.now, &s.choice, &rows);
	assert_string_equal(top_chosen_source(&rows)->source.name, "c@b.test");
	top_move(&s.choice, &rows, -1000000);
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(rows.source, 0);
	/* the other one is empty; and when it is not, keys still move in this one */
	assert_false(top_change_list(&s.choice, &rows));
	s.choice.list = TOP_INCIDENTS;
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(rows.list, TOP_SOURCES);
	top_move(&s.choice, &rows, 0);
	add_incident(&s, 9, "d@b.test", INCIDENT_WAITING);
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(rows.list, TOP_SOURCES);
	assert_true(top_change_list(&s.choice, &rows));
	top_arrange(&s.now, &s.choice, &rows);
	assert_int_equal(top_chosen_incident(&rows)->number, 9);
	assert_true(top_change_list(&s.choice, &rows));
	/* gone: the first one is taken */
	s.now.source_count = 1;
	s.now.incidents.count = 0;
	top_arrange(&s.now, &s.choice, &rows);
	assert_string_equal(top_chosen_source(&rows)->source.name, "a@b.test");
	assert_null(top_chosen_incident(&rows));
	end(&s);
}

static void test_rows(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	add_source(&s, "ann@shop.test", 31.2, VERDICT_CONTAIN, "412 recipients do not exist", 180);
	add_source(&s, "bob@shop.test", 8, VERDICT_NOTHING, "", 0);
	shows(&s, ">!  31.2 ########## ");
	shows(&s, "#####.....      0 .......... mailbox:bob@shop.test");
	shows(&s, "    180 .........8 mailbox:ann@shop.test     412 recipients ~");
	shows(&s, "\n412 recipients do not exist\n"); /* of the chosen one */
	s.state.unicode = true;
	shows(&s, "\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591\u2591      0 \u00b7");
	hides(&s, "#");
	s.now.sources[0].pace[NOW_PACE - 1] = 1;
	shows(&s, "\u00b7\u2581 mailbox:ann");
	s.now.sources[0].pace[NOW_PACE - 2] = 70; /* the minute that runs has only begun */
	shows(&s, "     70 \u00b7\u00b7");
	s.now.sources[0].pace[NOW_PACE - 2] = PACE_UNKNOWN;
	shows(&s, "      ? \u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7?\u2581 mailbox:ann");
	s.now.sources[0].threshold = 0; /* of which nothing can be said */
	shows(&s, "31.2 \u2591\u2591");
	s.state.plain = true;
	hides(&s, ">");
	hides(&s, "q quit");
	add_incident(&s, 17, "ann@shop.test", INCIDENT_WAITING);
	shows(&s, "17 waiting          0      0   60s mailbox:ann");
	s.now.incidents.at[0].changed = (int64_t)AT - 7199;
	shows(&s, "0      0  119m mailbox:ann");
	s.now.incidents.at[0].changed = (int64_t)AT - 7200;
	shows(&s, "0      0    2h mailbox:ann");
	s.now.incidents.at[0].changed = (int64_t)AT + 7200; /* by another clock */
	shows(&s, "0      0    0s mailbox:ann");
	shows(&s, "INCIDENTS  1 open, 0 over");
	s.now.incidents.left_out = 5;
	shows(&s, "1 open, 0 over, 5 left out");
	end(&s);
}

static void test_all_rows_are_printed(void **state)
{
	struct scene s;
	char name[32];

	(void)state;
	begin(&s);
	for (int i = 0; i < (int)NOW_SOURCES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "s%02d@b.test", i);
		add_source(&s, name, i, VERDICT_SUSPECT, "", 0);
	}
	for (int i = 0; i < (int)STANDING_MAX; i++) {
		(void)snprintf(name, sizeof(name), "i%02d@b.test", i);
		add_incident(&s, i + 1, name, INCIDENT_WAITING);
	}
	s.state.plain = true;
	s.state.rows = top_rows_needed(&s.state);
	for (int i = 0; i < (int)NOW_SOURCES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "s%02d@b.test", i);
		shows(&s, name);
	}
	for (int i = 0; i < (int)STANDING_MAX; i++) {
		(void)snprintf(name, sizeof(name), "i%02d@b.test", i);
		shows(&s, name);
	}
	end(&s);
}

/* ---- a law: whatever the size and the names, all stays in its place ---- */

/* The same numbers each time. */
static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void hostile(uint32_t *seed, char *at, size_t size)
{
	static const char *const pieces[] = {"\033[2J", "\xe2\x80\x8b", "\xe6\x97\xa5", "e\xcc\x81",
		"\xff", "\\", "\n", "\t", "\xf0\x9f\x98\x80", "%s", "a", "longer than most ",
		"\x9b", "\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "\x7f", "\"", "\xe1\x85\xa0", "~"};
	size_t len = 0;

	for (uint32_t n = next(seed) % 40; n > 0; n--) {
		const char *piece = pieces[next(seed) % (sizeof(pieces) / sizeof(pieces[0]))];

		if (len + strlen(piece) + 1 > size)
			break;
		memcpy(at + len, piece, strlen(piece));
		len += strlen(piece);
	}
	at[len] = '\0';
}

static void fill_with_hostile(struct scene *s, uint32_t *seed)
{
	char name[SOURCE_NAME_MAX + 1], why[EVIDENCE_TEXT];

	s->now.source_count = s->now.incidents.count = 0;
	for (uint32_t n = next(seed) % (NOW_SOURCES_MAX + 1); n > 0; n--) {
		hostile(seed, name, sizeof(name));
		hostile(seed, why, sizeof(why));
		add_source(s, name, (double)next(seed) / 1e3 - 4e3, (enum verdict)(next(seed) % 3),
			why, (uint16_t)next(seed));
	}
	for (uint32_t n = next(seed) % (STANDING_MAX + 1); n > 0; n--) {
		hostile(seed, name, sizeof(name));
		add_incident(s, (int64_t)next(seed) << 38, name,
			(enum incident_state)(next(seed) % INCIDENT_STATES));
		s->now.incidents.at[s->now.incidents.count - 1].held = UINT64_MAX;
	}
	hostile(seed, s->now.host, sizeof(s->now.host));
	hostile(seed, s->now.mode, sizeof(s->now.mode));
	hostile(seed, s->choice.said, sizeof(s->choice.said));
	if (next(seed) % 3 == 0)
		hostile(seed, s->choice.filter, 8);
	s->choice.list = (enum top_list)(next(seed) % 2);
	s->choice.is_typing = next(seed) % 4 == 0;
	s->state.unicode = next(seed) % 2;
	s->state.plain = next(seed) % 3 == 0;
	s->now.queue = (int64_t)((uint64_t)next(seed) << 40 | next(seed)) - 5;
}

/* Columns that a terminal needs for text that is printable. Nothing in it is a control, or hidden.
 */
static size_t columns_of(struct slice text)
{
	size_t width = 0;

	while (text.len > 0) {
		size_t n = printable_utf8_length(text);
		char encoded[16];

		assert_true(n > 0 && (unsigned char)text.at[0] >= ' ');
		struct slice one = slice_first(text, n);
		if (text.at[0] != '\\') {
			(void)printable_text(one, encoded, sizeof(encoded));
			assert_true(slice_is(one, encoded));
			width += printable_width(one);
		} else {
			width++;
		}
		text = slice_after(text, n);
	}
	return width;
}

/* No piece is outside, overlaps the next one, or is wider than it says. */
static void is_in_place(const struct canvas *c)
{
	for (size_t i = 0; i < canvas_count(c); i++) {
		struct canvas_piece p = canvas_at(c, i);

		assert_true(p.row < canvas_rows(c));
		assert_true(p.column + p.columns <= canvas_columns(c));
		assert_int_equal(columns_of(p.text), p.columns);
		for (size_t k = 0; k < i; k++) {
			struct canvas_piece q = canvas_at(c, k);

			assert_false(q.row == p.row && q.column < p.column + p.columns &&
				     p.column < q.column + q.columns);
		}
	}
}

static void test_sizes_and_hostile_names(void **state)
{
	static const unsigned sizes[][2] = {{1, 1}, {2, 3}, {7, 4}, {20, 5}, {40, 10}, {63, 8},
		{64, 15}, {80, 24}, {110, 16}, {150, 40}, {200, 60}, {1000, 1000}};
	uint32_t seed = 20261127;
	struct scene s;

	(void)state;
	begin(&s);
	for (int round = 0; round < 20; round++) {
		fill_with_hostile(&s, &seed);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			s.state.columns = sizes[i][0];
			s.state.rows = sizes[i][1];
			AUTO(canvas) c = top_draw(&s.state, &s.choice);
			is_in_place(c);
		}
	}
	end(&s);
}

/* On the smallest usual terminal the chosen row and the way out are seen. */
static void test_small(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 20; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "s%02d@b.test", i);
		add_source(&s, name, 20 - i, VERDICT_NOTHING, "", 1);
		add_incident(&s, 20 - i, name, INCIDENT_WAITING);
	}
	s.state.columns = 40;
	s.state.rows = 10;
	s.choice.incident = 5;
	shows(&s, ">!    5 waiting ");
	shows(&s, "q quit  ? help");
	shows(&s, "41/min  lag 0\n"); /* no half of a figure */
	s.choice.list = TOP_SOURCES;
	source_set(&s.choice.source, SOURCE_MAILBOX, slice_of("s17@b.test"));
	shows(&s, "mailbox:s17@b");
	shows(&s, "!   20 waiting"); /* the first that waits is seen, too */
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calm),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_troubles),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all_rows_are_printed),
		cmocka_unit_test(test_sizes_and_hostile_names),
		cmocka_unit_test(test_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "programs/top_dialogue.h"

#include "programs/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS 24

/* Three incidents, of which one waits, and two sources. */
static struct standing_incident incidents[3];
static struct now_source sources[2];
static struct now now = {.at = 1e9, .knows_incidents = true, .knows_sources = true};

static void begin(void)
{
	incidents[0] = (struct standing_incident){.number = 7, .state = INCIDENT_WAITING};
	source_set(&incidents[0].source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	incidents[1] = (struct standing_incident){.number = 6, .state = INCIDENT_RELEASED};
	source_set(&incidents[1].source, SOURCE_MAILBOX, slice_of("bob@shop.test"));
	incidents[2] = (struct standing_incident){
		.number = 5, .state = INCIDENT_CLEAN, .source = incidents[0].source};
	sources[0] = (struct now_source){.score = 20, .threshold = 16};
	source_set(&sources[0].source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	sources[1] = (struct now_source){.score = 1, .threshold = 16};
	source_set(&sources[1].source, SOURCE_LOGIN, slice_of("a \xff;'b"));
	now.incidents = (struct standing){.at = incidents, .count = 3};
	now.sources = sources;
	now.source_count = 2;
}

static enum top_wish press(struct top_dialogue *d, int key)
{
	return top_dialogue_key(d, key, &now, ROWS);
}

static void type(struct top_dialogue *d, const char *text)
{
	for (; *text != '\0'; text++)
		assert_int_equal(press(d, (unsigned char)*text), TOP_NOTHING);
}

/* The words, with '|' between them. */
static void runs(const struct top_dialogue *d, const char *want)
{
	const char *words[TOP_WORDS];
	size_t count = top_dialogue_words(d, words), len = 0;
	char got[2048] = "";

	assert_true(count <= TOP_WORDS);
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(
			got + len, sizeof(got) - len, "%s%s", i > 0 ? "|" : "", words[i]);
	assert_string_equal(got, want);
}

static void ended(struct top_dialogue *d, int status, const char *said)
{
	top_dialogue_ended(d, status, slice_of(said), true);
}

static void shows(struct top_dialogue *d, const char *text)
{
	const struct top_state state = {.now = &now, .clock = 1e9, .columns = 80, .rows = ROWS};
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);
	AUTO(canvas) c = top_dialogue_draw(d, &state);

	canvas_print(out, c);
	assert_int_equal(fclose(out), 0);
	if (strstr(at, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, at);
	free(at);
}

static void test_explain(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	assert_int_equal(press(d, TOP_KEY_ENTER), TOP_RUN);
	runs(d, "explain|7");
	assert_int_equal(top_dialogue_mode(d), TOP_RUNNING);
	assert_int_equal(press(d, 'q'), TOP_NOTHING);
	assert_int_equal(press(d, TOP_KEY_ESCAPE), TOP_INTERRUPT);
	ended(d, COMMAND_DONE, "because of this\nand that\n");
	assert_int_equal(top_dialogue_mode(d), TOP_READING);
	shows(d, "explain mailbox:ann@shop.test\nbecause of this\nand that\n");
	assert_int_equal(press(d, 'c'), TOP_NOTHING); /* keys of the lists do nothing here */
	assert_int_equal(top_dialogue_mode(d), TOP_READING);
	assert_int_equal(press(d, 'q'), TOP_NOTHING);
	assert_int_equal(top_dialogue_mode(d), TOP_LISTS);
	press(d, '\t');
	press(d, 'j');
	assert_int_equal(press(d, 'e'), TOP_RUN);
	runs(d, "explain|login:a \\xff;'b");
}

/* The plan first; nothing but y does it. */
static void test_contain(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	static const int not_yes[] = {'Y', TOP_KEY_ENTER, 'c', ' ', 'j', 'e', '\t', 'x'};
	assert_int_equal(press(d, 'c'), TOP_RUN);
	runs(d, "contain|mailbox:ann@shop.test|--dry-run|--reason|seen in stanch top");
	ended(d, COMMAND_LEFT, "would be held: 12\n");
	assert_int_equal(top_dialogue_mode(d), TOP_ASKING);
	shows(d, "contain mailbox:ann@shop.test ?\nwould be held: 12\n");
	shows(d, "type y to contain it, n not to; w: why (seen in stanch top)");
	for (size_t i = 0; i < sizeof(not_yes) / sizeof(not_yes[0]); i++) {
		assert_int_equal(press(d, not_yes[i]), TOP_NOTHING);
		assert_int_equal(top_dialogue_mode(d), TOP_ASKING);
	}
	assert_int_equal(press(d, 'y'), TOP_RUN);
	runs(d, "contain|mailbox:ann@shop.test|--yes|--reason|seen in stanch top");
	assert_int_equal(press(d, 'y'), TOP_NOTHING); /* it runs already */
	ended(d, COMMAND_DONE, "held 12 of its messages\n");
	shows(d, "Done: it is contained.\n\nheld 12 of its messages\n");
	press(d, 'q');
	shows(d, "\nDone: it is contained.\n");
	press(d, 'k');
	assert_string_equal(top_dialogue_choice(d)->said, "");
	/* no */
	assert_int_equal(press(d, 'c'), TOP_RUN);
	ended(d, COMMAND_LEFT, "plan\n");
	assert_int_equal(press(d, 'n'), TOP_NOTHING);
	assert_int_equal(top_dialogue_mode(d), TOP_LISTS);
	shows(d, "nothing was done");
}

static void test_reason(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	press(d, 'r');
	runs(d, "incident|release|7|--dry-run|--reason|seen in stanch top");
	ended(d, COMMAND_LEFT, "plan\n");
	press(d, 'w');
	for (int i = 0; i < 40; i++)
		press(d, TOP_KEY_BACKSPACE);
	type(d, "y; rm -rf \xc3\xa9");
	press(d, TOP_KEY_BACKSPACE); /* a whole character */
	assert_int_equal(top_dialogue_mode(d), TOP_TYPING);
	shows(d, "why: y; rm -rf\n");
	press(d, TOP_KEY_ENTER);
	assert_int_equal(top_dialogue_mode(d), TOP_ASKING);
	assert_int_equal(press(d, 'y'), TOP_RUN);
	runs(d, "incident|release|7|--yes|--reason|y; rm -rf ");
	ended(d, COMMAND_LEFT, "one message could not be put back\n");
	shows(d, "Not all of it is done: it was said what.");
	press(d, 'q');
	/* an empty one is none; a long one ends */
	press(d, 'c');
	ended(d, COMMAND_LEFT, "plan\n");
	press(d, 'w');
	for (int i = 0; i < 40; i++)
		press(d, TOP_KEY_BACKSPACE);
	press(d, TOP_KEY_ENTER);
	press(d, 'w');
	for (int i = 0; i < 300; i++)
		press(d, 'x');
	press(d, TOP_KEY_ESCAPE);
	press(d, 'y');
	runs(d, "contain|mailbox:ann@shop.test|--yes|--reason|seen in stanch top");
}

static void test_dismiss(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	press(d, '\t');
	assert_int_equal(press(d, 'd'), TOP_RUN); /* the source's open incident */
	runs(d, "incident|dismiss|7|--dry-run|--reason|seen in stanch top");
	ended(d, COMMAND_DONE, "");
	shows(d, "It said nothing.");
	press(d, 'n');
	incidents[0].state = incidents[2].state = INCIDENT_CLOSED;
	assert_int_equal(press(d, 'd'), TOP_NOTHING);
	shows(d, "there is nothing to dismiss");
	assert_int_equal(press(d, 'r'), TOP_RUN);
	runs(d, "release|mailbox:ann@shop.test|--dry-run|--reason|seen in stanch top");
}

/* Whom the question names is who is acted on, though the rows have moved meanwhile. */
static void test_moved(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	press(d, '\t');
	press(d, 'c');
	sources[1].score = 99;
	ended(d, COMMAND_LEFT, "plan\n");
	press(d, 'y');
	runs(d, "contain|mailbox:ann@shop.test|--yes|--reason|seen in stanch top");
	ended(d, COMMAND_DONE, "done\n");
	press(d, 'q');
	press(d, 'e');
	runs(d, "explain|7"); /* and it is chosen still */
}

static void test_cannot(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	static const char denied[] = "stanch contain: cannot open the journal: Permission denied\n";
	press(d, 'c');
	top_dialogue_ended(d, COMMAND_UNABLE, slice_of(denied), false);
	assert_int_equal(top_dialogue_mode(d), TOP_READING); /* there is nothing to ask */
	shows(d, "It could not do that. You may not have the right to: run stanch top as root.");
	shows(d, "cannot open the journal");
	press(d, 'q');
	press(d, 'c');
	ended(d, -1, "cannot start stanch contain");
	shows(d, "It could not be started.");
	press(d, 'q');
	press(d, 'c');
	ended(d, COMMAND_LEFT, "plan\n");
	press(d, 'y');
	ended(d, 128 + 9, "held 1\n");
	shows(d, "It was ended by signal 9");
	press(d, 'q');
	/* nobody is there */
	now.incidents.count = now.source_count = 0;
	assert_int_equal(press(d, 'c'), TOP_NOTHING);
	shows(d, "nothing is chosen");
	assert_int_equal(top_dialogue_key(d, 'e', NULL, ROWS), TOP_NOTHING);
	assert_int_equal(top_dialogue_key(d, 'j', NULL, ROWS), TOP_NOTHING);
	assert_int_equal(top_dialogue_key(d, '\t', NULL, ROWS), TOP_NOTHING);
}

static void test_filter(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	press(d, '/');
	type(d, "qcx");
	press(d, TOP_KEY_BACKSPACE);
	assert_string_equal(top_dialogue_choice(d)->filter, "qc");
	shows(d, "show only: qc");
	press(d, TOP_KEY_ENTER);
	assert_false(top_dialogue_choice(d)->is_typing);
	assert_string_equal(top_dialogue_choice(d)->filter, "qc");
	press(d, TOP_KEY_ESCAPE);
	assert_string_equal(top_dialogue_choice(d)->filter, "");
	press(d, '/');
	for (int i = 0; i < 200; i++)
		press(d, 'x');
	assert_int_equal(strlen(top_dialogue_choice(d)->filter), TOP_FILTER_MAX - 1);
}

static void test_other_keys(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	press(d, 'h');
	assert_int_equal(top_dialogue_choice(d)->order, TOP_BY_HOUR);
	press(d, 's');
	assert_int_equal(top_dialogue_choice(d)->order, TOP_BY_SUSPICION);
	press(d, 'p');
	assert_true(top_dialogue_choice(d)->is_paused);
	press(d, 'p');
	assert_false(top_dialogue_choice(d)->is_paused);
	press(d, '?');
	assert_int_equal(top_dialogue_mode(d), TOP_HELP);
	shows(d, "keys and signs");
	press(d, 'q');
	assert_int_equal(top_dialogue_mode(d), TOP_LISTS);
	assert_int_equal(press(d, 'q'), TOP_QUIT);
}

/* Beyond the end it does not go, and one key goes back from there. */
static void test_scrolls(void **state)
{
	(void)state;
	begin();
	AUTO(top_dialogue) d = top_dialogue_new();
	char text[400] = "";
	for (int i = 0; i < 100; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d\n", i);
	press(d, 'e');
	ended(d, COMMAND_DONE, text);
	shows(d, "(1 to 22 of 100)");
	press(d, TOP_KEY_END);
	shows(d, "(79 to 100 of 100)");
	press(d, 'j');
	shows(d, "(79 to 100 of 100)");
	press(d, 'k');
	shows(d, "(78 to 99 of 100)");
	press(d, TOP_KEY_PAGE_UP);
	shows(d, "(58 to 79 of 100)");
	press(d, TOP_KEY_HOME);
	shows(d, "(1 to 22 of 100)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_contain),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_dismiss),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_cannot),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_scrolls),
	};

	return cmocka_run_group_tests_name("top_dialogue", tests, NULL, NULL);
}

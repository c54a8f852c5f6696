#include "responders/notice.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct template_variable variables[] = {{"source", {"mailbox:a@b.test", 16}},
	{"name", {"a@b.test\r\nBcc: x", 16}}, {"mailbox", {"a@b.test", 8}},
	{"domain", {"b.test", 6}}, {"incident", {"12", 2}}, {"since", {"today", 5}},
	{"messages", {"5", 1}}, {"recipients", {"7", 1}}, {"held", {"3", 1}},
	{"reason", {"<b>", 3}}, {"secret_how", {"changed", 7}}, {"password_changed", {"yes", 3}},
	{"again", {"yes", 3}}, {"secret", {NULL, 0}}, {"owner", {"told", 4}},
	{"server", {"mx", 2}}};
#define COUNT (sizeof(variables) / sizeof(variables[0]))

static struct notice made;
static struct problem problem;

static int make(const char *folder, const char *language, enum responding_stage stage)
{
	notice_clear(&made);
	problem.text[0] = '\0';
	return notice_make(
		folder, language, NOTICE_OWNER, stage, variables, COUNT, &made, &problem);
}

static void put(const char *folder, const char *name, const char *text)
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/xx", folder);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/xx/%s", folder, name);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

/* Every template that stanch brings can be written, in every language. */
static void those_that_are_shipped_are_right(void **state)
{
	static const char *const languages[] = {"en", "de", "cs"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (unsigned stage = RESPONDING_CONTAINED; stage <= RESPONDING_RELEASED; stage++) {
			assert_int_equal(
				make(SHIPPED_TEMPLATES, languages[i], (enum responding_stage)stage),
				0);
			assert_non_null(made.html.at);
			assert_null(strpbrk(made.subject.at, "\r\n"));
			assert_non_null(strstr(made.plain.at, "a@b.test\\x0d\\x0aBcc: x"));
			assert_null(strstr(made.plain.at, "{{"));
			assert_null(strstr(made.html.at, "{{"));
		}
	for (unsigned stage = RESPONDING_SUSPECTED; stage <= RESPONDING_RELEASED; stage++) {
		notice_clear(&made);
		assert_int_equal(
			notice_make(SHIPPED_TEMPLATES, "de", NOTICE_ADMINISTRATOR,
				(enum responding_stage)stage, variables, COUNT, &made, &problem),
			0);
		assert_non_null(strstr(made.plain.at, "stanch incident show 12"));
	}
	notice_clear(&made);
}

static void without_files_there_is_english(void **state)
{
	(void)state;
	assert_int_equal(make("/nonexistent", "xx", RESPONDING_CONTAINED), 0);
	assert_non_null(strstr(made.plain.at, "Dear customer"));
	assert_int_equal(make("/nonexistent", "../../etc", RESPONDING_CONTAINED), 0);
	assert_non_null(strstr(made.plain.at, "Dear customer"));
	notice_clear(&made);
}

/* One of another name is looked for in the same places, and says whose language it is in. */
static void one_of_another_name(void **state)
{
	const char *folder = *state;

	assert_int_equal(
		notice_make_named(folder, "xx", "letter", variables, COUNT, &made, &problem),
		-ENOENT);
	put(folder, "letter.txt", "Subject: S\n\nof {{name}}\n");
	assert_int_equal(
		notice_make_named(folder, "xx", "letter", variables, COUNT, &made, &problem), 0);
	assert_string_equal(made.plain.at, "of a@b.test\\x0d\\x0aBcc: x\n");
	assert_string_equal(made.language, "xx");
	assert_int_equal(make(folder, "yy", RESPONDING_CONTAINED), 0);
	assert_string_equal(made.language, "en");
	assert_true(notice_is_language("pt_BR"));
	assert_false(notice_is_language("../en"));
	assert_false(notice_is_language(""));
	assert_false(notice_is_language("a2345678901234567"));
	notice_clear(&made);
}

static void ones_own_come_first(void **state)
{
	const char *folder = *state;

	put(folder, "owner-closed.txt", "Subject: It is {{name}}\n\nOver: {{reason}}\n");
	assert_int_equal(make(folder, "xx", RESPONDING_CLOSED), 0);
	assert_string_equal(made.subject.at, "It is a@b.test\\x0d\\x0aBcc: x");
	assert_string_equal(made.plain.at, "Over: <b>\n");
	assert_null(made.html.at);
	put(folder, "owner-closed.html", "<p>{{reason}}</p>");
	assert_int_equal(make(folder, "xx", RESPONDING_CLOSED), 0);
	assert_string_equal(made.html.at, "<p>&lt;b&gt;</p>");
	notice_clear(&made);
}

static void mistakes_are_told_by_file_and_line(void **state)
{
	const char *folder = *state;
	static const struct {
		const char *text, *said;
	} cases[] = {{"Subject: a\n\nb\n{{nome}}\n", "xx/owner-closed.txt:4: "},
		{"Hello\n", "xx/owner-closed.txt:1: "}, {"", "xx/owner-closed.txt:1: "},
		{"Subject: a\nno empty line\n", "xx/owner-closed.txt:1: "},
		{"Subject: {{#name}}a\n\n", "xx/owner-closed.txt:1: "}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(folder, "owner-closed.txt", cases[i].text);
		assert_int_equal(make(folder, "xx", RESPONDING_CLOSED), -EINVAL);
		assert_non_null(strstr(problem.text, cases[i].said));
		assert_null(made.plain.at);
		assert_null(made.subject.at);
	}
}

static void long_files_are_not_read(void **state)
{
	const char *folder = *state;
	static char text[TEMPLATE_MAX + 2];

	memset(text, 'a', TEMPLATE_MAX + 1);
	put(folder, "owner-closed.txt", text);
	assert_int_equal(make(folder, "xx", RESPONDING_CLOSED), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_that_are_shipped_are_right),
		cmocka_unit_test(without_files_there_is_english),
		cmocka_unit_test_setup_teardown(ones_own_come_first, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(one_of_another_name, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			mistakes_are_told_by_file_and_line, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			long_files_are_not_read, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

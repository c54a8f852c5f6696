/* With a program as the back end, which keeps a mailbox in files of a folder. */
#include "responders/secret.h"

#include "base/json_text.h"
#include "responders/secret_backend.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The password in "password", "suspended" where it is; "mode" says how it misbehaves. */
#define PROGRAM                                                                                    \
	"#!/bin/sh\n"                                                                              \
	"cd \"${0%/*}\" || exit 1\n"                                                               \
	"echo \"$# $1 $2\" >>calls\n"                                                              \
	"read -r line; mode=$(cat mode)\n"                                                         \
	"[ \"$2\" = ann@shop.test ] || { echo no such; exit 67; }\n"                               \
	"case $mode in\n"                                                                          \
	"busy) echo later; exit 75;; right) exit 77;; fails) echo \"bad $line\"; exit 1;;\n"       \
	"lies) [ \"$1\" = check ] || exit 0;; esac\n"                                              \
	"case $1 in\n"                                                                             \
	"set) echo \"$line\" >password;;\n"                                                        \
	"suspend) touch suspended;;\n"                                                             \
	"resume) rm -f suspended;;\n"                                                              \
	"check) if [ -n \"$line\" ]; then [ \"$line\" = \"$(cat password)\" ]; exit; fi\n"         \
	"  if [ -e suspended ]; then echo suspended; else echo active; fi;;\n"                     \
	"esac\n"

struct stage {
	struct settings_values values;
	struct source source;
	struct responding r;
	json_t *note;
	struct problem said;
	char program[FOLDER_PATH_MAX];
};

static void set_mode(void **state, const char *mode)
{
	folder_write(*state, "mode", mode);
}

static void begin(struct stage *s, void **state, enum secret_deed deed)
{
	*s = (struct stage){.note = json_object()};
	(void)snprintf(s->program, sizeof(s->program), "%s/program", (char *)*state);
	folder_write(*state, "program", PROGRAM);
	folder_write(*state, "password", "the old one\n");
	folder_write(*state, "calls", "");
	set_mode(state, "good");
	assert_int_equal(chmod(s->program, 0755), 0);
	s->values.secret = (struct secret_settings){.enabled = true,
		.backend = "program",
		.deed = (unsigned)deed,
		.program = s->program,
		.timeout = 10};
	source_set(&s->source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	s->r = (struct responding){.values = &s->values, .source = &s->source, .reason = ""};
}

static void end(struct stage *s)
{
	secret_free(s->r.secret);
	json_decref(s->note);
}

static int act(struct stage *s)
{
	return responder_secret.act(&s->r, s->note, &s->said);
}

static int check(struct stage *s)
{
	return responder_secret.check(&s->r, s->note, &s->said);
}

static int undo(struct stage *s)
{
	return responder_secret.undo(&s->r, s->note, &s->said);
}

static void assert_password(void **state, const char *want)
{
	char path[FOLDER_PATH_MAX], line[300] = "";

	(void)snprintf(path, sizeof(path), "%s/password", (char *)*state);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	(void)fclose(f);
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, want);
}

static bool is_there(void **state, const char *name)
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", (char *)*state, name);
	return access(path, F_OK) == 0;
}

static void assert_note_without(const struct stage *s, const char *text)
{
	char *note = json_dumps(s->note, 0);

	assert_null(strstr(note, text));
	free(note);
}

static void test_change(void **state)
{
	struct stage s;
	char first[SECRET_MAX + 1];

	begin(&s, state, SECRET_CHANGE);
	responder_secret.plan(&s.r, &s.said);
	assert_string_equal(s.said.text, "would change the password of ann@shop.test, by program");
	assert_password(state, "the old one");
	assert_int_equal(check(&s), -ENOENT);

	assert_int_equal(act(&s), 0);
	assert_string_equal(s.said.text, "changed the password of ann@shop.test, by program");
	assert_non_null(s.r.secret);
	assert_password(state, secret_text(s.r.secret));
	assert_string_equal(s.r.secret_how, "changed");
	assert_note_without(&s, secret_text(s.r.secret));
	assert_int_equal(check(&s), 0);

	/* killed before the journal had it: another one, and that is the one handed on */
	(void)snprintf(first, sizeof(first), "%s", secret_text(s.r.secret));
	assert_int_equal(json_object_clear(s.note), 0);
	assert_int_equal(act(&s), 0);
	assert_string_not_equal(secret_text(s.r.secret), first);
	assert_password(state, secret_text(s.r.secret));
	assert_int_equal(check(&s), 0);

	folder_write(*state, "password", "another\n");
	assert_int_equal(check(&s), -ENOENT);
	secret_free(s.r.secret);
	s.r.secret = NULL;
	assert_int_equal(check(&s), 0);
	assert_non_null(strstr(s.said.text, "cannot be tried"));
	assert_int_equal(undo(&s), 0);
	assert_non_null(strstr(s.said.text, "stays changed"));
	assert_password(state, "another");
	end(&s);
}

static const struct failure {
	const char *mode;
	int want;
	const char *want_said;
} failures[] = {
	{"busy", -EAGAIN, "/program set ended with status 75: later"},
	{"right", -EACCES, "/program set ended with status 77"},
	{"fails", -EIO, "/program set ended with status 1: what it says has the password in it"},
	{"lies", -EIO,
		"program says that the password of ann@shop.test is changed, but it is not the new "
		"one"},
};

static void test_failures(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct stage s;

		begin(&s, state, SECRET_CHANGE);
		set_mode(state, failures[i].mode);
		assert_int_equal(act(&s), failures[i].want);
		if (strstr(s.said.text, failures[i].want_said) == NULL)
			fail_msg("%s: %s", failures[i].mode, s.said.text);
		assert_null(s.r.secret);
		assert_null(s.r.secret_how);
		assert_int_equal(json_object_size(s.note), 0);
		assert_password(state, "the old one");
		end(&s);
	}
}

static void test_suspend(void **state)
{
	struct stage s;

	begin(&s, state, SECRET_SUSPEND_LOGIN);
	assert_int_equal(act(&s), 0);
	assert_string_equal(s.said.text, "of ann@shop.test, its login is suspended, by program");
	assert_true(is_there(state, "suspended"));
	assert_null(s.r.secret);
	assert_string_equal(s.r.secret_how, "login suspended");
	assert_int_equal(check(&s), 0);
	assert_int_equal(act(&s), 0); /* again */
	assert_int_equal(check(&s), 0);

	/* what was done counts, not what is configured by now */
	s.values.secret.deed = SECRET_CHANGE;
	s.values.secret.backend = "cpanel";
	assert_int_equal(undo(&s), 0);
	assert_false(is_there(state, "suspended"));
	assert_password(state, "the old one");
	assert_int_equal(undo(&s), 0); /* again */
	assert_int_equal(check(&s), -ENOENT);
	end(&s);
}

static void test_suspended_before(void **state)
{
	struct stage s;

	begin(&s, state, SECRET_SUSPEND_OUTGOING);
	folder_write(*state, "suspended", "");
	assert_int_equal(act(&s), 0);
	assert_non_null(strstr(s.said.text, "already"));
	assert_int_equal(check(&s), 0);
	assert_int_equal(undo(&s), 0);
	assert_non_null(strstr(s.said.text, "stays so"));
	assert_true(is_there(state, "suspended"));
	end(&s);
}

static void test_suspend_lies(void **state)
{
	struct stage s;

	begin(&s, state, SECRET_HOLD);
	set_mode(state, "lies");
	assert_int_equal(act(&s), -EIO);
	assert_string_equal(s.said.text,
		"program says that of ann@shop.test, its outgoing mail is held, but it is not so");
	assert_int_equal(json_object_size(s.note), 0);
	set_mode(state, "good");
	assert_int_equal(act(&s), 0);
	set_mode(state, "lies");
	assert_int_equal(undo(&s), -EIO);
	assert_null(json_object_get(s.note, "undone"));
	end(&s);
}

static void test_configuration(void **state)
{
	static const char *const rows[] = {"else.test directadmin", "  Shop.test   program "};
	static const char *const broken[] = {"shop.test"};
	struct stage s;

	begin(&s, state, SECRET_CHANGE);
	assert_true(responder_secret.is_on(&s.values));
	s.values.secret.deed = SECRET_NOTHING;
	assert_false(responder_secret.is_on(&s.values));
	s.values.secret.deed = SECRET_CHANGE;

	s.values.secret.backend = NULL;
	assert_int_equal(act(&s), -EINVAL);
	assert_non_null(strstr(s.said.text, "neither secret.backend"));
	s.values.secret.backend = "abacus";
	assert_int_equal(act(&s), -EINVAL);
	assert_string_equal(s.said.text, "there is no back end \"abacus\" for passwords");
	s.values.secret.domains = (struct setting_list){rows, 2};
	assert_int_equal(act(&s), 0);
	s.values.secret.domains = (struct setting_list){broken, 1};
	assert_int_equal(json_object_clear(s.note), 0);
	assert_int_equal(act(&s), -EINVAL);

	s.values.secret.domains = (struct setting_list){0};
	s.values.secret.backend = "program";
	s.values.secret.program = NULL;
	assert_int_equal(act(&s), -EINVAL);
	/* without what they need the panels do not get far */
	s.values.secret.backend = "directadmin";
	assert_int_equal(act(&s), -EINVAL);
	s.values.secret.backend = "plesk";
	assert_int_equal(act(&s), -EINVAL);
	s.values.cpanel.url = "http://127.0.0.1:1";
	s.values.secret.backend = "cpanel";
	assert_int_equal(act(&s), -EINVAL);
	end(&s);
}

static void test_names(void **state)
{
	static const char *const names[] = {"@shop.test", "ann@", "-ann@shop.test", "a b@shop.test",
		"a\x01@shop.test", "\xc3\xa4@shop.test"};
	struct stage s;

	begin(&s, state, SECRET_CHANGE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		source_set(&s.source, SOURCE_MAILBOX, slice_of(names[i]));
		assert_int_equal(act(&s), -EINVAL);
	}
	/* the program may know names without a domain; panels do not */
	source_set(&s.source, SOURCE_MAILBOX, slice_of("ann"));
	assert_int_equal(act(&s), -ENOENT);
	static const char *const by_address[] = {"cpanel", "directadmin", "plesk"};
	s.values.cpanel.url = s.values.directadmin.url = s.values.plesk.url = "http://127.0.0.1:1";
	for (int i = 0; i < 3; i++) {
		s.values.secret.backend = by_address[i];
		assert_int_equal(act(&s), -EINVAL);
		assert_non_null(strstr(s.said.text, "is no address"));
	}
	s.values.secret.backend = "program";
	source_set(&s.source, SOURCE_MAILBOX, slice_of("bob@shop.test"));
	assert_int_equal(act(&s), -ENOENT);
	assert_true(responder_secret.fits(&s.source));
	source_set(&s.source, SOURCE_LOGIN, slice_of("bob"));
	assert_false(responder_secret.fits(&s.source));
	end(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_change),
		TEST(test_failures),
		TEST(test_suspend),
		TEST(test_suspended_before),
		TEST(test_suspend_lies),
		TEST(test_configuration),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

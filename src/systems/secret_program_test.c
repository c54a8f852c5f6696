#include "systems/secret_program.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct stage {
	char path[FOLDER_PATH_MAX];
	struct secret_program program;
	struct secret *secret;
	struct problem problem;
};

static void begin(struct stage *s, void **state, const char *script)
{
	char text[1000];

	*s = (struct stage){.secret = secret_new(slice_of("Sesame-7"))};
	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	folder_write(*state, "program", text);
	(void)snprintf(s->path, sizeof(s->path), "%s/program", (char *)*state);
	assert_int_equal(chmod(s->path, 0755), 0);
	s->program = (struct secret_program){s->path, 10000};
}

static int set(struct stage *s)
{
	return secret_program_set(&s->program, "a@b.test", s->secret, &s->problem);
}

static void test_what_it_gets(void **state)
{
	struct stage s;

	/* two words, one line, nothing of it in the arguments or the environment */
	begin(&s, state,
		"read -r line; ! read -r more || exit 3\n"
		"[ \"$line\" = Sesame-7 ] || exit 4; [ \"$*\" = 'set a@b.test' ] || exit 5\n"
		"env | grep -q Sesame && exit 6; tr '\\0' ' ' </proc/$$/cmdline | grep -q Sesame "
		"&& exit 7; exit 0");
	assert_int_equal(set(&s), 0);
	secret_free(s.secret);

	begin(&s, state, "! read -r line && [ \"$*\" = 'suspend a@b.test' ]");
	assert_int_equal(secret_program_suspend(&s.program, "a@b.test", &s.problem), 0);
	secret_free(s.secret);

	begin(&s, state, "! read -r line && [ \"$*\" = 'resume a@b.test' ]");
	assert_int_equal(secret_program_resume(&s.program, "a@b.test", &s.problem), 0);
	secret_free(s.secret);
}

static const struct status_case {
	const char *script;
	int want;
	const char *want_said; /* behind the program's name */
} status_cases[] = {
	{"exit 0", 0, ""},
	{"echo gone; echo more; exit 67", -ENOENT, " set ended with status 67: gone"},
	{"echo locked >&2; exit 75", -EAGAIN, " set ended with status 75: locked"},
	{"exit 77", -EACCES, " set ended with status 77"},
	{"exit 1", -EIO, " set ended with status 1"},
	{"printf 'a\\033b\\n'; exit 2", -EIO, " set ended with status 2: a\\x1bb"},
	{"read -r l; echo \"bad: $l\"; exit 2", -EIO,
		" set ended with status 2: what it says has the password in it"},
	{"kill -9 $$", -EIO, " set ended with status 137"},
};

static void test_status(void **state)
{
	for (size_t i = 0; i < sizeof(status_cases) / sizeof(status_cases[0]); i++) {
		const struct status_case *c = &status_cases[i];
		struct stage s;

		begin(&s, state, c->script);
		assert_int_equal(set(&s), c->want);
		if (c->want < 0)
			assert_string_equal(s.problem.text + strlen(s.path), c->want_said);
		secret_free(s.secret);
	}
}

static void test_check(void **state)
{
	struct stage s;
	bool is_so;

	begin(&s, state, "read -r l; [ \"$l\" = Sesame-7 ]");
	assert_int_equal(
		secret_program_check(&s.program, "a@b.test", s.secret, &is_so, &s.problem), 0);
	assert_true(is_so);
	secret_free(s.secret);
	begin(&s, state, "exit 1");
	assert_int_equal(
		secret_program_check(&s.program, "a@b.test", s.secret, &is_so, &s.problem), 0);
	assert_false(is_so);
	assert_int_equal(
		secret_program_check(&s.program, "a@b.test", NULL, &is_so, &s.problem), -EIO);
	secret_free(s.secret);
	begin(&s, state, "exit 67");
	assert_int_equal(secret_program_check(&s.program, "a@b.test", s.secret, &is_so, &s.problem),
		-ENOENT);
	secret_free(s.secret);
	begin(&s, state, "echo suspended");
	assert_int_equal(secret_program_check(&s.program, "a@b.test", NULL, &is_so, &s.problem), 0);
	assert_true(is_so);
	secret_free(s.secret);
	begin(&s, state, "echo active");
	assert_int_equal(secret_program_check(&s.program, "a@b.test", NULL, &is_so, &s.problem), 0);
	assert_false(is_so);
	secret_free(s.secret);
	begin(&s, state, "exit 0");
	assert_int_equal(
		secret_program_check(&s.program, "a@b.test", NULL, &is_so, &s.problem), -EBADMSG);
	secret_free(s.secret);
}

static void test_cannot_run(void **state)
{
	struct stage s;

	begin(&s, state, "sleep 60");
	s.program.time_ms = 200;
	assert_int_equal(set(&s), -ETIMEDOUT);
	s.program.path = NULL;
	assert_int_equal(set(&s), -EINVAL);
	s.program.path = "/nowhere";
	assert_int_equal(set(&s), -EINVAL);
	secret_free(s.secret);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_it_gets),
		TEST(test_status),
		TEST(test_check),
		TEST(test_cannot_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

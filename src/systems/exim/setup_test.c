#include "systems/exim/setup.h"

#include "systems/exim/refusal_line.h"
#include "tests/folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* tests/system/refuse.sh asks a real Exim. This one answers what it is told to: it loads what does
 * not contain BAD, its options are the lines of the configuration, and -be says the file "probe".
 */
#define EXIM                                                                                       \
	"#!/bin/sh\n"                                                                              \
	"config=$2; shift 2\n"                                                                     \
	"if grep -q BAD \"$config\"; then echo 'BAD is no option'; exit 1; fi\n"                   \
	"case $1 in\n"                                                                             \
	"-bP) shift; [ \"$1\" != config ] || exec cat \"$config\"\n"                               \
	"  for name; do echo \"$name = $(sed -n \"s/^$name = //p\" \"$config\")\"; done ;;\n"      \
	"-be) cat \"${0%exim}probe\" ;;\n"                                                         \
	"esac\n"

#define PLAIN "acl_smtp_rcpt = r\nspool_directory = /none\nbegin acl\nr:\n  accept\n"

static char program[FOLDER_PATH_MAX], config[FOLDER_PATH_MAX];
static struct exim_setup_request request;

static int setup(void **state)
{
	int err = folder_setup(state);
	struct source ann;
	char name[REFUSAL_NAME_MAX], answer[REFUSAL_NAME_MAX + 16];

	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	(void)snprintf(answer, sizeof(answer), "%s known\n",
		strchr(refusal_file_name(&ann, name), '/') + 1);
	folder_write(*state, "probe", answer);
	folder_write(*state, "exim", EXIM);
	folder_write(*state, "conf", PLAIN);
	(void)snprintf(program, sizeof(program), "%s/exim", (const char *)*state);
	(void)snprintf(config, sizeof(config), "%s/conf", (const char *)*state);
	request = (struct exim_setup_request){
		.program = {program, config}, .values = {"/refused", "/policy", "stanch"}};
	return err != 0 ? err : chmod(program, 0700);
}

static void has_text(const char *want)
{
	char text[sizeof(PLAIN) + 100];
	FILE *f = fopen(config, "r");

	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	assert_int_equal(fclose(f), 0);
	text[n] = '\0';
	assert_string_equal(text, want);
}

static size_t files_in(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	assert_int_equal(closedir(d), 0);
	return n - 2;
}

static void planned(int want, const char *says)
{
	struct problem p = {0};
	struct exim_setup *s = NULL;
	int err = exim_setup_plan(&request, &s, &p);

	if (err != want)
		fail_msg("%d, not %d: %s", err, want, p.text);
	if (says != NULL && strstr(p.text, says) == NULL)
		fail_msg("%s", p.text);
	exim_setup_free(s);
}

static void test_there_and_back(void **state)
{
	struct problem p = {0};
	struct exim_setup *s = NULL;

	assert_int_equal(exim_setup_looks(&request.program, "/refused", &p), -ENOENT);
	assert_int_equal(exim_setup_plan(&request, &s, &p), 0);
	assert_int_equal(exim_setup_kind(s), EXIM_SETUP_PLAIN);
	assert_non_null(exim_setup_file(s, 0));
	assert_null(exim_setup_file(s, 1));
	has_text(PLAIN);
	assert_int_equal(exim_setup_write(s, &p), 0);
	assert_non_null(exim_setup_file(s, 0)->backup);
	exim_setup_free(s);
	assert_int_equal(exim_setup_looks(&request.program, "/refused", &p), 0);
	assert_int_equal(exim_setup_looks(&request.program, "/other", &p), -ENOENT);

	assert_int_equal(exim_setup_plan(&request, &s, &p), 0);
	assert_null(exim_setup_file(s, 0));
	exim_setup_free(s);

	request.remove = true;
	assert_int_equal(exim_setup_plan(&request, &s, &p), 0);
	assert_int_equal(exim_setup_write(s, &p), 0);
	exim_setup_free(s);
	has_text(PLAIN);
	/* exim, conf, probe, and two copies of what was. */
	assert_int_equal(files_in(*state), 5);
}

static void test_not_loaded(void **state)
{
	folder_write(*state, "conf", PLAIN "BAD\n");
	planned(-EIO, "BAD is no option");
	request.values.hold_queue = "BAD";
	folder_write(*state, "conf", PLAIN);
	planned(-EIO, "BAD is no option");
	has_text(PLAIN);
	assert_int_equal(files_in(*state), 3);
}

static void test_too_old(void **state)
{
	folder_write(*state, "probe", "Failed: unknown expansion operator\n");
	planned(-ENOTSUP, "unknown expansion operator");
	has_text(PLAIN);
}

/* An Exim that goes on to say what it was told before: the change has no effect there. */
static void test_without_effect(void **state)
{
	(void)state;
	folder_write(*state, "conf",
		"acl_smtp_rcpt = r\nacl_smtp_mail =  \nspool_directory = /none\nbegin acl\nr:\n");
	planned(-EINVAL, "acl_smtp_mail would be");
}

static void test_changed_meanwhile(void **state)
{
	struct problem p = {0};
	struct exim_setup *s = NULL;

	assert_int_equal(exim_setup_plan(&request, &s, &p), 0);
	folder_write(*state, "conf", "# of somebody else\n");
	assert_int_equal(exim_setup_write(s, &p), -EBUSY);
	exim_setup_free(s);
	has_text("# of somebody else\n");
	assert_int_equal(files_in(*state), 3);
}

static void test_no_daemon(void **state)
{
	static const char *const pids[] = {"", "0", "1", "-1", "x", "99999999", "\xff"};
	struct problem p = {0};
	struct exim_setup *s = NULL;
	char text[2 * FOLDER_PATH_MAX], mine[32];

	(void)snprintf(text, sizeof(text), "spool_directory = /none\npid_file_path = %s/pid\n%s",
		(const char *)*state, "acl_smtp_rcpt = r\nbegin acl\nr:\n  accept\n");
	folder_write(*state, "conf", text);
	assert_int_equal(exim_setup_plan(&request, &s, &p), 0);
	assert_int_equal(exim_setup_reload(s, &p), -ESRCH);
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		folder_write(*state, "pid", pids[i]);
		assert_int_equal(exim_setup_reload(s, &p), -ESRCH);
	}
	/* A process that is another program gets no signal: this one lives. */
	(void)snprintf(mine, sizeof(mine), "%ld\n", (long)getpid());
	folder_write(*state, "pid", mine);
	assert_int_equal(exim_setup_reload(s, &p), -ESRCH);
	exim_setup_free(s);
}

static void test_values(void **state)
{
	(void)state;
	request.values.folder = "/a}b";
	planned(-EINVAL, "refuse.folder");
	has_text(PLAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_not_loaded, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_too_old, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_without_effect, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_changed_meanwhile, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_no_daemon, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_values, setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "systems/exim/setup.h"

#include "systems/child_program.h"
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

/* ---- cPanel ---- */

/* What its two programs do is in the file "does", a shell script; each run has a line in "runs". */
#define CPANEL_PROGRAM                                                                             \
	"#!/bin/sh\n"                                                                              \
	"cd \"${0%/scripts/*}\" || exit 1\n"                                                       \
	"echo \"${0##*/} $*\" >>runs\n"                                                            \
	". ./does\n"

/* Builds as cPanel does: options, then each list with its block, of the one file in it. */
#define BUILDS                                                                                     \
	"case ${0##*/}$1 in\n"                                                                     \
	"*--acl_dry_run) cat etc/exim/acls/*/*.dry_run >tried; echo 'Dry Run ok' ;;\n"             \
	"buildeximconf) sh ./make >conf; echo 'Configuration file passes test!' ;;\n"              \
	"esac\n"

#define MAKE                                                                                       \
	"echo 'acl_smtp_mail = m'; echo 'acl_smtp_rcpt = r'; echo 'acl_smtp_data = d'\n"           \
	"echo 'acl_not_smtp = l'; echo 'begin acl'\n"                                              \
	"block() {\n"                                                                              \
	"  echo \"#BEGIN $(echo $1 | tr _ -)\"; cat etc/exim/acls/$1/custom_* 2>/dev/null\n"       \
	"  echo; echo \"#END $(echo $1 | tr _ -)\"\n"                                              \
	"}\n"                                                                                      \
	"echo m:; block ACL_MAIL_PRE_BLOCK; echo '  accept'\n"                                     \
	"echo r:; echo '  deny    !authenticated = *'; cat late\n"                                 \
	"block ACL_RECIPIENT_BLOCK; echo '  accept authenticated = *'\n"                           \
	"block ACL_PRE_RECIPIENT_BLOCK; echo '  accept'\n"                                         \
	"echo p:; block ACL_SMTP_PREDATA_BLOCK\n"                                                  \
	"echo d:; block ACL_CHECK_MESSAGE_PRE_BLOCK; echo '  accept'\n"                            \
	"echo l:; block ACL_NOT_SMTP_BLOCK; echo '  accept'\n"

#define PLACE(block, name) "etc/exim/acls/" block "/custom_begin_00_stanch_" name

static char cpanel[FOLDER_PATH_MAX];

static void run_shell(const char *command)
{
	const char *const words[] = {"/bin/sh", "-c", command, NULL};
	const struct child_program shell = {.words = words, .time_ms = 10000};
	struct child_answer answer = {0};
	struct problem p = {0};

	assert_int_equal(child_program_run(&shell, &answer, &p), 0);
	assert_int_equal(answer.status, 0);
	child_answer_clear(&answer);
}

static void run_make(const char *folder)
{
	char command[2 * FOLDER_PATH_MAX];

	(void)snprintf(command, sizeof(command), "cd %s && sh ./make >conf", folder);
	run_shell(command);
}

static int setup_cpanel(void **state)
{
	static const char *const blocks[] = {"ACL_MAIL_PRE_BLOCK", "ACL_RECIPIENT_BLOCK",
		"ACL_PRE_RECIPIENT_BLOCK", "ACL_SMTP_PREDATA_BLOCK", "ACL_CHECK_MESSAGE_PRE_BLOCK",
		"ACL_NOT_SMTP_BLOCK"};
	static const char *const programs[] = {"scripts/buildeximconf", "scripts/restartsrv_exim"};
	char path[2 * FOLDER_PATH_MAX];
	int err = setup(state);

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		(void)snprintf(path, sizeof(path), "etc/exim/acls/%s", blocks[i]);
		folder_make(*state, path);
	}
	folder_make(*state, "scripts");
	for (size_t i = 0; i < 2; i++) {
		folder_write(*state, programs[i], CPANEL_PROGRAM);
		(void)snprintf(path, sizeof(path), "%s/%s", (const char *)*state, programs[i]);
		err |= chmod(path, 0700);
	}
	folder_write(*state, "does", BUILDS);
	folder_write(*state, "make", MAKE);
	folder_write(*state, "late", "");
	run_make(*state);
	(void)snprintf(cpanel, sizeof(cpanel), "%s", (const char *)*state);
	request.cpanel_folder = cpanel;
	request.cpanel_time_ms = 10000;
	return err;
}

static char *text_at(const char *name, char at[65536])
{
	char path[2 * FOLDER_PATH_MAX];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", cpanel, name);
	f = fopen(path, "r");
	if (f == NULL)
		return NULL;
	n = fread(at, 1, 65535, f);
	assert_int_equal(fclose(f), 0);
	at[n] = '\0';
	return at;
}

/* How many files of ours, or of a try, are below the blocks. */
static size_t ours_below(void)
{
	char command[2 * FOLDER_PATH_MAX], text[65536];

	(void)snprintf(command, sizeof(command),
		"cd %s && find etc/exim/acls -name '*stanch*' | wc -l >count", cpanel);
	run_shell(command);
	return (size_t)strtoul(text_at("count", text), NULL, 10);
}

static struct exim_setup *plan(void)
{
	struct problem p = {0};
	struct exim_setup *s = NULL;
	int err = exim_setup_plan(&request, &s, &p);

	if (err != 0)
		fail_msg("%d: %s", err, p.text);
	assert_int_equal(exim_setup_kind(s), EXIM_SETUP_CPANEL);
	return s;
}

static void written_and_live(void)
{
	struct problem p = {0};
	struct exim_setup *s = plan();

	assert_int_equal(exim_setup_write(s, &p), 0);
	if (exim_setup_reload(s, &p) != 0)
		fail_msg("%s", p.text);
	exim_setup_free(s);
}

static void test_cpanel_there_and_back(void **state)
{
	char before[65536], text[65536];
	struct problem p = {0};
	struct exim_setup *s;

	(void)state;
	assert_non_null(text_at("conf", before));
	s = plan();
	assert_int_equal(ours_below(), 0);
	/* p is empty: cPanel asks no list there. */
	assert_non_null(strstr(exim_setup_note(s, 0), "acl_smtp_predata"));
	assert_null(exim_setup_note(s, 1));
	assert_non_null(exim_setup_file(s, 3));
	assert_null(exim_setup_file(s, 4));
	/* What was tried is what is planned. */
	for (size_t i = 0; i < 4; i++)
		assert_non_null(strstr(text_at("tried", text), exim_setup_file(s, i)->after));
	exim_setup_free(s);

	written_and_live();
	assert_int_equal(ours_below(), 4);
	assert_int_equal(exim_setup_looks(&request.program, "/refused", &p), 0);
	/* Of the two blocks for recipients the first of the list, not of the alphabet. */
	assert_non_null(text_at(PLACE("ACL_RECIPIENT_BLOCK", "rcpt"), text));
	assert_string_equal(text_at("runs", text),
		"buildeximconf --acl_dry_run\nbuildeximconf --acl_dry_run\nbuildeximconf \n"
		"restartsrv_exim \n");
	s = plan();
	assert_null(exim_setup_file(s, 0));
	exim_setup_free(s);

	request.remove = true;
	written_and_live();
	assert_int_equal(ours_below(), 0);
	assert_string_equal(text_at("conf", text), before);
	/* What a run left behind that was killed. */
	folder_write(cpanel, PLACE("ACL_RECIPIENT_BLOCK", "rcpt") ".dry_run", "");
	exim_setup_free(plan());
	assert_int_equal(ours_below(), 0);
}

static void test_cpanel_change(void **state)
{
	char text[65536];
	struct problem p = {0};
	struct exim_setup *s;

	(void)state;
	written_and_live();
	request.values.folder = "/elsewhere";
	s = plan();
	assert_int_equal(exim_setup_write(s, &p), 0);
	/* No copy lies in a block: cPanel would take it. */
	assert_int_equal(ours_below(), 4);
	assert_non_null(exim_setup_file(s, 0)->backup);
	assert_null(strstr(exim_setup_file(s, 0)->backup, "/acls/"));
	assert_non_null(
		strstr(text_at(exim_setup_file(s, 0)->backup + strlen(cpanel), text), "/refused/"));
	exim_setup_free(s);
}

static void test_cpanel_dry_run(void **state)
{
	static const char *const rows[][2] = {
		{"echo 'broken: \033[2J'; exit 0\n", "broken: \\x1b[2J"},
		{"echo 'Dry Run ok'; exit 1\n", "status 1"},
		{"exit 0\n", "it said nothing"},
		{"kill -9 $$\n", "status 137"},
		{"head -c 2000000 /dev/zero\n", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem p = {0};
		struct exim_setup *s = NULL;

		folder_write(*state, "does", rows[i][0]);
		assert_true(exim_setup_plan(&request, &s, &p) < 0);
		if (strstr(p.text, rows[i][1]) == NULL)
			fail_msg("%zu: %s", i, p.text);
		assert_null(s);
		assert_int_equal(ours_below(), 0);
	}
	folder_write(*state, "does", "sleep 100\n");
	request.cpanel_time_ms = 300;
	planned(-ETIMEDOUT, NULL);
	assert_int_equal(ours_below(), 0);
}

/* A build that fails the first time, or does something else; then the files are put back. */
static void test_cpanel_build(void **state)
{
	static const struct {
		const char *first;
		int want;
	} rows[] = {
		{"echo no; exit 1", -ECANCELED},
		{"echo 'Configuration file passes test!'", -ECANCELED}, /* builds nothing */
		{"sh ./make >conf", -ECANCELED},                        /* does not say so */
		{"sleep 100", -ECANCELED},
		{"sh ./make | sed 's/^acl_smtp_mail.*/acl_smtp_mail = other/' >conf\n"
		 "echo 'Configuration file passes test!'",
			-ECANCELED},
		{"(sh ./make; echo BAD) >conf; echo 'Configuration file passes test!'", -ECANCELED},
	};
	char text[65536], before[65536], now[65536];

	assert_non_null(text_at("conf", before));
	request.cpanel_time_ms = 2000;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem p = {0};
		struct exim_setup *s;

		folder_write(*state, "does", BUILDS);
		s = plan();
		assert_int_equal(exim_setup_write(s, &p), 0);
		(void)snprintf(text, sizeof(text),
			"if [ ! -e once ]; then : >once; %s\nelse\n%sfi\n", rows[i].first, BUILDS);
		folder_write(*state, "does", text);
		(void)snprintf(text, sizeof(text), "%s/once", cpanel);
		(void)unlink(text);
		assert_int_equal(exim_setup_reload(s, &p), rows[i].want);
		exim_setup_free(s);
		if (ours_below() != 0)
			fail_msg("%zu: %s", i, p.text);
		assert_string_equal(text_at("conf", now), before);
	}
}

static void test_cpanel_not_ours(void **state)
{
	char text[65536], path[2 * FOLDER_PATH_MAX];

	folder_write(*state, PLACE("ACL_MAIL_PRE_BLOCK", "mail"), "  warn\n");
	planned(-EINVAL, "not of stanch's making");
	request.remove = true;
	struct exim_setup *s = plan();
	assert_null(exim_setup_file(s, 0));
	assert_non_null(strstr(exim_setup_note(s, 0), "not of stanch's making"));
	exim_setup_free(s);
	assert_string_equal(text_at(PLACE("ACL_MAIL_PRE_BLOCK", "mail"), text), "  warn\n");
	/* Nor is anything written through a link. */
	request.remove = false;
	(void)snprintf(path, sizeof(path), "%s/" PLACE("ACL_MAIL_PRE_BLOCK", "mail"), cpanel);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	planned(-EINVAL, "not of stanch's making");
}

static void test_cpanel_switched_off(void **state)
{
	static const struct {
		const char *options, *shadow;
		bool is_off;
	} rows[] = {
		{"acl_custom_begin_00_stanch_mail=0\n", "", true},
		{"acl_custom_begin_00_stanch_mail= 0 \n", "", true},
		{"acl_custom_begin_00_stanch_mail=\n", "", true},
		{"acl_custom_begin_00_stanch_mail\n", "", true},
		{"acl_custom_begin_00_stanch_mail=0", "", true},
		{"acl_custom_begin_00_stanch_mail=off\n", "", true},
		{"acl_custom_begin_00_stanch_mail=10\n", "", false},
		{"acl_custom_begin_00_stanch_mail=0\nacl_custom_begin_00_stanch_mail=1\n", "",
			false},
		{"acl_custom_begin_00_stanch_mail=1", "", false},
		{"acl_custom_begin_00_stanch_mail=1\n", "acl_custom_begin_00_stanch_mail=0", true},
		{"acl_custom_begin_00_stanch_mail2=0\n\xff=\n=\n", "", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_setup *s;

		folder_write(*state, "conf.localopts", rows[i].options);
		folder_write(*state, "conf.localopts.shadow", rows[i].shadow);
		s = plan();
		if ((strstr(exim_setup_note(s, 1) != NULL ? exim_setup_note(s, 1) : "",
			     "switched off in WHM") != NULL) != rows[i].is_off)
			fail_msg("%zu", i);
		exim_setup_free(s);
	}
}

static void test_cpanel_only_a_person(void **state)
{
	folder_write(*state, "late", "  accept  hosts = :\n          authenticated = *\n");
	run_make(*state);
	/* The other block comes later still. */
	planned(-EINVAL, "accepts who has logged in before");
	folder_write(*state, "late", "  deny authenticated = *\n  accept hosts = :\n");
	run_make(*state);
	planned(0, NULL);
	folder_write(*state, "conf",
		"acl_smtp_mail = m\nacl_smtp_rcpt = r\nm:\n  accept\nr:\n"
		"#BEGIN ACL-MAIL-PRE-BLOCK\n#BEGIN ACL_RECIPIENT_BLOCK\n");
	planned(-EINVAL, "has no place of cPanel's");
	assert_int_equal(ours_below(), 0);
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
		cmocka_unit_test_setup_teardown(
			test_cpanel_there_and_back, setup_cpanel, folder_teardown),
		cmocka_unit_test_setup_teardown(test_cpanel_change, setup_cpanel, folder_teardown),
		cmocka_unit_test_setup_teardown(test_cpanel_dry_run, setup_cpanel, folder_teardown),
		cmocka_unit_test_setup_teardown(test_cpanel_build, setup_cpanel, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_cpanel_not_ours, setup_cpanel, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_cpanel_switched_off, setup_cpanel, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_cpanel_only_a_person, setup_cpanel, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

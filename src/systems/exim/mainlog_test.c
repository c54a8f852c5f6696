#include "systems/exim/mainlog.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NOON_US 1795435200123456 /* 2026-11-23 12:00:00.123456 UTC */

static char empty[] = "", utc[] = "UTC", berlin[] = "Europe/Berlin";

static struct exim_settings settings_of(char *spool)
{
	return (struct exim_settings){.spool = spool,
		.log_file_path = empty,
		.user = empty,
		.group = empty,
		.timezone = utc,
		.log_selector = empty,
		.syslog_facility = empty,
		.syslog_processname = empty};
}

static char *contents(const char *top, const char *below, char at[4096])
{
	char path[FOLDER_PATH_MAX];

	assert_true(snprintf(path, sizeof(path), "%s/%s", top, below) < (int)sizeof(path));
	FILE *f = fopen(path, "r");
	at[0] = '\0';
	if (f != NULL) {
		at[fread(at, 1, 4095, f)] = '\0';
		(void)fclose(f);
	}
	return at;
}

static struct exim_spool *spool_of(const char *top)
{
	struct exim_spool *spool = NULL;
	struct problem problem = {0};

	folder_make(top, "input");
	assert_int_equal(exim_spool_open(top, &spool, &problem), 0);
	return spool;
}

static void test_default_place_is_made(void **state)
{
	struct exim_spool *spool = spool_of(*state);
	struct exim_settings settings = settings_of(*state);
	struct problem problem = {0};
	struct mainlog *log = mainlog_new(spool, &settings);
	char got[4096], path[FOLDER_PATH_MAX];
	struct stat s;

	mainlog_add(log, NOON_US, "1xVSmQ-00076x-1r", "moved");
	mainlog_add(log, NOON_US, "1xVSmQ-00076x-1r", "Completed");
	assert_int_equal(mainlog_write(log, &problem), 0);
	mainlog_add(log, NOON_US + 1000000, "1xVSmQ-00076x-1r", "more");
	assert_int_equal(mainlog_write(log, &problem), 0);
	assert_string_equal(contents(*state, "log/mainlog", got),
		"2026-11-23 12:00:00 1xVSmQ-00076x-1r moved\n"
		"2026-11-23 12:00:00 1xVSmQ-00076x-1r Completed\n"
		"2026-11-23 12:00:01 1xVSmQ-00076x-1r more\n");
	(void)snprintf(path, sizeof(path), "%s/log/mainlog", (char *)*state);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0640);
	mainlog_free(log);
	exim_spool_free(spool);
}

static void test_time_forms(void **state)
{
	static char millisec[] = "+pid -pid +millisec", all[] = "+all -pid", none[] = "+all - all";
	const struct {
		char *selector, *zone;
		bool log_zone;
		const char *want;
	} rows[] = {
		{empty, utc, false, "2026-11-23 12:00:00"},
		{empty, berlin, false, "2026-11-23 13:00:00"},
		{empty, berlin, true, "2026-11-23 13:00:00 +0100"},
		{millisec, utc, false, "2026-11-23 12:00:00.123"},
		{all, utc, true, "2026-11-23 12:00:00.123 +0000"},
		{none, utc, false, "2026-11-23 12:00:00"},
	};
	struct exim_spool *spool = spool_of(*state);
	char got[MAINLOG_TIME_MAX];

	setenv("TZ", "America/New_York", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_settings settings = settings_of(*state);

		settings.log_selector = rows[i].selector;
		settings.timezone = rows[i].zone;
		settings.log_timezone = rows[i].log_zone;
		struct mainlog *log = mainlog_new(spool, &settings);
		mainlog_time(log, NOON_US, got);
		assert_string_equal(got, rows[i].want);
		mainlog_free(log);
	}
	assert_string_equal(getenv("TZ"), "America/New_York");
	exim_spool_free(spool);
}

static void test_path_forms(void **state)
{
	struct exim_spool *spool = spool_of(*state);
	char pattern[FOLDER_PATH_MAX], got[4096], name[64];
	struct problem problem = {0};
	time_t now = time(NULL);
	struct tm t;

	folder_make(*state, "elsewhere");
	(void)snprintf(
		pattern, sizeof(pattern), "syslog : %s/elsewhere/%%slog-%%D", (char *)*state);
	struct exim_settings settings = settings_of(*state);
	settings.log_file_path = pattern + strlen("syslog : "); /* no line for the real syslog */
	struct mainlog *log = mainlog_new(spool, &settings);
	mainlog_add(log, (int64_t)now * 1000000, "1xVSmQ-00076x-1r", "x");
	assert_int_equal(mainlog_write(log, &problem), 0);
	gmtime_r(&now, &t);
	(void)strftime(name, sizeof(name), "elsewhere/mainlog-%Y%m%d", &t);
	assert_non_null(strstr(contents(*state, name, got), "1xVSmQ-00076x-1r x\n"));
	mainlog_free(log);

	settings.log_file_path = pattern;
	log = mainlog_new(spool, &settings);
	assert_non_null(strstr(mainlog_place(log), " and syslog"));
	mainlog_free(log);
	exim_spool_free(spool);
}

/* A copy of a spool never writes into the live server's log. */
static void test_a_copy(void **state)
{
	static char live[] = "/nonexistent-spool";
	struct exim_spool *spool = spool_of(*state);
	struct exim_settings settings = settings_of(live);
	struct problem problem = {0};
	char got[4096];

	struct mainlog *log = mainlog_new(spool, &settings);
	assert_null(mainlog_place(log));
	mainlog_add(log, NOON_US, "1xVSmQ-00076x-1r", "x");
	assert_int_equal(mainlog_write(log, &problem), 0);
	mainlog_free(log);
	assert_string_equal(contents(*state, "log/mainlog", got), "");

	folder_make(*state, "log");
	folder_write(*state, "log/mainlog", "old\n");
	log = mainlog_new(spool, NULL);
	assert_non_null(mainlog_place(log));
	mainlog_add(log, NOON_US, "1xVSmQ-00076x-1r", "x");
	assert_int_equal(mainlog_write(log, &problem), 0);
	assert_non_null(strstr(contents(*state, "log/mainlog", got), "1xVSmQ-00076x-1r x\n"));
	mainlog_free(log);
	exim_spool_free(spool);
}

/* The disk ends within a line: what is left ends with a whole line. */
static void test_never_half_a_line(void **state)
{
	struct exim_spool *spool = spool_of(*state);
	struct exim_settings settings = settings_of(*state);
	struct problem problem = {0};
	struct rlimit old, small;
	char got[4096];

	folder_make(*state, "log");
	folder_write(*state, "log/mainlog", "one line\n");
	(void)signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){70, old.rlim_max};
	setrlimit(RLIMIT_FSIZE, &small);
	struct mainlog *log = mainlog_new(spool, &settings);
	mainlog_add(log, NOON_US, "1xVSmQ-00076x-1r", "first");
	mainlog_add(log, NOON_US, "1xVSmQ-00076x-1r", "second");
	assert_true(mainlog_write(log, &problem) < 0);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_string_equal(contents(*state, "log/mainlog", got),
		"one line\n2026-11-23 12:00:00 1xVSmQ-00076x-1r first\n");
	assert_non_null(strstr(problem.text, "log/mainlog"));
	mainlog_free(log);
	exim_spool_free(spool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_default_place_is_made),
		TEST(test_time_forms),
		TEST(test_path_forms),
		TEST(test_a_copy),
		TEST(test_never_half_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

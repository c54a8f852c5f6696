#include "systems/exim/session_hints.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 1xW3km is the second 2026-11-25 03:33:04 UTC, -0006J3- the process 24245. */
#define SECOND  1795577584
#define PROCESS 24245
#define ANN                                                                                        \
	"2026-11-25 03:33:04 1xW3km-0006J3-20 <= ann@shop.test H=(x) [192.0.2.7]:47603 P=esmtpa "  \
	"A=dovecot_plain:ann@shop.test S=324"
#define REFUSED                                                                                    \
	"[4711] H=(x) [192.0.2.8]:51719 F=<ann@shop.test> A=dovecot_plain:ann@shop.test rejected " \
	"RCPT <x@y.test>: no"

static struct session_hints *hints_of(const char *mailbox, int64_t since)
{
	struct source source;

	source_set(&source, SOURCE_MAILBOX, slice_of(mailbox));
	return session_hints_new(&source, since);
}

static size_t count_of(const struct session_hints *h)
{
	size_t n;

	(void)session_hints_all(h, &n);
	return n;
}

static const struct session_hint *hint_at(const struct session_hints *h, size_t which)
{
	size_t n;
	const struct session_hint *all = session_hints_all(h, &n);

	assert_true(which < n);
	return &all[which];
}

static void assert_hint(const struct session_hint *got, const char *address, uint16_t port,
	uint64_t pid, int64_t at)
{
	struct tcp_end want = {0};

	assert_int_equal(tcp_end_read(slice_of(address), port, &want), 0);
	assert_memory_equal(got->peer.address, want.address, sizeof(want.address));
	assert_int_equal(got->peer.port, port);
	assert_int_equal(got->pid, pid);
	assert_int_equal(got->at, at);
}

static void test_accepted(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", SECOND);

	(void)state;
	session_hints_line(h, slice_of(ANN));
	assert_int_equal(count_of(h), 1);
	assert_hint(hint_at(h, 0), "192.0.2.7", 47603, PROCESS, SECOND);

	/* the same session later: the hint is of its newest message */
	session_hints_line(
		h, slice_of("2026-11-25 03:33:07 1xW3kp-0006J3-20 <= ann@shop.test H=(x) "
			    "[192.0.2.7]:47603 P=esmtpa A=dovecot_plain:ANN@shop.test S=3"));
	assert_int_equal(count_of(h), 1);
	assert_int_equal(hint_at(h, 0)->at, SECOND + 3);

	session_hints_line(h, slice_of("2026-11-25 03:33:07 1xW3kp-0000000006J-20aa <= <> H=(x) "
				       "[2001:db8::1] P=esmtpsa A=login:ann+x@shop.test S=3"));
	assert_int_equal(count_of(h), 2);
	assert_hint(hint_at(h, 1), "2001:db8::1", 0, 391, SECOND + 3);
}

static void test_passed_over(void **state)
{
	static const char *const lines[] = {
		/* of another mailbox; by a process of this server; without a login */
		"2026-11-25 03:33:04 1xW3km-0006J3-20 <= ann@shop.test H=(x) [192.0.2.7]:4 "
		"P=esmtpa "
		"A=dovecot_plain:bob@shop.test S=324",
		"2026-11-25 03:33:04 1xW3km-0006J3-20 <= ann@shop.test U=ann P=local S=324",
		"2026-11-25 03:33:04 1xW3km-0006J3-20 <= ann@shop.test H=(x) [192.0.2.7]:4 P=esmtp "
		"S=324",
		/* strangers' text that looks like hers */
		"2026-11-25 03:33:04 1xW3km-0006J3-20 <= \"x A=dovecot_plain:ann@shop.test "
		"S=5\"@evil.test H=(x) [192.0.2.7]:4 P=esmtp S=324",
		"2026-11-25 03:33:04 1xW3km-0006J3-20 <= eve@evil.test H=(a) [192.0.2.9]:9 "
		"P=esmtpa "
		"A=dovecot_plain:ann@shop.test) [192.0.2.7]:4 P=esmtpa "
		"A=dovecot_plain:eve@shop.test "
		"S=324",
		/* what is no arrival */
		"2026-11-25 03:33:04 1xW3km-0006J3-20 => x@y.test R=internet T=internet H=y.test "
		"[192.0.2.7]:25 A=dovecot_plain:ann@shop.test",
		"2026-11-25 03:33:04 1xW3km-0006J3-20 Completed",
		/* before the time from which on it is asked */
		"2026-11-25 03:33:03 1xW3kl-0006J3-20 <= ann@shop.test H=(x) [192.0.2.7]:4 "
		"P=esmtpa "
		"A=dovecot_plain:ann@shop.test S=324",
		"",
	};
	AUTO(session_hints) h = hints_of("ann@shop.test", SECOND);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		session_hints_line(h, slice_of(lines[i]));
		if (count_of(h) != 0)
			fail_msg("line %zu gave a hint", i);
	}
}

/* It began before that time and was whole, and in the log, after it. */
static void test_slow_message(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", SECOND + 10);

	(void)state;
	session_hints_line(
		h, slice_of("2026-11-25 03:33:13 1xW3km-0006J3-20 <= ann@shop.test H=(x) "
			    "[192.0.2.7]:4 P=esmtpa A=dovecot_plain:ann@shop.test S=324"));
	assert_int_equal(count_of(h), 0);
	session_hints_line(
		h, slice_of("2026-11-25 03:33:14 1xW3km-0006J3-20 <= ann@shop.test H=(x) "
			    "[192.0.2.7]:4 P=esmtpa A=dovecot_plain:ann@shop.test S=324"));
	assert_int_equal(count_of(h), 1);
	assert_int_equal(hint_at(h, 0)->at, SECOND);
}

/* A local process can give an address with a line feed in its quotes; the next line is then its. */
static void test_forged_line(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", 0);

	(void)state;
	session_hints_line(h, slice_of("2026-11-25 03:33:04 1xW3km-0006J3-20 <= \"x\" U=eve "
				       "P=local S=324 for \"a"));
	session_hints_line(h, slice_of(ANN));
	assert_int_equal(count_of(h), 0);
}

static void check_refused(const char *time_before, const char *refused, int64_t want)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", 0);
	char line[400];

	(void)snprintf(line, sizeof(line), "%s 1xW3km-0006J3-20 <= bob@shop.test U=bob P=local S=1",
		time_before);
	session_hints_line(h, slice_of(line));
	session_hints_line(h, slice_of(refused));
	assert_int_equal(count_of(h), 1);
	assert_hint(hint_at(h, 0), "192.0.2.8", 51719, 4711, want);
}

static void test_refused(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", 0);

	(void)state;
	/* the zone is not known yet */
	session_hints_line(h, slice_of("2026-11-25 03:33:06 " REFUSED));
	assert_int_equal(count_of(h), 0);
	session_hints_line(h, slice_of("2026-11-25 03:33:06 +0000 " REFUSED));
	assert_int_equal(count_of(h), 1);

	check_refused("2026-11-25 03:33:04", "2026-11-25 03:33:06 " REFUSED, SECOND + 2);
	check_refused("2026-11-25 03:33:03", "2026-11-25 03:33:06 " REFUSED, SECOND + 2);
	check_refused("2026-11-25 03:43:04", "2026-11-25 03:43:06 " REFUSED, SECOND + 602);
	check_refused("2026-11-25 09:18:04", "2026-11-25 09:18:06 " REFUSED, SECOND + 2);
	check_refused("2026-11-24 22:33:04", "2026-11-24 22:33:06 " REFUSED, SECOND + 2);
	check_refused("2026-11-24 22:33:04", "2026-11-25 05:03:06 +0130 " REFUSED, SECOND + 2);

	/* no zone is that far away: the line with the id is of an hour long ago */
	AUTO(session_hints) odd = hints_of("ann@shop.test", 0);
	session_hints_line(odd, slice_of("2026-11-26 03:33:04 1xW3km-0006J3-20 <= bob@shop.test "
					 "U=bob P=local S=1"));
	session_hints_line(odd, slice_of("2026-11-26 03:33:05 " REFUSED));
	assert_int_equal(count_of(odd), 0);

	/* after the message: the id that it would have got names the process */
	session_hints_line(
		h, slice_of("2026-11-25 03:33:05 1xW3km-0006J3-20 H=(x) [192.0.2.8]:51159 "
			    "F=<ok@bad.example> A=dovecot_plain:ann@shop.test rejected after DATA: "
			    "no"));
	assert_int_equal(count_of(h), 2);
	assert_hint(hint_at(h, 1), "192.0.2.8", 51159, PROCESS, SECOND);
}

static void test_bounded(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", 0);
	char line[300];

	(void)state;
	for (unsigned i = 0; i <= SESSION_HINTS_MOST; i++) {
		(void)snprintf(line, sizeof(line),
			"2026-11-25 03:33:04 1xW3km-0006J3-20 <= ann@shop.test H=(x) "
			"[192.0.%u.%u]:%u P=esmtpa A=p:ann@shop.test S=324",
			i / 256 % 256, i % 256, 1 + i % 65535);
		session_hints_line(h, slice_of(line));
	}
	assert_int_equal(count_of(h), SESSION_HINTS_MOST / 2 + 1);
	assert_hint(hint_at(h, SESSION_HINTS_MOST / 2), "192.0.0.0", 2, PROCESS, SECOND);
}

/* ---- the file ---- */

static void append(const char *path, const char *text)
{
	FILE *out = fopen(path, "a");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void read_log(struct session_hints *h, const char *path)
{
	struct problem problem = {0};

	assert_int_equal(session_hints_read(h, path, &problem), 0);
}

static void test_file(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", 0);
	char path[FOLDER_PATH_MAX], other[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/mainlog", (char *)*state);
	(void)snprintf(other, sizeof(other), "%s/mainlog.1", (char *)*state);
	append(path, ANN "\n2026-11-25 03:33:05 +0000 [4711] H=(x) [192.0.2.8]:517");
	read_log(h, path);
	assert_int_equal(count_of(h), 1);
	append(path, "19 F=<ann@shop.test> A=dovecot_plain:ann@shop.test rejected RCPT <x@y.test>: "
		     "no\n");
	read_log(h, path);
	read_log(h, path);
	assert_int_equal(count_of(h), 2);
	assert_hint(hint_at(h, 1), "192.0.2.8", 51719, 4711, SECOND + 1);

	/* rotated */
	assert_int_equal(rename(path, other), 0);
	append(path, "2026-11-25 03:33:07 +0000 [4712] H=(x) [192.0.2.8]:5 F=<ann@shop.test> "
		     "A=dovecot_plain:ann@shop.test rejected RCPT <x@y.test>: no\n");
	read_log(h, path);
	assert_int_equal(count_of(h), 3);
	assert_hint(hint_at(h, 2), "192.0.2.8", 5, 4712, SECOND + 3);
}

/* Only the end is read, from the middle of a line on; and what is longer than any line is none. */
static void test_long_file(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", 0);
	char path[FOLDER_PATH_MAX], *filler = malloc((1 << 20) + 1);

	assert_non_null(filler);
	memset(filler, 'x', 1 << 20);
	filler[1 << 20] = '\0';
	(void)snprintf(path, sizeof(path), "%s/mainlog", (char *)*state);
	append(path, ANN "\n");
	for (int i = 0; i < 16; i++)
		append(path, filler);
	append(path,
		"\n2026-11-25 03:33:04 1xW3km-0006J4-20 <= ann@shop.test H=(x) [192.0.2.7]:47604 "
		"P=esmtpa A=dovecot_plain:ann@shop.test S=324\n");
	append(path, filler);
	append(path, ANN "\n" ANN "\n");
	read_log(h, path);
	assert_int_equal(count_of(h), 2);
	assert_int_equal(hint_at(h, 0)->pid, PROCESS + 1);
	assert_int_equal(hint_at(h, 1)->pid, PROCESS);
	free(filler);
}

static void test_no_file(void **state)
{
	AUTO(session_hints) h = hints_of("ann@shop.test", 0);
	struct problem problem = {0};

	assert_int_equal(session_hints_read(h, "/nowhere/at\nall", &problem), -ENOENT);
	assert_non_null(strstr(problem.text, "/nowhere/at\\x0aall"));
	assert_int_equal(session_hints_read(h, *state, &problem), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_slow_message),
		cmocka_unit_test(test_forged_line),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test_setup_teardown(test_file, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_long_file, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_no_file, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

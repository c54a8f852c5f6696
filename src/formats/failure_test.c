#include "formats/failure.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_codes(void **state)
{
	static const struct {
		const char *text;
		size_t taken;
		unsigned code, status_class, subject, detail;
	} rows[] = {
		{"550 5.1.1 <a@b>: no such user", 9, 550, 5, 1, 1},
		{"550-5.7.1 [1.2.3.4] spam", 9, 550, 5, 7, 1},
		{"550- 5.1.1 x", 10, 550, 5, 1, 1},
		{"421 4.7.28 x", 10, 421, 4, 7, 28},
		{"250 2.0.0 Ok", 9, 250, 2, 0, 0},
		{"550 No such user", 4, 550, 0, 0, 0},
		{"550", 3, 550, 0, 0, 0},
		{"550 ", 4, 550, 0, 0, 0},
		{"550-", 4, 550, 0, 0, 0},
		{"550 5.1.1", 9, 550, 5, 1, 1},
		{"550 5.100.999", 13, 550, 5, 100, 999},
		{"550 5.1.1000", 4, 550, 0, 0, 0},
		{"550 5.1000.1", 4, 550, 0, 0, 0},
		{"550 5.1.1.1", 4, 550, 0, 0, 0},
		{"550 5.1.", 4, 550, 0, 0, 0},
		{"550 5.1", 4, 550, 0, 0, 0},
		{"550 3.1.1", 4, 550, 0, 0, 0},
		{"550 5,1.1", 4, 550, 0, 0, 0},
		{"200 x", 4, 200, 0, 0, 0},
		{"599 x", 4, 599, 0, 0, 0},
		{"199 x", 0, 0, 0, 0, 0},
		{"600 x", 0, 0, 0, 0, 0},
		{"55 x", 0, 0, 0, 0, 0},
		{"5500 x", 0, 0, 0, 0, 0},
		{"550x", 0, 0, 0, 0, 0},
		{"x50 ", 0, 0, 0, 0, 0},
		{"5x0 ", 0, 0, 0, 0, 0},
		{"55x ", 0, 0, 0, 0, 0},
		{"", 0, 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure_reply r = {1, 1, 1, 1};
		size_t taken = failure_reply_read(slice_of(rows[i].text), &r);

		if (taken != rows[i].taken || r.code != rows[i].code ||
			r.status_class != rows[i].status_class || r.subject != rows[i].subject ||
			r.detail != rows[i].detail)
			fail_msg("%s: %zu bytes, %u %u.%u.%u", rows[i].text, taken, r.code,
				r.status_class, r.subject, r.detail);
	}
}

static void test_status(void **state)
{
	struct failure_reply r = {.code = 7, .detail = 9};

	(void)state;
	assert_int_equal(failure_status_read(slice_of("5.1.1 (bad)"), &r), 5);
	assert_int_equal(r.code, 7);
	assert_int_equal(r.detail, 1);
	assert_int_equal(failure_status_read(slice_of("x.1.3"), &r), 0);
	assert_int_equal(r.detail, 1);
}

static void test_judge(void **state)
{
	static const struct {
		const char *text; /* begins with the codes, if there are any */
		enum failure want;
	} rows[] = {
		/* codes that decide alone */
		{"550 5.1.1 x", FAILURE_USER_UNKNOWN},
		{"450 4.1.1 greylisted", FAILURE_USER_UNKNOWN},
		{"550 5.1.2 x", FAILURE_DOMAIN_UNKNOWN},
		{"550 5.1.3 x", FAILURE_USER_UNKNOWN},
		{"550 5.1.6 x", FAILURE_USER_UNKNOWN},
		{"556 5.1.10 x", FAILURE_DOMAIN_UNKNOWN},
		{"550 5.2.1 x", FAILURE_USER_UNKNOWN},
		{"450 4.2.1 x", FAILURE_RATE},
		{"552 5.2.2 x", FAILURE_MAILBOX_FULL},
		{"452 4.2.2 spam", FAILURE_MAILBOX_FULL},
		{"552 5.2.3 x", FAILURE_CONTENT},
		{"552 5.3.4 x", FAILURE_CONTENT},
		{"550 5.4.4 x", FAILURE_DOMAIN_UNKNOWN},
		{"450 4.4.4 x", FAILURE_CONNECTION},
		{"450 4.4.2 x", FAILURE_CONNECTION},
		{"554 5.4.6 x", FAILURE_LOOP},
		{"550 5.6.1 x", FAILURE_CONTENT},
		/* codes that decide when the text says nothing */
		{"550 5.1.7 x", FAILURE_REPUTATION},
		{"550 5.1.8 x", FAILURE_REPUTATION},
		{"550 5.1.0 x", FAILURE_USER_UNKNOWN},
		{"550 5.2.0 x", FAILURE_USER_UNKNOWN},
		{"452 4.5.3 x", FAILURE_RATE},
		{"550 5.7.1 x", FAILURE_CONTENT},
		{"450 4.7.1 x", FAILURE_RATE},
		{"552 x", FAILURE_MAILBOX_FULL},
		{"550 x", FAILURE_OTHER},
		{"250 2.1.1 x", FAILURE_OTHER},
		/* texts before vague codes */
		{"554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using "
		 "zen.spamhaus.org",
			FAILURE_REPUTATION},
		{"550-5.7.1 [1.2.3.4] Our system has detected that this message is\\n550-5.7.1 "
		 "likely "
		 "unsolicited mail",
			FAILURE_CONTENT},
		{"550 5.7.1 Unable to relay: user unknown", FAILURE_USER_UNKNOWN},
		{"450 4.7.1 <a@b>: Recipient address rejected: Greylisted", FAILURE_RATE},
		{"550 5.7.26 This mail is unauthenticated: DMARC policy", FAILURE_CONTENT},
		{"550 5.1.0 Sender address rejected: Domain not found", FAILURE_DOMAIN_UNKNOWN},
		/* texts alone */
		{"550 No such user here", FAILURE_USER_UNKNOWN},
		{"550 NO SUCH USER", FAILURE_USER_UNKNOWN},
		{"550 <spam@greylist.example>: no such user", FAILURE_USER_UNKNOWN},
		{"550 <spam@example", FAILURE_CONTENT},
		{"550 The email account that you tried to reach does not exist",
			FAILURE_USER_UNKNOWN},
		{"554 delivery error: This user doesn't have a yahoo account, user does not exist",
			FAILURE_USER_UNKNOWN},
		{"550 mailbox full", FAILURE_MAILBOX_FULL},
		{"452 over quota", FAILURE_MAILBOX_FULL},
		{"mailbox is full (MTA-imposed quota exceeded while writing to /x)", FAILURE_QUOTA},
		{"Disk quota exceeded", FAILURE_QUOTA},
		{"451 Temporarily deferred due to unexpected volume", FAILURE_RATE},
		{"421 Too many concurrent SMTP connections; please try again later.", FAILURE_RATE},
		{"450 try again later", FAILURE_RATE},
		{"550 rejected because 192.0.2.1 is in a black list at x", FAILURE_REPUTATION},
		{"550 IP listed on RBL", FAILURE_REPUTATION},
		{"550 spam", FAILURE_CONTENT},
		{"550 antispam", FAILURE_OTHER},
		{"550 it contains a virus", FAILURE_CONTENT},
		{"550 message too large", FAILURE_CONTENT},
		{"550 spf", FAILURE_CONTENT},
		{"550 sp", FAILURE_OTHER},
		{"550 Unrouteable address", FAILURE_USER_UNKNOWN},
		{"Unrouteable address", FAILURE_DOMAIN_UNKNOWN},
		{"all relevant MX records point to non-existent hosts", FAILURE_DOMAIN_UNKNOWN},
		{"lookup of host \"x\" failed in r router", FAILURE_DOMAIN_UNKNOWN},
		{"an MX or SRV record indicated no SMTP service", FAILURE_DOMAIN_UNKNOWN},
		{"Connection refused", FAILURE_CONNECTION},
		{"Connection timed out", FAILURE_CONNECTION},
		{"host lookup did not complete", FAILURE_CONNECTION},
		{"Remote host closed connection in response to pipelined RCPT TO:<a@b>",
			FAILURE_CONNECTION},
		{"all hosts for 'x' have been failing for a long time", FAILURE_CONNECTION},
		{"a TLS session is required, but an attempt failed", FAILURE_CONNECTION},
		{"retry time not reached", FAILURE_OTHER},
		/* a panel's own limits */
		{"Domain shop.test has exceeded the max defers and failures per hour (5/5 (100%)) "
		 "allowed. Message discarded.",
			FAILURE_OTHER},
		{"Domain shop.test has an outgoing mail hold. Message will be reattempted later",
			FAILURE_OTHER},
		{"retry timeout exceeded", FAILURE_OTHER},
		{"Too many \"Received\" headers - suspected mail loop", FAILURE_LOOP},
		{"554 mail loop detected", FAILURE_LOOP},
		{"\\n\\nspam", FAILURE_CONTENT},
		{"x\\", FAILURE_OTHER},
		{"", FAILURE_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure_reply r;
		struct slice text = slice_of(rows[i].text);

		text = slice_after(text, failure_reply_read(text, &r));
		enum failure got = failure_judge(&r, text);
		if (got != rows[i].want)
			fail_msg("%s: %s", rows[i].text, failure_name(got));
	}
}

static void put(char *at, const char *text)
{
	while (*text != '\0')
		*at++ = *text++;
}

static void test_length(void **state)
{
	static char text[FAILURE_TEXT_MAX + 16];
	struct failure_reply none = {0};

	(void)state;
	memset(text, '.', sizeof(text));
	put(text + FAILURE_TEXT_MAX - 4, "spam");
	assert_int_equal(failure_judge(&none, (struct slice){text, sizeof(text)}), FAILURE_CONTENT);
	memset(text, '.', sizeof(text));
	put(text + FAILURE_TEXT_MAX - 3, "spam");
	assert_int_equal(failure_judge(&none, (struct slice){text, sizeof(text)}), FAILURE_OTHER);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < FAILURES; i++)
		assert_true(failure_name((enum failure)i)[0] != '\0');
	assert_string_equal(failure_name(FAILURES), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

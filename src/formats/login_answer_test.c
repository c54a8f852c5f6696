#include "formats/login_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void check(enum login_protocol protocol, const char *line, enum login_said said)
{
	if (login_answer_read(protocol, slice_of("A002"), slice_of(line)) != said)
		fail_msg("%s", line);
}

static void test_smtp(void **state)
{
	(void)state;
	check(LOGIN_SMTP, "235 Authentication succeeded\r\n", LOGIN_SAID_YES);
	check(LOGIN_SMTP, "235", LOGIN_SAID_YES);
	check(LOGIN_SMTP, "535 Incorrect authentication data\r\n", LOGIN_SAID_NO);
	check(LOGIN_SMTP, "535-5.7.8 Error\r\n", LOGIN_SAID_NOTHING);
	check(LOGIN_SMTP, "334 \r\n", LOGIN_SAID_NOTHING);
	check(LOGIN_SMTP, "334", LOGIN_SAID_NOTHING);
	check(LOGIN_SMTP, "435 Unable to authenticate at present\r\n", LOGIN_SAID_LATER);
	check(LOGIN_SMTP, "454 4.7.0 Temporary authentication failure", LOGIN_SAID_LATER);
	check(LOGIN_SMTP, "421 closing", LOGIN_SAID_LATER);
	check(LOGIN_SMTP, "550 not for you", LOGIN_SAID_UNCLEAR);
	check(LOGIN_SMTP, "503 AUTH not allowed", LOGIN_SAID_UNCLEAR);
	check(LOGIN_SMTP, "250 OK", LOGIN_SAID_UNCLEAR);
	check(LOGIN_SMTP, "", LOGIN_SAID_NOTHING);
	check(LOGIN_SMTP, "53", LOGIN_SAID_NOTHING);
	check(LOGIN_SMTP, "5355 x", LOGIN_SAID_NOTHING);
	check(LOGIN_SMTP, "hello 535 x", LOGIN_SAID_NOTHING);
}

static void test_imap(void **state)
{
	(void)state;
	check(LOGIN_IMAP, "A002 OK [CAPABILITY IMAP4rev1] Logged in\r\n", LOGIN_SAID_YES);
	check(LOGIN_IMAP, "A002 OK\r\n", LOGIN_SAID_YES);
	check(LOGIN_IMAP, "A002 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n",
		LOGIN_SAID_NO);
	check(LOGIN_IMAP, "A002 no [authenticationfailed] x", LOGIN_SAID_NO);
	check(LOGIN_IMAP, "A002 BAD [AUTHENTICATIONFAILED] x", LOGIN_SAID_UNCLEAR);
	check(LOGIN_IMAP, "A002 NO [UNAVAILABLE] Temporary authentication failure.",
		LOGIN_SAID_LATER);
	check(LOGIN_IMAP, "A002 NO [PRIVACYREQUIRED] x", LOGIN_SAID_UNCLEAR);
	check(LOGIN_IMAP, "A002 NO Login failed.", LOGIN_SAID_UNCLEAR);
	check(LOGIN_IMAP, "A002 NO x [AUTHENTICATIONFAILED]", LOGIN_SAID_UNCLEAR);
	check(LOGIN_IMAP, "A001 OK", LOGIN_SAID_NOTHING);
	check(LOGIN_IMAP, "A0022 OK", LOGIN_SAID_NOTHING);
	check(LOGIN_IMAP, "+ ", LOGIN_SAID_NOTHING);
	check(LOGIN_IMAP, "* OK still here", LOGIN_SAID_NOTHING);
	check(LOGIN_IMAP, "* BYE out of memory", LOGIN_SAID_LATER);
	check(LOGIN_IMAP, "", LOGIN_SAID_NOTHING);
	assert_int_equal(login_answer_read(LOGIN_IMAP, (struct slice){0}, slice_of(" OK")),
		LOGIN_SAID_NOTHING);
}

static void test_pop3(void **state)
{
	(void)state;
	check(LOGIN_POP3, "+OK Logged in.\r\n", LOGIN_SAID_YES);
	check(LOGIN_POP3, "-ERR [AUTH] Authentication failed.\r\n", LOGIN_SAID_NO);
	check(LOGIN_POP3, "-ERR [SYS/TEMP] x\r\n", LOGIN_SAID_LATER);
	check(LOGIN_POP3, "-ERR [IN-USE] x\r\n", LOGIN_SAID_LATER);
	check(LOGIN_POP3, "-ERR [SYS/PERM] x\r\n", LOGIN_SAID_UNCLEAR);
	check(LOGIN_POP3, "-ERR [AUTHX] x\r\n", LOGIN_SAID_UNCLEAR);
	check(LOGIN_POP3, "-ERR\r\n", LOGIN_SAID_UNCLEAR);
	check(LOGIN_POP3, "+ \r\n", LOGIN_SAID_NOTHING);
	check(LOGIN_POP3, "", LOGIN_SAID_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smtp),
		cmocka_unit_test(test_imap),
		cmocka_unit_test(test_pop3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

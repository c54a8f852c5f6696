#include "formats/relay_notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define HEADER                                                                                     \
	"From: notify@relay.test\nSubject: Compromised Account Notification\n"                     \
	"MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"b\"\n"
#define BEGIN "--b\nContent-Type: text/plain; charset=UTF-8\n\nA sender was found.\n\n=======\n"
#define END                                                                                        \
	"\nSample Message\n\nSubject | Sender ID | other@shop.test\nSender IP Address | "          \
	"192.0.2.1\n"                                                                              \
	"=======\n--b\nContent-Type: text/html\n\n<p>Sender ID | html</p>\n--b--\n"

static struct relay_notice n;

static bool reads(const char *header, const char *body)
{
	n = (struct relay_notice){.sender = "before"};
	return relay_notice_read(slice_of(header), slice_of(body), &n);
}

static void the_sender_is_found(void **state)
{
	(void)state;
	assert_true(
		reads(HEADER, BEGIN "Sender ID | ann@shop.test\nSender Type | x-authuser\n" END));
	assert_string_equal(n.sender, "ann@shop.test");
	assert_true(reads(
		HEADER, BEGIN "Sender ID   |  shopuser \r\nSender Type | x-authuser\r\n" END));
	assert_string_equal(n.sender, "shopuser");
	assert_true(reads("Subject: Compromised Account Notification\n",
		"Sender ID | ann@shop.test\nSender Type | x-authuser\n"));
}

static void others_are_none(void **state)
{
	static char long_id[RELAY_NOTICE_TEXT + 64];

	(void)state;
	assert_false(
		reads("Subject: Hello\n", "Sender ID | ann@shop.test\nSender Type | x-authuser\n"));
	assert_false(reads("Subject: Re: Compromised Account Notification\n",
		"Sender ID | ann@shop.test\nSender Type | x-authuser\n"));
	assert_false(reads(HEADER, BEGIN "Sender ID | 192.0.2.1\nSender Type | ip\n" END));
	assert_false(reads(HEADER, BEGIN "Sender ID |\nSender Type | x-authuser\n" END));
	assert_false(
		reads(HEADER, BEGIN "Sender Type | x-authuser\n" END)); /* only in the sample */
	assert_false(reads(HEADER, ""));
	assert_false(reads("", ""));
	(void)snprintf(long_id, sizeof(long_id), "Sender Type | x-authuser\nSender ID | %0*d\n",
		RELAY_NOTICE_TEXT, 1);
	assert_false(reads("Subject: Compromised Account Notification\n", long_id));
	assert_string_equal(n.sender, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sender_is_found),
		cmocka_unit_test(others_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

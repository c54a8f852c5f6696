#include "formats/returned_mail.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

/* 1xVSmQ-00076x-1r was received in this second. */
#define ID_SECOND ((int64_t)1795435458)
#define OUR_HOST  "mx.shop.test"

#define OUR_RECEIVED                                                                               \
	"Received: from [192.0.2.7] (helo=pc)\n\tby mx.shop.test with esmtpsa  (TLS1.3) tls X\n"   \
	"\t(Exim 4.96)\n\t(envelope-from <ann@shop.test>)\n\tid 1xVSmQ-00076x-1r\n"                \
	"\tfor bob@sink.test; Mon, 23 Nov 2026 12:05:50 +0000\n"

#define REST_OF_HEADER "From: Ann <ann@shop.test>\nSubject: hello\nMessage-ID: <m1@pc>\n"

static const struct bounce_case {
	const char *name;
	const char *header, *body;
	int want;
	bool passed_here, authenticated, has_exim_id;
	const char *message_id, *envelope_sender;
	const char *recipient; /* the first */
} bounce_cases[] = {
	{"Exim's own report",
		"X-Failed-Recipients: bob@sink.test, eve@sink.test\n"
		"Content-Type: multipart/report; boundary=b\n",
		"--b\nContent-type: text/plain\n\nThis message was created automatically.\n\n"
		"--b\nContent-type: message/delivery-status\n\nReporting-MTA: dns; mx.shop.test\n\n"
		"Action: failed\nFinal-Recipient: rfc822;bob@sink.test\nStatus: 5.0.0\n\n"
		"--b\nContent-type: message/rfc822\n\nReturn-path: <ann@shop.test>\n" OUR_RECEIVED
			REST_OF_HEADER "\nbody\n--b--\n",
		0, true, true, true, "<m1@pc>", "ann@shop.test", "bob@sink.test"},
	{"headers only, from elsewhere", "Content-Type: multipart/report; boundary=b\n",
		"--b\n\nsorry\n--b\nContent-Type: message/delivery-status\n\n"
		"Final-Recipient: rfc822; bob@sink.test\n\n--b\nContent-Type: "
		"text/rfc822-headers\n\n"
		"Received: from mx.shop.test (mx.shop.test [192.0.2.1]) by sink.test with "
		"ESMTP\n" OUR_RECEIVED REST_OF_HEADER "--b--\n",
		0, true, true, true, "<m1@pc>", "ann@shop.test", "bob@sink.test"},
	{"plain text of Exim before 4.83", "X-Failed-Recipients: bob@sink.test\n",
		"A message that you sent could not be delivered.\n\n  bob@sink.test\n    "
		"unknown\n\n"
		"------ This is a copy of the message, including all the headers. "
		"------\n\n" OUR_RECEIVED REST_OF_HEADER "\nbody\n",
		0, true, true, true, "<m1@pc>", "ann@shop.test", "bob@sink.test"},
	{"qmail", "",
		"Hi. This is the qmail-send program.\n<bob@sink.test>:\nno mailbox\n\n"
		"--- Below this line is a copy of the message.\n\nReturn-Path: <ann@shop.test>\n"
		"Received: (qmail 123 invoked)\n" OUR_RECEIVED REST_OF_HEADER "\nbody\n",
		0, true, true, true, "<m1@pc>", "ann@shop.test", ""},
	{"CRLF", "Content-Type: multipart/report; boundary=b\r\n",
		"--b\r\nContent-Type: message/rfc822\r\n\r\nReceived: from pc\r\n\tby mx.shop.test "
		"with esmtpa (Exim 4.97)\r\n\tid 1xVSmQ-000000007hc-2kmW\r\n"
		"From: a@b\r\n\r\n",
		0, true, true, true, "", "", ""},
	{"base64", "Content-Type: multipart/report; boundary=b\n",
		"--b\nContent-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n"
		"RnJvbTogYUBiCk1lc3NhZ2UtSUQ6IDxtMkBwYz4K\n--b--\n",
		0, false, false, false, "<m2@pc>", "", ""},
	{"id in the Message-ID that Exim made", "",
		"copy:\n\nMessage-Id: <E1xVSmQ-00076x-1r@mx.shop.test>\nFrom: a@b\n\n", 0, false,
		false, true, "<E1xVSmQ-00076x-1r@mx.shop.test>", "", ""},
	{"an Exim-made Message-ID of another host", "",
		"copy:\n\nMessage-Id: <E1xVSmQ-00076x-1r@mx.other.test>\nFrom: a@b\n\n", 0, false,
		false, false, "<E1xVSmQ-00076x-1r@mx.other.test>", "", ""},
	{"by another host", "",
		"copy:\n\nReceived: from x by mx.other.test with esmtpa (Exim 4.96) id "
		"1xVSmQ-00076x-1r\nFrom: a@b\n\n",
		0, false, false, false, "", "", ""},
	{"our host as the name in HELO", "",
		"copy:\n\nReceived: from x (helo=y by mx.shop.test (Exim 4.96) id "
		"1xVSmQ-00076x-1r)\n\tby mx.other.test with smtp\nFrom: a@b\n\n",
		0, false, false, false, "", "", ""},
	{"our host as the client's name", "",
		"copy:\n\nReceived: from mx.shop.test by mx.other.test with smtp (Exim 4.96) id "
		"1xVSmQ-00076x-1r\nFrom: a@b\n\n",
		0, false, false, false, "", "", ""},
	{"an id that is none", "",
		"copy:\n\nReceived: from x by mx.shop.test with esmtpa (Exim 4.96) id "
		"AAAAAAAA\nFrom: a@b\n\n",
		0, false, false, false, "", "", ""},
	{"an id of the far past", "",
		"copy:\n\nReceived: from x by mx.shop.test with esmtpa (Exim 4.96) id "
		"1aVSmQ-00076x-1r\nFrom: a@b\n\n",
		0, false, false, false, "", "", ""},
	{"an id of the future", "",
		"copy:\n\nReceived: from x by mx.shop.test with esmtpa (Exim 4.96) id "
		"1xZSmQ-00076x-1r\nFrom: a@b\n\n",
		0, false, false, false, "", "", ""},
	{"not Exim's line", "",
		"copy:\n\nReceived: from x by mx.shop.test with esmtpa id 1xVSmQ-00076x-1r\n"
		"From: a@b\n\n",
		0, false, false, false, "", "", ""},
	{"without authentication", "",
		"copy:\n\nReceived: from x by mx.shop.test with esmtps (Exim 4.96) id "
		"1xVSmQ-00076x-1r\nFrom: a@b\n\n",
		0, true, false, true, "", "", ""},
	{"letter case of the host", "",
		"copy:\n\nReceived: from x by MX.Shop.Test with esmtpa (Exim 4.96) id "
		"1xVSmQ-00076x-1r\nFrom: a@b\n\n",
		0, true, true, true, "", "", ""},
	{"a forged line of ours below the true one", "",
		"copy:\n\n" OUR_RECEIVED
		"Received: from x by mx.shop.test with smtp (Exim 4.96)\n\t"
		"id 1xVSmP-00076x-1r\nFrom: a@b\n\n",
		0, true, true, true, "", "ann@shop.test", ""},
	{"an empty Received line", "", "copy:\n\nReceived:\nFrom: a@b\nTo: b@c\n\n", 0, false,
		false, false, "", "", ""},
	{"nothing quoted", "", "Your mail could not be delivered.\nReason: full\n", -ENOENT, false,
		false, false, "", "", ""},
	{"a part with nothing in it", "", "--b\nContent-Type: message/rfc822\n\n--b--\n", -ENOENT,
		false, false, false, "", "", ""},
	{"empty", "", "", -ENOENT, false, false, false, "", "", ""},
};

static void bounces_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bounce_cases) / sizeof(bounce_cases[0]); i++) {
		const struct bounce_case *c = &bounce_cases[i];
		struct returned_mail m;
		int got = returned_mail_read(slice_of(c->header), slice_of(c->body),
			slice_of(OUR_HOST), ID_SECOND + 90, &m);

		if (got != c->want || m.passed_here != c->passed_here ||
			m.authenticated != c->authenticated || m.has_exim_id != c->has_exim_id ||
			strcmp(m.message_id, c->message_id) != 0 ||
			strcmp(m.envelope_sender, c->envelope_sender) != 0 ||
			strcmp(m.recipients[0], c->recipient) != 0) {
			print_error(
				"%s: got %d, passed %d, auth %d, id %d, \"%s\", \"%s\", \"%s\"\n",
				c->name, got, m.passed_here, m.authenticated, m.has_exim_id,
				m.message_id, m.envelope_sender, m.recipients[0]);
			fail();
		}
	}
}

static void the_newest_line_of_ours_gives_the_id(void **state)
{
	(void)state;
	struct returned_mail m;

	assert_int_equal(returned_mail_read(slice_of(""),
				 slice_of("copy:\n\n" OUR_RECEIVED
					  "Received: by mx.shop.test (Exim 4.96) id "
					  "1xVSmP-00076x-1r\nFrom: a@b\n\n"),
				 slice_of(OUR_HOST), ID_SECOND, &m),
		0);
	assert_string_equal(m.exim_id.text, "1xVSmQ-00076x-1r");
	assert_int_equal(m.received_count, 2);
}

static void without_our_name_nothing_passed_here(void **state)
{
	(void)state;
	struct returned_mail m;

	assert_int_equal(
		returned_mail_read(slice_of(""), slice_of("copy:\n\n" OUR_RECEIVED REST_OF_HEADER),
			slice_of(""), ID_SECOND, &m),
		0);
	assert_false(m.passed_here);
	assert_false(m.has_exim_id);
	assert_string_equal(m.subject, "hello");
	assert_string_equal(m.from, "Ann <ann@shop.test>");
}

static void all_failed_recipients_are_counted(void **state)
{
	(void)state;
	struct returned_mail m;
	int got = returned_mail_read(slice_of("X-Failed-Recipients: a@b, b@b,\n c@b, d@b, e@b, "
					      "f@b, g@b, h@b, i@b, j@b\n"),
		slice_of(""), slice_of(OUR_HOST), ID_SECOND, &m);

	assert_int_equal(got, -ENOENT);
	assert_int_equal(m.recipient_count, 10);
	assert_string_equal(m.recipients[2], "c@b");
	assert_string_equal(m.recipients[RETURNED_MAIL_RECIPIENTS - 1], "h@b");
}

static void what_is_too_long_is_left_out(void **state)
{
	(void)state;
	char body[2000];
	struct returned_mail m;

	(void)snprintf(
		body, sizeof(body), "Message-ID: <%0300d@x>\nFrom: a@b\nSubject: %0300d\n\n", 1, 2);
	assert_int_equal(
		returned_mail_read(slice_of(""), slice_of(body), slice_of(""), ID_SECOND, &m), 0);
	assert_string_equal(m.message_id, "");
	assert_int_equal(strlen(m.subject), RETURNED_MAIL_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounces_are_read),
		cmocka_unit_test(the_newest_line_of_ours_gives_the_id),
		cmocka_unit_test(without_our_name_nothing_passed_here),
		cmocka_unit_test(all_failed_recipients_are_counted),
		cmocka_unit_test(what_is_too_long_is_left_out),
	};

	return cmocka_run_group_tests_name("returned_mail", tests, NULL, NULL);
}

#include "formats/feedback_report.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants those above before it. */
#include <cmocka.h>

/* 1xVSmQ-00076x-1r was received in this second. */
#define ID_SECOND ((int64_t)1795435458)
#define OUR_HOST  "mx.shop.test"
#define OUR_ID    "1xVSmQ-00076x-1r"

#define OUR_RECEIVED                                                                               \
	"Received: from [192.0.2.7] (helo=pc)\n\tby mx.shop.test with esmtpsa  (TLS1.3) tls X\n"   \
	"\t(Exim 4.96)\n\t(envelope-from <ann@shop.test>)\n\tid " OUR_ID                           \
	"\n\tfor bob@sink.test; Mon, 23 Nov 2026 12:05:50 +0000\n"
#define THEIR_RECEIVED                                                                             \
	"Received: from mx.shop.test ([192.0.2.1])\n\tby mx.sink.test with esmtps (Exim 4.97)\n"   \
	"\tid 1xVSmR-000000007hc-2kmW\n\tfor bob@sink.test; Mon, 23 Nov 2026 12:05:51 +0000\n"
#define REST_OF_HEADER "From: Ann <ann@shop.test>\nTo: bob@sink.test\nMessage-ID: <m1@pc>\n"

#define ARF_HEADER                                                                                 \
	"From: <fbl@provider.test>\nSubject: abuse report\nMIME-Version: 1.0\n"                    \
	"Content-Type: multipart/report; report-type=feedback-report;\n\tboundary=\"b\"\n\n"
#define ARF_WORDS "--b\nContent-Type: text/plain\n\nThis is an abuse report.\n\n"
#define ARF_PART  "--b\nContent-Type: message/feedback-report\n\n"
#define ARF_MAIL  "--b\nContent-Type: message/rfc822\nContent-Disposition: inline\n\n"

static enum feedback_kind read_mail(const char *mail, struct feedback_report *ret)
{
	return feedback_report_read(slice_of(mail), slice_of(OUR_HOST), ID_SECOND + 3600, ret);
}

static const struct complaint_case {
	const char *name, *mail;
	enum feedback_type type;
	const char *source_ip, *mail_from, *id, *message_id;
} complaint_cases[] = {
	{"as in RFC 5965",
		ARF_HEADER ARF_WORDS ARF_PART
		"Feedback-Type: abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
		"Original-Mail-From: <ann@shop.test>\nOriginal-Rcpt-To: <bob@sink.test>\n"
		"Received-Date: Thu, 8 Mar 2005 14:00:00 EDT\nSource-IP: 192.0.2.1\n"
		"Reported-Domain: shop.test\n\n" ARF_MAIL OUR_RECEIVED REST_OF_HEADER
		"\nSpam!\n--b--\n",
		FEEDBACK_ABUSE, "192.0.2.1", "ann@shop.test", OUR_ID, "<m1@pc>"},
	{"of an old reporter: Version 0.1, headers only, through an Exim of theirs",
		ARF_HEADER ARF_WORDS ARF_PART
		"User-Agent: old/0.1\nVersion: 0.1\nFeedback-Type: Fraud\n"
		"Source-IP: [2001:db8::1]\n\n"
		"--b\nContent-Type: text/rfc822-headers\n\n" THEIR_RECEIVED OUR_RECEIVED
			REST_OF_HEADER "--b--\n",
		FEEDBACK_FRAUD, "2001:db8::1", "", OUR_ID, "<m1@pc>"},
	{"without words, without Version, with a comment",
		ARF_HEADER ARF_PART
		"feedback-type:\n virus (W32)\n\n" ARF_MAIL OUR_RECEIVED REST_OF_HEADER "\n--b--\n",
		FEEDBACK_VIRUS, "", "", OUR_ID, "<m1@pc>"},
	{"without our mail", ARF_HEADER ARF_WORDS ARF_PART "Feedback-Type: abuse\n\n--b--\n",
		FEEDBACK_ABUSE, "", "", "", ""},
	{"cut off", ARF_HEADER ARF_PART "Feedback-Type: abuse", FEEDBACK_ABUSE, "", "", "", ""},
	{"with our Received line taken out",
		ARF_HEADER ARF_PART
		"Feedback-Type: abuse\n\n" ARF_MAIL THEIR_RECEIVED REST_OF_HEADER "\n--b--\n",
		FEEDBACK_ABUSE, "", "", "", "<m1@pc>"},
	{"of a mail whose Message-ID Exim made",
		ARF_HEADER ARF_PART "Feedback-Type: abuse\n\n" ARF_MAIL "Message-Id: <E" OUR_ID
				    "@mx.shop.test>\nFrom: a@shop.test\n\n",
		FEEDBACK_ABUSE, "", "", OUR_ID, "<E" OUR_ID "@mx.shop.test>"},
	{"in which a line of ours was forged below the true one",
		ARF_HEADER ARF_PART
		"Feedback-Type: abuse\n\n" ARF_MAIL OUR_RECEIVED
		"Received: from x by mx.shop.test with esmtpa (Exim 4.96) id 1xVSmP-00076x-0a\n"
		"From: a@b\n\n",
		FEEDBACK_ABUSE, "", "", OUR_ID, ""},
	{"in which the id is of the far past",
		ARF_HEADER ARF_PART
		"Feedback-Type: abuse\n\n" ARF_MAIL
		"Received: from x by mx.shop.test with esmtpa (Exim 4.96) id 1aaaaa-00076x-0a\n"
		"From: a@b\n\n",
		FEEDBACK_ABUSE, "", "", "", ""},
	{"in base64",
		ARF_HEADER "--b\nContent-Type: message/feedback-report\n"
			   "Content-Transfer-Encoding: base64\n\n"
			   "RmVlZGJhY2stVHlwZTogYWJ1c2UKU291cmNlLUlQOiAxOTIuMC4yLjkK\n--b--\n",
		FEEDBACK_ABUSE, "192.0.2.9", "", "", ""},
	{"that is none", ARF_HEADER ARF_PART "Feedback-Type: not-spam\n\n--b--\n",
		FEEDBACK_NOT_SPAM, "", "", "", ""},
	{"of a kind that nobody knows",
		ARF_HEADER ARF_PART "Feedback-Type: auth-failure\nSource-IP: 1.2.3\n"
				    "Original-Mail-From:\n\n--b--\n",
		FEEDBACK_OTHER, "", "", "", ""},
	{"behind one without its type",
		ARF_HEADER ARF_PART "Version: 1\n\n" ARF_PART "Feedback-Type: abuse\n\n--b--\n",
		FEEDBACK_ABUSE, "", "", "", ""},
};

/* The mail with CRLF for LF; freed by the caller. */
static char *with_crlf(const char *mail)
{
	char *text = memory_new(2 * strlen(mail) + 1, 1), *to = text;

	for (; *mail != '\0'; mail++) {
		if (*mail == '\n')
			*to++ = '\r';
		*to++ = *mail;
	}
	return text;
}

static void check_complaint(const struct complaint_case *c, const char *mail)
{
	struct feedback_report r;

	assert_int_equal(read_mail(mail, &r), FEEDBACK_COMPLAINT);
	assert_int_equal(r.type, c->type);
	assert_string_equal(r.source_ip, c->source_ip);
	assert_string_equal(r.mail_from, c->mail_from);
	assert_string_equal(r.original.message_id, c->message_id);
	assert_string_equal(r.original.has_exim_id ? r.original.exim_id.text : "", c->id);
}

static void test_complaints(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(complaint_cases) / sizeof(complaint_cases[0]); i++) {
		char *crlf = with_crlf(complaint_cases[i].mail);

		print_message("a complaint %s\n", complaint_cases[i].name);
		check_complaint(&complaint_cases[i], complaint_cases[i].mail);
		check_complaint(&complaint_cases[i], crlf);
		free(crlf);
	}
}

static void test_types(void **state)
{
	(void)state;
	assert_true(feedback_type_accuses(FEEDBACK_ABUSE));
	assert_true(feedback_type_accuses(FEEDBACK_FRAUD));
	assert_true(feedback_type_accuses(FEEDBACK_VIRUS));
	assert_false(feedback_type_accuses(FEEDBACK_NOT_SPAM));
	assert_false(feedback_type_accuses(FEEDBACK_OTHER));
	assert_string_equal(feedback_type_name(FEEDBACK_NOT_SPAM), "not-spam");
}

#define DSN_HEADER                                                                                 \
	"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"              \
	"--b\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n"                          \
	"Reporting-MTA: dns; mx.sink.test\n\n"
#define DSN_MAIL                                                                                   \
	"\n--b\nContent-Type: text/rfc822-headers\n\n" OUR_RECEIVED REST_OF_HEADER "\n--b--\n"

static void test_bounce(void **state)
{
	struct feedback_report r;

	(void)state;
	assert_int_equal(
		read_mail(DSN_HEADER
			"Original-Recipient: rfc822;bob@sink.test\n"
			"Final-Recipient: rfc822; robert@inner.test\nAction: failed\n"
			"Status: 5.1.1\nRemote-MTA: dns; inner.test\n"
			"Diagnostic-Code: smtp; 550 5.1.1 no\n such user\n\n"
			"Final-Recipient: rfc822;<eve@sink.test>\nAction: delayed\nStatus: 4.4.1\n"
			"\nFinal-Recipient: rfc822;fay@sink.test\nAction: Failed (mailbox)\n"
			"Status: 5.2.2\nDiagnostic-Code: x-unix; full\n\n"
			"Final-Recipient: rfc822;gil@sink.test\nAction: failed\nStatus: 5.7.1\n"
			"Diagnostic-Code: smtp; 554 spam\n\n"
			"Final-Recipient: rfc822;hal@sink.test\nAction: delivered\nStatus: none\n"
			"\n" DSN_MAIL,
			&r),
		FEEDBACK_BOUNCE);
	assert_int_equal(r.recipient_count, 5);
	assert_string_equal(r.recipients[0].address, "bob@sink.test");
	assert_int_equal(r.recipients[0].action, FEEDBACK_FAILED);
	assert_string_equal(r.recipients[0].text, "550 5.1.1 no  such user");
	assert_string_equal(r.recipients[1].address, "eve@sink.test");
	assert_int_equal(r.recipients[1].action, FEEDBACK_DELAYED);
	assert_string_equal(r.recipients[1].text, "450 4.4.1");
	assert_int_equal(r.recipients[2].action, FEEDBACK_FAILED);
	assert_string_equal(r.recipients[2].text, "550 5.2.2 full");
	assert_string_equal(r.recipients[3].text, "554 5.7.1 spam");
	assert_int_equal(r.recipients[4].action, FEEDBACK_DELIVERED);
	assert_string_equal(r.recipients[4].text, "");
	assert_true(r.original.passed_here);
	assert_string_equal(r.original.exim_id.text, OUR_ID);
	assert_string_equal(r.original.envelope_sender, "ann@shop.test");
}

/* A bounce that returns a complaint is a bounce, and a report without recipients is one of none. */
static void test_bounce_of_a_report(void **state)
{
	struct feedback_report r;

	(void)state;
	assert_int_equal(
		read_mail(DSN_HEADER "\n--b\nContent-Type: message/rfc822\n\n" ARF_HEADER ARF_PART
				     "Feedback-Type: abuse\n\n",
			&r),
		FEEDBACK_BOUNCE);
	assert_int_equal(r.recipient_count, 0);
	assert_int_equal(r.type, FEEDBACK_OTHER);
	assert_int_equal(read_mail("Content-Type: multipart/report; boundary=b\n\n--b\n"
				   "Content-Type: message/delivery-status\n\nArrival-Date: x\n\n"
				   "Action: failed\n\n--b--\n",
				 &r),
		FEEDBACK_NONE);
}

static void test_neither(void **state)
{
	static const char *const mails[] = {"", "\n", "\r\n\r\n", "Subject: hello",
		"Subject: hello\n\nFeedback-Type: abuse\n" OUR_RECEIVED REST_OF_HEADER,
		"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n", /* no part */
		ARF_HEADER ARF_WORDS "--b--\n", ARF_HEADER ARF_PART "\n--b--\n",
		ARF_HEADER ARF_PART "Feedback-Type:\n\n--b--\n", DSN_MAIL};

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		struct feedback_report r;

		if (read_mail(mails[i], &r) != FEEDBACK_NONE)
			fail_msg("mail %zu", i);
		assert_false(r.original.has_exim_id);
	}
	struct feedback_report r;
	assert_int_equal(
		feedback_report_read((struct slice){0}, (struct slice){0}, 0, &r), FEEDBACK_NONE);
}

/* Without our own name, no id is believed. */
static void test_without_our_name(void **state)
{
	struct feedback_report r;

	(void)state;
	assert_int_equal(feedback_report_read(slice_of(complaint_cases[0].mail), (struct slice){0},
				 ID_SECOND, &r),
		FEEDBACK_COMPLAINT);
	assert_false(r.original.has_exim_id);
	assert_string_equal(r.original.message_id, "<m1@pc>");
}

/* What is too long is left out, never cut: two that were cut could look equal. */
static void test_huge_fields(void **state)
{
	size_t room = (size_t)300 << 10, n = 50000;
	char *mail = memory_new(room, 1), *huge = memory_new(n + 1, 1);
	struct feedback_report r;

	(void)state;
	memset(huge, 'a', n);
	(void)snprintf(mail, room,
		ARF_HEADER ARF_PART "Feedback-Type: abuse\nOriginal-Mail-From: <%s@b>\n"
				    "Source-IP: %s\n\n" ARF_MAIL OUR_RECEIVED
				    "Message-ID: <%s@x>\n",
		huge, huge, huge);
	assert_int_equal(read_mail(mail, &r), FEEDBACK_COMPLAINT);
	assert_string_equal(r.mail_from, "");
	assert_string_equal(r.source_ip, "");
	assert_false(r.original.has_exim_id); /* beyond what is looked at */
	(void)snprintf(mail, room,
		DSN_HEADER "Final-Recipient: rfc822;%s@b\nAction: failed\nStatus: 5.1.1\n"
			   "Diagnostic-Code: smtp; 550 %.900s\n\n" DSN_MAIL,
		huge, huge);
	assert_int_equal(read_mail(mail, &r), FEEDBACK_BOUNCE);
	assert_string_equal(r.recipients[0].address, "");
	assert_int_equal(strlen(r.recipients[0].text), RETURNED_MAIL_TEXT - 1);
	assert_true(r.original.passed_here);
	(void)snprintf(mail, room, "X: %s%s\n" ARF_HEADER ARF_PART "Feedback-Type: abuse\n", huge,
		huge); /* a header with no end */
	assert_int_equal(read_mail(mail, &r), FEEDBACK_NONE);
	free(huge);
	free(mail);
}

static void test_many_recipients(void **state)
{
	char *mail = memory_new(100000, 1);
	int len = snprintf(mail, 1000, "%s", DSN_HEADER);
	struct feedback_report r;

	(void)state;
	for (int i = 0; i < 500; i++)
		len += snprintf(mail + len, 200,
			"Final-Recipient: rfc822;u%d@b.test\nAction: failed\nStatus: 5.1.1\n\n", i);
	assert_int_equal(read_mail(mail, &r), FEEDBACK_BOUNCE);
	assert_int_equal(r.recipient_count, FEEDBACK_RECIPIENTS);
	assert_string_equal(r.recipients[FEEDBACK_RECIPIENTS - 1].address, "u9@b.test");
	free(mail);
}

static void test_nested_deep(void **state)
{
	char *mail = memory_new(200000, 1);
	int len = snprintf(mail, 100, "Content-Type: multipart/mixed; boundary=b0\n\n");
	struct feedback_report r;

	(void)state;
	for (int i = 0; i < 1000; i++)
		len += snprintf(mail + len, 100,
			"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
	(void)snprintf(mail + len, 4000, "%s",
		"--b1000\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n"
		"--b1000\nContent-Type: message/rfc822\n\n" OUR_RECEIVED REST_OF_HEADER "\n");
	assert_int_equal(read_mail(mail, &r), FEEDBACK_COMPLAINT);
	assert_string_equal(r.original.exim_id.text, OUR_ID);
	free(mail);
}

/* Parts that each claim to reach to the end cost no more than a few of them. */
static void test_many_parts(void **state)
{
	static const char part[] = "Content-Type: message/feedback-report\n"
				   "Content-Transfer-Encoding: base64\n\nx\n";
	char *mail = memory_new(RETURNED_MAIL_BODY_MAX + 1000, 1);
	size_t len = (size_t)snprintf(mail, 100, "Subject: x\n\n");
	struct feedback_report r;

	(void)state;
	for (; len + sizeof(part) < RETURNED_MAIL_BODY_MAX; len += sizeof(part) - 1)
		memcpy(mail + len, part, sizeof(part) - 1);
	clock_t begun = clock();
	for (int i = 0; i < 10; i++)
		assert_int_equal(read_mail(mail, &r), FEEDBACK_NONE);
	assert_true(clock() - begun < 5 * CLOCKS_PER_SEC);
	free(mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_bounce),
		cmocka_unit_test(test_bounce_of_a_report),
		cmocka_unit_test(test_neither),
		cmocka_unit_test(test_without_our_name),
		cmocka_unit_test(test_huge_fields),
		cmocka_unit_test(test_many_recipients),
		cmocka_unit_test(test_nested_deep),
		cmocka_unit_test(test_many_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

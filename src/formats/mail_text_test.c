#include "base/memory.h"
#include "formats/mail_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

static const struct field_case {
	const char *name;
	const char *value;
	const char *want;
} field_cases[] = {
	{"plain", "Invoice 17", "Invoice 17"},
	{"blanks around it", "  hello \r\n", "hello"},
	{"folded", "one\n\ttwo", "one\ttwo"},
	{"Q encoded", "=?iso-8859-1?Q?Gr=FC=DFe_an_alle?=",
		"Gr\xC3\xBC\xC3\x9F"
		"e an alle"},
	{"B encoded", "=?utf-8?B?R3LDvMOfZQ==?=",
		"Gr\xC3\xBC\xC3\x9F"
		"e"},
	{"two words joined", "=?utf-8?Q?a?=\n =?utf-8?Q?b?=", "ab"},
	{"words beside text", "Re: =?utf-8?Q?=C3=A4?= done", "Re: \xC3\xA4 done"},
	{"language", "=?us-ascii*en?Q?hi?=", "hi"},
	{"a charset nobody writes is left as it came",
		"=?iso-2022-cn-ext?B?YQ==?=", "=?iso-2022-cn-ext?B?YQ==?="},
	{"raw 8 bit that is UTF-8", "\xC3\xBC", "\xC3\xBC"},
	{"raw 8 bit that is not", "\xFC", "\xC3\xBC"},
	{"a word that decodes to broken UTF-8", "=?utf-8?Q?a=FFb?=", "a?b"},
	{"never closed", "=?utf-8?Q?abc", "=?utf-8?Q?abc"},
	{"empty", "", ""},
};

static void fields_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(field_cases) / sizeof(field_cases[0]); i++) {
		const struct field_case *c = &field_cases[i];
		char *got = mail_text_field(slice_of(c->value));

		if (strcmp(c->name, "a word that decodes to broken UTF-8") == 0) {
			assert_true(got[0] == 'a' && got[strlen(got) - 1] == 'b');
		} else if (strcmp(got, c->want) != 0) {
			print_error("%s: got \"%s\", want \"%s\"\n", c->name, got, c->want);
			fail();
		}
		free(got);
	}
}

static void a_nul_in_a_field_does_not_cut_it(void **state)
{
	(void)state;
	char *got = mail_text_field((struct slice){"a\0b", 3});

	assert_string_equal(got, "a?b");
	free(got);
}

static void a_field_is_found_without_regard_to_case(void **state)
{
	(void)state;
	struct slice header = slice_of("X-A: 1\nsubJECT : two\n\tlines\nSubject: other\nEmpty:\n");

	assert_true(slice_is(mail_text_find(header, "Subject"), "two\n\tlines"));
	assert_true(mail_text_find(header, "Empty").at != NULL);
	assert_int_equal(mail_text_find(header, "Empty").len, 0);
	assert_null(mail_text_find(header, "lines").at);
	assert_null(mail_text_find((struct slice){0}, "Subject").at);
}

static const struct body_case {
	const char *name;
	const char *header;
	const char *body;
	const char *want_text;
	const char *want_attached; /* name of the first; NULL: none */
} body_cases[] = {
	{"no MIME at all", "Subject: s\n", "hello\nthere\n", "hello\nthere\n", NULL},
	{"quoted-printable in latin 1",
		"Content-Type: text/plain; charset=ISO-8859-1\n"
		"Content-Transfer-Encoding: quoted-printable\n",
		"Gr=FC=DFe=\n!\n",
		"Gr\xC3\xBC\xC3\x9F"
		"e!\n",
		NULL},
	{"base64", "Content-Transfer-Encoding: base64\n", "aGVsbG8=\n", "hello", NULL},
	{"HTML alone", "Content-Type: text/html\n",
		"<html><style>p{}</style><p>One &amp; two</p><a href=\"http://x/\">three</a>",
		"One & two\nthree", NULL},
	{"plain text before HTML", "Content-Type: multipart/alternative; boundary=b\n",
		"--b\nContent-Type: text/html\n\n<b>no</b>\n--b\n\nyes\n--b--\n", "yes", NULL},
	{"attachment with an encoded name", "Content-Type: multipart/mixed; boundary=\"b\"\n",
		"--b\n\ntext\n--b\nContent-Type: application/pdf\n"
		"Content-Disposition: attachment; filename*=utf-8''%C3%BC.pdf\n\nx\n--b--\n",
		"text", "\xC3\xBC.pdf"},
	{"attached text is not the text", "Content-Type: multipart/mixed; boundary=b\n",
		"--b\nContent-Disposition: attachment; filename=a.txt\n\nno\n--b\n\nyes\n--b--\n",
		"yes", "a.txt"},
	{"cut off within a part", "Content-Type: multipart/mixed; boundary=b\n",
		"--b\n\nbegun and not en", "begun and not en", NULL},
	{"boundary that never comes", "Content-Type: multipart/mixed; boundary=b\n", "lost\n", "",
		NULL},
	{"CRLF", "Content-Type: multipart/mixed; boundary=b\n", "--b\r\n\r\nyes\r\n--b--\r\n",
		"yes", NULL},
	{"a mail within", "Content-Type: multipart/mixed; boundary=b\n",
		"--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nno\n--b--\n", "", ""},
	{"unknown charset", "Content-Type: text/plain; charset=\"../../evil\"\n",
		"a\xFC"
		"b",
		"a\xC3\xBC"
		"b",
		NULL},
	{"empty body", "Subject: s\n", "", "", NULL},
};

static void bodies_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(body_cases) / sizeof(body_cases[0]); i++) {
		const struct body_case *c = &body_cases[i];
		AUTO(mail_text) m = mail_text_read(slice_of(c->header), slice_of(c->body));

		if (strcmp(m->text, c->want_text) != 0) {
			print_error(
				"%s: got \"%s\", want \"%s\"\n", c->name, m->text, c->want_text);
			fail();
		}
		assert_int_equal(m->text_len, strlen(m->text));
		assert_int_equal(m->attachment_count, c->want_attached != NULL ? 1 : 0);
		if (c->want_attached != NULL)
			assert_string_equal(m->attachments[0].name, c->want_attached);
	}
}

/* n times `piece`; the caller frees it. */
static char *repeated(const char *piece, size_t n)
{
	size_t len = strlen(piece);
	char *all = memory_new(n * len + 1, 1);

	for (size_t i = 0; i < n * len; i++)
		all[i] = piece[i % len];
	return all;
}

static void deep_nesting_ends(void **state)
{
	(void)state;
	static const struct {
		const char *header, *piece;
	} nests[] = {
		{"Content-Type: message/rfc822\n", "Content-Type: message/rfc822\n\n"},
		{"Content-Type: multipart/mixed; boundary=a\n",
			"--a\nContent-Type: multipart/mixed; boundary=a\n\n"},
		{"Content-Type: multipart/mixed; boundary=a\n", "--a\n\n"},
	};

	for (size_t i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
		size_t n = MAIL_TEXT_BODY_MAX / strlen(nests[i].piece);
		char *body = repeated(nests[i].piece, n);
		AUTO(mail_text) m = mail_text_read(slice_of(nests[i].header), slice_of(body));

		assert_true(m->attachment_count <= MAIL_TEXT_ATTACHMENTS_MAX);
		free(body);
	}
}

static void a_body_ends_where_too_many_parts_begin(void **state)
{
	(void)state;
	char *signs = repeated("text\n-- \n", MAIL_TEXT_LINES_MAX + 100);
	AUTO(mail_text) m = mail_text_read(slice_of("Subject: s\n"), slice_of(signs));

	assert_int_equal(m->text_len, MAIL_TEXT_LINES_MAX * 9 - 4);
	free(signs);
}

static void many_attachments_are_counted(void **state)
{
	(void)state;
	char *parts = repeated("--b\nContent-Type: image/png; name=x.png\n\nx\n", 40);
	AUTO(mail_text)
	m = mail_text_read(
		slice_of("Content-Type: multipart/mixed; boundary=b\n"), slice_of(parts));

	assert_int_equal(m->attachment_count, MAIL_TEXT_ATTACHMENTS_MAX);
	assert_int_equal(m->attachments_left_out, 40 - MAIL_TEXT_ATTACHMENTS_MAX);
	assert_string_equal(m->attachments[31].name, "x.png");
	assert_string_equal(m->attachments[31].type, "image/png");
	free(parts);
}

static void an_exim_header_is_taken_without_deleted_fields(void **state)
{
	(void)state;
	struct exim_header header = {
		.fields = slice_of("013* Subject: old\n013  Subject: new\n016F From: a@b.test\n")};
	AUTO(mail_text) m = mail_text_of_exim(&header, slice_of("body\n"));

	assert_string_equal(m->subject, "new");
	assert_string_equal(m->text, "body\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_decoded),
		cmocka_unit_test(a_nul_in_a_field_does_not_cut_it),
		cmocka_unit_test(a_field_is_found_without_regard_to_case),
		cmocka_unit_test(bodies_are_read),
		cmocka_unit_test(deep_nesting_ends),
		cmocka_unit_test(a_body_ends_where_too_many_parts_begin),
		cmocka_unit_test(many_attachments_are_counted),
		cmocka_unit_test(an_exim_header_is_taken_without_deleted_fields),
	};

	return cmocka_run_group_tests_name("mail_text", tests, NULL, NULL);
}

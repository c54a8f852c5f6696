/* What is written is read again with GMime. */
#include "formats/mail_message.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct template_text out;
static struct problem problem;

static struct mail_message message(void)
{
	return (struct mail_message){.sender = "stanch@host.test",
		.recipient = "ann@home.test",
		.id = "1.contained@host.test",
		.time = 1790000000,
		.incident = 12,
		.subject = slice_of("Hello"),
		.plain = slice_of("Gr\xc3\xbc\xc3\x9f dich\n.\nFrom here\n"),
		.html = slice_of("<p>Hello</p>\n")};
}

static void write_it(const struct mail_message *m)
{
	template_text_clear(&out);
	assert_int_equal(mail_message_write(m, &out, &problem), 0);
	for (const char *line = out.at; *line != '\0'; line = strstr(line, "\r\n") + 2)
		assert_true(strcspn(line, "\n") <= 999);
}

static GMimeMessage *parsed(void)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(out.at, out.len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	assert_non_null(m);
	return m;
}

static void part_is(GMimeObject *part, const char *subtype, const char *wanted)
{
	assert_true(GMIME_IS_TEXT_PART(part));
	assert_string_equal(
		g_mime_content_type_get_media_subtype(g_mime_object_get_content_type(part)),
		subtype);
	char *text = g_mime_text_part_get_text((GMimeTextPart *)part);
	assert_string_equal(text, wanted);
	g_free(text);
}

static void a_reader_finds_all_of_it(void **state)
{
	struct mail_message m = message();

	(void)state;
	write_it(&m);
	GMimeMessage *read = parsed();
	assert_string_equal(g_mime_message_get_subject(read), "Hello");
	assert_string_equal(g_mime_message_get_message_id(read), m.id);
	assert_string_equal(
		g_mime_object_get_header((GMimeObject *)read, "Auto-Submitted"), "auto-generated");
	assert_string_equal(
		g_mime_object_get_header((GMimeObject *)read, "X-Stanch-Incident"), "12");
	assert_int_equal(g_date_time_to_unix(g_mime_message_get_date(read)), m.time);
	GMimeObject *body = g_mime_message_get_mime_part(read);
	assert_true(GMIME_IS_MULTIPART(body));
	assert_int_equal(g_mime_multipart_get_count((GMimeMultipart *)body), 2);
	part_is(g_mime_multipart_get_part((GMimeMultipart *)body, 0), "plain", m.plain.at);
	part_is(g_mime_multipart_get_part((GMimeMultipart *)body, 1), "html", m.html.at);
	g_object_unref(read);
	m.html = (struct slice){0};
	write_it(&m);
	read = parsed();
	part_is(g_mime_message_get_mime_part(read), "plain", m.plain.at);
	g_object_unref(read);
}

static void subjects_are_encoded(void **state)
{
	char long_one[MAIL_SUBJECT_MAX + 1];
	const char *const subjects[] = {
		"", "Plain", "\xc4\x8d\xc3\xbd \xc5\x99\xc4\x9b", "=?UTF-8?Q?x?=", long_one};
	struct mail_message m = message();

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(long_one); i += 2)
		memcpy(long_one + i, "\xc4\x8d", 3);
	long_one[sizeof(long_one) - 1] = '\0';
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		m.subject = slice_of(subjects[i]);
		write_it(&m);
		GMimeMessage *read = parsed();
		assert_string_equal(g_mime_message_get_subject(read), subjects[i]);
		g_object_unref(read);
	}
}

static void no_subject_becomes_a_header(void **state)
{
	static const char *const subjects[] = {"a\r\nBcc: x@y.test", "a\nBcc: x@y.test\n\nbody",
		"\xff\r\nBcc: x@y.test", "a\rBcc: x"};
	struct mail_message m = message();

	(void)state;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		m.subject = slice_of(subjects[i]);
		write_it(&m);
		assert_null(strstr(out.at, "\nBcc"));
		assert_null(strstr(out.at, "\rBcc"));
		GMimeMessage *read = parsed();
		assert_null(g_mime_object_get_header((GMimeObject *)read, "Bcc"));
		g_object_unref(read);
	}
}

static void only_plain_addresses_are_taken(void **state)
{
	static const char *const odd[] = {"", "a", "a@", "@b.test", "-oQ/tmp@b.test", "a b@c.test",
		"a@b.test\r\nBcc: x", "a@b.test>", "<a@b.test>", "a@b..test", "a@-b.test",
		"a@b-.test", "a@.test", "a@b.test.", "a..b@c.test", ".a@c.test", "a.@c.test",
		"a,b@c.test", "\"a\"@c.test", "a@[127.0.0.1]", "caf\xc3\xa9@c.test", "a@b@c.test"};
	struct mail_message m = message();

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_false(mail_address_is_plain(slice_of(odd[i])));
		m.recipient = odd[i];
		template_text_clear(&out);
		assert_int_equal(mail_message_write(&m, &out, &problem), -EINVAL);
		assert_null(out.at);
	}
	assert_true(mail_address_is_plain(slice_of("a.b+c=d!e'f@9-g.Example")));
	assert_true(mail_address_is_plain(slice_of("root@localhost")));
}

static int start(void **state)
{
	(void)state;
	g_mime_init();
	return 0;
}

static int end(void **state)
{
	(void)state;
	template_text_clear(&out);
	g_mime_shutdown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_finds_all_of_it),
		cmocka_unit_test(subjects_are_encoded),
		cmocka_unit_test(no_subject_becomes_a_header),
		cmocka_unit_test(only_plain_addresses_are_taken),
	};

	return cmocka_run_group_tests(tests, start, end);
}

#include "formats/exim_header.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ID     "1xVSmq-0007a4-2Q"
#define TOP    ID "-H\nDebian-exim 104 109\n<ann@shop.test>\n1795435484 0\n"
#define AUTH   "-host_auth dovecot_plain\n--auth_id ann@shop.test\n"
#define RCPT   "XX\n1\nu@d.test\n\n"
#define FIELDS "013  Subject: abc\n014* From: old@a.b\n014F From: <a@b.c>\n"
#define SOUND  TOP AUTH RCPT FIELDS

static int parse(struct slice file, struct exim_header *ret)
{
	struct exim_id id;
	char name[EXIM_ID_NEW + 1];

	/* the id is that of the first line; a test of a wrong name says so itself */
	(void)snprintf(name, sizeof(name), "%s", ID);
	assert_int_equal(exim_id_parse(slice_of(name), &id), 0);
	return exim_header_parse(file, &id, ret);
}

static void assert_slice(struct slice got, const char *want)
{
	if (want == NULL) {
		assert_null(got.at);
		return;
	}
	assert_non_null(got.at);
	if (!slice_is(got, want))
		fail_msg("got \"%.*s\", want \"%s\"", (int)got.len, got.at, want);
}

static void test_real_496(void **state)
{
	static const char file[] = ID
		"-H\nlabmail 999 995\n<ann@shop.test>\n1795435484 2\n"
		"-received_time_usec .752382\n-received_time_complete 1795435485.753800\n"
		"--helo_name load.test\n-host_address [127.0.0.1]:47562\n-host_auth dovecot_plain\n"
		"-host_auth_pubname PLAIN\n-interface_address [127.0.0.1]:2525\n"
		"-received_protocol esmtpa\n-aclm _verdict 2\ngo\n-body_linecount 1\n"
		"-max_received_linelength 400\n--auth_id ann@shop.test\n-tls_resumption A\n"
		"-frozen 1795435999\n"
		"YN u72d632f5@d3.rnd.test\nNN u16e24baf@d6.rnd.test\n3\n"
		"u552d8c39@d45.rnd.test\nu72d632f5@d3.rnd.test\nu16e24baf@d6.rnd.test\n\n" FIELDS;
	struct exim_header h;
	struct slice rest, name;

	(void)state;
	assert_int_equal(parse(slice_of(file), &h), 0);
	assert_null(h.damage.what);
	assert_slice(h.login, "labmail");
	assert_int_equal(h.uid, 999);
	assert_int_equal(h.gid, 995);
	assert_slice(h.sender, "ann@shop.test");
	assert_int_equal(h.received, 1795435484);
	assert_int_equal(exim_header_received_us(&h), 752382);
	assert_slice(h.completed, "1795435485.753800");
	assert_int_equal(h.warnings, 2);
	assert_slice(h.helo, "load.test");
	assert_slice(h.host_address, "127.0.0.1");
	assert_int_equal(h.host_port, 47562);
	assert_slice(h.host_auth, "dovecot_plain");
	assert_slice(h.auth_mechanism, "PLAIN");
	assert_slice(h.auth_id, "ann@shop.test");
	assert_slice(h.protocol, "esmtpa");
	assert_slice(h.host_name, NULL);
	assert_int_equal(h.body_lines, 1);
	assert_int_equal(h.frozen_since, 1795435999);
	assert_int_equal(h.flags,
		EXIM_FROZEN | EXIM_HAS_AUTH_ID | EXIM_HAS_HOST_AUTH | EXIM_HAS_HOST_ADDRESS);
	assert_int_equal(h.recipient_count, 3);
	assert_int_equal(h.delivered_count, 2);
	rest = h.delivered;
	assert_true(exim_delivered_next(&rest, &name));
	assert_slice(name, "u72d632f5@d3.rnd.test");
	assert_true(exim_delivered_next(&rest, &name));
	assert_slice(name, "u16e24baf@d6.rnd.test");
	assert_false(exim_delivered_next(&rest, &name));
	assert_int_equal(h.fields_size, 27); /* the '*' field is not sent */
	assert_slice(exim_field_value(&h, "subject"), "abc");
	assert_slice(exim_field_value(&h, "FROM"), "<a@b.c>");
	assert_slice(exim_field_value(&h, "Date"), NULL);
}

static void test_option_forms(void **state)
{
	static const struct {
		const char *options;
		const char *auth_id;
		unsigned flags;
	} rows[] = {
		{"-auth_id a\n", "a", EXIM_HAS_AUTH_ID},
		{"--auth_id a\n", "a", EXIM_HAS_AUTH_ID},
		{"--(mysql)auth_id a\n", "a", EXIM_HAS_AUTH_ID},
		{"--(none such)auth_id a b\n", "a b", EXIM_HAS_AUTH_ID},
		{"-auth_id \n", "", EXIM_HAS_AUTH_ID},
		{"-auth_id\n", "", EXIM_HAS_AUTH_ID},
		{"-auth_idx a\n", NULL, 0},
		{"-auth_i a\n", NULL, 0},
		{"-local\n-localerror\n-N\n", NULL,
			EXIM_LOCAL | EXIM_LOCAL_ERROR | EXIM_NEVER_DELIVER},
		{"-\n--\n---\n--(\n--(x\n-unknown thing\n-auth_id a\n", "a", EXIM_HAS_AUTH_ID},
		{"-local\n-deliver_firsttime\n-manual_thaw\n-sender_set_untrusted\n"
		 "-spool_file_wireformat\n-tls_certificate_verified\n",
			NULL,
			EXIM_LOCAL | EXIM_FIRST_TIME | EXIM_MANUAL_THAW |
				EXIM_SENDER_SET_UNTRUSTED | EXIM_WIREFORMAT | EXIM_CERT_VERIFIED},
		/* what an ACL variable holds is never an option */
		{"-aclm _x 16\n-auth_id victim\n\n", NULL, 0},
		{"--aclc 0 41\n-host_auth plain\n-auth_id v@x\nXX\n1\nr@x\n\n\n\n-auth_id a\n", "a",
			EXIM_HAS_AUTH_ID},
		{"-acl 10 0\n\n-auth_id a\n", "a", EXIM_HAS_AUTH_ID},
		{"-auth_id \xff\xfe\x01\n", "\xff\xfe\x01", EXIM_HAS_AUTH_ID},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char file[1024];
		struct exim_header h;
		(void)snprintf(file, sizeof(file), TOP "%s" RCPT FIELDS, rows[i].options);
		if (parse(slice_of(file), &h) != 0)
			fail_msg("row %zu: %s, line %zu", i, h.damage.what, h.damage.line);
		assert_slice(h.auth_id, rows[i].auth_id);
		assert_int_equal(h.flags, rows[i].flags);
	}
}

static void test_long_option(void **state)
{
	size_t long_part = 200000;
	char *file = malloc(long_part + 1024);
	struct exim_header h;

	(void)state;
	int n = snprintf(file, 1024, TOP "-tls_peercert ");
	memset(file + n, 'x', long_part);
	(void)snprintf(file + n + long_part, 512, "\n" AUTH RCPT FIELDS);
	assert_int_equal(parse(slice_of(file), &h), 0);
	assert_slice(h.auth_id, "ann@shop.test");
	free(file);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *ip;
		unsigned port;
	} rows[] = {
		{"[192.0.2.1]:44044", "192.0.2.1", 44044},
		{"[2001:db8::1]:25", "2001:db8::1", 25},
		{"[192.0.2.1]", "192.0.2.1", 0},
		{"192.0.2.1.44044", "192.0.2.1", 44044},
		{"2001:db8::1.25", "2001:db8::1", 25},
		{"192.0.2.1", "192.0.2.1", 0},
		{"2001:db8::1", "2001:db8::1", 0},
		{"[192.0.2.1", "[192.0.2.1", 0},
		{"[192.0.2.1]:99999", "192.0.2.1", 0},
		{"", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice ip;
		unsigned port = 7;
		exim_address_split(slice_of(rows[i].text), &ip, &port);
		assert_slice(ip, rows[i].ip);
		assert_int_equal(port, rows[i].port);
	}
}

static void test_recipient_forms(void **state)
{
	static const struct {
		const char *line, *address, *errors_to, *orcpt;
		int parent;
		unsigned dsn;
	} rows[] = {
		{"a@b", "a@b", NULL, NULL, -1, 0},
		{"user1@host2", "user1@host2", NULL, NULL, -1, 0},
		{"\"odd local\"@x.test", "\"odd local\"@x.test", NULL, NULL, -1, 0},
		{"a@b 3", "a@b", NULL, NULL, 3, 0},
		{"a@b 0,0,4", "a@b", NULL, NULL, 4, 0},
		{"a@b  0,-1#1", "a@b", NULL, NULL, -1, 0},
		{"a@b owner@l.test 12,2#1", "a@b", "owner@l.test", NULL, 2, 0},
		{"d1@defer.example rfc822;Bob+20X@y.example 24,28  0,-1#3", "d1@defer.example",
			NULL, "rfc822;Bob+20X@y.example", -1, 28},
		{"d2@defer.example  0,2  0,-1#3", "d2@defer.example", NULL, NULL, -1, 2},
		{"a2@defer.example  0,0 owner-list@test.example 23,3#3", "a2@defer.example",
			"owner-list@test.example", NULL, 3, 0},
		{"a@b e f 3,1#1", "a@b", "e f", NULL, 1, 0},
		/* lengths that do not fit: the line as it is */
		{"a@b x 99,1#1", "a@b x 99,1#1", NULL, NULL, -1, 0},
		{"a@b xx 3,1#1", "a@b xx 3,1#1", NULL, NULL, -1, 0},
		{"a@b -1,1#1", "a@b -1,1#1", NULL, NULL, -1, 0},
		{"a@b#1", "a@b#1", NULL, NULL, -1, 0},
		{"#3", "#3", NULL, NULL, -1, 0},
		{" 7", " 7", NULL, NULL, -1, 0},
		{"7", "7", NULL, NULL, -1, 0},
		{"  0,-1#1", "  0,-1#1", NULL, NULL, -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[256];
		struct exim_recipient r;
		struct slice address, domain, rest;

		(void)snprintf(line, sizeof(line), "%s\nnext@x\n", rows[i].line);
		rest = slice_of(line);
		assert_true(exim_recipient_next(&rest, &r));
		assert_slice(r.address, rows[i].address);
		assert_slice(r.errors_to, rows[i].errors_to);
		assert_slice(r.orcpt, rows[i].orcpt);
		assert_int_equal(r.parent, rows[i].parent);
		assert_int_equal(r.dsn_flags, rows[i].dsn);
		rest = slice_of(line);
		assert_int_equal(exim_recipients_next(&rest, 1, &address, &domain), 1);
		assert_slice(address, rows[i].address);
		assert_slice(rest, "next@x\n");
	}
}

static void test_damage(void **state)
{
	static const struct {
		const char *file;
		size_t line;
		bool envelope;
	} rows[] = {
		{"", 1, false},
		{"1xVSmq-0007a4-2Q-H", 1, false},
		{"1xVSmq-0007a4-2R-H\nx 1 1\n<>\n1 0\n" RCPT FIELDS, 1, false},
		{ID "-D\nx 1 1\n<>\n1 0\n" RCPT FIELDS, 1, false},
		{ID "-H\r\nx 1 1\r\n", 1, false},
		{ID "-H\nx 1\n", 2, false},
		{ID "-H\nx 1 1", 2, false},
		{ID "-H\nx 1 1\na@b\n1 0\n" RCPT FIELDS, 3, false},
		{ID "-H\nx 1 1\n<a@b\n1 0\n" RCPT FIELDS, 3, false},
		{ID "-H\nx 1 1\n<>\nyesterday 0\n" RCPT FIELDS, 4, false},
		{ID "-H\nx 1 1\n<>\n-5 0\n" RCPT FIELDS, 4, false},
		{TOP "-frozen\n" RCPT FIELDS, 5, false},
		{TOP "-frozen soon\n" RCPT FIELDS, 5, false},
		{TOP "-aclm 0 400\nx\n" RCPT FIELDS, 5, false},
		{TOP "-aclm 0 1\nxx\n" RCPT FIELDS, 6, false},
		{TOP "-aclm 0\nxx\n" RCPT FIELDS, 6, false},
		{TOP "-aclm 0 -1\nxx\n" RCPT FIELDS, 5, false},
		{TOP "-auth_id a", 5, false},
		{TOP, 5, false},
		{TOP "YN a@b\n1\nc@d\n\n" FIELDS, 6, false},
		{TOP "NN\n1\nc@d\n\n" FIELDS, 5, false},
		{TOP "XX\nmany\n", 6, false},
		{TOP "XX\n2\na@b\n", 8, false},
		{TOP "XX\n2\na@b\n\n" FIELDS, 8, false},
		{TOP "XX\n99999999999999999999\na@b\n\n" FIELDS, 6, false},
		{TOP "XX\n1\na@b\n" FIELDS, 8, true},
		{TOP "XX\n1\na@b\n", 8, true},
		{TOP RCPT "013  Subject: ab", 9, true},
		{TOP RCPT FIELDS "junk\n", 12, true},
		{TOP RCPT "014  Subject: abc\n014F From: <a@b.c>\n", 9, true},
		{TOP RCPT "13  Subject: abc\n", 9, true},
		{TOP RCPT "000  \n", 9, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_header h;
		assert_int_equal(parse(slice_of(rows[i].file), &h), -EBADMSG);
		assert_non_null(h.damage.what);
		if (h.damage.line != rows[i].line || h.envelope_read != rows[i].envelope)
			fail_msg("row %zu: %s at line %zu, envelope %d", i, h.damage.what,
				h.damage.line, h.envelope_read);
	}
}

/* What was read before the damage stays to be shown. */
static void test_damage_keeps_the_rest(void **state)
{
	struct exim_header h;
	struct slice rest, address, domain;

	(void)state;
	assert_int_equal(parse(slice_of(TOP AUTH "XX\n3\na@b\nc@d\n"), &h), -EBADMSG);
	assert_slice(h.auth_id, "ann@shop.test");
	assert_int_equal(h.recipient_count, 2);
	rest = h.recipients;
	assert_int_equal(exim_recipients_next(&rest, 1, &address, &domain), 1);
	assert_int_equal(exim_recipients_next(&rest, 1, &address, &domain), 1);
	assert_slice(address, "c@d");
	assert_int_equal(exim_recipients_next(&rest, 1, &address, &domain), 0);
	assert_int_equal(h.damage.offset, sizeof(TOP AUTH "XX\n3\na@b\nc@d\n") - 1);
}

static void test_nul(void **state)
{
	static const char in_sender[] = ID "-H\nx 1 1\n<a\0@b>\n1 0\n" RCPT FIELDS;
	static const char in_recipient[] = TOP "XX\n1\na\0@b\n\n" FIELDS;
	static const char in_field[] = TOP RCPT "013  Subject: a\0c\n";
	static const char in_acl[] = TOP "-aclm 0 3\na\0b\n" AUTH RCPT FIELDS;
	struct exim_header h;

	(void)state;
	assert_int_equal(parse((struct slice){in_sender, sizeof(in_sender) - 1}, &h), -EBADMSG);
	assert_int_equal(
		parse((struct slice){in_recipient, sizeof(in_recipient) - 1}, &h), -EBADMSG);
	assert_int_equal(parse((struct slice){in_field, sizeof(in_field) - 1}, &h), -EBADMSG);
	assert_int_equal(h.damage.line, 9);
	assert_int_equal(parse((struct slice){in_acl, sizeof(in_acl) - 1}, &h), 0);
	assert_slice(h.auth_id, "ann@shop.test");
}

static void test_many_recipients(void **state)
{
	size_t count = 60000, n = 0;
	char *file = malloc(count * 24 + 1024);
	struct exim_header h;

	(void)state;
	n += (size_t)sprintf(file, TOP AUTH "XX\n%zu\n", count);
	for (size_t i = 0; i < count; i++)
		n += (size_t)sprintf(file + n, "user%zu@d%zu.test\n", i, i % 97);
	(void)sprintf(file + n, "\n" FIELDS);
	assert_int_equal(parse(slice_of(file), &h), 0);
	assert_int_equal(h.recipient_count, count);
	free(file);
}

/* The file cut off at every byte: never read past, never sound, never a changed envelope. */
static void test_every_cut(void **state)
{
	size_t whole = sizeof(SOUND) - 1;
	struct exim_header h;

	(void)state;
	assert_int_equal(parse(slice_of(SOUND), &h), 0);
	for (size_t n = 0; n < whole; n++) {
		char *cut =
			malloc(n + 1); /* a block of its own, so that a sanitizer sees its end */
		memcpy(cut, SOUND, n);
		int err = parse((struct slice){cut, n}, &h);
		bool between_fields =
			n == whole - 19 || n == whole - 19 - 19 || n == whole - 19 - 19 - 18;
		assert_int_equal(err, between_fields ? 0 : -EBADMSG);
		if (h.envelope_read)
			assert_slice(h.auth_id, "ann@shop.test");
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_496),
		cmocka_unit_test(test_option_forms),
		cmocka_unit_test(test_long_option),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_recipient_forms),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_damage_keeps_the_rest),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_many_recipients),
		cmocka_unit_test(test_every_cut),
	};
	return cmocka_run_group_tests_name("exim_header", tests, NULL, NULL);
}

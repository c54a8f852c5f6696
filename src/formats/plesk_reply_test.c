#include "formats/plesk_reply.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RESULT(inner)                                                                              \
	"<?xml version=\"1.0\"?>\n<packet version=\"1.6.9.1\"><mail><get_info><result>" inner      \
	"</result></get_info></mail></packet>\n"
#define UNCLEAR "Plesk's answer cannot be understood: it is not its XML, or without a status"

static const struct reply_case {
	const char *body;
	int want;
	const char *want_id, *want_name, *want_problem;
} reply_cases[] = {
	{RESULT("<status>ok</status><id>12</id><mailname><id>7</id><name>ann</name>"
		"<mailbox><enabled>true</enabled></mailbox></mailname>"),
		0, "12", "ann", ""},
	{RESULT("<status>ok</status><filter-id>shop.test</filter-id><id>x1</id>"), 0, "", "", ""},
	{RESULT("<!-- a > b --><status><![CDATA[ok]]></status><mailname><name>a&amp;b&lt;"
		"</name></mailname>"),
		0, "", "a&b<", ""},
	{RESULT("<status>error</status><errcode>1013</errcode><errtext>Mail does not exist"
		"</errtext>"),
		-ENOENT, "", "", "Plesk says no: Mail does not exist"},
	{RESULT("<status>error</status><errcode>1019</errcode><errtext>a&#10;b\n\x1b</errtext>"),
		-EREMOTEIO, "", "", "Plesk says no: a&#10;b\\x0a\\x1b"},
	{RESULT("<status>error</status><errcode>1023</errcode>"), -EREMOTEIO, "", "",
		"Plesk says that it failed (error 1023)"},
	{RESULT("<status>ok</status></result><result><status>error</status>"), -EREMOTEIO, "", "",
		"Plesk says that it failed (error without a number)"},
	{RESULT("<status>error</status></result><result><status>ok</status>"), -EREMOTEIO, "", "",
		"Plesk says that it failed (error without a number)"},
	{"<packet><system><status>error</status><errcode>1001</errcode><errtext>Bad password"
	 "</errtext></system></packet>",
		-EACCES, "", "", "Plesk says no: Bad password"},
	{RESULT("<id>1</id>"), -EBADMSG, "", "", UNCLEAR},
	{RESULT("<mailname><status>ok</status></mailname>"), -EBADMSG, "", "", UNCLEAR},
	{"<packet><result><status>ok</status></result>", -EBADMSG, "", "", UNCLEAR},
	{"<packet><result><status>ok</result></status></packet>", -EBADMSG, "", "", UNCLEAR},
	{"<packet><result><status>ok</status></result></packet><packet/>", -EBADMSG, "", "",
		UNCLEAR},
	{"<!DOCTYPE a [<!ENTITY b \"c\">]><packet><result><status>ok</status></result></packet>",
		-EBADMSG, "", "", UNCLEAR},
	{"<html><result><status>ok</status></result></html>", -EBADMSG, "", "", UNCLEAR},
	{RESULT("<status>ok</status>") "<", -EBADMSG, "", "", UNCLEAR},
	{RESULT("<status>ok</status>") "x", -EBADMSG, "", "", UNCLEAR},
	{RESULT("<status>ok</status><!x/>"), -EBADMSG, "", "", UNCLEAR},
	{"ok", -EBADMSG, "", "", UNCLEAR},
	{"", -EBADMSG, "", "", UNCLEAR},
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reply_cases) / sizeof(reply_cases[0]); i++) {
		const struct reply_case *c = &reply_cases[i];
		struct problem problem = {0};
		struct plesk_reply reply = {0};
		int err = plesk_reply_read(slice_of(c->body), &reply, &problem);

		if (err != c->want)
			fail_msg("%s: %d: %s", c->body, err, problem.text);
		assert_string_equal(reply.id, c->want_id);
		assert_string_equal(reply.name, c->want_name);
		assert_string_equal(problem.text, c->want_problem);
	}
}

static uint64_t settings(const char *body)
{
	struct plesk_reply reply = {0};

	assert_int_equal(plesk_reply_read(slice_of(body), &reply, NULL), 0);
	return reply.settings;
}

static void test_settings(void **state)
{
#define BOX(inner) RESULT("<status>ok</status><mailname><name>ann</name>" inner "</mailname>")
	uint64_t first = settings(BOX("<mailbox><quota>1</quota></mailbox>"));

	(void)state;
	assert_true(first == settings(BOX("<mailbox>\n <quota>1</quota> </mailbox>")));
	assert_true(first ==
		    settings(BOX("<mailbox><quota>1</quota><password>x</password></mailbox>")));
	assert_true(first != settings(BOX("<mailbox><quota>2</quota></mailbox>")));
	assert_true(first != settings(BOX("<mailbox><quota/></mailbox>")));
	assert_true(first != settings(BOX("<mailbox/>")));
}

static void test_bounds(void **state)
{
	char *body = malloc(PLESK_REPLY_MAX + 1);
	struct plesk_reply reply = {0};
	size_t len = 0;

	(void)state;
	assert_non_null(body);
	memset(body, ' ', PLESK_REPLY_MAX + 1);
	assert_int_equal(plesk_reply_read((struct slice){body, PLESK_REPLY_MAX + 1}, &reply, NULL),
		-EMSGSIZE);
	len = (size_t)snprintf(body, 100, "<packet>");
	while (len < 8000)
		len += (size_t)snprintf(body + len, 100, "<a>");
	assert_int_equal(plesk_reply_read((struct slice){body, len}, &reply, NULL), -EBADMSG);
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "sensors/json_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum json_facts_answer read_line(struct json_facts *j, const char *line, struct fact *ret)
{
	struct problem problem = {0};
	enum json_facts_answer a = json_facts_read(j, slice_of(line), ret, &problem);

	assert_int_equal(a == JSON_DAMAGED, problem.text[0] != '\0');
	return a;
}

static void test_accepted(void **state)
{
	AUTO(json_facts) j = json_facts_new();
	struct fact f;

	(void)state;
	assert_int_equal(
		read_line(j,
			"{\"ev\":\"recv\",\"t\":1795436837.5,\"id\":\"1a\",\"auth\":\"Ann@Shop."
			"test\","
			"\"from\":\"ann@shop.test\",\"rcpt\":[\"a@b.test\",\"c@d.test\"],\"ip\":"
			"\"192.0.2.1\","
			"\"helo\":\"pc\",\"tls\":\"x\",\"subj\":\"Hi\",\"body\":\"text\\u0000x\","
			"\"cf\":4.5,"
			"\"size\":300,\"msgid\":\"m@x\",\"auto\":\"auto-replied\",\"list\":1}",
			&f),
		JSON_FACT);
	assert_int_equal(f.kind, FACT_ACCEPTED);
	assert_int_equal(f.at_us, INT64_C(1795436837500000));
	assert_int_equal(f.source->kind, SOURCE_MAILBOX);
	assert_string_equal(f.source->name, "ann@shop.test");
	assert_true(slice_is(f.id, "1a") && slice_is(f.sender, "ann@shop.test"));
	assert_true(slice_is(f.client, "192.0.2.1") && slice_is(f.helo, "pc"));
	assert_int_equal(f.recipient_count, 2);
	assert_int_equal(f.recipient_total, 2);
	assert_true(slice_is(f.recipients[1], "c@d.test"));
	assert_int_equal(f.body.len, 6);
	assert_true(f.has_filter_score && f.filter_score == 4.5);
	assert_true(f.is_automatic && f.is_list && f.size == 300);
}

static void check_source(struct json_facts *j, const char *members, const char *source)
{
	char line[512], text[SOURCE_TEXT_MAX];
	struct fact f;

	(void)snprintf(line, sizeof(line),
		"{\"ev\":\"recv\",\"t\":1,\"id\":\"1a\",\"rcpt\":\"a@b.test\"%s}", members);
	assert_int_equal(read_line(j, line, &f), JSON_FACT);
	assert_int_equal(f.recipient_count, 1);
	if (source == NULL)
		assert_null(f.source);
	else
		assert_string_equal(source_text(f.source, text), source);
}

static void test_sources(void **state)
{
	AUTO(json_facts) j = json_facts_new();
	struct fact f;
	size_t at = 0;
	struct slice domain;

	(void)state;
	assert_int_equal(read_line(j,
				 "{\"ev\":\"meta\",\"hosted\":[\"shop.test\",\"club.test\"],"
				 "\"relay_hosts\":[\"192.0.2.9\",7]}",
				 &f),
		JSON_META);
	assert_true(json_facts_hosted(j, &at, &domain) && slice_is(domain, "shop.test"));
	assert_true(json_facts_hosted(j, &at, &domain) && slice_is(domain, "club.test"));
	assert_false(json_facts_hosted(j, &at, &domain));
	check_source(j, "", NULL);
	check_source(j, ",\"ip\":\"198.51.100.1\"", NULL);
	check_source(j, ",\"ip\":\"192.0.2.9\"", "host:192.0.2.9");
	check_source(j, ",\"user\":\"www\"", "login:www");
	check_source(j, ",\"user\":\"\"", NULL);
	check_source(j, ",\"user\":\"\",\"cwd\":\"\",\"script\":\"\"", NULL);
	check_source(j, ",\"user\":\"www\",\"auth\":\"\",\"script\":\"\"", "login:www");
	check_source(j, ",\"user\":\"www\",\"cwd\":\"/tmp\"", "login:www");
	check_source(j, ",\"user\":\"www\",\"cwd\":\"/home/a\"", "script:/home/a");
	check_source(j, ",\"user\":\"www\",\"cwd\":\"/home/a\",\"script\":\"/home/a/x.php\"",
		"script:/home/a/x.php");
	check_source(j, ",\"user\":\"www\",\"auth\":\"ann@shop.test\"", "mailbox:ann@shop.test");
	check_source(j, ",\"bounce_of\":\"1b\",\"user\":\"exim\"", "bounce:local");
}

static void test_others(void **state)
{
	AUTO(json_facts) j = json_facts_new();
	struct fact f;

	(void)state;
	assert_int_equal(
		read_line(j, "{\"ev\":\"dlv\",\"t\":1,\"id\":\"1a\",\"rcpt\":\"a@b\",\"local\":1}",
			&f),
		JSON_FACT);
	assert_true(f.kind == FACT_DELIVERED && f.is_local && slice_is(f.recipient, "a@b"));
	assert_int_equal(
		read_line(j,
			"{\"ev\":\"fail\",\"t\":1,\"id\":\"1a\",\"rcpt\":\"a@b\",\"for\":\"c@d\","
			"\"text\":\"550 5.1.1 User unknown\"}",
			&f),
		JSON_FACT);
	assert_true(f.kind == FACT_FAILED && f.failure == FAILURE_USER_UNKNOWN && !f.is_local);
	assert_true(slice_is(f.forwarded_for, "c@d"));
	assert_int_equal(
		read_line(j,
			"{\"ev\":\"defer\",\"t\":1,\"id\":\"1a\",\"rcpt\":\"a@b\",\"text\":\"\"}",
			&f),
		JSON_FACT);
	assert_int_equal(f.kind, FACT_DEFERRED);
	assert_int_equal(
		read_line(j, "{\"ev\":\"rej\",\"t\":1,\"auth\":\"ann@shop.test\",\"rcpt\":\"a@b\"}",
			&f),
		JSON_FACT);
	assert_true(f.kind == FACT_REFUSED && f.failure == FAILURE_DOMAIN_UNKNOWN);
	assert_int_equal(
		read_line(j, "{\"ev\":\"authfail\",\"t\":1,\"user\":\"ann\",\"ip\":\"192.0.2.1\"}",
			&f),
		JSON_FACT);
	assert_true(f.kind == FACT_LOGIN_FAILED && slice_is(f.user, "ann"));
	assert_int_equal(read_line(j, "{\"ev\":\"queue\",\"t\":1,\"n\":5}", &f), JSON_NOTHING);
	assert_int_equal(read_line(j, "  \n", &f), JSON_NOTHING);
}

static void test_reports(void **state)
{
	AUTO(json_facts) j = json_facts_new();
	struct fact f;

	(void)state;
	assert_int_equal(
		read_line(j, "{\"ev\":\"complaint\",\"t\":5,\"id\":\"1a\",\"type\":\"Abuse\"}", &f),
		JSON_FACT);
	assert_true(f.kind == FACT_COMPLAINED && slice_is(f.id, "1a") && f.at_us == 5000000);
	assert_int_equal(
		read_line(j, "{\"ev\":\"complaint\",\"t\":5,\"id\":\"1a\"}", &f), JSON_FACT);
	assert_int_equal(read_line(j,
				 "{\"ev\":\"complaint\",\"t\":5,\"id\":\"1a\","
				 "\"type\":\"not-spam\"}",
				 &f),
		JSON_NOTHING);
	assert_int_equal(read_line(j,
				 "{\"ev\":\"fail\",\"t\":1,\"id\":\"1a\",\"rcpt\":\"a@b\","
				 "\"text\":\"550 5.1.1 x\",\"reported\":1}",
				 &f),
		JSON_FACT);
	assert_true(f.is_reported && f.failure == FAILURE_USER_UNKNOWN);
	assert_int_equal(
		read_line(j, "{\"ev\":\"fail\",\"t\":1,\"id\":\"1a\",\"rcpt\":\"a@b\"}", &f),
		JSON_FACT);
	assert_false(f.is_reported);
}

static void test_damaged(void **state)
{
	static const char *const bad[] = {"{", "[]", "7", "{\"ev\":\"recv\"}",
		"{\"ev\":\"recv\",\"t\":\"1\"}", "{\"ev\":\"recv\",\"t\":-1}",
		"{\"ev\":\"recv\",\"t\":1e300}", "{\"ev\":\"recv\",\"t\":1,\"t\":2}",
		"{\"ev\":\"recv\",\"t\":1} x", "\xff\xfe"};
	AUTO(json_facts) j = json_facts_new();
	struct fact f = {.kind = FACT_SCORED};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_line(j, bad[i], &f), JSON_DAMAGED);
		assert_int_equal(f.kind, FACT_SCORED);
	}
}

static void test_many_recipients(void **state)
{
	AUTO(json_facts) j = json_facts_new();
	char *line = malloc(65536);
	struct fact f;
	size_t n;

	(void)state;
	assert_non_null(line);
	n = (size_t)sprintf(line, "{\"ev\":\"recv\",\"t\":1,\"id\":\"1a\",\"rcpt\":[\"x\"");
	for (unsigned i = 0; i < 3000; i++)
		n += (size_t)sprintf(line + n, ",\"u%u@x.test\"", i);
	(void)sprintf(line + n, "]}");
	assert_int_equal(read_line(j, line, &f), JSON_FACT);
	assert_int_equal(f.recipient_count, FACT_RECIPIENTS_MAX);
	assert_int_equal(f.recipient_total, 3001);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_many_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

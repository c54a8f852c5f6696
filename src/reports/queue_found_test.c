#include "reports/queue_found.h"

#include "base/clock.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int read_question(const char *text, struct queue_question *q)
{
	json_t *args = json_loads(text, JSON_DECODE_ANY, NULL);
	struct problem p = {0};

	assert_non_null(args);
	int err = queue_question_read(args, q, &p);
	assert_int_equal(err < 0, p.text[0] != '\0');
	json_decref(args);
	return err;
}

static void test_questions(void **state)
{
	static const char *const bad[] = {"[]", "\"q\"", "null", "{\"q\":1}", "{\"q\":\"a\\n\"}",
		"{\"q\":\"\\u007f\"}", "{\"in\":\"body\"}", "{\"in\":1}", "{\"frozen\":2}",
		"{\"frozen\":\"yes\"}", "{\"frozen\":-1}", "{\"limit\":0}", "{\"limit\":201}",
		"{\"limit\":\"\"}", "{\"limit\":1.5}", "{\"limit\":-1}", "{\"after\":\"x\"}",
		"{\"after\":1}", "{\"other\":1}", "{\"q\":\"a\",\"other\":null}"};
	struct queue_question q = {.limit = 99};
	char longest[QUEUE_SEARCH_TEXT + 20] = "{\"q\":\"";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_question(bad[i], &q) != -EINVAL || q.limit != 99)
			fail_msg("%s was taken", bad[i]);
	assert_int_equal(read_question("{}", &q), 0);
	assert_int_equal(q.limit, QUEUE_QUESTION_LIMIT);
	assert_int_equal(queue_question_terms(&q).text.len, 0);
	assert_null(queue_question_terms(&q).after);
	assert_int_equal(q.frozen, QUEUE_SEARCH_BOTH);
	assert_int_equal(
		read_question("{\"q\":\"Spam\",\"in\":\"subject\",\"frozen\":\"0\","
			      "\"limit\":\"200\",\"after\":\"a-1aAAAA-000001-AA-night/x\"}",
			&q),
		0);
	struct queue_search_terms t = queue_question_terms(&q);
	assert_true(slice_is(t.text, "Spam"));
	assert_int_equal(t.in, QUEUE_SEARCH_SUBJECT);
	assert_int_equal(t.frozen, QUEUE_SEARCH_MOVING);
	assert_int_equal(t.limit, 200);
	assert_string_equal(t.after->queue, "night");
	assert_int_equal(t.after->received, 10);
	assert_int_equal(read_question("{\"frozen\":true,\"q\":null,\"limit\":1}", &q), 0);
	assert_int_equal(q.frozen, QUEUE_SEARCH_FROZEN);

	memset(longest + 6, 'a', QUEUE_SEARCH_TEXT);
	memcpy(longest + 6 + QUEUE_SEARCH_TEXT, "\"}", 3);
	assert_int_equal(read_question(longest, &q), 0);
	assert_int_equal(q.text_len, QUEUE_SEARCH_TEXT);
	memcpy(longest + 6 + QUEUE_SEARCH_TEXT, "a\"}", 4);
	assert_int_equal(read_question(longest, &q), -EINVAL);
}

/* ---- answers ---- */

static void put_mail(const char *top, unsigned n, const char *subject)
{
	char text[4096], name[64];
	int len = (int)strlen(subject) + 10;

	(void)snprintf(name, sizeof(name), "input/1aAAAA-%06u-AA-H", n);
	(void)snprintf(text, sizeof(text),
		"1aAAAA-%06u-AA-H\nDebian-exim 100 100\n<ann@shop.test>\n%u 0\n"
		"-host_address [192.0.2.7]:1\n-host_auth plain\n-auth_id ann@shop.test\n"
		"XX\n2\nb\xff@far.test\nc@near.test\n\n%03d  Subject: %s\n",
		n, 1790000000 + n, len, subject);
	folder_write(top, name, text);
}

static struct queue_lister *read_spool(const char *top)
{
	struct queue_lister *l = NULL;
	struct queue_lister_standing now = {0};
	struct problem p;

	assert_int_equal(queue_lister_new(top, "Debian-exim", 10000, &l, &p), 0);
	while (now.state != QUEUE_LISTER_READY) {
		(void)queue_lister_turn(l, clock_now_ms());
		queue_lister_look(l, &now);
	}
	return l;
}

static json_t *ask(struct queue_lister *l, const char *question)
{
	struct queue_question q;

	assert_int_equal(read_question(question, &q), 0);
	struct queue_search_terms terms = queue_question_terms(&q);
	struct queue_search *s = queue_search_new(queue_lister_lock(l), &terms);
	while (queue_search_go(s, 100))
		continue;
	queue_lister_unlock(l);
	json_t *answer = queue_found(l, s);
	queue_search_free(s);
	return answer;
}

/* Ends the test when it is another. */
static void is_answer(json_t *answer, const char *want)
{
	char *got = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);

	assert_true(queue_found_is_answer(answer));
	assert_string_equal(got, want);
	free(got);
	json_decref(answer);
}

static void test_answer(void **state)
{
	const char *top = *state;

	folder_make(top, "input");
	put_mail(top, 1, "one");
	put_mail(top, 2, "two \x01\x1b[31m");
	folder_write(top, "input/1aAAAA-000003-AA-H", "1aAAAA-000003-AA-H\n");
	folder_write(top, "input/1aAAAA-000002-AA-D", "1aAAAA-000002-AA-D\nhello\n");
	AUTO(queue_lister) l = read_spool(top);
	is_answer(ask(l, "{\"limit\":1}"),
		"{\"state\":\"ready\",\"read\":3,\"messages\":3,\"complete\":true,\"damaged\":1,"
		"\"why\":null,\"found\":3,\"found_is_least\":false,\"rows\":[{\"id\":"
		"\"1aAAAA-000002-AA\",\"queue\":\"\",\"received\":1790000002,\"size\":27,"
		"\"frozen\":"
		"false,\"damaged\":false,\"source\":\"mailbox:ann@shop.test\",\"sender\":"
		"\"ann@shop.test\",\"recipients\":[\"b\\\\xff@far.test\",\"c@near.test\"],"
		"\"recipient_count\":2,\"subject\":\"two   [31m\"}],"
		"\"next\":\"6ab13b82-1aAAAA-000002-AA-/\"}");
	is_answer(ask(l, "{\"q\":\"000003-A\",\"in\":\"id\"}"),
		"{\"state\":\"ready\",\"read\":3,\"messages\":3,\"complete\":true,\"damaged\":1,"
		"\"why\":null,\"found\":1,\"found_is_least\":false,\"rows\":[{\"id\":"
		"\"1aAAAA-000003-AA\",\"queue\":\"\",\"received\":1450503278,\"size\":null,"
		"\"frozen\":"
		"null,\"damaged\":true,\"source\":null,\"sender\":null,\"recipients\":null,"
		"\"recipient_count\":null,\"subject\":null}],\"next\":null}");
	is_answer(ask(l, "{\"q\":\"none such\"}"),
		"{\"state\":\"ready\",\"read\":3,\"messages\":3,\"complete\":true,\"damaged\":1,"
		"\"why\":null,\"found\":0,\"found_is_least\":false,\"rows\":[],\"next\":null}");
}

/* As many rows as there is room for, and a cursor that leads to the others. */
static void test_room(void **state)
{
	const char *top = *state;
	char subject[1500], question[200] = "{\"limit\":200}";
	unsigned rows = 0, answers = 0;

	memset(subject, '"', sizeof(subject)); /* two bytes each, in JSON */
	subject[sizeof(subject) - 1] = '\0';
	folder_make(top, "input");
	for (unsigned n = 0; n < 700; n++)
		put_mail(top, n, subject);
	AUTO(queue_lister) l = read_spool(top);
	for (const char *next = ""; next != NULL;) {
		json_t *answer = ask(l, question);
		assert_true(queue_found_is_answer(answer));
		assert_int_equal(json_integer_value(json_object_get(answer, "found")), 700);
		rows += (unsigned)json_array_size(json_object_get(answer, "rows"));
		answers++;
		next = json_string_value(json_object_get(answer, "next"));
		(void)snprintf(question, sizeof(question), "{\"limit\":200,\"after\":\"%s\"}",
			next != NULL ? next : "");
		json_decref(answer);
	}
	assert_int_equal(rows, 700);
	assert_true(answers >= 4);
}

static void test_off(void **state)
{
	(void)state;
	is_answer(queue_found_off("it ended"),
		"{\"state\":\"off\",\"read\":null,\"messages\":null,\"complete\":false,\"damaged\":"
		"null,"
		"\"why\":\"it "
		"ended\",\"found\":null,\"found_is_least\":true,\"rows\":[],\"next\":null}");
}

static void set_row(json_t *answer, const char *key, json_t *value)
{
	json_t *row = json_array_get(json_object_get(answer, "rows"), 0);

	assert_int_equal(json_object_set_new(row, key, value), 0);
}

/* What a process that is not trusted may say instead. */
static void test_no_answers(void **state)
{
	const char *top = *state;
	char longer[QUEUE_FOUND_MOST];

	folder_make(top, "input");
	put_mail(top, 1, "one");
	AUTO(queue_lister) l = read_spool(top);
	json_t *good = ask(l, "{}");
	assert_true(queue_found_is_answer(good));
	memset(longer, 'a', sizeof(longer));
	for (unsigned i = 0; i < 12; i++) {
		json_t *bad = json_deep_copy(good);
		json_t *rows = json_object_get(bad, "rows");
		switch (i) {
		case 0:
			(void)json_object_set_new(bad, "other", json_true());
			break;
		case 1:
			(void)json_object_set_new(bad, "state", json_string("fine"));
			break;
		case 2:
			(void)json_object_set_new(bad, "found", json_integer(-1));
			break;
		case 3:
			(void)json_object_del(bad, "why");
			break;
		case 4:
			(void)json_object_set_new(bad, "rows", json_null());
			break;
		case 5:
			for (unsigned n = 0; n < QUEUE_SEARCH_LIMIT; n++)
				(void)json_array_append(rows, json_array_get(rows, 0));
			break;
		case 6:
			(void)json_array_append_new(rows, json_string("row"));
			break;
		case 7:
			set_row(bad, "frozen", json_integer(1));
			break;
		case 8:
			set_row(bad, "html", json_string("<b>"));
			break;
		case 9:
			set_row(bad, "recipients", json_pack("[sssssn]", "", "", "", "", ""));
			break;
		case 10:
			set_row(bad, "recipients", json_pack("[[]]"));
			break;
		default:
			set_row(bad, "subject", json_stringn(longer, sizeof(longer)));
			break;
		}
		if (queue_found_is_answer(bad))
			fail_msg("the wrong answer %u was taken", i);
		json_decref(bad);
	}
	assert_true(queue_found_is_answer(good));
	assert_false(queue_found_is_answer(NULL));
	json_decref(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test_setup_teardown(test_answer, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_room, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_no_answers, folder_setup, folder_teardown),
		cmocka_unit_test(test_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

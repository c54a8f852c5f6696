#include "programs/daemon/desk_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 100000

static const char *joined(const struct desk_errand *e, char at[2048])
{
	size_t len = 0;

	at[0] = '\0';
	for (size_t i = 0; i < e->commands; i++)
		for (size_t k = 0; k < e->counts[i]; k++)
			len += (size_t)snprintf(at + len, 2048 - len, "%s%s",
				k > 0   ? "|"
				: i > 0 ? " && "
					: "",
				e->words[i][k]);
	return at;
}

static json_t *parsed(const char *text)
{
	json_t *o = text != NULL ? json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL) : NULL;

	if (text != NULL && o == NULL)
		fail_msg("%s is no JSON", text);
	return o;
}

/* words NULL: it is refused with 400, and the problem says nothing of the value. */
static void check_read(const char *what, const char *args, const char *words)
{
	struct desk_errand e = {0};
	struct problem p = {0};
	json_t *given = parsed(args);
	int status = desk_table_read(what, given, &e, &p);
	char at[2048];

	if (status != (words != NULL ? 0 : 400))
		fail_msg("%s %s: got %d %s", what, args, status, p.text);
	if (words != NULL)
		assert_string_equal(joined(&e, at), words);
	assert_int_equal(status == 0, p.text[0] == '\0');
	assert_null(strstr(p.text, "evil"));
	desk_errand_clear(&e);
	json_decref(given);
}

static void check_do(const char *args, const char *words)
{
	struct desk_errand e = {0};
	struct problem p = {0};
	json_t *given = parsed(args);
	int status = desk_table_do(given, &e, &p);
	char at[2048];

	if (status != (words != NULL ? 0 : 400))
		fail_msg("%s: got %d %s", args, status, p.text);
	if (words != NULL) {
		assert_string_equal(joined(&e, at), words);
		assert_int_equal(desk_errand_role(&e), PAGE_OPERATOR);
	}
	assert_null(strstr(p.text, "evil"));
	desk_errand_clear(&e);
	json_decref(given);
}

static void test_reads(void **state)
{
	(void)state;
	check_read("incidents", NULL, "incidents|--quiet");
	check_read("incidents", "{}", "incidents|--quiet");
	check_read("incidents", "{\"all\": \"1\"}", "incidents|--quiet|--all");
	check_read("incidents", "{\"all\": 1}", "incidents|--quiet|--all");
	check_read("incidents", "{\"all\": true}", "incidents|--quiet|--all");
	check_read("incidents", "{\"all\": \"0\"}", "incidents|--quiet");
	check_read("incidents", "{\"all\": \"yes\"}", NULL);
	check_read("incidents", "{\"all\": 2}", NULL);
	check_read("incidents", "{\"source\": \"Ann@Shop.test\"}",
		"incidents|--quiet|mailbox:ann@shop.test");
	check_read("incidents", "{\"source\": null}", "incidents|--quiet");
	check_read("incident", "{\"incident\": 3}", "incident|--quiet|show|3");
	check_read("incident", "{\"incident\": \"3\"}", "incident|--quiet|show|3");
	check_read("incident", "{}", NULL);
	check_read("incident", "{\"incident\": null}", NULL);
	check_read("incident", "{\"incident\": 0}", NULL);
	check_read("incident", "{\"incident\": -3}", NULL);
	check_read("incident", "{\"incident\": 3.0}", NULL);
	check_read("incident", "{\"incident\": \"3 --yes\"}", NULL);
	check_read("incident", "{\"incident\": \"99999999999999999999\"}", NULL);
	check_read("incident", "{\"incident\": [3]}", NULL);
	check_read("source", "{\"source\": \"login:www-data\"}",
		"incidents|--quiet|--all|login:www-data && explain|--quiet|login:www-data");
	check_read("message", "{\"id\": \"1pAbCd-000123-Xy\"}", "show|--quiet|1pAbCd-000123-Xy");
	check_read("message", "{\"id\": \"../../etc/evil-x\"}", NULL);
	check_read("message", "{\"id\": \"--raw\"}", NULL);
	check_read("holds", NULL, "holds|--quiet");
	check_read("exemptions", NULL, "exempt|--quiet");
	check_read("blocklists", NULL, "check|--mode=blocklists|--timeout=20");
	check_read("audit", NULL, "audit|--quiet|--limit=100");
	check_read("audit", "{\"limit\": \"500\", \"before\": \"170.s12-3:4\"}",
		"audit|--quiet|--limit=500|--before=170.s12-3:4");
	check_read("audit", "{\"limit\": 501}", NULL);
	check_read("audit", "{\"before\": \"a b\"}", NULL);
	check_read("audit", "{\"before\": \"\"}", NULL);
	check_read("replays", NULL, "replay|--quiet|--kept");
	check_read("queue",
		"{\"q\": \"won a prize\", \"in\": \"subject\", \"frozen\": \"1\", "
		"\"limit\": 200, \"after\": \"x\"}",
		"");
	check_read("queue", "{\"in\": \"evil\"}", NULL);
	check_read("queue", "{\"limit\": 201}", NULL);
	check_read("history", "{\"from\": \"1700000000\", \"to\": 1700003600}", "");
	check_read("history", "{\"from\": -1}", NULL);
}

static void test_nothing_else(void **state)
{
	static const char *const none[] = {"", "shadow", "incidents ", "Incidents", "do", "--help"};
	struct desk_errand e;
	struct problem p;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(desk_table_read(none[i], NULL, &e, &p), 404);
	check_read("holds", "{\"other\": 1}", NULL);
	check_read("holds", "[]", NULL);
	check_read("holds", "\"evil\"", NULL);
	check_read("incidents", "{\"ALL\": 1}", NULL);
	check_read("incidents", "{\"--all\": 1}", NULL);
}

static void test_deeds(void **state)
{
	(void)state;
	check_do("{\"action\": \"contain\", \"source\": \"ann@shop.test\", \"reason\": \"spam\"}",
		"contain|--reason=spam|--yes|mailbox:ann@shop.test");
	check_do("{\"action\": \"contain\", \"incident\": 7, \"reason\": \"spam\", \"dry_run\": "
		 "true}",
		"incident|--reason=spam|--dry-run|hold|7");
	check_do("{\"action\": \"contain\", \"source\": \"ann@shop.test\"}", NULL);
	check_do(
		"{\"action\": \"contain\", \"source\": \"ann@shop.test\", \"reason\": \"\"}", NULL);
	check_do("{\"action\": \"contain\", \"hold\": 7, \"reason\": \"spam\"}", NULL);
	check_do("{\"action\": \"release\", \"source\": \"host:192.0.2.1\"}",
		"release|--yes|host:192.0.2.1");
	check_do("{\"action\": \"release\", \"incident\": \"7\", \"reason\": \"it was me\"}",
		"incident|--reason=it was me|--yes|release|7");
	check_do("{\"action\": \"release\"}", NULL);
	check_do("{\"action\": \"release\", \"incident\": 7, \"source\": \"ann@shop.test\"}", NULL);
	check_do("{\"action\": \"restore\", \"hold\": 4, \"reason\": \"good\"}", "restore|--yes|4");
	check_do(
		"{\"action\": \"restore\", \"hold\": 4, \"dry_run\": true}", "restore|--dry-run|4");
	check_do("{\"action\": \"restore\", \"hold\": [4, 5]}", NULL);
	check_do("{\"action\": \"restore\", \"hold\": \"4 5\"}", NULL);
	check_do("{\"action\": \"restore\"}", NULL);
	check_do("{\"action\": \"dismiss\", \"incident\": 7}", "incident|--yes|dismiss|7");
	check_do("{\"action\": \"dismiss\", \"source\": \"ann@shop.test\"}", NULL);
	check_do("{\"action\": \"exempt\", \"source\": \"ann@shop.test\", \"reason\": \"news\", "
		 "\"for\": \"3d\"}",
		"exempt|--reason=news|--for=3d|mailbox:ann@shop.test");
	check_do("{\"action\": \"exempt\", \"source\": \"ann@shop.test\", \"reason\": \"news\"}",
		"exempt|--reason=news|mailbox:ann@shop.test");
	check_do("{\"action\": \"exempt\", \"source\": \"ann@shop.test\", \"reason\": \"news\", "
		 "\"for\": \"0\"}",
		NULL);
	check_do("{\"action\": \"exempt\", \"source\": \"ann@shop.test\"}", NULL);
	/* it cannot be tried */
	check_do("{\"action\": \"exempt\", \"source\": \"ann@shop.test\", \"reason\": \"news\", "
		 "\"dry_run\": true}",
		NULL);
	check_do("{\"action\": \"unexempt\", \"source\": \"ann@shop.test\"}",
		"exempt|--remove|mailbox:ann@shop.test");
	check_do("{\"action\": \"purge\", \"hold\": 4}", "purge|--yes|4");
	check_do("{\"action\": \"purge\"}", NULL);
	check_do("{\"action\": \"hold\", \"source\": \"ann@shop.test\"}", NULL);
	check_do("{\"action\": \"Purge\", \"hold\": 4}", NULL);
	check_do("{\"action\": 7, \"hold\": 4}", NULL);
	check_do("{\"hold\": 4}", NULL);
	check_do("{}", NULL);
	check_do(NULL, NULL);
	check_do("[]", NULL);
}

/* Whatever is tried, a word of a person is one word, behind its option or with its kind in front.
 */
static void test_hostile(void **state)
{
	char text[10240 + 128], *end = text;

	(void)state;
	check_do("{\"action\": \"release\", \"incident\": 7, \"reason\": \"--yes\"}",
		"incident|--reason=--yes|--yes|release|7");
	check_do("{\"action\": \"release\", \"incident\": 7, \"reason\": \"-x\"}",
		"incident|--reason=-x|--yes|release|7");
	check_do("{\"action\": \"release\", \"incident\": 7, \"reason\": \"a\\\\b; rm -rf $(x)\"}",
		"incident|--reason=a\\b; rm -rf $(x)|--yes|release|7");
	check_do("{\"action\": \"release\", \"incident\": 7, \"reason\": \"evil\\n\"}", NULL);
	check_do("{\"action\": \"release\", \"incident\": 7, \"reason\": \"evil\\u0000\"}", NULL);
	check_do(
		"{\"action\": \"release\", \"incident\": 7, \"reason\": \"\\u001b[2Jevil\"}", NULL);
	check_do("{\"action\": \"release\", \"incident\": 7, \"reason\": \"\\u202eevil\"}", NULL);
	check_do("{\"action\": \"release\", \"incident\": 7, \"other\": \"x\"}", NULL);
	check_do("{\"action\": \"release\", \"incident\": 7, \"yes\": true}", NULL);
	check_do("{\"action\": \"release\", \"source\": \"--yes\"}", NULL);
	check_do("{\"action\": \"release\", \"source\": \"-x@shop.test\"}",
		"release|--yes|mailbox:-x@shop.test");
	check_do("{\"action\": \"release\", \"source\": \"mailbox:a\\u0000b@shop.test\"}",
		"release|--yes|mailbox:a\\x00b@shop.test");
	check_do("{\"action\": \"release\", \"source\": \"mailbox:a\\nb@shop.test\"}",
		"release|--yes|mailbox:a\\x0ab@shop.test");
	check_do("{\"action\": \"unexempt\", \"source\": \"ann@shop.test --all\"}",
		"exempt|--remove|mailbox:ann@shop.test --all");
	check_read("queue", "{\"after\": \"x\\u0000\"}", NULL);
	check_read("queue", "{\"q\": \"evil\\r\\n\"}", NULL);

	end += sprintf(end, "{\"action\": \"release\", \"incident\": 7, \"reason\": \"");
	memset(end, 'x', 10240);
	(void)snprintf(end + 240, 8, "\"}");
	json_t *given = parsed(text);
	struct desk_errand e;
	struct problem p;
	assert_int_equal(desk_table_do(given, &e, &p), 0);
	desk_errand_clear(&e);
	json_decref(given);
	memset(end, 'x', 10240);
	(void)snprintf(end + 241, 8, "\"}");
	check_do(text, NULL);
	memset(end, 'x', 10240);
	(void)snprintf(end + 10240, 8, "\"}");
	check_do(text, NULL);
	for (int len = 200; len <= 201; len++) {
		end = text + sprintf(text, "{\"q\": \"");
		memset(end, 'x', 201);
		(void)snprintf(end + len, 8, "\"}");
		check_read("queue", text, len == 200 ? "" : NULL);
	}
	end = text + sprintf(text, "{\"source\": \"");
	memset(end, 'x', 10240);
	(void)snprintf(end + 10240, 16, "@a.test\"}");
	check_read("incidents", text, NULL);
}

/* ---- bodies ---- */

static json_t *body_of(const char *what, const char *args, const struct desk_output *outputs,
	size_t room, int want_status)
{
	struct desk_errand e = {0};
	struct problem p = {0};
	json_t *given = parsed(args);
	int status = 0;

	assert_int_equal(
		what != NULL ? desk_table_read(what, given, &e, &p) : desk_table_do(given, &e, &p),
		0);
	json_t *body = desk_errand_body(&e, outputs, room, &status);
	assert_int_equal(status, want_status);
	desk_errand_clear(&e);
	json_decref(given);
	return body;
}

static void check_json(json_t *body, const char *want)
{
	char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, want);
	free(text);
	json_decref(body);
}

static struct desk_output output_of(const char *lines, const char *errors, int status)
{
	return (struct desk_output){
		.lines = slice_of(lines), .errors = slice_of(errors), .exit = status};
}

static void test_lists(void **state)
{
	struct desk_output o =
		output_of("{\"n\":1}\n{\"n\":2}\nno object\n{\"n\":3}\n{\"n\"", "", 0);

	(void)state;
	check_json(body_of("incidents", NULL, &o, ROOM, 200),
		"{\"incidents\":[{\"n\":1},{\"n\":2},{\"n\":3}],\"left_out\":0}");
	check_json(body_of("incidents", NULL, &o, 17, 200),
		"{\"incidents\":[{\"n\":1},{\"n\":2}],\"left_out\":1}");
	check_json(body_of("holds", NULL, &o, 17, 200),
		"{\"holds\":[{\"n\":2},{\"n\":3}],\"left_out\":1}");
	o.lines_lost = 7;
	check_json(body_of("exemptions", NULL, &o, ROOM, 200),
		"{\"exemptions\":[{\"n\":1},{\"n\":2},{\"n\":3}],\"left_out\":7}");
	o = output_of("", "", 0);
	check_json(body_of("replays", NULL, &o, ROOM, 200), "{\"left_out\":0,\"replays\":[]}");

	/* what could not be looked at is no empty list */
	o = output_of("", "stanch holds: no\x1b such\nfile\n", 3);
	check_json(body_of("holds", NULL, &o, ROOM, 503),
		"{\"error\":\"stanch holds: no\\\\x1b such\\nfile\"}");
	o = output_of("{\"n\":1}\n", "not all of it\n", 3);
	check_json(body_of("holds", NULL, &o, ROOM, 200),
		"{\"holds\":[{\"n\":1}],\"left_out\":0,\"said\":\"not all of it\"}");
	o = output_of("", "", 137);
	check_json(body_of("holds", NULL, &o, ROOM, 503),
		"{\"error\":\"the command for it has failed, and did not say why\"}");
}

static void test_objects(void **state)
{
	struct desk_output o = output_of("{\"incident\":3}\n", "", 0);

	(void)state;
	check_json(body_of("incident", "{\"incident\": 3}", &o, ROOM, 200), "{\"incident\":3}");
	o = output_of("", "stanch incident: there is no incident 3\n", 1);
	check_json(body_of("incident", "{\"incident\": 3}", &o, ROOM, 404),
		"{\"error\":\"stanch incident: there is no incident 3\"}");
	o = output_of("", "cannot read it\n", 3);
	check_json(body_of("incident", "{\"incident\": 3}", &o, ROOM, 503),
		"{\"error\":\"cannot read it\"}");
}

static void test_source(void **state)
{
	static const char args[] = "{\"source\": \"ann@shop.test\"}";
	struct desk_output o[2] = {output_of("{\"n\":1}\n", "", 0),
		output_of("{\"saved\":1,\"days\":[7]}\n{\"incident\":3}\n", "", 0)};

	(void)state;
	check_json(body_of("source", args, o, ROOM, 200),
		"{\"days\":[7],\"incidents\":[{\"n\":1}],\"left_out\":0,\"remembered\":{\"days\":["
		"7],\"saved\":1},"
		"\"source\":\"mailbox:ann@shop.test\"}");
	o[0] = output_of("", "", 0);
	o[1] = output_of("", "nothing was found\n", 1);
	check_json(body_of("source", args, o, ROOM, 200),
		"{\"days\":null,\"incidents\":[],\"left_out\":0,\"remembered\":null,"
		"\"source\":\"mailbox:ann@shop.test\"}");
	o[1] = output_of("", "it is damaged\n", 3);
	check_json(body_of("source", args, o, ROOM, 200),
		"{\"days\":null,\"incidents\":[],\"left_out\":0,\"remembered\":null,\"said\":\"it "
		"is damaged\","
		"\"source\":\"mailbox:ann@shop.test\"}");
	/* ended by a signal, and in silence */
	o[0] = output_of("{\"n\":1}\n", "", 137);
	o[1] = output_of("{\"saved\":1,\"days\":[7]}\n", "", 0);
	json_t *cut = body_of("source", args, o, ROOM, 200);
	assert_true(json_is_string(json_object_get(cut, "said")));
	json_decref(cut);
	/* as much as all else may be */
	o[0] = output_of("{\"n\":1}\n", "", 0);
	json_t *short_of_room = body_of("source", args, o, 40, 200);
	assert_true(json_is_null(json_object_get(short_of_room, "remembered")));
	assert_true(json_is_string(json_object_get(short_of_room, "said")));
	json_decref(short_of_room);
	o[0] = output_of("", "no journal\n", 3);
	check_json(body_of("source", args, o, ROOM, 503), "{\"error\":\"no journal\"}");
}

static void test_blocklists(void **state)
{
	struct desk_output o = output_of(
		"{\"status\":\"CRITICAL\",\"age\":10,\"answers\":["
		"{\"zone\":\"z\",\"address\":\"a\",\"state\":\"listed\",\"words\":\"127.0.0.2\"},"
		"{\"zone\":\"z\",\"address\":\"b\",\"state\":\"clean\",\"words\":\"\"},"
		"{\"zone\":\"z\",\"address\":\"c\",\"state\":\"unsaid\",\"words\":\"no "
		"answer\"}]}\n",
		"", 2);
	json_t *body = body_of("blocklists", NULL, &o, ROOM, 200);

	(void)state;
	assert_true(json_integer_value(json_object_get(body, "checked_at")) > 1700000000);
	(void)json_object_del(body, "checked_at");
	check_json(body,
		"{\"lists\":[{\"address\":\"a\",\"listed\":true,\"text\":\"127.0.0.2\",\"zone\":"
		"\"z\"},"
		"{\"address\":\"b\",\"listed\":false,\"text\":\"\",\"zone\":\"z\"},"
		"{\"address\":\"c\",\"listed\":null,\"text\":\"no answer\",\"zone\":\"z\"}]}");
	o = output_of("{\"status\":\"UNKNOWN\",\"problem\":\"say which\"}\n", "", 3);
	check_json(body_of("blocklists", NULL, &o, ROOM, 200),
		"{\"checked_at\":null,\"lists\":[],\"said\":\"say which\"}");
	o = output_of("", "it broke\n", 3);
	check_json(body_of("blocklists", NULL, &o, ROOM, 503), "{\"error\":\"it broke\"}");
}

static void test_audit(void **state)
{
	struct desk_output o = output_of("{\"cursor\":\"b\"}\n{\"cursor\":\"a\"}\n", "", 0);

	(void)state;
	check_json(body_of("audit", "{\"limit\": 2}", &o, ROOM, 200),
		"{\"entries\":[{\"cursor\":\"b\"},{\"cursor\":\"a\"}],\"next\":\"a\"}");
	check_json(body_of("audit", "{\"limit\": 3}", &o, ROOM, 200),
		"{\"entries\":[{\"cursor\":\"b\"},{\"cursor\":\"a\"}],\"next\":null}");
	check_json(body_of("audit", "{\"limit\": 3}", &o, 16, 200),
		"{\"entries\":[{\"cursor\":\"b\"}],\"next\":\"b\"}");
	o = output_of("", "", 0);
	check_json(body_of("audit", NULL, &o, ROOM, 200), "{\"entries\":[],\"next\":null}");
}

static void test_done(void **state)
{
	static const char args[] = "{\"action\": \"purge\", \"hold\": 4}";
	struct desk_output o = output_of("{\"action\":\"purge\"}\n", "", 0);

	(void)state;
	check_json(body_of(NULL, args, &o, ROOM, 200),
		"{\"done\":true,\"exit\":0,\"output\":[{\"action\":\"purge\"}],\"said\":\"\"}");
	o = output_of("Dismiss it?\n", "hint\n", 1);
	check_json(body_of(NULL, "{\"action\": \"dismiss\", \"incident\": 4, \"dry_run\": true}",
			   &o, ROOM, 200),
		"{\"done\":false,\"exit\":1,\"output\":[],\"said\":\"Dismiss it?\\nhint\"}");
	o = output_of("", "", 0);
	check_json(body_of(NULL, "{\"action\": \"purge\", \"hold\": 4, \"dry_run\": true}", &o,
			   ROOM, 200),
		"{\"done\":false,\"exit\":0,\"output\":[],\"said\":\"\"}");
	o = output_of("", "", 137);
	check_json(body_of(NULL, args, &o, ROOM, 200),
		"{\"done\":false,\"exit\":137,\"output\":[],\"said\":\"\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_deeds),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_blocklists),
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

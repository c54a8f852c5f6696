#include "detectors/backscatter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

static const struct verdict_case {
	const char *name;
	size_t received;
	const char *envelope_sender, *to, *our_host;
	enum hosted to_hosted;
	enum backscatter_trace trace;
	double score;
	const char *says;
	enum backscatter_kind want;
	bool quotes_nothing, passed_here, authenticated, local, has_id, to_suspect;
} verdict_cases[] = {
	{.name = "in the queue, of a suspect",
		.passed_here = true,
		.authenticated = true,
		.has_id = true,
		.received = 1,
		.to = "x@far.test",
		.trace = TRACE_QUEUED,
		.score = 20,
		.want = BACKSCATTER_PROVED,
		.says = "returns 1xVSmQ-00076x-1r of mailbox:ann@shop.test (20.0 bits)"},
	{.name = "by its Message-ID alone",
		.has_id = true,
		.to = "x@far.test",
		.trace = TRACE_QUEUED,
		.score = 20,
		.want = BACKSCATTER_PROVED},
	{.name = "held",
		.passed_here = true,
		.has_id = true,
		.received = 1,
		.to = "x@far.test",
		.trace = TRACE_HELD,
		.want = BACKSCATTER_PROVED,
		.says = "hold 7"},
	{.name = "same session",
		.passed_here = true,
		.has_id = true,
		.received = 1,
		.to = "x@far.test",
		.trace = TRACE_SESSION,
		.want = BACKSCATTER_PROVED,
		.says = "same session (process "},
	{.name = "in the queue, of an honest one",
		.passed_here = true,
		.authenticated = true,
		.has_id = true,
		.received = 1,
		.envelope_sender = "Eve@shop.test",
		.to = "eve@shop.test",
		.to_hosted = HOSTED_YES,
		.trace = TRACE_QUEUED,
		.score = 3,
		.want = BACKSCATTER_HONEST},
	{.name = "honest, gone from the queue",
		.passed_here = true,
		.authenticated = true,
		.has_id = true,
		.received = 1,
		.envelope_sender = "eve@shop.test",
		.to = "eve@shop.test",
		.to_hosted = HOSTED_YES,
		.want = BACKSCATTER_HONEST,
		.says = "which eve@shop.test sent"},
	{.name = "honest, by a local process",
		.passed_here = true,
		.local = true,
		.has_id = true,
		.received = 1,
		.envelope_sender = "root@shop.test",
		.to = "root@shop.test",
		.to_hosted = HOSTED_YES,
		.want = BACKSCATTER_HONEST},
	{.name = "its sender is a suspect",
		.passed_here = true,
		.authenticated = true,
		.has_id = true,
		.received = 1,
		.envelope_sender = "eve@shop.test",
		.to = "eve@shop.test",
		.to_hosted = HOSTED_YES,
		.to_suspect = true,
		.want = BACKSCATTER_UNKNOWN,
		.says = "under suspicion"},
	{.name = "sent here with a foreign address",
		.passed_here = true,
		.authenticated = true,
		.has_id = true,
		.received = 1,
		.envelope_sender = "x@far.test",
		.to = "x@far.test",
		.to_hosted = HOSTED_NO,
		.want = BACKSCATTER_UNKNOWN,
		.says = "not hosted here"},
	{.name = "nobody knows whether it is hosted",
		.passed_here = true,
		.authenticated = true,
		.has_id = true,
		.received = 1,
		.envelope_sender = "x@far.test",
		.to = "x@far.test",
		.want = BACKSCATTER_UNKNOWN,
		.says = "not known to be hosted"},
	{.name = "in another's name",
		.passed_here = true,
		.authenticated = true,
		.has_id = true,
		.received = 1,
		.envelope_sender = "eve@shop.test",
		.to = "bob@shop.test",
		.to_hosted = HOSTED_YES,
		.want = BACKSCATTER_UNKNOWN,
		.says = "in the name of"},
	{.name = "passed on for another server",
		.passed_here = true,
		.has_id = true,
		.received = 2,
		.to = "x@far.test",
		.want = BACKSCATTER_UNKNOWN,
		.says = "nobody here sent it"},
	{.name = "never passed here",
		.received = 3,
		.to = "eve@shop.test",
		.to_hosted = HOSTED_YES,
		.want = BACKSCATTER_JOE_JOB,
		.says = "none of the 3 Received lines"},
	{.name = "no Received line",
		.to = "eve@shop.test",
		.want = BACKSCATTER_UNKNOWN,
		.says = "without Received lines"},
	{.name = "our name is not known",
		.received = 1,
		.to = "eve@shop.test",
		.our_host = "",
		.want = BACKSCATTER_UNKNOWN,
		.says = "name of this server"},
	{.name = "an unknown id in the Message-ID",
		.has_id = true,
		.received = 1,
		.to = "eve@shop.test",
		.want = BACKSCATTER_UNKNOWN,
		.says = "Message-ID names"},
	{.name = "nothing quoted",
		.quotes_nothing = true,
		.to = "eve@shop.test",
		.want = BACKSCATTER_UNKNOWN,
		.says = "quotes no mail"},
	{.name = "a hostile address",
		.received = 1,
		.to = "\x1b[2J@shop.test",
		.want = BACKSCATTER_JOE_JOB,
		.says = "\\x1b[2J@shop.test"},
};

static void judge_case(const struct verdict_case *c, struct backscatter_verdict *ret)
{
	struct returned_mail m = {.passed_here = c->passed_here,
		.authenticated = c->authenticated,
		.local = c->local,
		.has_exim_id = c->has_id,
		.received_count = c->received};
	struct source ann;

	assert_int_equal(exim_id_parse(slice_of("1xVSmQ-00076x-1r"), &m.exim_id), 0);
	if (c->envelope_sender != NULL)
		(void)snprintf(
			m.envelope_sender, sizeof(m.envelope_sender), "%s", c->envelope_sender);
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	const struct backscatter_input in = {
		.returned = c->quotes_nothing ? NULL : &m,
		.our_host = slice_of(c->our_host != NULL ? c->our_host : "mx.shop.test"),
		.to = slice_of(c->to),
		.to_hosted = c->to_hosted,
		.to_suspect = c->to_suspect,
		.trace = c->trace,
		.source = c->trace != TRACE_NONE ? &ann : NULL,
		.score = c->score,
		.hold = 7,
		.session_id = "1xVSmP-00076x-1r",
	};
	backscatter_judge(&in, ret);
}

static void bounces_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(verdict_cases) / sizeof(verdict_cases[0]); i++) {
		const struct verdict_case *c = &verdict_cases[i];
		struct backscatter_verdict v;

		judge_case(c, &v);
		if (v.kind != c->want || (c->says != NULL && strstr(v.why, c->says) == NULL)) {
			print_error("%s: got %s \"%s\", want %s \"%s\"\n", c->name,
				backscatter_kind_name(v.kind), v.why,
				backscatter_kind_name(c->want), c->says != NULL ? c->says : "");
			fail();
		}
	}
}

/* 1xVSmQ: one second; its neighbours in the alphabet are the seconds beside it. */
static const struct session_case {
	const char *name;
	const char *ids[3]; /* of ann; "bob" in front: of bob */
	const char *asked;
	const char *want; /* an id; NULL: no session */
} session_cases[] = {
	{"between two", {"1xVSmP-00076x-1r", "1xVSmR-00076x-1r"}, "1xVSmQ-00076x-1r",
		"1xVSmR-00076x-1r"},
	{"in the same second", {"1xVSmQ-00076x-01"}, "1xVSmQ-00076x-1r", "1xVSmQ-00076x-01"},
	{"another process", {"1xVSmP-00076y-1r", "1xVSmR-00076y-1r"}, "1xVSmQ-00076x-1r", NULL},
	{"only before", {"1xVSmP-00076x-1r"}, "1xVSmQ-00076x-1r", NULL},
	{"only behind", {"1xVSmR-00076x-1r"}, "1xVSmQ-00076x-1r", NULL},
	{"far apart", {"1xVSaP-00076x-1r", "1xVSmR-00076x-1r"}, "1xVSmQ-00076x-1r", NULL},
	{"of two owners", {"1xVSmP-00076x-1r", "bob1xVSmR-00076x-1r"}, "1xVSmQ-00076x-1r", NULL},
	{"new ids", {"1xVSmP-000000007hc-2kmW", "1xVSmR-000000007hc-2kmW"},
		"1xVSmQ-000000007hc-0001", "1xVSmR-000000007hc-2kmW"},
	{"none known", {NULL}, "1xVSmQ-00076x-1r", NULL},
};

static void sessions_are_found(void **state)
{
	(void)state;
	struct source ann, bob;

	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	source_set(&bob, SOURCE_MAILBOX, slice_of("bob@shop.test"));
	for (size_t i = 0; i < sizeof(session_cases) / sizeof(session_cases[0]); i++) {
		const struct session_case *c = &session_cases[i];
		AUTO(sessions) s = sessions_new();
		struct exim_id id, found = {0};

		for (size_t k = 0; k < 3 && c->ids[k] != NULL; k++) {
			bool is_bob = strncmp(c->ids[k], "bob", 3) == 0;
			assert_int_equal(
				exim_id_parse(slice_of(c->ids[k] + (is_bob ? 3 : 0)), &id), 0);
			sessions_add(s, &id, is_bob ? &bob : &ann);
		}
		assert_int_equal(exim_id_parse(slice_of(c->asked), &id), 0);
		const struct source *got = sessions_find(s, &id, &found);
		if ((got != NULL) != (c->want != NULL) ||
			(c->want != NULL && strcmp(found.text, c->want) != 0)) {
			print_error("%s: got %s, want %s\n", c->name,
				got != NULL ? found.text : "none",
				c->want != NULL ? c->want : "none");
			fail();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounces_are_judged),
		cmocka_unit_test(sessions_are_found),
	};

	return cmocka_run_group_tests_name("backscatter", tests, NULL, NULL);
}

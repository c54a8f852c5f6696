#include "incidents/bounces.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* 2026-11-23 12:04:18; as the first six characters of an id, "1xVSmQ". */
#define RECEIVED 1795435458

/* Mail of a mailbox, by one SMTP session: process 00076x. */
static void add_mail(const char *top, const char *id, const char *mailbox, const char *sender,
	const char *recipient)
{
	char name[64], text[2000];

	(void)snprintf(text, sizeof(text),
		"%s-H\nDebian-exim 100 100\n<%s>\n%d 0\n-host_address [192.0.2.7]:4444\n"
		"-host_auth plain\n-auth_id %s\n-received_protocol esmtpsa\nXX\n1\n%s\n\n"
		"013  Subject: abc\n",
		id, sender, RECEIVED, mailbox, recipient);
	(void)snprintf(name, sizeof(name), "input/%s-H", id);
	folder_write(top, name, text);
	(void)snprintf(name, sizeof(name), "input/%s-D", id);
	(void)snprintf(text, sizeof(text), "%s-D\nDear %s,\nbuy our cheap things here now\n", id,
		recipient);
	folder_write(top, name, text);
}

static void add_bounce(const char *top, const char *id, const char *to, const char *quoted)
{
	char name[64], text[2000], received[160];

	int n = snprintf(received, sizeof(received),
		"Received: from Debian-exim by mx.shop.test with local (Exim 4.96)\n\tid %s\n", id);
	(void)snprintf(text, sizeof(text),
		"%s-H\nDebian-exim 100 100\n<>\n%d 0\n-received_protocol local\n-local\n"
		"-localerror\nXX\n1\n%s\n\n%03dP %s",
		id, RECEIVED + 100, to, n, received);
	(void)snprintf(name, sizeof(name), "input/%s-H", id);
	folder_write(top, name, text);
	(void)snprintf(name, sizeof(name), "input/%s-D", id);
	(void)snprintf(text, sizeof(text),
		"%s-D\n--b\nContent-Type: text/plain\n\nIt failed.\n--b\n"
		"Content-Type: message/rfc822\n\n%s\n--b--\n",
		id, quoted);
	folder_write(top, name, text);
}

#define OURS(id)                                                                                   \
	"Received: from [192.0.2.7]\n\tby mx.shop.test with esmtpsa (Exim 4.96)\n\t"               \
	"(envelope-from <x@far.test>)\n\tid " id "\nFrom: x@far.test\n"

/* ann floods in three names; five bounces, of which three are hers. */
static int flooded_spool(void **state)
{
	char id[EXIM_ID_NEW + 1], sender[64], to[64];

	if (folder_setup(state) != 0)
		return -1;
	folder_make(*state, "input");
	folder_make(*state, "state");
	for (int i = 0; i < 60; i++) {
		(void)snprintf(id, sizeof(id), "1xVSm%c-00076x-%02d", i < 30 ? 'P' : 'R', i);
		(void)snprintf(sender, sizeof(sender), "x@s%d.test", i % 3);
		(void)snprintf(to, sizeof(to), "u%d@d%d.test", i, i);
		add_mail(*state, id, "ann@shop.test", sender, to);
	}
	add_mail(*state, "1xVSmQ-00099x-1r", "eve@shop.test", "eve@shop.test", "a@far.test");
	add_bounce(*state, "1xVSn0-0000B1-00", "x@s0.test", OURS("1xVSmP-00076x-07"));
	add_bounce(*state, "1xVSn0-0000B2-00", "x@s1.test", OURS("1xVSmQ-00076x-3b"));
	add_bounce(*state, "1xVSn0-0000B3-00", "x@s2.test", OURS("1xVSaa-00088x-11"));
	add_bounce(*state, "1xVSn0-0000B4-00", "eve@shop.test",
		"Received: from bot by mx.far.test with smtp\nFrom: eve@shop.test\n");
	add_bounce(*state, "1xVSn0-0000B5-00", "eve@shop.test", "");
	return 0;
}

struct verdicts {
	enum backscatter_kind kinds[5]; /* of B1 to B5 */
	unsigned count;
	char first_why[BACKSCATTER_WHY];
};

static bool note(void *context, const struct bounce *b)
{
	struct verdicts *v = context;
	int n = b->id->text[12] - '1';

	assert_in_range(n, 0, 4);
	v->kinds[n] = b->verdict->kind;
	v->count++;
	if (n == 0)
		(void)snprintf(v->first_why, sizeof(v->first_why), "%s", b->verdict->why);
	return true;
}

static void judge_spool(const char *top, struct journal *journal, struct verdicts *ret)
{
	struct problem problem = {0};
	struct bounces_result result;
	AUTO(exim_spool) spool = NULL;
	AUTO(survey) survey = NULL;

	assert_int_equal(exim_spool_open(top, &spool, &problem), 0);
	const struct survey_options options = {.spool = spool,
		.threads = 2,
		.except_queue = "stanch",
		.exim_login = "Debian-exim",
		.content = true};
	assert_int_equal(survey_run(&options, NULL, &survey, &problem), 0);
	*ret = (struct verdicts){0};
	if (bounces_judge(survey, &options, journal, NULL, note, ret, &result, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_int_equal(result.bounces, 5);
	assert_int_equal(ret->count, 5);
	assert_int_equal(result.left_out + result.unreadable, 0);
}

static void the_flood_is_found_and_explained(void **state)
{
	struct problem problem = {0};
	AUTO(exim_spool) spool = NULL;
	AUTO(survey) survey = NULL;

	assert_int_equal(exim_spool_open(*state, &spool, &problem), 0);
	const struct survey_options options = {
		.spool = spool, .exim_login = "Debian-exim", .content = true};
	assert_int_equal(survey_run(&options, NULL, &survey, &problem), 0);
	assert_int_equal(survey->messages, 66);
	assert_int_equal(survey->source_count, 3);
	assert_false(survey->domains_known);
	assert_string_equal(survey->sources[0].tally->source.name, "ann@shop.test");
	assert_true(survey->sources[0].score >= SCORE_SUSPECT);
	assert_ptr_equal(
		survey_suspect(survey, &survey->sources[0].tally->source), &survey->sources[0]);

	struct judgement j;
	bool same = false;
	survey_judge(survey, &survey->sources[0], &j);
	for (size_t i = 0; i < j.count; i++)
		same |= strstr(j.evidence[i].text, "same body in 24 of 24") != NULL;
	assert_true(same);

	struct source eve;
	source_set(&eve, SOURCE_MAILBOX, slice_of("eve@shop.test"));
	assert_non_null(survey_find(survey, &eve));
	assert_null(survey_suspect(survey, &eve));
}

static void bounces_of_the_flood_are_proved(void **state)
{
	struct verdicts v;

	judge_spool(*state, NULL, &v);
	assert_int_equal(v.kinds[0], BACKSCATTER_PROVED);  /* its message is in the queue */
	assert_int_equal(v.kinds[1], BACKSCATTER_PROVED);  /* the session received others */
	assert_int_equal(v.kinds[2], BACKSCATTER_UNKNOWN); /* gone, nothing is known of it */
	assert_int_equal(v.kinds[3], BACKSCATTER_JOE_JOB);
	assert_int_equal(v.kinds[4], BACKSCATTER_UNKNOWN); /* quotes nothing */
	assert_non_null(strstr(v.first_why, "mailbox:ann@shop.test"));
}

/* A journal in which the message that B3 returns has that state. */
static void write_journal(const char *folder, enum message_state state)
{
	struct problem problem = {0};
	AUTO(journal) j = NULL;
	int64_t hold = 0, action = 0;
	struct journal_who who;

	journal_who_now(&who);
	if (journal_open(folder, JOURNAL_ACT, "test", &j, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_int_equal(journal_begin(j, &problem), 0);
	const struct journal_hold h = {.created = RECEIVED,
		.who = who,
		.reason = "",
		.selector = "",
		.source = "",
		.spool = "/",
		.queue = "stanch"};
	assert_int_equal(journal_add_hold(j, &h, &hold, &problem), 0);
	const struct journal_action a = {
		.kind = ACTION_HOLD, .hold = hold, .began = RECEIVED, .who = who, .request = ""};
	assert_int_equal(journal_add_action(j, &a, &action, &problem), 0);
	struct journal_message m = {.hold = hold,
		.action = action,
		.state = state,
		.queue = "",
		.details = true,
		.source = slice_of("mailbox:ann@shop.test")};
	assert_int_equal(exim_id_parse(slice_of("1xVSaa-00088x-11"), &m.id), 0);
	assert_int_equal(journal_add_message(j, &m, &problem), 0);
	assert_int_equal(journal_commit(j, &problem), 0);
}

static void judge_with_journal(void **state, enum message_state message, struct verdicts *ret)
{
	char folder[FOLDER_PATH_MAX];
	struct problem problem = {0};
	AUTO(journal) j = NULL;

	(void)snprintf(folder, sizeof(folder), "%s/state/journal", (const char *)*state);
	write_journal(folder, message);
	if (journal_open(folder, JOURNAL_READ, "test", &j, &problem) != 0)
		fail_msg("%s", problem.text);
	judge_spool(*state, j, ret);
}

static void what_was_held_is_proof(void **state)
{
	struct verdicts v;

	judge_with_journal(state, MESSAGE_HELD, &v);
	assert_int_equal(v.kinds[2], BACKSCATTER_PROVED);
}

static void what_was_restored_is_none(void **state)
{
	struct verdicts v;

	judge_with_journal(state, MESSAGE_RESTORED, &v);
	assert_int_equal(v.kinds[2], BACKSCATTER_UNKNOWN);
}

static bool stop(void *context, const struct bounce *b)
{
	(void)b;
	++*(unsigned *)context;
	return false;
}

static void the_visitor_can_stop(void **state)
{
	struct problem problem = {0};
	struct bounces_result result;
	unsigned seen = 0;
	AUTO(exim_spool) spool = NULL;
	AUTO(survey) survey = NULL;

	assert_int_equal(exim_spool_open(*state, &spool, &problem), 0);
	const struct survey_options options = {.spool = spool, .exim_login = "Debian-exim"};
	assert_int_equal(survey_run(&options, NULL, &survey, &problem), 0);
	assert_int_equal(
		bounces_judge(survey, &options, NULL, NULL, stop, &seen, &result, &problem), 0);
	assert_int_equal(seen, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_flood_is_found_and_explained, flooded_spool, folder_teardown),
		cmocka_unit_test_setup_teardown(
			bounces_of_the_flood_are_proved, flooded_spool, folder_teardown),
		cmocka_unit_test_setup_teardown(
			what_was_held_is_proof, flooded_spool, folder_teardown),
		cmocka_unit_test_setup_teardown(
			what_was_restored_is_none, flooded_spool, folder_teardown),
		cmocka_unit_test_setup_teardown(
			the_visitor_can_stop, flooded_spool, folder_teardown),
	};

	return cmocka_run_group_tests_name("bounces", tests, NULL, NULL);
}

#include "incidents/recipient_domains.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct journal *opened(void *const *state)
{
	char path[FOLDER_PATH_MAX];
	struct problem p = {0};
	struct journal *j = NULL;

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	if (journal_open(path, JOURNAL_ACT, "test", &j, &p) < 0)
		fail_msg("%s", p.text);
	return j;
}

static int64_t add_hold(struct journal *j, int64_t *ret_action)
{
	const struct journal_hold h = {
		.reason = "", .selector = "", .source = "", .spool = "/", .queue = "q"};
	struct journal_action a = {.kind = ACTION_HOLD, .request = ""};
	struct problem p = {0};

	assert_int_equal(journal_add_hold(j, &h, &a.hold, &p), 0);
	assert_int_equal(journal_add_action(j, &a, ret_action, &p), 0);
	return a.hold;
}

/* n: makes its id, below 62 to the power of 3. */
static void add_message(struct journal *j, int64_t hold, int64_t action, unsigned n,
	enum message_state state, const char *recipients, uint64_t count)
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char text[] = "1xVSmQ-00076x-1r";
	struct journal_message m = {.hold = hold,
		.action = action,
		.state = state,
		.queue = "",
		.details = true,
		.recipients = slice_of(recipients),
		.recipient_count = count};
	struct problem p = {0};

	text[9] = digits[n / 62 / 62 % 62];
	text[10] = digits[n / 62 % 62];
	text[11] = digits[n % 62];
	assert_int_equal(exim_id_parse(slice_of(text), &m.id), 0);
	assert_int_equal(journal_add_message(j, &m, &p), 0);
}

static void look(struct journal *j, const int64_t *holds, size_t count, struct recipient_domains *d)
{
	struct problem p = {0};

	if (recipient_domains_read(j, holds, count, d, &p) < 0)
		fail_msg("%s", p.text);
}

static void test_largest_first(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t action, holds[2];
	struct recipient_domains d;

	holds[0] = add_hold(j, &action);
	add_message(j, holds[0], action, 1, MESSAGE_HELD, "a@one.test\nb@Two.Test\nc@two.test", 3);
	add_message(j, holds[0], action, 2, MESSAGE_RESTORED, "\"x@y\"@two.test", 1);
	holds[1] = add_hold(j, &action);
	add_message(j, holds[1], action, 3, MESSAGE_PURGED, "d@three.test", 5);
	add_message(j, holds[1], action, 4, MESSAGE_LEFT, "never@held.test", 1);
	add_message(j, holds[1], action, 5, MESSAGE_INTENDED, "not@yet.test", 1);
	add_message(j, add_hold(j, &action), action, 6, MESSAGE_HELD, "of@another.test", 1);
	look(j, holds, 2, &d);
	assert_int_equal(d.count, 3);
	assert_string_equal(d.at[0].name, "two.test");
	assert_int_equal(d.at[0].recipients, 3);
	assert_string_equal(d.at[1].name, "one.test"); /* of the same number, by name */
	assert_string_equal(d.at[2].name, "three.test");
	assert_int_equal(d.left_out, 0);
	assert_int_equal(d.messages, 3);
	assert_int_equal(d.uncounted, 4); /* the journal names the first of five */
}

static void test_what_is_none(void **state)
{
	char longest[300] = "a@", too_long[300] = "a@";
	AUTO(journal) j = opened(state);
	int64_t action, hold = add_hold(j, &action);
	struct recipient_domains d;

	memset(longest + 2, 'd', RECIPIENT_DOMAIN_MAX);
	memset(too_long + 2, 'd', RECIPIENT_DOMAIN_MAX + 1);
	add_message(j, hold, action, 1, MESSAGE_HELD, "root\na@\n\n@", 4);
	add_message(j, hold, action, 2, MESSAGE_HELD, longest, 1);
	add_message(j, hold, action, 3, MESSAGE_HELD, too_long, 1);
	add_message(j, hold, action, 4, MESSAGE_HELD, "", 0);
	look(j, &hold, 1, &d);
	assert_int_equal(d.count, 1);
	assert_string_equal(d.at[0].name, longest + 2);
	assert_int_equal(d.uncounted, 5);
	assert_int_equal(d.messages, 4);
	look(j, NULL, 0, &d);
	assert_int_equal(d.count + d.messages + d.uncounted, 0);
}

/* More domains than are shown, and more messages than are looked at. */
static void test_bounds(void **state)
{
	AUTO(journal) j = opened(state);
	int64_t action, hold = add_hold(j, &action);
	struct recipient_domains d;
	struct problem p = {0};
	char address[40];

	assert_int_equal(journal_begin(j, &p), 0);
	for (unsigned i = 0; i < RECIPIENT_DOMAINS_MESSAGES + 5; i++) {
		(void)snprintf(address, sizeof(address), "a@d%u.test",
			i < 50 ? i : i % (RECIPIENT_DOMAINS_SHOWN + 1));
		add_message(j, hold, action, i, MESSAGE_HELD, address, 1);
	}
	assert_int_equal(journal_commit(j, &p), 0);
	look(j, &hold, 1, &d);
	assert_int_equal(d.count, RECIPIENT_DOMAINS_SHOWN);
	assert_int_equal(d.left_out, 50 - RECIPIENT_DOMAINS_SHOWN);
	assert_int_equal(d.messages, RECIPIENT_DOMAINS_MESSAGES);
	for (size_t i = 1; i < d.count; i++)
		assert_true(d.at[i - 1].recipients >= d.at[i].recipients);
	assert_true(d.at[d.count - 1].recipients > 900);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_largest_first),
		TEST(test_what_is_none),
		TEST(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

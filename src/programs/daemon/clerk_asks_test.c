/* Questions over a talk whose other end is a socket that the test reads or not. */
#include "programs/daemon/clerk_asks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 600

struct scene {
	struct loop *loop;
	struct loop_timer *end;
	struct talk *talk;
	int other;
	struct clerk_asks *asks;
	unsigned answers, status;
	json_int_t body;
};

static void heard(void *context, const json_t *object, const char *why)
{
	(void)context, (void)object, (void)why;
}

static void answered(void *context, unsigned status, const json_t *body)
{
	struct scene *s = context;

	s->answers++;
	s->status = status;
	s->body = body != NULL ? json_integer_value(body) : -1;
}

static void stop(void *context)
{
	struct scene *s = context;

	loop_stop(s->loop);
}

static int begin(void **state)
{
	static struct scene scene;
	struct scene *s = &scene;
	int pair[2];

	*s = (struct scene){.loop = loop_new()};
	s->end = loop_timer_new(s->loop, stop, s);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(talk_new(s->loop, pair[0], heard, s, &s->talk), 0);
	s->other = pair[1];
	s->asks = clerk_asks_new(s->loop, WAIT_MS);
	clerk_asks_use(s->asks, s->talk);
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	clerk_asks_free(s->asks);
	talk_free(s->talk);
	(void)close(s->other);
	loop_timer_free(s->end);
	loop_free(s->loop);
	return 0;
}

static void put(struct scene *s, const struct address *from)
{
	clerk_asks_put(s->asks, json_pack("{s:s}", "ask", "x"), from, answered, s);
}

static bool take(struct scene *s, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	bool is_taken = clerk_asks_take(s->asks, o);
	json_decref(o);
	return is_taken;
}

static void test_answers(void **state)
{
	struct scene *s = *state;

	put(s, NULL);
	put(s, NULL);
	assert_int_equal(s->answers, 0);
	assert_true(take(s, "{\"say\":\"answer\",\"id\":2,\"status\":404,\"body\":7}"));
	assert_int_equal(s->status, 404);
	assert_int_equal(s->body, 7);
	assert_false(take(s, "{\"say\":\"answer\",\"id\":2,\"status\":200,\"body\":7}"));
	assert_false(take(s, "{\"say\":\"answer\",\"id\":3,\"status\":200}"));
	assert_false(take(s, "{\"say\":\"answer\",\"id\":0,\"status\":200}"));
	assert_false(take(s, "{\"say\":\"answer\",\"id\":\"1\",\"status\":200}"));
	assert_false(take(s, "{\"say\":\"state\",\"id\":1,\"status\":200}"));
	assert_false(take(s, "{}"));
	assert_int_equal(s->answers, 1);
	assert_true(take(s, "{\"say\":\"answer\",\"id\":1,\"status\":7}"));
	assert_int_equal(s->status, 500);
	assert_int_equal(s->body, -1);
}

static void test_too_many(void **state)
{
	struct scene *s = *state;
	struct address from = {{1}};

	for (int i = 0; i < CLERK_ASKS_OF_ADDRESS; i++)
		put(s, &from);
	assert_int_equal(s->answers, 0);
	from.bytes[15] = 7; /* of IPv6, and so of the same holder */
	put(s, &from);
	assert_int_equal(s->answers, 1);
	assert_int_equal(s->status, 503);
	from.bytes[0] = 2;
	put(s, &from);
	for (int i = CLERK_ASKS_OF_ADDRESS + 1; i < CLERK_ASKS_MAX; i++)
		put(s, NULL);
	assert_int_equal(s->answers, 1);
	put(s, NULL);
	assert_int_equal(s->answers, 2);
	assert_true(take(s, "{\"say\":\"answer\",\"id\":1,\"status\":200}"));
	put(s, NULL);
	assert_int_equal(s->answers, 3);
}

static void test_too_late(void **state)
{
	struct scene *s = *state;

	put(s, NULL);
	loop_timer_start(s->end, WAIT_MS + 1000, 0);
	loop_run(s->loop);
	assert_int_equal(s->answers, 1);
	assert_int_equal(s->status, 504);
	assert_false(take(s, "{\"say\":\"answer\",\"id\":1,\"status\":200}"));
}

static void test_nobody(void **state)
{
	struct scene *s = *state;

	put(s, NULL);
	clerk_asks_use(s->asks, NULL);
	assert_int_equal(s->answers, 1);
	assert_int_equal(s->status, 503);
	put(s, NULL);
	assert_int_equal(s->answers, 2);
	clerk_asks_use(s->asks, s->talk);
	put(s, NULL);
	clerk_asks_free(s->asks); /* what is open is answered */
	s->asks = NULL;
	assert_int_equal(s->answers, 3);
	assert_int_equal(s->status, 503);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_too_many),
		TEST(test_too_late),
		TEST(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

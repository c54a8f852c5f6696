/* The hand's side, and a clerk's that comes, goes and comes again, all in one loop. */
#include "programs/daemon/clerk_link.h"

#include "programs/daemon/clerk_state.h"
#include "programs/daemon/new_link.h"
#include "programs/daemon/talk.h"

#include "base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	struct loop *loop;
	int to_hand[2], to_clerk[2]; /* the starter's end first */
	struct clerk_link *hand;
	struct new_link *clerk_news;
	struct talk *clerk;
	struct clerk_state *state;
	json_int_t turns;
	unsigned links, asked, lefts;
	bool stops_when_left;
	json_int_t answered; /* ids, one behind the other as digits */
};

static json_t *state_of_hand(void *context)
{
	struct scene *s = context;

	return json_pack("{s:I}", "turn", ++s->turns);
}

/* The answer says what was asked; the second is answered before the first. */
static bool ask(void *context, const json_t *object)
{
	struct scene *s = context;
	json_int_t id = json_integer_value(json_object_get(object, "id"));

	if (id == 0)
		return false;
	if (++s->asked == 2) {
		clerk_link_say(s->hand, json_pack("{s:s, s:I}", "say", "answer", "id", id));
		clerk_link_say(s->hand, json_pack("{s:s, s:I}", "say", "answer", "id", id - 1));
	}
	return true;
}

static void left(void *context)
{
	struct scene *s = context;

	s->lefts++;
	if (s->stops_when_left)
		loop_stop(s->loop);
}

static void clerk_heard(void *context, const json_t *object, const char *why)
{
	struct scene *s = context;

	(void)why;
	if (json_object_get(object, "id") != NULL) {
		s->answered = s->answered * 10 + json_integer_value(json_object_get(object, "id"));
		return;
	}
	if (object != NULL) {
		assert_true(clerk_state_take(s->state, object, clock_now_ms()));
		loop_stop(s->loop);
		return;
	}
	talk_free(s->clerk);
	s->clerk = NULL;
}

static void clerk_link_came(void *context, int link)
{
	struct scene *s = context;

	s->links++;
	talk_free(s->clerk);
	assert_int_equal(talk_new(s->loop, link, clerk_heard, s, &s->clerk), 0);
}

static void begin_clerk(struct scene *s)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s->to_clerk), 0);
	assert_int_equal(
		new_link_hear(s->loop, s->to_clerk[1], clerk_link_came, s, &s->clerk_news), 0);
	s->state = clerk_state_new();
}

static void end_clerk(struct scene *s)
{
	talk_free(s->clerk);
	s->clerk = NULL;
	new_link_free(s->clerk_news);
	clerk_state_free(s->state);
	(void)close(s->to_clerk[0]);
	(void)close(s->to_clerk[1]);
}

static void begin_hand(struct scene *s)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s->to_hand), 0);
	s->hand = clerk_link_new(
		s->loop, s->to_hand[1], &(struct clerk_link_calls){state_of_hand, ask, left, s});
	assert_non_null(s->hand);
}

static void end_hand(struct scene *s)
{
	clerk_link_free(s->hand);
	(void)close(s->to_hand[0]);
	(void)close(s->to_hand[1]);
}

static json_int_t told(const struct scene *s)
{
	return json_integer_value(
		json_object_get(clerk_state_fresh(s->state, clock_now_ms()), "turn"));
}

static void test_either_begins_again(void **state)
{
	struct scene s = {.loop = loop_new()};

	(void)state;
	begin_hand(&s);
	begin_clerk(&s);
	assert_int_equal(new_link_pass(s.to_hand[0], s.to_clerk[0]), 0);
	loop_run(s.loop);
	assert_int_equal(told(&s), 1); /* at once */
	loop_run(s.loop);
	assert_int_equal(told(&s), 2); /* and every second */

	end_clerk(&s);
	begin_clerk(&s);
	assert_int_equal(new_link_pass(s.to_hand[0], s.to_clerk[0]), 0);
	loop_run(s.loop);
	assert_true(told(&s) >= 3);

	end_hand(&s);
	json_int_t before = told(&s);
	begin_hand(&s);
	assert_int_equal(new_link_pass(s.to_hand[0], s.to_clerk[0]), 0);
	loop_run(s.loop);
	assert_true(told(&s) > before);
	assert_int_equal(s.links, 3);
	end_clerk(&s);
	end_hand(&s);
	loop_free(s.loop);
}

/* Of several that wait, the last is the one that is used. */
static void test_links_that_wait(void **state)
{
	struct scene s = {.loop = loop_new()};

	(void)state;
	begin_hand(&s);
	begin_clerk(&s);
	for (int i = 0; i < 3; i++)
		assert_int_equal(new_link_pass(s.to_hand[0], s.to_clerk[0]), 0);
	loop_run(s.loop);
	assert_true(told(&s) >= 1);
	end_clerk(&s);
	end_hand(&s);
	loop_free(s.loop);
}

static void test_questions(void **state)
{
	struct scene s = {.loop = loop_new(), .stops_when_left = true};

	(void)state;
	begin_hand(&s);
	begin_clerk(&s);
	assert_int_equal(new_link_pass(s.to_hand[0], s.to_clerk[0]), 0);
	loop_run(s.loop);
	assert_true(talk_say(s.clerk, json_pack("{s:s, s:i}", "ask", "x", "id", 1)));
	assert_true(talk_say(s.clerk, json_pack("{s:s, s:i}", "ask", "x", "id", 2)));
	while (s.answered < 10)
		loop_run(s.loop);
	assert_int_equal(s.asked, 2);
	assert_int_equal(s.answered, 21);
	assert_int_equal(s.lefts, 0);

	/* what is no question ends that talk; another begins as before */
	s.stops_when_left = true;
	assert_true(talk_say(s.clerk, json_pack("{s:s}", "ask", "x")));
	while (s.lefts == 0)
		loop_run(s.loop);
	clerk_link_say(s.hand, json_pack("{s:i}", "id", 9)); /* to nobody */
	end_clerk(&s);
	begin_clerk(&s);
	assert_int_equal(new_link_pass(s.to_hand[0], s.to_clerk[0]), 0);
	json_int_t before = s.turns;
	while (told(&s) <= before)
		loop_run(s.loop);
	assert_int_equal(s.lefts, 1);

	/* a new one takes the place of one that is there */
	assert_int_equal(new_link_pass(s.to_hand[0], s.to_clerk[0]), 0);
	while (s.links < 3 || s.lefts < 2)
		loop_run(s.loop);
	assert_int_equal(s.lefts, 2);
	assert_int_equal(s.answered, 21);
	end_clerk(&s);
	end_hand(&s);
	loop_free(s.loop);
}

static void test_nobody_there(void **state)
{
	struct loop *loop = loop_new();
	int pair[2], other[2];

	(void)state;
	assert_null(clerk_link_new(loop, -1, &(struct clerk_link_calls){.state = state_of_hand}));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	(void)close(pair[1]);
	assert_true(new_link_pass(pair[0], other[0]) < 0); /* and no SIGPIPE */
	(void)close(pair[0]);
	(void)close(other[0]);
	(void)close(other[1]);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_either_begins_again),
		cmocka_unit_test(test_links_that_wait),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

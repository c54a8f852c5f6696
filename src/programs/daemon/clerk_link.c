#include "programs/daemon/clerk_link.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "programs/daemon/new_link.h"
#include "programs/daemon/talk.h"

#include <stdlib.h>
#include <unistd.h>

#define TELL_MS 1000

struct clerk_link {
	struct loop *loop;
	struct new_link *news;
	struct loop_timer *timer;
	struct talk *talk; /* NULL: no clerk listens */
	struct clerk_link_calls calls;
};

static void end_talk(struct clerk_link *c)
{
	if (c->talk == NULL)
		return;
	talk_free(c->talk);
	c->talk = NULL;
	if (c->calls.left != NULL)
		c->calls.left(c->calls.context);
}

static void heard(void *context, const json_t *object, const char *why)
{
	struct clerk_link *c = context;

	(void)why;
	if (object == NULL || c->calls.ask == NULL || !c->calls.ask(c->calls.context, object))
		end_talk(c);
}

static void tell(void *context)
{
	struct clerk_link *c = context;

	if (c->talk == NULL)
		return;
	json_t *o = c->calls.state(c->calls.context);
	json_put(o, "say", json_string("state"));
	json_put(o, "at_ms", json_integer(clock_now_ms()));
	(void)talk_say(c->talk, o);
}

void clerk_link_say(struct clerk_link *c, json_t *object)
{
	if (c->talk == NULL)
		json_decref(object);
	else
		(void)talk_say(c->talk, object);
}

static void link_came(void *context, int link)
{
	struct clerk_link *c = context;

	end_talk(c);
	if (talk_new(c->loop, link, heard, c, &c->talk) == 0)
		tell(c);
}

struct clerk_link *clerk_link_new(struct loop *loop, int news, const struct clerk_link_calls *calls)
{
	struct clerk_link *c;

	if (news < 0)
		return NULL;
	c = memory_new(1, sizeof(*c));
	*c = (struct clerk_link){.loop = loop, .calls = *calls};
	if (new_link_hear(loop, news, link_came, c, &c->news) < 0) {
		free(c);
		return NULL;
	}
	c->timer = loop_timer_new(loop, tell, c);
	loop_timer_start(c->timer, TELL_MS, TELL_MS);
	return c;
}

void clerk_link_free(struct clerk_link *c)
{
	if (c == NULL)
		return;
	new_link_free(c->news);
	loop_timer_free(c->timer);
	talk_free(c->talk);
	free(c);
}

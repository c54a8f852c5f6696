/* hand_asked.c - what the hand tells those who ask: at the control socket, and for the page's users
 * by the clerk, to whom it says each second how things are. */
#include "base/json_text.h"
#include "base/memory.h"
#include "incidents/standing.h"
#include "programs/daemon/events.h"
#include "programs/daemon/hand_parts.h"
#include "programs/daemon/measures_json.h"
#include "programs/daemon/part_memory.h"
#include "programs/daemon/plan.h"
#include "reports/standing_json.h"
#include "responders/table.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct now_view hand_view(const struct hand *h)
{
	return (struct now_view){.at = hand_now_s(),
		.mode = daemon_plan_mode(h->values),
		.journal = h->journal,
		.watcher = h->watcher_state,
		.watcher_at = h->watcher_at};
}

/* ---- questions ---- */

static json_t *status_json(struct hand *h)
{
	json_t *o = json_object();
	unsigned by_state[INCIDENT_STATES] = {0};
	json_t *incidents = json_object();

	for (const struct outbreak *c = h->outbreaks; c != NULL; c = c->next)
		by_state[c->incident.state]++;
	for (int i = INCIDENT_SUSPECTED; i <= INCIDENT_CLEAN; i++)
		json_put(incidents, incident_state_name((enum incident_state)i),
			json_integer((json_int_t)by_state[i]));
	json_put(o, "version", json_string(STANCH_VERSION));
	json_put(o, "mode", json_string(daemon_plan_mode(h->values)));
	json_put(o, "spool", json_text(slice_of(h->part->plan->spool)));
	json_put(o, "hold_queue", json_text(slice_of(h->part->plan->global.hold_queue)));
	json_put(o, "journal", json_boolean(h->journal != NULL));
	json_put(o, "holding", h->holding.number != 0 ? json_integer(h->holding.number) : NULL);
	json_put(o, "incidents", incidents);
	json_put(o, "watcher_age",
		h->watcher_state != NULL ? json_integer(hand_now_s() - h->watcher_at) : NULL);
	json_put(o, "watcher", h->watcher_state != NULL ? json_incref(h->watcher_state) : NULL);
	return o;
}

/* NULL: not known. */
static json_t *incidents_json(struct hand *h)
{
	struct standing s = {0};
	struct problem problem = {0};

	if (h->journal == NULL || standing_read(h->journal, hand_now_s(), &s, &problem) < 0)
		return NULL;
	json_t *o = standing_json(&s);
	standing_clear(&s);
	return o;
}

static json_t *history_json_of(struct hand *h, const json_t *args)
{
	struct problem problem = {0};
	json_t *o = NULL;

	if (now_keeper_history(h->now, args, hand_now_s(), &o, &problem) < 0) {
		o = json_object();
		json_put(o, "error", json_text(slice_of(problem.text)));
	}
	return o;
}

static json_t *answer(void *context, const char *question, const json_t *object)
{
	struct hand *h = context;
	const struct now_view view = hand_view(h);

	if (strcmp(question, "status") == 0)
		return status_json(h);
	if (strcmp(question, "incidents") == 0)
		return incidents_json(h);
	if (strcmp(question, "now") == 0)
		return now_keeper_json(h->now, &view);
	if (strcmp(question, "history") == 0)
		return history_json_of(h, object);
	if (strcmp(question, "look") != 0)
		return NULL;
	hand_turn(h);
	return json_pack("{s:b}", "looked", 1);
}

static void refused(void *context, uid_t uid)
{
	struct hand *h = context;

	EVENT_LOG(h->part->log, EVENT_PEER_REFUSED, loop_now_ms(h->loop),
		event_number("uid", (int64_t)uid));
}

/* ---- what the clerk is told ---- */

/* By the verdicts that stand: those of open incidents. */
static json_t *verdicts_json(const struct hand *h)
{
	json_int_t suspect = 0, contain = 0;
	json_t *o = json_object(), *known = json_object_get(h->watcher_state, "sources");

	for (const struct outbreak *c = h->outbreaks; c != NULL; c = c->next) {
		suspect += c->incident.state == INCIDENT_SUSPECTED;
		contain += c->incident.state == INCIDENT_WAITING ||
			   incident_is_acted_on(c->incident.state);
	}
	if (json_is_integer(known))
		json_put(o, "nothing",
			json_integer(json_integer_value(known) > suspect + contain
					     ? json_integer_value(known) - suspect - contain
					     : 0));
	json_put(o, "suspect", json_integer(suspect));
	json_put(o, "contain", json_integer(contain));
	return o;
}

static json_t *memory_json(const struct hand *h)
{
	json_t *o = json_object(), *of_watcher = json_object_get(h->watcher_state, "memory");
	uint64_t starter = part_memory(getppid()), hand = part_memory(0);

	json_put(o, "starter", starter > 0 ? json_integer((json_int_t)starter) : NULL);
	json_put(o, "hand", hand > 0 ? json_integer((json_int_t)hand) : NULL);
	json_put(o, "watcher", json_incref(of_watcher));
	return o;
}

static json_t *clerk_state(void *context)
{
	struct hand *h = context;
	json_t *o = status_json(h);
	const struct now_view view = hand_view(h);

	json_put(o, "verdicts", verdicts_json(h));
	json_put(o, "memory", memory_json(h));
	json_put(o, "measures", h->journal != NULL ? measures_json(&h->measures) : NULL);
	json_put(o, "now", now_keeper_json(h->now, &view));
	return o;
}

static bool clerk_asks(void *context, const json_t *object)
{
	struct hand *h = context;
	bool is_sound = desk_hear(h->desk, object);

	if (!is_sound)
		EVENT_LOG(h->part->log, EVENT_PAGE_REQUEST_REFUSED, loop_now_ms(h->loop),
			event_text("error", slice_of("no question that is in the table")));
	return is_sound;
}

static void clerk_left(void *context)
{
	struct hand *h = context;

	desk_leave(h->desk);
}

/* ---- what the desk does not know itself ---- */

static void tell_history(void *context, const json_t *args, struct desk_question *q)
{
	struct hand *h = context;
	struct problem problem = {0};
	json_t *o = NULL;
	int err = now_keeper_history(h->now, args, hand_now_s(), &o, &problem);

	if (err < 0)
		o = json_pack("{s:o}", "error", json_text(slice_of(problem.text)));
	desk_answer(q, err == 0 ? 200 : err == -EINVAL ? 400 : 503, o);
}

static void queue_answered(void *context, unsigned status, const json_t *body)
{
	desk_answer(context, (int)status, json_deep_copy(body));
}

static void tell_queue(void *context, const json_t *args, struct desk_question *q)
{
	struct hand *h = context;

	queue_desk_ask(h->queue, args, queue_answered, q);
}

static void answer_clerk(void *context, json_t *answer)
{
	struct hand *h = context;

	clerk_link_say(h->clerk, answer);
}

static void begin_desk(struct hand *h)
{
	const struct page_settings *page = &h->values->page;
	const struct clerk_link_calls calls = {clerk_state, clerk_asks, clerk_left, h};

	h->clerk = clerk_link_new(h->loop, h->part->news, &calls);
	if (h->clerk == NULL)
		return;
	json_wipe_what_is_freed(); /* the clerk is shown passwords */
	h->access = page_access_new(&(struct page_access_given){.loop = h->loop,
		.log = h->part->log,
		.users = page->users,
		.session = page->session,
		.idle = page->idle,
		.takes_proxy = page->proxy_from.count > 0 && page->proxy_user != NULL});
	h->desk = desk_new(&(struct desk_given){.loop = h->loop,
		.plan = h->part->plan,
		.log = h->part->log,
		.access = h->access,
		.wait_ms = DESK_WAIT_MS,
		.say = answer_clerk,
		.context = h});
	h->queue = queue_desk_new(h->loop, h->part->plan);
	desk_provide(h->desk, "history", tell_history, h);
	desk_provide(h->desk, "queue", tell_queue, h);
}

static void begin_control(struct hand *h)
{
	const struct control_settings_given given = {.path = h->values->control.socket,
		.group = h->values->control.group,
		.answer = answer,
		.refused = refused,
		.context = h};
	struct problem problem = {0};

	if (control_new(h->loop, &given, &h->control, &problem) < 0)
		EVENT_LOG(h->part->log, EVENT_CONTROL_TROUBLE, loop_now_ms(h->loop),
			event_text("error", slice_of(problem.text)));
}

void hand_asked_begin(struct hand *h)
{
	begin_control(h);
	begin_desk(h);
}

void hand_asked_end(struct hand *h)
{
	control_free(h->control);
	clerk_link_free(h->clerk);
	page_access_free(h->access);
	queue_desk_free(h->queue);
	desk_free(h->desk);
}

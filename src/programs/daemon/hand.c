/* hand.c - the part that holds the rights: decides what becomes of a verdict, has the source cut
 * off (responders/containment.h) and its mail held until a full look finds nothing, watches that it
 * stays so, and closes the incident. Each step is in the journal before anything is done. */
#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "incidents/actions.h"
#include "incidents/brake.h"
#include "programs/daemon/deeds.h"
#include "programs/daemon/events.h"
#include "programs/daemon/hand_parts.h"
#include "programs/daemon/verdict_text.h"
#include "responders/table.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURN_MS        1000  /* how often the open incidents are gone through */
#define JUDGE_S        5     /* between two notes of the same verdict */
#define CALM_S         86400 /* after which what was never acted on is over */
#define OUTBREAKS_MAX  10000 /* open at a time */
#define HOUR_S         3600
#define BY_PERSON_S    10 /* a person's own command is holding: it comes first */
#define RETRY_S        5
#define JOURNAL_WAIT_S 5
#define ACT_AGAIN_S    5  /* at first, between two looks whether what was done still is so */
#define ACT_AGAIN_MOST 60 /* while the source goes on trying */
#define SILENT_S       60 /* while it is silent */
#define SILENT_MOST    900
#define ACTING_MOST    8 /* incidents that are acted on at a time */

static struct event_value source_value(const struct source *source, char at[SOURCE_TEXT_MAX])
{
	return event_text("source", slice_of(source_text(source, at)));
}

/* ---- the journal ---- */

static void journal_trouble(struct hand *h, const struct problem *problem)
{
	EVENT_LOG(h->part->log, EVENT_JOURNAL_TROUBLE, loop_now_ms(h->loop),
		event_text("error", slice_of(problem->text)));
}

/* Whether it can be used; when not, it is tried again a little later. */
static bool has_journal(struct hand *h)
{
	struct problem problem = {0};

	if (h->journal != NULL)
		return true;
	if (hand_now_s() - h->journal_at < JOURNAL_WAIT_S)
		return false;
	h->journal_at = hand_now_s();
	if (journal_open(
		    h->values->general.state, JOURNAL_NOTE, "stanchd", &h->journal, &problem) == 0)
		return true;
	journal_trouble(h, &problem);
	return false;
}

/* An error of the journal's may be one of its file: it is opened again. */
static bool went_well(struct hand *h, int err, const struct problem *problem)
{
	if (err == 0)
		return true;
	journal_trouble(h, problem);
	if (err != -EINVAL && err != -ENOENT && err != -EBUSY) {
		journal_free(h->journal);
		h->journal = NULL;
	}
	return false;
}

static bool step(struct hand *h, struct outbreak *c, enum incident_event event, const char *words)
{
	struct problem problem = {0};
	const struct incident_doing doing = {.at = hand_now_s(), .words = words};
	enum incident_state to = c->incident.state;
	int err = has_journal(h) ? casebook_step(h->journal, c->incident.number, event, &doing, &to,
					   &problem)
				 : -EAGAIN;

	if (err == -EINVAL)
		return false; /* a person was first: the next look sees it */
	if (!has_journal(h) || !went_well(h, err, &problem))
		return false;
	if (to == INCIDENT_CONTAINED)
		c->incident.contained = doing.at;
	c->incident.state = to;
	c->incident.changed = doing.at;
	return true;
}

/* ---- what the watcher is told ---- */

static void tell_watcher(struct hand *h, const char *what, const struct source *source)
{
	json_t *o = json_object();

	json_put(o, "do", json_string(what));
	json_put(o, "source", verdict_write_source(source));
	if (h->talk != NULL)
		(void)talk_say(h->talk, o);
	else
		json_decref(o);
}

/* ---- cases ---- */

static struct outbreak *find_outbreak(struct hand *h, int64_t number)
{
	struct outbreak *c = h->outbreaks;

	while (c != NULL && c->incident.number != number)
		c = c->next;
	return c;
}

static struct outbreak *outbreak_of(struct hand *h, const struct source *source)
{
	struct outbreak *c = h->outbreaks;

	while (c != NULL && !source_equal(&c->incident.source, source))
		c = c->next;
	return c;
}

static struct outbreak *add_outbreak(struct hand *h, const struct incident *incident)
{
	struct outbreak *c;

	if (h->outbreak_count == OUTBREAKS_MAX)
		return NULL;
	c = memory_new(1, sizeof(*c));
	c->hand = h;
	c->incident = *incident;
	c->act_pause = ACT_AGAIN_S;
	c->is_refused = turned_away_has(h->turned_away, &incident->source);
	c->next = h->outbreaks;
	h->outbreaks = c;
	h->outbreak_count++;
	return c;
}

static void tell_refusal(struct hand *h, const struct source *source, bool is_refused)
{
	tell_watcher(h, is_refused ? "refuse" : "pass", source);
	for (struct outbreak *c = h->outbreaks; c != NULL; c = c->next) {
		if (!source_equal(&c->incident.source, source))
			continue;
		c->is_refused = is_refused;
		c->is_put_off = false;
	}
}

static void say_put_off(struct hand *h, struct outbreak *c, bool is_put_off)
{
	const struct source *source = &c->incident.source;
	char name[SOURCE_TEXT_MAX];

	if (is_put_off)
		tell_watcher(h, "slow", source);
	else
		tell_refusal(h, source, turned_away_has(h->turned_away, source));
	c->is_put_off = is_put_off;
	EVENT_LOG(h->part->log, is_put_off ? EVENT_PUT_OFF : EVENT_TAKEN_AGAIN,
		loop_now_ms(h->loop), source_value(&c->incident.source, name),
		event_number("incident", c->incident.number));
}

/* Nobody is put off without an open incident, and nobody who is contained is treated more softly
 * than one who is suspected. */
static void settle_put_off(struct hand *h, struct outbreak *c)
{
	bool is_put_off = h->values->refuse.suspects == SUSPECTS_DEFER &&
			  incident_is_open(c->incident.state) && !c->is_exempt && !c->is_refused;

	if (is_put_off != c->is_put_off)
		say_put_off(h, c, is_put_off);
}

static void free_outbreak(struct hand *h, struct outbreak *c)
{
	struct outbreak **at = &h->outbreaks;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = c->next;
	h->outbreak_count--;
	h->acting_count -= c->acting != NULL;
	job_free(c->acting);
	free(c);
}

/* It is over. */
static void remove_outbreak(struct hand *h, struct outbreak *c)
{
	if (c->is_put_off)
		say_put_off(h, c, false);
	free_outbreak(h, c);
}

/* ---- holding ---- */

static void after_hold(
	struct hand *h, struct outbreak *c, const struct own_result *r, int64_t took_s)
{
	char name[SOURCE_TEXT_MAX], words[64];
	bool was_clean = c->incident.state == INCIDENT_CLEAN;
	struct problem problem = {0};

	if (r->hold != 0 && has_journal(h)) {
		(void)went_well(h,
			casebook_add_hold(
				h->journal, c->incident.number, r->hold, r->done, &problem),
			&problem);
		c->incident.held += r->done;
	}
	if (r->done > 0)
		EVENT_LOG(h->part->log, EVENT_HELD, loop_now_ms(h->loop),
			source_value(&c->incident.source, name),
			event_number("incident", c->incident.number), event_number("hold", r->hold),
			event_number("messages", (int64_t)r->done),
			event_number("left", (int64_t)r->left));
	(void)snprintf(words, sizeof(words), "%" PRIu64 " messages held", r->done);
	if (was_clean && r->done > 0)
		(void)step(h, c, INCIDENT_NEW_MAIL, words);
	if (!r->is_complete) {
		if (c->incident.state == INCIDENT_CLEANING && r->done > 0)
			(void)step(h, c, INCIDENT_FOUND, words);
		c->look_at = hand_now_s() + RETRY_S;
		return;
	}
	/* a look at a large queue is work: no more than a twentieth of the time */
	int64_t pause = took_s * 20 > h->values->hold.rescan ? took_s * 20 : h->values->hold.rescan;
	c->look_at = hand_now_s() + pause;
	if (c->incident.state != INCIDENT_CLEANING || !step(h, c, INCIDENT_NOTHING, words))
		return;
	EVENT_LOG(h->part->log, EVENT_CLEAN, loop_now_ms(h->loop),
		source_value(&c->incident.source, name),
		event_number("incident", c->incident.number),
		event_number("held", (int64_t)c->incident.held));
}

static void on_held(void *context, const char *output, size_t len, int status)
{
	struct hand *h = context;
	struct own_result result;
	struct outbreak *c = find_outbreak(h, h->holding.number);
	bool sound = own_command_read(output, len, &result);
	int64_t took_s = hand_now_s() - h->holding.begun;

	h->holding.job = NULL;
	h->holding.number = 0;
	if (c == NULL)
		return;
	if (sound) {
		after_hold(h, c, &result, took_s);
		return;
	}
	char name[SOURCE_TEXT_MAX];
	EVENT_LOG(h->part->log, EVENT_HOLD_FAILED, loop_now_ms(h->loop),
		source_value(&c->incident.source, name),
		event_number("incident", c->incident.number),
		event_number("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	c->look_at = hand_now_s() + RETRY_S;
}

static void hold_mail(struct hand *h, struct outbreak *c)
{
	char source[SOURCE_TEXT_MAX], reason[64];
	struct problem problem = {0};

	(void)snprintf(reason, sizeof(reason), "incident %" PRId64, c->incident.number);
	const char *words[9] = {"hold", source_text(&c->incident.source, source), "--until-clean",
		"--yes", "--quiet", "--reason", reason};
	size_t count = 7;
	if (h->values->hold.backscatter)
		words[count++] = "--backscatter";
	if (job_start(h->loop, h->part->plan, words, count, on_held, h, &h->holding.job, &problem) <
		0) {
		EVENT_LOG(h->part->log, EVENT_HOLD_FAILED, loop_now_ms(h->loop),
			event_text("source", slice_of(source)),
			event_number("incident", c->incident.number),
			event_text("error", slice_of(problem.text)));
		c->look_at = hand_now_s() + RETRY_S;
		return;
	}
	h->holding.number = c->incident.number;
	h->holding.begun = hand_now_s();
	c->look_at = 0;
}

/* ---- what is done besides ---- */

/* Whether anything is switched on for an incident in that state. */
static bool acts_on(const struct settings_values *v, enum incident_state state)
{
	if (state == INCIDENT_SUSPECTED)
		return v->tell.enabled && v->tell.suspects;
	return v->tell.enabled || (state != INCIDENT_WAITING && daemon_plan_cuts_off(v));
}

/* Who is refused at his first command is not heard of, and who only reads mail never is. The longer
 * it has been so, the less often it is looked at. */
static int64_t look_again_at(const struct outbreak *c)
{
	int64_t now = hand_now_s(), pause = (now - c->incident.contained) / 10;

	if (pause < SILENT_S)
		return now + SILENT_S;
	return now + (pause < SILENT_MOST ? pause : SILENT_MOST);
}

static void on_acted(void *context, const char *output, size_t len, int status)
{
	struct outbreak *c = context;
	struct hand *h = c->hand;
	enum deeds_left left = deeds_say(h->part, h->loop, &c->incident.source, c->incident.number,
		(struct slice){output, len}, status);

	c->acting = NULL;
	h->acting_count--;
	/* the command knows itself what is due by then */
	if (left == DEEDS_UNKNOWN || (left == DEEDS_LATER && c->act_at == 0))
		c->act_at = hand_now_s() + RETRY_S;
	else if (c->act_at == 0 && incident_is_acted_on(c->incident.state))
		c->act_at = look_again_at(c);
	if (c->incident.state == INCIDENT_CLOSED)
		remove_outbreak(h, c);
}

static void act(struct hand *h, struct outbreak *c)
{
	struct problem problem = {0};

	c->act_at = 0;
	if (deeds_start(h->loop, h->part, c->incident.number, on_acted, c, &c->acting, &problem) <
		0) {
		char name[SOURCE_TEXT_MAX];

		EVENT_LOG(h->part->log, EVENT_NOT_DONE, loop_now_ms(h->loop),
			source_value(&c->incident.source, name),
			event_number("incident", c->incident.number),
			event_text("words", slice_of(problem.text)));
		c->act_at = hand_now_s() + RETRY_S;
		return;
	}
	h->acting_count++;
}

static void act_if_due(struct hand *h, struct outbreak *c)
{
	if (acts_on(h->values, c->incident.state) && c->acting == NULL &&
		h->acting_count < ACTING_MOST && c->act_at != 0 && hand_now_s() >= c->act_at)
		act(h, c);
}

static void say_answer(void *context, const struct source *source, bool is_refused)
{
	tell_refusal(context, source, is_refused);
}

static bool is_contained(void *context, const struct source *source)
{
	const struct outbreak *c = outbreak_of(context, source);

	return c != NULL && incident_is_acted_on(c->incident.state);
}

/* What the journal says: it stands when the incident is long over, too. */
static void look_at_refusals(struct hand *h)
{
	struct problem problem = {0};

	if (!h->values->refuse.enabled || !has_journal(h))
		return;
	turned_away_begin(h->turned_away);
	if (went_well(h,
		    actions_each_standing(
			    h->journal, "refuse", turned_away_stands, h->turned_away, &problem),
		    &problem))
		turned_away_end(h->turned_away);
}

/* ---- what becomes of a verdict ---- */

static void contain(struct hand *h, struct outbreak *c)
{
	char name[SOURCE_TEXT_MAX];

	EVENT_LOG(h->part->log, EVENT_CONTAINED, loop_now_ms(h->loop),
		source_value(&c->incident.source, name),
		event_number("incident", c->incident.number),
		event_number("millibits", (int64_t)(c->incident.score * 1000)),
		event_number("messages", (int64_t)c->incident.messages),
		event_number("recipients", (int64_t)c->incident.recipients));
	if (h->values->refuse.enabled)
		turned_away_add(h->turned_away, &c->incident.source);
	c->act_at = c->look_at = hand_now_s();
	act_if_due(h, c);
}

static void ask(struct hand *h, struct outbreak *c, enum daemon_event event, const char *words)
{
	char name[SOURCE_TEXT_MAX];

	if (c->incident.state == INCIDENT_SUSPECTED && step(h, c, INCIDENT_ASK, words))
		c->act_at = hand_now_s(); /* somebody is told */
	if (hand_now_s() - c->told_at < HOUR_S)
		return;
	c->told_at = hand_now_s();
	EVENT_LOG(h->part->log, event, loop_now_ms(h->loop),
		source_value(&c->incident.source, name),
		event_number("incident", c->incident.number),
		event_number("millibits", (int64_t)(c->incident.score * 1000)),
		event_text("why", slice_of(words)));
}

static bool brake_holds(struct hand *h, uint64_t active, char words[BRAKE_WORDS])
{
	const struct brake_limits limits = {h->values->brake.per_hour, h->values->brake.share};
	struct brake_state state = {.active = active};
	struct problem problem = {0};
	int err = casebook_count(
		h->journal, hand_now_s() - HOUR_S, &state.contained, &state.last_hour, &problem);

	if (!went_well(h, err, &problem)) {
		(void)snprintf(words, BRAKE_WORDS, "the journal cannot be read");
		return true;
	}
	return !brake_allows(&limits, &state, words);
}

static void decide(struct hand *h, struct outbreak *c, const struct verdict_said *v)
{
	char words[BRAKE_WORDS];

	if (c->incident.state != INCIDENT_SUSPECTED && c->incident.state != INCIDENT_WAITING)
		return;
	tell_watcher(h, "bad", &c->incident.source);
	if (!h->values->hold.enabled && !daemon_plan_cuts_off(h->values)) {
		ask(h, c, EVENT_OBSERVED, "nothing is switched on: only observed");
		return;
	}
	if (brake_holds(h, v->active, words)) {
		ask(h, c, EVENT_ASKS, words);
		return;
	}
	if (step(h, c, INCIDENT_VERDICT, ""))
		contain(h, c);
}

/* Facts are read again after a crash, and when the watcher begins anew: what is over stays over. */
static bool keep_closed(void *context, const struct incident *incident)
{
	int64_t *closed = context;

	*closed = incident->closed > *closed ? incident->closed : *closed;
	return true;
}

static bool was_dealt_with(struct hand *h, const struct verdict_said *v)
{
	const struct incident_choice choice = {.source = &v->source};
	struct problem problem = {0};
	int64_t closed = 0;
	int err = casebook_each(h->journal, &choice, keep_closed, &closed, &problem);

	return went_well(h, err, &problem) && v->finding.at_us / 1000000 < closed;
}

static struct outbreak *open_outbreak(struct hand *h, const struct verdict_said *v)
{
	const struct incident_doing doing = {.at = hand_now_s()};
	struct incident incident = {.source = v->source,
		.state = INCIDENT_SUSPECTED,
		.opened = doing.at,
		.changed = doing.at,
		.last_mail = v->finding.at_us / 1000000,
		.fact_us = v->finding.at_us};
	char name[SOURCE_TEXT_MAX];
	struct problem problem = {0};
	int err = casebook_open(h->journal, &v->finding, &doing, &incident.number, &problem);

	if (!went_well(h, err, &problem))
		return NULL;
	EVENT_LOG(h->part->log, EVENT_SUSPECTED, loop_now_ms(h->loop),
		source_value(&v->source, name), event_number("incident", incident.number),
		event_number("millibits", (int64_t)(v->finding.score * 1000)),
		event_text("why", slice_of(v->finding.evidence[0].text)));
	struct outbreak *c = add_outbreak(h, &incident);
	if (c != NULL)
		c->act_at = hand_now_s();
	return c;
}

static void note(struct hand *h, struct outbreak *c, const struct verdict_said *v)
{
	const struct incident_finding *f = &v->finding;
	struct problem problem = {0};

	c->incident.score = f->score;
	c->incident.threshold = f->threshold;
	c->incident.messages = f->messages;
	c->incident.recipients = f->recipients;
	c->incident.last_mail = f->at_us / 1000000 > c->incident.last_mail ? f->at_us / 1000000
									   : c->incident.last_mail;
	/* once it is acted on, the numbers of before are the ones to keep */
	bool suffices_first = v->is_contain && c->incident.state == INCIDENT_SUSPECTED;
	if (incident_is_acted_on(c->incident.state) ||
		(!suffices_first && hand_now_s() - c->judged_at < JUDGE_S))
		return;
	c->judged_at = hand_now_s();
	(void)went_well(h, casebook_judge(h->journal, c->incident.number, f, &problem), &problem);
}

/* Exempted, or released by a person already: said now and then, and not acted on. */
static bool is_let_go(struct hand *h, const struct verdict_said *v)
{
	char name[SOURCE_TEXT_MAX];
	bool exempt = false;
	int64_t until_us = 0;
	struct problem problem = {0};
	int err = casebook_is_exempt(h->journal, &v->source, hand_now_s(), &exempt, &problem);

	if (err == 0)
		err = casebook_forgiven(h->journal, &v->source, &until_us, &problem);
	if (!went_well(h, err, &problem))
		return true; /* nothing is done that might have been forbidden */
	bool forgiven = v->finding.at_us <= until_us;
	if (exempt && v->is_contain)
		EVENT_LOG(h->part->log, EVENT_EXEMPTED, loop_now_ms(h->loop),
			source_value(&v->source, name));
	return exempt || forgiven;
}

static void on_verdict(struct hand *h, const json_t *o)
{
	struct verdict_said v;
	const char *why;

	if (!verdict_read(o, &v, &why)) {
		EVENT_LOG(h->part->log, EVENT_REQUEST_REFUSED, loop_now_ms(h->loop),
			event_text("error", slice_of(why)));
		return;
	}
	if (!has_journal(h) || is_let_go(h, &v))
		return;
	struct outbreak *c = outbreak_of(h, &v.source);
	if (c == NULL && was_dealt_with(h, &v))
		return;
	if (c == NULL && h->journal != NULL)
		c = open_outbreak(h, &v);
	if (c == NULL || h->journal == NULL)
		return;
	note(h, c, &v);
	if (v.is_contain && h->journal != NULL)
		decide(h, c, &v);
	settle_put_off(h, c);
}

static void on_mail(struct hand *h, const json_t *o)
{
	struct source source;
	struct outbreak *c = verdict_read_source(o, &source) ? outbreak_of(h, &source) : NULL;

	if (c == NULL || !incident_is_acted_on(c->incident.state))
		return;
	c->incident.last_mail = hand_now_s();
	if (c->look_at == 0 || c->look_at > hand_now_s() + 1)
		c->look_at = hand_now_s() + (h->holding.number == c->incident.number);
	/* who was cut off is still there, or back: whether what was done still is so */
	if (c->act_at == 0 || c->act_at > hand_now_s() + c->act_pause) {
		c->act_at = hand_now_s() + c->act_pause;
		c->act_pause =
			c->act_pause * 2 < ACT_AGAIN_MOST ? c->act_pause * 2 : ACT_AGAIN_MOST;
	}
}

static void heard(void *context, const json_t *object, const char *why)
{
	struct hand *h = context;
	const char *word =
		object != NULL ? json_string_value(json_object_get(object, "say")) : NULL;

	if (object == NULL) { /* the starter begins both again */
		(void)why;
		talk_free(h->talk);
		h->talk = NULL;
		loop_stop(h->loop);
		return;
	}
	if (word != NULL && strcmp(word, "verdict") == 0) {
		on_verdict(h, object);
	} else if (word != NULL && strcmp(word, "mail") == 0) {
		on_mail(h, object);
	} else if (word != NULL && strcmp(word, "state") == 0) {
		json_decref(h->watcher_state);
		h->watcher_state = json_deep_copy(object);
		h->watcher_at = hand_now_s();
	} else if (word != NULL && strcmp(word, "sources") == 0) {
		if (!now_keeper_hear(h->now, object, hand_now_s()))
			EVENT_LOG(h->part->log, EVENT_REQUEST_REFUSED, loop_now_ms(h->loop),
				event_text("error", slice_of("no list of sources")));
	} else {
		EVENT_LOG(h->part->log, EVENT_REQUEST_REFUSED, loop_now_ms(h->loop),
			event_text("error", slice_of("no request of that name")));
	}
}

/* ---- what a person has changed meanwhile, and what time brings ---- */

static bool note_open(void *context, const struct incident *incident)
{
	struct hand *h = context;
	struct outbreak *c = find_outbreak(h, incident->number);

	if (c == NULL) {
		c = add_outbreak(h, incident);
		if (c != NULL && incident_is_acted_on(incident->state))
			tell_watcher(h, "bad", &incident->source);
		/* a person's own command is at it: it comes first */
		if (c != NULL)
			c->look_at = c->act_at =
				hand_now_s() + (incident->by_person ? BY_PERSON_S : 0);
	} else if (c->incident.state != incident->state) {
		c->incident.state = incident->state;
		c->incident.changed = incident->changed;
		c->incident.by_person = incident->by_person;
		c->look_at = c->act_at = hand_now_s() + BY_PERSON_S;
	}
	if (c != NULL)
		c->is_in_journal = true;
	return true;
}

/* Those that a person has ended. */
static void drop_ended(struct hand *h)
{
	for (struct outbreak *c = h->outbreaks, *next; c != NULL; c = next) {
		struct incident now;
		struct problem problem = {0};
		char name[SOURCE_TEXT_MAX];

		next = c->next;
		if (c->is_in_journal || h->journal == NULL ||
			c->incident.state == INCIDENT_CLOSED ||
			casebook_find(h->journal, c->incident.number, &now, &problem) < 0 ||
			incident_is_open(now.state))
			continue;
		bool good = now.state == INCIDENT_RELEASED || now.state == INCIDENT_DISMISSED;
		tell_watcher(h, good ? "good" : "over", &c->incident.source);
		EVENT_LOG(h->part->log, good ? EVENT_RELEASED : EVENT_CLOSED, loop_now_ms(h->loop),
			source_value(&c->incident.source, name),
			event_number("incident", c->incident.number),
			event_text("state", slice_of(incident_state_name(now.state))));
		remove_outbreak(h, c);
	}
}

static bool note_exempt(void *context, const struct exemption *exemption)
{
	const struct hand *h = context;

	for (struct outbreak *c = h->outbreaks; c != NULL; c = c->next)
		c->is_exempt |= source_equal(&c->incident.source, &exemption->source);
	return true;
}

static void settle_all_put_off(struct hand *h)
{
	struct problem problem = {0};

	if (h->values->refuse.suspects != SUSPECTS_DEFER || h->journal == NULL)
		return;
	for (struct outbreak *c = h->outbreaks; c != NULL; c = c->next)
		c->is_exempt = false;
	if (!went_well(h,
		    casebook_each_exemption(h->journal, hand_now_s(), note_exempt, h, &problem),
		    &problem))
		return;
	for (struct outbreak *c = h->outbreaks; c != NULL; c = c->next)
		settle_put_off(h, c);
}

static void look(struct hand *h)
{
	const struct incident_choice choice = {.open_only = true};
	struct problem problem = {0};

	if (!has_journal(h))
		return;
	for (struct outbreak *c = h->outbreaks; c != NULL; c = c->next)
		c->is_in_journal = false;
	if (went_well(h, casebook_each(h->journal, &choice, note_open, h, &problem), &problem))
		drop_ended(h);
	look_at_refusals(h);
	settle_all_put_off(h);
}

static bool is_quiet(const struct hand *h, const struct outbreak *c)
{
	int64_t since = c->incident.last_mail > c->incident.changed ? c->incident.last_mail
								    : c->incident.changed;

	if (c->incident.state == INCIDENT_CLEAN)
		return h->holding.number != c->incident.number && c->acting == NULL &&
		       hand_now_s() - since >= h->values->hold.quiet_time;
	if (c->incident.state == INCIDENT_SUSPECTED || c->incident.state == INCIDENT_WAITING)
		return hand_now_s() - since >= CALM_S;
	return false;
}

static void close_quiet(struct hand *h, struct outbreak *c)
{
	char name[SOURCE_TEXT_MAX], words[64], age[UNITS_TEXT];
	bool was_acted_on = incident_is_acted_on(c->incident.state);

	(void)snprintf(words, sizeof(words), "quiet for %s",
		units_age_text(
			c->incident.state == INCIDENT_CLEAN ? h->values->hold.quiet_time : CALM_S,
			age));
	if (!step(h, c, INCIDENT_QUIET, words))
		return;
	tell_watcher(h, "over", &c->incident.source);
	EVENT_LOG(h->part->log, EVENT_CLOSED, loop_now_ms(h->loop),
		source_value(&c->incident.source, name),
		event_number("incident", c->incident.number),
		event_number("held", (int64_t)c->incident.held));
	if (acts_on(h->values, INCIDENT_CLOSED) && was_acted_on)
		act(h, c); /* lets in again who has a new password, and tells */
	if (c->acting == NULL)
		remove_outbreak(h, c);
}

/* Without holding, what comes in is not looked for. */
static void skip_holding(struct hand *h, struct outbreak *c)
{
	if (step(h, c, INCIDENT_HOLD, "hold.enabled is no: its mail stays in the queue"))
		(void)step(h, c, INCIDENT_NOTHING, "");
}

static void go_on_with(struct hand *h, struct outbreak *c)
{
	act_if_due(h, c);
	if (!incident_is_acted_on(c->incident.state))
		return;
	if (c->incident.state == INCIDENT_CONTAINED && hand_now_s() < c->look_at)
		return; /* a person's own command is at it */
	if (!h->values->hold.enabled && !c->incident.by_person) {
		if (c->incident.state == INCIDENT_CONTAINED)
			skip_holding(h, c);
		return;
	}
	if (h->holding.job != NULL)
		return;
	if (c->incident.state == INCIDENT_CONTAINED) {
		if (!step(h, c, INCIDENT_HOLD, ""))
			return;
		c->look_at = hand_now_s();
	}
	if (c->look_at != 0 && hand_now_s() >= c->look_at)
		hold_mail(h, c);
}

static void tell_forgiven(void *context, const struct source *source, int64_t until_us)
{
	struct hand *h = context;
	json_t *o = json_object();

	json_put(o, "do", json_string("forgiven"));
	json_put(o, "source", verdict_write_source(source));
	json_put(o, "until_us", json_integer(until_us));
	(void)talk_say(h->talk, o);
}

/* What was released before, the watcher must know before it reads about it again. */
static void tell_begin(struct hand *h)
{
	struct problem problem = {0};

	if (h->told_begin || h->talk == NULL)
		return;
	h->told_begin = true;
	if (has_journal(h))
		(void)went_well(h, casebook_each_forgiven(h->journal, tell_forgiven, h, &problem),
			&problem);
	look_at_refusals(h);
	(void)talk_say(h->talk, json_pack("{s:s}", "do", "begin"));
}

void hand_turn(struct hand *h)
{
	struct problem problem = {0};

	tell_begin(h);
	look(h);
	for (struct outbreak *c = h->outbreaks, *next; c != NULL; c = next) {
		next = c->next;
		if (c->incident.state == INCIDENT_CLOSED)
			continue;
		if (is_quiet(h, c))
			close_quiet(h, c);
		else
			go_on_with(h, c);
	}
	if (has_journal(h))
		(void)went_well(
			h, late_turn(h->late, h->journal, hand_now_s(), &problem), &problem);
	if (h->clerk != NULL && has_journal(h))
		(void)went_well(h, measures_turn(&h->measures, h->journal, &problem), &problem);
	const struct now_view view = hand_view(h);
	now_keeper_turn(h->now, &view);
	event_log_tick(h->part->log, loop_now_ms(h->loop));
}

static void on_turn(void *context)
{
	hand_turn(context);
}

static void begin_measures(struct hand *h)
{
	measures_know_detectors(&h->measures);
	for (size_t i = 0; i < responder_table_count; i++)
		measures_know_responder(&h->measures, responder_table[i]->name);
}

/* ---- the process ---- */

static void on_pulse(void *context)
{
	struct hand *h = context;
	char byte = h->is_ready ? 'p' : 'r';

	h->is_ready = write(h->part->pulse, &byte, 1) == 1 || h->is_ready;
}

static void on_term(void *context)
{
	struct hand *h = context;

	loop_stop(h->loop);
}

static void say_unready(const struct hand *h)
{
	struct problem problem = {0};
	const struct responder *unready = responder_unready(h->values, &problem);

	if (unready != NULL)
		EVENT_LOG(h->part->log, EVENT_UNREADY, loop_now_ms(h->loop),
			event_text("what", slice_of(unready->name)),
			event_text("error", slice_of(problem.text)));
}

int hand_run(const struct daemon_part *part)
{
	struct hand *h = memory_new(1, sizeof(*h));
	struct loop_signal *term = NULL;

	h->part = part;
	h->values = part->plan->values;
	h->loop = loop_new();
	h->turned_away = turned_away_new(&(struct turned_away_calls){say_answer, is_contained, h});
	h->late = late_new(part, h->loop);
	h->now = now_keeper_new(part, h->loop);
	(void)signal(SIGPIPE, SIG_IGN);
	int err = loop_signal_new(h->loop, SIGTERM, on_term, h, &term);
	if (err == 0)
		err = talk_new(h->loop, part->link, heard, h, &h->talk);
	if (err == 0) {
		hand_asked_begin(h);
		say_unready(h);
		begin_measures(h);
		h->turn = loop_timer_new(h->loop, on_turn, h);
		h->pulse = loop_timer_new(h->loop, on_pulse, h);
		loop_timer_start(h->turn, 0, TURN_MS);
		loop_timer_start(h->pulse, 0, PULSE_MS);
		loop_run(h->loop);
	}
	job_free(h->holding.job); /* the command itself goes on, and the journal knows of it */
	while (h->outbreaks != NULL)
		free_outbreak(h, h->outbreaks);
	turned_away_free(h->turned_away);
	late_free(h->late);
	hand_asked_end(h);
	now_keeper_free(h->now);
	json_decref(h->watcher_state);
	loop_timer_free(h->turn);
	loop_timer_free(h->pulse);
	talk_free(h->talk);
	loop_signal_free(term);
	loop_free(h->loop);
	journal_free(h->journal);
	free(h);
	return err == 0 ? 0 : 1;
}

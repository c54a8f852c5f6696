#include "facts/ledger_parts.h"

#include "base/memory.h"

#include <stdlib.h>

struct ledger *ledger_new(size_t sources_max, size_t messages_max)
{
	struct ledger *l = memory_new(1, sizeof(*l));

	ledger_sources_init(l, sources_max, messages_max);
	l->around = surroundings_new();
	l->pace = pace_new(sources_max);
	return l;
}

void ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	ledger_sources_clear(l);
	ledger_days_clear(l);
	pace_free(l->pace);
	hosted_domains_free(&l->hosted);
	surroundings_free(l->around);
	free(l);
}

void ledger_set_networks(struct ledger *l, struct networks *networks)
{
	l->networks = networks;
}

void ledger_set_hosted(struct ledger *l, struct slice domain, enum hosted hosted)
{
	hosted_domains_set(&l->hosted, domain, hosted);
}

void ledger_hosted_complete(struct ledger *l)
{
	l->hosted.is_complete = true;
}

enum hosted ledger_hosted(const struct ledger *l, struct slice domain)
{
	return hosted_domains_find(&l->hosted, domain);
}

/* ---- a message that a source sent ---- */

/* From where it comes, and which episode that belongs to. */
static unsigned begin_sighting(struct ledger *l, struct ledger_source *s, struct sighting *ret)
{
	ledger_look_network(l, s, ret);
	unsigned which = ledger_is_unfamiliar(ret->network) ? EPISODE_UNFAMILIAR : EPISODE_FAMILIAR;
	ledger_set_source(ret, s, ledger_episode(s, which, ret->fact->at_us));
	ret->first_in_episode = ret->episode->messages == 0;
	return which;
}

static void count_sent(struct ledger *l, struct ledger_source *s, const struct fact *fact)
{
	uint64_t recipients = fact->recipient_total > fact->recipient_count ? fact->recipient_total
									    : fact->recipient_count;

	if (recipients == 0) /* a log that does not name them */
		recipients = 1;
	ledger_count_day(l, s, fact->at_us, COUNT_MESSAGES, 1);
	ledger_count_day(l, s, fact->at_us, COUNT_RECIPIENTS, recipients);
	pace_add(l->pace, s->hash, fact->at_us, recipients);
}

static bool note_sent(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	ledger_sweep(l, fact->at_us);
	struct ledger_source *s = ledger_use(l, fact->source, fact->login, fact->at_us);
	bool new_day = habit_turn(&s->habit, fact_day(fact->at_us));

	unsigned which = begin_sighting(l, s, ret);
	ledger_look_message(l, s, ret);
	ledger_learn(l, s, ret, new_day);
	ledger_keep_message(l, fact->id, s, which);
	count_sent(l, s, fact);
	s->last_us = fact->at_us;
	return true;
}

/* What is offered and never taken says nothing of its past: only what it is doing now. */
static bool note_offered(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	struct ledger_source *s =
		ledger_is_source(fact->source) ? ledger_find(l, fact->source) : NULL;

	if (s == NULL || fact->recipient.len == 0)
		return false;
	ledger_touch(l, s, fact->at_us);
	ret->kind = SIGHTING_OFFER;
	(void)begin_sighting(l, s, ret);
	ledger_look_offer(l, s, ret);
	if (ret->strangers > 0)
		ledger_count_offer(ret->episode, fact->at_us);
	return ret->strangers > 0;
}

/* ---- what others found out about a source ---- */

void ledger_mark_bad(struct ledger *l, struct ledger_source *s, struct episode *e, int64_t at_us)
{
	s->contained_us = at_us;
	surroundings_mark_texts(l->around, s->hash, e->begun_us, true);
	if (e->link_uses > 1)
		surroundings_link(l->around, e->link_key)->bad_of = ledger_key(s->hash);
	ledger_distrust_day(s);
	episode_clear(e);
	e->begun_us = e->last_us = at_us;
	e->day = fact_day(at_us);
}

void ledger_mark_honest(struct ledger *l, struct ledger_source *s, int64_t at_us)
{
	ledger_forget_messages(l, s);
	s->contained_us = 0;
	s->forgiven_us = at_us;
	s->habit.today_distrusted = false;
	surroundings_mark_texts(l->around, s->hash, 0, false);
	surroundings_clear_links(l->around, ledger_key(s->hash));
	for (size_t i = 0; i < EPISODES; i++)
		ledger_end_episode(s, i);
}

void ledger_distrust_day(struct ledger_source *s)
{
	s->habit.today_distrusted = true;
}

void ledger_pace(const struct ledger *l, const struct ledger_source *s, int64_t now_us,
	uint16_t ret[PACE_MINUTES])
{
	pace_read(l->pace, s->hash, now_us, ret);
}

bool ledger_note(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	if (l->first_us == 0)
		l->first_us = fact->at_us;
	*ret = (struct sighting){.fact = fact};
	switch (fact->kind) {
	case FACT_ACCEPTED:
		return ledger_is_source(fact->source) ? note_sent(l, fact, ret)
						      : ledger_note_received(l, fact, ret);
	case FACT_DELIVERED:
	case FACT_DEFERRED:
	case FACT_FAILED:
		return ledger_note_outcome(l, fact, ret);
	case FACT_REFUSED:
		return ledger_note_refused(l, fact, ret);
	case FACT_OFFERED:
		return note_offered(l, fact, ret);
	case FACT_COMPLAINED:
		return ledger_note_complaint(l, fact, ret);
	case FACT_SCORED:
		return ledger_note_score(l, fact, ret);
	case FACT_LOGIN_FAILED:
		ledger_note_login_failed(l, fact);
		return false;
	default:
		return false;
	}
}

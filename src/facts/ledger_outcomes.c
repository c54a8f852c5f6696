#include "facts/ledger_parts.h"

#define BOUNCED_MOST 10u /* recipients named in one bounce */
#define WRITERS_MOST 32u /* recipients of a message from outside */

/* ---- mail that comes in ---- */

/* "Final-Recipient: rfc822;a@b" of a delivery report (RFC 3464). */
static bool next_failed(struct slice *rest, struct slice *ret)
{
	static const char mark[] = "Final-Recipient: rfc822;";
	const char *found =
		rest->at != NULL ? memmem(rest->at, rest->len, mark, sizeof(mark) - 1) : NULL;
	size_t len = 0;

	if (found == NULL)
		return false;
	struct slice s = slice_after(*rest, (size_t)(found - rest->at) + sizeof(mark) - 1);
	while (s.len > 0 && s.at[0] == ' ')
		s = slice_after(s, 1);
	while (len < s.len && len < 320 && strchr(" \t\r\n;", s.at[len]) == NULL)
		len++;
	*ret = slice_first(s, len);
	*rest = slice_after(s, len);
	return true;
}

/* A mailbox of this server, whether it ever sent anything or not; NULL when it is none. */
static struct ledger_source *mailbox_of(struct ledger *l, struct slice address, int64_t at_us)
{
	struct source mailbox;

	source_set(&mailbox, SOURCE_MAILBOX, address);
	uint64_t hash = source_hash(&mailbox);
	struct ledger_source *s = ledger_find_hashed(l, &mailbox, hash);
	/* whoever writes to made-up addresses must not crowd out those who are there */
	if (s == NULL && l->count < l->sources_max / 2 &&
		ledger_hosted(l, ledger_domain(address)) == HOSTED_YES)
		s = ledger_add(l, &mailbox, hash, (struct slice){0}, at_us);
	return s;
}

/* A bounce from elsewhere: whom the source wrote to does not exist. Bounces to mail that somebody
 * forged name people it never wrote to. */
static bool note_bounce(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	struct ledger_source *s = mailbox_of(l, fact->recipients[0], fact->at_us);
	struct episode *e = s != NULL ? ledger_latest_episode(s) : NULL;
	struct slice rest = fact->body, failed;
	unsigned n = 0;

	if (e == NULL || fact->at_us - e->last_us > LEDGER_DAY_US)
		return false;
	while (n < BOUNCED_MOST && next_failed(&rest, &failed)) {
		if (!known_set_has(&s->habit.known, hash_nocase(failed)))
			continue;
		e->dead++;
		e->delivered = e->delivered >= 1 ? e->delivered - 1 : e->delivered;
		habit_count(&s->habit, TRAIT_DEAD, true);
		n++;
	}
	if (n > 0)
		ledger_count_day(l, s, fact->at_us, COUNT_FAILED, n);
	ledger_set_source(ret, s, e);
	ret->kind = SIGHTING_OUTCOME;
	ret->is_dead = true;
	return n > 0;
}

bool ledger_note_received(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	if (fact->body.at != NULL) {
		ledger_find_links(l, fact->body);
		ledger_use_links(l, NULL, ret);
	}
	if (fact->sender.len == 0)
		return fact->bounce_of.len == 0 && fact->recipient_count == 1 &&
		       note_bounce(l, fact, ret);

	uint64_t sender = hash_nocase(fact->sender);
	for (size_t i = 0; i < fact->recipient_count && i < WRITERS_MOST; i++) {
		struct ledger_source *s = mailbox_of(l, fact->recipients[i], fact->at_us);

		if (s == NULL || known_set_add(&s->habit.known, sender))
			continue;
		(void)known_set_add(&surroundings_customer(l->around, s->customer)->known, sender);
	}
	return false;
}

/* ---- outcomes ---- */

static bool is_dead_end(enum failure f)
{
	return f == FAILURE_USER_UNKNOWN || f == FAILURE_DOMAIN_UNKNOWN;
}

/* Whether the answer is one about this source, and not about this server. */
static bool note_answer(
	struct ledger *l, const struct fact *fact, const struct ledger_source *s, bool refused)
{
	return !surroundings_add_answer(l->around, hash_nocase(ledger_domain(fact->recipient)) | 1,
		s != NULL ? s->hash : 0, refused, fact->at_us);
}

static void count_outcome(struct ledger_source *s, struct episode *e, const struct sighting *seen)
{
	e->dead += ledger_one_if(seen->is_dead);
	e->delivered += ledger_one_if(seen->is_delivered);
	if (seen->is_refused) {
		e->refused++;
		(void)episode_refused_by(
			e, ledger_key(hash_nocase(ledger_domain(seen->fact->recipient))));
	}
	if (seen->is_dead || seen->is_delivered)
		habit_count(&s->habit, TRAIT_DEAD, seen->is_dead);
}

/* ---- what a mail that came back tells of ---- */

/* Whoever got a message can write such mails about it, as many as he likes: one counts, and what
 * the server over there said is hearsay, but for that somebody it was written to does not exist. */
static bool note_returned(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	const struct message_record *m = ledger_find_message(l, fact->id);
	struct ledger_source *s = m != NULL ? ledger_source_of(l, m) : NULL;
	struct episode *e = s != NULL ? s->episodes[message_episode(m)] : NULL;

	if (e == NULL || !is_dead_end(fact->failure) ||
		!known_set_has(&s->habit.known, hash_nocase(fact->recipient)) ||
		!ledger_mark_message(l, m, MESSAGE_RETURNED))
		return false;
	e->dead++; /* it was taken over there for delivered */
	e->delivered = e->delivered >= 1 ? e->delivered - 1 : e->delivered;
	habit_count(&s->habit, TRAIT_DEAD, true);
	ledger_count_day(l, s, fact->at_us, COUNT_FAILED, 1);
	ledger_set_source(ret, s, e);
	ret->kind = SIGHTING_OUTCOME;
	ret->is_dead = true;
	return true;
}

/* Of no message of his, but of him, by a relay that saw many. One counts until he is quiet. */
static bool note_accused(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	struct ledger_source *s = ledger_find(l, fact->source);
	struct episode *latest = NULL;

	for (size_t i = 0; s != NULL && i < EPISODES; i++)
		if (s->episodes[i] != NULL &&
			(latest == NULL || s->episodes[i]->last_us > latest->last_us))
			latest = s->episodes[i];
	if (latest == NULL || latest->is_accused || latest->last_us < fact->at_us - LEDGER_DAY_US)
		return false;
	latest->is_accused = true;
	latest->complaints++;
	ledger_count_day(l, s, fact->at_us, COUNT_COMPLAINTS, 1);
	ledger_set_source(ret, s, latest);
	ret->kind = SIGHTING_OUTCOME;
	ret->is_complaint = true;
	return true;
}

bool ledger_note_complaint(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	if (fact->id.len == 0)
		return fact->source != NULL && note_accused(l, fact, ret);
	const struct message_record *m = ledger_find_message(l, fact->id);
	struct ledger_source *s = m != NULL ? ledger_source_of(l, m) : NULL;
	struct episode *e = s != NULL ? s->episodes[message_episode(m)] : NULL;

	if (e == NULL || !ledger_mark_message(l, m, MESSAGE_COMPLAINED))
		return false;
	e->complaints++;
	ledger_count_day(l, s, fact->at_us, COUNT_COMPLAINTS, 1);
	ledger_set_source(ret, s, e);
	ret->kind = SIGHTING_OUTCOME;
	ret->is_complaint = true;
	return true;
}

/* Whoever's fault it is. */
static void count_failed(struct ledger *l, const struct fact *fact)
{
	const struct message_record *m = ledger_find_message(l, fact->id);
	struct ledger_source *s = m != NULL ? ledger_source_of(l, m) : NULL;

	if (s != NULL)
		ledger_count_day(l, s, fact->at_us, COUNT_FAILED, 1);
}

bool ledger_note_outcome(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	bool failed = fact->kind == FACT_FAILED;
	bool refused =
		failed && (fact->failure == FAILURE_CONTENT || fact->failure == FAILURE_REPUTATION);

	if (failed && !fact->is_reported)
		count_failed(l, fact);
	/* what is sent on for somebody is not of his making */
	if (fact->is_local || fact->forwarded_for.len > 0 || fact->kind == FACT_DEFERRED)
		return false;
	if (fact->is_reported)
		return note_returned(l, fact, ret);
	const struct message_record *m = ledger_find_message(l, fact->id);
	struct ledger_source *s = m != NULL ? ledger_source_of(l, m) : NULL;
	ret->kind = SIGHTING_OUTCOME;
	ret->is_delivered = fact->kind == FACT_DELIVERED;
	ret->is_dead = failed && is_dead_end(fact->failure);
	if (refused || ret->is_delivered)
		ret->is_refused = note_answer(l, fact, s, refused) &&
				  fact->failure == FAILURE_CONTENT && refused;
	if (s == NULL || s->episodes[message_episode(m)] == NULL)
		return false;
	ledger_set_source(ret, s, s->episodes[message_episode(m)]);
	count_outcome(s, ret->episode, ret);
	/* where nothing ever failed, one more delivery is no news */
	return ret->is_dead || ret->is_refused ||
	       (ret->is_delivered && ret->episode->dead + ret->episode->refused > 0);
}

bool ledger_note_refused(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	struct ledger_source *s =
		ledger_is_source(fact->source) ? ledger_find(l, fact->source) : NULL;
	struct episode *e = s != NULL ? ledger_latest_episode(s) : NULL;

	if (e == NULL || !is_dead_end(fact->failure))
		return false;
	ledger_set_source(ret, s, e);
	ret->kind = SIGHTING_OUTCOME;
	ret->is_dead = true;
	e->dead++;
	return true;
}

bool ledger_note_score(struct ledger *l, const struct fact *fact, struct sighting *ret)
{
	const struct message_record *m = ledger_find_message(l, fact->id);
	struct ledger_source *s = m != NULL ? ledger_source_of(l, m) : NULL;
	struct episode *e = s != NULL ? s->episodes[message_episode(m)] : NULL;

	if (e == NULL || !fact->has_filter_score)
		return false;
	e->filter_sum += (float)fact->filter_score;
	e->filtered++;
	if (message_episode(m) == EPISODE_FAMILIAR)
		habit_count_filter(&s->habit, fact->filter_score);
	ledger_set_source(ret, s, e);
	ret->kind = SIGHTING_SCORE;
	return true;
}

void ledger_note_login_failed(struct ledger *l, const struct fact *fact)
{
	struct source mailbox;
	struct network network = {0};

	source_set(&mailbox, SOURCE_MAILBOX, fact->user);
	(void)ledger_find_network(l, fact->client, &network);
	surroundings_add_guess(l->around, source_hash(&mailbox), network.key, fact->at_us);
}

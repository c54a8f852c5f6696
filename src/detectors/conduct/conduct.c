#include "detectors/conduct/conduct.h"

#include "detectors/conduct/patterns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BULK_GROWS_FROM 100.0 /* strangers a day, from which bulk may be worth more */
#define BULK_MOST       17.0
#define SAY_LEAST       0.1 /* bits */

static const struct conduct rows[] = {
	{"strangers", CONDUCT_BULK, 8, 0, strangers_look, strangers_say,
		"Messages only to people it never wrote to."},
	{"burst", CONDUCT_BULK, 12, 0, burst_look, burst_say,
		"More new recipients on one day than on its busiest day before."},
	{"same-text", CONDUCT_BULK, 10, 0, same_text_look, same_text_say,
		"One text, again and again, to new recipients."},
	{"new-network", CONDUCT_NETWORK, 11, -4, new_network_look, new_network_say,
		"A mailbox used from a network or country where its owner never was."},
	{"strange-link", CONDUCT_LINK, 5.5, -3, strange_link_look, strange_link_say,
		"Links to a host that this server did not know."},
	{"dead-recipients", CONDUCT_DEAD, 12, -3, dead_recipients_look, dead_recipients_say,
		"Recipients that do not exist."},
	{"refused-content", CONDUCT_REFUSED, 12, -1, refused_content_look, refused_content_say,
		"Other servers refuse it as spam."},
	{"outside-sender", CONDUCT_SENDER, 6, 0, outside_sender_look, outside_sender_say,
		"Senders of domains that are not hosted here."},
	{"new-senders", CONDUCT_SENDER, 5, 0, new_senders_look, new_senders_say,
		"New senders' names, again and again."},
	{"filter-score", CONDUCT_FILTER, 6, -1.5, filter_score_look, filter_score_say,
		"What a content filter says, against what it says otherwise."},
	{"shared-text", CONDUCT_COMPANY, 12, 0, shared_text_look, shared_text_say,
		"The same text from several customers, or from a known spammer."},
	{"shared-link", CONDUCT_COMPANY, 12, 0, shared_link_look, shared_link_say,
		"The same new link from several customers, or from a known spammer."},
	{"login-guesses", CONDUCT_LOGIN, 5, 0, login_guesses_look, login_guesses_say,
		"Failed logins before the first message from somewhere new."},
	{"odd-hour", CONDUCT_HOURS, 2, -1, odd_hour_look, odd_hour_say,
		"Mail to strangers at an hour at which it does not send."},
	{"odd-place", CONDUCT_PLACE, 4, 0, odd_place_look, odd_place_say,
		"A script where a site keeps pictures and uploads."},
	{"sorted-list", CONDUCT_ORDER, 2, 0, sorted_list_look, sorted_list_say,
		"Message after message to recipients in the order of the alphabet."},
	{"complaints", CONDUCT_COMPLAINTS, 10, 0, complaints_look, complaints_say,
		"Complaints about its messages that come back."},
	{0},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == EPISODE_NOTES + 1, "a note for each detector");

/* Most bits of each family. */
static const double limits[CONDUCT_FAMILIES] = {
	[CONDUCT_BULK] = 13,
	[CONDUCT_NETWORK] = 11,
	[CONDUCT_LINK] = 5.5,
	[CONDUCT_DEAD] = 12,
	[CONDUCT_REFUSED] = 12,
	[CONDUCT_SENDER] = 7,
	[CONDUCT_FILTER] = 6,
	[CONDUCT_COMPANY] = 12,
	[CONDUCT_LOGIN] = 5,
	[CONDUCT_HOURS] = 2,
	[CONDUCT_PLACE] = 4,
	[CONDUCT_ORDER] = 2,
	[CONDUCT_COMPLAINTS] = 10,
};

const struct conduct *conduct_table(void)
{
	return rows;
}

const struct conduct *conduct_find(const char *name)
{
	for (const struct conduct *c = rows; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

double likelihood_bits(double of_thief, double of_owner)
{
	return log2(of_thief / of_owner);
}

double sum_bits(double x, double y)
{
	double most = fmax(x, y);

	return most + log2(exp2(x - most) + exp2(y - most));
}

/* Honest bulk mail is seldom large, and seldom from a source that never sent any. */
static double limit_of(const struct episode *e, enum conduct_family family)
{
	if (family != CONDUCT_BULK || e->day_strangers <= BULK_GROWS_FROM)
		return limits[family];
	return fmin(BULK_MOST, limits[family] + log2(e->day_strangers / BULK_GROWS_FROM));
}

static void sum_families(const struct episode *e, double ret[CONDUCT_FAMILIES])
{
	memset(ret, 0, CONDUCT_FAMILIES * sizeof(*ret));
	for (size_t i = 0; i < e->note_count; i++)
		ret[rows[e->notes[i].detector].family] += (double)e->notes[i].bits;
	for (int f = 0; f < CONDUCT_FAMILIES; f++)
		if (ret[f] > limits[f]) /* seldom */
			ret[f] = fmin(ret[f], limit_of(e, (enum conduct_family)f));
}

double conduct_limit(enum conduct_family family)
{
	return limits[family];
}

double conduct_family(const struct episode *e, enum conduct_family family)
{
	double sums[CONDUCT_FAMILIES];

	sum_families(e, sums);
	return sums[family];
}

double conduct_score(const struct episode *e)
{
	double sums[CONDUCT_FAMILIES], score = 0;

	sum_families(e, sums);
	for (int f = 0; f < CONDUCT_FAMILIES; f++)
		score += sums[f];
	return score;
}

unsigned conduct_reasons(const struct episode *e, double bits)
{
	double sums[CONDUCT_FAMILIES];
	unsigned n = 0;

	sum_families(e, sums);
	for (int f = 0; f < CONDUCT_FAMILIES; f++)
		n += f != CONDUCT_COMPLAINTS && sums[f] >= bits;
	return n;
}

static void keep_id(struct episode_note *n, struct slice id)
{
	size_t len = id.len < EPISODE_ID_MAX - 1 ? id.len : EPISODE_ID_MAX - 1;

	if (len == 0)
		return;
	memcpy(n->id, id.at, len);
	n->id[len] = '\0';
}

/* What comes to nothing, and was nothing, needs no note. */
static void take(unsigned detector, const struct conduct_finding *f, const struct sighting *s)
{
	const struct conduct *row = &rows[detector];
	struct episode_note *n = episode_find_note(s->episode, detector);
	double before = n != NULL ? n->bits : 0, after = f->bits;

	if (f->change == CONDUCT_ADD)
		after += before;
	else if (f->change == CONDUCT_RAISE)
		after = fmax(before, after);
	after = fmax(row->least, fmin(row->most, after));
	if (n == NULL && after == 0)
		return;
	if (n == NULL)
		n = episode_note(s->episode, detector);
	n->bits = (float)after;
	if (f->change == CONDUCT_RAISE && f->bits < before)
		return;
	for (size_t i = 0; i < 3; i++)
		n->numbers[i] = (float)f->numbers[i];
	keep_id(n, s->fact->id);
}

double conduct_look(const struct sighting *s)
{
	for (size_t i = 0; i < EPISODE_NOTES; i++) {
		struct conduct_finding f = {0};

		if (rows[i].look(s, &f))
			take((unsigned)i, &f, s);
	}
	s->episode->score = (float)conduct_score(s->episode);
	return (double)s->episode->score;
}

static int by_bits(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;

	return x->bits > y->bits ? -1 : x->bits < y->bits;
}

size_t conduct_evidence(const struct episode *e, struct evidence ret[EPISODE_NOTES])
{
	size_t n = 0;

	for (size_t i = 0; i < e->note_count; i++) {
		const struct episode_note *note = &e->notes[i];
		const struct conduct *row = &rows[note->detector];
		struct evidence *to = &ret[n];

		if (fabsf(note->bits) < (float)SAY_LEAST)
			continue;
		*to = (struct evidence){.detector = row->name, .bits = (double)note->bits};
		row->say(e, note, to);
		evidence_add_id(to, note->id);
		for (size_t k = 0; k < EPISODE_IDS; k++)
			if (strcmp(e->ids[k], note->id) != 0)
				evidence_add_id(to, e->ids[k]);
		n++;
	}
	qsort(ret, n, sizeof(*ret), by_bits);
	return n;
}

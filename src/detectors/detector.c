#include "detectors/detector.h"

#include "detectors/patterns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct detector rows[] = {
	{"fanout", FAMILY_VOLUME, fanout_look,
		"Many recipients in many domains within a short time."},
	{"foreign-sender", FAMILY_SENDER, foreign_sender_look,
		"Envelope senders of domains that are not hosted here."},
	{"many-senders", FAMILY_SENDER, many_senders_look,
		"One login that writes in the name of many."},
	{"same-body", FAMILY_TEXT, same_body_look,
		"The same text in most of the sampled messages, apart from names, numbers and "
		"links."},
	{"ordered-recipients", FAMILY_ORDER, ordered_recipients_look,
		"Recipients in dictionary order."},
	{"many-hosts", FAMILY_HOSTS, many_hosts_look, "One login used from many addresses."},
	{"list-mail", FAMILY_HONEST, list_mail_look,
		"List fields or Auto-Submitted; speaks for the source."},
	{"own-domain", FAMILY_HONEST, own_domain_look,
		"Every sender is of the mailbox's own domain; speaks for the source."},
	{"few-recipients", FAMILY_HONEST, few_recipients_look,
		"Only a handful of recipients; speaks for the source."},
	{"inbound", FAMILY_HONEST, inbound_look,
		"Mail to mailboxes hosted here; speaks for the source."},
	{0},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) <= DETECTORS_MAX + 1, "a judgement has room for all");

/* Most bits of each family, and for the last the least. */
static const double limits[FAMILIES] = {
	[FAMILY_VOLUME] = 10.0,
	[FAMILY_SENDER] = 7.0,
	[FAMILY_TEXT] = 5.0,
	[FAMILY_ORDER] = 2.0,
	[FAMILY_HOSTS] = 5.0,
	[FAMILY_HONEST] = -12.0,
};

const struct detector *detector_table(void)
{
	return rows;
}

static int by_bits(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	return x->bits > y->bits ? -1 : x->bits < y->bits;
}

static int by_strength(const void *a, const void *b)
{
	double x = fabs(((const struct evidence *)a)->bits);
	double y = fabs(((const struct evidence *)b)->bits);
	return x > y ? -1 : x < y;
}

static enum detector_family family_of(const struct evidence *e)
{
	const struct detector *d = rows;

	while (d->name != e->detector)
		d++;
	return d->family;
}

/* In order of strength, each gets what its family has left. */
static void keep_limits(struct judgement *j)
{
	double left[FAMILIES];
	size_t kept = 0;

	memcpy(left, limits, sizeof(left));
	for (size_t i = 0; i < j->count; i++) {
		double *l = &left[family_of(&j->evidence[i])];
		double bits = j->evidence[i].bits;

		bits = bits > 0.0 ? fmin(bits, *l) : fmax(bits, *l);
		*l -= bits;
		if (fabs(bits) < 0.05)
			continue;
		j->evidence[i].bits = bits;
		j->evidence[kept++] = j->evidence[i];
	}
	j->count = kept;
}

void judge(const struct detector_input *in, struct judgement *ret)
{
	*ret = (struct judgement){0};
	for (const struct detector *d = rows; d->name != NULL; d++) {
		struct evidence *e = &ret->evidence[ret->count];

		*e = (struct evidence){0};
		if (!d->look(in, e))
			continue;
		e->detector = d->name;
		ret->count++;
	}
	qsort(ret->evidence, ret->count, sizeof(ret->evidence[0]), by_strength);
	keep_limits(ret);
	qsort(ret->evidence, ret->count, sizeof(ret->evidence[0]), by_bits);
	for (size_t i = 0; i < ret->count; i++)
		ret->score += ret->evidence[i].bits;
}

const char *score_word(double score)
{
	if (score >= SCORE_LIKELY)
		return "likely hijacked";
	return score >= SCORE_SUSPECT ? "suspicious" : "";
}

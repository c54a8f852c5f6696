/* new_network.c - a mailbox that is used from a network, or even a country, where its owner never
 * was. What was found is kept up while those networks are used. A known network speaks for the
 * owner. */
#include "detectors/conduct/patterns.h"

#include <math.h>

#define KNOWN          (-1.5)
#define COLLEAGUES     1.0
#define USUAL_NETWORK  0.04 /* share of days with a new network; more while the owner is young */
#define YOUNG_NETWORK  0.5
#define WEIGHT_NETWORK 12.0
#define USUAL_COUNTRY  0.006
#define YOUNG_COUNTRY  0.06
#define WEIGHT_COUNTRY 25.0
#define THIEF_NETWORK  0.3  /* thieves that come from the owner's country, but not his network */
#define THIEF_COUNTRY  0.65 /* from another one */
#define LEAST_SHARE    0.001
#define FIRST_MOST     6.0 /* of a source without a past, by the country alone */
#define FURTHER        0.5 /* of a second new network in one episode */
#define MOST           11.0

static double of_new_network(const struct sighting *s)
{
	double days = fmax(1, s->habit->active_days);

	if (s->network == NETWORK_NEW_COUNTRY)
		return likelihood_bits(THIEF_COUNTRY,
			fmax(LEAST_SHARE, habit_expect(s->habit, TRAIT_NEW_COUNTRY,
						  fmax(USUAL_COUNTRY, YOUNG_COUNTRY / days),
						  WEIGHT_COUNTRY)));
	return likelihood_bits(THIEF_NETWORK,
		fmax(4 * LEAST_SHARE,
			habit_expect(s->habit, TRAIT_NEW_NETWORK,
				fmax(USUAL_NETWORK, YOUNG_NETWORK / days), WEIGHT_NETWORK)));
}

static double of_first(const struct sighting *s)
{
	double bits = likelihood_bits(THIEF_NETWORK, fmax(4 * LEAST_SHARE, s->country_share));

	return bits >= 1 ? fmin(FIRST_MOST, bits) : 0;
}

static double level_now(const struct sighting *s)
{
	double before = s->episode->network_level;

	switch (s->network) {
	case NETWORK_FIRST:
		return fmax(before, of_first(s));
	case NETWORK_COLLEAGUES:
		return fmax(before, COLLEAGUES);
	case NETWORK_NEW:
	case NETWORK_NEW_COUNTRY:
		return fmin(MOST, before + fmax(0, of_new_network(s)) *
						   (s->episode->networks > 1 ? FURTHER : 1));
	default:
		return before;
	}
}

bool new_network_look(const struct sighting *s, struct conduct_finding *ret)
{
	if (!sighting_is_mail(s) || s->network == NETWORK_SILENT)
		return false;
	if (s->network == NETWORK_KNOWN && s->kind == SIGHTING_OFFER)
		return false;
	if (s->network == NETWORK_KNOWN) {
		ret->bits = KNOWN;
		return true;
	}
	double level = level_now(s);
	if (level <= 0)
		return false;
	if (s->kind == SIGHTING_MESSAGE) /* else it would be counted again when it is taken */
		s->episode->network_level = (float)level;
	ret->change = CONDUCT_RAISE;
	ret->bits = level;
	ret->numbers[0] = s->episode->networks;
	return true;
}

void new_network_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	const char *network = e->network_text != NULL ? e->network_text : "a network";

	if (n->bits < 0)
		evidence_say(ret, "from a network that it has long used");
	else if (n->numbers[0] > 1)
		evidence_say(ret, "from %.0f networks that it never used, %s the latest",
			(double)n->numbers[0], network);
	else
		evidence_say(ret, "from %s, which it never used", network);
}

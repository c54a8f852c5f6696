/* fanout - many recipients in many domains, in a short time. */
#include "detectors/evidence.h"
#include "detectors/patterns.h"

#include <math.h>

/* A mailbox seldom has more than this many recipients waiting. */
#define USUAL_RECIPIENTS 10.0

/* Honest bulk mail is as large as spam, so size alone saturates early. */
#define SIZE_BITS_MAX 6.0

/* What came by a host, or without a known source, is mostly other people's mail: size says little
 * about who sent it. */
#define HOST_SHARE 0.4

/* The span that holds this share of the recipients; the rest may be yesterday's deferred mail. */
#define SPAN_SHARE 0.9

static double size_bits(double recipients)
{
	return fmin(SIZE_BITS_MAX, 1.2 * log2(1.0 + recipients / USUAL_RECIPIENTS));
}

/* Bought lists are spread over the world; people write to a few domains again and again. */
static double spread_bits(double domains)
{
	return domains > 10.0 ? fmin(2.0, 0.5 * log2(domains / 10.0)) : 0.0;
}

/* Recipients in the busiest minute, or in the busiest bucket a minute when buckets are wider. More
 * mail never makes it less. */
static double busiest_minute(const struct tally_source *s)
{
	size_t width = s->bucket_width < 60 ? (size_t)(60 / s->bucket_width) : 1;
	uint64_t sum = 0, most = 0;

	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		sum += s->buckets[i];
		if (i >= width)
			sum -= s->buckets[i - width];
		most = sum > most ? sum : most;
	}
	return (double)most * 60.0 / fmax(60.0, (double)width * (double)s->bucket_width);
}

static double pace_bits(double a_minute)
{
	return a_minute > 2.0 ? fmin(2.0, 0.5 * log2(a_minute / 2.0)) : 0.0;
}

/* Where a few came long before or after the rest, the span of most says more. */
static void say(struct evidence *e, const struct tally_source *s, int64_t span)
{
	char recipients[UNITS_TEXT], domains[EVIDENCE_COUNT_TEXT], age[UNITS_TEXT];
	int64_t all = s->last - s->first + 1;
	bool spread = all > 2 * span;

	evidence_say(e, "%s recipients in %s %s%s within %s",
		units_count_text(s->recipients, recipients), evidence_count(&s->domains, domains),
		evidence_plural(sketch_count(&s->domains), "domain", "domains"),
		spread ? ", nine of ten" : "", units_age_text(spread ? span : all, age));
}

bool fanout_look(const struct detector_input *in, struct evidence *ret)
{
	const struct tally_source *s = in->source;
	double recipients = (double)s->recipients, domains = (double)sketch_count(&s->domains);

	if (s->source.kind == SOURCE_BOUNCE || recipients <= 2.0 * USUAL_RECIPIENTS)
		return false;
	int64_t span = tally_busiest_span(s, SPAN_SHARE);
	ret->bits = size_bits(recipients) + spread_bits(domains) + pace_bits(busiest_minute(s));
	if (s->source.kind == SOURCE_HOST || s->source.kind == SOURCE_UNKNOWN)
		ret->bits *= HOST_SHARE;
	say(ret, s, span);
	evidence_add_samples(ret, s);
	return true;
}

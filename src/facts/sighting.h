/* sighting.h - what was new about one fact, before it became part of the past: what detectors look
 * at. All of it is lent until the ledger's next fact. */
#ifndef STANCH_FACTS_SIGHTING_H
#define STANCH_FACTS_SIGHTING_H

#include "facts/episode.h"
#include "facts/fact.h"
#include "facts/habit.h"
#include "facts/hosted.h"

#include <stdbool.h>
#include <stdint.h>

struct ledger_source;

/* From where a message was sent. */
enum network_novelty {
	NETWORK_SILENT, /* says nothing: no address, web mail, a private network */
	NETWORK_FIRST,  /* the source has no past to compare with */
	NETWORK_KNOWN,
	NETWORK_COLLEAGUES, /* new for the source, known of others of its domain */
	NETWORK_YOUNG,      /* new, but not since this message */
	NETWORK_NEW,
	NETWORK_NEW_COUNTRY,
};

/* The strangest link in it. */
enum link_novelty {
	LINK_NONE,
	LINK_OWN,     /* the customer's own domain, or one that is hosted here */
	LINK_HABIT,   /* the source used it on an earlier day */
	LINK_POPULAR, /* for days several customers use it, or it comes in with mail */
	LINK_SEEN,    /* it came in with mail, or another customer used it */
	LINK_STRANGE, /* new to this server */
};

enum sighting_kind {
	SIGHTING_MESSAGE,
	SIGHTING_OUTCOME,
	SIGHTING_SCORE,
	SIGHTING_OFFER, /* of one recipient; nothing is learnt from it */
};

struct sighting {
	enum sighting_kind kind;
	const struct fact *fact;
	struct ledger_source *source;
	const struct habit *habit; /* of the source */
	struct episode *episode;
	enum source_kind source_kind;
	const char *source_name;

	/* of a message; network, recipients and sender also of an offer */
	enum network_novelty network;
	double country_share;                  /* how usual its country is on this server, 0 to 1 */
	unsigned known, colleagues, strangers; /* recipients */
	bool first_in_episode;
	bool has_text;
	bool repeats;          /* a text of an earlier message of the episode */
	bool is_habitual_text; /* one of an earlier day */
	enum link_novelty link;
	unsigned link_customers; /* others that used a new link to write to strangers, lately */
	unsigned text_customers; /* others that sent the same text to strangers, lately */
	bool is_bad_text, is_bad_link; /* of a source that was found to send spam */
	enum hosted sender_hosted;
	bool new_sender;
	unsigned guesses, guesses_here; /* failed logins lately; from this network */

	/* of an outcome */
	bool is_dead;    /* the recipient does not exist */
	bool is_refused; /* for its content, and not mail of everybody here */
	bool is_delivered;
	bool is_complaint;
};

/* Mail, taken or on offer; else what became of some. */
static inline bool sighting_is_mail(const struct sighting *s)
{
	return s->kind == SIGHTING_MESSAGE || s->kind == SIGHTING_OFFER;
}

/* Written to strangers and to nobody else. */
static inline bool sighting_only_strangers(const struct sighting *s)
{
	return s->strangers > 0 && s->known + s->colleagues == 0;
}

#endif

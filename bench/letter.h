/* letter.h - one invented message as the three files that Exim keeps of it, and what is true of it.
 *
 * The forms are those of Exim 4.96 (ids of 16 characters) and of 4.97 and later (23): order and
 * names of the options as spool_write_header() writes them, seen in files of a real 4.96. */
#ifndef STANCH_BENCH_LETTER_H
#define STANCH_BENCH_LETTER_H

#include "invent.h"

enum {
	LETTER_ID_MAX = 23,
	LETTER_RECIPIENTS_MAX = 100,
	LETTER_FILE_MAX = 1 << 16, /* bytes of each of the three files */
	LETTER_MESSAGES_MAX = 4000000
};

enum letter_class { LETTER_HIJACKED, LETTER_HONEST, LETTER_RELAYED, LETTER_BOUNCE };

/* What all messages of a spool share. The same values of the first block give the same messages. */
struct world {
	uint64_t seed;
	uint32_t messages, hijacked, honest; /* how many messages, and accounts of either sort */
	int64_t newest, span;                /* seconds since 1970; seconds before it */
	bool new_ids;

	struct account *accounts; /* owned: the hijacked ones, then the honest ones */
	struct ranks culprits, recipients;
	struct prose prose;
};

/* Fills the rest of a world whose first block is set. Ends the process when there is no memory. */
void world_furnish(struct world *w);
void world_free(struct world *w);

/* Sources are numbered: the accounts, then INVENT_RELAYS_MAX relaying hosts, then bounces. */
uint32_t world_sources(const struct world *w);
enum letter_class world_source_class(const struct world *w, uint32_t source);
const char *letter_class_name(enum letter_class class);

/* "mailbox:…", "login:…", "host:…" or "bounce:local", as stanch names it. */
void world_source_name(const struct world *w, uint32_t source, char at[80]);

/* Whose message, and how much of it is done. */
struct letter_facts {
	uint32_t source;
	uint16_t recipients, delivered;
	bool frozen;
	uint32_t header_bytes, data_bytes; /* of -H and -D */
};

/* One message; made again and again in the same memory. */
struct letter {
	char id[LETTER_ID_MAX + 1];
	struct letter_facts facts;
	struct ink header, data, log;

	/* private */
	struct ink names; /* the recipients, each with a NUL */
	const char *recipients[LETTER_RECIPIENTS_MAX], *delivered[LETTER_RECIPIENTS_MAX];
};

/* Ends the process when there is no memory. */
struct letter *letter_new(void);
void letter_free(struct letter *l); /* NULL is fine */

/* The id alone: cheap. number is 0 to messages - 1, in order of arrival; no two ids are the same.
 */
void letter_id(const struct world *w, uint32_t number, char at[LETTER_ID_MAX + 1]);
void letter_write(const struct world *w, uint32_t number, struct letter *l);

#endif

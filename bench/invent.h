/* invent.h - people, addresses and texts that do not exist. Names end in .example or .test
 * (RFC 2606), addresses lie in 198.18.0.0/15 (RFC 2544) and 203.0.113.0/24 (RFC 5737). */
#ifndef STANCH_BENCH_INVENT_H
#define STANCH_BENCH_INVENT_H

#include "chance.h"
#include "ink.h"

#include <netinet/in.h>

#define INVENT_HOST "mx1.hosting.example" /* the server whose spool it is */

/* Longest address that invent_stranger() writes. */
#define INVENT_ADDRESS_MAX 79

/* The client addresses that relay without a login: 203.0.113.1 and up. */
#define INVENT_RELAYS_MAX 254

/* Whose mail it is. A script's account is a system login that submits locally; the others log in
 * by SMTP AUTH and their id is a mailbox. */
struct account {
	char id[64];
	char address[96];
	bool script;
	uint32_t uid;
	const char *authenticator, *mechanism;
	uint32_t campaign; /* which text it sends */
};

/* Account number k; hijacked ones and honest ones are two rows of their own. Every tenth hijacked
 * one is a script's. No two accounts have the same id. */
void invent_account(struct account *ret, uint64_t seed, uint32_t k, bool hijacked);

/* Somebody elsewhere, lower case. */
void invent_stranger(struct ink *o, struct chance *c);
void invent_word(struct ink *o, struct chance *c);
void invent_client(char at[INET_ADDRSTRLEN], struct chance *c);
void invent_relay(char at[INET_ADDRSTRLEN], uint32_t k);
void invent_subject(struct ink *o, uint32_t campaign, struct chance *c);

/* The certificate of INVENT_HOST as -tls_ourcert writes it: on one line, line ends as the two
 * characters \n. It is a real one, because Exim parses it each time it reads the file. */
extern const char invent_certificate[];

/* Text in lines, to cut bodies from. */
struct prose {
	char *text;       /* owned */
	uint32_t *starts; /* owned; lines + 1 of them, the last is the length */
	uint32_t lines;
};

/* Ends the process when there is no memory. */
struct prose prose_new(uint64_t seed);
void prose_free(struct prose *p);

/* Writes whole lines, at least `least` bytes (32 KiB at most); returns how many lines. */
uint32_t prose_cut(const struct prose *p, struct ink *o, uint32_t first_line, uint32_t least);

#endif

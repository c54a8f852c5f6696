/* domains.h - asks Exim which domains are hosted here. The list may be a file, a database or an
 * expression of any kind: only Exim can say.
 *
 * Source: Exim specification, "Command line options": -be. A process that is started with it
 * expands each line it is given and answers at once, so that one of them serves for all questions:
 * the next one costs a line, not the 10 ms that Exim takes to start. */
#ifndef STANCH_SYSTEMS_EXIM_DOMAINS_H
#define STANCH_SYSTEMS_EXIM_DOMAINS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "facts/hosted.h"
#include "systems/exim/question.h"

#include <stddef.h>

/* An Exim that waits for questions. It keeps what it looked up, so it is for minutes, not for days.
 */
struct exim_domains;
void exim_domains_free(struct exim_domains *d); /* NULL is fine; ends Exim */
AUTO_FREE(exim_domains)

/* Starts Exim and returns at once, so that other work can go on while it starts. 0 and
 * *ret_domains; or fills *problem and returns a negative errno. */
MUST_USE int exim_domains_begin(const struct exim_program *program,
	struct exim_domains **ret_domains, struct problem *problem);

/* Whether each of the domains is in Exim's list local_domains.
 * Only names made of [a-z0-9.-], 1 to 253 bytes, are ever asked, because the question is an
 * expression of Exim's language; all others are HOSTED_NO: no list of domains can hold them.
 * Always fills ret_hosted[0..count-1]. 0, or a negative errno and *problem when some that were
 * asked are HOSTED_UNKNOWN. */
MUST_USE int exim_domains_ask(struct exim_domains *d, const char *const *domains, size_t count,
	enum hosted *ret_hosted, struct problem *problem);

#endif

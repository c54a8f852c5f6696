#include "programs/daemon/domain_lookup.h"

#include "base/memory.h"
#include "programs/daemon/events.h"
#include "systems/exim/domains.h"

#include <stdlib.h>
#include <string.h>

#define MOST     2000 /* questions in a minute */
#define IDLE_MS  2000 /* without a question Exim is let go: it keeps what it looked up */
#define AGAIN_MS 200  /* between two beginnings */

struct domain_lookup {
	const struct daemon_part *part;
	struct loop *loop;
	struct exim_domains *exim; /* NULL: not running */
	int64_t used_ms, minute;
	unsigned left;
};

struct domain_lookup *domain_lookup_new(const struct daemon_part *part, struct loop *loop)
{
	struct domain_lookup *d = memory_new(1, sizeof(*d));

	d->part = part;
	d->loop = loop;
	d->used_ms = -AGAIN_MS;
	d->left = MOST;
	return d;
}

static void let_go(struct domain_lookup *d)
{
	exim_domains_free(d->exim);
	d->exim = NULL;
}

void domain_lookup_free(struct domain_lookup *d)
{
	if (d == NULL)
		return;
	let_go(d);
	free(d);
}

static void trouble(struct domain_lookup *d, const struct problem *problem)
{
	EVENT_LOG(d->part->log, EVENT_DOMAINS_TROUBLE, loop_now_ms(d->loop),
		event_text("error", slice_of(problem->text)));
}

static bool is_running(struct domain_lookup *d)
{
	const struct exim_program program = {
		d->part->plan->exim, d->part->plan->global.exim_config};
	struct problem problem = {0};

	if (d->exim != NULL)
		return true;
	if (program.path == NULL || loop_now_ms(d->loop) - d->used_ms < AGAIN_MS)
		return false;
	d->used_ms = loop_now_ms(d->loop);
	if (exim_domains_begin(&program, &d->exim, &problem) < 0)
		trouble(d, &problem);
	return d->exim != NULL;
}

void domain_lookup_ask(struct domain_lookup *d, struct ledger *ledger, struct slice domain)
{
	char name[256];
	const char *names[] = {name};
	enum hosted hosted = HOSTED_UNKNOWN;
	struct problem problem = {0};

	if (domain.len == 0 || domain.len >= sizeof(name) || d->left == 0 || !is_running(d))
		return;
	d->used_ms = loop_now_ms(d->loop);
	d->left--;
	memcpy(name, domain.at, domain.len);
	name[domain.len] = '\0';
	if (exim_domains_ask(d->exim, names, 1, &hosted, &problem) < 0) {
		trouble(d, &problem);
		let_go(d);
	}
	if (hosted != HOSTED_UNKNOWN)
		ledger_set_hosted(ledger, domain, hosted);
}

void domain_lookup_tick(struct domain_lookup *d)
{
	int64_t now = loop_now_ms(d->loop);

	if (d->minute != now / 60000)
		d->left = MOST;
	d->minute = now / 60000;
	if (d->exim != NULL && now - d->used_ms > IDLE_MS)
		let_go(d);
}

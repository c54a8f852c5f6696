/* Laws: what is read is within its bounds and printable, reading it twice gives the same, and what
 * is refused is said. */
#include "formats/rspamd_reply.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void check(const struct rspamd_reply *r)
{
	must(isfinite(r->score) && fabs(r->score) <= RSPAMD_SCORE_MOST);
	must(isfinite(r->required_score) && fabs(r->required_score) <= RSPAMD_SCORE_MOST);
	size_t len = strnlen(r->action, sizeof(r->action));
	must(len < sizeof(r->action));
	for (size_t i = 0; i < len; i++)
		must((unsigned char)r->action[i] >= ' ' && r->action[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};
	struct rspamd_reply a = {0}, b = {0};
	struct problem p = {0};
	int err = rspamd_reply_read(body, &a, &p);

	must(rspamd_reply_read(body, &b, NULL) == err);
	must((err == 0) == (p.text[0] == '\0'));
	if (err != 0)
		return 0;
	check(&a);
	must(fabs(a.score - b.score) <= 0 && strcmp(a.action, b.action) == 0);
	return 0;
}

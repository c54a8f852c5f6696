/* Laws: reading twice gives the same, what is refused is said and leaves the answer alone, and an
 * error has no rows and can be printed. */
#include "formats/doveadm_reply.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int reader(struct slice, struct slice, struct doveadm_reply *, struct problem *);

static void must(bool law)
{
	if (!law)
		abort();
}

static void check(reader *read, struct slice body)
{
	const struct slice mailbox = slice_of("ann@shop.test");
	struct doveadm_reply a = {.own = 77}, b = {0};
	struct problem p = {0};
	int err = read(body, mailbox, &a, &p);

	must(read(body, mailbox, &b, NULL) == err);
	must((err == 0) == (p.text[0] == '\0'));
	must(err == 0 || a.own == 77);
	if (err != 0)
		return;
	must(a.own == b.own && a.others == b.others && a.exit_code == b.exit_code);
	must(a.own + a.others <= body.len);
	must(a.is_shared == b.is_shared && (!a.is_shared || (a.own > 0 && a.others > 0)));
	must(a.exit_code >= 0 && a.exit_code <= 255);
	size_t len = strnlen(a.error, sizeof(a.error));
	must(len < sizeof(a.error) && (len == 0 || a.own + a.others == 0));
	for (size_t i = 0; i < len; i++)
		must((unsigned char)a.error[i] >= ' ' && a.error[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};

	check(doveadm_reply_read, body);
	check(doveadm_table_read, body);
	return 0;
}

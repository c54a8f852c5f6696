/* Laws: what is refused is said, in printable text; one answer is not both a success and a list
 * with an error. */
#include "formats/directadmin_reply.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void check(int err, const struct problem *p)
{
	must((err == 0) == (p->text[0] == '\0'));
	for (const char *c = p->text; *c != '\0'; c++)
		must((unsigned char)*c >= ' ' && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};
	struct problem a = {0}, b = {0};
	bool suspended = false;
	int done = directadmin_reply_read(body, &a);
	int found = directadmin_mailbox_find(body, slice_of("ann"), &suspended, &b);

	check(done, &a);
	check(found, &b);
	must(found == 0 || !suspended);
	must(!(strstr(a.text, "says no") != NULL && found == 0));
	return 0;
}

/* Laws: what is refused is said, in printable text; what is kept is within its bounds; reading it
 * twice gives the same. */
#include "formats/plesk_reply.h"

#include <stdbool.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void check_printable(const char *text)
{
	for (; *text != '\0'; text++)
		must((unsigned char)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};
	struct plesk_reply a = {0}, b = {0};
	struct problem p = {0};
	int err = plesk_reply_read(body, &a, &p);

	must(plesk_reply_read(body, &b, NULL) == err);
	must((err == 0) == (p.text[0] == '\0'));
	must(a.settings == b.settings && strcmp(a.name, b.name) == 0 && strcmp(a.id, b.id) == 0);
	check_printable(p.text);
	check_printable(a.name);
	must(strspn(a.id, "0123456789") == strlen(a.id));
	return 0;
}

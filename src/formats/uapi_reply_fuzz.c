/* Laws: what is refused is said, in printable text; what is taken as a success of both layers is
 * one of the lesser demand, too. */
#include "formats/uapi_reply.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static bool is_read(struct slice body, enum uapi_reply_kind kind)
{
	struct problem p = {0};
	struct uapi_mailbox box;
	json_t *data = NULL;
	int err = uapi_reply_read(body, kind, &data, &p);

	must((err == 0) == (p.text[0] == '\0') && (err == 0) == (data != NULL));
	for (const char *c = p.text; *c != '\0'; c++)
		must((unsigned char)*c >= ' ' && *c != 0x7f);
	if (err == 0)
		(void)!uapi_mailbox_find(data, slice_of("a@b.test"), &box, NULL);
	json_decref(data);
	return err == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};
	bool in_whm = is_read(body, UAPI_IN_WHM);

	must(!in_whm || is_read(body, UAPI_EITHER));
	must(!in_whm || is_read(body, UAPI_WHM));
	(void)is_read(body, UAPI_ALONE);
	return 0;
}

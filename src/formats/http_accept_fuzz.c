/* Laws: a weight is within its bounds, a range in front that fits exactly is wanted, and only what
 * is named in some way is. */
#include "formats/http_accept.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_type plain = {"text", "plain", "0.0.4"};
static const char wanted[] = "text/plain,";

static void must(bool law)
{
	if (!law)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice field = {(const char *)data, size};
	unsigned weight = http_accept_weight(field, &plain);

	must(weight <= HTTP_ACCEPT_MOST);
	must(weight == 0 || slice_trim(field).len == 0 || slice_find(field, '/') < field.len);

	must(http_accept_coding(field, "gzip") <= HTTP_ACCEPT_MOST);
	char *both = malloc(sizeof(wanted) + size);
	if (both == NULL)
		return 0;
	memcpy(both, wanted, sizeof(wanted) - 1);
	if (size > 0)
		memcpy(both + sizeof(wanted) - 1, data, size);
	must(http_accept_weight((struct slice){both, sizeof(wanted) - 1 + size}, &plain) ==
		HTTP_ACCEPT_MOST);
	free(both);
	return 0;
}

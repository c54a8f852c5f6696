/* Laws: what is found lies within the field, behind its name, has no ';' in it, and is found no
 * more when the same cookie is put in front. */
#include "formats/http_cookie.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char front[] = "stanch=00;";

static void must(bool law)
{
	if (!law)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice field = {(const char *)data, size}, value = {0};

	if (!http_cookie_find(field, "stanch", &value))
		return 0;
	must(value.len < size && slice_find(value, ';') == value.len);
	must(value.len == 0 || (value.at > field.at && value.at + value.len <= field.at + size));
	char *both = malloc(sizeof(front) + size);
	if (both == NULL)
		return 0;
	memcpy(both, front, sizeof(front) - 1);
	memcpy(both + sizeof(front) - 1, data, size);
	must(!http_cookie_find((struct slice){both, sizeof(front) - 1 + size}, "stanch", &value));
	free(both);
	return 0;
}

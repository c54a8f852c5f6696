/* Law: what is read is written again to the same bytes, and its file's name is a plain one. */
#include "systems/exim/refusal_line.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = {(const char *)data, size};
	struct refusal r;
	char line[REFUSAL_LINE_MAX], name[REFUSAL_NAME_MAX];

	if (refusal_read_line(text, &r) < 0)
		return 0;
	if (!slice_equal(slice_of(refusal_write_line(&r, line)), text))
		abort();
	const char *hash = strchr(refusal_file_name(&r.source, name), '/');
	if (hash == NULL || strspn(hash + 1, "0123456789ABCDEF") != 64 || strlen(hash) != 65)
		abort();
	return 0;
}

/* The law of links.h: hosts come one after the other out of the text, each has a dot and ends where
 * a name can end, and what is registered of it is its end. */
#include "formats/links.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size}, host;
	const char *end = (const char *)data, *all = end + size;

	while (links_next(&rest, &host)) {
		must(host.at >= end && host.at + host.len <= all);
		must(host.len >= 3 && host.len <= 253);
		must(slice_find(host, '.') < host.len && host.at[host.len - 1] != '.');
		end = host.at + host.len;
		must(rest.at == end || rest.len == 0);

		struct slice registered = links_registered(host);
		must(registered.at + registered.len == end && registered.at >= host.at);
	}
	return 0;
}

/* Laws: what is read is within the bounds, is text without control characters, has names that are
 * not empty and stand there once, and what is refused is empty. */
#include "formats/http_query.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void check_text(const struct http_query *query, const char *text)
{
	must(text >= query->text && text < query->text + sizeof(query->text));
	for (; *text != '\0'; text++)
		must((unsigned char)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_query query;
	int err = http_query_read((struct slice){(const char *)data, size}, &query);

	must(query.count <= HTTP_QUERY_PAIRS);
	must(err == 0 || query.count == 0);
	for (size_t i = 0; i < query.count; i++) {
		check_text(&query, query.at[i].name);
		check_text(&query, query.at[i].value);
		must(query.at[i].name[0] != '\0');
		must(http_query_value(&query, query.at[i].name) == query.at[i].value);
	}
	return 0;
}

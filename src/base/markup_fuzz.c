/* Laws: what is encoded holds no byte that begins markup or ends an attribute, but the entities
 * that stand for them; it is text without controls; and two different texts never become the same.
 */
#include "base/markup.h"
#include "base/printable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static char *encoded(struct slice raw, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	must(out != NULL);
	markup_write(out, raw);
	must(fclose(out) == 0);
	return text;
}

static size_t entity_length(struct slice s)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (slice_starts(s, entities[i]))
			return strlen(entities[i]);
	return 0;
}

static void check(struct slice s)
{
	while (s.len > 0) {
		size_t n = s.at[0] == '&' ? entity_length(s) : printable_utf8_length(s);

		must(n > 0);
		must(strchr("<>\"'", s.at[0]) == NULL);
		must((unsigned char)s.at[0] >= ' ' && s.at[0] != 0x7f);
		s = slice_after(s, n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice whole = {(const char *)data, size};
	const struct slice one = slice_first(whole, size / 2), other = slice_after(whole, size / 2);
	size_t one_len, other_len;
	char *a = encoded(one, &one_len), *b = encoded(other, &other_len);

	check((struct slice){a, one_len});
	check((struct slice){b, other_len});
	if (!slice_equal(one, other))
		must(one_len != other_len || memcmp(a, b, one_len) != 0);
	free(a);
	free(b);
	return 0;
}

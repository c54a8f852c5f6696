/* Laws: what is left without our lines of a key has none of them any more, and nothing was added;
 * our line for a key is found by that key, behind any text that does not have it.
 *
 * The input: the key, LF, the text. */
#include "systems/exim/lsearch_text.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size}, key;
	char line[LSEARCH_LINE_MAX];
	bool ours = false;

	if (!slice_take_line(&text, &key) || lsearch_write_line(key, line) < 0)
		return 0;

	char *at = memory_new(text.len + 1 + LSEARCH_LINE_MAX, 1);
	size_t n = lsearch_without(text, key, at);
	bool had = lsearch_has((struct slice){at, n}, key, &ours);

	must(n <= text.len && (!had || !ours));
	if (!had) {
		size_t line_len = strlen(line);

		at[n++] = '\n';
		for (size_t i = 0; i < line_len; i++)
			at[n++] = line[i];
		must(lsearch_has((struct slice){at, n}, key, &ours) && ours);
		must(lsearch_without((struct slice){at, n}, key, at) == n - line_len);
	}
	free(at);
	return 0;
}

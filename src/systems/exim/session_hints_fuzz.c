/* Laws: a hint has a process or a port, and one line makes no hint for two mailboxes. */
#include "systems/exim/session_hints.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SINCE 1000000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static struct session_hints *read_all(struct slice rest, const struct source *mailbox)
{
	struct session_hints *h = session_hints_new(mailbox, SINCE);
	struct slice line;

	while (slice_take_line(&rest, &line)) {
		/* of its own length, so that the sanitizer sees a byte read behind it */
		char *copy = malloc(line.len + 1);
		if (line.len > 0)
			memcpy(copy, line.at, line.len);
		session_hints_line(h, (struct slice){copy, line.len});
		free(copy);
	}
	session_hints_line(h, rest);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct source mailbox;
	size_t count, other_count;

	source_set(&mailbox, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	struct session_hints *h = read_all(text, &mailbox);
	const struct session_hint *hints = session_hints_all(h, &count);
	for (size_t i = 0; i < count; i++)
		must(hints[i].pid != 0 || hints[i].peer.port != 0);
	must(count <= SESSION_HINTS_MOST);

	source_set(&mailbox, SOURCE_MAILBOX, slice_of("bob@shop.test"));
	struct session_hints *other = read_all(text, &mailbox);
	(void)session_hints_all(other, &other_count);
	must(count + other_count <= size / 20 + 1);
	session_hints_free(other);
	session_hints_free(h);
	return 0;
}

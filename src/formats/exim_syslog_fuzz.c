/* Laws: what is handed out lies inside the line or is one of the joiner's; pieces made of a text
 * give that text back, whatever else came before. */
#include "formats/exim_syslog.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

/* As Exim cuts a long entry. */
static void check_round(struct exim_syslog_joiner *j, struct slice text)
{
	enum { PIECE = 870 };
	unsigned pieces = (unsigned)((text.len + PIECE - 1) / PIECE);
	struct slice line = {0};
	char piece[PIECE + 32];

	if (text.len > EXIM_LOG_LINE_MAX || pieces < 2)
		return;
	for (unsigned i = 1; i <= pieces; i++) {
		struct slice part = slice_first(slice_after(text, (size_t)(i - 1) * PIECE), PIECE);
		int n = snprintf(piece, sizeof(piece), "[%u/%u] ", i, pieces);

		memcpy(piece + n, part.at, part.len);
		int got =
			exim_syslog_join(j, 1, (struct slice){piece, (size_t)n + part.len}, &line);
		must(got == (i == pieces ? 1 : 0));
	}
	must(slice_equal(line, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size}, line, whole;
	struct exim_syslog_joiner *j = calloc(1, sizeof(*j));
	struct exim_syslog s;

	while (slice_take_line(&rest, &line)) {
		if (exim_syslog_strip(line, slice_of("exim"), &s) != 0)
			s = (struct exim_syslog){.pid = 1, .text = line};
		must(s.text.len <= line.len);
		int got = exim_syslog_join(j, s.pid, s.text, &whole);
		must(got <= 1 && (got != 1 || whole.len <= (s.text.len > EXIM_LOG_LINE_MAX
									   ? s.text.len
									   : EXIM_LOG_LINE_MAX)));
	}
	check_round(j, (struct slice){(const char *)data, size});
	free(j);
	return 0;
}

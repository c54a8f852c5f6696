/* Laws: the pieces of a name lie inside it; a pattern's own expansion is a live name of it; the
 * order of two names turns round with them, and that of three is no circle.
 *
 * The input is lines: the pattern, then up to three names. */
#include "formats/log_name.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void inside(struct slice whole, struct slice part)
{
	must(part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len));
}

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

static void expansion_is_its_own(struct slice pattern)
{
	struct tm day = {.tm_year = 126, .tm_mon = 10, .tm_mday = 23};
	char at[256];
	struct log_name name;

	if (log_name_expand(pattern, &day, at, sizeof(at)) != 0)
		return;
	if (memchr(pattern.at, '\0', pattern.len) != NULL)
		return;
	must(log_name_parse(pattern, slice_of(at), &name));
	must(name.kind == LOG_NAME_LIVE && !name.packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size}, pattern, line;
	struct log_name names[3];
	size_t n = 0;

	if (!slice_take_line(&rest, &pattern) || pattern.len == 0)
		return 0;
	expansion_is_its_own(pattern);
	while (n < 3 && slice_take_line(&rest, &line)) {
		if (!log_name_parse(pattern, line, &names[n]))
			continue;
		inside(line, names[n].stamp);
		inside(line, names[n].rotation);
		must(log_name_order(&names[n], &names[n]) == 0);
		n++;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			must(sign(log_name_order(&names[i], &names[j])) ==
				-sign(log_name_order(&names[j], &names[i])));
	if (n == 3) {
		int ab = sign(log_name_order(&names[0], &names[1]));
		int bc = sign(log_name_order(&names[1], &names[2]));
		int ac = sign(log_name_order(&names[0], &names[2]));
		must(ab != bc || ac == ab);
	}
	return 0;
}

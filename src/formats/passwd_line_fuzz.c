/* Laws: what is found lies in the text, and when another password is put in its place, that one is
 * found and all else is as it was. */
#include "base/memory.h"
#include "formats/passwd_line.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static bool is_inside(struct slice part, struct slice whole)
{
	return part.at >= whole.at && part.at + part.len <= whole.at + whole.len;
}

static void check_replaced(struct slice text, struct slice user, const struct passwd_line *line)
{
	static const char hash[] = "{SHA512-CRYPT}$6$new";
	size_t before = (size_t)(line->password.at - text.at);
	size_t behind = text.len - before - line->password.len;
	size_t len = before + sizeof(hash) - 1 + behind;
	char *copy = memory_new(len + 1, 1);
	struct passwd_line again;

	memcpy(copy, text.at, before);
	memcpy(copy + before, hash, sizeof(hash) - 1);
	memcpy(copy + before + sizeof(hash) - 1, line->password.at + line->password.len, behind);
	must(passwd_text_find((struct slice){copy, len}, user, &again, NULL) == 0);
	must(slice_is(again.password, hash));
	must(slice_equal(again.extra, line->extra) && slice_equal(again.user, line->user));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct slice user = slice_of("ann@shop.test");
	struct passwd_line line = {0};
	struct problem p = {0};

	/* The first line of the text may name another one. */
	if (size > 0 && text.at[0] == '=') {
		user = slice_after(slice_first(text, slice_find(text, '\n')), 1);
		text = slice_after(text, slice_find(text, '\n') + 1);
	}
	int err = passwd_text_find(text, user, &line, &p);
	must((err == 0) == (p.text[0] == '\0'));
	if (err != 0)
		return 0;
	must(slice_equal(line.user, user) && line.password.at != NULL);
	must(is_inside(line.user, text) && is_inside(line.password, text));
	must(slice_find(line.password, ':') == line.password.len);
	must(slice_find(line.password, '\n') == line.password.len);
	(void)passwd_line_is_locked(&line);
	(void)passwd_line_has_extra(&line, "nopassword");
	check_replaced(text, user, &line);
	return 0;
}

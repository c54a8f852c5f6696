/* Laws: what is good stays good when a user is put into it or removed from it, and nobody else's
 * line changes. */
#include "formats/page_users.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static size_t count_of(struct slice text)
{
	struct page_user user;
	unsigned line = 0;
	size_t count = 0;

	while (page_users_next(&text, &line, &user) > 0)
		count++;
	return count;
}

/* Each of `before` but that name is in `after`, as it was. */
static void check_others(struct slice before, struct slice after, struct slice name)
{
	struct page_user user, same;
	unsigned line = 0;

	while (page_users_next(&before, &line, &user) > 0) {
		if (slice_equal(user.name, name))
			continue;
		must(page_users_find(after, user.name, &same));
		must(slice_equal(user.line, same.line));
	}
}

static void check_changes(struct slice text, const struct page_user *user)
{
	struct page_user found;
	bool was_there = page_users_find(text, user->name, &found);
	size_t count = count_of(text);
	char *with = page_users_put(text, user);

	must(count_of(slice_of(with)) == count + !was_there);
	must(page_users_find(slice_of(with), user->name, &found));
	must(found.way == user->way && found.role == user->role);
	check_others(text, slice_of(with), user->name);
	char *without = page_users_remove(slice_of(with), user->name);
	must(without != NULL && !page_users_find(slice_of(without), user->name, &found));
	must(count_of(slice_of(without)) == count_of(slice_of(with)) - 1);
	check_others(text, slice_of(without), user->name);
	free(with);
	free(without);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size}, rest = text;
	const struct page_user ann = {
		.name = slice_of("ann"), .role = PAGE_OPERATOR, .way = PAGE_PROXY};
	struct page_user user;
	struct problem p = {0};
	unsigned line = 0;
	int err = page_users_check(text, &p);

	must((err == 0) == (p.text[0] == '\0'));
	if (err != 0)
		return 0;
	check_changes(text, &ann);
	if (page_users_next(&rest, &line, &user) > 0)
		check_changes(text, &user);
	return 0;
}

#include "formats/page_users.h"

#include "base/memory.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_MAX 256 /* bytes of a password's */

static const char *const role_names[PAGE_ROLES] = {"reader", "operator"};
static const char *const way_names[PAGE_WAYS] = {"password", "proxy", "token"};

const char *page_role_name(enum page_role role)
{
	return role_names[role];
}

const char *page_way_name(enum page_way way)
{
	return way_names[way];
}

bool page_role_read(struct slice text, enum page_role *ret)
{
	for (int i = 0; i < PAGE_ROLES; i++) {
		if (!slice_is(text, role_names[i]))
			continue;
		*ret = (enum page_role)i;
		return true;
	}
	return false;
}

static bool read_way(struct slice text, enum page_way *ret)
{
	for (int i = 0; i < PAGE_WAYS; i++) {
		if (!slice_is(text, way_names[i]))
			continue;
		*ret = (enum page_way)i;
		return true;
	}
	return false;
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (slice_lower(c) >= 'a' && slice_lower(c) <= 'z');
}

bool page_users_is_name(struct slice name)
{
	if (name.len == 0 || name.len > PAGE_USERS_NAME_MAX || !is_alphanumeric(name.at[0]))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!is_alphanumeric(name.at[i]) &&
			(name.at[i] == '\0' || strchr("._-+@", name.at[i]) == NULL))
			return false;
	return true;
}

void page_users_token_hash(struct slice token, char at[PAGE_TOKEN_HASH])
{
	unsigned char sum[(PAGE_TOKEN_HASH - 1) / 2];

	(void)crypto_generichash(
		sum, sizeof(sum), (const unsigned char *)token.at, token.len, NULL, 0);
	(void)sodium_bin2hex(at, PAGE_TOKEN_HASH, sum, sizeof(sum));
}

static bool is_token_hash(struct slice hash)
{
	for (size_t i = 0; i < hash.len; i++)
		if (!(hash.at[i] >= '0' && hash.at[i] <= '9') &&
			!(hash.at[i] >= 'a' && hash.at[i] <= 'f'))
			return false;
	return hash.len == PAGE_TOKEN_HASH - 1;
}

/* What crypt(5) writes: printable ASCII without blanks, ':', ';', '*', '!' and '\'. */
static bool is_password_hash(struct slice hash)
{
	if (hash.len < 8 || hash.len > HASH_MAX || hash.at[0] != '$')
		return false;
	for (size_t i = 0; i < hash.len; i++)
		if (hash.at[i] <= ' ' || hash.at[i] > '~' || strchr(":;*!\\", hash.at[i]) != NULL)
			return false;
	return true;
}

static bool fits(enum page_way way, struct slice hash)
{
	if (way == PAGE_PASSWORD)
		return is_password_hash(hash);
	return way == PAGE_TOKEN ? is_token_hash(hash) : hash.len == 0;
}

/* The field in front of the next colon, which is taken off. false: there is no colon. */
static bool take_field(struct slice *rest, struct slice *ret)
{
	size_t colon = slice_find(*rest, ':');

	if (colon == rest->len)
		return false;
	*ret = (struct slice){rest->at, colon};
	*rest = (struct slice){rest->at + colon + 1, rest->len - colon - 1};
	return true;
}

static bool read_line(struct slice line, struct page_user *ret)
{
	struct page_user user = {.line = line};
	struct slice role, way;

	if (!take_field(&line, &user.name) || !take_field(&line, &role) || !take_field(&line, &way))
		return false;
	user.hash = line;
	if (!page_users_is_name(user.name) || !page_role_read(role, &user.role) ||
		!read_way(way, &user.way) || !fits(user.way, user.hash))
		return false;
	*ret = user;
	return true;
}

/* The last line may lack its LF. */
static bool take_any_line(struct slice *rest, struct slice *ret)
{
	if (slice_take_line(rest, ret))
		return true;
	*ret = *rest;
	*rest = (struct slice){0};
	return ret->len > 0;
}

static bool is_remark(struct slice line)
{
	return line.len == 0 || line.at[0] == '#';
}

int page_users_next(struct slice *rest, unsigned *line, struct page_user *ret)
{
	struct slice bytes;

	while (take_any_line(rest, &bytes)) {
		++*line;
		if (slice_find(bytes, '\0') < bytes.len)
			return -EBADMSG;
		if (!is_remark(bytes))
			return read_line(bytes, ret) ? 1 : -EBADMSG;
	}
	return 0;
}

int page_users_check(struct slice text, struct problem *problem)
{
	struct slice rest = text;
	struct page_user user, first;
	unsigned line = 0;
	size_t count = 0;
	int got;

	while ((got = page_users_next(&rest, &line, &user)) > 0) {
		if (++count > PAGE_USERS_MOST)
			return problem_set(problem, -EBADMSG,
				"line %u: there are more than %d users", line, PAGE_USERS_MOST);
		if (page_users_find(text, user.name, &first) && first.line.at != user.line.at)
			return problem_set(problem, -EBADMSG,
				"line %u: the same name stands in an earlier line", line);
	}
	if (got < 0)
		return problem_set(problem, got,
			"line %u: is no user: it wants NAME:ROLE:password:HASH, NAME:ROLE:proxy: "
			"or "
			"NAME:ROLE:token:HASH",
			line);
	return 0;
}

bool page_users_find(struct slice text, struct slice name, struct page_user *ret)
{
	struct page_user user;
	unsigned line = 0;

	while (page_users_next(&text, &line, &user) > 0) {
		if (!slice_equal(user.name, name))
			continue;
		*ret = user;
		return true;
	}
	return false;
}

bool page_users_find_token(
	struct slice text, const char hash[PAGE_TOKEN_HASH], struct page_user *ret)
{
	struct page_user user;
	unsigned line = 0;
	bool found = false;

	while (page_users_next(&text, &line, &user) > 0) {
		if (user.way != PAGE_TOKEN ||
			sodium_memcmp(user.hash.at, hash, PAGE_TOKEN_HASH - 1) != 0)
			continue;
		*ret = user;
		found = true;
	}
	return found;
}

/* ---- changing it ---- */

struct writer {
	char *at;
	size_t len;
};

static void add(struct writer *w, struct slice bytes)
{
	if (bytes.len == 0)
		return;
	memcpy(w->at + w->len, bytes.at, bytes.len);
	w->len += bytes.len;
}

static void add_user(struct writer *w, const struct page_user *user)
{
	const struct slice colon = slice_of(":");

	add(w, user->name);
	add(w, colon);
	add(w, slice_of(page_role_name(user->role)));
	add(w, colon);
	add(w, slice_of(page_way_name(user->way)));
	add(w, colon);
	add(w, user->hash);
}

/* With user's line in the place of `old`, of which the LF goes with it when user is NULL. */
static char *replace(struct slice text, struct slice old, const struct page_user *user)
{
	struct writer w = {0};
	size_t before = (size_t)(old.at - text.at);
	struct slice behind = slice_after(text, before + old.len);

	w.at = memory_new(text.len + 128 + (user != NULL ? user->name.len + user->hash.len : 0), 1);
	add(&w, slice_first(text, before));
	if (user != NULL)
		add_user(&w, user);
	else
		behind = slice_after(behind, 1);
	add(&w, behind);
	return w.at;
}

char *page_users_put(struct slice text, const struct page_user *user)
{
	struct page_user old;
	struct writer w = {0};

	if (page_users_find(text, user->name, &old))
		return replace(text, old.line, user);
	w.at = memory_new(text.len + user->name.len + user->hash.len + 128, 1);
	add(&w, text);
	if (text.len > 0 && text.at[text.len - 1] != '\n')
		add(&w, slice_of("\n"));
	add_user(&w, user);
	add(&w, slice_of("\n"));
	return w.at;
}

char *page_users_remove(struct slice text, struct slice name)
{
	struct page_user old;

	return page_users_find(text, name, &old) ? replace(text, old.line, NULL) : NULL;
}

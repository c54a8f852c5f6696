#include "programs/daemon/page_sessions.h"

#include "base/memory.h"
#include "base/secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BYTES ((PAGE_ID - 1) / 2)

struct entry {
	struct page_session session;   /* name "": it is free */
	unsigned char hash[BYTES];     /* of the id */
	char mark[PASSWORD_HASH_MARK]; /* of the line of its user */
	int64_t used;
};

struct page_sessions {
	int64_t lasting, idle;
	struct entry entries[PAGE_SESSIONS_MOST];
};

void page_id_make(char at[PAGE_ID])
{
	unsigned char bytes[BYTES];

	if (sodium_init() < 0)
		abort();
	randombytes_buf(bytes, sizeof(bytes));
	(void)sodium_bin2hex(at, PAGE_ID, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
}

bool page_id_is(const char id[PAGE_ID], struct slice given)
{
	return given.len == PAGE_ID - 1 && sodium_memcmp(id, given.at, PAGE_ID - 1) == 0;
}

struct page_sessions *page_sessions_new(int64_t lasting, int64_t idle)
{
	struct page_sessions *s = memory_new(1, sizeof(*s));

	s->lasting = lasting;
	s->idle = idle;
	return s;
}

static void clear(struct entry *e)
{
	secret_wipe(e, sizeof(*e));
}

void page_sessions_free(struct page_sessions *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < PAGE_SESSIONS_MOST; i++)
		clear(&s->entries[i]);
	free(s);
}

static bool is_free(const struct entry *e)
{
	return e->session.name[0] == '\0';
}

static bool is_over(const struct page_sessions *s, const struct entry *e, int64_t now)
{
	return now >= e->session.ends || now - e->used >= s->idle;
}

static void drop_ended(struct page_sessions *s, int64_t now)
{
	for (size_t i = 0; i < PAGE_SESSIONS_MOST; i++)
		if (!is_free(&s->entries[i]) && is_over(s, &s->entries[i], now))
			clear(&s->entries[i]);
}

size_t page_sessions_count(const struct page_sessions *s, int64_t now)
{
	size_t count = 0;

	for (size_t i = 0; i < PAGE_SESSIONS_MOST; i++)
		count += !is_free(&s->entries[i]) && !is_over(s, &s->entries[i], now);
	return count;
}

static void hash_id(struct slice id, unsigned char at[BYTES])
{
	(void)crypto_generichash(at, BYTES, (const unsigned char *)id.at, id.len, NULL, 0);
}

/* All are gone through, whichever it is. */
static struct entry *find(struct page_sessions *s, struct slice id)
{
	unsigned char hash[BYTES];
	struct entry *found = NULL;

	if (id.len != PAGE_ID - 1)
		return NULL;
	hash_id(id, hash);
	for (size_t i = 0; i < PAGE_SESSIONS_MOST; i++)
		if (!is_free(&s->entries[i]) && sodium_memcmp(s->entries[i].hash, hash, BYTES) == 0)
			found = &s->entries[i];
	return found;
}

/* The one unused for longest, of that user or, when name is NULL, of all; *ret_count: how many. */
static struct entry *oldest_of(struct page_sessions *s, const char *name, size_t *ret_count)
{
	struct entry *oldest = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < PAGE_SESSIONS_MOST; i++) {
		struct entry *e = &s->entries[i];

		if (is_free(e) || (name != NULL && strcmp(e->session.name, name) != 0))
			continue;
		++*ret_count;
		if (oldest == NULL || e->used < oldest->used)
			oldest = e;
	}
	return oldest;
}

static struct entry *make_room(struct page_sessions *s, const char *name)
{
	size_t count;
	struct entry *own = oldest_of(s, name, &count);

	if (count >= PAGE_SESSIONS_EACH)
		return own;
	struct entry *oldest = oldest_of(s, NULL, &count);
	if (count == PAGE_SESSIONS_MOST)
		return oldest;
	for (size_t i = 0; i < PAGE_SESSIONS_MOST; i++)
		if (is_free(&s->entries[i]))
			return &s->entries[i];
	return oldest;
}

const struct page_session *page_sessions_begin(struct page_sessions *s,
	const struct page_user *user, int64_t now, int64_t at, char id[PAGE_ID])
{
	char name[PAGE_USERS_NAME_MAX + 1] = "";

	memcpy(name, user->name.at, user->name.len);
	drop_ended(s, now);
	struct entry *e = make_room(s, name);
	clear(e);
	memcpy(e->session.name, name, sizeof(name));
	e->session.ends = now + s->lasting;
	e->session.ends_at = at + s->lasting;
	e->used = now;
	password_hash_mark(user->line, e->mark);
	page_id_make(e->session.csrf);
	page_id_make(id);
	hash_id(slice_of(id), e->hash);
	return &e->session;
}

struct slice page_sessions_name(struct page_sessions *s, struct slice id, int64_t now)
{
	struct entry *e;

	drop_ended(s, now);
	e = find(s, id);
	return e != NULL ? slice_of(e->session.name) : (struct slice){0};
}

static bool is_same_user(const struct entry *e, const struct page_user *user)
{
	char mark[PASSWORD_HASH_MARK];

	if (user->line.at == NULL || !slice_is(user->name, e->session.name))
		return false;
	password_hash_mark(user->line, mark);
	return strcmp(mark, e->mark) == 0;
}

const struct page_session *page_sessions_use(
	struct page_sessions *s, struct slice id, const struct page_user *user, int64_t now)
{
	struct entry *e;

	drop_ended(s, now);
	e = find(s, id);
	if (e == NULL)
		return NULL;
	if (!is_same_user(e, user)) {
		clear(e);
		return NULL;
	}
	e->used = now;
	return &e->session;
}

void page_sessions_end(struct page_sessions *s, struct slice id)
{
	struct entry *e = find(s, id);

	if (e != NULL)
		clear(e);
}

#include "programs/daemon/login_limit.h"

#include "base/memory.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 16

enum kind { OF_ADDRESS = 1, OF_NAME, OF_BOTH };

/* What was counted of an address or a name, or of both where they belong together. */
struct entry {
	enum kind kind; /* 0: free */
	unsigned char key[KEY_BYTES];
	uint32_t failures;
	int64_t last_ms;
};

struct login_limit {
	unsigned char secret[crypto_generichash_KEYBYTES]; /* so that nobody makes keys that meet */
	struct entry entries[LOGIN_LIMIT_ENTRIES];
};

struct login_limit *login_limit_new(void)
{
	struct login_limit *l = memory_new(1, sizeof(*l));

	if (sodium_init() < 0)
		abort();
	randombytes_buf(l->secret, sizeof(l->secret));
	return l;
}

void login_limit_free(struct login_limit *l)
{
	free(l);
}

static void make_key(const struct login_limit *l, enum kind kind, const struct login_try *t,
	unsigned char key[KEY_BYTES])
{
	const unsigned char which = (unsigned char)kind;
	const struct address from = address_holder(&t->from);
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, l->secret, sizeof(l->secret), KEY_BYTES);
	(void)crypto_generichash_update(&state, &which, 1);
	if (kind != OF_NAME)
		(void)crypto_generichash_update(&state, from.bytes, sizeof(from.bytes));
	if (kind != OF_ADDRESS && t->name.len > 0)
		(void)crypto_generichash_update(
			&state, (const unsigned char *)t->name.at, t->name.len);
	(void)crypto_generichash_final(&state, key, KEY_BYTES);
}

/* That a name belongs to an address is kept. */
static void forget_old(struct entry *e, int64_t now_ms)
{
	if (now_ms - e->last_ms < LOGIN_LIMIT_FORGET_MS)
		return;
	if (e->kind == OF_BOTH)
		e->failures = 0;
	else
		e->kind = 0;
}

/* NULL: nothing is known of it. */
static struct entry *find(
	struct login_limit *l, enum kind kind, const struct login_try *t, int64_t now_ms)
{
	unsigned char key[KEY_BYTES];

	make_key(l, kind, t, key);
	for (size_t i = 0; i < LOGIN_LIMIT_ENTRIES; i++) {
		struct entry *e = &l->entries[i];

		if (e->kind != kind || memcmp(e->key, key, KEY_BYTES) != 0)
			continue;
		forget_old(e, now_ms);
		return e->kind == kind ? e : NULL;
	}
	return NULL;
}

static struct entry *find_or_add(
	struct login_limit *l, enum kind kind, const struct login_try *t, int64_t now_ms)
{
	struct entry *found = find(l, kind, t, now_ms), *oldest = &l->entries[0];

	if (found != NULL)
		return found;
	for (size_t i = 0; i < LOGIN_LIMIT_ENTRIES && oldest->kind != 0; i++) {
		struct entry *e = &l->entries[i];

		if (e->kind == 0 || e->last_ms < oldest->last_ms)
			oldest = e;
	}
	*oldest = (struct entry){.kind = kind, .last_ms = now_ms};
	make_key(l, kind, t, oldest->key);
	return oldest;
}

/* How long after its last failure. */
static int64_t pause_of(const struct entry *e)
{
	int64_t pause = LOGIN_LIMIT_FIRST_MS;

	if (e->failures < LOGIN_LIMIT_FREE)
		return 0;
	for (uint32_t n = LOGIN_LIMIT_FREE; n < e->failures && pause < LOGIN_LIMIT_MOST_MS; n++)
		pause *= 2;
	return pause < LOGIN_LIMIT_MOST_MS ? pause : LOGIN_LIMIT_MOST_MS;
}

static int64_t wait_of(const struct entry *e, int64_t now_ms)
{
	int64_t wait = e != NULL ? e->last_ms + pause_of(e) - now_ms : 0;

	return wait > 0 ? wait : 0;
}

static void count(struct entry *e, int64_t now_ms)
{
	e->failures += e->failures < UINT32_MAX;
	e->last_ms = now_ms;
}

int64_t login_limit_begin(struct login_limit *l, const struct login_try *t, int64_t now_ms)
{
	struct entry *known = find(l, OF_BOTH, t, now_ms);

	if (known != NULL) {
		int64_t wait = wait_of(known, now_ms);

		if (wait == 0)
			count(known, now_ms);
		return wait;
	}
	int64_t wait = wait_of(find(l, OF_ADDRESS, t, now_ms), now_ms);
	int64_t of_name = wait_of(find(l, OF_NAME, t, now_ms), now_ms);
	wait = of_name > wait ? of_name : wait;
	if (wait > 0)
		return wait;
	count(find_or_add(l, OF_ADDRESS, t, now_ms), now_ms);
	count(find_or_add(l, OF_NAME, t, now_ms), now_ms);
	return 0;
}

static void take_back(struct entry *e)
{
	if (e != NULL && e->failures > 0)
		e->failures--;
}

void login_limit_succeeded(struct login_limit *l, const struct login_try *t, int64_t now_ms)
{
	struct entry *known = find(l, OF_BOTH, t, now_ms);

	if (known == NULL) {
		take_back(find(l, OF_ADDRESS, t, now_ms));
		take_back(find(l, OF_NAME, t, now_ms));
		known = find_or_add(l, OF_BOTH, t, now_ms);
	}
	known->failures = 0;
	known->last_ms = now_ms;
}

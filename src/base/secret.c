#include "base/secret.h"

#include "base/memory.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define GROUPS     5
#define GROUP_SIZE 4
_Static_assert(GROUPS *(GROUP_SIZE + 1) <= SECRET_MAX, "it fits");

struct secret {
	size_t len;
	char text[SECRET_MAX + 1];
};

/* libsodium's memory has a page without access on both sides, is locked, and is not dumped. Without
 * the right to lock pages it is not locked, and all else holds. Whoever is handed a secret makes
 * copies, as libcurl and the buffer of a pipe do: so nothing of a process that has one is dumped.
 */
static struct secret *make_room(void)
{
	struct secret *secret = sodium_init() >= 0 ? sodium_malloc(sizeof(*secret)) : NULL;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (secret == NULL)
		abort(); /* as base/memory.h does without memory */
	*secret = (struct secret){0};
	return secret;
}

struct secret *secret_new(struct slice text)
{
	if (text.len > SECRET_MAX || (text.len > 0 && memchr(text.at, 0, text.len) != NULL))
		return NULL;
	struct secret *secret = make_room();
	if (text.len > 0)
		memcpy(secret->text, text.at, text.len);
	secret->len = text.len;
	return secret;
}

/* Without 0 O o, 1 l I i, 2 Z z, 5 S s, 8 B, u v, which are taken for one another when they are
 * read aloud or by hand. */
static const char letters[] = "abcdefghjkmnpqrtwxyACDEFGHJKLMNPQRTUWXY34679";

static bool has_each_kind(const char *text)
{
	return strpbrk(text, "abcdefghjkmnpqrtwxy") != NULL &&
	       strpbrk(text, "ACDEFGHJKLMNPQRTUWXY") != NULL && strpbrk(text, "34679") != NULL;
}

/* 20 letters of 44: 109 bits; those that lack a kind are thrown away, which costs less than one. */
struct secret *secret_make(void)
{
	struct secret *secret = make_room();

	do {
		secret->len = 0;
		for (size_t i = 0; i < (size_t)GROUPS * GROUP_SIZE; i++) {
			if (i > 0 && i % GROUP_SIZE == 0)
				secret->text[secret->len++] = '-';
			secret->text[secret->len++] =
				letters[randombytes_uniform(sizeof(letters) - 1)];
		}
	} while (!has_each_kind(secret->text));
	return secret;
}

void secret_free(struct secret *secret)
{
	sodium_free(secret); /* wipes it */
}

const char *secret_text(const struct secret *secret)
{
	return secret->text;
}

struct slice secret_slice(const struct secret *secret)
{
	return (struct slice){secret->text, secret->len};
}

void secret_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}

#include "base/password_hash.h"

#include "base/memory.h"
#include "base/slice.h"

#include <assert.h>
#include <crypt.h>
#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLF_COST         10
#define BLF_COST_MOST    16
#define BLF_BYTES        72 /* of a password are all that it looks at */
#define ROUNDS_MOST      10000000
#define ARGON2_ROUNDS    3
#define ARGON2_MEMORY    ((size_t)64 << 20)
#define ARGON2_COST_MOST ((uint64_t)4 << 20) /* KiB times rounds */
#define YESCRYPT_COSTS   "789ABCD"           /* of its parameters "j9T" the one in the middle */

/* What stands in front of a hash of libcrypt's, and what its salt is made with. */
struct method {
	const char *begin;
	const char *make;
	unsigned long cost; /* 0: libcrypt's own */
};

static const struct method methods[] = {
	{"$6$", "$6$", 0},
	{"$5$", "$5$", 0},
	{"$2y$", "$2y$", BLF_COST},
	{"$2b$", "$2b$", BLF_COST},
	{"$2a$", "$2b$", BLF_COST},
	{"$y$", "$y$", 0},
};

static const struct method argon2 = {"$argon2id$", "$argon2id$", 0};

/* The words that are kept, each with its one method. */
static const struct {
	const char *word;
	const struct method *method;
} schemes[] = {
	{"SHA512-CRYPT", &methods[0]},
	{"SHA256-CRYPT", &methods[1]},
	{"BLF-CRYPT", &methods[2]},
	{"ARGON2ID", &argon2},
};

static bool is_word(struct slice a, const char *word)
{
	return slice_equal_nocase(a, slice_of(word));
}

/* "{WORD}text"; without a word *ret_word is empty, its .at NULL. */
static void split(const char *hash, struct slice *ret_word, struct slice *ret_text)
{
	struct slice all = slice_of(hash);
	size_t end = slice_find(all, '}');

	*ret_word = (struct slice){0};
	*ret_text = all;
	if (all.len == 0 || all.at[0] != '{' || end == all.len)
		return;
	*ret_word = (struct slice){all.at + 1, end - 1};
	*ret_text = (struct slice){all.at + end + 1, all.len - end - 1};
}

static const struct method *method_of(struct slice text)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_starts(text, methods[i].begin))
			return &methods[i];
	return NULL;
}

/* How a new hash is written: the method, and the word in front of it (.at NULL: none). */
struct form {
	const struct method *method;
	struct slice word;
	bool is_kept;
};

static struct form form_without_word(struct slice text)
{
	const struct method *method = method_of(text);

	if (method != NULL)
		return (struct form){method, .is_kept = true};
	if (slice_starts(text, argon2.begin))
		return (struct form){&argon2, .is_kept = true};
	if (slice_starts(text, "$"))
		return (struct form){&methods[0], .is_kept = false};
	return (struct form){&methods[0], slice_of("SHA512-CRYPT"), false};
}

static struct form form_of(const char *old)
{
	struct slice word, text;

	split(old, &word, &text);
	if (word.at == NULL)
		return form_without_word(text);
	if (is_word(word, "CRYPT")) {
		const struct method *method = method_of(text);
		return (struct form){method != NULL ? method : &methods[0], word, method != NULL};
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (is_word(word, schemes[i].word))
			return (struct form){schemes[i].method, word, true};
	if (is_word(word, "ARGON2I"))
		return (struct form){&argon2, slice_of("ARGON2ID"), false};
	return (struct form){&methods[0], slice_of("SHA512-CRYPT"), false};
}

bool password_hash_is_good(const char *hash)
{
	return form_of(hash).is_kept;
}

/* ---- libcrypt ---- */

/* NULL when libcrypt cannot. *data is the caller's, who wipes it. */
static const char *crypt_with(
	const struct secret *secret, const char *setting, struct crypt_data *data)
{
	const char *made = crypt_rn(secret_text(secret), setting, data, (int)sizeof(*data));

	return made != NULL && made[0] != '*' ? made : NULL;
}

static struct crypt_data *make_data(void)
{
	return memory_new(1, sizeof(struct crypt_data));
}

static void free_data(struct crypt_data *data)
{
	secret_wipe(data, sizeof(*data));
	free(data);
}

static bool make_crypt(
	const struct method *method, const struct secret *secret, char at[PASSWORD_HASH_MAX])
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = make_data();
	const char *made = NULL;

	if (crypt_gensalt_rn(method->make, method->cost, NULL, 0, setting, (int)sizeof(setting)) !=
		NULL)
		made = crypt_with(secret, setting, data);
	if (made != NULL)
		(void)snprintf(at, PASSWORD_HASH_MAX, "%s", made);
	free_data(data);
	return made != NULL;
}

static bool make_argon2(const struct secret *secret, char at[PASSWORD_HASH_MAX])
{
	struct slice text = secret_slice(secret);

	_Static_assert(crypto_pwhash_STRBYTES <= PASSWORD_HASH_MAX, "it fits");
	return sodium_init() >= 0 &&
	       crypto_pwhash_str(at, text.at, text.len, ARGON2_ROUNDS, ARGON2_MEMORY) == 0;
}

int password_hash_make(const char *old, const struct secret *secret, char *at, size_t size,
	struct problem *problem)
{
	struct form form = form_of(old != NULL ? old : "{SHA512-CRYPT}");
	char made[PASSWORD_HASH_MAX];
	size_t len = secret_slice(secret).len;

	if (len == 0)
		return problem_set(problem, -EINVAL, "an empty password is none");
	if (form.method->cost == BLF_COST && len > BLF_BYTES)
		return problem_set(problem, -EINVAL,
			"the password is longer than the %d bytes that BLF-CRYPT looks at",
			BLF_BYTES);
	bool is_made = form.method == &argon2 ? make_argon2(secret, made)
					      : make_crypt(form.method, secret, made);
	if (!is_made)
		return problem_set(problem, -EIO,
			"this machine cannot make a password hash of the kind %s",
			form.method->make);
	size_t needs = strlen(made) + 1 + (form.word.at != NULL ? form.word.len + 2 : 0);
	if (needs > size)
		return problem_set(problem, -ENOBUFS,
			"there is no room for a password hash of %zu bytes", needs);
	(void)snprintf(at, size, "%s%.*s%s%s", form.word.at != NULL ? "{" : "", (int)form.word.len,
		form.word.at != NULL ? form.word.at : "", form.word.at != NULL ? "}" : "", made);
	return 0;
}

/* ---- checking ---- */

/* The number behind name in text; 0 when there is none. */
static uint64_t number_behind(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	return found != NULL ? strtoull(found + strlen(name), NULL, 10) : 0;
}

/* The cost stands in the hash, and a hash may come from anywhere. */
static bool is_bearable(const char *text)
{
	if (strncmp(text, "$2", 2) == 0)
		return strlen(text) > 4 && strtoul(text + 4, NULL, 10) <= BLF_COST_MOST;
	if (strncmp(text, "$y$", 3) == 0)
		return text[3] == 'j' && text[4] != '\0' &&
		       strchr(YESCRYPT_COSTS, text[4]) != NULL && strncmp(text + 5, "T$", 2) == 0;
	if (strncmp(text, "$argon2", 7) == 0) {
		uint64_t memory = number_behind(text, "$m="), rounds = number_behind(text, ",t=");
		return memory <= UINT32_MAX && rounds <= UINT32_MAX &&
		       memory * rounds <= ARGON2_COST_MOST;
	}
	if (strncmp(text, "$5$", 3) == 0 || strncmp(text, "$6$", 3) == 0)
		return number_behind(text, "rounds=") <= ROUNDS_MOST;
	return strncmp(text, "$1$", 3) == 0;
}

static bool is_same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || sodium_memcmp(a.at, b.at, a.len) == 0);
}

static bool matches_crypt(const char *text, const struct secret *secret)
{
	struct crypt_data *data = make_data();
	const char *made = crypt_with(secret, text, data);
	bool same = made != NULL && is_same(slice_of(made), slice_of(text));

	free_data(data);
	return same;
}

static bool matches_argon2(const char *text, const struct secret *secret)
{
	struct slice of = secret_slice(secret);

	return sodium_init() >= 0 && strlen(text) < crypto_pwhash_STRBYTES &&
	       crypto_pwhash_str_verify(text, of.at, of.len) == 0;
}

static bool is_one_of(struct slice word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (is_word(word, *words))
			return true;
	return false;
}

/* Without a word, what begins with '$' is a hash, and all else is not known. */
bool password_hash_matches(const char *hash, const struct secret *secret)
{
	static const char *const plain[] = {"PLAIN", "CLEAR", "CLEARTEXT", NULL};
	static const char *const argon[] = {"ARGON2ID", "ARGON2I", NULL};
	static const char *const crypts[] = {
		"CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT", "MD5-CRYPT", NULL};
	struct slice word, text;

	split(hash, &word, &text);
	if (secret_slice(secret).len == 0)
		return false;
	if (word.at != NULL && is_one_of(word, plain))
		return is_same(text, secret_slice(secret));
	if (!is_bearable(text.at))
		return false;
	bool is_argon2 = slice_starts(text, "$argon2");
	if (is_argon2 && (word.at == NULL || is_one_of(word, argon)))
		return matches_argon2(text.at, secret);
	return !is_argon2 && (word.at == NULL || is_one_of(word, crypts)) &&
	       matches_crypt(text.at, secret);
}

void password_hash_mark(struct slice hash, char at[PASSWORD_HASH_MARK])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(sum, (const unsigned char *)hash.at, hash.len);
	(void)sodium_bin2hex(at, PASSWORD_HASH_MARK, sum, sizeof(sum));
}

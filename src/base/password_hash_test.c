#include "base/password_hash.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Made by doveadm pw of Dovecot 2.3.19, of the password "horse". */
#define BY_DOVECOT_ARGON2                                                                          \
	"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$WEJ5l79tIgFEzRe4DAd4fg$"                         \
	"bJsQb60G+SlH5BjAsuQG7zCHtZ+xrMaF/2j36RBugM4"
#define BY_DOVECOT_BLF "{BLF-CRYPT}$2y$05$IeB2XcyN57sFpTAf/.0yGu75dkHNUZq5cZpUKy76jful.bGZn4s86"
#define BY_DOVECOT_SHA512                                                                          \
	"{SHA512-CRYPT}$6$RaTv/wkfhfID27pJ$yQXv6R5dqbFDrvBybBvuLGBluBJivq40kkobGkpE0YrJOH1XYHKOlw" \
	"mDTDm8TRuuOo2SIRPy5WC9XKx9pUcuI."
#define BY_DOVECOT_SHA256                                                                          \
	"{SHA256-CRYPT}$5$3zSSP9Cz.erWrK0V$MOFW5eqFqj.EAupap8foFDZR9aS5bkOaIAms6wyQtR0"

static void check_made(const char *old, const char *begin)
{
	AUTO(secret) secret = secret_new(slice_of("correct horse"));
	AUTO(secret) other = secret_new(slice_of("correct hors"));
	char at[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
	struct problem p = {0};

	assert_int_equal(password_hash_make(old, secret, at, sizeof(at), &p), 0);
	if (strncmp(at, begin, strlen(begin)) != 0)
		fail_msg("%s became %s", old != NULL ? old : "NULL", at);
	assert_true(password_hash_matches(at, secret));
	assert_false(password_hash_matches(at, other));
	assert_true(password_hash_is_good(at));
	assert_int_equal(password_hash_make(at, secret, again, sizeof(again), &p), 0);
	assert_string_not_equal(at, again); /* another salt */
	assert_int_equal(strncmp(again, begin, strlen(begin)), 0);
}

static void test_good_schemes_are_kept(void **state)
{
	(void)state;
	check_made("{SHA512-CRYPT}", "{SHA512-CRYPT}$6$");
	check_made("{SHA512-CRYPT}$6$abcdefgh$xyz", "{SHA512-CRYPT}$6$");
	check_made("{sha256-crypt}$5$abcdefgh$xyz", "{sha256-crypt}$5$");
	check_made("{BLF-CRYPT}$2y$05$abc", "{BLF-CRYPT}$2y$10$");
	check_made("{ARGON2ID}$argon2id$v=19$m=1", "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$");
	check_made("{CRYPT}$6$abc$", "{CRYPT}$6$");
	check_made("{crypt}$2a$05$", "{crypt}$2b$10$");
	check_made("{CRYPT}$y$j9T$abc$", "{CRYPT}$y$");
	check_made("$6$abc$", "$6$");
	check_made("$5$abc$", "$5$");
	check_made("$2y$05$abc", "$2y$");
	check_made("$argon2id$v=19", "$argon2id$");
}

static void test_weak_schemes_are_bettered(void **state)
{
	(void)state;
	check_made(NULL, "{SHA512-CRYPT}$6$");
	check_made("", "{SHA512-CRYPT}$6$");
	check_made("{PLAIN}horse", "{SHA512-CRYPT}$6$");
	check_made("{MD5}$1$abc$", "{SHA512-CRYPT}$6$");
	check_made("{MD5-CRYPT}$1$abc$", "{SHA512-CRYPT}$6$");
	check_made("{SSHA512}abc", "{SHA512-CRYPT}$6$");
	check_made("{SHA512-CRYPT.HEX}abc", "{SHA512-CRYPT}$6$");
	check_made("{SCRAM-SHA-256}4096,abc", "{SHA512-CRYPT}$6$");
	check_made("{}abc", "{SHA512-CRYPT}$6$");
	check_made("{PLAIN", "{SHA512-CRYPT}$6$");
	check_made("horse", "{SHA512-CRYPT}$6$");
	check_made("{ARGON2I}$argon2i$v=19", "{ARGON2ID}$argon2id$");
	check_made("{CRYPT}$1$abc$", "{CRYPT}$6$");
	check_made("{CRYPT}abcdefghijklm", "{CRYPT}$6$");
	check_made("$1$abc$", "$6$");
	assert_false(password_hash_is_good("{PLAIN}horse"));
	assert_false(password_hash_is_good("$1$abc$"));
	assert_false(password_hash_is_good(""));
}

static void test_those_of_dovecot(void **state)
{
	AUTO(secret) secret = secret_new(slice_of("horse"));
	AUTO(secret) other = secret_new(slice_of("Horse"));
	const char *const hashes[] = {BY_DOVECOT_ARGON2, BY_DOVECOT_BLF, BY_DOVECOT_SHA512,
		BY_DOVECOT_SHA256, "{PLAIN}horse", "{cleartext}horse",
		"{MD5-CRYPT}$1$cqzeLCGD$eGxCvkaW4dIJR.RkvRI7i."};

	(void)state;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		assert_true(password_hash_matches(hashes[i], secret));
		assert_false(password_hash_matches(hashes[i], other));
		if (i < 4)
			assert_true(password_hash_matches(strchr(hashes[i], '}') + 1, secret));
	}
}

static void test_what_matches_nothing(void **state)
{
	AUTO(secret) secret = secret_new(slice_of("horse"));
	AUTO(secret) empty = secret_new(slice_of(""));
	const char *const hashes[] = {"", "horse", "*", "!", "*0", "{PLAIN}", "{PLAIN}horse ",
		"{NOSUCH}horse", "{PLAIN", "{}horse", "{ARGON2ID}", "{ARGON2ID}$argon2id$",
		"{SHA512-CRYPT}", "{SHA512-CRYPT}$6$", "{CRYPT}$argon2id$v=19$m=8,t=1,p=1$",
		"$6$rounds=999999999$abc$abc", "$2y$31$abcdefghijklmnopqrstuu", "$y$jFT$abc$abc",
		"$y$", "$y$j", "$2", "$argon2id$v=19$m=4294967295,t=4294967295,p=1$abc$abc",
		"$argon2id$v=19$m=99999999999999999999,t=2,p=1$abc$abc", "$7$", "$gy$", "_J9..abc",
		"!$6$RaTv/wkfhfID27pJ$yQXv6R5", "{SHA512-CRYPT}!$6$abc"};

	(void)state;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (password_hash_matches(hashes[i], secret))
			fail_msg("%s", hashes[i]);
	assert_false(password_hash_matches("{PLAIN}", empty));
}

static void test_refusals(void **state)
{
	char text[SECRET_MAX], at[PASSWORD_HASH_MAX] = "before";
	struct problem p = {0};
	AUTO(secret) empty = secret_new(slice_of(""));
	AUTO(secret) horse = secret_new(slice_of("horse"));

	(void)state;
	memset(text, 'a', sizeof(text));
	AUTO(secret) longest = secret_new((struct slice){text, sizeof(text)});
	AUTO(secret) fits = secret_new((struct slice){text, 72});
	assert_int_equal(password_hash_make(NULL, empty, at, sizeof(at), &p), -EINVAL);
	assert_int_equal(password_hash_make("{BLF-CRYPT}", longest, at, sizeof(at), &p), -EINVAL);
	assert_int_equal(password_hash_make(NULL, horse, at, 100, &p), -ENOBUFS);
	assert_string_equal(at, "before");
	assert_int_equal(password_hash_make("{BLF-CRYPT}", fits, at, sizeof(at), &p), 0);
	assert_int_equal(password_hash_make(NULL, longest, at, sizeof(at), &p), 0);
	assert_true(password_hash_matches(at, longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_schemes_are_kept),
		cmocka_unit_test(test_weak_schemes_are_bettered),
		cmocka_unit_test(test_those_of_dovecot),
		cmocka_unit_test(test_what_matches_nothing),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

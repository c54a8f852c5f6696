#include "systems/http_tls.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Of nobody, and made for this test. */
static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBhDCCASmgAwIBAgIUcdCcyrXVYwfy5Kx3KP4HPfwFTCcwCgYIKoZIzj0EAwIw\n"
	"FjEUMBIGA1UEAwwLc3RhbmNoLnRlc3QwIBcNMjYxMTI3MDMzMzQ4WhgPMjEyNjEx\n"
	"MDMwMzMzNDhaMBYxFDASBgNVBAMMC3N0YW5jaC50ZXN0MFkwEwYHKoZIzj0CAQYI\n"
	"KoZIzj0DAQcDQgAEPYDGnWy2kePJvtm24yLRK15duYMwob1ImWhMFyrHNRDv51jf\n"
	"dMzqi/Ovehe6fTKtR5LKZ46l5jCuhbSS+B6EXKNTMFEwHQYDVR0OBBYEFIl/9AVW\n"
	"b4d1fOLiaD3xEK3ZGYyyMB8GA1UdIwQYMBaAFIl/9AVWb4d1fOLiaD3xEK3ZGYyy\n"
	"MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAKEmk71Unc4231Lh\n"
	"n3kLnZTa3gQWMxxbuvj66DEsrslEAiEA12KnsLput7Em3o489ChX55NOOfvfgDOr\n"
	"temYuMH2p2c=\n"
	"-----END CERTIFICATE-----\n";
static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
			  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgG8XjuenvGM1yKkm6\n"
			  "1Hl6osW3ts+GfEIY7PFpEcj7TCqhRANCAAQ9gMadbLaR48m+2bbjItErXl25gzCh\n"
			  "vUiZaEwXKsc1EO/nWN90zOqL8696F7p9Mq1HkspnjqXmMK6FtJL4HoRc\n"
			  "-----END PRIVATE KEY-----\n";
static const char other_key[] = "-----BEGIN PRIVATE KEY-----\n"
				"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0Ba6NJfB5W3H2mHD\n"
				"PMh2LbJlNVl3+5f3OYE3H6ATcQ6hRANCAASGorcfZAfGwGoligo95Rr6eC//SAZR\n"
				"MjQTCF7dVGFBumPZBOSMOKI256Juky5jaEjlZH1hgbCS2pmVI0Ck4vh/\n"
				"-----END PRIVATE KEY-----\n";

struct scene {
	char folder[32], certificate[64], key[64];
};

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int begin(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	(void)snprintf(s->folder, sizeof(s->folder), "/tmp/http_tls_XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	(void)snprintf(s->certificate, sizeof(s->certificate), "%s/c.pem", s->folder);
	(void)snprintf(s->key, sizeof(s->key), "%s/k.pem", s->folder);
	put(s->certificate, certificate, 0644);
	put(s->key, key, 0600);
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	(void)unlink(s->certificate);
	(void)unlink(s->key);
	(void)rmdir(s->folder);
	free(s);
	return 0;
}

static void refused(const struct scene *s, int want, bool is_seen_at_once)
{
	struct http_tls *tls = NULL;
	struct problem problem = {0};

	assert_int_equal(http_tls_read(s->certificate, s->key, &tls, &problem), want);
	assert_null(tls);
	assert_non_null(strstr(problem.text, s->folder));
	assert_null(strstr(problem.text, "BEGIN"));
	assert_int_equal(
		http_tls_look(s->certificate, s->key, &problem), is_seen_at_once ? want : 0);
}

static void test_pair(void **state)
{
	const struct scene *s = *state;
	AUTO(http_tls) tls = NULL;
	struct problem problem = {0};

	assert_int_equal(http_tls_look(s->certificate, s->key, &problem), 0);
	assert_int_equal(http_tls_read(s->certificate, s->key, &tls, &problem), 0);
	assert_string_equal(tls->certificate, certificate);
	assert_string_equal(tls->key, key);
	assert_int_equal(chmod(s->key, 0640), 0); /* as Debian keeps them for a group */
	assert_int_equal(http_tls_look(s->certificate, s->key, &problem), 0);
}

static void test_no_pair(void **state)
{
	const struct scene *s = *state;

	put(s->key, other_key, 0600);
	refused(s, -EINVAL, false);
	put(s->key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600);
	refused(s, -EINVAL, false);
	put(s->key, key, 0600);
	put(s->certificate, key, 0644);
	refused(s, -EINVAL, false);
	put(s->certificate, "", 0644);
	refused(s, -EINVAL, true);
}

static void test_files(void **state)
{
	const struct scene *s = *state;

	assert_int_equal(chmod(s->key, 0644), 0);
	refused(s, -EACCES, true);
	assert_int_equal(chmod(s->key, 0620), 0);
	refused(s, -EACCES, true);
	assert_int_equal(chmod(s->key, 0600), 0);
	assert_int_equal(chmod(s->certificate, 0666), 0);
	refused(s, -EACCES, true);
	assert_int_equal(chmod(s->certificate, 0644), 0);
	assert_int_equal(truncate(s->certificate, (off_t)HTTP_TLS_FILE_MAX + 1), 0);
	refused(s, -EINVAL, true);
	assert_int_equal(unlink(s->certificate), 0);
	refused(s, -ENOENT, true);
	assert_int_equal(mkdir(s->certificate, 0755), 0);
	refused(s, -EINVAL, true);
	assert_int_equal(rmdir(s->certificate), 0);
	assert_int_equal(mkfifo(s->certificate, 0644), 0);
	refused(s, -EINVAL, true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pair),
		TEST(test_no_pair),
		TEST(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A shell script takes the place of sendmail; SMTP is tried by tests/system/tell.sh. */
#include "systems/mail_out.h"

#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct problem problem;

static int send_with(const char *folder, const char *script)
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/sendmail", folder);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	(void)fprintf(out, "#!/bin/sh\ncd %s || exit 1\n%s\n", folder, script);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0755), 0);
	struct mail_out m = {.sendmail = path, .time_ms = 1000};
	return mail_out_send(
		&m, "s@host.test", "r@home.test", slice_of("To: x\r\n\r\n.\r\nbody\r\n"), &problem);
}

static void sendmail_has_the_mail(void **state)
{
	char path[FOLDER_PATH_MAX], text[200] = "";

	assert_int_equal(send_with(*state, "echo \"$*\" >mail; cat >>mail"), 0);
	(void)snprintf(path, sizeof(path), "%s/mail", (const char *)*state);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	(void)fclose(in);
	assert_string_equal(text, "-oi -f s@host.test -- r@home.test\nTo: x\n\n.\nbody\n");
}

static void its_failures_are_told_apart(void **state)
{
	assert_int_equal(send_with(*state, "exit 75"), -EAGAIN);
	assert_int_equal(send_with(*state, "printf 'no \\033[2J' >&2; exit 67"), -EIO);
	assert_non_null(strstr(problem.text, "67: no \\x1b"));
	assert_int_equal(send_with(*state, "sleep 9"), -ETIMEDOUT);
}

static void what_cannot_be_is_refused(void **state)
{
	static const char *const urls[] = {"http://127.0.0.1/", "127.0.0.1", "",
		"smtp://u:p@127.0.0.1/", "smtp://a b", "file:///etc/passwd"};
	struct mail_out m = {.time_ms = 1000};

	(void)state;
	assert_int_equal(
		mail_out_send(&m, "a@b.test", "c@d.test", slice_of("x"), &problem), -EINVAL);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		m.url = urls[i];
		assert_int_equal(mail_out_send(&m, "a@b.test", "c@d.test", slice_of("x"), &problem),
			-EINVAL);
	}
	m.url = "smtp://127.0.0.1:1";
	assert_int_equal(
		mail_out_send(&m, "a@b.test", "c@d.test", slice_of("x"), &problem), -EAGAIN);
	assert_int_equal(
		mail_out_send(&m, "a@b.test>\r\nDATA", "c@d.test", slice_of("x"), &problem),
		-EINVAL);
	assert_int_equal(
		mail_out_send(&m, "a@b.test", "-f@d.test", slice_of("x"), &problem), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			sendmail_has_the_mail, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			its_failures_are_told_apart, folder_setup, folder_teardown),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

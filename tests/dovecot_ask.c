/* dovecot_ask: what tests/system/dovecot.sh asks of the functions for Dovecot. Prints one line: "0"
 * and the result, or the number of the error and what was said.
 *
 * dovecot_ask who|kick|flush MAILBOX          with the program; or, with DOVEADM_URL and
 *                                             DOVEADM_KEY_FILE in the environment, over HTTP.
 *                                             DOVECOT_CONFIG: the program's option -c
 * dovecot_ask set|has FILE USER               a passwd-file; the password on standard input
 * dovecot_ask login URL USER                  likewise */
#include "settings/secret_file.h"
#include "systems/dovecot/doveadm.h"
#include "systems/dovecot/passwd_file.h"
#include "systems/login_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MS 10000

static int finish(int err, const char *result, const struct problem *problem)
{
	printf("%d %s\n", err, err < 0 ? problem->text : result);
	return err < 0;
}

static int ask_doveadm(const char *command, const char *mailbox)
{
	const struct dovecot_settings settings = {.url = getenv("DOVEADM_URL"),
		.key_file = getenv("DOVEADM_KEY_FILE"),
		.config = getenv("DOVECOT_CONFIG")};
	struct doveadm_options options;
	struct secret *secret = NULL;
	struct problem problem = {0};
	uint64_t count = 0;
	char text[32];
	int err = doveadm_options_read(&settings, &options, &secret, &problem);

	options.time_ms = TIME_MS;
	if (err == 0 && strcmp(command, "who") == 0)
		err = doveadm_who(&options, mailbox, &count, &problem);
	else if (err == 0 && strcmp(command, "kick") == 0)
		err = doveadm_kick(&options, mailbox, &count, &problem);
	else if (err == 0)
		err = doveadm_flush(&options, mailbox, &problem);
	secret_free(secret);
	(void)snprintf(text, sizeof(text), "%" PRIu64, count);
	return finish(err, text, &problem);
}

static int ask_with_secret(const char *command, const char *where, const char *user)
{
	char line[SECRET_MAX + 2] = "";
	struct problem problem = {0};
	enum login_result result = LOGIN_REFUSED;
	bool is_so = false;

	if (fgets(line, sizeof(line), stdin) == NULL)
		return 2;
	AUTO(secret) secret = secret_new(slice_first(slice_of(line), strcspn(line, "\n")));
	const struct login_check check = {
		.url = where, .user = user, .secret = secret, .time_ms = TIME_MS};
	if (strcmp(command, "set") == 0)
		return finish(passwd_file_set(where, user, secret, &problem), "set", &problem);
	if (strcmp(command, "has") == 0) {
		int err = passwd_file_has(where, user, secret, &is_so, &problem);
		return finish(err, is_so ? "yes" : "no", &problem);
	}
	int err = login_check(&check, &result, &problem);
	return finish(err, result == LOGIN_ACCEPTED ? "accepted" : "refused", &problem);
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return ask_doveadm(argv[1], argv[2]);
	if (argc == 4)
		return ask_with_secret(argv[1], argv[2], argv[3]);
	(void)fprintf(stderr, "usage: dovecot_ask COMMAND ARGUMENTS...\n");
	return 2;
}

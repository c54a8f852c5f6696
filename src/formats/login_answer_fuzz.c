/* Laws: yes and no are said only by lines that have the standard's words in front. */
#include "formats/login_answer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static bool begins(struct slice line, const char *word)
{
	struct slice want = slice_of(word);

	return slice_equal_nocase(slice_first(slice_trim(line), want.len), want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = {(const char *)data, size};
	enum login_said smtp = login_answer_read(LOGIN_SMTP, slice_of("A1"), line);
	enum login_said imap = login_answer_read(LOGIN_IMAP, slice_of("A1"), line);
	enum login_said pop3 = login_answer_read(LOGIN_POP3, slice_of("A1"), line);

	must(smtp != LOGIN_SAID_YES || begins(line, "235"));
	must(smtp != LOGIN_SAID_NO || begins(line, "535"));
	must(imap != LOGIN_SAID_YES || begins(line, "A1 OK"));
	must(imap != LOGIN_SAID_NO || begins(line, "A1 NO [AUTHENTICATIONFAILED"));
	must(pop3 != LOGIN_SAID_YES || begins(line, "+OK"));
	must(pop3 != LOGIN_SAID_NO || begins(line, "-ERR [AUTH"));
	must(login_answer_read(LOGIN_IMAP, (struct slice){0}, line) != LOGIN_SAID_YES);
	return 0;
}

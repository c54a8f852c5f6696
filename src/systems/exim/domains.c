#include "systems/exim/domains.h"

#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct exim_domains {
	struct exim_question *exim;
};

void exim_domains_free(struct exim_domains *d)
{
	if (d == NULL)
		return;
	exim_question_free(d->exim);
	free(d);
}

int exim_domains_begin(const struct exim_program *program, struct exim_domains **ret_domains,
	struct problem *problem)
{
	static const char *const arguments[] = {"-be", NULL};
	struct exim_question *exim = NULL;
	int err = exim_question_begin(program, arguments, true, &exim, problem);

	if (err < 0)
		return err;
	struct exim_domains *d = memory_new(1, sizeof(*d));
	d->exim = exim;
	*ret_domains = d;
	return 0;
}

static bool is_askable(const char *domain)
{
	size_t len = strlen(domain);

	return len > 0 && len <= 253 &&
	       strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

/* Exim expands it to itself: whatever stands before it has been answered. */
#define LAST "that was all"

/* One expression a line for all that can be asked, and the last line; NULL when there is none. */
static char *hosted_questions(const char *const *domains, size_t count)
{
	char *text = NULL;
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_askable(domains[i]))
			continue;
		text = memory_grow(text, len + 3 * strlen(domains[i]) + 64 + sizeof(LAST), 1);
		len += (size_t)sprintf(text + len,
			"${if match_domain{%s}{+local_domains}{yes %s}{no %s}}\n", domains[i],
			domains[i], domains[i]);
	}
	if (text != NULL)
		memcpy(text + len, LAST "\n", sizeof(LAST "\n"));
	return text;
}

/* An answer names its domain, so that a warning between the answers shifts none of them. */
static enum hosted hosted_answer(struct slice line, const char *domain)
{
	if (slice_starts(line, "> "))
		line = slice_after(line, 2);
	if (slice_starts(line, "yes ") && slice_is(slice_after(line, 4), domain))
		return HOSTED_YES;
	return slice_starts(line, "no ") && slice_is(slice_after(line, 3), domain) ? HOSTED_NO
										   : HOSTED_UNKNOWN;
}

/* Answers come in the order of the questions; one that failed is passed over. */
static void take_answers(
	struct slice said, const char *const *domains, size_t count, enum hosted *hosted)
{
	size_t next = 0;

	for (struct slice line; slice_take_line(&said, &line);) {
		for (size_t i = next; i < count; i++) {
			enum hosted answer = hosted_answer(line, domains[i]);

			if (answer == HOSTED_UNKNOWN)
				continue;
			hosted[i] = answer;
			next = i + 1;
			break;
		}
	}
}

int exim_domains_ask(struct exim_domains *d, const char *const *domains, size_t count,
	enum hosted *ret_hosted, struct problem *problem)
{
	char *questions = hosted_questions(domains, count);
	struct slice said;

	for (size_t i = 0; i < count; i++)
		ret_hosted[i] = is_askable(domains[i]) ? HOSTED_UNKNOWN : HOSTED_NO;
	if (questions == NULL)
		return 0;
	int err = exim_question_hear(d->exim, questions, LAST "\n", &said, problem);
	free(questions);
	if (err < 0)
		return err;
	take_answers(said, domains, count, ret_hosted);
	for (size_t i = 0; i < count && err == 0; i++)
		if (ret_hosted[i] == HOSTED_UNKNOWN)
			err = exim_question_failed(d->exim, -EIO, problem);
	return err;
}

/* Laws: what it points to lies within the question, and what is no question yet is one, or wrong,
 * when all of it has come. */
#include "formats/policy_question.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct slice whole, struct slice part)
{
	if (part.len > 0 && (part.at < whole.at || part.at + part.len > whole.at + whole.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct policy_question q = {0};
	size_t at = 0;
	const char *why = NULL;
	int err = policy_question_parse(text, &q, &at, &why);

	if (err == -EBADMSG && (why == NULL || at > size))
		abort();
	if (err == -EAGAIN && size >= POLICY_QUESTION_MAX)
		abort();
	if (err != 0)
		return 0;
	const struct slice parts[] = {
		q.auth_id, q.sender, q.recipient, q.client, q.helo, q.message_id, q.login};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		check_within(text, parts[i]);
	for (size_t n = 0; n < size; n += 7) /* a beginning is never a question of its own */
		if (policy_question_parse(slice_first(text, n), &q, &at, &why) == 0)
			abort();
	return 0;
}

/* Any bytes as a bounce: texts are ended, counts are within bounds, and a mail that passed here has
 * an id. */
#include "formats/returned_mail.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_end(const char text[RETURNED_MAIL_TEXT])
{
	if (memchr(text, '\0', RETURNED_MAIL_TEXT) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = {(const char *)data, size};
	const char *gap = size > 0 ? memmem(data, size, "\n\n", 2) : NULL;
	size_t header_len = gap != NULL ? (size_t)(gap - all.at) + 1 : size;
	struct returned_mail m;

	if (returned_mail_read(slice_first(all, header_len), slice_after(all, header_len + 1),
		    slice_of("mx.shop.test"), 1795435458, &m) != 0)
		return 0;
	must_end(m.message_id);
	must_end(m.from);
	must_end(m.subject);
	must_end(m.envelope_sender);
	for (size_t i = 0; i < RETURNED_MAIL_RECIPIENTS; i++)
		must_end(m.recipients[i]);
	if (m.passed_here && (!m.has_exim_id || m.received_count == 0))
		abort();
	return 0;
}

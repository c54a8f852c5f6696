/* Any bytes as a mail: texts are ended, counts are within bounds, and each kind fills its own. */
#include "formats/feedback_report.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_end(const char text[RETURNED_MAIL_TEXT])
{
	must(memchr(text, '\0', RETURNED_MAIL_TEXT) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice mail = {(const char *)data, size};
	struct feedback_report r;
	enum feedback_kind kind =
		feedback_report_read(mail, slice_of("mx.shop.test"), 1795435458, &r);

	must(kind == r.kind && kind <= FEEDBACK_NOTICE && r.type < FEEDBACK_TYPES);
	must(r.recipient_count <= FEEDBACK_RECIPIENTS);
	must(r.recipient_count == 0 || kind == FEEDBACK_BOUNCE);
	must(kind == FEEDBACK_COMPLAINT || (r.source_ip[0] == '\0' && r.mail_from[0] == '\0'));
	must(memchr(r.source_ip, '\0', FEEDBACK_ADDRESS) != NULL);
	must_end(r.mail_from);
	must_end(r.original.message_id);
	for (size_t i = 0; i < FEEDBACK_RECIPIENTS; i++) {
		must_end(r.recipients[i].address);
		must_end(r.recipients[i].text);
		must(strpbrk(r.recipients[i].text, "\r\n") == NULL);
	}
	must(memchr(r.notice.sender, '\0', RELAY_NOTICE_TEXT) != NULL);
	must((kind == FEEDBACK_NOTICE) == (r.notice.sender[0] != '\0'));
	if (kind == FEEDBACK_NONE || kind == FEEDBACK_NOTICE)
		must(!r.original.has_exim_id && r.original.message_id[0] == '\0');
	return 0;
}

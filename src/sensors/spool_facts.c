#include "sensors/spool_facts.h"

#include "base/memory.h"
#include "formats/mail_text.h"
#include "sensors/queue.h"
#include "systems/exim/scan.h"

#include <errno.h>
#include <stdlib.h>

struct spool_facts {
	char *exim_login;
	struct message_buffer *buffer;
	struct scanned message;
	struct source source;
	struct slice recipients[FACT_RECIPIENTS_MAX];
	char *subject;
	struct mail_text *text;
	char body[SPOOL_FACTS_BODY_MAX];
};

struct spool_facts *spool_facts_new(const char *exim_login)
{
	struct spool_facts *s = memory_new(1, sizeof(*s));

	s->exim_login = memory_copy(exim_login, strlen(exim_login));
	s->buffer = message_buffer_new();
	return s;
}

static void forget(struct spool_facts *s)
{
	free(s->subject);
	mail_text_free(s->text);
	s->subject = NULL;
	s->text = NULL;
}

void spool_facts_free(struct spool_facts *s)
{
	if (s == NULL)
		return;
	forget(s);
	message_buffer_free(s->buffer);
	free(s->exim_login);
	free(s);
}

/* "auto-replied", "bulk", …: RFC 3834 section 5, and what programs wrote before it. */
static bool is_automatic(const struct exim_header *h)
{
	struct slice automatic = exim_field_value(h, "Auto-Submitted");
	struct slice precedence = exim_field_value(h, "Precedence");

	if (automatic.len > 0 && !slice_equal_nocase(slice_first(automatic, 2), slice_of("no")))
		return true;
	return slice_equal_nocase(precedence, slice_of("auto_reply")) ||
	       exim_field_value(h, "X-Autoreply").at != NULL;
}

/* RFC 2919, RFC 2369. */
static bool is_list(const struct exim_header *h)
{
	return exim_field_value(h, "List-Id").at != NULL ||
	       exim_field_value(h, "List-Unsubscribe").at != NULL;
}

static struct slice without_angles(struct slice id)
{
	return id.len > 2 && id.at[0] == '<' && id.at[id.len - 1] == '>'
		       ? (struct slice){id.at + 1, id.len - 2}
		       : id;
}

/* Mail from outside has no source here: whoever relays without a login is not known to be ours. */
static const struct source *source_of(struct spool_facts *s, const struct exim_header *h)
{
	queue_attribute(h, s->exim_login, &s->source);
	return s->source.kind == SOURCE_HOST || s->source.kind == SOURCE_UNKNOWN ? NULL
										 : &s->source;
}

static void read_recipients(struct spool_facts *s, const struct exim_header *h, struct fact *ret)
{
	struct slice rest = h->recipients;

	ret->recipients = s->recipients;
	while (ret->recipient_count < FACT_RECIPIENTS_MAX &&
		exim_recipient_next_address(&rest, &s->recipients[ret->recipient_count]))
		ret->recipient_count++;
	ret->recipient_total = h->recipient_count > ret->recipient_count ? h->recipient_count
									 : ret->recipient_count;
}

static void read_header(struct spool_facts *s, const struct exim_header *h, struct fact *ret)
{
	struct slice subject = exim_field_value(h, "Subject");

	ret->kind = FACT_ACCEPTED;
	ret->at_us = h->received * 1000000 + exim_header_received_us(h);
	ret->source = source_of(s, h);
	ret->sender = h->sender;
	ret->client = h->host_address;
	ret->helo = h->helo.len > 0 ? h->helo : h->host_name;
	ret->cipher = h->tls_cipher;
	if (h->host_address.len == 0)
		ret->login = h->login;
	ret->message_id = without_angles(exim_field_value(h, "Message-ID"));
	if (subject.at != NULL) {
		s->subject = mail_text_field(subject);
		ret->subject = slice_of(s->subject);
	}
	ret->is_automatic = is_automatic(h);
	ret->is_list = is_list(h);
	read_recipients(s, h, ret);
}

int spool_facts_read(struct spool_facts *s, const struct spool_folder *folder,
	const struct exim_id *id, struct fact *ret_fact)
{
	struct fact fact = {0};

	forget(s);
	int err = exim_read_header(folder, id, s->buffer, &s->message);
	if (err < 0)
		return err;
	if (s->message.error < 0)
		return s->message.error;
	if (s->message.header == NULL || !s->message.header->envelope_read)
		return -EBADMSG;
	read_header(s, s->message.header, &fact);
	fact.id = (struct slice){s->message.id.text, s->message.id.len};
	*ret_fact = fact;
	return 0;
}

void spool_facts_read_body(struct spool_facts *s, struct fact *fact)
{
	int64_t n =
		exim_read_body(s->message.folder, &s->message.id, s->body, SPOOL_FACTS_BODY_MAX);

	if (n < 0)
		return;
	mail_text_free(s->text);
	s->text = mail_text_of_exim(s->message.header, (struct slice){s->body, (size_t)n});
	fact->body = (struct slice){s->text->text, s->text->text_len};
}

/* Fields that Exim rewrote or took out stay in the file, and are not sent. */
static size_t copy_fields(const struct exim_header *h, char *at, size_t most)
{
	struct slice rest = h->fields;
	struct exim_field field;
	size_t len = 0;

	while (exim_field_next(&rest, &field)) {
		if (field.type == '*' || field.text.len > most - len)
			continue;
		memcpy(at + len, field.text.at, field.text.len);
		len += field.text.len;
	}
	return len;
}

char *spool_facts_message(struct spool_facts *s, size_t most, size_t *ret_len)
{
	char *message = memory_new(most, 1);
	size_t len = copy_fields(s->message.header, message, most - 1);

	message[len++] = '\n';
	int64_t n = exim_read_body(s->message.folder, &s->message.id, message + len, most - len);
	if (n < 0) {
		free(message);
		return NULL;
	}
	*ret_len = len + (size_t)n;
	return message;
}

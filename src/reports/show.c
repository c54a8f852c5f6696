#include "reports/show.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "base/units.h"
#include "formats/exim_header.h"
#include "reports/queue_list.h"
#include "sensors/filter.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLUMNS 12

/* Header fields by which web software names the script that sent a mail. Anybody can write them,
 * so they are claims, shown beside what is known. */
static const char *const claim_fields[] = {
	"X-PHP-Originating-Script",
	"X-PHP-Script",
	"X-Source",
	"X-Source-Args",
	"X-Source-Dir",
	NULL,
};

static void label(const struct terminal *t, const char *name)
{
	terminal_style(t, TERMINAL_BOLD);
	(void)fprintf(t->out, "%-*s", LABEL_COLUMNS, name);
	terminal_style(t, TERMINAL_PLAIN);
}

static void raw(const struct terminal *t, struct slice text)
{
	printable_write(t->out, text);
}

/* With blanks for TABs, which mean as much and are read more easily. */
static void raw_without_tabs(const struct terminal *t, struct slice text, const char *blanks)
{
	while (text.len > 0) {
		size_t n = slice_find(text, '\t');
		raw(t, slice_first(text, n));
		if (n < text.len)
			(void)fputs(blanks, t->out);
		text = slice_after(text, n + 1);
	}
}

/* One labelled line; nothing for a slice that is not there. */
static void line(const struct terminal *t, const char *name, struct slice text)
{
	if (text.len == 0)
		return;
	label(t, name);
	raw(t, text);
	(void)fputc('\n', t->out);
}

/* ---- who ---- */

/* How the source is known, in words that hold no foreign bytes. */
static const char *known_by(const struct show *s)
{
	static const char *const words[SOURCE_KINDS] = {
		[SOURCE_UNKNOWN] = "the message does not say",
		[SOURCE_MAILBOX] = "the client logged in as that mailbox",
		[SOURCE_LOGIN] = "a local process of that login gave the message to Exim",
		[SOURCE_SCRIPT] = "a script that was proved to have sent it",
		[SOURCE_HOST] = "that address relayed it without logging in",
		[SOURCE_BOUNCE] = "this server made it, to report on another message",
	};

	return words[s->q->source.kind];
}

static void print_source(const struct terminal *t, const struct show *s)
{
	char source[SOURCE_TEXT_MAX];

	label(t, "Source");
	terminal_say(t, TERMINAL_BOLD, "%s", source_text(&s->q->source, source));
	(void)fprintf(t->out, " (%s)\n", known_by(s));
}

static void print_claims(const struct terminal *t, const struct exim_header *h)
{
	for (size_t i = 0; claim_fields[i] != NULL; i++) {
		struct slice value = exim_field_value(h, claim_fields[i]);
		if (value.at == NULL)
			continue;
		label(t, "Claims");
		(void)fprintf(t->out, "%s: ", claim_fields[i]);
		raw(t, value);
		(void)fputs(" (not proved)\n", t->out);
	}
}

static void print_client(const struct terminal *t, const struct exim_header *h)
{
	if (h->host_address.len > 0) {
		label(t, "Client");
		raw(t, h->host_address);
		if (h->host_port > 0)
			(void)fprintf(t->out, " port %u", h->host_port);
		if (h->host_name.len > 0) {
			(void)fputs(", ", t->out);
			raw(t, h->host_name);
		}
		if (h->helo.len > 0) {
			(void)fputs(", said it was \"", t->out);
			raw(t, h->helo);
			(void)fputc('"', t->out);
		}
		(void)fputc('\n', t->out);
	}
	label(t, "Login");
	raw(t, h->login);
	(void)fprintf(t->out, " (uid %" PRId64 ", gid %" PRId64 ")\n", h->uid, h->gid);
}

static void print_authentication(const struct terminal *t, const struct exim_header *h)
{
	if (h->flags & EXIM_HAS_HOST_AUTH) {
		label(t, "Logged in");
		(void)fputs("as ", t->out);
		raw(t, h->auth_id);
		(void)fputs(", by ", t->out);
		raw(t, h->host_auth);
		if (h->auth_mechanism.len > 0) {
			(void)fputc(' ', t->out);
			raw(t, h->auth_mechanism);
		}
		(void)fputc('\n', t->out);
	}
	line(t, "Protocol", h->protocol);
	if (h->tls_cipher.len > 0) {
		label(t, "TLS");
		raw(t, h->tls_version.len > 0 ? h->tls_version : h->tls_cipher);
		if (h->tls_version.len > 0) {
			(void)fputs(", ", t->out);
			raw(t, h->tls_cipher);
		}
		if (h->tls_peerdn.len > 0) {
			(void)fputs(h->flags & EXIM_CERT_VERIFIED ? ", verified certificate "
								  : ", certificate ",
				t->out);
			raw(t, h->tls_peerdn);
		}
		(void)fputc('\n', t->out);
	}
	line(t, "Server name", h->tls_sni);
}

/* ---- when, how much ---- */

static void print_times(const struct terminal *t, const struct show *s)
{
	const struct exim_header *h = s->m->header;
	char at[UNITS_TEXT], age[UNITS_TEXT];

	label(t, "Received");
	(void)fprintf(t->out, "%s, %s ago\n", units_time_text(s->q->received, at),
		units_age_text(s->now - s->q->received, age));
	if (s->q->frozen) {
		label(t, "Frozen");
		(void)fprintf(t->out, "since %s, %s ago\n", units_time_text(h->frozen_since, at),
			units_age_text(s->now - h->frozen_since, age));
	}
	if (h->warnings > 0) {
		label(t, "Warnings");
		(void)fprintf(t->out, "%" PRId64 " sent, that the delivery is late\n", h->warnings);
	}
}

static void print_size(const struct terminal *t, const struct show *s)
{
	char size[UNITS_TEXT];

	label(t, "Size");
	if (s->m->data_size < 0)
		terminal_say(
			t, TERMINAL_RED, "unknown: there is no body, Exim cannot deliver it\n");
	else
		(void)fprintf(t->out, "%s\n", units_size_text(filter_size(s->m), size));
}

/* ---- to whom ---- */

static void print_recipients(const struct terminal *t, const struct show *s)
{
	const struct queued *q = s->q;
	char count[UNITS_TEXT], done[UNITS_TEXT];
	size_t shown = s->all || q->recipient_count <= SHOW_RECIPIENTS ? q->recipient_count
								       : SHOW_RECIPIENTS;

	label(t, "Recipients");
	(void)fprintf(t->out, "%s, %s of them delivered\n",
		units_count_text(q->recipient_count, count),
		units_count_text(q->delivered_count, done));
	for (size_t i = 0; i < shown; i++) {
		(void)fprintf(t->out, "  %-*s", LABEL_COLUMNS - 2,
			q->delivered[i] ? "delivered" : "waiting");
		raw(t, q->recipients[i]);
		(void)fputc('\n', t->out);
	}
	if (shown < q->recipient_count)
		(void)fprintf(t->out, "  and %s more (--all shows them)\n",
			units_count_text(q->recipient_count - shown, count));
}

/* ---- the mail ---- */

static struct slice field_name(struct slice text)
{
	return slice_first(text, slice_find(text, ':'));
}

static void print_field(const struct terminal *t, const struct exim_field *field)
{
	struct slice name = field_name(field->text);
	char *value = mail_text_field(slice_trim(slice_after(field->text, name.len + 1)));

	(void)fputs("  ", t->out);
	if (field->type == '*')
		terminal_style(t, TERMINAL_DIM);
	raw(t, slice_trim(name));
	(void)fputs(": ", t->out);
	raw_without_tabs(t, slice_of(value), " ");
	if (field->type == '*') {
		(void)fputs(" (not sent)", t->out);
		terminal_style(t, TERMINAL_PLAIN);
	}
	(void)fputc('\n', t->out);
	free(value);
}

static void print_fields(const struct terminal *t, const struct exim_header *h)
{
	struct slice rest = h->fields;
	struct exim_field field;

	terminal_say(t, TERMINAL_BOLD, "Headers\n");
	while (exim_field_next(&rest, &field))
		print_field(t, &field);
}

static void print_text_line(const struct terminal *t, struct slice text)
{
	while (text.len > 0 && text.at[text.len - 1] == '\r')
		text.len--;
	(void)fputs("  ", t->out);
	raw_without_tabs(t, text, "    ");
	(void)fputc('\n', t->out);
}

static void print_text(const struct terminal *t, const struct show *s)
{
	struct slice rest = {s->text->text, s->text->text_len}, text;
	size_t lines = 0;

	terminal_say(t, TERMINAL_BOLD, "Text%s\n",
		rest.len == 0            ? "        none"
		: s->text->text_was_html ? " (of HTML)"
					 : "");
	while (rest.len > 0 && (s->all || lines < SHOW_LINES)) {
		if (!slice_take_line(&rest, &text)) {
			text = rest;
			rest.len = 0;
		}
		print_text_line(t, text);
		lines++;
	}
	if (rest.len > 0)
		(void)fputs("  and more (--all shows it)\n", t->out);
}

static void print_attachments(const struct terminal *t, const struct mail_text *text)
{
	for (size_t i = 0; i < text->attachment_count; i++) {
		const struct mail_attachment *a = &text->attachments[i];
		label(t, "Attachment");
		raw(t, slice_of(*a->name != '\0' ? a->name : "(no name)"));
		(void)fputs(" (", t->out);
		raw(t, slice_of(a->type));
		(void)fputs(")\n", t->out);
	}
	if (text->attachments_left_out > 0) {
		label(t, "");
		(void)fprintf(t->out, "and %zu more\n", text->attachments_left_out);
	}
}

static void print_body(const struct terminal *t, const struct show *s)
{
	if (s->text != NULL) {
		print_text(t, s);
		print_attachments(t, s->text);
	} else if (s->body_error < 0) {
		label(t, "Text");
		terminal_say(t, TERMINAL_RED, "cannot be read: %s\n", strerror(-s->body_error));
	}
}

/* ---- the message ---- */

static void print_damage(const struct terminal *t, const struct show *s)
{
	struct problem damage = {0};

	if (!queue_list_damage(s->m, &damage))
		return;
	label(t, "Damaged");
	terminal_say(t, TERMINAL_RED, "%s", damage.text);
	(void)fputs("; what could be read follows\n", t->out);
}

static void print_name(const struct terminal *t, const struct show *s)
{
	bool is_held = strcmp(s->q->queue, s->hold_queue) == 0;

	label(t, "Message");
	terminal_say(t, TERMINAL_BOLD, "%s", s->q->id);
	if (is_held)
		terminal_say(t, TERMINAL_YELLOW, " held");
	else if (*s->q->queue != '\0')
		(void)fprintf(t->out, " in the queue \"%s\"", s->q->queue);
	(void)fputc('\n', t->out);
}

void show_print(const struct terminal *t, const struct show *s)
{
	const struct exim_header *h = s->m->header;

	print_name(t, s);
	print_damage(t, s);
	if (!s->sensed) {
		print_size(t, s);
		return;
	}
	print_source(t, s);
	print_claims(t, h);
	label(t, "Sender");
	raw(t, s->q->sender.len > 0 ? s->q->sender : slice_of("<> (the null sender of bounces)"));
	(void)fputc('\n', t->out);
	print_client(t, h);
	print_authentication(t, h);
	print_times(t, s);
	print_size(t, s);
	print_recipients(t, s);
	print_fields(t, h);
	print_body(t, s);
}

/* ---- JSON ---- */

static json_t *text_or_null(struct slice text)
{
	return text.at != NULL ? json_text(text) : NULL;
}

static json_t *recipients_json(const struct queued *q)
{
	json_t *list = json_array();

	for (size_t i = 0; i < q->recipient_count; i++) {
		json_t *one = json_object();
		json_put(one, "address", json_text(q->recipients[i]));
		json_put(one, "delivered", json_boolean(q->delivered[i]));
		(void)json_array_append_new(list, one);
	}
	return list;
}

static json_t *fields_json(const struct exim_header *h)
{
	struct slice rest = h->fields;
	struct exim_field field;
	json_t *list = json_array();

	while (exim_field_next(&rest, &field)) {
		struct slice name = field_name(field.text);
		char *value = mail_text_field(slice_trim(slice_after(field.text, name.len + 1)));
		json_t *one = json_object();
		json_put(one, "name", json_text(slice_trim(name)));
		json_put(one, "value", json_text(slice_of(value)));
		json_put(one, "sent", json_boolean(field.type != '*'));
		(void)json_array_append_new(list, one);
		free(value);
	}
	return list;
}

static json_t *claims_json(const struct exim_header *h)
{
	json_t *list = json_array();

	for (size_t i = 0; claim_fields[i] != NULL; i++) {
		struct slice value = exim_field_value(h, claim_fields[i]);
		if (value.at != NULL)
			(void)json_array_append_new(list, json_text(value));
	}
	return list;
}

static json_t *tls_json(const struct exim_header *h)
{
	json_t *tls = json_object();

	if (h->tls_cipher.len == 0) {
		json_decref(tls);
		return NULL;
	}
	json_put(tls, "version", text_or_null(h->tls_version));
	json_put(tls, "cipher", json_text(h->tls_cipher));
	json_put(tls, "server_name", text_or_null(h->tls_sni));
	json_put(tls, "certificate", text_or_null(h->tls_peerdn));
	json_put(tls, "verified", json_boolean((h->flags & EXIM_CERT_VERIFIED) != 0));
	return tls;
}

static json_t *attachments_json(const struct mail_text *text)
{
	json_t *list = json_array();

	for (size_t i = 0; i < text->attachment_count; i++) {
		json_t *one = json_object();
		json_put(one, "name", json_text(slice_of(text->attachments[i].name)));
		json_put(one, "type", json_text(slice_of(text->attachments[i].type)));
		(void)json_array_append_new(list, one);
	}
	return list;
}

/* Of ours: where the client connected to. */
static json_t *interface_json(const struct exim_header *h)
{
	struct slice ip;
	unsigned port;

	if (h->interface_address.at == NULL)
		return NULL;
	exim_address_split(h->interface_address, &ip, &port);
	return json_text(ip);
}

static void put_envelope(json_t *object, const struct exim_header *h)
{
	json_put(object, "login", json_text(h->login));
	json_put(object, "uid", json_integer(h->uid));
	json_put(object, "gid", json_integer(h->gid));
	json_put(object, "host", text_or_null(h->host_address));
	json_put(object, "host_name", text_or_null(h->host_name));
	json_put(object, "helo", text_or_null(h->helo));
	json_put(object, "protocol", text_or_null(h->protocol));
	json_put(object, "interface", interface_json(h));
	json_put(object, "authenticator", text_or_null(h->host_auth));
	json_put(object, "authenticated_id", text_or_null(h->auth_id));
	json_put(object, "tls", tls_json(h));
	json_put(object, "frozen_since", h->frozen_since > 0 ? json_time(h->frozen_since) : NULL);
	json_put(object, "warnings", json_integer(h->warnings));
	json_put(object, "script_claims", claims_json(h));
	json_put(object, "headers", fields_json(h));
}

void show_json(FILE *out, const struct show *s)
{
	json_t *object = queue_list_object(s->m, s->q, s->sensed, s->now);

	json_put(object, "recipients", recipients_json(s->q));
	json_put(object, "known_by", json_text(slice_of(known_by(s))));
	json_put(object, "held", json_boolean(strcmp(s->q->queue, s->hold_queue) == 0));
	if (s->sensed)
		put_envelope(object, s->m->header);
	json_put(object, "text",
		s->text != NULL ? json_text((struct slice){s->text->text, s->text->text_len})
				: NULL);
	json_put(object, "attachments", s->text != NULL ? attachments_json(s->text) : NULL);
	json_line(out, object);
}

#include "formats/feedback_report.h"

#include "formats/failure.h"
#include "formats/mail_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- words ---- */

const char *feedback_type_name(enum feedback_type type)
{
	static const char *const names[FEEDBACK_TYPES] = {
		"other", "abuse", "fraud", "virus", "not-spam"};

	return names[type];
}

enum feedback_type feedback_type_of(struct slice word)
{
	for (int t = FEEDBACK_OTHER + 1; t < FEEDBACK_TYPES; t++)
		if (slice_equal_nocase(word, slice_of(feedback_type_name((enum feedback_type)t))))
			return (enum feedback_type)t;
	return FEEDBACK_OTHER;
}

static enum feedback_action read_action(struct slice word)
{
	static const char *const names[] = {
		"", "failed", "delayed", "delivered", "relayed", "expanded"};

	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_nocase(word, slice_of(names[i])))
			return (enum feedback_action)i;
	return FEEDBACK_UNKNOWN;
}

/* Up to a blank, a parameter or a comment. */
static struct slice first_word(struct slice value)
{
	size_t len = 0;

	while (len < value.len && strchr(" \t\r\n;(", value.at[len]) == NULL)
		len++;
	return slice_first(value, len);
}

static struct slice without_angles(struct slice address)
{
	if (address.len >= 2 && address.at[0] == '<' && address.at[address.len - 1] == '>')
		return (struct slice){address.at + 1, address.len - 2};
	return address;
}

/* Copies text when it fits into size and holds no NUL; else ret stays "". */
static void keep_whole(struct slice text, char *ret, size_t size)
{
	if (text.len == 0 || text.len >= size || slice_find(text, '\0') < text.len)
		return;
	memcpy(ret, text.at, text.len);
	ret[text.len] = '\0';
}

/* ---- complaints ---- */

/* Some write it in brackets, as SMTP does. */
static void keep_ip(struct slice value, char ret[FEEDBACK_ADDRESS])
{
	unsigned char parsed[sizeof(struct in6_addr)];
	char text[FEEDBACK_ADDRESS] = "";

	if (value.len >= 2 && value.at[0] == '[' && value.at[value.len - 1] == ']')
		value = (struct slice){value.at + 1, value.len - 2};
	keep_whole(value, text, sizeof(text));
	if (inet_pton(AF_INET, text, parsed) == 1 || inet_pton(AF_INET6, text, parsed) == 1)
		memcpy(ret, text, sizeof(text));
}

/* Without its one field that says what it is, it is no report; Version may be 1, or 0.1 as older
 * reporters write it, or missing. */
static void read_complaint(struct slice content, struct feedback_report *r)
{
	struct slice fields;

	if (!returned_mail_next_block(&content, &fields))
		return;
	struct slice type = mail_text_find(fields, "Feedback-Type");
	if (type.len == 0)
		return;
	r->kind = FEEDBACK_COMPLAINT;
	r->type = feedback_type_of(first_word(type));
	keep_ip(mail_text_find(fields, "Source-IP"), r->source_ip);
	keep_whole(without_angles(mail_text_find(fields, "Original-Mail-From")), r->mail_from,
		sizeof(r->mail_from));
}

/* ---- delivery reports ---- */

/* "rfc822; a@b": what stands behind the type. */
static struct slice behind_type(struct slice value)
{
	return slice_trim(slice_after(value, slice_find(value, ';') + 1));
}

static struct slice address_of(struct slice fields)
{
	struct slice original = behind_type(mail_text_find(fields, "Original-Recipient"));

	return without_angles(original.len > 0
				      ? original
				      : behind_type(mail_text_find(fields, "Final-Recipient")));
}

/* Adds a word, with a blank in front of all but the first, as far as there is room. */
static void add_word(char ret[RETURNED_MAIL_TEXT], struct slice word)
{
	size_t len = strlen(ret);

	if (word.len > 0)
		(void)snprintf(ret + len, RETURNED_MAIL_TEXT - len, "%s%.*s", len > 0 ? " " : "",
			(int)word.len, word.at);
	for (char *c = ret + len; *c != '\0'; c++)
		if (*c == '\r' || *c == '\n' || *c == '\t')
			*c = ' ';
}

/* What the other side said, on one line: reply code and status in front, either from what it said
 * or from the Status field. */
static void keep_text(struct slice fields, char ret[RETURNED_MAIL_TEXT])
{
	struct slice said = behind_type(mail_text_find(fields, "Diagnostic-Code"));
	struct slice status = first_word(mail_text_find(fields, "Status"));
	struct failure_reply reply = {0};
	size_t codes = failure_reply_read(slice_first(said, FAILURE_TEXT_MAX), &reply);
	char numbers[32] = "";

	if (reply.status_class == 0)
		(void)!failure_status_read(slice_first(status, 16), &reply);
	if (reply.code == 0 && reply.status_class > 2)
		reply.code = reply.status_class == 4 ? 450 : 550;
	if (reply.code != 0 && reply.status_class != 0)
		(void)snprintf(numbers, sizeof(numbers), "%u %u.%u.%u", reply.code,
			reply.status_class, reply.subject, reply.detail);
	else if (reply.code != 0)
		(void)snprintf(numbers, sizeof(numbers), "%u", reply.code);
	add_word(ret, slice_of(numbers));
	add_word(ret, slice_trim(slice_first(slice_after(said, codes), RETURNED_MAIL_TEXT)));
}

/* The first block is about the whole message and has no recipient. */
static void read_bounce(struct slice content, struct feedback_report *r)
{
	struct slice fields;

	while (returned_mail_next_block(&content, &fields)) {
		if (mail_text_find(fields, "Reporting-MTA").at != NULL)
			r->kind = FEEDBACK_BOUNCE;
		struct slice action = mail_text_find(fields, "Action");
		if (action.at == NULL || mail_text_find(fields, "Final-Recipient").at == NULL)
			continue;
		r->kind = FEEDBACK_BOUNCE;
		if (r->recipient_count == FEEDBACK_RECIPIENTS)
			return;
		struct feedback_recipient *to = &r->recipients[r->recipient_count++];
		to->action = read_action(first_word(action));
		keep_whole(address_of(fields), to->address, sizeof(to->address));
		keep_text(fields, to->text);
	}
}

/* ---- the whole mail ---- */

/* A report has one; who writes more of them, empty or damaged, is not read to the end. */
#define PARTS_TRIED 8

/* Where the empty line is that ends the header; all of it when there is none. */
static size_t header_length(struct slice mail)
{
	struct slice rest = slice_first(mail, FEEDBACK_HEADER_MAX), line;

	while (slice_take_line(&rest, &line))
		if (line.len == 0 || (line.len == 1 && line.at[0] == '\r'))
			return (size_t)(line.at - mail.at);
	return mail.len;
}

enum feedback_kind feedback_report_read(
	struct slice mail, struct slice our_host, int64_t arrived_at, struct feedback_report *ret)
{
	static const char *const types[] = {"message/feedback-report", "message/delivery-status",
		"message/global-delivery-status", NULL};
	size_t header = mail.len > 0 ? header_length(mail) : 0;
	struct slice body = slice_first(slice_after(mail, header), RETURNED_MAIL_BODY_MAX);
	struct slice rest = body;
	struct returned_part part;

	*ret = (struct feedback_report){0};
	for (unsigned tried = 0; ret->kind == FEEDBACK_NONE && tried < PARTS_TRIED; tried++) {
		if (!returned_mail_next_part(&rest, types, &part))
			break;
		if (part.type == 0)
			read_complaint(part.content, ret);
		else
			read_bounce(part.content, ret);
		free(part.decoded);
	}
	if (ret->kind == FEEDBACK_NONE) {
		if (relay_notice_read(slice_first(mail, header), body, &ret->notice))
			ret->kind = FEEDBACK_NOTICE;
		return ret->kind;
	}
	if (returned_mail_read(
		    slice_first(mail, header), body, our_host, arrived_at, &ret->original) != 0)
		ret->original = (struct returned_mail){0};
	return ret->kind;
}

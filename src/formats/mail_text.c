#include "formats/mail_text.h"

#include "base/memory.h"
#include "formats/charset.h"
#include "formats/html_text.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

static pthread_once_t gmime_once = PTHREAD_ONCE_INIT;

/* GMime wants to be started once and before any other of its functions. */
static void start_gmime(void)
{
	g_mime_init();
}

/* The field at the front of *rest with its folded lines and last LF; the last may lack its LF. */
static bool take_field(struct slice *rest, struct slice *ret)
{
	size_t len = 0;

	if (rest->len == 0)
		return false;
	do {
		size_t line = slice_find(slice_after(*rest, len), '\n');
		len = len + line < rest->len ? len + line + 1 : rest->len;
	} while (len < rest->len && (rest->at[len] == ' ' || rest->at[len] == '\t'));
	*ret = slice_first(*rest, len);
	*rest = slice_after(*rest, len);
	return true;
}

/* The value when field is "name: value"; .at is NULL when it is another. */
static struct slice value_if(struct slice field, const char *name)
{
	size_t colon = slice_find(field, ':');

	if (colon == field.len)
		return (struct slice){0};
	if (!slice_equal_nocase(slice_trim(slice_first(field, colon)), slice_of(name)))
		return (struct slice){0};
	struct slice value = slice_trim(slice_after(field, colon + 1));
	return value.len > 0 ? value : (struct slice){field.at + colon + 1, 0};
}

struct slice mail_text_find(struct slice header, const char *name)
{
	struct slice field;

	while (take_field(&header, &field)) {
		struct slice value = value_if(field, name);
		if (value.at != NULL)
			return value;
	}
	return (struct slice){0};
}

/* The charset of an encoded word whose "=?" was eaten: "charset?Q?" or "charset*language?B?" (RFC
 * 2047, 2231). .at is NULL when no such word begins here. */
static struct slice charset_of_word(struct slice rest)
{
	size_t end = slice_find(rest, '?');
	struct slice behind = slice_after(rest, end);

	if (behind.len < 3 || behind.at[2] != '?' || strchr("bBqQ", behind.at[1]) == NULL)
		return (struct slice){0};
	struct slice set = slice_first(rest, end);
	return slice_first(set, slice_find(set, '*'));
}

/* Whether every encoded word of a field names a character set that we convert. */
static bool charsets_are_known(struct slice value)
{
	for (;;) {
		const char *word = value.len > 0 ? memmem(value.at, value.len, "=?", 2) : NULL;

		if (word == NULL)
			return true;
		value = slice_after(value, (size_t)(word - value.at) + 2);
		struct slice set = charset_of_word(value);
		if (set.at != NULL && !charset_is_known(set))
			return false;
	}
}

/* On one line and without NUL, as the C string that GMime takes. */
static char *unfolded(struct slice value)
{
	char *line = memory_copy(value.at, value.len);
	size_t out = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (line[i] == '\0')
			line[i] = '?';
		if (line[i] != '\r' && line[i] != '\n')
			line[out++] = line[i];
	}
	line[out] = '\0';
	return line;
}

char *mail_text_field(struct slice value)
{
	char *line = unfolded(slice_first(slice_trim(value), MAIL_TEXT_FIELD_MAX));
	struct slice whole = slice_of(line);
	char *text;
	size_t len;

	if (memmem(whole.at, whole.len, "=?", 2) != NULL && charsets_are_known(whole)) {
		(void)pthread_once(&gmime_once, start_gmime);
		char *decoded = g_mime_utils_header_decode_text(NULL, line);
		text = charset_to_utf8(slice_of(decoded), slice_of("utf-8"), &len);
		g_free(decoded);
	} else {
		text = charset_to_utf8(whole, (struct slice){0}, &len);
	}
	free(line);
	return text;
}

struct bytes {
	char *at;
	size_t len, room;
};

static void append(struct bytes *b, struct slice more)
{
	if (more.len > b->room - b->len) {
		b->room = b->len + more.len + 4096;
		b->at = memory_grow(b->at, b->room, 1);
	}
	if (more.len > 0)
		memcpy(b->at + b->len, more.at, more.len);
	b->len += more.len;
}

static bool is_content_field(struct slice field)
{
	return (field.len > 8 && strncasecmp(field.at, "Content-", 8) == 0) ||
	       value_if(field, "MIME-Version").at != NULL;
}

/* The body up to its MAIL_TEXT_LINES_MAX-th line that could begin or end a part: a part costs GMime
 * some 15 microseconds, and four bytes make one. */
static struct slice before_too_many_parts(struct slice body)
{
	size_t lines = 0, at = 0;

	while (at < body.len) {
		const char *found = memmem(body.at + at, body.len - at, "\n--", 3);

		if (found == NULL)
			break;
		at = (size_t)(found - body.at) + 1;
		if (++lines == MAIL_TEXT_LINES_MAX)
			return slice_first(body, at);
	}
	return body;
}

/* What GMime is given: of the header only what says how the body is made, an empty line, the body.
 */
static struct bytes entity_of(struct slice header, struct slice body)
{
	struct bytes entity = {0};
	struct slice field;

	while (take_field(&header, &field)) {
		if (!is_content_field(field))
			continue;
		append(&entity, field);
		if (field.at[field.len - 1] != '\n')
			append(&entity, slice_of("\n"));
	}
	append(&entity, slice_of("\n"));
	append(&entity, before_too_many_parts(slice_first(body, MAIL_TEXT_BODY_MAX)));
	return entity;
}

/* One walk over the parts of a mail. */
struct walk {
	struct mail_text *mail;
	unsigned parts;
	GMimeTextPart *plain, *html; /* the first of each; borrowed from the tree */
};

static void name_attachment(struct walk *w, const char *name, GMimeObject *part)
{
	struct mail_text *m = w->mail;
	GMimeContentType *type = g_mime_object_get_content_type(part);

	if (m->attachment_count == MAIL_TEXT_ATTACHMENTS_MAX) {
		m->attachments_left_out++;
		return;
	}
	if (m->attachments == NULL)
		m->attachments = memory_new(MAIL_TEXT_ATTACHMENTS_MAX, sizeof(*m->attachments));
	struct mail_attachment *a = &m->attachments[m->attachment_count++];
	char *mime_type = type != NULL ? g_mime_content_type_get_mime_type(type) : NULL;
	struct slice named = slice_first(slice_of(name != NULL ? name : ""), MAIL_TEXT_FIELD_MAX);
	struct slice typed = slice_first(slice_of(mime_type != NULL ? mime_type : ""), 255);
	size_t len;

	a->name = charset_to_utf8(named, (struct slice){0}, &len);
	a->type = charset_to_utf8(typed, (struct slice){0}, &len);
	g_free(mime_type);
}

static bool is_attached(GMimeObject *part)
{
	const char *said = g_mime_object_get_disposition(part);
	return said != NULL && strcasecmp(said, "attachment") == 0;
}

static void see_text(struct walk *w, GMimeObject *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	GMimeTextPart **first =
		g_mime_content_type_is_type(type, "text", "html") ? &w->html : &w->plain;

	if (*first == NULL)
		*first = GMIME_TEXT_PART(part);
}

static void see_leaf(struct walk *w, GMimeObject *part)
{
	const char *name = GMIME_IS_PART(part) ? g_mime_part_get_filename(GMIME_PART(part)) : NULL;

	if (GMIME_IS_TEXT_PART(part) && name == NULL && !is_attached(part))
		see_text(w, part);
	else
		name_attachment(w, name, part);
}

/* Bounded by its depth, whatever the mail holds. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void walk_part(struct walk *w, GMimeObject *part, unsigned depth)
{
	if (part == NULL || w->parts++ >= MAIL_TEXT_PARTS_MAX)
		return;
	if (!GMIME_IS_MULTIPART(part)) {
		see_leaf(w, part);
		return;
	}
	int count = g_mime_multipart_get_count(GMIME_MULTIPART(part));
	for (int i = 0; i < count && depth < MAIL_TEXT_DEPTH_MAX; i++) {
		if (w->parts >= MAIL_TEXT_PARTS_MAX)
			return;
		walk_part(w, g_mime_multipart_get_part(GMIME_MULTIPART(part), i), depth + 1);
	}
}

/* The content behind its transfer encoding, in the character set it came in. */
static GMimeStream *decoded_content(GMimeTextPart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
	GMimeStream *out = g_mime_stream_mem_new();

	if (content != NULL)
		(void)g_mime_data_wrapper_write_to_stream(content, out);
	return out;
}

static char *text_of(GMimeTextPart *part, size_t *ret_len)
{
	GMimeStream *stream = decoded_content(part);
	GByteArray *raw = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	const char *set = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
	struct slice bytes = {(const char *)raw->data, raw->len};
	char *text = charset_to_utf8(bytes, slice_of(set != NULL ? set : ""), ret_len);

	g_object_unref(stream);
	return text;
}

static void read_text(struct walk *w)
{
	struct mail_text *m = w->mail;
	char *text, *plain;

	if (w->plain == NULL && w->html == NULL)
		return;
	text = text_of(w->plain != NULL ? w->plain : w->html, &m->text_len);
	m->text_was_html = w->plain == NULL;
	if (m->text_was_html) {
		plain = html_text((struct slice){text, m->text_len}, &m->text_len);
		free(text);
		text = plain;
	}
	free(m->text);
	m->text = text;
}

static void read_body(struct mail_text *m, struct slice header, struct slice body)
{
	struct bytes entity = entity_of(header, body);
	(void)pthread_once(&gmime_once, start_gmime);
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(entity.at, entity.len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeObject *root = g_mime_parser_construct_part(parser, NULL);
	struct walk w = {.mail = m};

	free(entity.at);
	walk_part(&w, root, 0);
	read_text(&w);
	if (root != NULL)
		g_object_unref(root);
	g_object_unref(parser);
	g_object_unref(stream);
}

struct mail_text *mail_text_read(struct slice header, struct slice body)
{
	struct mail_text *m = memory_new(1, sizeof(*m));
	struct slice seen = slice_first(header, MAIL_TEXT_HEADER_MAX);

	m->subject = mail_text_field(mail_text_find(seen, "Subject"));
	m->from = mail_text_field(mail_text_find(seen, "From"));
	m->to = mail_text_field(mail_text_find(seen, "To"));
	m->text = memory_new(1, 1);
	read_body(m, seen, body);
	return m;
}

struct mail_text *mail_text_of_exim(const struct exim_header *header, struct slice body)
{
	struct bytes all = {0};
	struct slice rest = header->fields;
	struct exim_field field;

	while (all.len < MAIL_TEXT_HEADER_MAX && exim_field_next(&rest, &field))
		if (field.type != '*')
			append(&all, field.text);
	struct mail_text *m = mail_text_read((struct slice){all.at, all.len}, body);
	free(all.at);
	return m;
}

void mail_text_free(struct mail_text *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->attachment_count; i++) {
		free(m->attachments[i].name);
		free(m->attachments[i].type);
	}
	free(m->attachments);
	free(m->subject);
	free(m->from);
	free(m->to);
	free(m->text);
	free(m);
}

#include "base/markup.h"

#include "base/printable.h"

#include <stdlib.h>

const char *markup_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* U+FFFE and U+FFFF are valid UTF-8, and no characters of XML 1.0. */
static bool is_no_character(struct slice s)
{
	return s.len >= 3 && s.at[0] == '\xef' && s.at[1] == '\xbf' &&
	       (s.at[2] == '\xbe' || s.at[2] == '\xbf');
}

static void write_visible(FILE *out, struct slice s)
{
	while (s.len > 0) {
		const char *entity = markup_entity(s.at[0]);
		bool odd = is_no_character(s);

		if (odd)
			(void)fprintf(out, "\\xef\\xbf\\x%02x", (unsigned char)s.at[2]);
		else if (entity != NULL)
			(void)fputs(entity, out);
		else
			(void)fputc(s.at[0], out);
		s = slice_after(s, odd ? 3 : 1);
	}
}

void markup_write(FILE *out, struct slice raw)
{
	char *text = NULL;
	size_t len = 0;
	FILE *visible = open_memstream(&text, &len);

	if (visible == NULL)
		abort();
	printable_write(visible, raw);
	if (fclose(visible) != 0)
		abort();
	write_visible(out, (struct slice){text, len});
	free(text);
}

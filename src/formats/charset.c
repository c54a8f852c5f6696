#include "formats/charset.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

static const char *const known[] = {
	"utf-8",
	"utf8",
	"us-ascii",
	"ascii",
	"iso-8859-1",
	"iso-8859-2",
	"iso-8859-3",
	"iso-8859-4",
	"iso-8859-5",
	"iso-8859-6",
	"iso-8859-7",
	"iso-8859-8",
	"iso-8859-9",
	"iso-8859-10",
	"iso-8859-13",
	"iso-8859-14",
	"iso-8859-15",
	"iso-8859-16",
	"latin1",
	"windows-1250",
	"windows-1251",
	"windows-1252",
	"windows-1253",
	"windows-1254",
	"windows-1255",
	"windows-1256",
	"windows-1257",
	"windows-1258",
	"cp1251",
	"cp1252",
	"koi8-r",
	"koi8-u",
	"gb2312",
	"gbk",
	"gb18030",
	"big5",
	"shift_jis",
	"euc-jp",
	"iso-2022-jp",
	"euc-kr",
	"tis-620",
	"utf-16",
	"utf-16le",
	"utf-16be",
};

/* Longest name above with its NUL. */
#define NAME_MAX_BYTES 16

bool charset_is_known(struct slice name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_equal_nocase(name, slice_of(known[i])))
			return true;
	return false;
}

static bool is_utf8(struct slice text)
{
	while (text.len > 0) {
		size_t n = printable_utf8_length(text);

		if (n == 0)
			return false;
		text = slice_after(text, n);
	}
	return true;
}

static struct slice choose(struct slice raw, struct slice name)
{
	if (charset_is_known(name))
		return name;
	return is_utf8(raw) ? slice_of("utf-8") : slice_of("windows-1252");
}

/* No known set becomes more than 4 bytes of UTF-8 for one of its own, and U+FFFD takes 3. */
static size_t room_for(size_t len)
{
	return 4 * len + 16;
}

static size_t put_replacement(char *out)
{
	static const char replacement[] = {'\xEF', '\xBF', '\xBD'};

	memcpy(out, replacement, sizeof(replacement));
	return sizeof(replacement);
}

/* Converts all of raw, stepping over each byte that does not fit. Returns bytes written. */
static size_t convert(iconv_t cd, struct slice raw, char *out, size_t room)
{
	/* iconv() takes a char ** but does not write to the input. */
	union {
		const char *lent;
		char *asked;
	} in = {.lent = raw.at};
	size_t in_left = raw.len;
	char *at = out;

	while (in_left > 0) {
		if (iconv(cd, &in.asked, &in_left, &at, &room) != (size_t)-1)
			break;
		if (errno == E2BIG || room < 3)
			break;
		size_t n = put_replacement(at);
		at += n;
		room -= n;
		in.asked++;
		in_left--;
	}
	(void)iconv(
		cd, NULL, NULL, &at, &room); /* what a set with combining characters held back */
	return (size_t)(at - out);
}

/* iconv() takes and gives code points over 10FFFF as UTF-8, which RFC 3629 does not: each byte that
 * is none becomes U+FFFD. Takes text over. */
static char *only_utf8(char *text, size_t *len)
{
	struct slice rest = {text, *len};

	if (is_utf8(rest))
		return text;
	char *clean = memory_new(3 * *len + 1, 1);
	size_t at = 0;
	while (rest.len > 0) {
		size_t n = printable_utf8_length(rest);
		if (n == 0)
			at += put_replacement(clean + at);
		else
			memcpy(clean + at, rest.at, n);
		at += n;
		rest = slice_after(rest, n > 0 ? n : 1);
	}
	free(text);
	*len = at;
	return clean;
}

char *charset_to_utf8(struct slice raw, struct slice name, size_t *ret_len)
{
	struct slice set = choose(raw, name);
	char text[NAME_MAX_BYTES];
	size_t room = room_for(raw.len);

	memcpy(text, set.at, set.len);
	text[set.len] = '\0';
	iconv_t cd = iconv_open("UTF-8", text);
	/* A system without that conversion. NOLINTNEXTLINE(performance-no-int-to-ptr) */
	if (cd == (iconv_t)-1) {
		*ret_len = raw.len;
		return only_utf8(memory_copy(raw.at, raw.len), ret_len);
	}
	char *out = memory_new(room + 1, 1);
	*ret_len = convert(cd, raw, out, room);
	out[*ret_len] = '\0';
	(void)iconv_close(cd);
	return only_utf8(out, ret_len);
}

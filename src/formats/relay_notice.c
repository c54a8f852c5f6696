#include "formats/relay_notice.h"

#include "formats/mail_text.h"

#define SUBJECT "Compromised Account Notification"
#define BY_AUTH "x-authuser"

/* The value of the first row of that name: what is quoted of the spam stands further down. */
static bool find_row(struct slice text, const char *name, char ret[RELAY_NOTICE_TEXT])
{
	struct slice line;

	while (slice_take_line(&text, &line)) {
		size_t bar = slice_find(line, '|');
		if (bar == line.len ||
			!slice_equal_nocase(slice_trim(slice_first(line, bar)), slice_of(name)))
			continue;
		struct slice value = slice_trim(slice_after(line, bar + 1));
		if (value.len == 0 || value.len >= RELAY_NOTICE_TEXT ||
			slice_find(value, '\0') < value.len)
			return false;
		memcpy(ret, value.at, value.len);
		ret[value.len] = '\0';
		return true;
	}
	return false;
}

bool relay_notice_read(struct slice header, struct slice body, struct relay_notice *ret)
{
	char type[RELAY_NOTICE_TEXT];
	struct relay_notice found = {0};

	/* before the whole mail is taken apart */
	if (header.len == 0 || memmem(header.at, header.len, "Compromised", 11) == NULL)
		return false;
	AUTO(mail_text) m = mail_text_read(header, body);
	struct slice text = {m->text, m->text_len};
	if (!slice_equal_nocase(slice_trim(slice_of(m->subject)), slice_of(SUBJECT)) ||
		!find_row(text, "Sender Type", type) || strcmp(type, BY_AUTH) != 0 ||
		!find_row(text, "Sender ID", found.sender))
		return false;
	*ret = found;
	return true;
}

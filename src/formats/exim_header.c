#include "formats/exim_header.h"

#include "base/scan_bytes.h"

#include <errno.h>

/* Where reading stands. No byte behind end is ever looked at. */
struct reader {
	const char *start, *at, *end;
	struct exim_damage *damage;
};

/* Remembers the first damage only: what follows from it says less. */
static int damaged_at(struct reader *r, const char *where, const char *what)
{
	if (r->damage->what != NULL)
		return -EBADMSG;

	size_t line = 1;
	for (const char *p = r->start; p < where; p++)
		line += *p == '\n';
	*r->damage = (struct exim_damage){what, line, (size_t)(where - r->start)};
	return -EBADMSG;
}

/* The next line without its LF. false when the file ends before one. */
static inline bool take_line(struct reader *r, struct slice *ret)
{
	const char *lf = find_byte(r->at, r->end, '\n');

	if (lf == NULL)
		return false;
	*ret = (struct slice){r->at, (size_t)(lf - r->at)};
	r->at = lf + 1;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A whole decimal number of at most 18 digits, with '-' in front where that may be. */
static bool read_number(struct slice s, bool may_be_negative, int64_t *ret)
{
	bool negative = may_be_negative && s.len > 0 && s.at[0] == '-';
	int64_t value = 0;

	if (negative)
		s = slice_after(s, 1);
	if (s.len == 0 || s.len > 18)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.at[i]))
			return false;
		value = value * 10 + (s.at[i] - '0');
	}
	*ret = negative ? -value : value;
	return true;
}

/* Cuts " <number>" off the end of *s. */
static bool take_last_number(struct slice *s, int64_t *ret)
{
	size_t space = s->len;

	while (space > 0 && s->at[space - 1] != ' ')
		space--;
	if (space == 0 || !read_number(slice_after(*s, space), true, ret))
		return false;
	s->len = space - 1;
	return true;
}

static int read_first_lines(struct reader *r, const struct exim_id *id, struct exim_header *h)
{
	struct slice line;
	const char *start = r->at;

	if (!take_line(r, &line))
		return damaged_at(r, start, "ends before the name line is complete");
	if (line.len != (size_t)id->len + 2 || memcmp(line.at, id->text, id->len) != 0 ||
		memcmp(line.at + id->len, "-H", 2) != 0)
		return damaged_at(r, start, "the first line is not the name of the file");

	start = r->at;
	if (!take_line(r, &line))
		return damaged_at(r, start, "ends before the login line is complete");
	if (!take_last_number(&line, &h->gid) || !take_last_number(&line, &h->uid))
		return damaged_at(r, start, "no login, uid and gid");
	h->login = line;

	start = r->at;
	if (!take_line(r, &line))
		return damaged_at(r, start, "ends before the sender line is complete");
	if (line.len < 2 || line.at[0] != '<' || line.at[line.len - 1] != '>')
		return damaged_at(r, start, "the sender is not in <>");
	h->sender = (struct slice){line.at + 1, line.len - 2};

	start = r->at;
	if (!take_line(r, &line))
		return damaged_at(r, start, "ends before the time line is complete");
	if (!take_last_number(&line, &h->warnings) || !read_number(line, false, &h->received))
		return damaged_at(r, start, "no time of arrival and number of warnings");
	return 0;
}

void exim_address_split(struct slice text, struct slice *ret_ip, unsigned *ret_port)
{
	struct slice ip = text, port = {0};
	int64_t number = 0;

	if (text.len > 0 && text.at[0] == '[') {
		size_t close = slice_find(text, ']');
		if (close < text.len) {
			ip = (struct slice){text.at + 1, close - 1};
			port = slice_after(text, close + 2);
		}
	} else {
		/* the port follows the 4th dot of IPv4, the first dot of IPv6 */
		unsigned dots = slice_find(text, ':') < text.len ? 1 : 4;
		size_t i = 0;
		for (; i < text.len; i++)
			if (text.at[i] == '.' && --dots == 0)
				break;
		ip.len = i;
		port = slice_after(text, i + 1);
	}
	*ret_ip = ip;
	*ret_port = read_number(port, false, &number) && number < 65536 ? (unsigned)number : 0;
}

/* The bytes of an ACL variable follow its line: skipped by their count, never read as lines,
 * because they are text of the sender's. */
static int skip_acl_data(struct reader *r, struct slice option)
{
	int64_t length;
	size_t space = slice_find_last(option, ' ');
	const char *line = option.at;

	if (space == option.len || !read_number(slice_after(option, space + 1), false, &length))
		return damaged_at(r, line, "an ACL variable without a length");
	if (length >= r->end - r->at)
		return damaged_at(r, line, "an ACL variable longer than the file");
	if (r->at[length] != '\n')
		return damaged_at(r, r->at + length, "no line end behind an ACL variable");
	r->at += length + 1;
	return 0;
}

enum option_kind { TEXT, FLAG, FROZEN, NUMBER, ACL, HAS_PORT };

/* An option by its exact name. Exim itself compares some names by their beginning only; no name it
 * ever wrote is the beginning of another's value, so the exact name reads the same files. */
struct option {
	const char *name;
	uint8_t len;
	enum option_kind kind;
	unsigned flag; /* set when the option is there; 0: none */
	size_t offset; /* of the member that takes the value; for FLAG: unused */
};

#define ROW(name, kind, flag, member)                                                              \
	{                                                                                          \
		name, sizeof(name) - 1, kind, flag, offsetof(struct exim_header, member)           \
	}
#define FLAG_ROW(name, flag)                                                                       \
	{                                                                                          \
		name, sizeof(name) - 1, FLAG, flag, 0                                              \
	}

static const struct option rows_a[] = {
	ROW("auth_id", TEXT, EXIM_HAS_AUTH_ID, auth_id), ROW("auth_sender", TEXT, 0, auth_sender),
	ROW("aclm", ACL, 0, login), ROW("aclc", ACL, 0, login),
	ROW("acl", ACL, 0, login), /* before 4.61: a number for a name, the same count behind it */
};
static const struct option rows_b[] = {ROW("body_linecount", NUMBER, 0, body_lines)};
static const struct option rows_d[] = {FLAG_ROW("deliver_firsttime", EXIM_FIRST_TIME)};
static const struct option rows_f[] = {ROW("frozen", FROZEN, EXIM_FROZEN, frozen_since)};
static const struct option rows_h[] = {
	ROW("helo_name", TEXT, 0, helo),
	ROW("host_address", HAS_PORT, EXIM_HAS_HOST_ADDRESS, host_address),
	ROW("host_auth", TEXT, EXIM_HAS_HOST_AUTH, host_auth),
	ROW("host_auth_pubname", TEXT, 0, auth_mechanism),
	ROW("host_name", TEXT, 0, host_name),
};
static const struct option rows_i[] = {
	ROW("ident", TEXT, 0, ident),
	ROW("interface_address", TEXT, 0, interface_address),
};
static const struct option rows_l[] = {
	FLAG_ROW("local", EXIM_LOCAL), FLAG_ROW("localerror", EXIM_LOCAL_ERROR)};
static const struct option rows_m[] = {FLAG_ROW("manual_thaw", EXIM_MANUAL_THAW)};
static const struct option rows_n[] = {FLAG_ROW("N", EXIM_NEVER_DELIVER)};
static const struct option rows_r[] = {
	ROW("received_protocol", TEXT, 0, protocol),
	ROW("received_time_usec", TEXT, 0, received_fraction),
	ROW("received_time_complete", TEXT, 0, completed),
};
static const struct option rows_s[] = {
	FLAG_ROW("sender_set_untrusted", EXIM_SENDER_SET_UNTRUSTED),
	FLAG_ROW("spool_file_wireformat", EXIM_WIREFORMAT),
};
static const struct option rows_t[] = {
	ROW("tls_cipher", TEXT, 0, tls_cipher),
	ROW("tls_ver", TEXT, 0, tls_version),
	ROW("tls_sni", TEXT, 0, tls_sni),
	ROW("tls_peerdn", TEXT, 0, tls_peerdn),
	FLAG_ROW("tls_certificate_verified", EXIM_CERT_VERIFIED),
};

/* By the first letter, because a message has some twenty options. */
static const struct {
	const struct option *rows;
	size_t count;
} options_by_letter[256] = {
#define LETTER(rows)                                                                               \
	{                                                                                          \
		rows, sizeof(rows) / sizeof((rows)[0])                                             \
	}
	['a'] = LETTER(rows_a),
	['b'] = LETTER(rows_b),
	['d'] = LETTER(rows_d),
	['f'] = LETTER(rows_f),
	['h'] = LETTER(rows_h),
	['i'] = LETTER(rows_i),
	['l'] = LETTER(rows_l),
	['m'] = LETTER(rows_m),
	['N'] = LETTER(rows_n),
	['r'] = LETTER(rows_r),
	['s'] = LETTER(rows_s),
	['t'] = LETTER(rows_t),
#undef LETTER
};

/* memcmp() of names so short that calling it would cost more than comparing. */
static bool same_bytes(const char *a, const char *b, size_t len)
{
	if (len < 8)
		return memcmp(a, b, len) == 0;
	for (size_t i = 0; i + 8 < len; i += 8)
		if (load8(a + i) != load8(b + i))
			return false;
	return load8(a + len - 8) == load8(b + len - 8);
}

static const struct option *find_option(struct slice name)
{
	if (name.len == 0)
		return NULL;

	const struct option *rows = options_by_letter[(unsigned char)name.at[0]].rows;
	size_t count = options_by_letter[(unsigned char)name.at[0]].count;
	for (size_t i = 0; i < count; i++)
		if (rows[i].len == name.len && same_bytes(rows[i].name, name.at, name.len))
			return &rows[i];
	return NULL;
}

static int keep_option(struct reader *r, const struct option *o, struct slice line,
	struct slice value, struct exim_header *h)
{
	char *member = (char *)h + o->offset;
	int64_t number;

	switch (o->kind) {
	case TEXT:
		*(struct slice *)(void *)member = value;
		break;
	case HAS_PORT:
		exim_address_split(value, (struct slice *)(void *)member, &h->host_port);
		break;
	case NUMBER:
		if (read_number(value, false, &number))
			*(int64_t *)(void *)member = number;
		break;
	case FROZEN:
		if (!read_number(value, false, &h->frozen_since))
			return damaged_at(r, line.at, "-frozen without a time");
		break;
	case ACL:
		return skip_acl_data(r, line);
	case FLAG:
		break;
	}
	h->flags |= o->flag;
	return 0;
}

/* "-name value", "--name value" and "--(quoter)name value": the dashes and the quoter say only how
 * far Exim trusts the value. */
static int read_option(struct reader *r, struct slice line, struct exim_header *h)
{
	struct slice rest = slice_after(line, 1);

	if (rest.len > 0 && rest.at[0] == '-')
		rest = slice_after(rest, 1);
	if (rest.len > 0 && rest.at[0] == '(') {
		size_t close = slice_find(rest, ')');
		rest = slice_after(rest, close + 1);
	}

	if (rest.len == 0)
		return 0;

	/* to the end of the file: a search that may look further is faster, and stops at a space */
	const char *space = find_byte(rest.at, r->end, ' ');
	struct slice name = rest;
	if (space != NULL && space < rest.at + rest.len)
		name.len = (size_t)(space - rest.at);
	const struct option *o = find_option(name);
	if (o == NULL)
		return 0;

	/* an empty value is a value: .at must not be NULL */
	struct slice value = {rest.at + name.len, 0};
	if (name.len < rest.len)
		value = (struct slice){rest.at + name.len + 1, rest.len - name.len - 1};
	return keep_option(r, o, line, value, h);
}

static int read_options(struct reader *r, struct exim_header *h)
{
	while (r->at < r->end && *r->at == '-') {
		struct slice line;
		const char *start = r->at;

		if (!take_line(r, &line))
			return damaged_at(r, start, "ends inside an option");
		int err = read_option(r, line, h);
		if (err != 0)
			return err;
	}
	return 0;
}

static bool is_tree_flag(char c)
{
	return c == 'Y' || c == 'N';
}

/* "XX", or the nodes of a binary tree, parents first: each line says whether a left and a right
 * subtree follow. Counting how many are still owed needs no recursion. */
static int read_tree(struct reader *r, struct exim_header *h)
{
	struct slice line;
	const char *start = r->at;
	size_t owed = 1;

	if (r->end - r->at >= 3 && memcmp(r->at, "XX\n", 3) == 0) {
		r->at += 3;
		return 0;
	}
	while (owed > 0) {
		const char *at = r->at;
		if (!take_line(r, &line))
			return damaged_at(r, at, "ends inside the list of delivered addresses");
		if (line.len < 4 || !is_tree_flag(line.at[0]) || !is_tree_flag(line.at[1]) ||
			line.at[2] != ' ')
			return damaged_at(r, at, "no delivered address where one must be");
		owed += (line.at[0] == 'Y' ? 1u : 0u) + (line.at[1] == 'Y' ? 1u : 0u);
		owed--;
		h->delivered_count++;
	}
	h->delivered = (struct slice){start, (size_t)(r->at - start)};
	return 0;
}

/* Some recipient is empty or missing: keeps those before it. */
static int read_damaged_recipients(struct reader *r, struct exim_header *h)
{
	const char *start = r->at, *at = start;
	struct slice line;
	bool complete;

	while ((complete = take_line(r, &line)) && line.len > 0) {
		h->recipient_count++;
		at = r->at;
	}
	h->recipients = (struct slice){start, (size_t)(at - start)};
	return damaged_at(r, at, complete ? "an empty recipient" : "ends inside the recipients");
}

static int read_recipients(struct reader *r, struct exim_header *h)
{
	struct slice line;
	const char *start = r->at;
	int64_t count;

	if (!take_line(r, &line))
		return damaged_at(r, start, "ends before the number of recipients");
	if (!read_number(line, false, &count))
		return damaged_at(r, start, "no number of recipients");
	if (count > r->end - r->at)
		return damaged_at(r, start, "more recipients than the file has bytes");

	start = r->at;
	const char *behind = count > 0 ? skip_lines(start, r->end, (size_t)count) : start;
	if (behind == NULL)
		return read_damaged_recipients(r, h);
	r->at = behind;
	h->recipient_count = (size_t)count;
	h->recipients = (struct slice){start, (size_t)(behind - start)};
	return 0;
}

/* Exim compares these as C strings: a NUL in them is damage to it, too. */
static int refuse_nul(struct reader *r, struct slice s, const char *what)
{
	const char *nul = s.len > 0 ? memchr(s.at, '\0', s.len) : NULL;
	return nul == NULL ? 0 : damaged_at(r, nul, what);
}

static int read_envelope(struct reader *r, const struct exim_id *id, struct exim_header *h)
{
	int err = read_first_lines(r, id, h);

	if (err == 0)
		err = refuse_nul(r, h->sender, "a NUL in the sender");
	if (err == 0)
		err = read_options(r, h);
	if (err == 0)
		err = read_tree(r, h);
	if (err == 0)
		err = refuse_nul(r, h->delivered, "a NUL in a delivered address");
	if (err == 0)
		err = read_recipients(r, h);
	if (err == 0)
		err = refuse_nul(r, h->recipients, "a NUL in a recipient");
	return err;
}

/* The digits in front, at most nine, and how many they are. */
static inline size_t count_digits(struct slice s, size_t *ret_value)
{
	size_t digits = 0, value = 0;

	/* three, as nearly all fields have */
	if (s.len > 3 && is_digit(s.at[0]) && is_digit(s.at[1]) && is_digit(s.at[2])) {
		value = (size_t)(s.at[0] * 100 + s.at[1] * 10 + s.at[2] - '0' * 111);
		digits = 3;
	}
	while (digits < s.len && digits < 9 && is_digit(s.at[digits]))
		value = value * 10 + (size_t)(s.at[digits++] - '0');
	*ret_value = value;
	return digits;
}

/* "NNNt text": three digits or more, the type, a space, then NNN bytes. */
static inline bool take_field(struct slice *rest, struct exim_field *ret)
{
	size_t length, digits = count_digits(*rest, &length);

	if (digits < 3 || digits + 2 > rest->len || rest->at[digits + 1] != ' ')
		return false;

	struct slice text = {rest->at + digits + 2, rest->len - digits - 2};
	if (length == 0 || length > text.len)
		return false;
	*ret = (struct exim_field){rest->at[digits], {text.at, length}};
	*rest = (struct slice){text.at + length, text.len - length};
	return true;
}

/* What Exim would have counted of a field that is cut off: its "-bp" shows that size. */
static uint64_t claimed_size(struct slice rest)
{
	size_t length, digits = count_digits(rest, &length);

	return digits >= 3 && digits < rest.len && rest.at[digits] != '*' ? length : 0;
}

static int read_fields(struct reader *r, struct exim_header *h)
{
	if (r->at == r->end || *r->at != '\n')
		return damaged_at(r, r->at, "no empty line behind the recipients");
	r->at++;

	struct slice rest = {r->at, (size_t)(r->end - r->at)};
	struct exim_field field;
	h->fields = rest;
	while (rest.len > 0) {
		const char *start = rest.at;
		if (!take_field(&rest, &field)) {
			h->fields_size += claimed_size(rest);
			return damaged_at(r, start, "no header field of the length it states");
		}
		if (field.type != '*')
			h->fields_size += field.text.len;
		if (field.text.at[field.text.len - 1] != '\n')
			return damaged_at(r, start, "a header field that does not end its line");
	}
	return refuse_nul(r, h->fields, "a NUL in a header field");
}

int exim_header_parse(struct slice file, const struct exim_id *id, struct exim_header *ret)
{
	*ret = (struct exim_header){.uid = -1, .gid = -1, .body_lines = -1};

	const char *start = file.at != NULL ? file.at : "";
	struct reader r = {start, start, start + file.len, &ret->damage};
	int err = read_envelope(&r, id, ret);
	if (err != 0)
		return err;
	ret->envelope_read = true;
	return read_fields(&r, ret);
}

uint32_t exim_header_received_us(const struct exim_header *header)
{
	struct slice text = header->received_fraction;
	int64_t us;

	if (text.len != 7 || text.at[0] != '.' || !read_number(slice_after(text, 1), false, &us))
		return 0;
	return (uint32_t)us;
}

bool exim_delivered_next(struct slice *rest, struct slice *ret_name)
{
	struct slice line;

	if (!slice_take_line(rest, &line) || line.len < 4)
		return false;
	*ret_name = slice_after(line, 3);
	return true;
}

/* Cuts the digits (and what `also` allows) off the end of *s and returns them. */
static struct slice take_tail(struct slice *s, const char *also)
{
	size_t n = s->len;

	while (n > 0 && (is_digit(s->at[n - 1]) ||
				(s->at[n - 1] != '\0' && strchr(also, s->at[n - 1]) != NULL)))
		n--;
	struct slice tail = {s->at + n, s->len - n};
	s->len = n;
	return tail;
}

/* Cuts "<text> <len>,<number>" off the end of *s, and the space in front of it. */
static bool take_counted(struct slice *s, struct slice *ret_text, int64_t *ret_number)
{
	struct slice left = *s;
	struct slice numbers = take_tail(&left, ",-");
	size_t comma = slice_find(numbers, ',');
	int64_t length;

	if (!read_number(slice_first(numbers, comma), false, &length) ||
		!read_number(slice_after(numbers, comma + 1), true, ret_number))
		return false;
	if (left.len == 0 || left.at[left.len - 1] != ' ')
		return false;
	left.len--;
	if (length > (int64_t)left.len)
		return false;
	*ret_text = length > 0 ? (struct slice){left.at + left.len - length, (size_t)length}
			       : (struct slice){0};
	left.len -= (size_t)length;
	if (left.len == 0 || left.at[left.len - 1] != ' ')
		return false;
	left.len--;
	*s = left;
	return true;
}

/* "addr orcpt len,flags errors_to len,pno#3" and its shorter forms: bit 1 says that the errors_to
 * part is there, bit 2 the orcpt part. */
static bool split_flagged(struct slice line, unsigned bits, struct exim_recipient *ret)
{
	struct exim_recipient found = {.parent = -1};
	int64_t flags = 0;

	if ((bits & 1) && !take_counted(&line, &found.errors_to, &found.parent))
		return false;
	if ((bits & 2) && !take_counted(&line, &found.orcpt, &flags))
		return false;
	if (line.len == 0)
		return false;
	found.dsn_flags = (unsigned)flags;
	found.address = line;
	*ret = found;
	return true;
}

/* The end of the line says which form it is (Exim's spool_in.c reads it backwards, too). */
static void split_recipient(struct slice line, struct exim_recipient *ret)
{
	struct slice left = line;
	struct slice digits = take_tail(&left, "");
	int64_t number;

	*ret = (struct exim_recipient){.address = line, .parent = -1};
	if (digits.len == 0 || left.len < 2 || !read_number(digits, false, &number))
		return;

	char before = left.at[left.len - 1];
	if (before == '#') {
		left.len--;
		(void)split_flagged(left, (unsigned)number, ret);
	} else if (before == ',') { /* Exim 3: "addr n,n,pno" */
		struct slice address = line;
		(void)take_tail(&address, ",-");
		if (address.len > 1 && address.at[address.len - 1] == ' ') {
			address.len--;
			*ret = (struct exim_recipient){.address = address, .parent = number};
		}
	} else if (before == ' ') { /* early Exim 4: "addr pno" */
		left.len--;
		*ret = (struct exim_recipient){.address = left, .parent = number};
	}
}

bool exim_recipient_next(struct slice *rest, struct exim_recipient *ret)
{
	struct slice line;

	if (!slice_take_line(rest, &line))
		return false;
	split_recipient(line, ret);
	return true;
}

#define LINES_AT_ONCE 64

size_t exim_recipients_next(
	struct slice *rest, size_t most, struct slice *addresses, struct slice *domains)
{
	const char *ends[LINES_AT_ONCE], *signs[LINES_AT_ONCE], *at = rest->at;

	if (rest->len == 0)
		return 0;
	size_t n = index_lines(
		at, at + rest->len, most < LINES_AT_ONCE ? most : LINES_AT_ONCE, ends, signs);

	for (size_t i = 0; i < n; at = ends[i++] + 1) {
		addresses[i] = (struct slice){at, (size_t)(ends[i] - at)};
		domains[i] = signs[i] != NULL ? (struct slice){signs[i] + 1,
							(size_t)(ends[i] - signs[i] - 1)}
					      : addresses[i];
		if (addresses[i].len == 0 || !is_digit(*(ends[i] - 1)))
			continue;
		struct exim_recipient r;
		split_recipient(addresses[i], &r);
		addresses[i] = r.address;
		size_t sign = slice_find_last(r.address, '@');
		domains[i] = sign < r.address.len ? slice_after(r.address, sign + 1) : r.address;
	}
	*rest = (struct slice){at, rest->len - (size_t)(at - rest->at)};
	return n;
}

bool exim_recipient_next_address(struct slice *rest, struct slice *ret_address)
{
	struct exim_recipient r;

	if (!exim_recipient_next(rest, &r))
		return false;
	*ret_address = r.address;
	return true;
}

bool exim_field_next(struct slice *rest, struct exim_field *ret)
{
	return take_field(rest, ret);
}

struct slice exim_field_value(const struct exim_header *header, const char *name)
{
	struct slice rest = header->fields, wanted = slice_of(name);
	struct exim_field field;

	while (take_field(&rest, &field)) {
		size_t colon = slice_find(field.text, ':');
		if (field.type != '*' && colon < field.text.len &&
			slice_equal_nocase(slice_trim(slice_first(field.text, colon)), wanted))
			return slice_trim(slice_after(field.text, colon + 1));
	}
	return (struct slice){0};
}

/*
 * mailflood: sends real mail to the laboratory's Exim, a flood from one mailbox or honest mail
 * from many.
 *
 * It speaks SMTP to one address in 127.0.0.0/8 and refuses every other. Sessions, messages,
 * recipients and running time are bounded below, whatever is asked for.
 *
 * Passwords come from a file of lines "mailbox password" (--accounts), never from the arguments.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS_MAX    64U
#define MESSAGES_MAX    50000U
#define RECIPIENTS_MAX  20000U
#define SECONDS_MAX     600U
#define ACCOUNTS_MAX    256U
#define EXTRA_MAX       16U
#define LINE_BYTES      ((size_t)1024)
#define REPLY_BYTES     65536U
#define MESSAGE_BYTES   ((size_t)8 * 1024 * 1024)
#define REPLY_SECONDS   60
#define HONEST_CONTACTS 9U

struct account {
	char name[128];
	char password[128];
};

struct options {
	const char *host;
	unsigned port;
	const char *user; /* NULL: no AUTH; "*": each account in turn */
	const char *accounts_path;
	const char *from; /* NULL: the authenticated mailbox */
	unsigned forge;   /* number of invented senders; 0 none */
	const char *helo;
	const char *subject; /* NULL: one per message */
	const char *suffix;  /* domain the invented recipients live under */
	unsigned domains;    /* sub-domains of suffix in use; 0: suffix itself */
	unsigned sessions;
	unsigned messages;
	unsigned recipients;
	unsigned per_connection;
	unsigned seconds;
	unsigned pause_ms;
	unsigned seed;
	unsigned first; /* number of the first invented recipient */
	bool dictionary;
	bool different;
	bool no_reopen;
	bool verbose;
	bool contacts;
	const char *tag;
	const char *raw_path;
	const char *to[EXTRA_MAX];
	unsigned to_count;
	const char *headers[EXTRA_MAX];
	unsigned header_count;
	const char *sources[EXTRA_MAX];
	unsigned source_count;
	struct account accounts[ACCOUNTS_MAX];
	unsigned account_count;
};

struct counts {
	unsigned messages;
	unsigned recipients;
	unsigned refused_messages;
	unsigned refused_recipients;
};

/* A growing buffer with a largest size; an append past it ends the process. */
struct buffer {
	char *bytes;
	size_t len;
	size_t cap;
};

struct session {
	const struct options *opt;
	unsigned number;
	int fd;
	uint64_t random;
	struct counts counts;
	struct buffer out;
	size_t have;
	char in[REPLY_BYTES];
	char line[LINE_BYTES]; /* last reply line, without its end */
};

static const char *const first_names[] = {"aaron", "abel", "adele", "agnes", "alan", "albert",
	"alice", "amber", "amy", "andrea", "angela", "anna", "anton", "barbara", "beate", "ben",
	"bernd", "bianca", "bruno", "carla", "carol", "cedric", "chris", "clara", "daniel", "david",
	"doris", "edgar", "elena", "emma"};
static const char *const last_names[] = {"adams", "bauer", "baker", "becker", "carter", "clark",
	"cook", "davis", "diaz", "evans", "fischer", "garcia", "green", "hall", "harris", "hill",
	"hughes", "jones", "keller", "king", "kramer", "lewis", "lopez", "meyer", "miller", "moore",
	"nelson", "parker", "reed", "scott", "smith", "taylor", "turner", "walker", "weber",
	"young"};
static const char *const words[] = {"about", "agenda", "answer", "appointment", "april", "attached",
	"autumn", "bicycle", "boxes", "bread", "budget", "calendar", "call", "children", "cinema",
	"coffee", "colour", "contract", "corner", "delivery", "dinner", "drawing", "friday",
	"garden", "glass", "harbour", "holiday", "invoice", "kitchen", "ladder", "lemon", "letter",
	"library", "manual", "meeting", "monday", "music", "october", "order", "painter", "paper",
	"pencil", "photos", "piano", "platform", "question", "receipt", "recipe", "report", "river",
	"school", "sketch", "spring", "stairs", "station", "summer", "sunday", "table", "teacher",
	"tickets", "train", "travel", "umbrella", "village", "weather", "winter", "window",
	"workshop"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

__attribute__((noreturn, format(printf, 2, 3))) static void die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("mailflood: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(status);
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t x = (*state += 0x9e3779b97f4a7c15U);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
	return x ^ (x >> 31);
}

static unsigned pick(struct session *s, size_t below)
{
	return (unsigned)(next_random(&s->random) % below);
}

static void append_bytes(struct buffer *b, const char *bytes, size_t len)
{
	if (b->len + len > MESSAGE_BYTES)
		die(3, "a message would be larger than %zu bytes", MESSAGE_BYTES);
	if (b->len + len > b->cap) {
		size_t cap = (b->len + len) * 2;
		char *grown = realloc(b->bytes, cap);

		if (!grown)
			die(3, "out of memory");
		b->bytes = grown;
		b->cap = cap;
	}
	memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

__attribute__((format(printf, 2, 3))) static void append(struct buffer *b, const char *format, ...)
{
	char text[2 * LINE_BYTES];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		die(3, "a line is too long");
	append_bytes(b, text, (size_t)n);
}

static bool send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* Takes one line off the input into s->line. False when the connection ended or is silent. */
static bool read_line(struct session *s)
{
	for (;;) {
		char *end = memchr(s->in, '\n', s->have);

		if (end) {
			size_t len = (size_t)(end - s->in);
			size_t keep = len < LINE_BYTES ? len : LINE_BYTES - 1;

			memcpy(s->line, s->in, keep);
			if (keep && s->line[keep - 1] == '\r')
				keep--;
			s->line[keep] = '\0';
			s->have -= len + 1;
			memmove(s->in, end + 1, s->have);
			return true;
		}
		if (s->have == sizeof(s->in))
			return false;
		ssize_t n = recv(s->fd, s->in + s->have, sizeof(s->in) - s->have, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s->have += (size_t)n;
	}
}

/* The code of one reply (its last line), 0 when there is none. */
static int read_reply(struct session *s)
{
	do {
		if (!read_line(s))
			return 0;
	} while (strlen(s->line) > 3 && s->line[3] == '-');
	return (int)strtol(s->line, NULL, 10);
}

static int command(struct session *s, const char *format, const char *value)
{
	char text[LINE_BYTES];
	int n = snprintf(text, sizeof(text), format, value);

	if (n < 0 || (size_t)n >= sizeof(text) || !send_all(s->fd, text, (size_t)n))
		return 0;
	return read_reply(s);
}

/* Base 64 of RFC 4648, for AUTH PLAIN. out has room for 4 * (len / 3 + 1) + 1 bytes. */
static void encode_base64(const unsigned char *in, size_t len, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	const unsigned padding = 64;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t v = (uint32_t)in[i] << 16;

		if (left > 1)
			v |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			v |= in[i + 2];
		*out++ = digits[v >> 18 & 63];
		*out++ = digits[v >> 12 & 63];
		*out++ = digits[left > 1 ? v >> 6 & 63 : padding];
		*out++ = digits[left > 2 ? v & 63 : padding];
	}
	*out = '\0';
}

static int authenticate(struct session *s, const struct account *a)
{
	unsigned char plain[sizeof(a->name) + sizeof(a->password) + 2];
	char encoded[sizeof(plain) * 2];
	size_t name_len = strlen(a->name);
	size_t password_len = strlen(a->password);

	plain[0] = 0;
	memcpy(plain + 1, a->name, name_len);
	plain[1 + name_len] = 0;
	memcpy(plain + 2 + name_len, a->password, password_len);
	encode_base64(plain, name_len + password_len + 2, encoded);
	return command(s, "AUTH PLAIN %s\r\n", encoded);
}

/* Sessions come from the sources in turn; without any, from where the kernel likes. */
static bool come_from_source(const struct session *s)
{
	const struct options *opt = s->opt;
	struct sockaddr_in from = {.sin_family = AF_INET};

	if (!opt->source_count)
		return true;
	return inet_pton(AF_INET, opt->sources[s->number % opt->source_count], &from.sin_addr) ==
		       1 &&
	       bind(s->fd, (const struct sockaddr *)&from, sizeof(from)) == 0;
}

static bool open_session(struct session *s, const struct account *a)
{
	struct timeval limit = {.tv_sec = REPLY_SECONDS};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->opt->port)};

	if (inet_pton(AF_INET, s->opt->host, &to.sin_addr) != 1)
		return false;
	s->have = 0;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return false;
	(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!come_from_source(s) || connect(s->fd, (const struct sockaddr *)&to, sizeof(to)) ||
		read_reply(s) != 220 || command(s, "EHLO %s\r\n", s->opt->helo) != 250 ||
		(a && authenticate(s, a) != 235)) {
		(void)fprintf(stderr, "mailflood: session %u not opened: %s\n", s->number, s->line);
		(void)close(s->fd);
		s->fd = -1;
		return false;
	}
	return true;
}

static void close_session(struct session *s)
{
	if (s->fd < 0)
		return;
	(void)command(s, "QUIT\r\n%s", "");
	(void)close(s->fd);
	s->fd = -1;
}

/* Recipient number n of the run. In dictionary order the names rise with n. */
static void append_recipient(struct session *s, unsigned n)
{
	const struct options *opt = s->opt;
	uint64_t mix = (uint64_t)opt->seed << 32 | n;
	uint64_t hash = next_random(&mix);
	size_t names = COUNT(first_names) * COUNT(last_names);
	size_t name = opt->dictionary ? n % names : hash % names;

	append(&s->out, "%s.%s%u@", first_names[name / COUNT(last_names)],
		last_names[name % COUNT(last_names)], n);
	if (opt->domains)
		append(&s->out, "d%03u.", (unsigned)(hash >> 40) % opt->domains);
	append(&s->out, "%s", opt->suffix);
}

static void append_words(struct session *s, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		append(&s->out, "%s%s", i ? " " : "", words[pick(s, COUNT(words))]);
}

/* A letter nobody else writes. */
static void append_own_body(struct session *s)
{
	unsigned lines = 3 + pick(s, 9);

	append(&s->out, "Hello,\r\n\r\n");
	for (unsigned i = 0; i < lines; i++) {
		append_words(s, 6 + pick(s, 6));
		append(&s->out, "%s\r\n", i % 3 == 2 ? ".\r\n" : "");
	}
	append(&s->out, "\r\nRegards\r\n");
}

/* The same letter with another number in it each time, as floods have. */
static void append_same_body(struct session *s, unsigned message)
{
	append(&s->out,
		"Dear customer,\r\n\r\n"
		"your mailbox is almost full and will be closed within 24 hours.\r\n"
		"Please confirm your account here to keep your messages:\r\n\r\n"
		"    http://confirm.elsewhere.test/account?ref=%08x%04u\r\n\r\n"
		"Case number %u-%04u. Do not reply to this message.\r\n"
		"The support team\r\n",
		(unsigned)next_random(&s->random), message, 1000 + pick(s, 9000), message);
}

/* Sends the text with CRLF line ends, and a second dot where a line begins with one. */
static void append_text(struct buffer *out, const char *text, size_t len)
{
	bool start = true;

	for (size_t i = 0; i < len; i++) {
		if (start && text[i] == '.')
			append_bytes(out, ".", 1);
		start = text[i] == '\n';
		if (start && (i == 0 || text[i - 1] != '\r'))
			append_bytes(out, "\r", 1);
		append_bytes(out, text + i, 1);
	}
	if (!start)
		append_bytes(out, "\r\n", 2);
}

static void append_file(struct buffer *out, const char *path)
{
	FILE *file = fopen(path, "rbe");
	struct buffer text = {0};
	char block[4096];
	size_t n;

	if (!file)
		die(3, "cannot read %s: %s", path, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		append_bytes(&text, block, n);
	if (ferror(file))
		die(3, "cannot read %s", path);
	(void)fclose(file);
	append_text(out, text.bytes, text.len);
	free(text.bytes);
}

static void append_headers(struct session *s, const char *from, const char *to, unsigned message)
{
	const struct options *opt = s->opt;
	char date[64];
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm) ||
		!strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm))
		date[0] = '\0';
	append(&s->out, "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\n", from, to, date);
	append(&s->out, "Message-ID: <%s.%u.%u.%u@%s>\r\n", opt->tag, opt->seed, s->number, message,
		opt->helo);
	append(&s->out, "Subject: ");
	if (opt->subject) {
		append(&s->out, "%s", opt->subject);
	} else if (opt->different) {
		append_words(s, 2 + pick(s, 4));
	} else {
		append(&s->out, "Important notice about your account %04u", message);
	}
	append(&s->out, "\r\n");
	for (unsigned i = 0; i < opt->header_count; i++)
		append(&s->out, "%s\r\n", opt->headers[i]);
	append(&s->out, "\r\n");
}

/* Envelope sender of one message. */
static void choose_sender(
	const struct session *s, const struct account *a, unsigned message, char *out, size_t size)
{
	const struct options *opt = s->opt;
	unsigned forged = opt->forge ? message % opt->forge : 0;
	int n;

	if (opt->forge)
		n = snprintf(out, size, "%s.%s@mail%u.elsewhere.test",
			first_names[forged % COUNT(first_names)],
			last_names[forged % COUNT(last_names)], forged);
	else
		n = snprintf(out, size, "%s", opt->from ? opt->from : a ? a->name : "");
	if (n < 0 || (size_t)n >= size)
		die(2, "the sender is too long");
}

/* Few people, the same ones again and again: those whom this mailbox writes to. */
static void append_contact(struct buffer *out, const struct account *a, unsigned which)
{
	uint64_t mix = which;

	for (const char *c = a->name; *c; c++)
		mix = mix * 131 + (unsigned char)*c;
	uint64_t hash = next_random(&mix);
	append(out, "%s.%s@friends%u.ok.test", first_names[hash % COUNT(first_names)],
		last_names[(hash >> 16) % COUNT(last_names)], (unsigned)(hash >> 32) % 40);
}

/* One address of the envelope, without its brackets, appended to s->out. */
static void append_address(struct session *s, const struct account *a, unsigned number, unsigned r)
{
	const struct options *opt = s->opt;

	if (opt->to_count)
		append(&s->out, "%s", opt->to[r]);
	else if (opt->user && strcmp(opt->user, "*") == 0)
		append_contact(&s->out, a, (number + r) % HONEST_CONTACTS);
	else
		append_recipient(s, opt->first + number * opt->recipients + r);
}

/* Sends the envelope. Returns recipients accepted, or -1 when the message is refused. */
static int send_envelope(struct session *s, const struct account *a, const char *from,
	unsigned number, char *first_to, size_t size)
{
	const struct options *opt = s->opt;
	unsigned count = opt->to_count ? opt->to_count : opt->recipients;
	int accepted = 0;

	if (command(s, "MAIL FROM:<%s>\r\n", from) != 250)
		return -1;
	s->out.len = 0;
	for (unsigned r = 0; r < count; r++) {
		size_t start;

		append(&s->out, "RCPT TO:<");
		start = s->out.len;
		append_address(s, a, number, r);
		if (r == 0 && s->out.len - start < size) {
			memcpy(first_to, s->out.bytes + start, s->out.len - start);
			first_to[s->out.len - start] = '\0';
		}
		append(&s->out, ">\r\n");
	}
	if (!send_all(s->fd, s->out.bytes, s->out.len))
		return -1;
	for (unsigned r = 0; r < count; r++) {
		if (read_reply(s) == 250)
			accepted++;
		else
			s->counts.refused_recipients++;
	}
	return accepted;
}

static bool send_message(struct session *s, const struct account *a, unsigned number)
{
	const struct options *opt = s->opt;
	char from[LINE_BYTES / 2];
	char to[LINE_BYTES / 2] = "";
	int accepted;

	choose_sender(s, a, number, from, sizeof(from));
	accepted = send_envelope(s, a, from, number, to, sizeof(to));
	if (accepted <= 0 || command(s, "DATA\r\n%s", "") != 354) {
		s->counts.refused_messages++;
		return command(s, "RSET\r\n%s", "") == 250;
	}
	s->out.len = 0;
	if (opt->raw_path) {
		append_file(&s->out, opt->raw_path);
	} else {
		append_headers(s, from, to, number);
		if (opt->different)
			append_own_body(s);
		else
			append_same_body(s, number);
	}
	append(&s->out, ".\r\n");
	if (!send_all(s->fd, s->out.bytes, s->out.len) || read_reply(s) != 250) {
		s->counts.refused_messages++;
		return false;
	}
	s->counts.messages++;
	s->counts.recipients += (unsigned)accepted;
	if (opt->verbose) {
		const char *id = strstr(s->line, "id=");

		(void)printf("%s %d\n", id ? id + 3 : "-", accepted);
	}
	return true;
}

static const struct account *account_for(const struct options *opt, unsigned number)
{
	if (!opt->user)
		return NULL;
	if (strcmp(opt->user, "*") == 0)
		return &opt->accounts[number % opt->account_count];
	for (unsigned i = 0; i < opt->account_count; i++) {
		if (strcmp(opt->accounts[i].name, opt->user) == 0)
			return &opt->accounts[i];
	}
	die(2, "no password for %s in the accounts file", opt->user);
}

static void pause_for(unsigned ms)
{
	struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000L};

	while (ms && nanosleep(&wait, &wait) && errno == EINTR)
		;
}

/* Every sessions-th message, beginning with this session's number. */
static void run_session(struct session *s)
{
	const struct options *opt = s->opt;
	bool everybody = opt->user && strcmp(opt->user, "*") == 0;
	unsigned per_connection = everybody ? 1 : opt->per_connection;
	time_t end = time(NULL) + (time_t)opt->seconds;
	unsigned sent = 0;

	for (unsigned n = s->number; n < opt->messages; n += opt->sessions) {
		const struct account *a = account_for(opt, n);

		if (time(NULL) >= end) {
			s->counts.refused_messages++;
			break;
		}
		if (s->fd >= 0 && sent >= per_connection)
			close_session(s);
		if (s->fd < 0) {
			sent = 0;
			if (!open_session(s, a)) {
				s->counts.refused_messages++;
				break;
			}
		}
		sent++;
		if (!send_message(s, a, n)) {
			(void)fprintf(stderr, "mailflood: session %u: %s\n", s->number, s->line);
			(void)close(s->fd);
			s->fd = -1;
			if (opt->no_reopen)
				break;
		}
		pause_for(opt->pause_ms);
	}
	close_session(s);
}

static pid_t start_session(const struct options *opt, unsigned number, int report)
{
	struct session *s;
	pid_t pid;
	ssize_t written;

	(void)fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	s = calloc(1, sizeof(*s));
	if (!s)
		_exit(3);
	s->opt = opt;
	s->number = number;
	s->fd = -1;
	s->random = (uint64_t)opt->seed << 20 | number;
	run_session(s);
	(void)fflush(stdout);
	written = write(report, &s->counts, sizeof(s->counts));
	free(s->out.bytes);
	free(s);
	_exit(written == (ssize_t)sizeof(struct counts) ? 0 : 3);
}

static unsigned read_number(const char *name, const char *text, unsigned low, unsigned high)
{
	char *end = NULL;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || v < low || v > high)
		die(2, "--%s: %s is not a number from %u to %u", name, text, low, high);
	return (unsigned)v;
}

static bool copy_word(char *out, size_t size, const char *from)
{
	size_t len = strcspn(from, " \r\n");

	if (len == 0 || len >= size)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

static void read_accounts(struct options *opt)
{
	char line[512];
	FILE *file = fopen(opt->accounts_path, "re");

	if (!file)
		die(2, "cannot read %s: %s", opt->accounts_path, strerror(errno));
	while (opt->account_count < ACCOUNTS_MAX && fgets(line, sizeof(line), file)) {
		struct account *a = &opt->accounts[opt->account_count];
		const char *space = strchr(line, ' ');

		if (!space || !copy_word(a->name, sizeof(a->name), line) ||
			!copy_word(a->password, sizeof(a->password), space + 1))
			die(2, "%s: want lines of mailbox, space, password", opt->accounts_path);
		opt->account_count++;
	}
	(void)fclose(file);
	if (!opt->account_count)
		die(2, "%s holds no account", opt->accounts_path);
}

static const char usage[] =
	"usage: mailflood --port N [options]\n"
	"  --host ADDRESS          where to send, in 127.0.0.0/8 (127.0.0.1)\n"
	"  --accounts FILE         lines of mailbox, space, password\n"
	"  --user MAILBOX          authenticate as this one; * takes each account in turn and\n"
	"                          writes to that account's few correspondents\n"
	"  --sessions N --messages N --recipients N --per-connection N --seconds N --pause-ms N\n"
	"  --from ADDRESS          envelope sender (the mailbox itself)\n"
	"  --forge N               N invented senders in turn, at domains hosted nowhere\n"
	"  --to ADDRESS            a recipient of every message; repeat for more\n"
	"  --suffix DOMAIN --domains N   invented recipients at dNNN.DOMAIN (rnd.test, 100)\n"
	"  --first N               number of the first invented recipient\n"
	"  --dictionary            invented recipients in dictionary order\n"
	"  --different             another subject and body for each message\n"
	"  --subject TEXT --header LINE --helo NAME --tag WORD --seed N\n"
	"  --source ADDRESS        where sessions come from, in 127.0.0.0/8; repeat for more, in "
	"turn\n"
	"  --contacts              send nothing: print the correspondents of each account, a line\n"
	"                          of the mailbox, space, address for each\n"
	"  --raw FILE              send this file as headers and body\n"
	"  --no-reopen             a session that is ended by the other side is not opened again\n"
	"  --verbose               print queue id and recipients of each accepted message\n";

enum option_code {
	HOST = 1,
	PORT,
	ACCOUNTS,
	USER,
	SESSIONS,
	MESSAGES,
	RECIPIENTS,
	PER_CONNECTION,
	SECONDS,
	PAUSE_MS,
	FROM,
	FORGE,
	TO,
	SUFFIX,
	DOMAINS,
	FIRST,
	DICTIONARY,
	DIFFERENT,
	SUBJECT,
	HEADER,
	HELO,
	TAG,
	SEED,
	RAW,
	SOURCE,
	CONTACTS,
	NO_REOPEN,
	VERBOSE,
	HELP
};

static const struct option long_options[] = {
	{"host", required_argument, NULL, HOST},
	{"port", required_argument, NULL, PORT},
	{"accounts", required_argument, NULL, ACCOUNTS},
	{"user", required_argument, NULL, USER},
	{"sessions", required_argument, NULL, SESSIONS},
	{"messages", required_argument, NULL, MESSAGES},
	{"recipients", required_argument, NULL, RECIPIENTS},
	{"per-connection", required_argument, NULL, PER_CONNECTION},
	{"seconds", required_argument, NULL, SECONDS},
	{"pause-ms", required_argument, NULL, PAUSE_MS},
	{"from", required_argument, NULL, FROM},
	{"forge", required_argument, NULL, FORGE},
	{"to", required_argument, NULL, TO},
	{"suffix", required_argument, NULL, SUFFIX},
	{"domains", required_argument, NULL, DOMAINS},
	{"first", required_argument, NULL, FIRST},
	{"dictionary", no_argument, NULL, DICTIONARY},
	{"different", no_argument, NULL, DIFFERENT},
	{"subject", required_argument, NULL, SUBJECT},
	{"header", required_argument, NULL, HEADER},
	{"helo", required_argument, NULL, HELO},
	{"tag", required_argument, NULL, TAG},
	{"seed", required_argument, NULL, SEED},
	{"raw", required_argument, NULL, RAW},
	{"source", required_argument, NULL, SOURCE},
	{"contacts", no_argument, NULL, CONTACTS},
	{"no-reopen", no_argument, NULL, NO_REOPEN},
	{"verbose", no_argument, NULL, VERBOSE},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static void add_text(const char *name, const char **list, unsigned *count, const char *text)
{
	if (*count == EXTRA_MAX)
		die(2, "--%s: at most %u", name, EXTRA_MAX);
	list[(*count)++] = text;
}

/* True when the option was a number and is stored. */
static bool set_number(struct options *opt, int code, const char *name, const char *value)
{
	const struct {
		enum option_code code;
		unsigned *out;
		unsigned low, high;
	} numbers[] = {
		{PORT, &opt->port, 1, 65535},
		{SESSIONS, &opt->sessions, 1, SESSIONS_MAX},
		{MESSAGES, &opt->messages, 1, MESSAGES_MAX},
		{RECIPIENTS, &opt->recipients, 1, RECIPIENTS_MAX},
		{PER_CONNECTION, &opt->per_connection, 1, MESSAGES_MAX},
		{SECONDS, &opt->seconds, 1, SECONDS_MAX},
		{PAUSE_MS, &opt->pause_ms, 0, 60000},
		{FORGE, &opt->forge, 1, 10000},
		{DOMAINS, &opt->domains, 0, 100000},
		{FIRST, &opt->first, 0, 1000000000},
		{SEED, &opt->seed, 0, 1000000000},
	};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		if ((int)numbers[i].code == code) {
			*numbers[i].out = read_number(name, value, numbers[i].low, numbers[i].high);
			return true;
		}
	}
	return false;
}

static bool set_string(struct options *opt, int code, const char *value)
{
	const struct {
		enum option_code code;
		const char **out;
	} strings[] = {
		{HOST, &opt->host},
		{ACCOUNTS, &opt->accounts_path},
		{USER, &opt->user},
		{FROM, &opt->from},
		{SUFFIX, &opt->suffix},
		{SUBJECT, &opt->subject},
		{HELO, &opt->helo},
		{TAG, &opt->tag},
		{RAW, &opt->raw_path},
	};

	for (size_t i = 0; i < COUNT(strings); i++) {
		if ((int)strings[i].code == code) {
			*strings[i].out = value;
			return true;
		}
	}
	return false;
}

static void parse_options(struct options *opt, int argc, char **argv)
{
	int code;
	int index = 0;

	while ((code = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		const char *name = code == '?' ? "" : long_options[index].name;

		if (set_number(opt, code, name, optarg) || set_string(opt, code, optarg))
			continue;
		if (code == TO)
			add_text(name, opt->to, &opt->to_count, optarg);
		else if (code == HEADER)
			add_text(name, opt->headers, &opt->header_count, optarg);
		else if (code == SOURCE)
			add_text(name, opt->sources, &opt->source_count, optarg);
		else if (code == CONTACTS)
			opt->contacts = true;
		else if (code == DICTIONARY)
			opt->dictionary = true;
		else if (code == DIFFERENT)
			opt->different = true;
		else if (code == NO_REOPEN)
			opt->no_reopen = true;
		else if (code == VERBOSE)
			opt->verbose = true;
		else if (code == HELP && fputs(usage, stdout) >= 0)
			exit(0);
		else
			die(2, "see mailflood --help");
	}
	if (optind != argc)
		die(2, "unexpected argument %s", argv[optind]);
}

static bool is_loopback(const char *text)
{
	struct in_addr address;

	return inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static void check_options(struct options *opt)
{
	if (!opt->port)
		die(2, "--port is needed");
	if (!is_loopback(opt->host))
		die(2, "--host: %s is not a loopback address; this program sends nowhere else",
			opt->host);
	for (unsigned i = 0; i < opt->source_count; i++)
		if (!is_loopback(opt->sources[i]))
			die(2, "--source: %s is not a loopback address", opt->sources[i]);
	if (opt->user && !opt->accounts_path)
		die(2, "--user needs --accounts");
	if (opt->accounts_path)
		read_accounts(opt);
	(void)account_for(opt, 0);
}

static void print_contacts(const struct options *opt)
{
	struct buffer out = {0};

	for (unsigned i = 0; i < opt->account_count; i++)
		for (unsigned which = 0; which < HONEST_CONTACTS; which++) {
			append(&out, "%s ", opt->accounts[i].name);
			append_contact(&out, &opt->accounts[i], which);
			append(&out, "\n");
		}
	if (fwrite(out.bytes, 1, out.len, stdout) != out.len || fflush(stdout))
		die(3, "cannot write: %s", strerror(errno));
	free(out.bytes);
}

int main(int argc, char **argv)
{
	struct options opt = {.host = "127.0.0.1",
		.helo = "client.elsewhere.test",
		.suffix = "rnd.test",
		.tag = "flood",
		.domains = 100,
		.sessions = 1,
		.messages = 1,
		.recipients = 1,
		.per_connection = 100,
		.seconds = 120,
		.seed = 1};
	struct counts total = {0};
	struct counts one;
	unsigned started = 0;
	unsigned reported = 0;
	int report[2];

	parse_options(&opt, argc, argv);
	check_options(&opt);
	if (opt.contacts) {
		print_contacts(&opt);
		return 0;
	}
	if (pipe(report))
		die(3, "pipe: %s", strerror(errno));
	for (unsigned i = 0; i < opt.sessions; i++)
		started += start_session(&opt, i, report[1]) > 0;
	(void)close(report[1]);
	while (read(report[0], &one, sizeof(one)) == (ssize_t)sizeof(one)) {
		reported++;
		total.messages += one.messages;
		total.recipients += one.recipients;
		total.refused_messages += one.refused_messages;
		total.refused_recipients += one.refused_recipients;
	}
	while (wait(NULL) > 0)
		;
	if (!opt.verbose)
		(void)printf("messages=%u recipients=%u refused_messages=%u "
			     "refused_recipients=%u\n",
			total.messages, total.recipients, total.refused_messages,
			total.refused_recipients);
	if (reported != started || started != opt.sessions)
		die(3, "%u of %u sessions reported", reported, opt.sessions);
	return total.messages == opt.messages ? 0 : 1;
}

#include "systems/exim/session_hints.h"

#include "base/memory.h"
#include "base/printable.h"
#include "formats/exim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK        ((size_t)256 << 10)
#define LOOK_BACK    64 /* hints among which one that is the same is looked for */
#define QUARTER      900
#define DISORDER_S   60
#define ZONE_MOST    ((int64_t)14 * 3600)
#define ZONE_UNKNOWN INT64_MIN

struct session_hints {
	struct source mailbox;
	int64_t since;
	struct exim_log_reader reader;
	int64_t zone; /* seconds east of UTC */
	struct session_hint *at;
	size_t count, room;

	/* where the log was read to */
	dev_t device;
	ino_t inode;
	int64_t position; /* of the first byte that is not read; -1: nothing was */
	char *block;
	size_t len;
	bool in_long_line;
};

struct session_hints *session_hints_new(const struct source *mailbox, int64_t since)
{
	struct session_hints *h = memory_new(1, sizeof(*h));

	h->mailbox = *mailbox;
	h->since = since;
	h->zone = ZONE_UNKNOWN;
	h->position = -1;
	return h;
}

void session_hints_free(struct session_hints *h)
{
	if (h == NULL)
		return;
	free(h->block);
	free(h->at);
	free(h);
}

const struct session_hint *session_hints_all(const struct session_hints *h, size_t *ret_count)
{
	*ret_count = h->count;
	return h->at;
}

/* ---- times ---- */

static int64_t civil_seconds(const struct exim_log_time *t)
{
	struct tm tm = {.tm_year = t->year - 1900,
		.tm_mon = t->month - 1,
		.tm_mday = t->day,
		.tm_hour = t->hour,
		.tm_min = t->minute,
		.tm_sec = t->second};

	return timegm(&tm);
}

/* Zones are whole quarters of an hour. The line is written when the message is whole, the id made
 * when it begins: at most a quarter is taken for the time that lies between. */
static void learn_zone(struct session_hints *h, const struct exim_log_line *l)
{
	if (l->time.year == 0)
		return;
	int64_t apart = civil_seconds(&l->time) - exim_id_seconds(&l->id) + DISORDER_S;
	int64_t zone = (apart / QUARTER - (apart % QUARTER < 0)) * QUARTER;

	if (zone >= -ZONE_MOST && zone <= ZONE_MOST)
		h->zone = zone;
}

/* When the line was written; false: it cannot be told. */
static bool time_of_line(
	const struct session_hints *h, const struct exim_log_line *l, int64_t *ret_seconds)
{
	if (l->time.year == 0 || (!l->time.has_zone && h->zone == ZONE_UNKNOWN))
		return false;
	*ret_seconds = civil_seconds(&l->time) -
		       (l->time.has_zone ? (int64_t)l->time.zone_minutes * 60 : h->zone);
	return true;
}

/* Of a line with an id the moment at which the message began; it may have been written long after,
 * and that is what counts for whether it is new enough. */
static bool time_of(
	const struct session_hints *h, const struct exim_log_line *l, int64_t *ret_seconds)
{
	int64_t written = 0;
	bool is_known = time_of_line(h, l, &written);

	*ret_seconds = l->id.len > 0 ? exim_id_seconds(&l->id) : written;
	return (is_known && written >= h->since) || (l->id.len > 0 && *ret_seconds >= h->since);
}

/* ---- hints ---- */

static bool same_session(const struct session_hint *a, const struct session_hint *b)
{
	return a->pid == b->pid && a->peer.port == b->peer.port &&
	       memcmp(a->peer.address, b->peer.address, sizeof(a->peer.address)) == 0;
}

static void forget_half(struct session_hints *h)
{
	size_t kept = h->count / 2;

	memmove(h->at, h->at + (h->count - kept), kept * sizeof(*h->at));
	h->count = kept;
}

static void add_hint(struct session_hints *h, const struct session_hint *hint)
{
	for (size_t i = h->count; i > 0 && h->count - i < LOOK_BACK; i--) {
		if (same_session(&h->at[i - 1], hint)) {
			if (h->at[i - 1].at < hint->at)
				h->at[i - 1].at = hint->at;
			return;
		}
	}
	if (h->count == SESSION_HINTS_MOST)
		forget_half(h);
	if (h->count == h->room) {
		h->room = h->room * 2 + 16;
		h->at = memory_grow(h->at, h->room, sizeof(*h->at));
	}
	h->at[h->count++] = *hint;
}

static bool is_of_mailbox(const struct session_hints *h, const struct exim_log_login *login)
{
	struct source source;

	if (login->authenticator.at == NULL || login->id.len == 0)
		return false;
	source_set(&source, SOURCE_MAILBOX, login->id);
	return source_equal(&source, &h->mailbox);
}

static void take(struct session_hints *h, const struct exim_log_line *l,
	const struct exim_log_client *client, const struct exim_log_login *login)
{
	struct session_hint hint = {.pid = l->id.len > 0 ? exim_id_process(&l->id) : l->pid};

	if (client->ip.at == NULL || !is_of_mailbox(h, login) || !time_of(h, l, &hint.at))
		return;
	if (client->port > UINT16_MAX ||
		tcp_end_read(client->ip, (uint16_t)client->port, &hint.peer) < 0)
		return;
	if (hint.pid != 0 || hint.peer.port != 0)
		add_hint(h, &hint);
}

void session_hints_line(struct session_hints *h, struct slice line)
{
	struct exim_log_line l;

	exim_log_read(&h->reader, line, &l);
	switch (l.kind) {
	case EXIM_LOG_ACCEPTED:
		learn_zone(h, &l);
		take(h, &l, &l.arrival.client, &l.arrival.login);
		return;
	case EXIM_LOG_FAKE_REJECTED:
		take(h, &l, &l.arrival.client, &l.arrival.login);
		return;
	case EXIM_LOG_REFUSED:
		take(h, &l, &l.refusal.client, &l.refusal.login);
		return;
	default:
		return;
	}
}

/* ---- the file ---- */

/* A line longer than a block is no entry of Exim's: it is passed over to its end. */
static void take_lines(struct session_hints *h)
{
	struct slice rest = {h->block, h->len}, line;

	while (slice_take_line(&rest, &line)) {
		if (!h->in_long_line)
			session_hints_line(h, line);
		h->in_long_line = false;
	}
	if (rest.len == BLOCK) {
		h->in_long_line = true;
		rest.len = 0;
	}
	if (rest.len > 0)
		memmove(h->block, rest.at, rest.len);
	h->len = rest.len;
}

/* Where to read on, and from a start in the middle the first line is half. */
static void find_place(struct session_hints *h, const struct stat *st)
{
	bool is_first = h->position < 0;

	if (!is_first && st->st_dev == h->device && st->st_ino == h->inode &&
		st->st_size >= h->position)
		return;
	h->device = st->st_dev;
	h->inode = st->st_ino;
	h->position = st->st_size > SESSION_HINTS_TAIL ? st->st_size - SESSION_HINTS_TAIL : 0;
	h->in_long_line = h->position > 0;
	h->len = 0;
	h->reader = (struct exim_log_reader){0};
}

static int read_file(struct session_hints *h, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	find_place(h, &st);
	if (h->block == NULL)
		h->block = memory_new(BLOCK, 1);
	while (h->position < st.st_size) {
		ssize_t n = pread(fd, h->block + h->len, BLOCK - h->len, h->position);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		h->position += n;
		h->len += (size_t)n;
		take_lines(h);
	}
	return 0;
}

int session_hints_read(struct session_hints *h, const char *main_log, struct problem *problem)
{
	char path[PROBLEM_MAX / 2];
	int fd = open(main_log, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = fd < 0 ? -errno : read_file(h, fd);

	if (fd >= 0)
		(void)close(fd);
	if (err == 0)
		return 0;
	(void)printable_text(slice_of(main_log), path, sizeof(path));
	return problem_set(problem, err, "cannot read Exim's main log %s: %s", path,
		err == -EINVAL ? "not a file" : strerror(-err));
}

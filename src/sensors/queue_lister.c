#include "sensors/queue_lister.h"

#include "base/memory.h"
#include "formats/mail_text.h"
#include "sensors/queue.h"
#include "sensors/spool_watch.h"
#include "systems/exim/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_A_TURN 1024u             /* and names of listings */
#define READS_A_TURN  128u              /* -H */
#define CHANGED_MOST  ((size_t)1 << 20) /* that wait to be read */
#define AGAIN_MS      60000             /* between two tries to read what cannot be read */
#define READER_NICE   5                 /* reading all has time; mail has not */

/* All folders are watched and listed first. Then all is read; what changes meanwhile is noted. Then
 * that is read again, and from then on whatever changes. */
enum phase { LISTING, READING, FOLLOWING };

struct changed {
	struct exim_id id;
	uint16_t folder;
};

struct queue_lister {
	char *path, *exim_login;
	struct spool_watch *watch;
	struct queue_sensor *sensor; /* these three: for what changes */
	struct message_buffer *buffer;
	struct exim_spool *spool; /* NULL: not opened yet */

	pthread_mutex_t lock; /* guards the index while it is read */
	struct queue_index *index;

	enum phase phase;
	bool was_ready; /* all had been read once */
	bool again;     /* events were lost: all is to be read again */
	bool overrun;   /* more changed than can be noted */
	uint64_t listed;
	struct changed *changed; /* waiting: from changed_at on */
	size_t changed_count, changed_room, changed_at;
	struct problem watching, reading; /* "": as it should be */
	int64_t again_ms;                 /* when all is tried again, with a problem */

	pthread_t thread; /* while is_reading */
	bool is_reading;
	int done; /* eventfd: it has ended */
	struct scan_progress *progress;
	int reading_error;
	struct problem reading_problem;
};

int queue_lister_new(const char *spool, const char *exim_login, size_t most,
	struct queue_lister **ret, struct problem *problem)
{
	struct queue_lister *l;
	struct spool_watch *watch;
	int err = spool_watch_new(spool, NULL, &watch, problem);

	if (err < 0)
		return err;
	int done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (done < 0) {
		err = problem_set(problem, -errno, "cannot watch %s: %s", spool, strerror(errno));
		spool_watch_free(watch);
		return err;
	}
	spool_watch_tell_changes(watch);
	l = memory_new(1, sizeof(*l));
	*l = (struct queue_lister){.path = memory_copy(spool, strlen(spool)),
		.exim_login = memory_copy(exim_login, strlen(exim_login)),
		.watch = watch,
		.sensor = queue_sensor_new(exim_login),
		.buffer = message_buffer_new(),
		.index = queue_index_new(most),
		.progress = memory_new(1, sizeof(*l->progress)),
		.done = done};
	(void)pthread_mutex_init(&l->lock, NULL);
	*ret = l;
	return 0;
}

void queue_lister_free(struct queue_lister *l)
{
	if (l == NULL)
		return;
	if (l->is_reading)
		(void)pthread_join(l->thread, NULL);
	spool_watch_free(l->watch);
	queue_sensor_free(l->sensor);
	message_buffer_free(l->buffer);
	exim_spool_free(l->spool);
	queue_index_free(l->index);
	(void)pthread_mutex_destroy(&l->lock);
	(void)close(l->done);
	free(l->progress);
	free(l->changed);
	free(l->path);
	free(l->exim_login);
	free(l);
}

void queue_lister_fds(const struct queue_lister *l, int ret_fds[QUEUE_LISTER_FDS])
{
	ret_fds[0] = spool_watch_fd(l->watch);
	ret_fds[1] = l->done;
}

/* ---- a message, as it is kept ---- */

struct texts {
	char source[SOURCE_TEXT_MAX];
	char recipients[QUEUE_INDEX_RECIPIENTS];
	char *subject; /* NULL, or to be freed */
};

static struct slice join_recipients(const struct queued *q, char *at)
{
	size_t len = 0;

	for (size_t i = 0; i < q->recipient_count; i++) {
		struct slice one = slice_first(q->recipients[i], QUEUE_INDEX_RECIPIENTS - 1);
		if (one.len + 1 > QUEUE_INDEX_RECIPIENTS - len)
			break;
		memcpy(at + len, one.at, one.len);
		len += one.len;
		at[len++] = '\n';
	}
	return (struct slice){at, len};
}

static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] == 0x7f)
			return false;
	return memmem(s.at, s.len, "=?", 2) == NULL;
}

/* On one line. */
static struct slice read_subject(const struct exim_header *header, struct texts *t)
{
	struct slice value = exim_field_value(header, "Subject");

	if (value.at == NULL || is_plain(value))
		return value;
	t->subject = mail_text_field(value);
	for (char *c = t->subject; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return slice_of(t->subject);
}

static void read_texts(struct queue_sensor *sensor, const struct scanned *m, unsigned folder,
	struct texts *t, struct queue_index_message *ret)
{
	struct queued q;
	bool is_known = queue_sense(sensor, m, &q);

	t->subject = NULL;
	*ret = (struct queue_index_message){.id = m->id,
		.folder = folder,
		.received = q.received,
		.is_known = is_known,
		.is_damaged = q.damaged,
		.is_frozen = q.frozen};
	if (!is_known)
		return;
	ret->source = slice_of(source_text(&q.source, t->source));
	ret->sender = q.sender;
	ret->subject = read_subject(m->header, t);
	ret->recipients = join_recipients(&q, t->recipients);
	ret->recipient_count = q.recipient_count;
	ret->fields_size = m->header->fields_size;
}

/* ---- reading all ---- */

struct reading {
	struct queue_lister *lister;
	const struct exim_spool *spool;
	int *folders; /* the index's numbers of the spool's folders */
	struct queue_sensor *sensors[SCAN_THREADS_MAX];
};

static void note_read(void *context, unsigned worker, const struct scanned *m)
{
	struct reading *r = context;
	int folder = r->folders[m->folder - r->spool->folders];
	struct queue_index_message message;
	struct texts texts;

	if (folder < 0)
		return;
	if (r->sensors[worker] == NULL)
		r->sensors[worker] = queue_sensor_new(r->lister->exim_login);
	read_texts(r->sensors[worker], m, (unsigned)folder, &texts, &message);
	(void)pthread_mutex_lock(&r->lister->lock);
	(void)queue_index_put(r->lister->index, &message);
	(void)pthread_mutex_unlock(&r->lister->lock);
	free(texts.subject);
}

static void number_folders(struct reading *r)
{
	struct queue_lister *l = r->lister;

	r->folders = memory_new(r->spool->folder_count, sizeof(*r->folders));
	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < r->spool->folder_count; i++)
		r->folders[i] = queue_index_folder(
			l->index, r->spool->folders[i].queue, r->spool->folders[i].letter);
	(void)pthread_mutex_unlock(&l->lock);
}

static int read_all(struct queue_lister *l)
{
	const struct scan_options options = {0};
	struct reading r = {.lister = l};
	struct scan_result result;
	AUTO(exim_spool) spool = NULL;
	int err = exim_spool_open(l->path, &spool, &l->reading_problem);

	if (err < 0)
		return err;
	r.spool = spool;
	number_folders(&r);
	err = exim_scan(spool, &options, note_read, &r, l->progress, &result, &l->reading_problem);
	for (size_t i = 0; i < SCAN_THREADS_MAX; i++)
		queue_sensor_free(r.sensors[i]);
	free(r.folders);
	return err;
}

static void *run_reading(void *context)
{
	struct queue_lister *l = context;
	const uint64_t one = 1;

	/* of this thread, and of those that it starts */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), READER_NICE);
	l->reading_error = read_all(l);
	(void)!write(l->done, &one, sizeof(one));
	return NULL;
}

static void begin_reading(struct queue_lister *l)
{
	*l->progress = (struct scan_progress){0};
	l->reading_problem = (struct problem){0};
	l->changed_count = l->changed_at = 0;
	l->again = l->overrun = false;
	(void)pthread_mutex_lock(&l->lock);
	queue_index_begin_round(l->index);
	(void)pthread_mutex_unlock(&l->lock);
	l->phase = READING;
	int err = pthread_create(&l->thread, NULL, run_reading, l);
	l->is_reading = err == 0;
	if (err == 0)
		return;
	l->reading_error =
		problem_set(&l->reading_problem, -err, "cannot start a thread: %s", strerror(err));
	const uint64_t one = 1;
	(void)!write(l->done, &one, sizeof(one));
}

static void begin_listing(struct queue_lister *l)
{
	l->phase = LISTING;
	l->listed = 0;
	l->again = l->overrun = false;
}

static void end_reading(struct queue_lister *l, int64_t now_ms)
{
	if (l->is_reading)
		(void)pthread_join(l->thread, NULL);
	l->is_reading = false;
	l->reading = l->reading_problem;
	l->again_ms = now_ms + AGAIN_MS;
	if (l->reading_error == 0) {
		l->reading.text[0] = '\0';
		queue_index_end_round(l->index);
	}
	if (l->again || l->overrun)
		begin_listing(l);
	else
		l->phase = FOLLOWING;
}

/* ---- what changes ---- */

static void note_changed(
	struct queue_lister *l, const struct spool_folder *folder, const struct exim_id *id)
{
	(void)pthread_mutex_lock(&l->lock);
	int number = queue_index_folder(l->index, folder->queue, folder->letter);
	(void)pthread_mutex_unlock(&l->lock);

	if (number < 0 || l->overrun)
		return;
	if (l->changed_at == l->changed_count)
		l->changed_at = l->changed_count = 0;
	if (l->changed_count == CHANGED_MOST) {
		l->overrun = true;
		return;
	}
	if (l->changed_count == l->changed_room) {
		l->changed_room = l->changed_room > 0 ? l->changed_room * 2 : 256;
		l->changed = memory_grow(l->changed, l->changed_room, sizeof(*l->changed));
	}
	l->changed[l->changed_count++] = (struct changed){.id = *id, .folder = (uint16_t)number};
}

static bool is_in(
	struct queue_lister *l, const struct spool_folder *folder, const struct exim_id *id)
{
	(void)pthread_mutex_lock(&l->lock);
	int number = queue_index_folder(l->index, folder->queue, folder->letter);
	bool is_there = number >= 0 && queue_index_has(l->index, (unsigned)number, id);
	(void)pthread_mutex_unlock(&l->lock);
	return is_there;
}

static void hear(void *context, enum spool_watch_what what, const struct spool_folder *folder,
	const struct exim_id *id)
{
	struct queue_lister *l = context;

	switch (what) {
	case SPOOL_WATCH_LOST:
		l->again = true;
		l->listed = 0;
		break;
	case SPOOL_WATCH_LISTED: /* while all is listed, it will be read for certain */
		if (l->phase == LISTING)
			l->listed++;
		else if (!l->again && !is_in(l, folder, id))
			note_changed(l, folder, id);
		break;
	case SPOOL_WATCH_CAME:
	case SPOOL_WATCH_LEFT:
		if (l->phase != LISTING)
			note_changed(l, folder, id);
		break;
	}
}

static const struct spool_folder *find_in_spool(
	const struct exim_spool *spool, const char *queue, char letter)
{
	for (size_t i = 0; spool != NULL && i < spool->folder_count; i++)
		if (spool->folders[i].letter == letter &&
			strcmp(spool->folders[i].queue, queue) == 0)
			return &spool->folders[i];
	return NULL;
}

/* NULL: it is not there, or cannot be opened. */
static const struct spool_folder *find_folder(struct queue_lister *l, unsigned number)
{
	char letter;
	struct problem unused;
	(void)pthread_mutex_lock(&l->lock);
	const char *queue = queue_index_queue(l->index, number, &letter);
	(void)pthread_mutex_unlock(&l->lock);
	const struct spool_folder *found = find_in_spool(l->spool, queue, letter);

	if (found != NULL)
		return found;
	if (l->spool == NULL)
		(void)!exim_spool_open(l->path, &l->spool, &unused);
	else
		(void)!exim_spool_refresh(l->spool, &unused);
	return find_in_spool(l->spool, queue, letter);
}

static void read_changed(struct queue_lister *l, const struct changed *c)
{
	const struct spool_folder *folder = find_folder(l, c->folder);
	struct queue_index_message message;
	struct scanned m;
	struct texts texts;

	if (folder == NULL || exim_read_header(folder, &c->id, l->buffer, &m) == -ENOENT) {
		queue_index_remove(l->index, c->folder, &c->id);
		return;
	}
	read_texts(l->sensor, &m, c->folder, &texts, &message);
	(void)queue_index_put(l->index, &message);
	free(texts.subject);
}

static bool read_some_changed(struct queue_lister *l)
{
	for (unsigned n = 0; n < READS_A_TURN && l->changed_at < l->changed_count; n++)
		read_changed(l, &l->changed[l->changed_at++]);
	if (l->changed_at < l->changed_count)
		return true;
	l->was_ready = true;
	return false;
}

/* ---- from outside ---- */

static bool has_problem(const struct queue_lister *l)
{
	return l->watching.text[0] != '\0' || l->reading.text[0] != '\0';
}

static bool is_done(struct queue_lister *l)
{
	uint64_t count;

	return read(l->done, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

/* After trouble with the watch nothing is certain, so all is read again. */
static bool read_events(struct queue_lister *l, int64_t now_ms)
{
	struct problem problem = {0};
	int more = spool_watch_read(l->watch, now_ms, EVENTS_A_TURN, hear, l, &problem);

	if (more < 0) {
		l->watching = problem;
	} else if (l->watching.text[0] != '\0' && spool_watch_is_whole(l->watch)) {
		l->watching.text[0] = '\0';
		l->again = true;
	}
	return more > 0;
}

bool queue_lister_turn(struct queue_lister *l, int64_t now_ms)
{
	bool more = read_events(l, now_ms);

	switch (l->phase) {
	case LISTING:
		l->again = false;
		if (!more)
			begin_reading(l);
		return more;
	case READING:
		if (is_done(l))
			end_reading(l, now_ms);
		return more || l->phase != READING;
	case FOLLOWING:
		break;
	}
	if (l->again || l->overrun || (has_problem(l) && now_ms >= l->again_ms)) {
		begin_listing(l);
		return true;
	}
	return read_some_changed(l) || more;
}

const struct queue_index *queue_lister_lock(struct queue_lister *l)
{
	(void)pthread_mutex_lock(&l->lock);
	return l->index;
}

void queue_lister_unlock(struct queue_lister *l)
{
	(void)pthread_mutex_unlock(&l->lock);
}

static void say_why(const struct queue_lister *l, bool is_full, struct problem *ret)
{
	if (l->reading.text[0] != '\0')
		*ret = l->reading;
	else if (l->watching.text[0] != '\0')
		*ret = l->watching;
	else if (is_full)
		(void)problem_set(
			ret, 0, "more is in the queue than is kept in memory for searches");
	else if (l->phase == FOLLOWING && !spool_watch_is_whole(l->watch))
		(void)problem_set(ret, 0, "a folder of the spool is not followed for certain");
}

void queue_lister_look(struct queue_lister *l, struct queue_lister_standing *ret)
{
	bool is_reading = l->phase != FOLLOWING || !l->was_ready || l->again || l->overrun;
	const struct queue_index *x = queue_lister_lock(l);
	size_t count = queue_index_count(x), damaged = queue_index_damaged(x);
	bool is_full = queue_index_is_full(x);

	queue_lister_unlock(l);
	*ret = (struct queue_lister_standing){.read = count, .damaged = damaged};
	if (l->phase == READING) {
		uint64_t read = atomic_load(&l->progress->messages);
		ret->read = l->was_ready || read > count ? read : count;
		ret->messages = l->listed;
		ret->knows_messages = true;
	}
	say_why(l, is_full, &ret->why);
	ret->state = l->reading.text[0] != '\0' ? QUEUE_LISTER_OFF
		     : is_reading               ? QUEUE_LISTER_READING
						: QUEUE_LISTER_READY;
	ret->is_complete = ret->state == QUEUE_LISTER_READY && ret->why.text[0] == '\0';
	if (ret->is_complete) {
		ret->messages = count;
		ret->knows_messages = true;
	}
}

int64_t queue_lister_size(struct queue_lister *l, const struct queue_index_message *m)
{
	const struct spool_folder *folder = find_folder(l, m->folder);
	char name[EXIM_ID_NEW + 3];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s-D", m->id.text);
	if (folder == NULL || !m->is_known ||
		fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return -1;
	uint64_t offset = exim_id_body_offset(&m->id), all = (uint64_t)st.st_size;
	uint64_t body = all > offset ? all - offset : 0;
	return (int64_t)(m->fields_size + body + 1);
}

#include "responders/hold.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/sketch.h"
#include "sensors/queue.h"
#include "systems/stop_point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define NO_SOURCE        UINT32_MAX
#define DESCRIPTORS_LEFT 512             /* for folders, the journal and the library */
#define LOCKS_MOST       ((size_t)65536) /* or Exim and others could find the system's table full */
#define PROGRESS_EVERY   256
#define LOG_EVERY        512 /* lines in one batch of Exim's log */

enum item_state { ITEM_WAITING, ITEM_BEGUN, ITEM_HELD, ITEM_LEFT, ITEM_GONE, ITEM_UNFINISHED };

struct item {
	struct exim_id id;
	enum item_state state;
	uint32_t folder; /* index in the spool */
	uint32_t source; /* index in the list's sources; NO_SOURCE: not asked for */
	char *text;      /* sender, then recipients with LF between; NULL: not known yet */
	uint32_t sender_len, recipients_len;
	uint64_t recipient_count;
	int64_t received;
	char msglog_letter;
	bool has_journal;            /* -J was there, or may be: it must be tried */
	bool header_held, data_held; /* seen in the hold queue, when it was read back */
	bool details_new; /* came to be known under the lock: the journal has yet to learn them */
	struct message_lock lock;
};

struct hold_list {
	struct item *items;
	size_t count, room;
	struct source *sources;
	uint32_t *table; /* open addressing, index + 1 into sources */
	size_t source_count, source_room, table_room;
	pthread_mutex_t mutex;
};

struct hold_list *hold_list_new(void)
{
	struct hold_list *list = memory_new(1, sizeof(*list));

	pthread_mutex_init(&list->mutex, NULL);
	return list;
}

void hold_list_free(struct hold_list *list)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < list->count; i++) {
		message_unlock(&list->items[i].lock);
		free(list->items[i].text);
	}
	free(list->items);
	free(list->sources);
	free(list->table);
	pthread_mutex_destroy(&list->mutex);
	free(list);
}

static void table_put(struct hold_list *list, uint32_t index)
{
	size_t at = source_hash(&list->sources[index]) & (list->table_room - 1);

	while (list->table[at] != 0)
		at = (at + 1) & (list->table_room - 1);
	list->table[at] = index + 1;
}

/* Each source is kept once. */
static uint32_t source_index(struct hold_list *list, const struct source *source)
{
	if (list->source_count * 2 >= list->table_room) {
		list->table_room = list->table_room > 0 ? list->table_room * 2 : 64;
		free(list->table);
		list->table = memory_new(list->table_room, sizeof(list->table[0]));
		for (uint32_t i = 0; i < list->source_count; i++)
			table_put(list, i);
	}
	for (size_t at = source_hash(source) & (list->table_room - 1); list->table[at] != 0;
		at = (at + 1) & (list->table_room - 1))
		if (source_equal(&list->sources[list->table[at] - 1], source))
			return list->table[at] - 1;
	if (list->source_count == list->source_room) {
		list->source_room = list->source_room * 2 + 16;
		list->sources =
			memory_grow(list->sources, list->source_room, sizeof(list->sources[0]));
	}
	list->sources[list->source_count] = *source;
	table_put(list, (uint32_t)list->source_count);
	return (uint32_t)list->source_count++;
}

static struct item *new_item(struct hold_list *list, const struct exim_id *id, size_t folder)
{
	struct item *item;

	if (list->count == list->room) {
		list->room = list->room * 2 + 64;
		list->items = memory_grow(list->items, list->room, sizeof(list->items[0]));
	}
	item = &list->items[list->count++];
	*item = (struct item){
		.id = *id, .folder = (uint32_t)folder, .source = NO_SOURCE, .lock = {.fd = -1}};
	return item;
}

/* Sender and as many whole recipients as the journal keeps. */
static void keep_details(struct item *item, const struct exim_header *header)
{
	struct slice rest = header->recipients, address;
	char recipients[JOURNAL_RECIPIENTS_MAX];
	size_t len = 0;

	while (exim_recipient_next_address(&rest, &address)) {
		if (len + 1 + address.len > sizeof(recipients))
			break;
		if (len > 0)
			recipients[len++] = '\n';
		memcpy(recipients + len, address.at, address.len);
		len += address.len;
	}
	item->text = memory_new(header->sender.len + len + 1, 1);
	if (header->sender.len > 0)
		memcpy(item->text, header->sender.at, header->sender.len);
	memcpy(item->text + header->sender.len, recipients, len);
	item->sender_len = (uint32_t)header->sender.len;
	item->recipients_len = (uint32_t)len;
	item->recipient_count = header->recipient_count;
	item->received = header->received;
}

void hold_list_add(struct hold_list *list, const struct exim_spool *spool, const struct scanned *m,
	const struct source *source)
{
	struct item *item;

	pthread_mutex_lock(&list->mutex);
	item = new_item(list, &m->id, (size_t)(m->folder - spool->folders));
	item->source = source_index(list, source);
	if (m->header != NULL)
		keep_details(item, m->header);
	pthread_mutex_unlock(&list->mutex);
}

int hold_list_add_id(struct hold_list *list, const struct exim_spool *spool,
	const struct exim_id *id, const char *hold_queue)
{
	ptrdiff_t split = acting_folder(spool, "", exim_id_letter(id));
	const struct spool_folder *folder = NULL;

	/* Where a split spool has it: looking for a name that is not there is what costs. */
	if (split >= 0 &&
		message_file_seen(spool->folders[split].fd, id, EXIM_FILE_HEADER) == FILE_PRESENT)
		folder = &spool->folders[split];
	if (folder == NULL)
		folder = exim_spool_find(spool, "", id);
	if (folder == NULL)
		folder = exim_spool_find(spool, NULL, id);
	if (folder == NULL || strcmp(folder->queue, hold_queue) == 0)
		return -ENOENT;
	new_item(list, id, (size_t)(folder - spool->folders));
	return 0;
}

size_t hold_list_count(const struct hold_list *list)
{
	return list->count;
}

const struct exim_id *hold_list_id(const struct hold_list *list, size_t n)
{
	return &list->items[n].id;
}

static int by_messages(const void *a, const void *b)
{
	const struct hold_sum *x = a, *y = b;

	return x->messages < y->messages ? 1 : x->messages > y->messages ? -1 : 0;
}

size_t hold_list_sums(
	const struct hold_list *list, struct hold_sum *ret_sums, size_t most, size_t *ret_sources)
{
	struct hold_sum *sums = memory_new(list->source_count + 1, sizeof(*sums));
	size_t n = list->source_count < most ? list->source_count : most;

	for (size_t i = 0; i < list->source_count; i++)
		sums[i].source = list->sources[i];
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].source == NO_SOURCE)
			continue;
		sums[list->items[i].source].messages++;
		sums[list->items[i].source].recipients += list->items[i].recipient_count;
	}
	qsort(sums, list->source_count, sizeof(*sums), by_messages);
	memcpy(ret_sums, sums, n * sizeof(*sums));
	*ret_sources = list->source_count;
	free(sums);
	return n;
}

/* What one run shares. */
struct run {
	const struct acting *a;
	const struct hold_request *request;
	struct hold_list *list;
	struct acted *acted;
	struct move_places *places;
	struct message_buffer *buffer;
	struct item **by_id; /* the list in the order of the journal's index */
	uint32_t *table;     /* of ids: open addressing, index + 1 into items */
	size_t table_room;
	char log_text[160];
	size_t hold_folder; /* index */
	size_t locks_left;  /* descriptors that may still be kept open between the passes */
	int64_t hold, action;
	int looked_fd; /* folder of message logs that was looked into last; -1: none */
	bool looked_has_files;
};

static void leave(struct run *r, struct item *item, const char *step, struct move_result result)
{
	item->state = result.outcome == MOVE_GONE ? ITEM_GONE : ITEM_LEFT;
	message_unlock(&item->lock);
	if (result.outcome == MOVE_GONE)
		r->acted->counts.missing++;
	else if (result.outcome == MOVE_CONFLICT)
		r->acted->counts.conflict++;
	else
		r->acted->counts.left++;
	if (result.outcome == MOVE_LOCKED)
		r->acted->locked++;
	acted_add_result(r->acted, &item->id, step, result);
}

static void leave_why(struct run *r, struct item *item, const char *why)
{
	item->state = ITEM_LEFT;
	message_unlock(&item->lock);
	r->acted->counts.left++;
	acted_add_problem(r->acted, &item->id, "%s", why);
}

/* Whether what lies there now, under the lock, is sound and still what was asked for. */
static bool is_wanted(struct run *r, struct item *item, const struct scanned *m)
{
	struct source source;
	char why[256];

	if (m->error != 0 || m->header == NULL) {
		(void)snprintf(why, sizeof(why), "cannot read %s: %s",
			m->error_what != NULL ? m->error_what : "-H", strerror(-m->error));
		leave_why(r, item, why);
		return false;
	}
	if (m->header->damage.what != NULL) {
		(void)snprintf(why, sizeof(why), "is damaged (%s, line %zu): never acted on",
			m->header->damage.what, m->header->damage.line);
		leave_why(r, item, why);
		return false;
	}
	queue_attribute(m->header, r->a->exim_login, &source);
	if (item->source != NO_SOURCE && !source_equal(&r->list->sources[item->source], &source)) {
		leave_why(r, item, "is of another source now");
		return false;
	}
	if (item->source == NO_SOURCE || item->text == NULL) {
		item->source = source_index(r->list, &source);
		free(item->text);
		keep_details(item, m->header);
		item->details_new = true;
	}
	return true;
}

/* -H goes first: from then on Exim neither lists nor delivers the message. */
static void first_pass_one(struct run *r, struct item *item)
{
	const struct spool_folder *folder = &r->a->spool->folders[item->folder];
	int hold_fd = r->a->spool->folders[r->hold_folder].fd;
	struct move_result result = message_lock(folder->fd, &item->id, &item->lock);
	struct scanned m;

	if (result.outcome == MOVE_GONE &&
		message_file_seen(folder->fd, &item->id, EXIM_FILE_HEADER) == FILE_PRESENT) {
		leave_why(r, item, "has no body (-D): never acted on");
		return;
	}
	if (result.outcome != MOVE_DONE) {
		leave(r, item, "lock", result);
		return;
	}
	stop_point(STOP_HOLD_LOCKED);
	if (exim_read_header(folder, &item->id, r->buffer, &m) < 0) {
		leave(r, item, "-H", (struct move_result){MOVE_GONE, -ENOENT});
		return;
	}
	if (!is_wanted(r, item, &m))
		return;
	stop_point(STOP_HOLD_BEFORE_HEADER);
	result = message_move_file(folder->fd, hold_fd, &item->id, EXIM_FILE_HEADER);
	if (result.outcome != MOVE_DONE) {
		leave(r, item, "rename of -H", result);
		return;
	}
	stop_point(STOP_HOLD_AFTER_HEADER);
	item->state = ITEM_BEGUN;
	item->has_journal = true;
	if (r->locks_left > 0)
		r->locks_left--;
	else
		message_unlock(&item->lock);
}

static void first_pass(struct run *r)
{
	size_t i;

	for (i = 0; i < r->list->count && !acting_stopped(r->a); i++) {
		first_pass_one(r, &r->list->items[i]);
		if (i % PROGRESS_EVERY == 0)
			acting_progress(r->a, "out of delivery", i + 1, r->list->count);
	}
	if (i == r->list->count)
		return;
	r->acted->stopped = true;
	for (; i < r->list->count; i++) {
		r->list->items[i].state = ITEM_LEFT;
		r->acted->counts.left++;
	}
}

static void table_fill(struct run *r)
{
	for (r->table_room = 16; r->table_room < r->list->count * 2;)
		r->table_room *= 2;
	r->table = memory_new(r->table_room, sizeof(r->table[0]));
	for (size_t i = 0; i < r->list->count; i++) {
		const struct exim_id *id = &r->list->items[i].id;
		size_t at = hash_bytes(id->text, id->len) & (r->table_room - 1);

		while (r->table[at] != 0)
			at = (at + 1) & (r->table_room - 1);
		r->table[at] = (uint32_t)i + 1;
	}
}

static struct item *find_item(const struct run *r, const struct exim_id *id)
{
	size_t at = hash_bytes(id->text, id->len) & (r->table_room - 1);

	for (; r->table[at] != 0; at = (at + 1) & (r->table_room - 1))
		if (exim_id_compare(&r->list->items[r->table[at] - 1].id, id) == 0)
			return &r->list->items[r->table[at] - 1];
	return NULL;
}

/* A folder that is looked through for -J. */
struct journals {
	const struct run *r;
	uint32_t folder;
};

static void note_journal(void *context, const struct exim_id *id, enum exim_file file)
{
	const struct journals *j = context;
	struct item *item = file == EXIM_FILE_JOURNAL ? find_item(j->r, id) : NULL;

	if (item != NULL && item->folder == j->folder)
		item->has_journal = true;
}

/* Few messages have a -J: where many were begun, their folder is listed once instead of trying each
 * name. While -D is locked nobody makes one; those that are not locked are tried. */
static void look_for_journals(struct run *r, size_t from, size_t to)
{
	struct item *items = r->list->items;
	struct journals j = {r, items[from].folder};
	int fd = r->a->spool->folders[j.folder].fd;

	if (!message_files_worth_listing(fd, to - from))
		return;
	for (size_t i = from; i < to; i++)
		items[i].has_journal = items[i].lock.fd < 0;
	if (message_files_each(fd, note_journal, &j) == 0)
		return;
	for (size_t i = from; i < to; i++)
		items[i].has_journal = true;
}

/* The list is sorted by folders. */
static void look_for_all_journals(struct run *r)
{
	size_t from = 0;

	for (size_t i = 1; i <= r->list->count; i++)
		if (i == r->list->count ||
			r->list->items[i].folder != r->list->items[from].folder) {
			look_for_journals(r, from, i);
			from = i;
		}
}

static void unfinished(
	struct run *r, struct item *item, const char *step, struct move_result result)
{
	item->state = ITEM_UNFINISHED;
	message_unlock(&item->lock);
	r->acted->counts.left++;
	r->acted->unfinished++;
	acted_add_result(r->acted, &item->id, step, result);
}

/* When descriptors were too few to keep the lock. The inode must be the one that was locked first:
 * otherwise -H and -D do not belong together. */
static bool lock_again(struct run *r, struct item *item)
{
	struct message_lock before = item->lock;
	struct move_result result;

	if (item->lock.fd >= 0)
		return true;
	result = acting_lock(r->a->spool->folders[item->folder].fd, &item->id, &item->lock);
	if (result.outcome == MOVE_DONE &&
		(item->lock.dev != before.dev || item->lock.ino != before.ino)) {
		message_unlock(&item->lock);
		result = (struct move_result){MOVE_CHANGED, 0};
	}
	if (result.outcome != MOVE_DONE)
		unfinished(r, item, "lock of -D", result);
	return result.outcome == MOVE_DONE;
}

static void second_pass_one(struct run *r, struct item *item)
{
	struct moved_rest rest;

	if (!lock_again(r, item))
		return;
	rest = acting_move_rest(
		r->places, item->folder, r->hold_folder, &item->id, item->has_journal);
	if (rest.result.outcome != MOVE_DONE) {
		if (rest.undone)
			leave(r, item, rest.step, rest.result);
		else
			unfinished(r, item, rest.step, rest.result);
		return;
	}
	if (rest.msglog.outcome != MOVE_DONE && rest.msglog.outcome != MOVE_GONE)
		acted_add_result(r->acted, &item->id, "message log", rest.msglog);
	if (rest.msglog.outcome == MOVE_DONE && rest.msglog_letter != item->msglog_letter) {
		item->details_new = true;
		item->msglog_letter = rest.msglog_letter;
	}
	mainlog_add(r->a->log, clock_now_us(), item->id.text, r->log_text);
	message_unlock(&item->lock);
	item->state = ITEM_HELD;
}

static void second_pass(struct run *r)
{
	size_t lines = 0;

	(void)snprintf(r->log_text, sizeof(r->log_text), "moved to (%s) by stanch hold %lld",
		r->request->queue, (long long)r->hold);
	for (size_t i = 0; i < r->list->count; i++) {
		struct item *item = &r->list->items[i];

		if (item->state != ITEM_BEGUN)
			continue;
		second_pass_one(r, item);
		if (++lines % LOG_EVERY == 0)
			acting_write_log(r->a, r->acted);
		if (i % PROGRESS_EVERY == 0)
			acting_progress(r->a, "moved", i + 1, r->list->count);
	}
	stop_point(STOP_HOLD_BEFORE_LOG);
	acting_write_log(r->a, r->acted);
	stop_point(STOP_HOLD_AFTER_LOG);
}

static void note_held(void *context, const struct exim_id *id, enum exim_file file)
{
	struct item *item = find_item(context, id);

	if (item == NULL)
		return;
	item->header_held = item->header_held || file == EXIM_FILE_HEADER;
	item->data_held = item->data_held || file == EXIM_FILE_DATA;
}

/* Looks where the files are, and believes nothing else. One inode under one name: what is here is
 * not there. What a listing did not show is looked for by name. */
static void read_back(struct run *r)
{
	int hold_fd = r->a->spool->folders[r->hold_folder].fd;

	if (message_files_worth_listing(hold_fd, r->list->count))
		(void)!message_files_each(hold_fd, note_held, r);
	for (size_t i = 0; i < r->list->count; i++) {
		struct item *item = &r->list->items[i];

		if (item->state != ITEM_HELD)
			continue;
		if ((item->header_held && item->data_held) ||
			(message_file_seen(hold_fd, &item->id, EXIM_FILE_HEADER) == FILE_PRESENT &&
				message_file_seen(hold_fd, &item->id, EXIM_FILE_DATA) ==
					FILE_PRESENT)) {
			r->acted->counts.done++;
			continue;
		}
		item->state = ITEM_UNFINISHED;
		r->acted->unfinished++;
		r->acted->counts.left++;
		acted_add_problem(r->acted, &item->id,
			"read back: it is not whole in the hold queue; somebody else moved it");
	}
}

static enum message_state state_of(const struct item *item)
{
	switch (item->state) {
	case ITEM_HELD:
		return MESSAGE_HELD;
	case ITEM_GONE:
		return MESSAGE_GONE;
	case ITEM_LEFT:
		return MESSAGE_LEFT;
	default:
		return MESSAGE_INTENDED;
	}
}

static struct journal_message journal_row(struct run *r, const struct item *item)
{
	const struct spool_folder *folder = &r->a->spool->folders[item->folder];

	return (struct journal_message){
		.hold = r->hold,
		.action = r->action,
		.id = item->id,
		.state = state_of(item),
		.queue = folder->queue,
		.letter = folder->letter,
		.msglog_letter = item->msglog_letter,
		.details = item->text != NULL,
		.sender = {item->text, item->sender_len},
		.recipients = {item->text != NULL ? item->text + item->sender_len : NULL,
			item->recipients_len},
		.recipient_count = item->recipient_count,
		.received = item->received,
	};
}

static int write_row(struct run *r, struct item *item, bool add, struct problem *problem)
{
	struct journal_message row = journal_row(r, item);
	char source[SOURCE_TEXT_MAX] = "";

	if (item->source != NO_SOURCE)
		source_text(&r->list->sources[item->source], source);
	row.source = slice_of(source);
	return add ? journal_add_message(r->a->journal, &row, problem)
		   : journal_set_details(r->a->journal, &row, problem);
}

static bool has_files(int folder_fd)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	do
		entry = readdir(dir);
	while (entry != NULL && entry->d_type == DT_DIR);
	closedir(dir);
	return entry != NULL;
}

/* The message log lies beside the message, or else in the other of its two places (the spool was
 * split, or joined, meanwhile). The intent must know, so that it goes back there after a crash. */
static char msglog_letter(struct run *r, const struct item *item)
{
	char letter = r->a->spool->folders[item->folder].letter;
	char other = exim_id_letter(&item->id);

	if (letter != 0)
		other = '\0';
	int fd = move_places_msglog(r->places, item->folder, other, false);

	/* In a spool that is split throughout, the place that is not split holds no file at all. */
	if (fd >= 0 && other == 0) {
		if (fd != r->looked_fd)
			r->looked_has_files = has_files(fd);
		r->looked_fd = fd;
		if (!r->looked_has_files)
			return letter;
	}
	if (fd >= 0 && message_file_seen(fd, &item->id, EXIM_FILE_NONE) == FILE_PRESENT)
		return other;
	return letter;
}

/* All ids in one transaction, on disk before the first file is touched. */
static int write_intent(struct run *r, struct problem *problem)
{
	const struct journal_hold hold = {
		.created = clock_now_us() / 1000000,
		.who = r->a->who,
		.reason = r->request->reason,
		.selector = r->request->selector,
		.source = r->request->source,
		.spool = r->a->spool_path,
		.queue = r->request->queue,
	};
	struct journal_action action = {.kind = ACTION_HOLD,
		.began = hold.created,
		.who = r->a->who,
		.request = r->a->request};
	int err = journal_begin(r->a->journal, problem);

	r->hold = r->request->hold;
	if (err == 0 && r->hold == 0)
		err = journal_add_hold(r->a->journal, &hold, &r->hold, problem);
	action.hold = r->hold;
	if (err == 0)
		err = journal_add_action(r->a->journal, &action, &r->action, problem);
	for (size_t i = 0; i < r->list->count; i++)
		r->list->items[i].msglog_letter = msglog_letter(r, &r->list->items[i]);
	for (size_t i = 0; i < r->list->count && err == 0; i++)
		err = write_row(r, r->by_id[i], true, problem);
	if (err == 0)
		err = journal_commit(r->a->journal, problem);
	if (err < 0)
		journal_undo(r->a->journal);
	return err;
}

/* Everything not held by name; the held in one statement, unless some hang between. */
static int write_states(struct run *r, struct problem *problem)
{
	bool whole = r->acted->unfinished == 0;
	int err = 0;

	for (size_t i = 0; i < r->list->count && err == 0; i++) {
		struct item *item = r->by_id[i];

		if (item->details_new)
			err = write_row(r, item, false, problem);
		else if (item->state != ITEM_UNFINISHED && (item->state != ITEM_HELD || !whole))
			err = journal_set_state(r->a->journal, r->hold, &item->id, state_of(item),
				r->action, problem);
	}
	if (err == 0 && whole)
		err = journal_set_states(r->a->journal, r->hold, r->action, MESSAGE_INTENDED,
			MESSAGE_HELD, r->action, problem);
	return err;
}

static int write_outcome(struct run *r, struct problem *problem)
{
	int err = journal_begin(r->a->journal, problem);

	if (err == 0)
		err = write_states(r, problem);
	if (err == 0)
		err = acting_journal_problems(r->a, r->acted, r->action, problem);
	if (err == 0 && r->acted->unfinished == 0)
		err = journal_end_action(r->a->journal, r->action, clock_now_us() / 1000000,
			&r->acted->counts, false, problem);
	if (err == 0)
		err = journal_commit(r->a->journal, problem);
	if (err < 0)
		journal_undo(r->a->journal);
	return err;
}

/* As many locks as the hard limit of descriptors allows, and no more than are worth it. */
static size_t raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	if (limit.rlim_cur < limit.rlim_max) {
		struct rlimit most = {limit.rlim_max, limit.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &most) == 0)
			limit = most;
	}
	if (limit.rlim_cur <= DESCRIPTORS_LEFT)
		return 0;
	return limit.rlim_cur - DESCRIPTORS_LEFT < LOCKS_MOST ? limit.rlim_cur - DESCRIPTORS_LEFT
							      : LOCKS_MOST;
}

static int by_id(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return exim_id_compare(&x->id, &y->id);
}

static int by_place(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->folder != y->folder)
		return x->folder < y->folder ? -1 : 1;
	return by_id(a, b);
}

/* The same id given twice is one message; in two folders it is one that cannot be told apart, of
 * which the second is left. */
static void sort_once(struct hold_list *list, struct acted *acted)
{
	size_t n = 0;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(list->items[0]), by_id);
	for (size_t i = 0; i < list->count; i++) {
		if (n == 0 || by_id(&list->items[n - 1], &list->items[i]) != 0) {
			list->items[n++] = list->items[i];
			continue;
		}
		if (list->items[n - 1].folder != list->items[i].folder)
			acted_add_problem(acted, &list->items[i].id,
				"lies in two folders of the spool: only one was acted on");
		free(list->items[i].text);
	}
	list->count = n;
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(list->items[0]), by_place);
}

static int by_id_of(const void *a, const void *b)
{
	return by_id(*(struct item *const *)a, *(struct item *const *)b);
}

static void order_by_id(struct run *r)
{
	r->by_id = memory_new(r->list->count + 1, sizeof(struct item *));
	for (size_t i = 0; i < r->list->count; i++)
		r->by_id[i] = &r->list->items[i];
	if (r->list->count > 1)
		qsort(r->by_id, r->list->count, sizeof(struct item *), by_id_of);
}

static void act(struct run *r)
{
	table_fill(r);
	first_pass(r);
	stop_point(STOP_HOLD_BEFORE_SECOND_PASS);
	look_for_all_journals(r);
	second_pass(r);
	acting_sync(r->places, r->acted);
	stop_point(STOP_HOLD_AFTER_SYNC);
	read_back(r);
	free(r->table);
}

int hold_run(const struct acting *a, const struct hold_request *request, struct hold_list *list,
	struct acted *acted, struct problem *problem)
{
	struct run r = {.a = a, .request = request, .list = list, .acted = acted, .looked_fd = -1};
	ptrdiff_t folder = acting_make_folder(a->spool, request->queue, 0, problem);
	int err;

	acted->hold = request->hold;
	acted->counts.messages = list->count;
	if (folder < 0)
		return -EIO;
	r.hold_folder = (size_t)folder;
	sort_once(list, acted);
	acted->counts.messages = list->count;
	order_by_id(&r);
	r.places = move_places_new(a->spool);
	stop_point(STOP_HOLD_BEFORE_INTENT);
	err = write_intent(&r, problem);
	if (err < 0) {
		free(r.by_id);
		move_places_free(r.places);
		return err;
	}
	stop_point(STOP_HOLD_AFTER_INTENT);
	acted->hold = r.hold;
	r.locks_left = raise_limit();
	r.buffer = message_buffer_new();
	act(&r);
	message_buffer_free(r.buffer);
	move_places_free(r.places);
	err = write_outcome(&r, problem);
	free(r.by_id);
	stop_point(STOP_HOLD_AFTER_OUTCOME);
	return err;
}

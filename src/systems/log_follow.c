#include "systems/log_follow.h"

#include "base/memory.h"
#include "base/scan_bytes.h"
#include "formats/log_name.h"
#include "systems/followed_file.h"
#include "systems/log_line.h"
#include "systems/log_shelf.h"
#include "systems/log_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Files of one log that are open at once: a descriptor each, so that what is to be read can be
 * renamed, packed and removed meanwhile. Four months of days; what is newer than so many waits
 * until some of them were read. */
#define FILES_MAX 128

/* Files that were read and closed, of which it is still known how far: so many generations of a
 * file may come back under the log's name without being read twice. */
#define CLOSED_KEPT 4

/* Looks at a folder that is being changed, before it is left for a while. */
#define TRIES_MAX 5

/* Rounds of one call in which nothing is handed out. Each of them is one file less or one
 * truncation more, so it is never reached but by who truncates in a loop. */
#define IDLE_MAX (2 * FILES_MAX)

/* Milliseconds until the next look, when nothing asks for it before. */
#define WAIT_UNSETTLED 50
#define WAIT_UNWATCHED 500
#define WAIT_ABSENT    1000
#define WAIT_WATCHED   10000 /* network file systems do not tell inotify what others write */

struct log_follow {
	char *path;       /* with %D and %M */
	const char *name; /* the last component of it */
	enum log_follow_start start;
	int64_t linger;
	char live[PATH_MAX]; /* path, for the time of this call */

	bool has_saved, begun;
	struct log_position saved; /* until begun */

	struct followed_file *files[FILES_MAX]; /* the oldest first; the last may be live */
	size_t count;
	struct log_watch watch;
	char *buffer; /* of FOLLOWED_BYTES */

	bool more, unsettled;
	int live_err, folder_err; /* what was told of them last; 0: nothing wrong */

	int64_t now; /* these two are of the call that is being answered */
	const struct log_follow_visitor *visitor;
	struct log_follow_state state;
};

/* ---- telling */

const char *log_follow_event_name(enum log_follow_event_kind kind)
{
	static const char *const names[] = {
		[LOG_FOLLOW_FOUND] = "log-found",
		[LOG_FOLLOW_RESUMED] = "log-resumed",
		[LOG_FOLLOW_LOST] = "log-position-lost",
		[LOG_FOLLOW_ABSENT] = "log-absent",
		[LOG_FOLLOW_ROTATED] = "log-rotated",
		[LOG_FOLLOW_REPLACED] = "log-replaced",
		[LOG_FOLLOW_RETURNED] = "log-returned",
		[LOG_FOLLOW_TRUNCATED] = "log-truncated",
		[LOG_FOLLOW_COPIED] = "log-copied",
		[LOG_FOLLOW_REFUSED] = "log-refused",
		[LOG_FOLLOW_DAMAGED] = "log-damaged",
		[LOG_FOLLOW_UNFINISHED] = "log-unfinished",

		[LOG_FOLLOW_UNWATCHED] = "log-unwatched",
	};

	return kind < LOG_FOLLOW_EVENT_KINDS ? names[kind] : "log-unknown";
}

static void tell(struct log_follow *f, struct log_follow_event event)
{
	if (f->visitor->event != NULL)
		f->visitor->event(f->visitor->context, &event);
}

static void tell_lost_bytes(struct log_follow *f, struct log_follow_event event)
{
	f->state.lost_bytes += event.bytes;
	tell(f, event);
}

/* ---- the files in their order */

static struct followed_file *newest(const struct log_follow *f)
{
	return f->count > 0 ? f->files[f->count - 1] : NULL;
}

/* Its place, f->count when it is none of them. */
static size_t place_of(const struct log_follow *f, const struct followed_file *file)
{
	size_t i = 0;

	while (i < f->count && f->files[i] != file)
		i++;
	return i;
}

static struct followed_file *file_with_state(
	const struct log_follow *f, const struct file_state *state)
{
	for (size_t i = f->count; i-- > 0;)
		if (file_state_same(&f->files[i]->state, state))
			return f->files[i];
	return NULL;
}

static void take_out(struct log_follow *f, size_t i)
{
	f->count--;
	for (; i < f->count; i++)
		f->files[i] = f->files[i + 1];
}

static void close_file(struct log_follow *f, struct followed_file *file)
{
	log_watch_drop(&f->watch, file->watch);
	file->watch = -ENOENT;
	followed_file_close(file);
}

static void drop(struct log_follow *f, size_t i)
{
	struct followed_file *file = f->files[i];

	close_file(f, file);
	take_out(f, i);
	followed_file_free(file);
}

static void append(struct log_follow *f, struct followed_file *file)
{
	struct followed_file *before = newest(f);

	if (before != NULL && before->succeeded_at == 0)
		before->succeeded_at = f->now;
	file->succeeded_at = 0;
	f->files[f->count++] = file;
}

/* ---- watching */

static void tell_unwatched(struct log_follow *f, const char *path, int err)
{
	if (!f->state.unwatched)
		tell(f, (struct log_follow_event){
				.kind = LOG_FOLLOW_UNWATCHED, .path = path, .err = err});
	f->state.unwatched = true;
}

/* The path of its folder; to be freed. */
static char *folder_of(const char *path)
{
	size_t slash = slice_find_last(slice_of(path), '/');

	if (path[slash] == '\0')
		return memory_copy(".", 1);
	return memory_copy(path, slash > 0 ? slash : 1);
}

/* The log's folder and, when its name is a symbolic link, that of what it leads to. What is not
 * there is no fault of inotify's. Returns an error of inotify's, or 0. */
static int watch_folders(struct log_follow *f)
{
	char *folder = folder_of(f->live), *target = realpath(f->live, NULL);
	int err = log_watch_folder(&f->watch, 0, folder), other = 0;

	free(folder);
	if (target != NULL) {
		folder = folder_of(target);
		other = log_watch_folder(&f->watch, 1, folder);
		free(folder);
		free(target);
	}
	if (err == 0)
		err = other;
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES ? 0 : err;
}

static void watch(struct log_follow *f)
{
	int err = f->watch.fd < 0 || f->watch.folders[0] < 0 ? watch_folders(f) : 0;
	const char *path = f->live;

	for (size_t i = 0; err == 0 && i < f->count; i++) {
		struct followed_file *file = f->files[i];
		if (file->fd < 0 || file->packed || file->watch >= 0)
			continue;
		file->watch = log_watch_file(&f->watch, file->fd);
		err = file->watch < 0 ? file->watch : 0;
		path = file->path;
	}
	if (err != 0)
		tell_unwatched(f, path, err);
	else
		f->state.unwatched = false;
}

/* ---- a plan: which of the files in the folder come next, opened but not yet taken over */

struct plan {
	struct log_shelf shelf;
	struct followed_file *
		*at;  /* of each of its files: opened, or one that is followed already */
	size_t depth; /* the newest so many are to be followed */
	size_t later; /* of those: the newest so many, when there is room for them */
	size_t fresh; /* the newest so many are to be opened, if they are not yet */
	int live_err; /* why the live file could not be opened */
};

static void plan_begin(struct log_follow *f, struct plan *plan)
{
	*plan = (struct plan){0};
	log_shelf_read(f->live, f->name, &plan->shelf);
	plan->at = memory_new(plan->shelf.count, sizeof(struct followed_file *));
}

static void plan_end(struct log_follow *f, struct plan *plan)
{
	for (size_t j = 0; j < plan->shelf.count; j++)
		if (plan->at[j] != NULL && place_of(f, plan->at[j]) == f->count)
			followed_file_free(plan->at[j]);
	free((void *)plan->at);
	log_shelf_free(&plan->shelf);
}

static bool is_live(const struct log_follow *f, const struct plan *plan, size_t j)
{
	return strcmp(plan->shelf.files[j].path, f->live) == 0;
}

/* Opens a file and goes to the mark; *ret is NULL when it is not there. *ret_beginning: the file is
 * only the beginning of what the mark tells of. */
static int open_at_mark(const struct log_shelf_file *found, const struct log_mark *mark,
	struct followed_file **ret, bool *ret_beginning)
{
	struct followed_file *file;
	int err = followed_file_open(found, &file);

	*ret = NULL;
	if (err != 0) /* what cannot be read is not known to be it */
		return err == -EAGAIN ? err : 0;
	int answer = followed_file_go_to_mark(file, mark);
	*ret_beginning = answer == 2;
	if (answer >= 1)
		*ret = file;
	else
		followed_file_free(file);
	return 0;
}

static bool has_state_of(const struct log_shelf_file *found, const struct log_mark *mark)
{
	struct file_state state = {
		.device = mark->device, .inode = mark->inode, .born_ns = mark->born_ns};

	return file_state_same(&found->state, &state);
}

/* Looks into one file for the mark. *ret is NULL when it is not there, or the file is followed. */
static int look_for_mark(const struct log_follow *f, const struct plan *plan, size_t j,
	const struct log_mark *mark, struct followed_file **ret, bool *ret_beginning)
{
	const struct log_shelf_file *found = &plan->shelf.files[j];
	const struct followed_file *known = file_with_state(f, &found->state);

	*ret = NULL;
	if (plan->at[j] != NULL || (known != NULL && known->fd >= 0))
		return 0;
	/* every file begins with nothing: only the file itself is it */
	if (mark->offset == 0 && (!has_state_of(found, mark) || found->name.packed))
		return 0;
	return open_at_mark(found, mark, ret, ret_beginning);
}

static void give_back(struct plan *plan, size_t j)
{
	if (j == plan->shelf.count)
		return;
	followed_file_free(plan->at[j]);
	plan->at[j] = NULL;
}

/* Looks for the mark among the files that are not yet taken: the same file first, then its content
 * in any other, else a copy of its beginning. *ret_at is plan->shelf.count when it is nowhere; else
 * plan->at of it is set. */
static int find_mark(
	const struct log_follow *f, struct plan *plan, const struct log_mark *mark, size_t *ret_at)
{
	size_t none = plan->shelf.count, beginning = none;

	for (int same = 1; same >= 0; same--) {
		for (size_t j = 0; j < plan->shelf.count; j++) {
			struct followed_file *file;
			bool is_beginning = false;
			if (has_state_of(&plan->shelf.files[j], mark) != (same == 1))
				continue;
			int err = look_for_mark(f, plan, j, mark, &file, &is_beginning);
			if (err != 0)
				return err;
			if (file == NULL)
				continue;
			if (!is_beginning) {
				give_back(plan, beginning);
				plan->at[j] = file;
				*ret_at = j;
				return 0;
			}
			if (beginning == none)
				plan->at[beginning = j] = file;
			else
				followed_file_free(file);
		}
	}
	*ret_at = beginning;
	return 0;
}

/* Opens one that is to be followed: from its start, or from where it was read to before. */
static int plan_open_one(const struct log_follow *f, struct plan *plan, size_t j)
{
	const struct log_shelf_file *found = &plan->shelf.files[j];
	struct followed_file *known = file_with_state(f, &found->state);
	int err = 0;

	if (known != NULL && known->fd >= 0) {
		plan->at[j] = known;
		return 0;
	}
	if (known != NULL && known->trail.offset > 0) {
		struct log_mark mark = followed_file_mark(known);
		bool beginning;
		err = open_at_mark(found, &mark, &plan->at[j], &beginning);
	}
	if (err == 0 && plan->at[j] == NULL)
		err = followed_file_open(found, &plan->at[j]);
	if (err == 0 || err == -EAGAIN)
		return err;
	if (is_live(f, plan, j))
		plan->live_err = err;
	else
		plan->at[j] = followed_file_unreadable(found, err);
	return 0;
}

/* While logrotate copies the live file, to truncate it then, the copy is no file of its own. */
static void leave_out_copy(const struct log_follow *f, struct plan *plan)
{
	const struct followed_file *live = plan->fresh > 0 ? plan->at[0] : NULL;

	for (size_t j = 1; live != NULL && live->fd >= 0 && j < plan->fresh; j++)
		if (plan->at[j] != NULL && plan->at[j]->fd >= 0 && plan->at[j]->trail.offset == 0 &&
			place_of(f, plan->at[j]) == f->count &&
			followed_file_is_beginning(plan->at[j], live))
			give_back(plan, j);
}

/* Opens all that are to be followed. -EAGAIN when the folder was changed meanwhile: then nothing is
 * known of their order. */
static int plan_complete(const struct log_follow *f, struct plan *plan)
{
	size_t room = FILES_MAX - f->count;
	struct log_shelf again;
	int err = 0;

	plan->later = plan->depth > room ? plan->depth - room : 0;
	for (size_t j = plan->fresh; err == 0 && j-- > plan->later;)
		if (plan->at[j] == NULL)
			err = plan_open_one(f, plan, j);
	if (err != 0)
		return err;
	leave_out_copy(f, plan);

	log_shelf_read(f->live, f->name, &again);
	bool same = log_shelf_same(&plan->shelf, &again);
	log_shelf_free(&again);
	return same ? 0 : -EAGAIN;
}

/* One that was followed already is now newer than others. */
static void move_to_end(struct log_follow *f, struct followed_file *file)
{
	take_out(f, place_of(f, file));
	append(f, file);
}

/* Returns whether it was known how far the file was read. */
static bool forget_closed(struct log_follow *f, const struct file_state *state)
{
	bool known = false;

	for (size_t i = f->count; i-- > 0;) {
		if (f->files[i]->fd >= 0 || !file_state_same(&f->files[i]->state, state))
			continue;
		known = known || f->files[i]->trail.offset > 0;
		drop(f, i);
	}
	return known;
}

static void tell_taken(struct log_follow *f, const struct followed_file *file, bool first)
{
	struct log_follow_event event = {.kind = LOG_FOLLOW_ROTATED, .path = file->path};

	if (file->fd < 0) {
		event.kind = LOG_FOLLOW_REFUSED;
		event.err = file->err;
		event.bytes = file->state.size;
		tell_lost_bytes(f, event);
		return;
	}
	if (file->trail.offset > 0) {
		event.kind = LOG_FOLLOW_RETURNED;
		event.offset = file->trail.offset;
	} else if (first) {
		event.kind = LOG_FOLLOW_FOUND;
	}
	tell(f, event);
}

/* Takes over what the plan has opened, and tells of each, but of the oldest so many as `silent` and
 * of those that go on at a mark. */
static void plan_carry_out(struct log_follow *f, struct plan *plan, size_t silent)
{
	const struct followed_file *last = newest(f);

	for (size_t j = plan->depth; j-- > plan->later;) {
		struct followed_file *file = plan->at[j];
		bool first = f->count == 0;
		if (file == NULL)
			continue;
		bool known = place_of(f, file) < f->count;
		if (known) {
			move_to_end(f, file);
			free(file->path);
			file->path = memory_copy(
				plan->shelf.files[j].path, strlen(plan->shelf.files[j].path));
		} else {
			known = forget_closed(f, &file->state);
			append(f, file);
		}
		if (j + silent < plan->depth && file != last && (known || file->trail.offset == 0))
			tell_taken(f, file, first);
	}
}

/* ---- beginning */

static void begin_anew_at(struct log_follow *f, const struct followed_file *file)
{
	bool from_start = f->start == LOG_FOLLOW_FROM_START;
	struct log_follow_event event = {
		.kind = LOG_FOLLOW_FOUND, .path = file->path, .offset = file->trail.offset};

	if (f->has_saved) {
		event.kind = LOG_FOLLOW_LOST;
		event.bytes = from_start ? file->state.size : file->trail.offset;
	}
	tell(f, event);
}

/* Without a position: in the live file or, in a gap, at the end of what was it last. */
static int begin_anew(struct log_follow *f, struct plan *plan)
{
	if (plan->shelf.count == 0 || plan->shelf.files[0].name.packed) {
		f->begun = !f->has_saved && plan->shelf.err == 0;
		return 0;
	}
	int err = followed_file_open(&plan->shelf.files[0], &plan->at[0]);
	if (err == 0 && (f->start == LOG_FOLLOW_FROM_END || !is_live(f, plan, 0)))
		err = followed_file_go_to_end(plan->at[0]);
	if (err != 0) {
		plan->live_err = err != -EAGAIN && err != -ESTALE ? err : 0;
		return err == -ESTALE ? -EAGAIN : err;
	}
	plan->depth = plan->fresh = 1;
	err = plan_complete(f, plan);
	if (err != 0)
		return err;
	begin_anew_at(f, plan->at[0]);
	plan_carry_out(f, plan, 1);
	f->begun = true;
	return 0;
}

/* Whether the file is the one of the mark, for certain. Without the time of birth, it may as well
 * be another one that got the inode. */
static bool is_file_of(const struct log_shelf_file *found, const struct log_mark *mark)
{
	return mark->born_ns != 0 && found->state.born_ns != 0 && has_state_of(found, mark);
}

/* A file that was read is there, and its content is not: it was truncated. */
static void tell_truncated_meanwhile(
	struct log_follow *f, const struct plan *plan, const struct log_mark *mark)
{
	for (size_t j = 0; j < plan->depth; j++)
		if (mark->offset > 0 && is_file_of(&plan->shelf.files[j], mark) &&
			plan->at[j] != NULL && plan->at[j]->trail.offset == 0)
			tell(f, (struct log_follow_event){.kind = LOG_FOLLOW_TRUNCATED,
					.path = plan->shelf.files[j].path});
}

/* The newest that something was read of, or the oldest. */
static const struct followed_file *resumed(const struct plan *plan)
{
	for (size_t j = plan->later; j < plan->depth; j++)
		if (plan->at[j] != NULL && plan->at[j]->trail.offset > 0)
			return plan->at[j];
	return plan->at[plan->depth - 1];
}

static void resume_at(struct log_follow *f, struct plan *plan)
{
	const struct followed_file *file = resumed(plan);
	struct log_follow_event event = {
		.kind = LOG_FOLLOW_RESUMED, .path = file->path, .offset = file->trail.offset};

	for (size_t j = plan->later; j < plan->depth; j++) {
		uint64_t bytes = 0, packed = 0;
		if (plan->at[j] != NULL)
			followed_file_unread(plan->at[j], &bytes, &packed);
		event.bytes += bytes + packed;
	}
	tell(f, event);
	for (size_t i = 0; i < f->saved.count; i++)
		tell_truncated_meanwhile(f, plan, &f->saved.marks[i]);
	plan_carry_out(f, plan, 1);
}

/* Finds the marks of the saved position, of files that something was read of or of the others.
 * Returns 0 or -EAGAIN; *depth becomes 1 more than the place of the oldest file that has one. */
static int find_marks(const struct log_follow *f, struct plan *plan, bool read, size_t *depth)
{
	for (size_t i = f->saved.count; i-- > 0;) {
		const struct log_mark *mark = &f->saved.marks[i];
		size_t j = plan->shelf.count;
		int err = (mark->offset > 0) == read ? find_mark(f, plan, mark, &j) : 0;
		if (err != 0)
			return err;
		if (j < plan->shelf.count && j + 1 > *depth)
			*depth = j + 1;
	}
	return 0;
}

/* What nothing was read of is told by its inode only, so it says nothing about the order of files
 * if there is better. */
static int find_saved(const struct log_follow *f, struct plan *plan, size_t *ret_depth)
{
	size_t depth = 0, unread_depth = 0;
	int err = find_marks(f, plan, true, &depth);

	if (err == 0)
		err = find_marks(f, plan, false, &unread_depth);
	if (err == 0)
		*ret_depth = depth > 0 ? depth : unread_depth;
	return err;
}

/* None of the marks is there, but the live file is one of theirs: it was truncated, and no copy has
 * all that was read of it. Whatever is in it now was written since. */
static bool is_truncated(const struct log_follow *f, const struct plan *plan)
{
	for (size_t i = 0; i < f->saved.count; i++)
		if (is_live(f, plan, 0) && is_file_of(&plan->shelf.files[0], &f->saved.marks[i]))
			return true;
	return false;
}

/* What is newer than the newest file that something was read of is to be read from its start. What
 * stands between two of those is not new: a copy of what was read in the file that was truncated
 * then. */
static size_t count_unknown(const struct plan *plan)
{
	for (size_t j = 0; j < plan->depth; j++)
		if (plan->at[j] != NULL && plan->at[j]->trail.offset > 0)
			return j;
	return plan->depth;
}

static int begin(struct log_follow *f, struct plan *plan)
{
	size_t depth = 0;

	if (plan->shelf.count == 0 && f->has_saved)
		return 0; /* it may come yet: a file system that is not mounted, say */
	int err = f->has_saved ? find_saved(f, plan, &depth) : 0;
	if (err != 0)
		return err;
	if (depth == 0 && f->has_saved && is_truncated(f, plan))
		depth = 1;
	if (depth == 0)
		return begin_anew(f, plan);

	plan->depth = depth;
	plan->fresh = count_unknown(plan);
	err = plan_complete(f, plan);
	if (err != 0 || plan->at[depth - 1] == NULL)
		return err;
	resume_at(f, plan);
	f->begun = true;
	return 0;
}

/* ---- going on */

static size_t find_state(const struct plan *plan, const struct followed_file *file)
{
	size_t j = 0;

	while (j < plan->shelf.count && !file_state_same(&plan->shelf.files[j].state, &file->state))
		j++;
	return j;
}

/* How many of the folder's files were written to after the one that was followed: packing and
 * renaming do not change that time. The live one is new in any case. */
static size_t count_written_later(const struct log_follow *f, const struct plan *plan)
{
	const struct followed_file *last = newest(f);
	size_t n = plan->shelf.count > 0 && is_live(f, plan, 0) ? 1 : 0;

	while (last != NULL && n < plan->shelf.count &&
		plan->shelf.files[n].state.written_ns > last->state.written_ns)
		n++;
	return n;
}

/* How many files are newer than the newest that is followed. *ret_replaced: it is nowhere, so that
 * the answer is a guess. */
static int count_newer(
	const struct log_follow *f, struct plan *plan, size_t *ret_depth, bool *ret_replaced)
{
	const struct followed_file *last = newest(f);
	size_t j = last != NULL ? find_state(plan, last) : plan->shelf.count;

	if (last != NULL && j == plan->shelf.count) {
		struct log_mark mark = followed_file_content(last);
		int err = mark.offset > 0 ? find_mark(f, plan, &mark, &j) : 0; /* packed, perhaps */
		if (err != 0)
			return err;
	}
	*ret_replaced = last != NULL && j == plan->shelf.count;
	for (size_t i = f->count; j == plan->shelf.count && i-- > 0;)
		j = find_state(plan, f->files[i]);
	*ret_depth = j < plan->shelf.count ? j : count_written_later(f, plan);
	if (*ret_replaced && j == 0 && plan->shelf.count > 0 && is_live(f, plan, 0))
		*ret_depth = 1; /* an older one has the name again */
	return 0;
}

static int go_on(struct log_follow *f, struct plan *plan)
{
	const struct followed_file *last = newest(f);
	bool replaced;
	int err = count_newer(f, plan, &plan->depth, &replaced);

	if (err != 0 || plan->depth == 0)
		return err;
	plan->fresh = plan->depth;
	err = plan_complete(f, plan);
	if (err != 0)
		return err;
	if (replaced && plan->live_err == 0)
		tell(f, (struct log_follow_event){.kind = LOG_FOLLOW_REPLACED, .path = last->path});
	plan_carry_out(f, plan, 0);
	return 0;
}

/* Told once, and again when it is another error. */
static void tell_err(struct log_follow *f, int *told, int err, const char *path)
{
	if (err != 0 && err != *told)
		tell(f, (struct log_follow_event){
				.kind = LOG_FOLLOW_REFUSED, .path = path, .err = err});
	*told = err;
}

static void tell_folder_err(struct log_follow *f, int err)
{
	char *folder = folder_of(f->live);

	tell_err(f, &f->folder_err, err == -ENOENT ? 0 : err, folder);
	free(folder);
}

/* Brings the files that are followed up to those in the folder. */
static void settle(struct log_follow *f)
{
	int err = -EAGAIN;

	(void)watch_folders(f); /* its path may lead to another folder than before */
	for (unsigned tries = 0; err == -EAGAIN && tries < TRIES_MAX; tries++) {
		struct plan plan;
		plan_begin(f, &plan);
		err = f->begun ? go_on(f, &plan) : begin(f, &plan);
		if (err != -EAGAIN) {
			tell_folder_err(f, plan.shelf.err);
			if (plan.live_err != 0)
				tell_err(f, &f->live_err, plan.live_err, f->live);
		}
		plan_end(f, &plan);
	}
	f->unsettled = err == -EAGAIN;
}

static void name_live(struct log_follow *f)
{
	time_t now = (time_t)f->now;
	struct tm local;

	if (localtime_r(&now, &local) == NULL ||
		log_name_expand(slice_of(f->path), &local, f->live, sizeof(f->live)) != 0)
		f->live[0] = '\0';
}

static void look_at_live(struct log_follow *f)
{
	const struct followed_file *last = newest(f);
	struct file_state live;
	int err = file_state_of_path(AT_FDCWD, f->live, &live);

	if (err == 0 && !live.regular)
		err = -EINVAL;
	bool absent = err == -ENOENT || err == -ENOTDIR;
	if (absent && !f->state.absent)
		tell(f, (struct log_follow_event){.kind = LOG_FOLLOW_ABSENT, .path = f->live});
	f->state.absent = absent;
	if (err != 0 && !absent)
		tell_err(f, &f->live_err, err, f->live);
	if (err == 0 && last != NULL && last->fd >= 0 && file_state_same(&last->state, &live)) {
		f->live_err = 0;
		f->unsettled = false;
		return;
	}
	settle(f);
}

static void look(struct log_follow *f)
{
	name_live(f);
	watch(f);
	look_at_live(f);
	watch(f);
}

/* ---- truncated files */

/* Looks for the copy that was made before, and puts it, and whatever is newer, in front of the file
 * that was truncated. Returns the copy; NULL: there is none. */
static const struct followed_file *find_copy(struct log_follow *f, const struct log_mark *mark)
{
	const struct followed_file *copy = NULL;
	int err = -EAGAIN;

	for (unsigned tries = 0; err == -EAGAIN && tries < TRIES_MAX; tries++) {
		struct plan plan;
		size_t j;
		plan_begin(f, &plan);
		err = find_mark(f, &plan, mark, &j);
		if (err == 0 && j < plan.shelf.count) {
			plan.depth = plan.fresh = j + 1;
			err = plan_complete(f, &plan);
			if (err == 0) {
				copy = plan.at[j]->trail.offset == mark->offset ? plan.at[j] : NULL;
				plan_carry_out(f, &plan, 1);
			}
		}
		plan_end(f, &plan);
	}
	return copy;
}

static void truncated(struct log_follow *f, struct followed_file *file)
{
	struct log_mark mark = followed_file_mark(file);
	uint64_t seen = file->largest > mark.offset ? file->largest : mark.offset;

	if (file != newest(f)) { /* nobody writes to it any more, and what was left is gone */
		close_file(f, file);
		return;
	}
	followed_file_start_anew(file);
	const struct followed_file *copy = find_copy(f, &mark);
	struct log_follow_event event = {
		.kind = LOG_FOLLOW_TRUNCATED, .path = file->path, .bytes = seen - mark.offset};
	if (copy != NULL && (copy->packed || copy->state.size >= seen))
		event.bytes = 0;
	else if (copy != NULL)
		event.bytes = seen - copy->state.size;
	tell_lost_bytes(f, event);
	if (copy != NULL)
		tell(f, (struct log_follow_event){.kind = LOG_FOLLOW_COPIED,
				.path = file->path,
				.copy = copy->path,
				.offset = mark.offset});
}

/* ---- reading */

/* Skips to the end of a line that is too long, if it is in the text. Returns the bytes skipped. */
static size_t skip_long_line(struct log_follow *f, struct followed_file *file, struct slice text)
{
	if (!file->inside)
		return 0;
	size_t lf = slice_find(text, '\n'), n = lf < text.len ? lf + 1 : lf;
	file->inside = lf == text.len;
	f->state.long_bytes += n;
	return n;
}

static void hand_out_line(struct log_follow *f, struct slice line, struct log_follow_budget *budget)
{
	if (line.len > LOG_LINE_MAX) {
		f->state.long_lines++;
		f->state.long_bytes += line.len + 1;
		return;
	}
	f->state.lines++;
	f->state.bytes += line.len + 1;
	f->state.last_line_at = f->now;
	budget->lines--;
	budget->bytes -= line.len + 1 < budget->bytes ? line.len + 1 : budget->bytes;
	f->visitor->line(f->visitor->context, line);
}

/* Hands out the lines of the text, as far as the budget goes. Returns the bytes that are done with.
 */
static size_t hand_out(struct log_follow *f, struct followed_file *file, struct slice text,
	struct log_follow_budget *budget, bool *ret_nothing_left)
{
	size_t skipped = skip_long_line(f, file, text);
	const char *at = text.at + skipped, *end = text.at + text.len, *lf = at;

	while (budget->lines > 0 && budget->bytes > 0) {
		lf = find_byte(at, end, '\n');
		if (lf == NULL)
			break;
		hand_out_line(f, (struct slice){at, (size_t)(lf - at)}, budget);
		at = lf + 1;
	}
	*ret_nothing_left = lf == NULL;
	if (lf == NULL && (size_t)(end - at) > LOG_LINE_MAX) {
		f->state.long_lines++;
		f->state.long_bytes += (uint64_t)(end - at);
		file->inside = true;
		at = end;
	}
	return (size_t)(at - text.at);
}

static void tell_damage(struct log_follow *f, const struct followed_file *file, int err)
{
	tell(f, (struct log_follow_event){.kind = LOG_FOLLOW_DAMAGED,
			.path = file->path,
			.offset = file->trail.offset,
			.err = err});
}

/* No more lines come out of it. */
static void finish(struct log_follow *f, struct followed_file *file)
{
	uint64_t bytes, packed;

	followed_file_unread(file, &bytes, &packed);
	if (file->err != 0)
		tell_damage(f, file, file->err);
	else if (bytes > 0)
		tell_lost_bytes(f, (struct log_follow_event){.kind = LOG_FOLLOW_UNFINISHED,
					   .path = file->path,
					   .offset = file->trail.offset,
					   .bytes = bytes});
	close_file(f, file);
}

static void cannot_read(struct log_follow *f, struct followed_file *file, int err)
{
	if (file->err != err)
		tell_damage(f, file, err);
	file->err = err;
	file->looked_at = file->state.size; /* until it grows */
}

static size_t first_with_more(const struct log_follow *f)
{
	size_t i = 0;

	while (i < f->count && !followed_file_has_more(f->files[i]))
		i++;
	return i;
}

static void read_file(struct log_follow *f, size_t i, struct log_follow_budget *budget)
{
	struct followed_file *file = f->files[i];
	struct slice text;
	bool nothing_left;
	int err = followed_file_fill(file, f->buffer, &text);

	if (err == -ESTALE) {
		truncated(f, file);
		return;
	}
	if (err != 0) {
		cannot_read(f, file, err);
		return;
	}
	/* what a late writer has added to an older file meanwhile was written before this, if both
	 * are of one writer */
	if (i > 0 && first_with_more(f) < i)
		return;
	size_t used = hand_out(f, file, text, budget, &nothing_left);
	followed_file_use(file, slice_first(text, used), nothing_left);
	if (file->packed && nothing_left && file->at_end)
		finish(f, file);
}

/* Returns whether anything was read. */
static bool read_files(struct log_follow *f, struct log_follow_budget *budget)
{
	size_t i;
	unsigned rounds = 0;

	while (budget->lines > 0 && budget->bytes > 0 && rounds < IDLE_MAX &&
		(i = first_with_more(f)) < f->count) {
		uint64_t before = f->state.bytes + f->state.long_bytes;
		read_file(f, i, budget);
		rounds = f->state.bytes + f->state.long_bytes > before ? 1 : rounds + 1;
	}
	return rounds > 0;
}

/* Closes what was succeeded long ago, and forgets what was closed long ago. */
static void close_old(struct log_follow *f)
{
	size_t closed = 0;

	for (size_t i = 0; i + 1 < f->count; i++) {
		struct followed_file *file = f->files[i];
		if (file->fd >= 0 && !followed_file_has_more(file) &&
			f->now - file->succeeded_at >= f->linger)
			finish(f, file);
	}
	for (size_t i = f->count; i-- > 0;) {
		if (f->files[i]->fd < 0 && i + 1 < f->count && ++closed > CLOSED_KEPT)
			drop(f, i);
	}
}

bool log_follow_read(struct log_follow *f, int64_t now, struct log_follow_budget budget,
	const struct log_follow_visitor *visitor)
{
	f->now = now;
	f->visitor = visitor;
	budget.lines += budget.lines == 0;
	budget.bytes += budget.bytes == 0;

	log_watch_drain(&f->watch);
	do {
		look(f);
	} while (read_files(f, &budget) && budget.lines > 0 && budget.bytes > 0);
	close_old(f);
	f->more = first_with_more(f) < f->count;
	if (!f->more && f->begun && !f->unsettled && f->live_err == 0)
		f->state.caught_up_at = now;
	f->visitor = NULL;
	return f->more;
}

/* ---- what is asked about it */

struct log_follow *log_follow_new(
	const struct log_follow_options *options, const struct log_position *saved)
{
	struct log_follow *f = memory_new(1, sizeof(*f));
	size_t slash = slice_find_last(slice_of(options->path), '/');

	f->path = memory_copy(options->path, strlen(options->path));
	f->name = f->path + (f->path[slash] == '/' ? slash + 1 : 0);
	f->start = options->start;
	f->linger = options->linger_seconds;
	f->has_saved = saved != NULL;
	if (saved != NULL)
		f->saved = *saved;
	f->buffer = memory_grow(NULL, FOLLOWED_BYTES, 1);
	f->more = true;
	log_watch_begin(&f->watch);
	return f;
}

void log_follow_free(struct log_follow *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++)
		followed_file_free(f->files[i]);
	log_watch_end(&f->watch);
	free(f->buffer);
	free(f->path);
	free(f);
}

int log_follow_fd(const struct log_follow *f)
{
	return f->watch.fd;
}

unsigned log_follow_wait_ms(const struct log_follow *f)
{
	if (f->more)
		return 0;
	if (f->unsettled)
		return WAIT_UNSETTLED;
	if (f->state.unwatched)
		return WAIT_UNWATCHED;
	return f->state.absent || !f->begun || f->live_err != 0 ? WAIT_ABSENT : WAIT_WATCHED;
}

/* The place in f->files of the newest of which something was read; f->count: none. */
static size_t newest_read(const struct log_follow *f)
{
	for (size_t i = f->count; i-- > 0;)
		if (f->files[i]->trail.offset > 0)
			return i;
	return f->count;
}

static size_t oldest_open(const struct log_follow *f)
{
	size_t i = 0;

	while (i < f->count && f->files[i]->fd < 0)
		i++;
	return i;
}

/* Of the files that were begun, the newest, and some before it: somebody may still write to them,
 * and one of them is found if the newest is not. What is newer than these is read from its start
 * anyway, so that only the newest of it is worth a mark: it is found by its inode if all else is
 * gone. */
int log_follow_position(const struct log_follow *f, struct log_position *ret)
{
	struct log_position position = {0};
	size_t read = newest_read(f), first = read < f->count ? read : oldest_open(f);

	if (!f->begun && f->has_saved) {
		*ret = f->saved;
		return 0;
	}
	if (first == f->count)
		return -ENODATA;
	size_t room = LOG_POSITION_MARKS - 1, from = first;
	for (size_t i = first; i-- > 0 && room > 1;) {
		room -= f->files[i]->trail.offset > 0;
		from = f->files[i]->trail.offset > 0 ? i : from;
	}
	for (size_t i = from; i <= first; i++)
		if (f->files[i]->trail.offset > 0 || i == first)
			position.marks[position.count++] = followed_file_mark(f->files[i]);
	if (first + 1 < f->count && newest(f)->fd >= 0)
		position.marks[position.count++] = followed_file_mark(newest(f));
	*ret = position;
	return 0;
}

static void unread_bytes(const struct log_follow *f, uint64_t *ret_bytes, uint64_t *ret_packed)
{
	*ret_bytes = *ret_packed = 0;
	for (size_t i = 0; i < f->count; i++) {
		uint64_t bytes, packed;
		followed_file_unread(f->files[i], &bytes, &packed);
		*ret_bytes += bytes;
		*ret_packed += packed;
	}
}

void log_follow_state(const struct log_follow *f, struct log_follow_state *ret)
{
	*ret = f->state;
	unread_bytes(f, &ret->unread_bytes, &ret->unread_packed_bytes);
}

#include "responders/acting.h"

#include "base/memory.h"
#include "systems/stop_point.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES   20
#define LOCK_WAIT_NS 5000000 /* a runner that finds no -H gives up within a millisecond or two */

void acted_clear(struct acted *acted)
{
	for (size_t i = 0; i < acted->problem_count; i++)
		free(acted->problems[i].why);
	free(acted->problems);
	*acted = (struct acted){0};
}

void acted_add_problem(struct acted *acted, const struct exim_id *id, const char *format, ...)
{
	struct acted_problem *p;
	char why[PROBLEM_MAX];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(why, sizeof(why), format, values);
	va_end(values);
	if (acted->problem_count == acted->problem_room) {
		acted->problem_room = acted->problem_room * 2 + 16;
		acted->problems = memory_grow(
			acted->problems, acted->problem_room, sizeof(acted->problems[0]));
	}
	p = &acted->problems[acted->problem_count++];
	*p = (struct acted_problem){.why = memory_copy(why, strlen(why))};
	if (id != NULL)
		p->id = *id;
}

void acted_add_result(
	struct acted *acted, const struct exim_id *id, const char *step, struct move_result result)
{
	if (result.outcome == MOVE_FAILED || result.outcome == MOVE_DENIED)
		acted_add_problem(acted, id, "%s: %s", step, strerror(-result.error));
	else
		acted_add_problem(acted, id, "%s: %s", step, move_outcome_text(result.outcome));
}

bool acting_stopped(const struct acting *a)
{
	return a->stop != NULL && *a->stop != 0;
}

void acting_progress(const struct acting *a, const char *phase, uint64_t done, uint64_t total)
{
	if (a->progress != NULL)
		a->progress(a->progress_context, phase, done, total);
}

ptrdiff_t acting_folder(const struct exim_spool *spool, const char *queue, char letter)
{
	for (size_t i = 0; i < spool->folder_count; i++)
		if (spool->folders[i].letter == letter &&
			strcmp(spool->folders[i].queue, queue) == 0)
			return (ptrdiff_t)i;
	return -1;
}

/* As its parent is, whatever the umask. */
static int make_letter(const struct spool_folder *parent, char letter)
{
	const char name[2] = {letter, '\0'};
	struct stat like;
	int fd, err = 0;

	if (fstat(parent->fd, &like) < 0)
		return -errno;
	if (mkdirat(parent->fd, name, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	fd = openat(parent->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if ((geteuid() == 0 && fchown(fd, like.st_uid, like.st_gid) < 0) ||
		fchmod(fd, like.st_mode & 07777) < 0 || fsync(parent->fd) < 0)
		err = -errno;
	close(fd);
	return err;
}

ptrdiff_t acting_make_folder(
	struct exim_spool *spool, const char *queue, char letter, struct problem *problem)
{
	ptrdiff_t found = acting_folder(spool, queue, letter);
	ptrdiff_t top;
	int err;

	if (found >= 0)
		return found;
	if (exim_spool_refresh(spool, problem) < 0)
		return -1;
	top = acting_folder(spool, queue, 0);
	if (top < 0 && queue[0] != '\0') {
		const struct spool_folder *made;

		if (exim_spool_make_queue(spool, queue, &made, problem) < 0)
			return -1;
		top = made - spool->folders;
	}
	if (top < 0) {
		problem_set(problem, -ENOENT, "%s has no folder input", spool->path);
		return -1;
	}
	if (letter == 0)
		return top;
	found = acting_folder(spool, queue, letter);
	if (found >= 0)
		return found;
	err = make_letter(&spool->folders[top], letter);
	if (err < 0) {
		problem_set(problem, err, "cannot make the folder %s/%s%sinput/%c: %s", spool->path,
			queue, queue[0] != '\0' ? "/" : "", letter, strerror(-err));
		return -1;
	}
	if (exim_spool_refresh(spool, problem) < 0)
		return -1;
	found = acting_folder(spool, queue, letter);
	if (found < 0)
		problem_set(problem, -ENOENT, "%s: the folder %c was removed again", spool->path,
			letter);
	return found;
}

struct move_result acting_lock(
	int folder_fd, const struct exim_id *id, struct message_lock *ret_lock)
{
	struct move_result result = message_lock(folder_fd, id, ret_lock);

	for (int i = 0; i < LOCK_TRIES && result.outcome == MOVE_LOCKED; i++) {
		nanosleep(&(struct timespec){0, LOCK_WAIT_NS}, NULL);
		result = message_lock(folder_fd, id, ret_lock);
	}
	return result;
}

/* Beside the message, else in the other of the two places where it can be. */
static struct move_result move_msglog(struct move_places *places, const struct spool_folder *folder,
	size_t from, size_t to, const struct exim_id *id, char *ret_letter)
{
	char letters[2] = {folder->letter, '\0'};
	struct move_result result = {MOVE_GONE, -ENOENT};

	if (folder->letter == 0)
		letters[1] = exim_id_letter(id);
	for (int i = 0; i < 2 && result.outcome == MOVE_GONE; i++) {
		int from_fd = move_places_msglog(places, from, letters[i], false);
		int to_fd = from_fd >= 0 ? move_places_msglog(places, to, 0, true) : from_fd;

		if (from_fd == -ENOENT)
			continue;
		if (to_fd < 0)
			return (struct move_result){MOVE_FAILED, to_fd};
		result = message_move_file(from_fd, to_fd, id, EXIM_FILE_NONE);
		if (result.outcome == MOVE_DONE) {
			*ret_letter = letters[i];
			move_places_touch(places, from_fd);
			move_places_touch(places, to_fd);
		}
	}
	return result;
}

/* journal_too: -J is over there, moved now or by the run that was killed. */
static bool undo(int from_fd, int to_fd, const struct exim_id *id, bool journal_too)
{
	if (journal_too) {
		enum move_outcome back =
			message_move_file(to_fd, from_fd, id, EXIM_FILE_JOURNAL).outcome;

		if (back != MOVE_DONE && back != MOVE_GONE)
			return false;
	}
	return message_move_file(to_fd, from_fd, id, EXIM_FILE_HEADER).outcome == MOVE_DONE;
}

struct moved_rest acting_move_rest(struct move_places *places, size_t from, size_t to,
	const struct exim_id *id, bool has_journal)
{
	const struct spool_folder *folders = move_places_spool(places)->folders;
	const struct spool_folder *source = &folders[from];
	int from_fd = source->fd, to_fd = folders[to].fd;
	struct moved_rest rest = {.msglog_letter = source->letter, .result = {MOVE_GONE, -ENOENT}};
	bool journal_done;

	if (has_journal)
		rest.result = message_move_file(from_fd, to_fd, id, EXIM_FILE_JOURNAL);
	journal_done = rest.result.outcome == MOVE_DONE || rest.result.outcome == MOVE_GONE;
	rest.step = "-J";
	stop_point(STOP_HOLD_AFTER_JOURNAL);
	if (journal_done) {
		rest.step = "-D";
		rest.result = message_move_file(from_fd, to_fd, id, EXIM_FILE_DATA);
		if (rest.result.outcome == MOVE_GONE &&
			message_file_seen(to_fd, id, EXIM_FILE_DATA) == FILE_PRESENT)
			rest.result = (struct move_result){MOVE_DONE, 0};
	}
	stop_point(STOP_HOLD_AFTER_DATA);
	move_places_touch(places, from_fd);
	move_places_touch(places, to_fd);
	if (rest.result.outcome != MOVE_DONE) {
		rest.undone = undo(from_fd, to_fd, id, journal_done);
		return rest;
	}
	rest.msglog = move_msglog(places, source, from, to, id, &rest.msglog_letter);
	stop_point(STOP_HOLD_AFTER_MSGLOG);
	return rest;
}

/* Where -D and -J went already, they are fetched back. */
static bool undo_back(int from_fd, int to_fd, const struct exim_id *id, bool journal_too)
{
	bool done = true;

	if (journal_too) {
		enum move_outcome back =
			message_move_file(to_fd, from_fd, id, EXIM_FILE_JOURNAL).outcome;

		done = back == MOVE_DONE || back == MOVE_GONE;
	}
	return message_move_file(to_fd, from_fd, id, EXIM_FILE_DATA).outcome == MOVE_DONE && done;
}

static struct move_result msglog_back(struct move_places *places, size_t from, size_t to,
	const struct exim_id *id, char msglog_letter)
{
	const char letters[2] = {move_places_spool(places)->folders[from].letter, '\0'};
	struct move_result result = {MOVE_GONE, -ENOENT};

	for (int i = 0; i < 2 && result.outcome == MOVE_GONE; i++) {
		int from_fd = move_places_msglog(places, from, letters[i], false);
		int to_fd;

		if (from_fd == -ENOENT)
			continue;
		if (from_fd < 0)
			return (struct move_result){MOVE_FAILED, from_fd};
		if (message_file_seen(from_fd, id, EXIM_FILE_NONE) == FILE_ABSENT)
			continue;
		to_fd = move_places_msglog(places, to, msglog_letter, true);
		if (to_fd < 0)
			return (struct move_result){MOVE_FAILED, to_fd};
		result = message_move_file(from_fd, to_fd, id, EXIM_FILE_NONE);
		move_places_touch(places, from_fd);
		move_places_touch(places, to_fd);
	}
	return result;
}

/* What went before, in a run that was killed, is done. */
static struct move_result move_or_moved(
	int from_fd, int to_fd, const struct exim_id *id, enum exim_file file)
{
	struct move_result result = message_move_file(from_fd, to_fd, id, file);

	if (result.outcome == MOVE_GONE && message_file_seen(to_fd, id, file) == FILE_PRESENT)
		return (struct move_result){MOVE_DONE, 0};
	return result;
}

struct moved_rest acting_move_back(struct move_places *places, size_t from, size_t to,
	const struct exim_id *id, char msglog_letter)
{
	const struct spool_folder *folders = move_places_spool(places)->folders;
	int from_fd = folders[from].fd, to_fd = folders[to].fd;
	struct moved_rest rest = {.msglog_letter = msglog_letter, .step = "-D"};

	move_places_touch(places, from_fd);
	move_places_touch(places, to_fd);
	stop_point(STOP_RESTORE_BEFORE_DATA);
	rest.result = move_or_moved(from_fd, to_fd, id, EXIM_FILE_DATA);
	if (rest.result.outcome != MOVE_DONE) {
		rest.undone = true;
		return rest;
	}
	stop_point(STOP_RESTORE_AFTER_DATA);
	rest.step = "-J";
	rest.result = message_move_file(from_fd, to_fd, id, EXIM_FILE_JOURNAL);
	if (rest.result.outcome != MOVE_DONE && rest.result.outcome != MOVE_GONE) {
		rest.undone = undo_back(from_fd, to_fd, id, false);
		return rest;
	}
	stop_point(STOP_RESTORE_AFTER_JOURNAL);
	rest.msglog = msglog_back(places, from, to, id, msglog_letter);
	stop_point(STOP_RESTORE_AFTER_MSGLOG);
	rest.step = "-H";
	rest.result = move_or_moved(from_fd, to_fd, id, EXIM_FILE_HEADER);
	if (rest.result.outcome != MOVE_DONE)
		rest.undone = undo_back(from_fd, to_fd, id, true);
	stop_point(STOP_RESTORE_AFTER_HEADER);
	return rest;
}

static struct move_result remove_msglog(
	struct move_places *places, size_t folder, const struct exim_id *id, char msglog_letter)
{
	const char letters[3] = {
		move_places_spool(places)->folders[folder].letter, '\0', msglog_letter};
	struct move_result result = {MOVE_GONE, -ENOENT};

	for (int i = 0; i < 3 && result.outcome == MOVE_GONE; i++) {
		int fd = move_places_msglog(places, folder, letters[i], false);

		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return (struct move_result){MOVE_FAILED, fd};
		result = message_remove_file(fd, id, EXIM_FILE_NONE);
		if (result.outcome == MOVE_DONE)
			move_places_touch(places, fd);
	}
	return result;
}

struct moved_rest acting_remove(
	struct move_places *places, size_t folder, const struct exim_id *id, char msglog_letter)
{
	static const struct {
		enum exim_file file;
		const char *step;
		enum stop_point after;
	} files[] = {
		{EXIM_FILE_HEADER, "-H", STOP_PURGE_AFTER_HEADER},
		{EXIM_FILE_JOURNAL, "-J", STOP_PURGE_AFTER_JOURNAL},
		{EXIM_FILE_DATA, "-D", STOP_PURGE_AFTER_DATA},
	};
	int fd = move_places_spool(places)->folders[folder].fd;
	struct moved_rest rest = {.undone = true};

	move_places_touch(places, fd);
	stop_point(STOP_PURGE_BEFORE_HEADER);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		rest.step = files[i].step;
		rest.result = message_remove_file(fd, id, files[i].file);
		if (rest.result.outcome != MOVE_DONE && rest.result.outcome != MOVE_GONE)
			return rest;
		rest.undone = rest.undone && rest.result.outcome == MOVE_GONE;
		stop_point(files[i].after);
	}
	rest.result = (struct move_result){MOVE_DONE, 0};
	rest.undone = false;
	rest.msglog = remove_msglog(places, folder, id, msglog_letter);
	stop_point(STOP_PURGE_AFTER_MSGLOG);
	return rest;
}

void kept_list_clear(struct kept_list *list)
{
	free(list->at);
	*list = (struct kept_list){0};
}

static bool keep(void *context, const struct journal_message *m)
{
	struct kept_list *list = context;
	struct kept *kept;

	if (list->count == list->room) {
		list->room = list->room * 2 + 64;
		list->at = memory_grow(list->at, list->room, sizeof(list->at[0]));
	}
	kept = &list->at[list->count++];
	*kept = (struct kept){.id = m->id,
		.state = m->state,
		.letter = m->letter,
		.msglog_letter = m->msglog_letter,
		.hold = m->hold,
		.action = m->action};
	(void)snprintf(kept->queue, sizeof(kept->queue), "%s", m->queue);
	return true;
}

int kept_list_read(struct kept_list *list, struct journal *journal,
	const struct journal_choice *choice, struct problem *problem)
{
	return journal_each_message(journal, choice, keep, list, problem);
}

static bool has_any(const struct spool_folder *folder, const struct exim_id *id)
{
	return message_file_seen(folder->fd, id, EXIM_FILE_HEADER) == FILE_PRESENT ||
	       message_file_seen(folder->fd, id, EXIM_FILE_DATA) == FILE_PRESENT ||
	       message_file_seen(folder->fd, id, EXIM_FILE_JOURNAL) == FILE_PRESENT;
}

ptrdiff_t acting_find_held(
	const struct exim_spool *spool, const char *hold_queue, const struct exim_id *id)
{
	/* The unsplit place first: it is where we put them; Exim may have split them since. */
	for (int split = 0; split < 2; split++)
		for (size_t i = 0; i < spool->folder_count; i++)
			if ((spool->folders[i].letter != 0) == (split != 0) &&
				strcmp(spool->folders[i].queue, hold_queue) == 0 &&
				has_any(&spool->folders[i], id))
				return (ptrdiff_t)i;
	return -1;
}

enum message_state acting_where_gone(
	const struct exim_spool *spool, const char *hold_queue, const struct exim_id *id)
{
	for (size_t i = 0; i < spool->folder_count; i++)
		if (strcmp(spool->folders[i].queue, hold_queue) != 0 &&
			message_file_seen(spool->folders[i].fd, id, EXIM_FILE_HEADER) ==
				FILE_PRESENT)
			return MESSAGE_RELEASED;
	return MESSAGE_GONE;
}

void acting_write_log(const struct acting *a, struct acted *acted)
{
	struct problem problem = {0};

	if (mainlog_write(a->log, &problem) < 0)
		acted_add_problem(acted, NULL, "Exim's log: %s", problem.text);
}

void acting_sync(struct move_places *places, struct acted *acted)
{
	int err = move_places_sync(places);

	if (err < 0)
		acted_add_problem(acted, NULL, "fsync of the folders: %s", strerror(-err));
}

int acting_journal_problems(
	const struct acting *a, const struct acted *acted, int64_t action, struct problem *problem)
{
	int err = 0;

	for (size_t i = 0; i < acted->problem_count && err == 0; i++)
		err = journal_add_problem(a->journal, action, acted->hold, &acted->problems[i].id,
			acted->problems[i].why, problem);
	return err;
}

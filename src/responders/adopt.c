#include "responders/adopt.h"

#include "base/clock.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the hold queue by what the journal says, or on the way to or from there. */
#define STATES_KNOWN                                                                               \
	(1U << MESSAGE_INTENDED | 1U << MESSAGE_HELD | 1U << MESSAGE_RESTORING |                   \
		1U << MESSAGE_PURGING)

void stray_list_clear(struct stray_list *list)
{
	free(list->at);
	*list = (struct stray_list){0};
}

static void add(struct stray_list *list, const struct exim_id *id)
{
	if (list->count == list->room) {
		list->room = list->room * 2 + 64;
		list->at = memory_grow(list->at, list->room, sizeof(list->at[0]));
	}
	list->at[list->count++] = *id;
}

static int by_id(const void *a, const void *b)
{
	return exim_id_compare(a, b);
}

static void sort_once(struct stray_list *list)
{
	size_t n = 0;

	if (list->count > 1)
		qsort(list->at, list->count, sizeof(list->at[0]), by_id);
	for (size_t i = 0; i < list->count; i++)
		if (n == 0 || by_id(&list->at[n - 1], &list->at[i]) != 0)
			list->at[n++] = list->at[i];
	list->count = n;
}

bool stray_list_has(const struct stray_list *list, const struct exim_id *id)
{
	return list->count > 0 &&
	       bsearch(id, list->at, list->count, sizeof(list->at[0]), by_id) != NULL;
}

static int list_folder(
	struct stray_list *list, const struct spool_folder *folder, struct problem *problem)
{
	int error, fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *name;
	struct exim_id id;

	error = -errno;
	if (names == NULL && fd >= 0)
		(void)close(fd);
	if (names == NULL)
		return error == -ENOENT
			       ? 0
			       : problem_set(problem, error, "cannot read the queue \"%s\": %s",
					 folder->queue, strerror(-error));
	for (errno = 0; (name = readdir(names)) != NULL; errno = 0)
		if (exim_id_of_file(slice_of(name->d_name), &id) == EXIM_FILE_HEADER)
			add(list, &id);
	error = -errno;
	(void)closedir(names);
	return error == 0 || error == -ENOENT
		       ? 0
		       : problem_set(problem, error, "cannot read the queue \"%s\": %s",
				 folder->queue, strerror(-error));
}

struct holds_here {
	const char *spool_path, *queue;
	int64_t *at;
	size_t count;
};

static bool keep_hold(void *context, const struct journal_hold *hold)
{
	struct holds_here *here = context;

	if (strcmp(hold->spool, here->spool_path) != 0 || strcmp(hold->queue, here->queue) != 0)
		return true;
	here->at = memory_grow(here->at, here->count + 1, sizeof(here->at[0]));
	here->at[here->count++] = hold->hold;
	return true;
}

static bool keep_known(void *context, const struct journal_message *message)
{
	add(context, &message->id);
	return true;
}

static int read_known(struct stray_list *known, const char *spool_path, const char *hold_queue,
	struct journal *journal, struct problem *problem)
{
	struct holds_here here = {.spool_path = spool_path, .queue = hold_queue};
	int err = journal_each_hold(journal, 0, keep_hold, &here, problem);

	for (size_t i = 0; i < here.count && err == 0; i++) {
		const struct journal_choice choice = {.hold = here.at[i], .states = STATES_KNOWN};

		err = journal_each_message(journal, &choice, keep_known, known, problem);
	}
	free(here.at);
	sort_once(known);
	return err;
}

/* Files are listed before the journal is read: what is being held meanwhile was in the journal
 * first, and what is being restored is looked for once more. */
static void leave_strays(struct stray_list *list, const struct exim_spool *spool,
	const char *hold_queue, const struct stray_list *known)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		if (!stray_list_has(known, &list->at[i]) &&
			acting_find_held(spool, hold_queue, &list->at[i]) >= 0)
			list->at[n++] = list->at[i];
	list->count = n;
}

int stray_list_read(struct stray_list *list, const struct exim_spool *spool, const char *spool_path,
	const char *hold_queue, struct journal *journal, struct problem *problem)
{
	struct stray_list known = {0};
	int err = 0;

	for (size_t i = 0; i < spool->folder_count && err == 0; i++)
		if (strcmp(spool->folders[i].queue, hold_queue) == 0)
			err = list_folder(list, &spool->folders[i], problem);
	sort_once(list);
	if (err == 0 && list->count > 0 && journal != NULL)
		err = read_known(&known, spool_path, hold_queue, journal, problem);
	if (err == 0)
		leave_strays(list, spool, hold_queue, &known);
	stray_list_clear(&known);
	return err;
}

/* Exim reads the default queue split and unsplit alike; it goes where new mail goes. */
static bool is_split(const struct exim_spool *spool)
{
	for (size_t i = 0; i < spool->folder_count; i++)
		if (spool->folders[i].queue[0] == '\0' && spool->folders[i].letter != 0)
			return true;
	return false;
}

struct kept stray_kept(const struct exim_spool *spool, const struct exim_id *id)
{
	char letter = '\0';

	if (is_split(spool))
		letter = exim_id_letter(id);
	return (struct kept){
		.id = *id, .state = MESSAGE_HELD, .letter = letter, .msglog_letter = letter};
}

static int add_messages(struct journal *journal, const struct kept *messages, size_t count,
	int64_t hold, int64_t action, struct problem *problem)
{
	int err = 0;

	for (size_t i = 0; i < count && err == 0; i++) {
		const struct journal_message row = {.hold = hold,
			.action = action,
			.id = messages[i].id,
			.state = MESSAGE_HELD,
			.queue = messages[i].queue,
			.letter = messages[i].letter,
			.msglog_letter = messages[i].msglog_letter};

		err = journal_add_message(journal, &row, problem);
	}
	return err;
}

int adopt_run(const struct acting *a, const char *hold_queue, const struct kept *messages,
	size_t count, int64_t *ret_hold, struct problem *problem)
{
	const struct journal_hold hold = {.created = clock_now_us() / 1000000,
		.who = a->who,
		.reason = ADOPT_REASON,
		.selector = ADOPT_REASON,
		.source = "",
		.spool = a->spool_path,
		.queue = hold_queue};
	struct journal_action action = {
		.kind = ACTION_HOLD, .began = hold.created, .who = a->who, .request = a->request};
	const struct journal_counts counts = {.messages = count, .done = count};
	int64_t number = 0, begun = 0;
	int err = journal_begin(a->journal, problem);

	if (err == 0)
		err = journal_add_hold(a->journal, &hold, &number, problem);
	action.hold = number;
	if (err == 0)
		err = journal_add_action(a->journal, &action, &begun, problem);
	if (err == 0)
		err = add_messages(a->journal, messages, count, number, begun, problem);
	if (err == 0)
		err = journal_end_action(a->journal, begun, hold.created, &counts, false, problem);
	if (err == 0)
		err = journal_commit(a->journal, problem);
	if (err < 0)
		journal_undo(a->journal);
	else
		*ret_hold = number;
	return err;
}

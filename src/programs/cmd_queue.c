/* cmd_queue.c - stanch queue: what lies in the queue.
 *
 * Which messages are meant is found out first, by name if that is enough, else by several threads
 * that read all; only the names are kept. Then those are read one after the other, in order, and
 * printed. So memory stays small however long the list is. */
#include "base/memory.h"
#include "base/printable.h"
#include "formats/exim_id.h"
#include "programs/context.h"
#include "programs/filter_options.h"
#include "programs/queue_answer.h"
#include "reports/exim_list.h"
#include "reports/progress.h"
#include "reports/queue_list.h"
#include "sensors/filter.h"
#include "sensors/queue.h"
#include "systems/exim/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct queue_settings {
	struct filter_settings filter;
	bool count;
	const char *format;
	bool answer;
	const char *reader;
};

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_EXIM, FORMAT_EXIM_COUNT };

static const struct format_row {
	const char *name;
	enum format format;
	enum exim_list_form form;
	bool sorted;
} formats[] = {
	{"table", FORMAT_TABLE, 0, true},
	{"exim", FORMAT_EXIM, EXIM_LIST_BP, true},
	{"exim-bp", FORMAT_EXIM, EXIM_LIST_BP, true},
	{"exim-bpc", FORMAT_EXIM_COUNT, 0, true},
	{"exim-bpu", FORMAT_EXIM, EXIM_LIST_BPU, true},
	{"exim-bpr", FORMAT_EXIM, EXIM_LIST_BP, false},
	{"exim-bpru", FORMAT_EXIM, EXIM_LIST_BPU, false},
	{"exim-bpa", FORMAT_EXIM, EXIM_LIST_BPA, true},
	{"exim-bpra", FORMAT_EXIM, EXIM_LIST_BPA, false},
	{"exim-bpi", FORMAT_EXIM, EXIM_LIST_BPI, true},
};

static const char *const format_names[] = {"table", "exim", "exim-bp", "exim-bpc", "exim-bpu",
	"exim-bpr", "exim-bpru", "exim-bpa", "exim-bpra", "exim-bpi", NULL};

static const struct option_row rows[] = {
	{.name = "count",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct queue_settings, count),
		.help = "Print only how many messages there are. Without conditions, only names "
			"are "
			"read."},
	{.name = "format",
		.argument = "FORMAT",
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct queue_settings, format),
		.choices = format_names,
		.help = "How messages are listed (table). With the other forms, exim (that is "
			"exim-bp), "
			"exim-bpc, exim-bpu, exim-bpr, exim-bpru, exim-bpa, exim-bpra and "
			"exim-bpi, "
			"the output is byte for byte what Exim prints with the option of that "
			"name: of "
			"its default queue unless --queue says otherwise, and without encoding "
			"what "
			"senders wrote."},
	{.name = "answer",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct queue_settings, answer),
		.help = "For the daemon, which serves searches with it: keep what lies in the "
			"queue in memory, and answer questions about it, a JSON object a line, "
			"until standard input ends."},
	{.name = "reader",
		.argument = "LOGIN",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct queue_settings, reader),
		.help = "With --answer, as root: become that user before anything is read."},
};

/* A message that is meant. */
struct entry {
	struct exim_id id;
	const struct spool_folder *folder;
	size_t position; /* in which it was found */
};

/* One run of the command. */
struct job {
	struct context *context;
	struct filter *filter;
	struct exim_spool *spool;
	struct scan_options options;
	const struct format_row *format;
	bool count_only;
	int64_t now;

	struct queue_sensor *sensors[SCAN_THREADS_MAX]; /* one for each worker, made by it */
	pthread_mutex_t lock;                           /* of the entries */
	struct entry *entries;
	size_t entry_count, entry_room;
	atomic_ullong matching, unknown;

	atomic_ullong looked_at;                       /* entries, while printing */
	uint64_t printed, frozen, damaged, unreadable; /* the last three of those printed */
};

/* ---- which messages are meant ---- */

static void add_entry(struct job *job, const struct exim_id *id, const struct spool_folder *folder)
{
	(void)pthread_mutex_lock(&job->lock);
	if (job->entry_count == job->entry_room) {
		job->entry_room = job->entry_room > 0 ? job->entry_room * 2 : 64;
		job->entries = memory_grow(job->entries, job->entry_room, sizeof(*job->entries));
	}
	job->entries[job->entry_count] = (struct entry){*id, folder, job->entry_count};
	job->entry_count++;
	(void)pthread_mutex_unlock(&job->lock);
}

static struct queue_sensor *sensor_of(struct job *job, unsigned worker)
{
	if (job->sensors[worker] == NULL)
		job->sensors[worker] = queue_sensor_new(context_exim_login(job->context));
	return job->sensors[worker];
}

static void visit(void *context, unsigned worker, const struct scanned *m)
{
	struct job *job = context;
	struct queued q;

	if (!filter_is_empty(job->filter)) {
		bool sensed = queue_sense(sensor_of(job, worker), m, &q);
		switch (filter_match(job->filter, worker, m, &q, sensed)) {
		case FILTER_NO:
			return;
		case FILTER_UNKNOWN:
			atomic_fetch_add(&job->unknown, 1);
			return;
		case FILTER_YES:
			break;
		}
	}
	atomic_fetch_add(&job->matching, 1);
	if (!job->count_only)
		add_entry(job, &m->id, m->folder);
}

static int scan(struct job *job, struct problem *problem)
{
	struct scan_progress counts = {0};
	struct scan_result result = {0};
	const struct global_settings *global = &job->context->global;

	(void)context_exim_login(job->context); /* before the threads ask */
	job->options.names_only = job->count_only && filter_is_empty(job->filter);
	struct progress *progress =
		progress_new_of_scan(job->context->error_terminal && !global->quiet, &counts);
	int r = exim_scan(job->spool, &job->options, visit, job, &counts, &result, problem);
	progress_free(progress);
	if (r == 0 && job->options.names_only)
		atomic_store(&job->matching, result.messages);
	return r;
}

static bool is_meant_queue(const struct job *job, const char *queue)
{
	const struct scan_options *o = &job->options;

	return (o->only_queue == NULL || strcmp(o->only_queue, queue) == 0) &&
	       (o->except_queue == NULL || strcmp(o->except_queue, queue) != 0);
}

static int refuse_folder(const struct job *job, const struct spool_folder *folder, int error,
	struct problem *problem)
{
	char path[512];

	printable_text(slice_of(job->spool->path), path, sizeof(path));
	return problem_set(problem, error, "cannot read %s%s%s/input%s%c: %s", path,
		*folder->queue != '\0' ? "/" : "", folder->queue, folder->letter != 0 ? "/" : "",
		folder->letter != 0 ? folder->letter : ' ', strerror(-error));
}

/* In the order in which the folder has them, which Exim keeps for messages of the same time. */
static int list_folder(struct job *job, const struct spool_folder *folder, struct problem *problem)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : refuse_folder(job, folder, -errno, problem);
	DIR *names = fdopendir(fd);
	if (names == NULL) {
		(void)close(fd);
		return refuse_folder(job, folder, -ENOMEM, problem);
	}
	const struct dirent *name;
	struct exim_id id;
	for (errno = 0; (name = readdir(names)) != NULL; errno = 0)
		if (exim_id_of_file(slice_of(name->d_name), &id) == EXIM_FILE_HEADER)
			add_entry(job, &id, folder);
	int error = -errno;
	(void)closedir(names);
	return error == 0 || error == -ENOENT ? 0 : refuse_folder(job, folder, error, problem);
}

static int list_names(struct job *job, struct problem *problem)
{
	int r = 0;

	for (size_t i = 0; i < job->spool->folder_count && r == 0; i++)
		if (is_meant_queue(job, job->spool->folders[i].queue))
			r = list_folder(job, &job->spool->folders[i], problem);
	return r;
}

/* For ids alone the queue need not be read. */
static bool find_by_id(struct job *job, const struct command_arguments *arguments)
{
	size_t count = 0;
	const struct exim_id *ids = filter_ids(job->filter, &count);

	if (count == 0 || count != arguments->count || job->count_only)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct spool_folder *folder =
			exim_spool_find(job->spool, job->options.only_queue, &ids[i]);
		if (folder != NULL && is_meant_queue(job, folder->queue))
			add_entry(job, &ids[i], folder);
	}
	return true;
}

/* ---- in order ---- */

/* By time, and what came at the same time as it was found: Exim's own order. */
static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = exim_id_compare_time(&x->id, &y->id);

	return order != 0 ? order : x->position < y->position ? -1 : x->position > y->position;
}

static bool has_new_ids(const struct job *job)
{
	for (size_t i = 0; i < job->entry_count; i++)
		if (job->entries[i].id.len == EXIM_ID_NEW)
			return true;
	return false;
}

static void sort(struct job *job)
{
	if (job->entry_count > 1 && job->format->sorted)
		qsort(job->entries, job->entry_count, sizeof(*job->entries), compare_entries);
}

/* ---- printing ---- */

static struct queue_list list_of(const struct job *job)
{
	const struct terminal terminal = {stdout, job->context->color, job->context->width};
	bool with_queue = false;

	for (size_t i = 1; i < job->entry_count; i++)
		with_queue = with_queue || strcmp(job->entries[i].folder->queue,
						   job->entries[0].folder->queue) != 0;
	return queue_list_of(terminal, has_new_ids(job) ? EXIM_ID_NEW : EXIM_ID_OLD, with_queue);
}

static void print_one(struct job *job, const struct queue_list *list, const struct scanned *m,
	const struct queued *q, bool sensed)
{
	if (job->printed++ == 0 && job->format->format == FORMAT_TABLE)
		queue_list_title(list);
	job->unreadable += m->error != 0;
	job->frozen += q->frozen;
	job->damaged += q->damaged;
	if (job->format->format == FORMAT_EXIM)
		exim_list_write(stdout, job->format->form, m, q, sensed, job->now);
	else if (job->format->format == FORMAT_JSON)
		queue_list_json(stdout, m, q, sensed, job->now);
	else
		queue_list_row(list, m, q, sensed, job->now);
}

/* Since it was found a message may have been delivered, or changed. */
static void print_entry(struct job *job, const struct queue_list *list, const struct entry *e,
	struct message_buffer *buffer)
{
	struct scanned m;
	struct queued q;

	if (exim_read_message(e->folder, &e->id, buffer, &m) == -ENOENT)
		return;
	bool sensed = queue_sense(sensor_of(job, 0), &m, &q);
	enum filter_answer answer = filter_match(job->filter, 0, &m, &q, sensed);
	if (answer == FILTER_YES)
		print_one(job, list, &m, &q, sensed);
	else if (answer == FILTER_UNKNOWN)
		atomic_fetch_add(&job->unknown, 1);
}

static void look_at_printing(void *context, struct progress_state *ret)
{
	struct job *job = context;

	*ret = (struct progress_state){.what = "messages listed",
		.done = atomic_load(&job->looked_at),
		.total = job->entry_count};
}

static void print_entries(struct job *job)
{
	AUTO(message_buffer) buffer = message_buffer_new();
	struct queue_list list = list_of(job);
	const struct context *c = job->context;
	struct progress *progress = progress_new(
		c->error_terminal && !c->out_terminal && !c->global.quiet, look_at_printing, job);

	for (size_t i = 0; i < job->entry_count; i++) {
		print_entry(job, &list, &job->entries[i], buffer);
		atomic_store_explicit(&job->looked_at, i + 1, memory_order_relaxed);
	}
	progress_free(progress);
}

/* ---- what else is to be said ---- */

static bool is_found(const struct job *job, const struct exim_id *id)
{
	for (size_t i = 0; i < job->entry_count; i++)
		if (exim_id_compare(&job->entries[i].id, id) == 0)
			return true;
	return false;
}

static int tell_missing(const struct job *job)
{
	size_t count = 0, missing = 0;
	const struct exim_id *ids = filter_ids(job->filter, &count);
	const char *hold = job->context->global.hold_queue;

	for (size_t i = 0; i < count && !job->count_only; i++) {
		if (is_found(job, &ids[i]))
			continue;
		missing++;
		bool is_held = exim_spool_find(job->spool, hold, &ids[i]) != NULL;
		context_warn(job->context,
			is_held ? "%s: is held, in the queue \"%s\"" : "%s: is not in the queue",
			ids[i].text, hold);
	}
	return missing > 0 ? COMMAND_LEFT : COMMAND_DONE;
}

static void tell_count(const struct job *job)
{
	char count[UNITS_TEXT];

	if (job->format->format != FORMAT_TABLE)
		return;
	if (job->printed == 0)
		context_hint(job->context, filter_is_empty(job->filter)
						   ? "The queue is empty."
						   : "No message in the queue matches.");
	else
		context_hint(job->context, "%s message%s, %" PRIu64 " frozen, %" PRIu64 " damaged",
			units_count_text(job->printed, count), job->printed == 1 ? "" : "s",
			job->frozen, job->damaged);
}

/* What could not be looked at is said, and is no success. */
static int tell_unknown(const struct job *job)
{
	uint64_t unknown = atomic_load(&job->unknown), unreadable = job->unreadable;

	if (unknown > 0)
		context_warn(job->context,
			"%" PRIu64
			" more could not be judged: damaged where the answer would stand",
			unknown);
	if (unreadable > 0)
		context_warn(job->context, "%" PRIu64 " could not be read in full", unreadable);
	return unknown + unreadable > 0 ? COMMAND_UNABLE : COMMAND_DONE;
}

/* ---- the command ---- */

static int print_count(struct job *job)
{
	uint64_t n = atomic_load(&job->matching), unknown = atomic_load(&job->unknown);

	if (unknown > 0) {
		context_warn(job->context,
			"at least %" PRIu64 "; %" PRIu64
			" more could not be judged: damaged where the answer would stand",
			n, unknown);
		return COMMAND_UNABLE;
	}
	if (job->format->format == FORMAT_JSON)
		(void)printf("{\"count\":%" PRIu64 "}\n", n);
	else
		(void)printf("%" PRIu64 "\n", n);
	return COMMAND_DONE;
}

static int list_queue(
	struct job *job, const struct command_arguments *arguments, struct problem *problem)
{
	bool names_tell = filter_is_empty(job->filter) || job->format->format == FORMAT_EXIM;
	int r = 0;

	if (job->count_only || (!names_tell && !find_by_id(job, arguments)))
		r = scan(job, problem);
	else if (names_tell)
		r = list_names(job, problem);
	if (r < 0)
		return r;
	if (job->count_only)
		return print_count(job);
	sort(job);
	print_entries(job);
	(void)fflush(stdout);
	tell_count(job);
	int unknown = tell_unknown(job), missing = tell_missing(job);
	return unknown != COMMAND_DONE ? unknown : missing;
}

static const struct format_row *find_format(const char *name)
{
	size_t i = 0;

	while (strcmp(formats[i].name, name) != 0)
		i++; /* it is one of them: the option's choices are the same */
	return &formats[i];
}

static int choose_format(
	struct job *job, const struct queue_settings *settings, struct problem *problem)
{
	static const struct format_row json = {"json", FORMAT_JSON, 0, true};
	bool wants_json = job->context->global.json;

	if (wants_json && settings->format != NULL) {
		(void)problem_set(problem, 0, "--json and --format: one or the other");
		return -EINVAL;
	}
	job->format = wants_json
			      ? &json
			      : find_format(settings->format != NULL ? settings->format : "table");
	job->count_only = settings->count || job->format->format == FORMAT_EXIM_COUNT;
	return 0;
}

static void choose_queue(struct job *job)
{
	const char *queue = filter_queue(job->filter);
	bool is_exim = job->format->format >= FORMAT_EXIM;

	job->options.only_queue = queue != NULL ? queue : is_exim ? "" : NULL;
	if (job->options.only_queue == NULL)
		job->options.except_queue = job->context->global.hold_queue;
}

static void end_job(struct job *job)
{
	filter_free(job->filter);
	for (size_t i = 0; i < SCAN_THREADS_MAX; i++)
		queue_sensor_free(job->sensors[i]);
	free(job->entries);
	(void)pthread_mutex_destroy(&job->lock);
}

/* Nothing else of the command goes with it. */
static int answer(struct context *context, const struct queue_settings *settings,
	const struct command_arguments *arguments)
{
	if (arguments->count == 0 && settings->answer && !settings->count &&
		settings->format == NULL)
		return queue_answer_run(context, settings->reader);
	context_warn(context, settings->answer ? "--answer goes with --reader alone"
					       : "--reader goes with --answer alone");
	return COMMAND_USAGE;
}

static int run_job(struct job *job, const struct queue_settings *settings,
	const struct command_arguments *arguments)
{
	struct problem problem = {0};

	int r = choose_format(job, settings, &problem);
	if (r == 0)
		r = filter_new(&settings->filter, arguments->at, arguments->count, job->now,
			&job->filter, &problem);
	if (r < 0) {
		context_problem(job->context, &problem);
		return COMMAND_USAGE;
	}
	int known = context_check_queue(job->context, filter_queue(job->filter));
	if (known != COMMAND_DONE)
		return known;
	choose_queue(job);
	job->options.threads = context_threads(job->context);
	job->options.sizes = filter_needs_sizes(job->filter);
	r = context_spool(job->context, &job->spool, &problem);
	if (r == 0)
		r = list_queue(job, arguments, &problem);
	if (r >= 0)
		return r;
	context_problem(job->context, &problem);
	return COMMAND_UNABLE;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	struct job job = {.context = context, .now = time(NULL), .lock = PTHREAD_MUTEX_INITIALIZER};
	const struct queue_settings *given = settings;

	if (given->answer || given->reader != NULL)
		return answer(context, given, arguments);
	int status = run_job(&job, settings, arguments);
	end_job(&job);
	return status;
}

const struct command command_queue = {
	.name = "queue",
	.arguments = "[SOURCE|ID...]",
	.arguments_most = SIZE_MAX,
	.help = "list the messages in the queue",
	.about =
		"Lists the messages in the queue, newest last: all, or those of the named sources, "
		"with the named ids, that meet all the conditions.\n"
		"A PATTERN is exact text, letter case not counting; with * or ? in it a shell's "
		"pattern for the whole; between slashes a Perl expression that may match "
		"anywhere.\n",
	.settings_size = sizeof(struct queue_settings),
	.sets = {COMMAND_SET("What is listed", rows, 0),
		COMMAND_SET(
			"Which messages", filter_options, offsetof(struct queue_settings, filter))},
	.run = run,
};

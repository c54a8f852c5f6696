#include "programs/daemon/job.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
	struct own_command command;
	struct loop_child *child;
	struct loop_watch *watch, *errors_watch;
	char *output, errors[JOB_ERRORS_MAX];
	size_t len, errors_len, lines_lost;
	job_ended *call;
	void *context;
	int status;
	bool is_cut, ended, closed;
};

void job_free(struct job *job)
{
	if (job == NULL)
		return;
	loop_watch_free(job->watch);
	loop_watch_free(job->errors_watch);
	loop_child_free(job->child);
	(void)close(job->command.output);
	if (job->command.errors >= 0)
		(void)close(job->command.errors);
	free(job->output);
	free(job);
}

size_t job_lines_lost(const struct job *job)
{
	return job->lines_lost;
}

struct slice job_errors(const struct job *job)
{
	return (struct slice){job->errors, job->errors_len};
}

/* Once: what is there and not read yet. 1: more may be; 0: not now; -1: nothing comes any more. */
static int read_errors(struct job *job)
{
	char bytes[1024];
	ssize_t n = read(job->command.errors, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	size_t room = sizeof(job->errors) - job->errors_len;
	size_t kept = (size_t)n < room ? (size_t)n : room;
	memcpy(job->errors + job->errors_len, bytes, kept);
	job->errors_len += kept;
	return n > 0 ? 1 : -1;
}

static void on_errors(void *context, unsigned ready)
{
	struct job *job = context;

	(void)ready;
	if (read_errors(job) < 0)
		loop_watch_for(job->errors_watch, 0);
}

/* Standard error is not waited for: somebody whom it began may keep it open. */
static void finish(struct job *job)
{
	if (!job->ended || !job->closed)
		return;
	for (int i = 0; job->errors_watch != NULL && i < 64 && read_errors(job) > 0; i++)
		continue;
	job->call(job->context, job->output != NULL ? job->output : "", job->len, job->status);
	job_free(job);
}

static void on_end(void *context, int status)
{
	struct job *job = context;

	job->ended = true;
	job->status = status;
	finish(job);
}

static size_t count_lines(struct slice bytes)
{
	struct slice line;
	size_t count = 0;

	while (slice_take_line(&bytes, &line))
		count++;
	return count;
}

/* From what does not fit any more on nothing is kept, nor the beginning of a line before it. */
static void keep_output(struct job *job, struct slice bytes)
{
	if (!job->is_cut && job->len + bytes.len <= OWN_COMMAND_OUTPUT_MAX) {
		job->output = memory_grow(job->output, job->len + bytes.len, 1);
		memcpy(job->output + job->len, bytes.at, bytes.len);
		job->len += bytes.len;
		return;
	}
	job->lines_lost += count_lines(bytes);
	if (job->is_cut)
		return;
	job->is_cut = true;
	size_t end = slice_find_last((struct slice){job->output, job->len}, '\n');
	job->len = end < job->len ? end + 1 : 0;
}

static void on_output(void *context, unsigned ready)
{
	struct job *job = context;
	char bytes[4096];
	ssize_t n = read(job->command.output, bytes, sizeof(bytes));

	(void)ready;
	if (n > 0) {
		keep_output(job, (struct slice){bytes, (size_t)n});
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	loop_watch_for(job->watch, 0);
	job->closed = true;
	finish(job);
}

static int start(struct loop *loop, const struct daemon_plan *plan,
	const struct own_command_way *way, const char *const *words, size_t count, struct job *job,
	struct problem *problem)
{
	int err = own_command_start(&plan->global, way, words, count, &job->command, problem);

	if (err < 0)
		return err;
	if (loop_watch_new(loop, job->command.output, on_output, job, &job->watch) == 0)
		loop_watch_for(job->watch, LOOP_READ);
	else
		job->closed = true;
	if (job->command.errors >= 0 &&
		loop_watch_new(loop, job->command.errors, on_errors, job, &job->errors_watch) == 0)
		loop_watch_for(job->errors_watch, LOOP_READ);
	job->child = loop_child_new(loop, job->command.pid, on_end, job);
	return 0;
}

static int start_way(struct loop *loop, const struct daemon_plan *plan,
	const struct own_command_way *way, const char *const *words, size_t count, job_ended *ended,
	void *context, struct job **ret, struct problem *problem)
{
	struct job *job = memory_new(1, sizeof(*job));

	job->call = ended;
	job->context = context;
	int err = start(loop, plan, way, words, count, job, problem);
	if (err < 0)
		free(job);
	else
		*ret = job;
	return err;
}

int job_start(struct loop *loop, const struct daemon_plan *plan, const char *const *words,
	size_t count, job_ended *ended, void *context, struct job **ret, struct problem *problem)
{
	const struct own_command_way way = {.program = plan->program};

	return start_way(loop, plan, &way, words, count, ended, context, ret, problem);
}

int job_start_for_page(struct loop *loop, const struct daemon_plan *plan, const char *who,
	const char *const *words, size_t count, job_ended *ended, void *context, struct job **ret,
	struct problem *problem)
{
	const struct own_command_way way = {
		.program = plan->program, .page_who = who, .takes_errors = true};

	return start_way(loop, plan, &way, words, count, ended, context, ret, problem);
}

#include "programs/daemon/job.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
	struct own_command command;
	struct loop_child *child;
	struct loop_watch *watch;
	char *output;
	size_t len;
	job_ended *call;
	void *context;
	int status;
	bool ended, closed;
};

void job_free(struct job *job)
{
	if (job == NULL)
		return;
	loop_watch_free(job->watch);
	loop_child_free(job->child);
	(void)close(job->command.output);
	free(job->output);
	free(job);
}

static void finish(struct job *job)
{
	if (!job->ended || !job->closed)
		return;
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

static void on_output(void *context, unsigned ready)
{
	struct job *job = context;
	char bytes[4096];
	ssize_t n = read(job->command.output, bytes, sizeof(bytes));

	(void)ready;
	if (n > 0) {
		if (job->len + (size_t)n <= OWN_COMMAND_OUTPUT_MAX) {
			job->output = memory_grow(job->output, job->len + (size_t)n, 1);
			memcpy(job->output + job->len, bytes, (size_t)n);
			job->len += (size_t)n;
		}
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	loop_watch_for(job->watch, 0);
	job->closed = true;
	finish(job);
}

int job_start(struct loop *loop, const struct daemon_plan *plan, const char *const *words,
	size_t count, job_ended *ended, void *context, struct job **ret, struct problem *problem)
{
	struct job *job = memory_new(1, sizeof(*job));
	int err = own_command_start(
		&plan->global, plan->program, words, count, &job->command, problem);

	if (err < 0) {
		free(job);
		return err;
	}
	job->call = ended;
	job->context = context;
	if (loop_watch_new(loop, job->command.output, on_output, job, &job->watch) == 0)
		loop_watch_for(job->watch, LOOP_READ);
	else
		job->closed = true;
	job->child = loop_child_new(loop, job->command.pid, on_end, job);
	*ret = job;
	return 0;
}

#include "systems/secret_program.h"

#include "base/printable.h"
#include "systems/child_program.h"

#include <errno.h>

#define REASON_SHOWN 300 /* bytes of its first line that are repeated */

enum { STATUS_NO_MAILBOX = 67, STATUS_LATER = 75, STATUS_NO_RIGHT = 77 };

static struct slice first_line(const struct child_answer *answer)
{
	struct slice said = {answer->output, answer->len};

	return slice_trim(slice_first(said, slice_find(said, '\n')));
}

/* A program that repeats what it was given is not repeated. */
static bool holds(struct slice text, const struct secret *secret)
{
	struct slice s = secret != NULL ? secret_slice(secret) : (struct slice){0};

	return s.len > 0 && text.len >= s.len && memmem(text.at, text.len, s.at, s.len) != NULL;
}

static int run(const struct secret_program *program, const char *word, const char *mailbox,
	const struct secret *secret, struct child_answer *ret, struct problem *problem)
{
	const char *const words[] = {program->path, word, mailbox, NULL};
	struct panel_text line = {0};
	struct child_program child = {.words = words, .time_ms = program->time_ms};
	int err;

	if (program->path == NULL)
		return problem_set(problem, -EINVAL, "secret.program is not set");
	if (secret != NULL) {
		panel_text_add(&line, secret_text(secret));
		panel_text_add(&line, "\n");
	}
	child.input = (struct slice){line.at, line.len};
	err = child_program_run(&child, ret, problem);
	panel_text_wipe(&line);
	if (err == -EMSGSIZE)
		return -EBADMSG;
	return err == -ENOENT || err == -EACCES ? -EINVAL : err;
}

static int error_of(int status)
{
	switch (status) {
	case 0:
		return 0;
	case STATUS_NO_MAILBOX:
		return -ENOENT;
	case STATUS_LATER:
		return -EAGAIN;
	case STATUS_NO_RIGHT:
		return -EACCES;
	default:
		return -EIO;
	}
}

static int judge(const struct secret_program *program, const char *word,
	const struct child_answer *answer, const struct secret *secret, struct problem *problem)
{
	char name[REASON_SHOWN], shown[REASON_SHOWN];
	struct slice reason = first_line(answer);
	int err = error_of(answer->status);

	if (err == 0)
		return 0;
	if (holds(reason, secret))
		reason = slice_of("what it says has the password in it");
	printable_text(slice_of(program->path), name, sizeof(name));
	return problem_set(problem, err, "%s %s ended with status %d%s%s", name, word,
		answer->status, reason.len > 0 ? ": " : "",
		printable_text(reason, shown, sizeof(shown)));
}

static int tell(const struct secret_program *program, const char *word, const char *mailbox,
	const struct secret *secret, struct problem *problem)
{
	struct child_answer answer = {0};
	int err = run(program, word, mailbox, secret, &answer, problem);

	if (err == 0)
		err = judge(program, word, &answer, secret, problem);
	child_answer_clear(&answer);
	return err;
}

int secret_program_set(const struct secret_program *program, const char *mailbox,
	const struct secret *secret, struct problem *problem)
{
	return tell(program, "set", mailbox, secret, problem);
}

int secret_program_suspend(
	const struct secret_program *program, const char *mailbox, struct problem *problem)
{
	return tell(program, "suspend", mailbox, NULL, problem);
}

int secret_program_resume(
	const struct secret_program *program, const char *mailbox, struct problem *problem)
{
	return tell(program, "resume", mailbox, NULL, problem);
}

/* "suspended" or "active"; a program that says nothing of the kind does not answer. */
static int read_state(const struct child_answer *answer, bool *ret_is_so, struct problem *problem)
{
	struct slice said = first_line(answer);

	if (!slice_is(said, "suspended") && !slice_is(said, "active"))
		return problem_set(problem, -EBADMSG,
			"secret.program says neither \"suspended\" nor \"active\"");
	*ret_is_so = slice_is(said, "suspended");
	return 0;
}

int secret_program_check(const struct secret_program *program, const char *mailbox,
	const struct secret *secret, bool *ret_is_so, struct problem *problem)
{
	struct child_answer answer = {0};
	int err = run(program, "check", mailbox, secret, &answer, problem);

	if (err == 0)
		err = judge(program, "check", &answer, secret, problem);
	if (err == 0 && secret == NULL)
		err = read_state(&answer, ret_is_so, problem);
	else if (secret != NULL && (err == 0 || err == -EIO)) {
		*ret_is_so = err == 0;
		err = 0;
	}
	child_answer_clear(&answer);
	return err;
}

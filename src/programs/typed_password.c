#include "programs/typed_password.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t came; /* the signal */

static void on_signal(int number)
{
	came = number;
}

/* A line into at, byte by byte: what is behind it is not ours. Its length; or a negative errno. */
static ssize_t read_line(int fd, char *at, size_t size)
{
	size_t len = 0;

	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);

		if (n < 0)
			return -errno; /* also because of a signal */
		if (n == 0 && len == 0)
			return -ENODATA;
		if (n == 0 || c == '\n')
			return (ssize_t)len;
		if (len == size)
			return -EMSGSIZE;
		at[len++] = c;
	}
}

static int check(struct slice text, struct problem *problem)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return problem_set(
				problem, -EINVAL, "there is a control byte in the password");
	if (text.len < TYPED_PASSWORD_LEAST)
		return problem_set(problem, -EINVAL,
			"the password is too short: it wants at least %d characters",
			TYPED_PASSWORD_LEAST);
	return 0;
}

static int read_password(int fd, struct secret **ret, struct problem *problem)
{
	char line[SECRET_MAX + 1] = "";
	ssize_t n = read_line(fd, line, SECRET_MAX);
	int err = 0;

	if (n == -EMSGSIZE)
		err = problem_set(
			problem, -EINVAL, "the password is longer than %d bytes", SECRET_MAX);
	else if (n == -ENODATA)
		err = problem_set(problem, -ENODATA, "no password was given");
	else if (n < 0)
		err = problem_set(
			problem, (int)n, "cannot read the password: %s", strerror((int)-n));
	else
		err = check((struct slice){line, (size_t)n}, problem);
	if (err == 0)
		*ret = secret_new((struct slice){line, (size_t)n});
	secret_wipe(line, sizeof(line));
	return err;
}

/* ---- at a terminal ---- */

static int ask(int fd, const char *question, struct secret **ret, struct problem *problem)
{
	(void)fputs(question, stderr);
	int err = read_password(fd, ret, problem);
	(void)fputc('\n', stderr);
	return err;
}

static int ask_twice(int fd, struct secret **ret, struct problem *problem)
{
	AUTO(secret) first = NULL;
	AUTO(secret) second = NULL;
	int err = ask(fd, "Password: ", &first, problem);

	if (err == 0)
		err = ask(fd, "Again: ", &second, problem);
	if (err < 0)
		return err;
	if (!slice_equal(secret_slice(first), secret_slice(second)))
		return problem_set(problem, -EINVAL,
			"the second time it was another one: nothing was changed");
	*ret = first;
	first = NULL;
	return 0;
}

static const int heard[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define HEARD (sizeof(heard) / sizeof(heard[0]))

static int ask_unseen(int fd, struct secret **ret, struct problem *problem)
{
	struct sigaction ours = {.sa_handler = on_signal}, before[HEARD];
	struct termios shown, hidden;

	if (tcgetattr(fd, &shown) < 0)
		return problem_set(problem, -errno, "cannot ask: %s", strerror(errno));
	came = 0;
	for (size_t i = 0; i < HEARD; i++)
		(void)sigaction(heard[i], &ours, &before[i]);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ICANON | ISIG;
	int err = tcsetattr(fd, TCSAFLUSH, &hidden) < 0
			  ? problem_set(problem, -errno, "cannot ask: %s", strerror(errno))
			  : ask_twice(fd, ret, problem);
	(void)tcsetattr(fd, TCSAFLUSH, &shown);
	for (size_t i = 0; i < HEARD; i++)
		(void)sigaction(heard[i], &before[i], NULL);
	return err;
}

int typed_password(int fd, bool is_terminal, struct secret **ret, struct problem *problem)
{
	return is_terminal ? ask_unseen(fd, ret, problem) : read_password(fd, ret, problem);
}

#include "settings/secret_file.h"

#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SHOWN 512

/* One LF more than a secret, and one byte more than that, to see what is too long. */
#define ROOM ((size_t)SECRET_MAX + 2)

static int check_file(int fd, const char *shown, struct problem *problem)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return problem_set(
			problem, -errno, "cannot look at %s: %s", shown, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return problem_set(problem, -EINVAL, "%s is no plain file", shown);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return problem_set(problem, -EACCES,
			"%s belongs to user %u, but a secret must belong to root or to user %u",
			shown, (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
		return problem_set(problem, -EACCES,
			"%s has mode %04o, so that others can read or write the secret in it: "
			"chmod 600",
			shown, (unsigned)st.st_mode & 07777);
	return 0;
}

static int read_all(int fd, char at[ROOM], size_t *ret_len)
{
	size_t len = 0;

	while (len < ROOM) {
		ssize_t n = read(fd, at + len, ROOM - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static bool has_control(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return true;
	return false;
}

static int take_secret(
	struct slice text, const char *shown, struct secret **ret, struct problem *problem)
{
	if (text.len > 0 && text.at[text.len - 1] == '\n')
		text.len--;
	if (text.len == 0)
		return problem_set(problem, -EINVAL, "%s is empty", shown);
	if (text.len > SECRET_MAX)
		return problem_set(problem, -EINVAL,
			"%s is longer than %d bytes, the most that a secret may have", shown,
			SECRET_MAX);
	if (has_control(text))
		return problem_set(
			problem, -EINVAL, "%s has more than one line of plain text in it", shown);
	*ret = secret_new(text);
	return 0;
}

static int read_open(int fd, const char *shown, struct secret **ret, struct problem *problem)
{
	char text[ROOM];
	size_t len = 0;
	int err = check_file(fd, shown, problem);

	if (err < 0)
		return err;
	err = read_all(fd, text, &len);
	if (err < 0)
		(void)problem_set(problem, err, "cannot read %s: %s", shown, strerror(-err));
	else
		err = take_secret((struct slice){text, len}, shown, ret, problem);
	secret_wipe(text, sizeof(text));
	return err;
}

int secret_file_read(const char *path, struct secret **ret, struct problem *problem)
{
	char shown[PATH_SHOWN];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	printable_text(slice_of(path), shown, sizeof(shown));
	if (fd < 0)
		return problem_set(problem, -errno, "cannot open %s: %s", shown, strerror(errno));
	int err = read_open(fd, shown, ret, problem);
	(void)close(fd);
	return err;
}

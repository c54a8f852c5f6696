#include "settings/conf_file.h"

#include "base/file_bytes.h"
#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_MAX 512

/* Who can write a setting can stop the mail of everybody, and name the program that is run as
 * Exim. */
static int check(int fd, const char *shown, struct problem *problem)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return problem_set(
			problem, -errno, "cannot look at %s: %s", shown, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return problem_set(problem, -EINVAL, "%s is no regular file", shown);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return problem_set(problem, -EPERM,
			"%s belongs to user %ju, who could write anything into it: chown root %s",
			shown, (uintmax_t)st.st_uid, shown);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return problem_set(problem, -EPERM,
			"%s can be written by others than its owner (mode %03o): chmod go-w %s",
			shown, (unsigned)st.st_mode & 0777, shown);
	return 0;
}

/* One byte more than may be: a file that is too long is seen even if it has grown meanwhile. */
static int read_checked(
	int fd, const char *shown, char **ret_text, size_t *ret_len, struct problem *problem)
{
	char *text = memory_new(CONF_FILE_MAX + 1, 1);
	ssize_t n = file_read_bytes(fd, text, CONF_FILE_MAX + 1);

	if (n >= 0 && (size_t)n <= CONF_FILE_MAX) {
		text[n] = '\0';
		*ret_text = text;
		*ret_len = (size_t)n;
		return 0;
	}
	free(text);
	if (n < 0)
		return problem_set(problem, (int)n, "cannot read %s: %s", shown, strerror((int)-n));
	return problem_set(problem, -EFBIG, "%s is longer than %zu bytes", shown, CONF_FILE_MAX);
}

int conf_file_read(const char *path, char **ret_text, size_t *ret_len, struct problem *problem)
{
	char shown[SHOWN_MAX];
	int fd, r;

	printable_text(slice_of(path), shown, sizeof(shown));
	/* O_NONBLOCK: a pipe in its place would never open */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return problem_set(problem, -errno, "cannot open %s: %s", shown, strerror(errno));
	r = check(fd, shown, problem);
	if (r == 0)
		r = read_checked(fd, shown, ret_text, ret_len, problem);
	(void)close(fd);
	return r;
}

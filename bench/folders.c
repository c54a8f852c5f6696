#include "folders.h"
#include "ink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void folders_fail(const char *program, const char *what)
{
	(void)fprintf(stderr, "%s: %s: %s\n", program, what, strerror(errno));
	exit(1);
}

int folders_digit(char c)
{
	const char *at = c != '\0' ? strchr(ink_digits62, c) : NULL;

	return at != NULL ? (int)(at - ink_digits62) : -1;
}

static int open_folder(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		folders_fail("cannot open", path);
	return fd;
}

struct folders folders_open(const char *dir, const char *leaf)
{
	struct folders f = {.top = -1};
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, leaf);
	f.top = open_folder(AT_FDCWD, path);
	for (int i = 0; i < FOLDERS_SPLIT; i++) {
		const char name[] = {ink_digits62[i], '\0'};

		f.parts[i] = f.top >= 0 ? open_folder(f.top, name) : -1;
		f.split = f.split || f.parts[i] >= 0;
	}
	return f;
}

int folders_of(const struct folders *f, const char *id)
{
	int digit = folders_digit(id[5]);

	return f->split && digit >= 0 ? f->parts[digit] : f->top;
}

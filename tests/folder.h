/* folder.h - a temporary folder for one test: cmocka's set-up and tear-down, and what is put in it.
 * *state is its path. */
#ifndef STANCH_TESTS_FOLDER_H
#define STANCH_TESTS_FOLDER_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER_PATH_MAX 700

static inline int folder_setup(void **state)
{
	char *path = strdup("/tmp/stanch-test-XXXXXX");

	if (path == NULL)
		return -1;
	if (mkdtemp(path) == NULL) {
		free(path);
		return -1;
	}
	*state = path;
	return chmod(path, 0755);
}

static inline int folder_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static inline int folder_teardown(void **state)
{
	int err = nftw(*state, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return err;
}

static inline void folder_fail(const char *what, const char *path)
{
	(void)fprintf(stderr, "%s %s: %s\n", what, path, strerror(errno));
	abort();
}

/* Makes top/below and every folder on the way. */
static inline void folder_make(const char *top, const char *below)
{
	char path[FOLDER_PATH_MAX];
	size_t begin = (size_t)snprintf(path, sizeof(path), "%s/%s", top, below) - strlen(below);

	for (char *slash = path + begin; slash != NULL;) {
		slash = strchr(slash, '/');
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			folder_fail("mkdir", path);
		if (slash != NULL)
			*slash++ = '/';
	}
}

static inline void folder_write_bytes(
	const char *top, const char *below, const void *bytes, size_t len)
{
	char path[FOLDER_PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", top, below) >= sizeof(path))
		folder_fail("too long:", path);
	FILE *f = fopen(path, "w");
	if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		folder_fail("write", path);
}

static inline void folder_write(const char *top, const char *below, const char *text)
{
	folder_write_bytes(top, below, text, strlen(text));
}

/* Runs a shell's script in top, its output into the file `output` (NULL: thrown away). */
static inline void folder_run(const char *top, const char *script, const char *output)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		int out = open(output != NULL ? output : "/dev/null", O_WRONLY | O_CREAT, 0600);
		if (out < 0 || dup2(out, 1) < 0 || chdir(top) != 0)
			_exit(126);
		(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		folder_fail("run", script);
}

#endif

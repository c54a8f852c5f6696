#include "systems/log_shelf.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void add(struct log_shelf *shelf, struct slice folder, struct slice name,
	const char *pattern, const struct file_state *state)
{
	struct log_shelf_file file = {.state = *state};

	file.path = memory_new(folder.len + name.len + 1, 1);
	memcpy(file.path, folder.at, folder.len);
	memcpy(file.path + folder.len, name.at, name.len);
	if (!log_name_parse(slice_of(pattern), (struct slice){file.path + folder.len, name.len},
		    &file.name)) {
		free(file.path);
		return;
	}
	if (shelf->count % 16 == 0)
		shelf->files = memory_grow(shelf->files, shelf->count + 16, sizeof(*shelf->files));
	shelf->files[shelf->count++] = file;
}

/* The path up to its last '/', with it; "" when there is none. */
static struct slice folder_of(const char *path)
{
	struct slice s = slice_of(path);
	size_t slash = slice_find_last(s, '/');

	return slash < s.len ? slice_first(s, slash + 1) : (struct slice){path, 0};
}

static int list(struct log_shelf *shelf, struct slice folder, const char *pattern)
{
	char *path = folder.len > 0 ? memory_copy(folder.at, folder.len) : memory_copy(".", 1);
	DIR *d = opendir(path);
	const struct dirent *entry;
	int err = d != NULL ? 0 : -errno;

	free(path);
	if (d == NULL)
		return err;
	for (errno = 0; shelf->count < LOG_SHELF_MAX && (entry = readdir(d)) != NULL; errno = 0) {
		struct slice name = slice_of(entry->d_name);
		struct log_name parsed;
		struct file_state state;
		if (log_name_parse(slice_of(pattern), name, &parsed) &&
			file_state_of_path(dirfd(d), entry->d_name, &state) == 0 && state.regular)
			add(shelf, folder, name, pattern, &state);
	}
	err = -errno;
	(void)closedir(d);
	return err;
}

/* The newest first; unpacked before packed. */
static int by_age(const void *left, const void *right)
{
	const struct log_shelf_file *a = left, *b = right;
	int order = log_name_order(&b->name, &a->name);

	if (order != 0)
		return order;
	if (a->name.packed != b->name.packed)
		return a->name.packed ? 1 : -1;
	return strcmp(a->path, b->path); /* mainlog.1 and mainlog.01: any, but always the same */
}

/* A second name of a file that is listed, as with a symbolic link to today's; or the packed form
 * that is being made of one. */
static bool is_superfluous(const struct log_shelf *shelf, size_t count, size_t i)
{
	const struct log_shelf_file *file = &shelf->files[i];

	if (count > 0 && file->name.packed && !shelf->files[count - 1].name.packed &&
		log_name_order(&shelf->files[count - 1].name, &file->name) == 0)
		return true;
	for (size_t k = 0; k < count; k++)
		if (file_state_same(&shelf->files[k].state, &file->state))
			return true;
	return false;
}

static void leave_out_superfluous(struct log_shelf *shelf)
{
	size_t count = 0;

	for (size_t i = 0; i < shelf->count; i++) {
		if (is_superfluous(shelf, count, i))
			free(shelf->files[i].path);
		else
			shelf->files[count++] = shelf->files[i];
	}
	shelf->count = count;
}

void log_shelf_read(const char *live, const char *pattern, struct log_shelf *ret)
{
	struct log_shelf shelf = {0};
	struct slice folder = folder_of(live);
	struct file_state state;

	shelf.err = list(&shelf, folder, pattern);
	if (shelf.err != 0 && shelf.count == 0 && file_state_of_path(AT_FDCWD, live, &state) == 0 &&
		state.regular)
		add(&shelf, folder, slice_of(live + folder.len), pattern, &state);
	if (shelf.count > 0)
		qsort(shelf.files, shelf.count, sizeof(*shelf.files), by_age);
	leave_out_superfluous(&shelf);
	*ret = shelf;
}

void log_shelf_free(struct log_shelf *shelf)
{
	if (shelf == NULL)
		return;
	for (size_t i = 0; i < shelf->count; i++)
		free(shelf->files[i].path);
	free(shelf->files);
	*shelf = (struct log_shelf){0};
}

bool log_shelf_same(const struct log_shelf *a, const struct log_shelf *b)
{
	if (a->count != b->count || a->err != b->err)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!file_state_same(&a->files[i].state, &b->files[i].state) ||
			strcmp(a->files[i].path, b->files[i].path) != 0)
			return false;
	return true;
}

int log_shelf_open(const struct log_shelf_file *file)
{
	/* O_NONBLOCK: a pipe of that name would be waited for */
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct file_state state;

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	int err = file_state_of(fd, &state);
	if (err == 0 && state.regular && file_state_same(&state, &file->state))
		return fd;
	if (err == 0)
		err = state.regular ? -EAGAIN : -EINVAL;
	close(fd);
	return err;
}

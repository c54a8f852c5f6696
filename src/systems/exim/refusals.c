#include "systems/exim/refusals.h"

#include "base/memory.h"
#include "base/printable.h"
#include "systems/exim/lsearch_text.h"
#include "systems/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_MODE  0711 /* Exim may ask for a name; nobody may list them */
#define FILE_MODE    0600 /* Exim only asks whether it is there */
#define TEXT_MODE    0644
#define LSEARCH_MOST ((size_t)16 << 20) /* bytes */
#define TEXT_MOST    ((size_t)4096)
#define LOCK_TRIES   40 /* of 50 ms */

static const enum source_kind kinds[] = {SOURCE_MAILBOX, SOURCE_LOGIN, SOURCE_SCRIPT, SOURCE_HOST};

static int failed(struct problem *problem, int err, const char *what, const char *path)
{
	char shown[512];

	return problem_set(problem, err, "cannot %s %s: %s", what,
		printable_text(slice_of(path), shown, sizeof(shown)), strerror(-err));
}

/* folder/name, without an end that is cut off. */
static int join(const char *folder, const char *name, char at[PATH_MAX], struct problem *problem)
{
	int n = snprintf(at, PATH_MAX, "%s/%s", folder, name);

	return n < PATH_MAX ? 0 : failed(problem, -ENAMETOOLONG, "use", folder);
}

static int check_owned(int fd, const char *path, struct problem *problem)
{
	char shown[512];
	struct stat s;

	if (fstat(fd, &s) < 0)
		return failed(problem, -errno, "look at", path);
	if ((s.st_uid == geteuid() || s.st_uid == 0) && (s.st_mode & 022) == 0)
		return 0;
	return problem_set(problem, -EPERM,
		"%s is not ours alone: others could refuse mail, or let it through",
		printable_text(slice_of(path), shown, sizeof(shown)));
}

/* Whatever the umask is. */
static int make_folder(const char *path, struct problem *problem)
{
	int err = 0, fd;
	bool is_new = mkdir(path, 0700) == 0;

	if (!is_new && errno != EEXIST)
		return failed(problem, -errno, "make the folder", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return failed(problem, -errno, "open the folder", path);
	err = check_owned(fd, path, problem);
	if (err == 0 && is_new && fchmod(fd, FOLDER_MODE) < 0)
		err = failed(problem, -errno, "set the mode of", path);
	close(fd);
	if (err == 0 && is_new)
		err = whole_file_sync_folder(path);
	return err;
}

static int write_text(const struct refusals *places, struct problem *problem)
{
	struct slice text = slice_of(places->text != NULL ? places->text : REFUSE_TEXT);
	const struct stat like = {.st_mode = TEXT_MODE, .st_uid = geteuid(), .st_gid = getegid()};
	struct whole_file now = {0};
	char path[PATH_MAX];
	int err = join(places->folder, "text", path, problem);

	if (err < 0)
		return err;
	err = whole_file_read(path, TEXT_MOST, &now);
	bool is_so = err == 0 && slice_equal((struct slice){now.text, now.len}, text) &&
		     (now.state.st_mode & 0777) == TEXT_MODE;
	whole_file_clear(&now);
	if (is_so)
		return 0;
	err = whole_file_write(path, text, &like);
	return err < 0 ? failed(problem, err, "write", path) : 0;
}

int refusals_prepare(const struct refusals *places, struct problem *problem)
{
	char path[PATH_MAX];
	int err = make_folder(places->folder, problem);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && err == 0; i++) {
		err = join(places->folder, source_kind_name(kinds[i]), path, problem);
		if (err == 0)
			err = make_folder(path, problem);
	}
	return err < 0 ? err : write_text(places, problem);
}

/* ---- the lsearch file ---- */

/* Opens the file and locks it; one that was replaced meanwhile is opened anew. */
static int lock_lsearch(const char *path, int *ret_fd)
{
	static const struct timespec pause = {0, 50000000};

	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		struct stat here, there;
		int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &here) == 0 &&
			stat(path, &there) == 0 && here.st_ino == there.st_ino &&
			here.st_dev == there.st_dev) {
			*ret_fd = fd;
			return 0;
		}
		close(fd);
		nanosleep(&pause, NULL);
	}
	return -EAGAIN;
}

/* As BlockCracking would make it: by the owner of the folder that it is in. */
static int make_lsearch(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = memory_copy(path, (size_t)(slash - path) + (slash == path));
	struct stat like;
	int fd, err = stat(folder, &like) < 0 ? -errno : 0;

	free(folder);
	if (err < 0)
		return err;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	if ((geteuid() == 0 && fchown(fd, like.st_uid, like.st_gid) < 0) || fchmod(fd, 0640) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Others may make a plain file here another name of one that they may not write. */
static int read_lsearch(int fd, struct whole_file *ret)
{
	int err = whole_file_read_fd(fd, LSEARCH_MOST, ret);

	if (err == 0 && ret->state.st_nlink != 1) {
		whole_file_clear(ret);
		return -EINVAL;
	}
	return err;
}

/* One write, behind a line that was left without its end. */
static int append(int fd, struct slice text, const char *line)
{
	char at[LSEARCH_LINE_MAX + 1];
	bool is_open = text.len > 0 && text.at[text.len - 1] != '\n';
	int n = snprintf(at, sizeof(at), "%s%s", is_open ? "\n" : "", line);

	if (write(fd, at, (size_t)n) != n)
		return -EIO;
	return fsync(fd) < 0 ? -errno : 0;
}

static int add_to_lsearch(const char *path, struct slice key)
{
	char line[LSEARCH_LINE_MAX];
	struct whole_file file = {0};
	int fd = -1, err = lsearch_write_line(key, line);

	if (err < 0)
		return err;
	err = lock_lsearch(path, &fd);
	if (err == -ENOENT) {
		err = make_lsearch(path);
		if (err == 0)
			err = lock_lsearch(path, &fd);
	}
	if (err < 0)
		return err;
	err = read_lsearch(fd, &file);
	if (err == 0 && !lsearch_has((struct slice){file.text, file.len}, key, NULL))
		err = append(fd, (struct slice){file.text, file.len}, line);
	whole_file_clear(&file);
	close(fd);
	return err;
}

static int remove_from_lsearch(const char *path, struct slice key)
{
	struct whole_file file = {0};
	int fd = -1, err = lock_lsearch(path, &fd);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	err = read_lsearch(fd, &file);
	if (err == 0) {
		char *at = memory_new(file.len + 1, 1);
		size_t n = lsearch_without((struct slice){file.text, file.len}, key, at);

		if (n != file.len)
			err = whole_file_write(path, (struct slice){at, n}, &file.state);
		free(at);
	}
	whole_file_clear(&file);
	close(fd);
	return err;
}

static bool wants_lsearch(const struct refusals *places, const struct source *source)
{
	return places->lsearch_file != NULL && source->kind == SOURCE_MAILBOX;
}

static struct slice name_of(const struct source *source)
{
	return (struct slice){source->name, source->len};
}

/* ---- the folder ---- */

static int check_fits(const struct source *source, struct problem *problem)
{
	char shown[SOURCE_TEXT_MAX];

	if (refusal_fits(source))
		return 0;
	return problem_set(problem, -EINVAL, "%.400s cannot be refused by its name",
		source_text(source, shown));
}

static int file_path(const struct refusals *places, const struct source *source, char at[PATH_MAX],
	struct problem *problem)
{
	char name[REFUSAL_NAME_MAX];
	int err = check_fits(source, problem);

	return err < 0 ? err : join(places->folder, refusal_file_name(source, name), at, problem);
}

static int write_file(const char *path, const struct refusal *refusal, struct problem *problem)
{
	const struct stat like = {.st_mode = FILE_MODE, .st_uid = geteuid(), .st_gid = getegid()};
	char line[REFUSAL_LINE_MAX];
	int err = whole_file_write(path, slice_of(refusal_write_line(refusal, line)), &like);

	return err < 0 ? failed(problem, err, "write", path) : 0;
}

int refusals_add(
	const struct refusals *places, const struct refusal *refusal, struct problem *problem)
{
	char path[PATH_MAX];
	int err = file_path(places, &refusal->source, path, problem);

	if (err == 0)
		err = refusals_prepare(places, problem);
	if (err == 0)
		err = write_file(path, refusal, problem);
	if (err < 0)
		return err;
	if (wants_lsearch(places, &refusal->source)) {
		err = add_to_lsearch(places->lsearch_file, name_of(&refusal->source));
		if (err < 0)
			return failed(problem, err, "write", places->lsearch_file);
	}
	return refusals_has(places, &refusal->source, problem);
}

int refusals_remove(
	const struct refusals *places, const struct source *source, struct problem *problem)
{
	char path[PATH_MAX];
	int err = file_path(places, source, path, problem);

	if (err < 0)
		return err;
	if (wants_lsearch(places, source)) {
		err = remove_from_lsearch(places->lsearch_file, name_of(source));
		if (err < 0)
			return failed(problem, err, "change", places->lsearch_file);
	}
	err = whole_file_remove(path);
	/* Its folder may be missing as a whole. */
	return err < 0 && err != -ENOENT ? failed(problem, err, "remove", path) : 0;
}

static int look_in_lsearch(
	const struct refusals *places, const struct source *source, struct problem *problem)
{
	struct whole_file file = {0};
	int err = whole_file_read(places->lsearch_file, LSEARCH_MOST, &file);

	if (err < 0)
		return failed(problem, err, "read", places->lsearch_file);
	bool has = lsearch_has((struct slice){file.text, file.len}, name_of(source), NULL);

	whole_file_clear(&file);
	if (has)
		return 0;
	return problem_set(problem, -ENOENT, "it is not in %.400s", places->lsearch_file);
}

int refusals_has(
	const struct refusals *places, const struct source *source, struct problem *problem)
{
	char path[PATH_MAX], shown[SOURCE_TEXT_MAX];
	struct stat s;
	int err = file_path(places, source, path, problem);

	if (err < 0)
		return err;
	/* As Exim's "exists" looks. */
	if (stat(path, &s) < 0 && errno == ENOENT)
		return problem_set(problem, -ENOENT, "%.400s is not refused in %.400s",
			source_text(source, shown), places->folder);
	if (stat(path, &s) < 0)
		return failed(problem, -errno, "look at", path);
	return wants_lsearch(places, source) ? look_in_lsearch(places, source, problem) : 0;
}

/* ---- all of them ---- */

struct walk {
	const char *folder; /* of one kind */
	enum source_kind kind;
	bool (*each)(void *context, const struct refusal *refusal);
	void *context;
	size_t strange;
	bool stopped;
};

/* Whether the file with that name says what its name does. */
static bool read_one(const struct walk *w, const char *name, struct refusal *ret)
{
	char path[PATH_MAX], want[REFUSAL_NAME_MAX];
	struct whole_file file = {0};

	if (join(w->folder, name, path, NULL) < 0 ||
		whole_file_read(path, REFUSAL_LINE_MAX, &file) < 0)
		return false;
	int err = refusal_read_line((struct slice){file.text, file.len}, ret);

	whole_file_clear(&file);
	if (err < 0 || ret->source.kind != w->kind || !refusal_fits(&ret->source))
		return false;
	const char *hash = strchr(refusal_file_name(&ret->source, want), '/');
	return hash != NULL && strcmp(hash + 1, name) == 0;
}

static int walk_kind(struct walk *w, struct problem *problem)
{
	DIR *folder = opendir(w->folder);
	const struct dirent *entry;

	if (folder == NULL)
		return errno == ENOENT ? 0 : failed(problem, -errno, "list", w->folder);
	while (!w->stopped && (entry = readdir(folder)) != NULL) {
		struct refusal refusal;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!read_one(w, entry->d_name, &refusal))
			w->strange++;
		else
			w->stopped = !w->each(w->context, &refusal);
	}
	(void)closedir(folder);
	return 0;
}

int refusals_each(const struct refusals *places,
	bool (*each)(void *context, const struct refusal *refusal), void *context,
	size_t *ret_strange, struct problem *problem)
{
	struct walk w = {.each = each, .context = context};
	char path[PATH_MAX];
	int err = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && err == 0 && !w.stopped; i++) {
		w.kind = kinds[i];
		w.folder = path;
		err = join(places->folder, source_kind_name(kinds[i]), path, problem);
		if (err == 0)
			err = walk_kind(&w, problem);
	}
	if (err == 0)
		*ret_strange = w.strange;
	return err;
}

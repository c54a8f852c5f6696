#include "systems/exim/spool.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* Who could read it, for the sentence that says how to go on. */
static void owner_name(int parent, const char *name, char *at, size_t size)
{
	struct stat st;
	struct passwd entry, *found = NULL;
	char room[4096];

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		getpwuid_r(st.st_uid, &entry, room, sizeof(room), &found) != 0 || found == NULL ||
		st.st_uid == 0)
		(void)snprintf(at, size, "the Exim user");
	else
		(void)snprintf(at, size, "%s", found->pw_name);
}

/* "cannot read DIR/a/b: Permission denied: run as root or Debian-exim" */
static int cannot_read(struct problem *problem, const struct exim_spool *spool, int parent,
	const char *name, const char *below, int err)
{
	char owner[256];

	if (err == ELOOP)
		return problem_set(problem, -err,
			"cannot read %s%s%s: a symbolic link to nothing, or one that neither root "
			"nor you made",
			spool->path, *below != '\0' ? "/" : "", below);
	if (err != EACCES && err != EPERM)
		return problem_set(problem, -err, "cannot read %s%s%s: %s", spool->path,
			*below != '\0' ? "/" : "", below, strerror(err));
	owner_name(parent, name, owner, sizeof(owner));
	return problem_set(problem, -err, "cannot read %s%s%s: %s: run as root or %s", spool->path,
		*below != '\0' ? "/" : "", below, strerror(err), owner);
}

bool exim_spool_is_queue_name(const char *name)
{
	static const char *const exims_own[] = {
		"input", "msglog", "msglog.OLD", "Finput", "Fmsglog", "db", "log", "scan", "hints"};
	size_t len = strlen(name);

	if (len == 0 || len >= SPOOL_QUEUE_MAX || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!exim_id_is_digit(name[i]) && strchr("_.-", name[i]) == NULL)
			return false;
	for (size_t i = 0; i < sizeof(exims_own) / sizeof(exims_own[0]); i++)
		if (strcmp(name, exims_own[i]) == 0)
			return false;
	return true;
}

static struct spool_folder *known_folder(struct exim_spool *spool, const char *queue, char letter)
{
	for (size_t i = 0; i < spool->folder_count; i++)
		if (spool->folders[i].letter == letter &&
			strcmp(spool->folders[i].queue, queue) == 0)
			return &spool->folders[i];
	return NULL;
}

/* Takes fd over. A folder that Exim removed and made again gets its new descriptor. */
static void add_folder(struct exim_spool *spool, const char *queue, char letter, int fd)
{
	struct spool_folder *known = known_folder(spool, queue, letter);

	if (known != NULL) {
		(void)close(known->fd);
		known->fd = fd;
		return;
	}
	spool->folders =
		memory_grow(spool->folders, spool->folder_count + 1, sizeof(*spool->folders));
	struct spool_folder *f = &spool->folders[spool->folder_count++];
	*f = (struct spool_folder){.letter = letter, .fd = fd};
	(void)snprintf(f->queue, sizeof(f->queue), "%s", queue);
}

/* Opens a folder below the spool: its descriptor, or a negative errno. Exim follows links, and some
 * put input/ on another disk by one; so one that root or we ourselves made is followed. In a folder
 * of Exim's nobody else's is: -ELOOP, as for one that leads to nothing. */
static int open_folder(int parent, const char *name)
{
	struct stat st;
	int fd = openat(parent, name, OPEN_FOLDER);

	if (fd >= 0)
		return fd;

	int err = -errno;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(st.st_mode))
		return err;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -ELOOP;
	fd = openat(parent, name, OPEN_FOLDER & ~O_NOFOLLOW);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ELOOP : -errno;
}

/* A link to a neighbour is another name of a folder that is read anyway. */
static bool is_second_name(int parent, const struct dirent *e)
{
	char to[SPOOL_QUEUE_MAX];
	ssize_t n = e->d_type == DT_LNK || e->d_type == DT_UNKNOWN
			    ? readlinkat(parent, e->d_name, to, sizeof(to))
			    : -1;

	return n > 0 && memchr(to, '/', (size_t)n) == NULL;
}

/* A folder's own listing, because a descriptor has only one reading position. */
static DIR *list_folder(int fd)
{
	int own = openat(fd, ".", OPEN_FOLDER);
	if (own < 0)
		return NULL;

	DIR *d = fdopendir(own);
	if (d == NULL)
		(void)close(own);
	return d;
}

/* "<queue>/input[/c]" as a person reads it. */
static const char *below_spool(const char *queue, char letter, char *at, size_t size)
{
	(void)snprintf(at, size, "%s%sinput%s%c", queue, *queue != '\0' ? "/" : "",
		letter != 0 ? "/" : "", letter);
	return at;
}

static int add_letters(
	struct exim_spool *spool, const char *queue, int input_fd, struct problem *problem)
{
	char below[SPOOL_QUEUE_MAX + 16];
	DIR *d = list_folder(input_fd);
	int err = 0;

	if (d == NULL)
		return cannot_read(problem, spool, input_fd, ".",
			below_spool(queue, 0, below, sizeof(below)), errno);
	for (const struct dirent *e; err == 0 && (errno = 0, e = readdir(d)) != NULL;) {
		char letter = e->d_name[0];
		if (e->d_name[1] != '\0' || !exim_id_is_digit(letter) || e->d_type == DT_REG ||
			is_second_name(input_fd, e))
			continue;
		int fd = open_folder(input_fd, e->d_name);
		if (fd >= 0)
			add_folder(spool, queue, letter, fd);
		else if (fd != -ENOENT && fd != -ENOTDIR)
			err = cannot_read(problem, spool, input_fd, e->d_name,
				below_spool(queue, letter, below, sizeof(below)), -fd);
	}
	if (err == 0 && errno != 0)
		err = cannot_read(problem, spool, input_fd, ".",
			below_spool(queue, 0, below, sizeof(below)), errno);
	(void)closedir(d);
	return err;
}

/* Adds <dir_fd>/input and its letters. -ENOENT when there is no input. */
static int add_queue(
	struct exim_spool *spool, const char *queue, int dir_fd, struct problem *problem)
{
	char below[SPOOL_QUEUE_MAX + 16];
	int fd = open_folder(dir_fd, "input");

	if (fd == -ENOENT || (fd == -ENOTDIR && *queue != '\0'))
		return -ENOENT;
	if (fd < 0)
		return cannot_read(problem, spool, dir_fd, "input",
			below_spool(queue, 0, below, sizeof(below)), -fd);

	add_folder(spool, queue, 0, fd);
	return add_letters(spool, queue, fd, problem);
}

static bool leads_to_queue(const struct exim_spool *spool, const char *name)
{
	char input[SPOOL_QUEUE_MAX + sizeof("/input")];
	struct stat st;

	(void)snprintf(input, sizeof(input), "%s/input", name);
	return fstatat(spool->fd, input, &st, 0) == 0;
}

static int add_named_queue(struct exim_spool *spool, const char *name, struct problem *problem)
{
	int fd = open_folder(spool->fd, name);

	if (fd == -ENOTDIR || fd == -ENOENT || (fd == -ELOOP && !leads_to_queue(spool, name)))
		return 0;
	if (fd < 0)
		return cannot_read(problem, spool, spool->fd, name, name, -fd);

	int err = add_queue(spool, name, fd, problem);
	(void)close(fd);
	return err == -ENOENT ? 0 : err;
}

/* Any folder with an input in it is a queue, whatever its name: a queue overlooked would be a
 * false zero. */
static int add_named_queues(struct exim_spool *spool, struct problem *problem)
{
	DIR *d = list_folder(spool->fd);
	int err = 0;

	if (d == NULL)
		return cannot_read(problem, spool, spool->fd, ".", "", errno);
	for (const struct dirent *e; err == 0 && (errno = 0, e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.' || e->d_type == DT_REG || strcmp(e->d_name, "input") == 0)
			continue;
		if (strlen(e->d_name) >= SPOOL_QUEUE_MAX)
			continue; /* Exim names no queue so long */
		if (is_second_name(spool->fd, e))
			continue;
		err = add_named_queue(spool, e->d_name, problem);
	}
	if (err == 0 && errno != 0)
		err = cannot_read(problem, spool, spool->fd, ".", "", errno);
	(void)closedir(d);
	return err;
}

/* Exim makes input/ when the first message comes. A folder with others of its own, and no input, is
 * the spool of an Exim that never had one. */
static bool is_unused_spool(const struct exim_spool *spool)
{
	struct stat st;

	return fstatat(spool->fd, "db", &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	       fstatat(spool->fd, "msglog", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int exim_spool_refresh(struct exim_spool *spool, struct problem *problem)
{
	int err = add_queue(spool, "", spool->fd, problem);

	if (err == -ENOENT && !is_unused_spool(spool))
		return problem_set(problem, err, "%s is no Exim spool: it has no folder \"input\"",
			spool->path);
	return err != 0 && err != -ENOENT ? err : add_named_queues(spool, problem);
}

int exim_spool_open(const char *path, struct exim_spool **ret_spool, struct problem *problem)
{
	struct exim_spool *spool = memory_new(1, sizeof(*spool));

	spool->path = memory_copy(path, strlen(path));
	spool->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = spool->fd < 0 ? cannot_read(problem, spool, AT_FDCWD, path, "", errno)
				: exim_spool_refresh(spool, problem);
	if (err != 0) {
		exim_spool_free(spool);
		return err;
	}
	*ret_spool = spool;
	return 0;
}

void exim_spool_free(struct exim_spool *spool)
{
	if (spool == NULL)
		return;
	for (size_t i = 0; i < spool->folder_count; i++)
		(void)close(spool->folders[i].fd);
	if (spool->fd >= 0)
		(void)close(spool->fd);
	free(spool->folders);
	free(spool->path);
	free(spool);
}

int exim_spool_open_msglog(
	const struct exim_spool *spool, const struct spool_folder *folder, char letter)
{
	char path[SPOOL_QUEUE_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s%smsglog%s%c", folder->queue,
		folder->queue[0] != '\0' ? "/" : "", letter != 0 ? "/" : "", letter);
	int fd = openat(spool->fd, path, OPEN_FOLDER);
	return fd >= 0 ? fd : -errno;
}

/* Makes parent/name like the default queue's input, and opens it. */
static int make_folder(int parent, const char *name, const struct stat *like)
{
	bool made = mkdirat(parent, name, 0700) == 0;
	if (!made && errno != EEXIST)
		return -errno;

	int fd = openat(parent, name, OPEN_FOLDER);
	if (fd < 0)
		return -errno;
	if (made && ((geteuid() == 0 && fchown(fd, like->st_uid, like->st_gid) != 0) ||
			    fchmod(fd, like->st_mode & 07777) != 0)) {
		int err = -errno;
		(void)close(fd);
		return err;
	}
	return fd;
}

static int make_queue_folders(struct exim_spool *spool, const char *queue)
{
	struct stat like;
	if (fstatat(spool->fd, "input", &like, 0) != 0 && fstat(spool->fd, &like) != 0)
		return -errno;

	int top = make_folder(spool->fd, queue, &like);
	if (top < 0)
		return top;
	int input = make_folder(top, "input", &like);
	int msglog = input < 0 ? input : make_folder(top, "msglog", &like);
	int err = msglog < 0 ? msglog : 0;

	/* new names must be on disk before anything is moved under them */
	if (err == 0 && (fsync(top) != 0 || fsync(spool->fd) != 0))
		err = -errno;
	if (msglog >= 0)
		(void)close(msglog);
	if (input >= 0)
		(void)close(input);
	(void)close(top);
	return err;
}

int exim_spool_make_queue(struct exim_spool *spool, const char *queue,
	const struct spool_folder **ret_folder, struct problem *problem)
{
	if (!exim_spool_is_queue_name(queue))
		return problem_set(
			problem, -EINVAL, "\"%s\" cannot be the name of an Exim queue", queue);

	int err = make_queue_folders(spool, queue);
	if (err != 0)
		return problem_set(problem, err, "cannot make the queue %s/%s: %s", spool->path,
			queue, strerror(-err));
	err = exim_spool_refresh(spool, problem);
	if (err != 0)
		return err;
	*ret_folder = known_folder(spool, queue, 0);
	return 0;
}

static bool has_file(const struct spool_folder *folder, const struct exim_id *id, char kind)
{
	char name[EXIM_ID_NEW + 3];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s-%c", id->text, kind);
	return fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static const struct spool_folder *find_file(
	const struct exim_spool *spool, const char *queue, const struct exim_id *id, char kind)
{
	for (size_t i = 0; i < spool->folder_count; i++) {
		const struct spool_folder *f = &spool->folders[i];
		if (queue != NULL && strcmp(f->queue, queue) != 0)
			continue;
		if (f->letter != 0 && f->letter != exim_id_letter(id))
			continue;
		if (has_file(f, id, kind))
			return f;
	}
	return NULL;
}

const struct spool_folder *exim_spool_find(
	const struct exim_spool *spool, const char *queue, const struct exim_id *id)
{
	const struct spool_folder *f = find_file(spool, queue, id, 'H');
	return f != NULL ? f : find_file(spool, queue, id, 'D');
}

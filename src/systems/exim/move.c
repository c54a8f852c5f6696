#include "systems/exim/move.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTED_BYTES_EACH ((size_t)400) /* of a folder, for one message that is looked for */

const char *move_outcome_text(enum move_outcome outcome)
{
	static const char *const texts[MOVE_OUTCOMES] = {
		[MOVE_DONE] = "done",
		[MOVE_LOCKED] = "is locked: Exim is working on it",
		[MOVE_CHANGED] = "changed meanwhile",
		[MOVE_GONE] = "is no longer there",
		[MOVE_CONFLICT] = "a file of that name is already there",
		[MOVE_DENIED] = "not allowed: run as root or as Exim's user",
		[MOVE_FAILED] = "failed",
	};

	return texts[outcome];
}

static struct move_result outcome_of(int err)
{
	switch (err) {
	case 0:
		return (struct move_result){MOVE_DONE, 0};
	case ENOENT:
		return (struct move_result){MOVE_GONE, -err};
	case EEXIST:
		return (struct move_result){MOVE_CONFLICT, -err};
	case EACCES:
	case EPERM:
	case EROFS:
		return (struct move_result){MOVE_DENIED, -err};
	default:
		return (struct move_result){MOVE_FAILED, -err};
	}
}

void message_file_name(
	const struct exim_id *id, enum exim_file file, char at[MESSAGE_FILE_NAME_MAX])
{
	static const char letters[] = {
		[EXIM_FILE_HEADER] = 'H', [EXIM_FILE_DATA] = 'D', [EXIM_FILE_JOURNAL] = 'J'};
	size_t len = id->len;

	memcpy(at, id->text, len);
	if (file != EXIM_FILE_NONE) {
		at[len++] = '-';
		at[len++] = letters[file];
	}
	at[len] = '\0';
}

/* The file that was opened must still be the one that the name leads to: a message that was removed
 * or moved between open and lock is another's, or nobody's. */
static struct move_result still_named(int folder_fd, const char *name, struct message_lock *lock)
{
	struct stat opened, named;

	if (fstat(lock->fd, &opened) < 0)
		return outcome_of(errno);
	if (fstatat(folder_fd, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return outcome_of(errno);
	if (opened.st_nlink < 1 || !S_ISREG(opened.st_mode) || opened.st_dev != named.st_dev ||
		opened.st_ino != named.st_ino)
		return (struct move_result){MOVE_CHANGED, 0};
	lock->dev = opened.st_dev;
	lock->ino = opened.st_ino;
	return (struct move_result){MOVE_DONE, 0};
}

struct move_result message_lock(
	int folder_fd, const struct exim_id *id, struct message_lock *ret_lock)
{
	char name[MESSAGE_FILE_NAME_MAX];
	struct message_lock lock;
	struct flock range = {.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = 0,
		.l_len = (off_t)exim_id_body_offset(id)};
	struct move_result result;

	message_file_name(id, EXIM_FILE_DATA, name);
	lock.fd = openat(folder_fd, name,
		O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (lock.fd < 0)
		return errno == ELOOP ? (struct move_result){MOVE_CHANGED, -ELOOP}
				      : outcome_of(errno);
	if (fcntl(lock.fd, F_OFD_SETLK, &range) < 0)
		result = errno == EAGAIN || errno == EACCES
				 ? (struct move_result){MOVE_LOCKED, -errno}
				 : outcome_of(errno);
	else
		result = still_named(folder_fd, name, &lock);
	if (result.outcome != MOVE_DONE) {
		close(lock.fd);
		return result;
	}
	*ret_lock = lock;
	return result;
}

void message_unlock(struct message_lock *lock)
{
	if (lock->fd >= 0)
		close(lock->fd);
	lock->fd = -1;
}

/* Some file systems (old NFS, FUSE) know no RENAME_NOREPLACE. The names are ids, which Exim gives
 * out once, and the message is locked: a look before is then what can be done. */
static int rename_after_look(int from_fd, int to_fd, const char *name)
{
	struct stat s;

	if (fstatat(to_fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0)
		return EEXIST;
	if (errno != ENOENT)
		return errno;
	return renameat(from_fd, name, to_fd, name) < 0 ? errno : 0;
}

struct move_result message_move_file(
	int from_fd, int to_fd, const struct exim_id *id, enum exim_file file)
{
	char name[MESSAGE_FILE_NAME_MAX];
	int err = 0;

	message_file_name(id, file, name);
	if (renameat2(from_fd, name, to_fd, name, RENAME_NOREPLACE) < 0)
		err = errno;
	if (err == EINVAL || err == ENOSYS)
		err = rename_after_look(from_fd, to_fd, name);
	return outcome_of(err);
}

struct move_result message_remove_file(int folder_fd, const struct exim_id *id, enum exim_file file)
{
	char name[MESSAGE_FILE_NAME_MAX];

	message_file_name(id, file, name);
	return outcome_of(unlinkat(folder_fd, name, 0) < 0 ? errno : 0);
}

enum file_seen message_file_seen(int folder_fd, const struct exim_id *id, enum exim_file file)
{
	char name[MESSAGE_FILE_NAME_MAX];
	struct stat s;

	message_file_name(id, file, name);
	if (fstatat(folder_fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0)
		return FILE_PRESENT;
	return errno == ENOENT ? FILE_ABSENT : FILE_UNKNOWN;
}

int message_files_each(int folder_fd, message_file_visit *visit, void *context)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	struct exim_id id;
	int err;

	if (dir == NULL) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		enum exim_file file = exim_id_of_file(slice_of(entry->d_name), &id);

		if (file != EXIM_FILE_NONE)
			visit(context, &id, file);
	}
	err = -errno;
	closedir(dir);
	return err;
}

/* A name takes some 40 bytes of its folder, and is listed ten times faster than it is looked for.
 */
bool message_files_worth_listing(int folder_fd, size_t messages)
{
	struct stat s;

	return fstat(folder_fd, &s) == 0 && (size_t)s.st_size <= messages * LISTED_BYTES_EACH;
}

#define MSGLOG_NONE    (-1)
#define MSGLOG_UNKNOWN (-2)
#define LETTERS        128 /* by the letter's byte; 0 is the unsplit place */

/* Of one folder in the spool. */
struct place {
	int msglog[LETTERS]; /* or one of the two above */
};

struct move_places {
	struct exim_spool *spool;
	struct place *places; /* for each folder of the spool, grown when it grows */
	size_t place_count;
	bool *touched; /* by descriptor */
	size_t touched_room;
};

struct move_places *move_places_new(struct exim_spool *spool)
{
	struct move_places *p = memory_new(1, sizeof(*p));

	p->spool = spool;
	return p;
}

void move_places_free(struct move_places *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->place_count; i++)
		for (size_t c = 0; c < LETTERS; c++)
			if (p->places[i].msglog[c] >= 0)
				close(p->places[i].msglog[c]);
	free(p->places);
	free(p->touched);
	free(p);
}

struct exim_spool *move_places_spool(const struct move_places *p)
{
	return p->spool;
}

static void grow_places(struct move_places *p, size_t folder)
{
	if (folder < p->place_count)
		return;
	p->places = memory_grow(p->places, folder + 1, sizeof(p->places[0]));
	for (; p->place_count <= folder; p->place_count++)
		for (size_t c = 0; c < LETTERS; c++)
			p->places[p->place_count].msglog[c] = MSGLOG_UNKNOWN;
}

/* Owned and moded as the folder of the messages themselves, whatever the umask of the caller. */
static int make_folder(int parent_fd, const char *path, int like_fd)
{
	struct stat like;
	int err;

	if (fstat(like_fd, &like) < 0)
		return -errno;
	if (mkdirat(parent_fd, path, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	int fd = openat(parent_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	err = fchown(fd, like.st_uid, like.st_gid) < 0 && geteuid() == 0 ? -errno : 0;
	if (fchmod(fd, like.st_mode & 07777) < 0 && err == 0)
		err = -errno;
	close(fd);
	return err;
}

static int make_msglog(const struct move_places *p, const struct spool_folder *folder, char letter)
{
	char path[SPOOL_QUEUE_MAX + sizeof("/msglog/x")];
	const char *slash = folder->queue[0] != '\0' ? "/" : "";
	int err;

	(void)snprintf(path, sizeof(path), "%s%smsglog", folder->queue, slash);
	err = make_folder(p->spool->fd, path, folder->fd);
	if (err == 0 && letter != 0) {
		(void)snprintf(path, sizeof(path), "%s%smsglog/%c", folder->queue, slash, letter);
		err = make_folder(p->spool->fd, path, folder->fd);
	}
	return err;
}

int move_places_msglog(struct move_places *p, size_t folder, char letter, bool make)
{
	int *kept, fd;

	if ((unsigned char)letter >= LETTERS)
		return -ENOENT;
	grow_places(p, folder);
	kept = &p->places[folder].msglog[(unsigned char)letter];
	if (*kept >= 0)
		return *kept;
	if (*kept == MSGLOG_NONE && !make)
		return -ENOENT;
	fd = exim_spool_open_msglog(p->spool, &p->spool->folders[folder], letter);
	if (fd == -ENOENT && make) {
		int err = make_msglog(p, &p->spool->folders[folder], letter);

		fd = err < 0 ? err
			     : exim_spool_open_msglog(p->spool, &p->spool->folders[folder], letter);
	}
	/* What could not be opened now may be opened for the next message. */
	if (fd >= 0)
		*kept = fd;
	else if (fd == -ENOENT)
		*kept = MSGLOG_NONE;
	return fd;
}

void move_places_touch(struct move_places *p, int folder_fd)
{
	if (folder_fd < 0)
		return;
	if ((size_t)folder_fd >= p->touched_room) {
		size_t room = ((size_t)folder_fd + 64) & ~(size_t)63;

		p->touched = memory_grow(p->touched, room, sizeof(p->touched[0]));
		memset(p->touched + p->touched_room, 0, room - p->touched_room);
		p->touched_room = room;
	}
	p->touched[folder_fd] = true;
}

int move_places_sync(struct move_places *p)
{
	int err = 0;

	for (size_t fd = 0; fd < p->touched_room; fd++) {
		if (!p->touched[fd])
			continue;
		if (fsync((int)fd) == 0)
			p->touched[fd] = false;
		else if (err == 0)
			err = -errno;
	}
	return err;
}

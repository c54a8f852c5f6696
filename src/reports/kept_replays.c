#include "reports/kept_replays.h"

#include "base/memory.h"
#include "systems/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER    "replays"
#define ENDING    ".json"
#define FILE_MOST ((size_t)16 << 20) /* bytes; what the bounds of an object come to at worst */
#define SEEN_MOST 1000               /* files that are looked at */
#define SAME_MOST 9                  /* that are kept in one second */

/* ---- names ---- */

/* "20261127T032000Z", or that with "-2" to "-9" behind. */
static bool is_id(const char *id)
{
	size_t len = strlen(id);

	return len >= 16 && len < KEPT_REPLAY_ID && strspn(id, "0123456789") == 8 && id[8] == 'T' &&
	       strspn(id + 9, "0123456789") == 6 && id[15] == 'Z' &&
	       (len == 16 || (len == 18 && id[16] == '-' && id[17] >= '2' && id[17] <= '9'));
}

static int path_of(const char *state, const char *id, char at[PATH_MAX], struct problem *problem)
{
	int n = id != NULL ? snprintf(at, PATH_MAX, "%s/" FOLDER "/%s" ENDING, state, id)
			   : snprintf(at, PATH_MAX, "%s/" FOLDER, state);

	return n < PATH_MAX ? 0
			    : problem_set(problem, -ENAMETOOLONG, "the path %s is too long", state);
}

static int check_folder(const char *path, struct problem *problem)
{
	struct stat s;

	if (lstat(path, &s) < 0)
		return problem_set(problem, -errno, "cannot look at %s: %s", path, strerror(errno));
	if (!S_ISDIR(s.st_mode) || (s.st_uid != geteuid() && s.st_uid != 0) ||
		(s.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return problem_set(problem, -EPERM,
			"%s is no folder of root or you, or others can write it: not used", path);
	return 0;
}

static int make_folder(const char *path, struct problem *problem)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return problem_set(
			problem, -errno, "cannot make the folder %s: %s", path, strerror(errno));
	return 0;
}

/* ---- the list of files ---- */

struct ids {
	char at[SEEN_MOST][KEPT_REPLAY_ID];
	size_t count;
};

static int newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

static void add_name(struct ids *ids, const char *name)
{
	char id[KEPT_REPLAY_ID];
	size_t len = strlen(name);

	if (len < sizeof(ENDING) || len - sizeof(ENDING) + 1 >= sizeof(id) ||
		strcmp(name + len - sizeof(ENDING) + 1, ENDING) != 0)
		return;
	(void)snprintf(id, sizeof(id), "%.*s", (int)(len - sizeof(ENDING) + 1), name);
	if (is_id(id) && ids->count < SEEN_MOST)
		memcpy(ids->at[ids->count++], id, sizeof(id));
}

/* -ENOENT: there is no folder. */
static int list(const char *state, struct ids *ret, struct problem *problem)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = path_of(state, NULL, path, problem);

	ret->count = 0;
	if (err == 0)
		err = check_folder(path, problem);
	if (err < 0)
		return err;
	DIR *folder = opendir(path);
	if (folder == NULL)
		return problem_set(problem, -errno, "cannot read %s: %s", path, strerror(errno));
	while ((entry = readdir(folder)) != NULL)
		add_name(ret, entry->d_name);
	(void)closedir(folder);
	if (ret->count > 1)
		qsort(ret->at, ret->count, sizeof(ret->at[0]), newest_first);
	return 0;
}

/* ---- writing ---- */

static int find_id(const char *state, int64_t now, char ret_id[KEPT_REPLAY_ID], char path[PATH_MAX],
	struct problem *problem)
{
	time_t seconds = (time_t)now;
	struct tm tm;
	char base[KEPT_REPLAY_ID];

	if (gmtime_r(&seconds, &tm) == NULL ||
		strftime(base, sizeof(base), "%Y%m%dT%H%M%SZ", &tm) != 16)
		return problem_set(problem, -ERANGE, "the clock is wrong: nothing is kept");
	for (unsigned n = 1; n <= SAME_MOST; n++) {
		(void)snprintf(ret_id, KEPT_REPLAY_ID, n == 1 ? "%.16s" : "%.16s-%u", base, n);
		int err = path_of(state, ret_id, path, problem);
		if (err < 0 || (access(path, F_OK) < 0 && errno == ENOENT))
			return err;
	}
	return problem_set(problem, -EEXIST, "too many replays were kept in this second");
}

static int thin(const char *state, struct problem *problem)
{
	struct ids *ids = memory_new(1, sizeof(*ids));
	char path[PATH_MAX];
	int err = list(state, ids, problem);

	for (size_t i = KEPT_REPLAYS_MOST; err == 0 && i < ids->count; i++) {
		err = path_of(state, ids->at[i], path, problem);
		if (err == 0 && (err = whole_file_remove(path)) < 0)
			err = problem_set(
				problem, err, "cannot remove %s: %s", path, strerror(-err));
	}
	free(ids);
	return err;
}

static int write_object(const char *path, const json_t *object, struct problem *problem)
{
	const struct stat like = {
		.st_mode = S_IFREG | 0600, .st_uid = geteuid(), .st_gid = getegid()};
	char *text = json_dumps(object, JSON_COMPACT);
	size_t len = text != NULL ? strlen(text) : 0;
	int err = text == NULL || len > FILE_MOST ? -EFBIG : 0;

	if (err == 0)
		err = whole_file_write(path, (struct slice){text, len}, &like);
	free(text);
	return err == 0 ? 0
			: problem_set(problem, err, "cannot write %s: %s", path, strerror(-err));
}

int kept_replays_add(const char *state, int64_t now, json_t *object, char ret_id[KEPT_REPLAY_ID],
	struct problem *problem)
{
	char path[PATH_MAX], id[KEPT_REPLAY_ID];
	int err = path_of(state, NULL, path, problem);

	if (err == 0)
		err = make_folder(state, problem);
	if (err == 0)
		err = make_folder(path, problem);
	if (err == 0)
		err = check_folder(path, problem);
	if (err == 0)
		err = find_id(state, now, id, path, problem);
	if (err < 0)
		return err;
	(void)json_object_set_new(object, "replay", json_string(id));
	err = write_object(path, object, problem);
	if (err == 0)
		err = thin(state, problem);
	if (err == 0)
		memcpy(ret_id, id, sizeof(id));
	return err;
}

/* ---- reading ---- */

int kept_replays_read(
	const char *state, const char *id, json_t **ret_object, struct problem *problem)
{
	struct whole_file file = {0};
	char path[PATH_MAX];

	if (!is_id(id))
		return problem_set(problem, -EINVAL, "that is no name of a kept replay");
	int err = path_of(state, id, path, problem);
	if (err < 0)
		return err;
	err = whole_file_read(path, FILE_MOST, &file);
	if (err < 0)
		return err == -ENOENT ? problem_set(problem, err, "no replay %s is kept", id)
				      : problem_set(problem, err, "cannot read %s: %s", path,
						strerror(-err));
	json_t *o = json_loadb(file.text, file.len, JSON_REJECT_DUPLICATES, NULL);
	whole_file_clear(&file);
	if (!json_is_object(o)) {
		json_decref(o);
		return problem_set(problem, -EBADMSG, "%s is damaged", path);
	}
	*ret_object = o;
	return 0;
}

int kept_replays_each(const char *state, kept_replay_visit *visit, void *context, size_t *ret_count,
	struct problem *problem)
{
	struct ids *ids = memory_new(1, sizeof(*ids));
	int err = list(state, ids, problem);

	for (size_t i = 0; err == 0 && i < ids->count; i++) {
		struct problem damaged = {0};
		json_t *object = NULL;

		if (kept_replays_read(state, ids->at[i], &object, &damaged) < 0)
			object = NULL;
		visit(context, ids->at[i], object);
		json_decref(object);
	}
	if (err == 0 || err == -ENOENT)
		*ret_count = ids->count;
	free(ids);
	return err == -ENOENT ? 0 : err;
}

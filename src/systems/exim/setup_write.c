#include "systems/exim/setup_parts.h"

#include "base/memory.h"
#include "systems/exim/config_edit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int put_file(const struct exim_setup *s, const char *path, const char *text, size_t len,
	const struct stat *like)
{
	if (s->cpanel_folder != NULL)
		return setup_cpanel_put(path, text, len);
	return text != NULL ? whole_file_write(path, (struct slice){text, len}, like)
			    : whole_file_remove(path);
}

/* As it was read, so that nobody's change is lost. */
static int check_unchanged(const struct changed_file *f, struct problem *problem)
{
	struct whole_file now = {0};
	int err = whole_file_read(f->shown.path, CONFIG_TEXT_MAX, &now);
	bool same = err == -ENOENT ? f->before.text == NULL
				   : err == 0 && f->before.text != NULL &&
					     slice_equal((struct slice){now.text, now.len},
						     (struct slice){f->before.text, f->before.len});

	whole_file_clear(&now);
	if (same)
		return 0;
	return problem_set(problem, -EBUSY, "%.400s was changed meanwhile", f->shown.path);
}

/* Where the copy is, without its date. */
static int backup_place(const struct exim_setup *s, const struct changed_file *f, char at[PATH_MAX],
	struct problem *problem)
{
	if (s->cpanel_folder == NULL)
		return setup_join(at, "", f->shown.path + 1, problem);
	char folder[PATH_MAX];
	int err = setup_join(folder, s->cpanel_folder, "etc/exim", problem);

	return err < 0 ? err : setup_join(at, folder, strrchr(f->shown.path, '/') + 1, problem);
}

static int back_up(const struct exim_setup *s, struct changed_file *f, struct problem *problem)
{
	char path[PATH_MAX], place[PATH_MAX], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int err = 0;

	if (f->before.text == NULL)
		return 0;
	err = backup_place(s, f, place, problem);
	if (err < 0)
		return err;
	if (gmtime_r(&now, &tm) == NULL ||
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm) == 0)
		stamp[0] = '\0';
	for (unsigned again = 0; again < 100; again++) {
		char number[16] = "";

		if (again > 0)
			(void)snprintf(number, sizeof(number), "-%u", again);
		if (snprintf(path, sizeof(path), "%s.stanch-%s%s", place, stamp, number) >=
			(int)sizeof(path))
			return setup_failed(problem, -ENAMETOOLONG, "use", f->shown.path);
		if (access(path, F_OK) < 0)
			break;
	}
	err = whole_file_write(
		path, (struct slice){f->before.text, f->before.len}, &f->before.state);
	if (err < 0)
		return setup_failed(problem, err, "write", path);
	free(f->backup);
	f->backup = memory_copy(path, strlen(path));
	f->shown.backup = f->backup;
	return 0;
}

static int write_one(const struct exim_setup *s, struct changed_file *f, struct problem *problem)
{
	const struct stat fresh = {.st_mode = 0644, .st_uid = geteuid(), .st_gid = getegid()};
	int err = check_unchanged(f, problem);

	if (err == 0)
		err = back_up(s, f, problem);
	if (err < 0)
		return err;
	err = put_file(s, f->shown.path, f->after, f->after_len,
		f->before.text != NULL ? &f->before.state : &fresh);
	return err < 0 ? setup_failed(problem, err, "write", f->shown.path) : 0;
}

int exim_setup_write(struct exim_setup *setup, struct problem *problem)
{
	int err = 0;
	size_t done;

	for (done = 0; done < setup->count && err == 0; done++) {
		size_t i = setup->request.remove ? setup->count - 1 - done : done;
		if (setup_is_changed(&setup->files[i]))
			err = write_one(setup, &setup->files[i], problem);
	}
	if (err == 0)
		return 0;
	/* The last of them failed, and is as it was. */
	for (size_t k = 0; k + 1 < done; k++) {
		size_t i = setup->request.remove ? setup->count - 1 - k : k;
		const struct changed_file *f = &setup->files[i];

		if (setup_is_changed(f))
			(void)put_file(setup, f->shown.path, f->before.text, f->before.len,
				&f->before.state);
	}
	return err;
}

/* ---- making it live ---- */

/* The daemon of that pid file runs this very program. */
static int tell_daemon(const char *program, const char *pid_file, struct problem *problem)
{
	char link[64], runs[PATH_MAX], *real = realpath(program, NULL);
	struct whole_file file = {0};
	int err = whole_file_read(pid_file, 64, &file);
	long pid = err == 0 ? strtol(file.text, NULL, 10) : 0;
	ssize_t n = -1;

	whole_file_clear(&file);
	if (pid > 1) {
		(void)snprintf(link, sizeof(link), "/proc/%ld/exe", pid);
		n = readlink(link, runs, sizeof(runs) - 1);
	}
	if (n > 0)
		runs[n] = '\0';
	bool is_exim = n > 0 && real != NULL && strcmp(runs, real) == 0;

	free(real);
	if (!is_exim)
		return problem_set(problem, -ESRCH,
			"no daemon of Exim's runs, as its %.300s has it; one that starts reads it",
			pid_file);
	if (kill((pid_t)pid, SIGHUP) < 0)
		return problem_set(problem, -errno, "cannot tell Exim's daemon, process %ld: %s",
			pid, strerror(errno));
	return 0;
}

int exim_setup_reload(const struct exim_setup *setup, struct problem *problem)
{
	const char *const arguments[] = {"-d", setup->debian_folder, NULL};
	char pid_file[VALUE_MAX], *said = NULL;
	int err = 0;

	if (setup->cpanel_folder != NULL)
		return setup_cpanel_reload(setup, problem);
	if (setup->debian_folder != NULL) {
		err = setup_ask(DEBIAN_UPDATE, NULL, arguments, &said, problem);
		free(said);
	}
	if (err == 0)
		err = setup_ask_pid_file(setup, pid_file, problem);
	return err < 0 ? err : tell_daemon(setup->request.program.path, pid_file, problem);
}

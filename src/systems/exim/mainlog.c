#include "systems/exim/mainlog.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_EXIM 8192 /* bytes of one entry with its LF (Exim's LOG_BUFFER_SIZE) */
#define WRITE_MAX     ((size_t)64 << 10) /* bytes in one write() */
#define LOG_MODE      0640               /* Exim's compile-time default */

struct mainlog {
	char *pattern;      /* the path with its %D or %M still in it; NULL: no file */
	char *place;        /* for a person; NULL: nowhere */
	bool may_make;      /* the file may be made when it is missing */
	bool default_place; /* and its folder, too */
	bool to_syslog;
	bool millisec, pid, zone;
	bool syslog_pid, syslog_timestamp;
	int facility;
	char *process_name; /* for syslog */
	char *timezone;     /* "": the system's */
	uid_t uid;
	gid_t gid;
	char *lines; /* the batch */
	size_t len, room;
	int64_t stamped_s; /* second for which stamp and zone_text hold */
	char stamp[32], zone_text[8];
};

/* Exim sets TZ from its own settings and not from the caller's environment. Acting commands have
 * one thread at this point, so the environment may be lent for the length of the call. */
static void local_time(const char *zone, time_t at, struct tm *ret)
{
	const char *ours = getenv("TZ");
	char *kept = ours != NULL ? memory_copy(ours, strlen(ours)) : NULL;

	if (strcasecmp(zone, "UTC") == 0) {
		gmtime_r(&at, ret);
		free(kept);
		return;
	}
	if (zone[0] != '\0')
		setenv("TZ", zone, 1);
	else
		unsetenv("TZ");
	tzset();
	localtime_r(&at, ret);
	if (kept != NULL)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
}

static void stamp_second(struct mainlog *log, int64_t second)
{
	struct tm t;

	if (log->stamped_s == second && log->stamp[0] != '\0')
		return;
	local_time(log->timezone, (time_t)second, &t);
	(void)strftime(log->stamp, sizeof(log->stamp), "%Y-%m-%d %H:%M:%S", &t);
	(void)strftime(log->zone_text, sizeof(log->zone_text), "%z", &t);
	log->stamped_s = second;
}

static size_t time_text(struct mainlog *log, int64_t now_us, char at[MAINLOG_TIME_MAX])
{
	int n;

	stamp_second(log, now_us / 1000000);
	n = (int)strlen(log->stamp);
	memcpy(at, log->stamp, (size_t)n + 1);
	if (log->millisec)
		n += snprintf(at + n, MAINLOG_TIME_MAX - (size_t)n, ".%03d",
			(int)(now_us % 1000000 / 1000));
	if (log->zone)
		n += snprintf(at + n, MAINLOG_TIME_MAX - (size_t)n, " %s", log->zone_text);
	return (size_t)n;
}

size_t mainlog_time(const struct mainlog *log, int64_t now_us, char at[MAINLOG_TIME_MAX])
{
	struct mainlog copy = *log; /* the stamp that is kept is of no concern to the caller */

	copy.stamp[0] = '\0';
	return time_text(&copy, now_us, at);
}

/* "+pid -millisec +all", from left to right; a blank may stand between sign and name. */
static void read_selectors(struct mainlog *log, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '+' && text.at[i] != '-')
			continue;
		bool on = text.at[i] == '+';
		struct slice name = slice_trim(slice_after(text, i + 1));
		size_t n = 0;

		while (n < name.len && strchr(" \t+-", name.at[n]) == NULL)
			n++;
		name = slice_first(name, n);
		if (slice_is(name, "millisec") || slice_is(name, "all"))
			log->millisec = on;
		if (slice_is(name, "pid") || slice_is(name, "all"))
			log->pid = on;
	}
}

static int facility_of(const char *name)
{
	static const struct {
		const char *name;
		int facility;
	} rows[] = {{"mail", LOG_MAIL}, {"user", LOG_USER}, {"news", LOG_NEWS}, {"uucp", LOG_UUCP},
		{"daemon", LOG_DAEMON}, {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
		{"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
		{"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}};

	if (strncasecmp(name, "log_", 4) == 0)
		name += 4;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcasecmp(name, rows[i].name) == 0)
			return rows[i].facility;
	return LOG_MAIL;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

static uid_t user_of(const char *name, uid_t otherwise)
{
	const struct passwd *p = is_number(name) ? NULL : getpwnam(name);

	if (is_number(name))
		return (uid_t)strtoul(name, NULL, 10);
	return p != NULL ? p->pw_uid : otherwise;
}

static gid_t group_of(const char *name, gid_t otherwise)
{
	const struct group *g = is_number(name) ? NULL : getgrnam(name);

	if (is_number(name))
		return (gid_t)strtoul(name, NULL, 10);
	return g != NULL ? g->gr_gid : otherwise;
}

static char *default_pattern(const char *spool)
{
	char *path = memory_new(strlen(spool) + sizeof("/log/%slog"), 1);

	(void)sprintf(path, "%s/log/%%slog", spool);
	return path;
}

/* log_file_path is a list with colons; an empty item is the default place. */
static void read_places(struct mainlog *log, const struct exim_settings *settings)
{
	struct slice rest = slice_of(settings->log_file_path);

	for (bool more = true; more;) {
		size_t n = slice_find(rest, ':');
		struct slice item = slice_trim(slice_first(rest, n));

		more = n < rest.len;
		rest = slice_after(rest, n + 1);
		if (slice_is(item, "syslog")) {
			log->to_syslog = true;
		} else if (log->pattern == NULL && item.len > 0) {
			log->pattern = memory_copy(item.at, item.len);
		} else if (log->pattern == NULL) {
			log->pattern = default_pattern(settings->spool);
			log->default_place = true;
		}
	}
}

static bool is_spool_of(const struct exim_spool *spool, const struct exim_settings *settings)
{
	struct stat ours, named;

	return settings != NULL && fstat(spool->fd, &ours) == 0 &&
	       stat(settings->spool, &named) == 0 && ours.st_dev == named.st_dev &&
	       ours.st_ino == named.st_ino;
}

/* Only a file, of the name the pattern now gives. */
static char *path_now(struct mainlog *log, int64_t now_us)
{
	char *path = memory_new(strlen(log->pattern) * 8 + 16, 1);
	size_t n = 0;

	stamp_second(log, now_us / 1000000);
	for (const char *c = log->pattern; *c != '\0'; c++) {
		if (c[0] == '%' && c[1] == 's') {
			n += (size_t)sprintf(path + n, "main");
			c++;
		} else if (c[0] == '%' && (c[1] == 'D' || c[1] == 'M')) {
			n += (size_t)sprintf(path + n, "%.4s%.2s", log->stamp, log->stamp + 5);
			if (c[1] == 'D')
				n += (size_t)sprintf(path + n, "%.2s", log->stamp + 8);
			c++;
		} else {
			path[n++] = *c;
		}
	}
	return path;
}

static void name_place(struct mainlog *log)
{
	char *path = log->pattern != NULL ? path_now(log, clock_now_us()) : NULL;

	if (path != NULL && log->to_syslog) {
		log->place = memory_new(strlen(path) + sizeof(" and syslog"), 1);
		(void)sprintf(log->place, "%s and syslog", path);
		free(path);
		return;
	}
	log->place = path != NULL ? path : log->to_syslog ? memory_copy("syslog", 6) : NULL;
}

struct mainlog *mainlog_new(const struct exim_spool *spool, const struct exim_settings *settings)
{
	struct mainlog *log = memory_new(1, sizeof(*log));
	struct stat s = {0};

	log->timezone = memory_copy("", 0);
	log->process_name = memory_copy("exim", 4);
	log->syslog_pid = log->syslog_timestamp = true;
	log->facility = LOG_MAIL;
	if (is_spool_of(spool, settings)) {
		free(log->timezone);
		log->timezone = memory_copy(settings->timezone, strlen(settings->timezone));
		log->zone = settings->log_timezone;
		read_selectors(log, slice_of(settings->log_selector));
		read_places(log, settings);
		log->may_make = true;
		log->facility = facility_of(settings->syslog_facility);
		log->syslog_pid = settings->syslog_pid;
		log->syslog_timestamp = settings->syslog_timestamp;
		if (settings->syslog_processname[0] != '\0') {
			free(log->process_name);
			log->process_name = memory_copy(
				settings->syslog_processname, strlen(settings->syslog_processname));
		}
		if (fstat(spool->fd, &s) < 0)
			s.st_uid = s.st_gid = 0;
		log->uid = user_of(settings->user, s.st_uid);
		log->gid = group_of(settings->group, s.st_gid);
	} else if (faccessat(spool->fd, "log/mainlog", F_OK, 0) == 0) {
		log->pattern = default_pattern(spool->path);
	}
	name_place(log);
	return log;
}

void mainlog_free(struct mainlog *log)
{
	if (log == NULL)
		return;
	free(log->pattern);
	free(log->place);
	free(log->process_name);
	free(log->timezone);
	free(log->lines);
	free(log);
}

const char *mainlog_place(const struct mainlog *log)
{
	return log->place;
}

void mainlog_add(struct mainlog *log, int64_t now_us, const char *id, const char *text)
{
	char stamp[MAINLOG_TIME_MAX];
	char pid[32] = "";
	size_t most;

	if (log->place == NULL)
		return;
	time_text(log, now_us, stamp);
	if (log->pid)
		(void)snprintf(pid, sizeof(pid), "[%d] ", (int)getpid());
	if (log->room - log->len < LINE_MAX_EXIM + 1) {
		log->room = log->room * 2 + (size_t)2 * LINE_MAX_EXIM;
		log->lines = memory_grow(log->lines, log->room, 1);
	}
	most = LINE_MAX_EXIM;

	int n = snprintf(log->lines + log->len, most, "%s %s%s %s", stamp, pid, id, text);
	size_t len = n < (int)most ? (size_t)n : most - 1;

	log->lines[log->len + len] = '\n';
	log->len += len + 1;
}

/* The folder is made only in the default place, as Exim does. */
static void make_default_folder(const struct mainlog *log, const char *path)
{
	char *folder = memory_copy(path, slice_find_last(slice_of(path), '/'));

	if (log->default_place && mkdir(folder, 0750) == 0 && geteuid() == 0 &&
		chown(folder, log->uid, log->gid) < 0)
		rmdir(folder); /* Exim could not write there */
	free(folder);
}

/* A log that is made belongs to Exim: else it could not go on writing. In a set-gid folder the
 * group is the folder's, as when Exim makes it. */
static int make_file(const struct mainlog *log, const char *path)
{
	int fd = open(
		path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, LOG_MODE);
	struct stat s;
	char *folder;

	if (fd < 0)
		return -errno;
	folder = memory_copy(path, slice_find_last(slice_of(path), '/'));
	if (stat(folder[0] != '\0' ? folder : "/", &s) < 0)
		s.st_mode = 0;
	free(folder);

	gid_t group = (s.st_mode & S_ISGID) != 0 ? (gid_t)-1 : log->gid;

	if ((geteuid() == 0 && fchown(fd, log->uid, group) < 0) || fchmod(fd, LOG_MODE) < 0) {
		int err = -errno;

		unlink(path);
		close(fd);
		return err;
	}
	return fd;
}

static int open_file(const struct mainlog *log, const char *path)
{
	for (int tries = 0; tries < 3; tries++) {
		int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

		if (fd >= 0 || errno != ENOENT || !log->may_make)
			return fd >= 0 ? fd : -errno;
		make_default_folder(log, path);
		fd = make_file(log, path);
		if (fd != -EEXIST)
			return fd;
	}
	return -EEXIST;
}

/* The bytes up to the last LF within the first WRITE_MAX. */
static size_t whole_lines(struct slice rest)
{
	size_t lf = slice_find_last(slice_first(rest, WRITE_MAX), '\n');

	return lf < rest.len ? lf + 1 : rest.len;
}

/* A half line stands at the end of the log. If nobody has written behind it, it is cut off; else it
 * is at least ended. */
static void take_back(int fd, size_t half)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat s;

	if (end >= (off_t)half && fstat(fd, &s) == 0 && s.st_size == end &&
		ftruncate(fd, end - (off_t)half) == 0)
		return;
	if (write(fd, "\n", 1) < 0)
		return; /* nothing more can be done on a full disk */
}

/* Bytes behind the last LF of what was written. */
static size_t half_line(struct slice written)
{
	size_t lf = slice_find_last(written, '\n');

	return lf < written.len ? written.len - lf - 1 : written.len;
}

static int write_lines(int fd, struct slice rest)
{
	while (rest.len > 0) {
		struct slice part = slice_first(rest, whole_lines(rest));
		size_t done = 0;

		while (done < part.len) {
			ssize_t n = write(fd, part.at + done, part.len - done);

			if (n > 0)
				done += (size_t)n;
			else if (n == 0 || errno != EINTR) {
				int err = n == 0 ? -ENOSPC : -errno;
				size_t half = half_line(slice_first(part, done));

				if (done > 0 && half > 0)
					take_back(fd, half);
				return err;
			}
		}
		rest = slice_after(rest, part.len);
	}
	return 0;
}

static void write_syslog(const struct mainlog *log)
{
	struct slice rest = {log->lines, log->len}, line;

	openlog(log->process_name, log->syslog_pid ? LOG_PID : 0, log->facility);
	while (slice_take_line(&rest, &line)) {
		if (!log->syslog_timestamp) {
			/* "date time[ zone] id text" */
			for (int i = 0; i < (log->zone ? 3 : 2); i++)
				line = slice_after(line, slice_find(line, ' ') + 1);
		}
		syslog(LOG_INFO, "%.*s", (int)line.len, line.at);
	}
	closelog();
}

int mainlog_write(struct mainlog *log, struct problem *problem)
{
	int err = 0;

	if (log->len == 0)
		return 0;
	if (log->to_syslog)
		write_syslog(log);
	if (log->pattern != NULL) {
		char *path = path_now(log, clock_now_us());
		int fd = open_file(log, path);

		err = fd < 0 ? fd : write_lines(fd, (struct slice){log->lines, log->len});
		if (fd >= 0)
			close(fd);
		if (err < 0)
			problem_set(problem, err, "cannot write %s: %s", path, strerror(-err));
		free(path);
	}
	log->len = 0;
	return err;
}

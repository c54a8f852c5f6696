/* pairtime - times two shell commands in turn, A B A B …, so that a machine that slows down slows
 * both, and compares them pair by pair.
 *
 *   pairtime [options] 'A' 'B'
 *
 *   --name-a, --name-b TEXT   what to call them (the commands)
 *   --rounds N                counted pairs (5)
 *   --warm N                  pairs before that are not counted (1; 0 with --cold)
 *   --limit SECONDS           fewer rounds, at least one, when they would take longer
 *   --prepare CMD             run before each A and each B, not timed
 *   --prepare-a, --prepare-b  the same for one of them
 *   --cold                    drops the kernel's caches before each (root; felt by all)
 *   --ok LIST                 exit statuses that are no failure (0)
 *   --units N --unit WORD     what a command works through, for the time of one
 *   --group TEXT              first column of the rows
 *   --rows FILE               appends a line for each run
 *   --header                  prints the head of the table first
 *
 * Prints one line of a Markdown table. Wall time is the monotonic clock's, from before fork() to
 * after wait(); CPU time and peak memory are the kernel's account of the finished shell and what it
 * waited for, the peak that of the largest single process. Ratios are B to A. Standard output of
 * the commands is thrown away, standard error is shown. Exit status 1 when a command failed. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 1000 };

struct orders {
	const char *command[2], *name[2], *prepare[2], *prepare_both;
	const char *ok, *group, *unit, *rows;
	int rounds, warm;
	double limit, units;
	bool cold, header;
};

struct measure {
	double wall, cpu; /* seconds */
	double peak;      /* MiB */
	int status;
};

/* Of the counted rounds, by command and round. */
struct series {
	struct measure of[2][ROUNDS_MAX];
	int count;
};

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "pairtime: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static _Noreturn void become(const char *command)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static struct measure run(const char *command)
{
	double start = now();
	struct rusage use;
	int status;
	pid_t child = fork();

	if (child == 0)
		become(command);
	if (child < 0)
		fail("fork");
	while (wait4(child, &status, 0, &use) < 0)
		if (errno != EINTR)
			fail("wait");
	return (struct measure){.wall = now() - start,
		.cpu = seconds_of(use.ru_utime) + seconds_of(use.ru_stime),
		.peak = (double)use.ru_maxrss / 1024,
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
}

static bool is_ok(const char *list, int status)
{
	const char *at = list;
	char *end;

	while (*at != '\0') {
		if (strtol(at, &end, 10) == status && end != at)
			return true;
		at = *end == ',' ? end + 1 : end;
		if (at == end && *at != '\0')
			return false;
	}
	return false;
}

static void prepare(const char *command)
{
	if (command == NULL)
		return;
	if (run(command).status != 0) {
		(void)fprintf(stderr, "pairtime: failed before a run: %s\n", command);
		exit(1);
	}
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	if (fd < 0 || write(fd, "3\n", 2) != 2)
		fail("/proc/sys/vm/drop_caches");
	close(fd);
}

static struct measure run_one(const struct orders *o, int which)
{
	struct measure m;

	prepare(o->prepare_both);
	prepare(o->prepare[which]);
	if (o->cold)
		drop_caches();
	m = run(o->command[which]);
	if (!is_ok(o->ok, m.status)) {
		(void)fprintf(
			stderr, "pairtime: exit status %d: %s\n", m.status, o->command[which]);
		exit(1);
	}
	return m;
}

static void run_all(const struct orders *o, struct series *s)
{
	int rounds = o->rounds;
	double start;

	for (int i = 0; i < o->warm; i++) {
		run_one(o, 0);
		run_one(o, 1);
	}
	start = now();
	for (s->count = 0; s->count < rounds; s->count++) {
		s->of[0][s->count] = run_one(o, 0);
		s->of[1][s->count] = run_one(o, 1);
		if (s->count == 0 && o->limit > 0 && (now() - start) * rounds > o->limit)
			rounds = (int)(o->limit / (now() - start));
	}
}

/* ---- what comes of it ---- */

struct spread {
	double least, median, most;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct spread spread_of(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), by_size);
	return (struct spread){
		values[0], (values[(count - 1) / 2] + values[count / 2]) / 2, values[count - 1]};
}

static struct spread wall_of(const struct series *s, int which)
{
	double values[ROUNDS_MAX];

	for (int i = 0; i < s->count; i++)
		values[i] = s->of[which][i].wall;
	return spread_of(values, s->count);
}

static struct spread cpu_of(const struct series *s, int which)
{
	double values[ROUNDS_MAX];

	for (int i = 0; i < s->count; i++)
		values[i] = s->of[which][i].cpu;
	return spread_of(values, s->count);
}

static double peak_of(const struct series *s, int which)
{
	double peak = 0;

	for (int i = 0; i < s->count; i++)
		if (s->of[which][i].peak > peak)
			peak = s->of[which][i].peak;
	return peak;
}

static struct spread ratio_of(const struct series *s)
{
	double values[ROUNDS_MAX];

	for (int i = 0; i < s->count; i++)
		values[i] = s->of[1][i].wall / s->of[0][i].wall;
	return spread_of(values, s->count);
}

/* Of the CPU times; where a machine is shared this is the steadier one. 0: too short to tell. */
static double cpu_ratio_of(const struct series *s)
{
	double values[ROUNDS_MAX];

	for (int i = 0; i < s->count; i++)
		values[i] = s->of[0][i].cpu > 0 ? s->of[1][i].cpu / s->of[0][i].cpu : 0;
	return spread_of(values, s->count).median;
}

static void print_header(void)
{
	(void)puts("| B | B: median (min-max) | per unit | CPU | peak | A | A: median (min-max) | "
		   "peak "
		   "| **B to A** (min-max) | CPU | rounds |\n"
		   "|---|---|---|---|---|---|---|---|---|---|---|");
}

/* Writes "|" in a name so that it does not end the cell. */
static void print_cell(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			(void)putchar('\\');
		(void)putchar(*text);
	}
}

static void print_time(struct spread t)
{
	if (t.median < 1)
		(void)printf(" | %.1f ms (%.1f-%.1f)", t.median * 1e3, t.least * 1e3, t.most * 1e3);
	else
		(void)printf(" | %.2f s (%.2f-%.2f)", t.median, t.least, t.most);
}

static void print_result(const struct orders *o, const struct series *s)
{
	struct spread wall = wall_of(s, 1), ratio = ratio_of(s);

	(void)printf("| ");
	print_cell(o->name[1]);
	print_time(wall);
	if (o->units > 0)
		(void)printf(" | %.2f us/%s", wall.median * 1e6 / o->units, o->unit);
	else
		(void)printf(" |");
	(void)printf(" | %.2f s | %.1f MiB | ", cpu_of(s, 1).median, peak_of(s, 1));
	print_cell(o->name[0]);
	print_time(wall_of(s, 0));
	(void)printf(" | %.1f MiB | **%.3f** (%.3f-%.3f) | %.3f | %d |\n", peak_of(s, 0),
		ratio.median, ratio.least, ratio.most, cpu_ratio_of(s), s->count);
}

static void append_rows(const struct orders *o, const struct series *s)
{
	FILE *f = fopen(o->rows, "ae");

	if (f == NULL)
		fail(o->rows);
	for (int i = 0; i < s->count; i++)
		for (int which = 0; which < 2; which++)
			(void)fprintf(f, "%s\t%s\t%c\t%d\t%.6f\t%.6f\t%.1f\t%d\t%.0f\t%s\n",
				o->group, o->name[which], "AB"[which], i + 1, s->of[which][i].wall,
				s->of[which][i].cpu, s->of[which][i].peak, s->of[which][i].status,
				o->units, o->unit);
	if (ferror(f) || fclose(f) != 0)
		fail(o->rows);
}

/* ---- command line ---- */

static _Noreturn void usage(void)
{
	(void)fputs(
		"usage: pairtime [--name-a TEXT] [--name-b TEXT] [--rounds N] [--warm N]\n"
		"                [--limit SECONDS] [--prepare CMD] [--prepare-a CMD]\n"
		"                [--prepare-b CMD] [--cold] [--ok LIST] [--units N] [--unit WORD]\n"
		"                [--group TEXT] [--rows FILE] [--header] 'A' 'B'\n",
		stderr);
	exit(2);
}

static double number(const char *text, double least, double most)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || *end != '\0' || !(n >= least && n <= most))
		usage();
	return n;
}

enum option_name {
	NAME_A = 1,
	NAME_B,
	ROUNDS,
	WARM,
	LIMIT,
	PREPARE,
	PREPARE_A,
	PREPARE_B,
	COLD,
	OK,
	UNITS,
	UNIT,
	GROUP,
	ROWS,
	HEADER
};

static void take_option(int option, struct orders *o)
{
	switch (option) {
	case NAME_A:
	case NAME_B:
		o->name[option - NAME_A] = optarg;
		return;
	case ROUNDS:
		o->rounds = (int)number(optarg, 1, ROUNDS_MAX);
		return;
	case WARM:
		o->warm = (int)number(optarg, 0, ROUNDS_MAX);
		return;
	case LIMIT:
		o->limit = number(optarg, 0, 1e9);
		return;
	case PREPARE:
		o->prepare_both = optarg;
		return;
	case PREPARE_A:
	case PREPARE_B:
		o->prepare[option - PREPARE_A] = optarg;
		return;
	case COLD:
		o->cold = true;
		return;
	case OK:
		o->ok = optarg;
		return;
	case UNITS:
		o->units = number(optarg, 0, 1e15);
		return;
	case UNIT:
		o->unit = optarg;
		return;
	case GROUP:
		o->group = optarg;
		return;
	case ROWS:
		o->rows = optarg;
		return;
	case HEADER:
		o->header = true;
		return;
	default:
		usage();
	}
}

static struct orders read_options(int argc, char **argv)
{
	static const struct option options[] = {{"name-a", required_argument, NULL, NAME_A},
		{"name-b", required_argument, NULL, NAME_B},
		{"rounds", required_argument, NULL, ROUNDS},
		{"warm", required_argument, NULL, WARM}, {"limit", required_argument, NULL, LIMIT},
		{"prepare", required_argument, NULL, PREPARE},
		{"prepare-a", required_argument, NULL, PREPARE_A},
		{"prepare-b", required_argument, NULL, PREPARE_B},
		{"cold", no_argument, NULL, COLD}, {"ok", required_argument, NULL, OK},
		{"units", required_argument, NULL, UNITS}, {"unit", required_argument, NULL, UNIT},
		{"group", required_argument, NULL, GROUP}, {"rows", required_argument, NULL, ROWS},
		{"header", no_argument, NULL, HEADER}, {0}};
	struct orders o = {.rounds = 5, .warm = -1, .ok = "0", .group = "", .unit = "unit"};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(option, &o);
	if (optind + 2 != argc)
		usage();
	for (int i = 0; i < 2; i++) {
		o.command[i] = argv[optind + i];
		if (o.name[i] == NULL)
			o.name[i] = o.command[i];
	}
	if (o.warm < 0)
		o.warm = o.cold ? 0 : 1;
	return o;
}

int main(int argc, char **argv)
{
	struct orders orders = read_options(argc, argv);
	struct series series = {.count = 0};

	run_all(&orders, &series);
	if (orders.header)
		print_header();
	print_result(&orders, &series);
	if (orders.rows != NULL)
		append_rows(&orders, &series);
	return 0;
}

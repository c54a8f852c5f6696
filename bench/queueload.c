/* queueload - has stanch queue --answer read a spool, and times its answers.
 *
 *   queueload [--rounds N] [--login LOGIN] STANCH SPOOL QUESTION...
 *
 *   --rounds N      times that each question is asked (11)
 *   --login LOGIN   what --reader is given
 *   QUESTION        an object as GET /api/queue takes it: '{"q":"spam","in":"subject"}'
 *
 * Prints how long it took until all was read, the CPU time and memory of that, the slowest answer
 * meanwhile (it is asked every 50 ms), and for each question how many messages fit and how long an
 * answer took, from its question on: the median, least and most; and the CPU time of one. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 1000 };

struct lister {
	pid_t pid;
	FILE *questions, *answers;
};

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "queueload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void begin(struct lister *l, const char *stanch, const char *spool, const char *login)
{
	int in[2], out[2];

	if (pipe(in) < 0 || pipe(out) < 0)
		fail("pipe");
	l->pid = fork();
	if (l->pid < 0)
		fail("fork");
	if (l->pid == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(in[1]);
		(void)close(out[0]);
		if (login != NULL)
			(void)execl(stanch, stanch, "--spool", spool, "queue", "--answer",
				"--reader", login, (char *)NULL);
		else
			(void)execl(stanch, stanch, "--spool", spool, "queue", "--answer",
				(char *)NULL);
		fail(stanch);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	l->questions = fdopen(in[1], "w");
	l->answers = fdopen(out[0], "r");
	if (l->questions == NULL || l->answers == NULL)
		fail("fdopen");
}

/* The answer's body, a new reference; *ret_ms: how long it took. */
static json_t *ask(struct lister *l, const char *question, double *ret_ms)
{
	static char *line;
	static size_t room;
	double begun = now_ms();

	(void)fprintf(l->questions, "{\"id\":1,\"args\":%s}\n", question);
	(void)fflush(l->questions);
	if (getline(&line, &room, l->answers) < 0)
		fail("no answer");
	*ret_ms = now_ms() - begun;
	json_t *answer = json_loads(line, 0, NULL);
	json_t *body = json_incref(json_object_get(answer, "body"));
	json_decref(answer);
	if (json_object_get(body, "found") == NULL) {
		errno = EINVAL;
		fail(question);
	}
	return body;
}

/* Milliseconds of CPU that the process has used, all its threads together. */
static double cpu_ms(pid_t pid)
{
	clockid_t clock;
	struct timespec t = {0};

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Of /proc/PID/status, in KiB. */
static double memory_of(pid_t pid, const char *key)
{
	char path[64], line[256];
	double value = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtod(line + strlen(key) + 1, NULL);
	if (f != NULL)
		(void)fclose(f);
	return value;
}

static void wait_until_read(struct lister *l, double begun)
{
	double ms, slowest = 0, first_kib = 0;

	for (;;) {
		json_t *body = ask(l, "{\"limit\":50}", &ms);
		const char *state = json_string_value(json_object_get(body, "state"));
		double read = json_number_value(json_object_get(body, "read"));
		bool is_read = state != NULL && strcmp(state, "ready") == 0;
		slowest = ms > slowest ? ms : slowest;
		if (first_kib <= 0)
			first_kib = memory_of(l->pid, "VmRSS:");
		json_decref(body);
		if (!is_read) {
			(void)usleep(50000);
			continue;
		}
		double kib = memory_of(l->pid, "VmRSS:");
		(void)printf("| read | %.0f messages in %.1f s, %.1f s of CPU | "
			     "%.0f MiB, %.0f bytes a message | slowest answer meanwhile %.0f ms "
			     "|\n",
			read, (now_ms() - begun) / 1e3, cpu_ms(l->pid) / 1e3, kib / 1024,
			read > 0 ? (kib - first_kib) * 1024 / read : 0, slowest);
		(void)fflush(stdout);
		return;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void time_question(struct lister *l, const char *question, int rounds)
{
	static double ms[ROUNDS_MAX];
	double found = 0, cpu = cpu_ms(l->pid);

	for (int i = 0; i < rounds; i++) {
		json_t *body = ask(l, question, &ms[i]);
		found = json_number_value(json_object_get(body, "found"));
		json_decref(body);
	}
	cpu = (cpu_ms(l->pid) - cpu) / rounds;
	qsort(ms, (size_t)rounds, sizeof(*ms), by_value);
	(void)printf("| `%s` | %.0f found | %.1f ms (%.1f-%.1f) | %.1f ms of CPU |\n", question,
		found, ms[rounds / 2], ms[0], ms[rounds - 1], cpu);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct lister l;
	const char *login = NULL;
	int at = 1, rounds = 11;

	for (; at + 1 < argc && argv[at][0] == '-'; at += 2)
		if (strcmp(argv[at], "--rounds") == 0)
			rounds = (int)strtol(argv[at + 1], NULL, 10);
		else if (strcmp(argv[at], "--login") == 0)
			login = argv[at + 1];
	if (at + 2 > argc || rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fputs("usage: queueload [--rounds N] [--login LOGIN] STANCH SPOOL "
			    "QUESTION...\n",
			stderr);
		return 2;
	}
	double begun = now_ms();
	begin(&l, argv[at], argv[at + 1], login);
	wait_until_read(&l, begun);
	for (int i = at + 2; i < argc; i++)
		time_question(&l, argv[i], rounds);
	(void)fclose(l.questions);
	int status = 1;
	(void)waitpid(l.pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

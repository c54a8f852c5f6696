/* policyload - asks at the policy socket as Exim does, so many questions a second, and says how
 * long answers took; or answers there itself, as the least that such a server can do.
 *
 *   policyload [options] SOCKET
 *   policyload --serve SOCKET     the floor: takes, reads, writes, closes; until it is ended
 *
 *   --rate N      questions a second over all threads (20000)
 *   --seconds N   (5)
 *   --threads N   that ask (4)
 *   --sources N   different mailboxes (2000)
 *
 * Each thread has a timetable. A question's time runs from when it was due, not from when it could
 * be sent, to the end of the connection: an answer that comes late makes the next ones late, too.
 * Prints a line; exit status 1 when a question was not answered with "pass". */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64

struct options {
	struct sockaddr_un address;
	unsigned rate, seconds, threads, sources;
};

struct asker {
	const struct options *options;
	unsigned number;
	size_t count, failed;
	uint32_t *took_ns;
};

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void wait_until(int64_t due)
{
	const struct timespec t = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};

	if (now_ns() < due)
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int question(const struct asker *a, size_t i, char *at, size_t room)
{
	char who[64], to[64];
	unsigned number = (unsigned)((i * 7919 + (size_t)a->number * 104729) % a->options->sources);
	int who_len = snprintf(who, sizeof(who), "user%u@customer%u.test", number, number % 97);
	int to_len = snprintf(to, sizeof(to), "person%zu@far%zu.test", i % 5000, i % 311);

	return snprintf(at, room,
		"stanch/1 rcpt id=%d:%s from=%d:%s ip=10:192.0.2.17 helo=4:mail "
		"at=16:%016lld to=%d:%s n=1:1\n",
		who_len, who, who_len, who, (long long)time(NULL) * 1000000, to_len, to);
}

/* As Exim's readsocket: write, end the sending side, read to the end. */
static int ask(const struct options *o, const char *text, size_t len)
{
	char answer[512];
	size_t got = 0;
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&o->address, sizeof(o->address)) < 0 ||
		send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len) {
		(void)close(fd);
		return -1;
	}
	(void)shutdown(fd, SHUT_WR);
	while ((n = recv(fd, answer + got, sizeof(answer) - got, 0)) > 0)
		got += (size_t)n;
	(void)close(fd);
	return got >= 4 && memcmp(answer, "pass", 4) == 0 ? 0 : -1;
}

static void *run(void *context)
{
	struct asker *a = context;
	const struct options *o = a->options;
	int64_t step = (int64_t)1000000000 * o->threads / o->rate;
	int64_t due = now_ns() + 50000000 + step * a->number / o->threads;
	char text[512];

	(void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	for (size_t i = 0; i < a->count; i++, due += step) {
		int len = question(a, i, text, sizeof(text));

		wait_until(due);
		a->failed += ask(o, text, (size_t)len) < 0;
		int64_t took = now_ns() - due;
		a->took_ns[i] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	}
	return NULL;
}

static int by_size(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

static double us_at(const uint32_t *sorted, size_t n, double share)
{
	size_t i = (size_t)((double)n * share);

	return sorted[i < n ? i : n - 1] / 1000.0;
}

static int load(const struct options *o)
{
	struct asker askers[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	size_t each = (size_t)o->rate * o->seconds / o->threads, all = each * o->threads,
	       failed = 0;
	uint32_t *took = calloc(all, sizeof(*took));

	if (took == NULL)
		return 2;
	int64_t begun = now_ns();
	for (unsigned i = 0; i < o->threads; i++) {
		askers[i] = (struct asker){
			.options = o, .number = i, .count = each, .took_ns = took + each * i};
		if (pthread_create(&threads[i], NULL, run, &askers[i]) != 0)
			return 2;
	}
	for (unsigned i = 0; i < o->threads; i++) {
		(void)pthread_join(threads[i], NULL);
		failed += askers[i].failed;
	}
	double seconds = (double)(now_ns() - begun) / 1e9;
	qsort(took, all, sizeof(*took), by_size);
	(void)printf("%zu questions, %.0f a second, %zu failed; us: p50 %.0f, p90 %.0f, p99 %.0f, "
		     "p99.9 %.0f, most %.0f\n",
		all, (double)all / seconds, failed, us_at(took, all, 0.5), us_at(took, all, 0.9),
		us_at(took, all, 0.99), us_at(took, all, 0.999), us_at(took, all, 1));
	free(took);
	return failed == 0 ? 0 : 1;
}

static int serve(const struct options *o)
{
	char bytes[4096];
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)unlink(o->address.sun_path);
	if (listener < 0 ||
		bind(listener, (const struct sockaddr *)&o->address, sizeof(o->address)) < 0 ||
		listen(listener, 1024) < 0) {
		perror(o->address.sun_path);
		return 2;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return 2;
		if (recv(fd, bytes, sizeof(bytes), 0) > 0)
			(void)!write(fd, "pass\n", 5);
		(void)close(fd);
	}
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {{"rate", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 's'},
		{"threads", required_argument, NULL, 't'},
		{"sources", required_argument, NULL, 'u'}, {"serve", no_argument, NULL, 'S'}, {0}};
	struct options o = {.address.sun_family = AF_UNIX,
		.rate = 20000,
		.seconds = 5,
		.threads = 4,
		.sources = 2000};
	int c, serves = 0;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		unsigned n = c != 'S' && optarg != NULL ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		if (c == 'S')
			serves = 1;
		else if (c == '?' || n == 0)
			return 2;
		else
			*(c == 'r'         ? &o.rate
				: c == 's' ? &o.seconds
				: c == 't' ? &o.threads
					   : &o.sources) = n;
	}
	if (optind + 1 != argc || strlen(argv[optind]) >= sizeof(o.address.sun_path) ||
		o.threads > THREADS_MAX) {
		(void)fprintf(stderr, "usage: policyload [--serve] [options] SOCKET\n");
		return 2;
	}
	memcpy(o.address.sun_path, argv[optind], strlen(argv[optind]) + 1);
	return serves != 0 ? serve(&o) : load(&o);
}

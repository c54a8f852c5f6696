/* logspeed: how fast systems/log_archive hands out the lines of files, in GB of text a second.
 *
 * usage: logspeed [-n times] [-m] FILE...     -m: each file is a server of its own; merged
 *
 * Each line is looked at as little as can be: what is measured is the way to it. */
#include "systems/log_archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct sums {
	uint64_t bytes, lines, bits;
};

static void add_line(void *context, size_t server, struct slice line)
{
	struct sums *s = context;

	s->bytes += line.len + 1;
	s->lines++;
	s->bits ^= line.len > 0 ? (unsigned char)line.at[0] + server : 0;
}

static void say(void *context, const struct log_archive_problem *problem)
{
	(void)context;
	(void)fprintf(stderr, "%s\n", problem->said.text);
}

/* The digits of "yyyy-mm-dd hh:mm:ss" as one number. */
static int64_t time_of(void *context, struct slice line)
{
	static const unsigned char digits[] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
	int64_t value = 0;

	(void)context;
	if (line.len < 19 || line.at[4] != '-')
		return LOG_ARCHIVE_NO_TIME;
	for (size_t i = 0; i < sizeof(digits); i++)
		value = value * 10 + (line.at[digits[i]] - '0');
	return value;
}

static double seconds_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(char *const *paths, size_t count, bool merged)
{
	struct sums sums = {0};
	const struct log_archive_visitor visitor = {add_line, say, merged ? time_of : NULL, &sums};
	struct log_archive_server *servers = calloc(count, sizeof(*servers));
	double begun = seconds_now();

	if (servers == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		servers[i] = (struct log_archive_server){(const char *const *)paths + i, 1, true};
	AUTO(log_archive) archive = log_archive_new(servers, count, &visitor);
	while (log_archive_read(archive, 4096))
		;
	double took = seconds_now() - begun;
	printf("%.2f GB/s  %.1f million lines/s  (%" PRIu64 " bytes, %" PRIu64 " lines, %" PRIu64
	       ")\n",
		(double)sums.bytes / took / 1e9, (double)sums.lines / took / 1e6, sums.bytes,
		sums.lines, sums.bits);
	free(servers);
}

int main(int argc, char **argv)
{
	long times = 5;
	bool merged = false;
	int c;

	while ((c = getopt(argc, argv, "mn:")) != -1) {
		if (c == 'n')
			times = strtol(optarg, NULL, 10);
		else if (c == 'm')
			merged = true;
		else
			return 2;
	}
	for (long i = 0; i < times; i++)
		run(argv + optind, (size_t)(argc - optind), merged);
	return 0;
}

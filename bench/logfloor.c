/* logfloor - what reading a log costs: a file through a large buffer, each line taken apart.
 *
 *   logfloor [--work parse|recipients|facts|lines] [--repeat N] [--clock ZONE] FILE
 *
 *   --work lines       only finds the lines (what any reader needs at least)
 *          parse       takes each apart (the default)
 *          recipients  and goes over the recipients of each arrival
 *          facts       turns them into facts, as stanch does; --clock is the zone (UTC)
 *   --clock ZONE       turns each line's time into seconds since 1970, too ("" the system's zone)
 *   --repeat N         N times, the best of which is told (1)
 *
 * Prints how many lines there are of each kind, then lines, bytes, seconds, MB/s (10^6 bytes) and
 * nanoseconds a line; with facts also facts a second and nanoseconds a message. */
#include "formats/exim_log.h"
#include "sensors/log_clock.h"
#include "sensors/log_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)1 << 20)

enum work { LINES, PARSE, RECIPIENTS, FACTS };

struct orders {
	enum work work;
	unsigned repeat;
	const char *path, *zone;
};

struct count {
	uint64_t kinds[EXIM_LOG_KINDS];
	uint64_t lines, bytes, recipients, seen, facts, messages;
	double seconds;
};

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "logfloor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static _Noreturn void usage(void)
{
	(void)fputs("usage: logfloor [--work parse|recipients|facts|lines] [--repeat N] "
		    "[--clock ZONE] FILE\n",
		stderr);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct state {
	const struct orders *orders;
	struct exim_log_reader reader;
	struct log_clock *clock; /* NULL: not asked for */
	struct log_facts *facts; /* NULL: not asked for */
	struct count *count;
};

static void go_over_recipients(const struct exim_log_line *line, struct count *count)
{
	struct slice rest = line->arrival.recipients, address;

	if (line->kind != EXIM_LOG_ACCEPTED)
		return;
	while (exim_log_recipient_next(&rest, &address)) {
		count->recipients++;
		count->seen += address.len;
	}
}

static void take_fact(struct state *s, struct slice text)
{
	struct fact fact;

	if (!log_facts_take(s->facts, LOG_FACTS_MAIN, text, &fact))
		return;
	s->count->facts++;
	s->count->messages += fact.kind == FACT_ACCEPTED;
	s->count->recipients += fact.recipient_count;
	s->count->seen += (uint64_t)fact.at_us;
}

static void take_line(struct state *s, struct slice text)
{
	struct exim_log_line line;

	s->count->lines++;
	if (s->orders->work == LINES)
		return;
	if (s->facts != NULL) {
		take_fact(s, text);
		return;
	}
	exim_log_read(&s->reader, text, &line);
	s->count->kinds[line.kind]++;
	if (s->clock != NULL && line.time.year != 0)
		s->count->seen += (uint64_t)log_clock_seconds(s->clock, &line.time);
	if (s->orders->work == RECIPIENTS)
		go_over_recipients(&line, s->count);
}

/* Takes the lines of the buffer; returns how many bytes of a line without end are left. */
static size_t take_buffer(struct state *s, const char *at, size_t len)
{
	struct slice rest = {at, len}, line;

	while (slice_take_line(&rest, &line))
		take_line(s, line);
	return rest.len;
}

static void read_file(struct state *s, int fd, char *buffer)
{
	size_t kept = 0;
	ssize_t n;

	while ((n = read(fd, buffer + kept, BUFFER_BYTES - kept)) > 0) {
		size_t len = kept + (size_t)n;

		s->count->bytes += (uint64_t)n;
		kept = take_buffer(s, buffer, len);
		if (kept == BUFFER_BYTES)
			kept = 0; /* no line of Exim's */
		memmove(buffer, buffer + len - kept, kept);
	}
	if (n < 0)
		fail(s->orders->path);
}

static void run(const struct orders *o, char *buffer, struct count *ret)
{
	struct state s = {.orders = o, .count = ret};
	int fd = open(o->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(o->path);
	if (o->work == FACTS && log_facts_new(o->zone != NULL ? o->zone : "UTC", &s.facts) != 0)
		usage();
	if (o->work != FACTS && o->zone != NULL && log_clock_new(o->zone, &s.clock) != 0)
		usage();
	double begun = now();
	read_file(&s, fd, buffer);
	ret->seconds = now() - begun;
	log_clock_free(s.clock);
	log_facts_free(s.facts);
	close(fd);
}

static void print(const struct orders *o, const struct count *c)
{
	for (int i = 0; o->work != LINES && o->work != FACTS && i < EXIM_LOG_KINDS; i++)
		if (c->kinds[i] > 0)
			printf("%s\t%llu\n", exim_log_kind_name((enum exim_log_kind)i),
				(unsigned long long)c->kinds[i]);
	(void)fprintf(stderr, "%llu lines, %llu bytes, %.3f s, %.0f MB/s, %.0f ns a line\n",
		(unsigned long long)c->lines, (unsigned long long)c->bytes, c->seconds,
		(double)c->bytes / c->seconds / 1e6, c->seconds * 1e9 / (double)c->lines);
	if (c->messages > 0)
		(void)fprintf(stderr, "%llu facts, %.0f a second; %llu messages, %.0f ns each\n",
			(unsigned long long)c->facts, (double)c->facts / c->seconds,
			(unsigned long long)c->messages, c->seconds * 1e9 / (double)c->messages);
	if (c->recipients > 0)
		(void)fprintf(stderr, "%llu recipients\n", (unsigned long long)c->recipients);
}

static enum work work_of(const char *name)
{
	if (strcmp(name, "lines") == 0)
		return LINES;
	if (strcmp(name, "recipients") == 0)
		return RECIPIENTS;
	if (strcmp(name, "facts") == 0)
		return FACTS;
	if (strcmp(name, "parse") != 0)
		usage();
	return PARSE;
}

static void read_options(int argc, char **argv, struct orders *o)
{
	static const struct option options[] = {{"work", required_argument, NULL, 'w'},
		{"repeat", required_argument, NULL, 'r'}, {"clock", required_argument, NULL, 'c'},
		{NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'w')
			o->work = work_of(optarg);
		else if (option == 'r')
			o->repeat = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'c')
			o->zone = optarg;
		else
			usage();
	}
	if (optind + 1 != argc || o->repeat == 0)
		usage();
	o->path = argv[optind];
}

int main(int argc, char **argv)
{
	struct orders o = {.work = PARSE, .repeat = 1};
	struct count best = {0};
	char *buffer = malloc(BUFFER_BYTES);

	if (buffer == NULL)
		fail("memory");
	read_options(argc, argv, &o);
	for (unsigned i = 0; i < o.repeat; i++) {
		struct count one = {0};

		run(&o, buffer, &one);
		if (i == 0 || one.seconds < best.seconds)
			best = one;
	}
	print(&o, &best);
	free(buffer);
	return 0;
}

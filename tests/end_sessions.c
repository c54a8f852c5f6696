/* end_sessions: what tests/system/sessions.sh measures.
 *
 * end_sessions LOG MAILBOX both|destroy|signal|count MILLISECONDS
 *	ends the mailbox's SMTP sessions, and prints when it began (seconds since 1970), how long it
 *	took, and what came of it; count: only how many are open. Status 0: none is left, 1: some
 *	are, 3: it could not be done, and why on standard error. */
#include "systems/exim/sessions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int count(const struct sessions_of *of)
{
	struct problem problem = {0};
	uint64_t open = 0;

	if (sessions_count(of, &open, &problem) < 0) {
		(void)fprintf(stderr, "end_sessions: %s\n", problem.text);
		return 3;
	}
	printf("%" PRIu64 "\n", open);
	return open > 0;
}

static int end(const struct sessions_of *of, enum sessions_means means, int64_t time_ms)
{
	struct sessions_ended ended;
	struct problem problem = {0};
	double began = seconds_of(CLOCK_REALTIME), from = seconds_of(CLOCK_MONOTONIC);
	int err = sessions_end(of, means, time_ms, &ended, &problem);

	printf("began=%.3f ms=%.0f found=%" PRIu64 " destroyed=%" PRIu64 " signalled=%" PRIu64
	       " left=%" PRIu64 "\n",
		began, (seconds_of(CLOCK_MONOTONIC) - from) * 1000, ended.found, ended.destroyed,
		ended.signalled, ended.left);
	if (err < 0)
		(void)fprintf(stderr, "end_sessions: %s\n", problem.text);
	return err < 0 ? 3 : ended.left > 0;
}

int main(int argc, char **argv)
{
	static const char *const words[] = {"both", "destroy", "signal"};
	struct source mailbox;

	if (argc != 5)
		return 2;
	source_set(&mailbox, SOURCE_MAILBOX, slice_of(argv[2]));
	const struct sessions_of of = {.mailbox = &mailbox, .main_log = argv[1]};
	if (strcmp(argv[3], "count") == 0)
		return count(&of);
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(argv[3], words[i]) == 0)
			return end(&of, (enum sessions_means)i, strtoll(argv[4], NULL, 10));
	return 2;
}

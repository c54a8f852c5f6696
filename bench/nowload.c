/* nowload.c - what it costs to tell each two seconds who sends now, and each minute what every
 * source did today, when all of them are active.
 *
 *   nowload [SOURCES]     100000 sources with 4 messages each, within the last hour */
#include "incidents/day_store.h"
#include "programs/daemon/active_sources.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NOW_US     (INT64_C(1795500000) * 1000000)
#define HOUR_US    (INT64_C(3600) * 1000000)
#define PER_SOURCE 4
#define TIMES      20

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct watch *w, unsigned sources)
{
	uint64_t all = (uint64_t)sources * PER_SOURCE;

	for (uint64_t i = 0; i < all; i++) {
		char by[48], to[48], id[32];
		unsigned who = (unsigned)(i % sources);
		struct source source;
		struct slice recipient;
		struct watch_result result;

		(void)snprintf(by, sizeof(by), "user%u@shop%u.test", who, who / 20);
		(void)snprintf(
			to, sizeof(to), "friend%u@far%u.test", (unsigned)(i % 977), who % 500);
		(void)snprintf(id, sizeof(id), "%016" PRIx64, i);
		source_set(&source, SOURCE_MAILBOX, slice_of(by));
		recipient = slice_of(to);
		const struct fact fact = {.kind = FACT_ACCEPTED,
			.at_us = NOW_US - HOUR_US + 1 + (int64_t)(i * (HOUR_US - 2) / all),
			.id = slice_of(id),
			.source = &source,
			.sender = slice_of(by),
			.client = slice_of("203.0.113.9"),
			.body = slice_of(
				"see the minutes of our meeting at http://shop.test/x, please"),
			.recipients = &recipient,
			.recipient_count = 1,
			.recipient_total = 1};
		(void)watch_take(w, &fact, &result);
	}
}

static void tell(struct watch *w)
{
	struct now_source rows[NOW_SOURCES_MAX];
	double begun = seconds(), most = 0;
	size_t active = 0, bytes = 0;

	for (int i = 0; i < TIMES; i++) {
		double from = seconds();
		size_t count = active_sources(w, NOW_US, rows, &active);
		json_t *o = now_sources_json(rows, count);

		bytes = json_dumpb(o, NULL, 0, JSON_COMPACT);
		json_decref(o);
		most = seconds() - from > most ? seconds() - from : most;
	}
	printf("sources: %zu active, told in %.2f ms (at most %.2f), %zu bytes\n", active,
		(seconds() - begun) * 1000 / TIMES, most * 1000, bytes);
}

static void put(void *context, const struct source *source, const struct source_day *day)
{
	struct problem problem = {0};

	if (day_store_put(context, source, day, &problem) < 0) {
		(void)fprintf(stderr, "%s\n", problem.text);
		exit(1);
	}
}

static int save(struct watch *w, const char *folder)
{
	struct problem problem = {0};
	struct day_store *store = NULL;
	double begun = seconds();

	int err = day_store_open(folder, &store, &problem);
	if (err == 0) {
		ledger_each_changed_day(watch_ledger(w), put, store);
		err = day_store_commit(store, NOW_US / 1000000, &problem);
	}
	day_store_free(store);
	if (err < 0)
		(void)fprintf(stderr, "%s\n", problem.text);
	else
		printf("days: saved in %.2f s\n", seconds() - begun);
	return err < 0 ? 1 : 0;
}

static double resident_mib(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : 0;
}

int main(int argc, char **argv)
{
	unsigned sources = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	char folder[] = "/tmp/stanch-now.XXXXXX", path[64];
	static const char *const ends[] = {"", "-wal", "-shm"};
	const struct watch_settings settings = {.sources_max = sources};

	if (sources == 0 || mkdtemp(folder) == NULL) {
		(void)fputs("usage: nowload [SOURCES]\n", stderr);
		return 2;
	}
	AUTO(watch) w = watch_new(&settings);
	AUTO(pace) pace = pace_new(sources);
	double begun = seconds();
	fill(w, sources);
	printf("%u messages of %zu sources in %.2f us each; %.1f MiB, of which paces %.2f MiB and "
	       "days %.1f MiB; %.1f MiB resident\n",
		sources * PER_SOURCE, ledger_count(watch_ledger(w)),
		(seconds() - begun) * 1e6 / (sources * PER_SOURCE),
		(double)ledger_bytes(watch_ledger(w)) / 1048576, (double)pace_bytes(pace) / 1048576,
		(double)(sizeof(struct source_days) * sources) / 1048576, resident_mib());
	tell(w);
	int status = save(w, folder);
	if (status == 0)
		status = save(w, folder); /* again, as each minute */
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/" DAY_STORE_NAME "%s", folder, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	return status;
}

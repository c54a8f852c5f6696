/* ledgerload.c - what it costs to remember many sources: memory, and saving and loading the whole.
 *
 *   ledgerload [SOURCES [DAYS]]     100000 sources with 4 messages each, over so many days (30) */
#include "facts/ledger.h"
#include "incidents/ledger_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BEGIN      (INT64_C(1795500000) * 1000000)
#define DAY_US     (INT64_C(86400) * 1000000)
#define PER_SOURCE 4

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct ledger *l, unsigned sources, unsigned days)
{
	uint64_t all = (uint64_t)sources * PER_SOURCE;

	for (uint64_t i = 0; i < all; i++) {
		char by[48], to[48], ip[24], id[32];
		unsigned who = (unsigned)(i % sources);
		struct source source;
		struct slice recipient;
		struct sighting seen;

		(void)snprintf(by, sizeof(by), "user%u@shop%u.test", who, who / 20);
		(void)snprintf(to, sizeof(to), "friend%u@far%u.test", (unsigned)(i % 7), who % 500);
		(void)snprintf(ip, sizeof(ip), "%u.%u.2.9", 20 + who % 200, who / 200 % 250);
		(void)snprintf(id, sizeof(id), "%016" PRIx64, i);
		source_set(&source, SOURCE_MAILBOX, slice_of(by));
		recipient = slice_of(to);
		const struct fact fact = {.kind = FACT_ACCEPTED,
			.at_us = BEGIN + (int64_t)(i * days / all) * DAY_US + (int64_t)i,
			.id = slice_of(id),
			.source = &source,
			.sender = slice_of(by),
			.client = slice_of(ip),
			.body = slice_of(
				"see the minutes of our meeting at http://shop.test/x, please"),
			.recipients = &recipient,
			.recipient_count = 1,
			.recipient_total = 1};
		(void)ledger_note(l, &fact, &seen);
	}
}

static int through_the_disk(struct ledger *l, unsigned sources, const char *folder)
{
	struct ledger_saved saved = {.seed = 0};
	struct problem problem = {0};
	double begun = seconds();

	saved.image = ledger_write(l, &saved.image_len);
	double written = seconds();
	int err = ledger_store_save(folder, &saved, &problem);
	double stored = seconds();
	printf("image %zu bytes, made in %.2f s, on disk in %.2f s\n", saved.image_len,
		written - begun, stored - written);
	ledger_saved_clear(&saved);
	if (err == 0)
		err = ledger_store_load(folder, &saved, &problem);
	if (err < 0) {
		(void)fprintf(stderr, "%s\n", problem.text);
		return 1;
	}
	AUTO(ledger) again = ledger_new(sources, LEDGER_MESSAGES_MAX);
	err = ledger_read(again, (struct slice){saved.image, saved.image_len});
	printf("loaded in %.2f s: %zu sources\n", seconds() - stored, ledger_count(again));
	ledger_saved_clear(&saved);
	return err == 0 && ledger_count(again) == ledger_count(l) ? 0 : 1;
}

/* The most so far, which is what the kernel gave. */
static double resident_mib(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : 0;
}

int main(int argc, char **argv)
{
	unsigned sources = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	unsigned days = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 30;
	char folder[] = "/tmp/stanch-ledger.XXXXXX", path[64];
	static const char *const ends[] = {"", "-wal", "-shm"};

	if (sources == 0 || days == 0 || mkdtemp(folder) == NULL) {
		(void)fputs("usage: ledgerload [SOURCES [DAYS]]\n", stderr);
		return 2;
	}
	AUTO(ledger) l = ledger_new(sources, LEDGER_MESSAGES_MAX);
	double begun = seconds();
	fill(l, sources, days);
	printf("%u messages of %zu sources in %.2f s (%.2f us each); %.1f MiB, %.0f bytes a "
	       "source; %.1f MiB resident\n",
		sources * PER_SOURCE, ledger_count(l), seconds() - begun,
		(seconds() - begun) * 1e6 / (sources * PER_SOURCE),
		(double)ledger_bytes(l) / 1048576,
		(double)ledger_bytes(l) / (double)ledger_count(l), resident_mib());
	int status = through_the_disk(l, sources, folder);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/" LEDGER_STORE_NAME "%s", folder, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	return status;
}

#include "programs/daemon/ledger_keeper.h"

#include "base/memory.h"
#include "base/sketch.h"
#include "incidents/day_store.h"
#include "incidents/ledger_store.h"
#include "programs/daemon/events.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAVE_MS      60000
#define SOURCE_BYTES 1800  /* that a source takes at most on average: one that began today */
#define ENDED_MOST   65536 /* days that are over and not saved yet */
#define ENDED_MANY   4096

/* How a child that saves ends. */
enum { SAVED_ALL, SAVED_NOTHING, SAVED_NO_DAYS };

struct ledger_keeper {
	const struct daemon_part *part;
	struct loop *loop;
	struct watch *watch;       /* the caller's */
	struct ledger_saved saved; /* what was remembered when we came */
	struct loop_child *saving;
	int64_t save_ms;
	uint64_t days_mark; /* what the child saves of the days */
	size_t days_ended;
	uint64_t days_lost; /* that were said */
	char folder[PATH_MAX];
};

static void trouble(struct ledger_keeper *k, const struct problem *problem)
{
	EVENT_LOG(k->part->log, EVENT_LEDGER_TROUBLE, loop_now_ms(k->loop),
		event_text("error", slice_of(problem->text)));
}

struct ledger_keeper *ledger_keeper_new(const struct daemon_part *part, struct loop *loop)
{
	struct ledger_keeper *k = memory_new(1, sizeof(*k));
	struct problem problem = {0};

	k->part = part;
	k->loop = loop;
	(void)snprintf(k->folder, sizeof(k->folder), "%s/" LEDGER_STORE_FOLDER,
		part->plan->values->general.state);
	int err = ledger_store_load(k->folder, &k->saved, &problem);
	if (err == 0) {
		hash_set_seed(k->saved.seed);
	} else if (err != -ENOENT) {
		trouble(k, &problem);
		ledger_store_set_aside(k->folder);
	}
	return k;
}

void ledger_keeper_free(struct ledger_keeper *k)
{
	if (k == NULL)
		return;
	loop_child_free(k->saving);
	ledger_saved_clear(&k->saved);
	free(k);
}

static struct watch *new_watch(const struct settings_values *values)
{
	uint64_t most = values->daemon.memory / SOURCE_BYTES;
	const struct watch_settings settings = {.alpha = values->detect.alpha,
		.suspect_bits = (double)values->detect.suspect_bits,
		.sources_max = most < LEDGER_SOURCES_MAX ? (size_t)most : LEDGER_SOURCES_MAX};

	return watch_new(&settings);
}

static void keep_watch(struct ledger_keeper *k)
{
	k->watch = new_watch(k->part->plan->values);
	ledger_keep_ended(watch_ledger(k->watch), ENDED_MOST);
}

static bool read_image(struct ledger_keeper *k)
{
	struct ledger *l = watch_ledger(k->watch);

	if (ledger_read(l, (struct slice){k->saved.image, k->saved.image_len}) < 0)
		return false;
	EVENT_LOG(k->part->log, EVENT_LEDGER_LOADED, loop_now_ms(k->loop),
		event_text("from", slice_of(k->folder)), event_number("saved", k->saved.saved),
		event_number("sources", (int64_t)ledger_count(l)));
	return true;
}

struct watch *ledger_keeper_watch(struct ledger_keeper *k)
{
	struct problem problem = {0};

	keep_watch(k);
	if (k->saved.image == NULL || read_image(k))
		return k->watch;
	(void)problem_set(
		&problem, 0, "%s: what is remembered is damaged, or of another version", k->folder);
	trouble(k, &problem);
	ledger_store_set_aside(k->folder);
	ledger_saved_clear(&k->saved);
	watch_free(k->watch);
	keep_watch(k);
	return k->watch;
}

bool ledger_keeper_remembers(const struct ledger_keeper *k)
{
	return k->saved.image != NULL;
}

bool ledger_keeper_position(
	const struct ledger_keeper *k, const char *path, struct log_position *ret)
{
	for (size_t i = 0; i < k->saved.place_count; i++)
		if (strcmp(k->saved.places[i].log, path) == 0)
			return log_position_parse(slice_of(k->saved.places[i].position), ret) == 0;
	return false;
}

static void add_place(
	struct ledger_saved *saved, const char *path, const struct log_position *position)
{
	char text[LOG_POSITION_TEXT];

	(void)log_position_text(position, text);
	saved->places[saved->place_count++] = (struct ledger_place){
		memory_copy(path, strlen(path)), memory_copy(text, strlen(text))};
}

/* ---- days ---- */

struct days_written {
	struct day_store *store;
	int err; /* the first */
	struct problem *problem;
};

static void write_day(void *context, const struct source *source, const struct source_day *day)
{
	struct days_written *w = context;

	if (w->err == 0)
		w->err = day_store_put(w->store, source, day, w->problem);
}

static int write_days(struct ledger_keeper *k, bool only_ended, struct problem *problem)
{
	const struct ledger *l = watch_ledger(k->watch);
	AUTO(day_store) store = NULL;
	int err = day_store_open(k->folder, &store, problem);

	if (err < 0)
		return err;
	struct days_written w = {.store = store, .problem = problem};
	ledger_each_ended(l, write_day, &w);
	if (!only_ended)
		ledger_each_changed_day(l, write_day, &w);
	return w.err < 0 ? w.err : day_store_commit(store, (int64_t)time(NULL), problem);
}

/* Trouble is said; what is damaged is set aside, and another is begun the next time. */
static int save_days(struct ledger_keeper *k, bool only_ended)
{
	struct problem problem = {0};
	int err = write_days(k, only_ended, &problem);

	if (err < 0)
		trouble(k, &problem);
	if (err == -EBADMSG)
		day_store_set_aside(k->folder);
	return err;
}

static void say_lost(struct ledger_keeper *k)
{
	struct problem problem = {0};
	uint64_t lost = ledger_ended_lost(watch_ledger(k->watch)) - k->days_lost;

	if (lost == 0)
		return;
	k->days_lost += lost;
	(void)problem_set(&problem, 0,
		"%s: days of %llu sources are not kept: they could not be saved in time", k->folder,
		(unsigned long long)lost);
	trouble(k, &problem);
}

void ledger_keeper_save_days(struct ledger_keeper *k)
{
	struct ledger *l = watch_ledger(k->watch);
	size_t ended = ledger_ended(l);

	if (ended >= ENDED_MANY && k->saving == NULL && save_days(k, true) == 0)
		ledger_drop_ended(l, ended);
}

/* ---- all of it ---- */

static int save_ledger(
	struct ledger_keeper *k, size_t places, ledger_keeper_place *place, void *context)
{
	struct ledger_saved saved = {.seed = hash_seed,
		.saved = (int64_t)time(NULL),
		.places = memory_new(places + 1, sizeof(struct ledger_place))};
	struct problem problem = {0};
	struct log_position position;
	const char *path;

	for (size_t i = 0; i < places; i++)
		if (place(context, i, &path, &position))
			add_place(&saved, path, &position);
	saved.image = ledger_write(watch_ledger(k->watch), &saved.image_len);
	int err = ledger_store_save(k->folder, &saved, &problem);
	ledger_saved_clear(&saved);
	if (err < 0)
		trouble(k, &problem);
	return err;
}

/* Days first: they are written again, and are the same, when what follows does not come to pass. */
static int save_all(
	struct ledger_keeper *k, size_t places, ledger_keeper_place *place, void *context)
{
	int days = save_days(k, false);

	if (save_ledger(k, places, place, context) < 0)
		return SAVED_NOTHING;
	return days < 0 ? SAVED_NO_DAYS : SAVED_ALL;
}

int ledger_keeper_save(
	struct ledger_keeper *k, size_t places, ledger_keeper_place *place, void *context)
{
	return save_all(k, places, place, context) == SAVED_NOTHING ? -EIO : 0;
}

static void on_saved(void *context, int status)
{
	struct ledger_keeper *k = context;
	struct ledger *l = watch_ledger(k->watch);

	loop_child_free(k->saving);
	k->saving = NULL;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != SAVED_ALL)
		return; /* it has said itself what went wrong */
	ledger_days_saved(l, k->days_mark);
	ledger_drop_ended(l, k->days_ended);
}

void ledger_keeper_save_sometimes(
	struct ledger_keeper *k, size_t places, ledger_keeper_place *place, void *context)
{
	if (k->saving != NULL || loop_now_ms(k->loop) - k->save_ms < SAVE_MS)
		return;
	k->save_ms = loop_now_ms(k->loop);
	say_lost(k);
	k->days_mark = ledger_days_mark(watch_ledger(k->watch));
	k->days_ended = ledger_ended(watch_ledger(k->watch));
	pid_t pid = fork();
	if (pid == 0)
		_exit(save_all(k, places, place, context));
	if (pid > 0)
		k->saving = loop_child_new(k->loop, pid, on_saved, k);
}

#include "reports/progress.h"

#include "base/memory.h"
#include "base/units.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define FIRST_AFTER 1.0 /* seconds; what is done by then needs no display */
#define EVERY_MS    200
#define BAR_COLUMNS 20

struct progress {
	progress_look *look;
	void *context;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool end;
};

static double seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_bar(FILE *out, const struct progress_state *state)
{
	uint64_t full = state->done >= state->total ? BAR_COLUMNS
						    : state->done * BAR_COLUMNS / state->total;
	char bar[BAR_COLUMNS + 1];

	for (size_t i = 0; i < BAR_COLUMNS; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR_COLUMNS] = '\0';
	(void)fprintf(out, "[%s] ", bar);
}

static void write_remaining(FILE *out, const struct progress_state *state, double rate)
{
	if (state->total <= state->done || rate <= 0)
		return;
	char left[UNITS_TEXT];
	double seconds = (double)(state->total - state->done) / rate;
	if (seconds < 1e9)
		(void)fprintf(out, ", %s left", units_age_text((int64_t)(seconds + 0.5), left));
}

void progress_write(FILE *out, const struct progress_state *state, double elapsed)
{
	char done[UNITS_TEXT], total[UNITS_TEXT], each_second[UNITS_TEXT];
	double rate = elapsed > 0 ? (double)state->done / elapsed : 0;

	if (state->total > 0)
		write_bar(out, state);
	(void)fputs(units_count_text(state->done, done), out);
	if (state->total > 0)
		(void)fprintf(out, " of %s%s", state->total_may_grow ? "about " : "",
			units_count_text(state->total, total));
	(void)fprintf(out, " %s, %s/s", state->what, units_count_text((uint64_t)rate, each_second));
	write_remaining(out, state, rate);
}

static bool wait_for_end(struct progress *p)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += EVERY_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	if (!p->end)
		(void)pthread_cond_timedwait(&p->changed, &p->lock, &until);
	return p->end;
}

static void *show(void *argument)
{
	struct progress *p = argument;
	double start = seconds_now();
	bool shown = false;

	(void)pthread_mutex_lock(&p->lock);
	while (!wait_for_end(p)) {
		double elapsed = seconds_now() - start;
		if (elapsed < FIRST_AFTER)
			continue;
		struct progress_state state = {0};
		p->look(p->context, &state);
		(void)fputs("\r", stderr);
		progress_write(stderr, &state, elapsed);
		(void)fputs("\033[K", stderr);
		(void)fflush(stderr);
		shown = true;
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (shown)
		(void)fputs("\r\033[K", stderr);
	return NULL;
}

struct progress *progress_new(bool wanted, progress_look *look, void *context)
{
	if (!wanted)
		return NULL;

	struct progress *p = memory_new(1, sizeof(*p));
	pthread_condattr_t attributes;

	p->look = look;
	p->context = context;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	if (pthread_create(&p->thread, NULL, show, p) == 0)
		return p;
	(void)pthread_cond_destroy(&p->changed);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

/* While folders are still being listed, those to come are taken to be as full as those before. */
static void look_at_scan(void *context, struct progress_state *ret)
{
	struct scan_progress *scan = context;
	uint64_t listed = atomic_load(&scan->listed);
	unsigned done = atomic_load(&scan->folders_done), all = atomic_load(&scan->folders_total);

	*ret = (struct progress_state){
		.what = "messages read",
		.done = atomic_load(&scan->messages),
		.total = done > 0 && done < all ? listed * all / done : listed,
		.total_may_grow = done < all,
	};
}

struct progress *progress_new_of_scan(bool wanted, struct scan_progress *scan)
{
	return progress_new(wanted, look_at_scan, scan);
}

void progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->end = true;
	(void)pthread_cond_signal(&p->changed);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	(void)pthread_cond_destroy(&p->changed);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

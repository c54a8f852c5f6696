#include "incidents/survey.h"

#include "base/memory.h"
#include "sensors/queue.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

/* ---- the pass over the queue ---- */

struct pass {
	const struct survey_options *options;
	struct tally *tally;
	struct queue_sensor
		*sensors[SCAN_THREADS_MAX]; /* one for each worker, made when it begins */
	atomic_ullong messages, uncertain, damaged;
};

static void visit(void *context, unsigned worker, const struct scanned *m)
{
	struct pass *p = context;
	struct queued q;

	if (p->sensors[worker] == NULL)
		p->sensors[worker] = queue_sensor_new(p->options->exim_login);
	bool sensed = queue_sense(p->sensors[worker], m, &q);
	if (p->options->filter != NULL) {
		enum filter_answer answer = filter_match(p->options->filter, worker, m, &q, sensed);
		if (answer == FILTER_UNKNOWN)
			atomic_fetch_add(&p->uncertain, 1);
		if (answer != FILTER_YES)
			return;
	}
	atomic_fetch_add_explicit(&p->messages, 1, memory_order_relaxed);
	if (q.damaged)
		atomic_fetch_add_explicit(&p->damaged, 1, memory_order_relaxed);
	tally_add(p->tally, &q);
}

static int read_queue(const struct survey_options *options, struct scan_progress *progress,
	struct survey *s, struct problem *problem)
{
	const char *only = options->filter != NULL ? filter_queue(options->filter) : NULL;
	const struct scan_options scan = {
		.threads = options->threads,
		.only_queue = only,
		.except_queue = only == NULL ? options->except_queue : NULL,
		.sizes = options->filter != NULL && filter_needs_sizes(options->filter),
	};
	struct pass p = {.options = options, .tally = s->tally};
	int r = exim_scan(options->spool, &scan, visit, &p, progress, &s->scan, problem);

	for (unsigned i = 0; i < SCAN_THREADS_MAX; i++)
		queue_sensor_free(p.sensors[i]);
	s->messages = atomic_load(&p.messages);
	s->uncertain = atomic_load(&p.uncertain);
	s->damaged = atomic_load(&p.damaged);
	return r;
}

/* ---- judging ---- */

/* Within one bit the larger stands first: families have limits, and below a bit the samples decide.
 */
static int by_score(const void *a, const void *b)
{
	const struct survey_source *x = a, *y = b;
	double p = floor(x->score), q = floor(y->score);

	if (p != q)
		return p > q ? -1 : 1;
	if (x->tally->recipients != y->tally->recipients)
		return x->tally->recipients > y->tally->recipients ? -1 : 1;
	if (x->tally->messages != y->tally->messages)
		return x->tally->messages > y->tally->messages ? -1 : 1;
	if (x->tally->source.kind != y->tally->source.kind)
		return x->tally->source.kind < y->tally->source.kind ? -1 : 1;
	return strcmp(x->tally->source.name, y->tally->source.name);
}

void survey_judge(const struct survey *s, const struct survey_source *source, struct judgement *ret)
{
	judge(&(struct detector_input){source->tally, source->content,
		      s->domains_known ? s->domains : NULL},
		ret);
}

static void judge_all(struct survey *s)
{
	struct judgement j;

	for (size_t i = 0; i < s->source_count; i++) {
		survey_judge(s, &s->sources[i], &j);
		s->sources[i].score = j.score;
	}
	qsort(s->sources, s->source_count, sizeof(s->sources[0]), by_score);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct tally_sample *)a)->id, ((const struct tally_sample *)b)->id);
}

/* Which thread read what first must not show. */
static void take_sources(struct survey *s)
{
	struct tally_source **all = tally_sources(s->tally, &s->source_count);

	s->rest = tally_rest(s->tally);
	s->sources = memory_new(s->source_count, sizeof(s->sources[0]));
	for (size_t i = 0; i < s->source_count; i++) {
		s->sources[i].tally = all[i];
		if (all[i]->sample_count > 1)
			qsort(all[i]->samples, all[i]->sample_count, sizeof(all[i]->samples[0]),
				by_id);
	}
}

/* ---- which domains are hosted ---- */

void survey_ask(struct survey *s, struct exim_domains *exim, size_t most)
{
	const char **names = memory_new(most, sizeof(*names));
	enum hosted *answers = memory_new(most, sizeof(*answers));
	size_t n = domain_table_unknown(s->domains, names, most);

	s->domains_known = true;
	if (n > 0 && exim_domains_ask(exim, names, n, answers, &s->domains_problem) < 0)
		s->domains_known = false;
	for (size_t i = 0; i < n && s->domains_known; i++)
		domain_table_answer(s->domains, names[i], answers[i]);
	free(names);
	free(answers);
}

static void add_sender_domains(struct survey *s)
{
	for (size_t i = 0; i < s->source_count; i++) {
		const struct tally_source *t = s->sources[i].tally;

		for (size_t k = 0; k < t->sender_domain_count; k++)
			domain_table_add(s->domains, t->sender_domains[k].name,
				t->sender_domains[k].messages);
	}
}

static void add_recipient_domains(struct survey *s)
{
	for (size_t i = 0; i < s->source_count; i++) {
		const struct content *c = s->sources[i].content;

		for (size_t k = 0; c != NULL && k < c->count; k++)
			for (size_t d = 0; d < c->samples[k].recipient_domain_count; d++)
				domain_table_add(s->domains, c->samples[k].recipient_domains[d], 1);
	}
}

/* ---- looking into messages ---- */

struct look {
	const struct survey_options *options;
	struct message_buffer *buffer;
	char *body;
};

/* Where it was when it was counted: in its letter's folder, or in input/ itself. */
static bool read_sample(
	struct look *l, const char *queue, const struct exim_id *id, struct scanned *ret)
{
	const struct exim_spool *spool = l->options->spool;

	for (size_t i = 0; i < spool->folder_count; i++) {
		const struct spool_folder *f = &spool->folders[i];

		if (f->letter != 0 && f->letter != exim_id_letter(id))
			continue;
		if (strcmp(f->queue, queue) == 0 && exim_read_message(f, id, l->buffer, ret) == 0)
			return true;
	}
	return false;
}

static void look_into(struct look *l, struct content *c, const struct tally_sample *sample)
{
	struct exim_id id;
	struct scanned m;

	if (exim_id_parse(slice_of(sample->id), &id) != 0)
		return;
	if (!read_sample(l, sample->queue, &id, &m))
		return; /* delivered since */
	if (m.header == NULL || !m.header->envelope_read)
		return;
	struct content_sample *found = content_add(c, &id, m.header);
	if (found == NULL || !l->options->content)
		return;
	int64_t n = exim_read_body(m.folder, &id, l->body, SURVEY_BODY_MAX);
	if (n > 0)
		content_add_body(found, m.header, (struct slice){l->body, (size_t)n});
}

/* Bounces made here are never judged by what they look like. */
static bool is_worth_it(const struct survey_source *s)
{
	return s->tally->source.kind != SOURCE_BOUNCE && s->tally->source.kind != SOURCE_UNKNOWN;
}

/* Of the samples of the source at that rank. A page shows the first 16. */
static size_t samples_worth(size_t rank, bool content)
{
	if (rank < 16 && content)
		return TALLY_SAMPLES;
	if (rank < 4)
		return 8;
	if (rank < 16)
		return 4;
	return content ? 6 : 1;
}

/* Looks into `n` of its samples, evenly over all. */
static void look_into_source(struct look *l, struct survey_source *source, size_t n)
{
	const struct tally_source *t = source->tally;

	source->content = memory_new(1, sizeof(*source->content));
	for (size_t k = 0; k < n; k++)
		look_into(l, source->content, &t->samples[k * t->sample_count / n]);
}

static void sample_all(struct survey *s, const struct survey_options *options)
{
	struct look l = {options, message_buffer_new(), memory_new(SURVEY_BODY_MAX, 1)};
	size_t left = options->content ? SURVEY_SAMPLES_MAX : SURVEY_HEADERS_MAX, rank = 0;

	for (size_t i = 0; i < s->source_count && left > 0 && rank < SURVEY_LOOKED_MAX; i++) {
		struct survey_source *source = &s->sources[i];

		if (!is_worth_it(source))
			continue;
		size_t n = samples_worth(rank++, options->content);
		n = n < source->tally->sample_count ? n : source->tally->sample_count;
		n = n < left ? n : left;
		look_into_source(&l, source, n);
		left -= n;
	}
	message_buffer_free(l.buffer);
	free(l.body);
}

int survey_run(const struct survey_options *options, struct scan_progress *progress,
	struct survey **ret_survey, struct problem *problem)
{
	AUTO(survey) s = memory_new(1, sizeof(*s));

	s->tally = tally_new();
	s->domains = domain_table_new();
	int r = read_queue(options, progress, s, problem);
	if (r < 0)
		return r;

	struct exim_domains *exim = options->exim;
	if (options->find_exim != NULL)
		exim = options->find_exim(options->find_context, &s->domains_problem);
	take_sources(s);
	add_sender_domains(s);
	if (exim != NULL)
		survey_ask(s, exim, SURVEY_SENDER_DOMAINS);
	judge_all(s);
	sample_all(s, options);
	add_recipient_domains(s);
	if (s->domains_known)
		survey_ask(s, exim, SURVEY_RECIPIENT_DOMAINS);
	judge_all(s);
	*ret_survey = s;
	s = NULL;
	return 0;
}

void survey_free(struct survey *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->source_count; i++)
		free(s->sources[i].content);
	free(s->sources);
	tally_free(s->tally);
	domain_table_free(s->domains);
	free(s);
}

const struct survey_source *survey_find(const struct survey *s, const struct source *source)
{
	for (size_t i = 0; i < s->source_count; i++)
		if (source_equal(&s->sources[i].tally->source, source))
			return &s->sources[i];
	return NULL;
}

const struct survey_source *survey_suspect(const struct survey *s, const struct source *source)
{
	for (size_t i = 0; i < s->source_count && s->sources[i].score >= SCORE_SUSPECT; i++)
		if (source_equal(&s->sources[i].tally->source, source))
			return &s->sources[i];
	return NULL;
}

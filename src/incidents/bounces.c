#include "incidents/bounces.h"

#include "base/memory.h"
#include "sensors/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Found in the pass over the queue. */
struct found {
	const struct spool_folder *folder;
	struct exim_id id;
};

struct work {
	struct survey *survey;
	const struct survey_options *options;
	struct journal *journal;
	pthread_mutex_t lock; /* of what follows, while the queue is read */
	struct found *found;
	size_t count, room;
	struct sessions *sessions;
	struct bounces_result result;
	struct queue_sensor *sensors[SCAN_THREADS_MAX];

	/* Afterwards, by one thread. */
	struct message_buffer *buffer, *traced;
	char *body;
	struct source **owners; /* of held mail; each once */
	size_t owner_count;
};

/* ---- the pass over the queue ---- */

static bool is_bounce(const struct queued *q)
{
	return q->bounce && (q->source.kind == SOURCE_BOUNCE || q->source.kind == SOURCE_HOST);
}

static void add_found(struct work *w, const struct scanned *m, const struct queued *q)
{
	char domain[TALLY_DOMAIN_MAX + 1] = "";

	w->result.bounces++;
	if (w->count == BOUNCES_MAX) {
		w->result.left_out++;
		return;
	}
	if (w->count == w->room) {
		w->room = w->room > 0 ? 2 * w->room : 256;
		w->found = memory_grow(w->found, w->room, sizeof(*w->found));
	}
	w->found[w->count++] = (struct found){m->folder, m->id};
	if (q->recipient_count > 0)
		content_domain(q->recipients[0], domain);
	domain_table_add(w->survey->domains, domain, 1);
}

static void visit(void *context, unsigned worker, const struct scanned *m)
{
	struct work *w = context;
	struct queued q;

	if (w->sensors[worker] == NULL)
		w->sensors[worker] = queue_sensor_new(w->options->exim_login);
	if (!queue_sense(w->sensors[worker], m, &q))
		return;
	if (is_bounce(&q)) {
		(void)pthread_mutex_lock(&w->lock);
		add_found(w, m, &q);
		(void)pthread_mutex_unlock(&w->lock);
		return;
	}
	if (q.source.kind != SOURCE_MAILBOX)
		return;
	const struct survey_source *s = survey_suspect(w->survey, &q.source);
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	sessions_add(w->sessions, &m->id, &s->tally->source);
	(void)pthread_mutex_unlock(&w->lock);
}

static int read_queue(struct work *w, struct scan_progress *progress, struct problem *problem)
{
	const struct scan_options scan = {
		.threads = w->options->threads, .except_queue = w->options->except_queue};
	struct scan_result result;
	int r = exim_scan(w->options->spool, &scan, visit, w, progress, &result, problem);

	for (unsigned i = 0; i < SCAN_THREADS_MAX; i++)
		queue_sensor_free(w->sensors[i]);
	return r;
}

/* ---- what the journal knows ---- */

/* Restored mail is none: what an administrator put back is honest. */
#define TAKEN_OUT                                                                                  \
	(1u << MESSAGE_HELD | 1u << MESSAGE_PURGING | 1u << MESSAGE_PURGED | 1u << MESSAGE_GONE)

/* The same owner as the last time, mostly. */
static const struct source *keep_owner(struct work *w, const struct source *source)
{
	for (size_t i = w->owner_count; i > 0; i--)
		if (source_equal(w->owners[i - 1], source))
			return w->owners[i - 1];
	struct source *own = memory_new(1, sizeof(*own));
	*own = *source;
	w->owners = memory_grow(w->owners, w->owner_count + 1, sizeof(struct source *));
	w->owners[w->owner_count++] = own;
	return own;
}

/* Owners are few, or this would be slow: further ones have no sessions. */
#define OWNERS_MAX 200

static bool see_held(void *context, const struct journal_message *m)
{
	struct work *w = context;
	struct source source;

	if (source_parse(m->source, &source) != 0 || source.kind != SOURCE_MAILBOX)
		return true;
	if (w->owner_count < OWNERS_MAX)
		sessions_add(w->sessions, &m->id, keep_owner(w, &source));
	return true;
}

static int read_journal(struct work *w, struct problem *problem)
{
	const struct journal_choice choice = {.states = TAKEN_OUT};

	return w->journal != NULL ? journal_each_message(w->journal, &choice, see_held, w, problem)
				  : 0;
}

struct held {
	int64_t hold;
	struct source source;
};

static bool take_held(void *context, const struct journal_message *m)
{
	struct held *h = context;

	h->hold = m->hold;
	if (source_parse(m->source, &h->source) != 0)
		source_set(&h->source, SOURCE_UNKNOWN, (struct slice){0});
	return true;
}

/* ---- one bounce ---- */

/* What was found out about the returned message. */
struct trace {
	enum backscatter_trace kind;
	struct source source;
	double score;
	int64_t hold;
	struct exim_id session_id;
};

static int trace_in_journal(
	struct work *w, const struct exim_id *id, struct trace *t, struct problem *problem)
{
	const struct journal_choice choice = {.id = id, .states = TAKEN_OUT};
	struct held held = {0};

	if (w->journal == NULL)
		return 0;
	int r = journal_each_message(w->journal, &choice, take_held, &held, problem);
	if (r == 0 && held.hold != 0)
		*t = (struct trace){.kind = TRACE_HELD, .source = held.source, .hold = held.hold};
	return r;
}

static void trace_in_queue(struct work *w, const struct exim_id *id, struct trace *t)
{
	const struct spool_folder *folder = exim_spool_find(w->options->spool, NULL, id);
	struct scanned m;

	if (folder == NULL || exim_read_message(folder, id, w->traced, &m) != 0)
		return;
	if (m.header == NULL || !m.header->envelope_read)
		return;
	t->kind = TRACE_QUEUED;
	queue_attribute(m.header, w->options->exim_login, &t->source);
	const struct survey_source *s = survey_suspect(w->survey, &t->source);
	t->score = s != NULL ? s->score : 0.0;
}

static void trace_session(struct work *w, const struct exim_id *id, struct trace *t)
{
	const struct source *owner = sessions_find(w->sessions, id, &t->session_id);

	if (owner == NULL)
		return;
	t->kind = TRACE_SESSION;
	t->source = *owner;
}

static int trace(struct work *w, const struct exim_id *id, struct trace *t, struct problem *problem)
{
	*t = (struct trace){.kind = TRACE_NONE};
	int r = trace_in_journal(w, id, t, problem);

	if (r == 0 && t->kind == TRACE_NONE)
		trace_in_queue(w, id, t);
	if (r == 0 && t->kind == TRACE_NONE)
		trace_session(w, id, t);
	return r;
}

static bool is_suspect(const struct work *w, struct slice mailbox)
{
	struct source source;

	source_set(&source, SOURCE_MAILBOX, mailbox);
	return survey_suspect(w->survey, &source) != NULL;
}

static enum hosted hosted(const struct work *w, struct slice address)
{
	char domain[TALLY_DOMAIN_MAX + 1];

	content_domain(address, domain);
	return domain_table_hosted(w->survey->domains_known ? w->survey->domains : NULL, domain);
}

/* The name by which this server calls itself, as Exim wrote it into the first field. */
static struct slice our_host(const struct exim_header *header)
{
	return returned_mail_receiver(exim_field_value(header, "Received"));
}

static void read_returned(struct work *w, const struct scanned *m, struct returned_mail *ret,
	const struct returned_mail **ret_returned)
{
	int64_t n = exim_read_body(m->folder, &m->id, w->body, RETURNED_MAIL_BODY_MAX);
	struct slice body = {w->body, n > 0 ? (size_t)n : 0};
	struct slice failed = exim_field_value(m->header, "X-Failed-Recipients");
	char header[512];
	int len = snprintf(header, sizeof(header), "X-Failed-Recipients: %.*s\n",
		failed.len < 400 ? (int)failed.len : 400, failed.at != NULL ? failed.at : "");

	*ret_returned = NULL;
	if (returned_mail_read((struct slice){header, failed.at != NULL ? (size_t)len : 0}, body,
		    our_host(m->header), m->header->received, ret) == 0)
		*ret_returned = ret;
}

static int judge_one(struct work *w, const struct found *f, bounce_visit *seen, void *seen_context,
	bool *ret_go_on, struct problem *problem)
{
	struct returned_mail returned;
	struct backscatter_verdict verdict;
	struct trace t = {.kind = TRACE_NONE};
	struct scanned m;
	struct slice to = {0};

	*ret_go_on = true;
	if (exim_read_message(f->folder, &f->id, w->buffer, &m) != 0)
		return 0; /* delivered since */
	if (m.header == NULL || !m.header->envelope_read) {
		w->result.unreadable++;
		return 0;
	}
	struct slice rest = m.header->recipients;
	(void)exim_recipient_next_address(&rest, &to);
	struct backscatter_input in = {.our_host = our_host(m.header),
		.to = to,
		.to_hosted = hosted(w, to),
		.to_suspect = is_suspect(w, to)};
	read_returned(w, &m, &returned, &in.returned);
	if (in.returned != NULL && returned.has_exim_id) {
		int r = trace(w, &returned.exim_id, &t, problem);
		if (r < 0)
			return r;
	}
	in.trace = t.kind;
	in.source = t.kind != TRACE_NONE ? &t.source : NULL;
	in.score = t.score;
	in.hold = t.hold;
	in.session_id = t.session_id.text;
	backscatter_judge(&in, &verdict);
	w->result.kinds[verdict.kind]++;
	*ret_go_on = seen(
		seen_context, &(struct bounce){&f->id, f->folder->queue, to, m.header->received,
				      (m.header->flags & EXIM_FROZEN) != 0, in.returned, &verdict});
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->folder != y->folder)
		return x->folder < y->folder ? -1 : 1;
	return exim_id_compare(&x->id, &y->id);
}

static int judge_all(
	struct work *w, bounce_visit *seen, void *seen_context, struct problem *problem)
{
	bool go_on = true;
	int r = 0;

	if (w->count > 1)
		qsort(w->found, w->count, sizeof(*w->found), by_place);
	for (size_t i = 0; i < w->count && r == 0 && go_on; i++)
		r = judge_one(w, &w->found[i], seen, seen_context, &go_on, problem);
	return r;
}

static void end(struct work *w)
{
	(void)pthread_mutex_destroy(&w->lock);
	message_buffer_free(w->buffer);
	message_buffer_free(w->traced);
	sessions_free(w->sessions);
	for (size_t i = 0; i < w->owner_count; i++)
		free(w->owners[i]);
	free(w->owners);
	free(w->found);
	free(w->body);
}

int bounces_judge(struct survey *survey, const struct survey_options *options,
	struct journal *journal, struct scan_progress *progress, bounce_visit *seen,
	void *seen_context, struct bounces_result *ret_result, struct problem *problem)
{
	struct work w = {
		.survey = survey,
		.options = options,
		.journal = journal,
		.sessions = sessions_new(),
		.buffer = message_buffer_new(),
		.traced = message_buffer_new(),
		.body = memory_new(RETURNED_MAIL_BODY_MAX, 1),
	};

	(void)pthread_mutex_init(&w.lock, NULL);
	int r = read_queue(&w, progress, problem);
	if (r == 0 && options->exim != NULL)
		survey_ask(survey, options->exim, BOUNCES_DOMAINS);
	if (r == 0)
		r = read_journal(&w, problem);
	if (r == 0)
		r = judge_all(&w, seen, seen_context, problem);
	if (r == 0)
		*ret_result = w.result;
	end(&w);
	return r;
}

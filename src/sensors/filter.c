#include "sensors/filter.h"

#include "base/memory.h"
#include "base/printable.h"
#include "formats/exim_header.h"
#include "formats/mail_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps that one expression may take on one text before it is given up: a thousandth of PCRE2's own
 * limit, still a hundred times what sensible ones need on a subject. */
#define MATCH_STEPS_MAX 100000
#define SHOWN_MAX       120 /* bytes of a wrong word repeated in a message */

enum pattern_kind { PATTERN_NONE, PATTERN_EXACT, PATTERN_GLOB, PATTERN_EXPRESSION };

struct pattern {
	enum pattern_kind kind;
	char *text; /* NULL for an expression */
	pcre2_code *code;
};

struct filter {
	struct filter_settings settings; /* its pointers are not used after filter_new() */
	struct pattern sender, recipient, subject, id;
	char *domain, *queue;
	bool has_source;
	struct source source;
	struct source *sources; /* targets */
	size_t source_count;
	struct exim_id *ids; /* targets, sorted */
	size_t id_count;
	int64_t now;
	pcre2_match_context *limits;
	pcre2_match_data *matches[SCAN_THREADS_MAX]; /* one for each worker, made by it */
};

/* ---- patterns ---- */

static int compile_expression(
	struct pattern *p, const char *option, struct slice text, struct problem *problem)
{
	int error = 0;
	PCRE2_SIZE offset = 0;
	PCRE2_UCHAR why[120] = "";

	p->kind = PATTERN_EXPRESSION;
	p->code = pcre2_compile((PCRE2_SPTR)text.at, text.len,
		PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C,
		&error, &offset, NULL);
	if (p->code == NULL) {
		(void)pcre2_get_error_message(error, why, sizeof(why));
		return problem_set(problem, -EINVAL, "--%s: at character %zu of the expression: %s",
			option, offset + 1, (const char *)why);
	}
	(void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE); /* without it, it is only slower */
	return 0;
}

static int compile_pattern(
	struct pattern *p, const char *option, const char *text, struct problem *problem)
{
	if (text == NULL)
		return 0;
	size_t len = strlen(text);
	if (len >= 2 && text[0] == '/' && text[len - 1] == '/')
		return compile_expression(p, option, (struct slice){text + 1, len - 2}, problem);
	p->kind = strpbrk(text, "*?") != NULL ? PATTERN_GLOB : PATTERN_EXACT;
	p->text = memory_copy(text, len);
	return 0;
}

static void free_pattern(struct pattern *p)
{
	free(p->text);
	pcre2_code_free(p->code);
}

static bool is_same_letter(char a, char b)
{
	return slice_equal_nocase((struct slice){&a, 1}, (struct slice){&b, 1});
}

/* Goes back to the last '*' only, so time grows with the product of the lengths at worst. */
static bool glob_matches(const char *glob, struct slice text)
{
	const char *star = NULL; /* behind the last one passed */
	size_t at = 0, star_at = 0;

	while (at < text.len) {
		if (*glob == '*') {
			star = ++glob;
			star_at = at;
		} else if (*glob == '?' || (*glob != '\0' && is_same_letter(*glob, text.at[at]))) {
			glob++;
			at++;
		} else if (star != NULL) {
			glob = star;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

static enum filter_answer yes_if(bool condition)
{
	return condition ? FILTER_YES : FILTER_NO;
}

static enum filter_answer expression_matches(
	struct filter *f, unsigned worker, const struct pattern *p, struct slice text)
{
	if (f->matches[worker] == NULL)
		f->matches[worker] = pcre2_match_data_create(1, NULL);
	if (f->matches[worker] == NULL)
		return FILTER_UNKNOWN;
	int r = pcre2_match(p->code, (PCRE2_SPTR)(text.len > 0 ? text.at : ""), text.len, 0, 0,
		f->matches[worker], f->limits);
	return r >= 0 ? FILTER_YES : r == PCRE2_ERROR_NOMATCH ? FILTER_NO : FILTER_UNKNOWN;
}

static enum filter_answer pattern_matches(
	struct filter *f, unsigned worker, const struct pattern *p, struct slice text)
{
	switch (p->kind) {
	case PATTERN_EXACT:
		return yes_if(slice_equal_nocase(slice_of(p->text), text));
	case PATTERN_GLOB:
		return yes_if(glob_matches(p->text, text));
	case PATTERN_EXPRESSION:
		return expression_matches(f, worker, p, text);
	case PATTERN_NONE:
		break;
	}
	return FILTER_YES;
}

/* ---- compiling ---- */

static int compare_ids(const void *a, const void *b)
{
	return exim_id_compare(a, b);
}

static int add_target(struct filter *f, const char *target, struct problem *problem)
{
	char shown[SHOWN_MAX];

	if (exim_id_parse(slice_of(target), &f->ids[f->id_count]) == 0) {
		f->id_count++;
		return 0;
	}
	if (source_parse(slice_of(target), &f->sources[f->source_count]) == 0) {
		f->source_count++;
		return 0;
	}
	return problem_set(problem, -EINVAL,
		"\"%s\" is neither a message id nor a source (kind:name, or a mailbox's address)",
		printable_text(slice_of(target), shown, sizeof(shown)));
}

static int add_targets(
	struct filter *f, const char *const *targets, size_t count, struct problem *problem)
{
	f->ids = memory_new(count, sizeof(*f->ids));
	f->sources = memory_new(count, sizeof(*f->sources));
	for (size_t i = 0; i < count; i++) {
		int r = add_target(f, targets[i], problem);
		if (r < 0)
			return r;
	}
	qsort(f->ids, f->id_count, sizeof(*f->ids), compare_ids);
	return 0;
}

static int set_source(struct filter *f, const char *typed, struct problem *problem)
{
	char shown[SHOWN_MAX];

	if (typed == NULL)
		return 0;
	f->has_source = true;
	if (source_parse(slice_of(typed), &f->source) == 0)
		return 0;
	return problem_set(problem, -EINVAL,
		"--source: \"%s\" is no source (kind:name, or a mailbox's address)",
		printable_text(slice_of(typed), shown, sizeof(shown)));
}

static int set_queue(struct filter *f, const char *name, struct problem *problem)
{
	char shown[SHOWN_MAX];

	if (name == NULL)
		return 0;
	if (*name != '\0' && !exim_spool_is_queue_name(name))
		return problem_set(problem, -EINVAL, "--queue: \"%s\" cannot be a queue's name",
			printable_text(slice_of(name), shown, sizeof(shown)));
	f->queue = memory_copy(name, strlen(name));
	return 0;
}

static int set_domain(struct filter *f, const char *name)
{
	if (name != NULL)
		f->domain = memory_copy(name + (*name == '@'), strlen(name + (*name == '@')));
	return 0;
}

/* Conditions that no message can meet are a slip of the person who typed them. */
static int refuse_contradiction(const struct filter_settings *s, struct problem *problem)
{
	if (s->frozen && s->not_frozen)
		return problem_set(
			problem, -EINVAL, "--frozen and --not-frozen: no message can be both");
	if (s->min_recipients.given && s->max_recipients.given &&
		s->min_recipients.value > s->max_recipients.value)
		return problem_set(problem, -EINVAL,
			"--min-recipients %" PRIu64 " is more than --max-recipients %" PRIu64,
			s->min_recipients.value, s->max_recipients.value);
	if (s->older_than.given && s->younger_than.given &&
		s->older_than.value >= s->younger_than.value)
		return problem_set(problem, -EINVAL,
			"--older-than and --younger-than: no message can be both");
	if (s->larger_than.given && s->smaller_than.given &&
		s->larger_than.value >= s->smaller_than.value)
		return problem_set(problem, -EINVAL,
			"--larger-than and --smaller-than: no message can be both");
	return 0;
}

static int compile(struct filter *f, const struct filter_settings *s, struct problem *problem)
{
	int r = refuse_contradiction(s, problem);

	if (r >= 0)
		r = set_source(f, s->source, problem);
	if (r >= 0)
		r = set_queue(f, s->queue, problem);
	if (r >= 0)
		r = set_domain(f, s->domain);
	if (r >= 0)
		r = compile_pattern(&f->sender, "sender", s->sender, problem);
	if (r >= 0)
		r = compile_pattern(&f->recipient, "recipient", s->recipient, problem);
	if (r >= 0)
		r = compile_pattern(&f->subject, "subject", s->subject, problem);
	if (r >= 0)
		r = compile_pattern(&f->id, "id", s->id, problem);
	return r;
}

int filter_new(const struct filter_settings *settings, const char *const *targets,
	size_t target_count, int64_t now, struct filter **ret_filter, struct problem *problem)
{
	struct filter *f = memory_new(1, sizeof(*f));

	f->settings = *settings;
	f->now = now;
	f->limits = pcre2_match_context_create(NULL);
	if (f->limits != NULL)
		(void)pcre2_set_match_limit(f->limits, MATCH_STEPS_MAX);
	int r = compile(f, settings, problem);
	if (r >= 0)
		r = add_targets(f, targets, target_count, problem);
	if (r < 0) {
		filter_free(f);
		return r;
	}
	*ret_filter = f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	free_pattern(&f->sender);
	free_pattern(&f->recipient);
	free_pattern(&f->subject);
	free_pattern(&f->id);
	free(f->domain);
	free(f->queue);
	free(f->sources);
	free(f->ids);
	for (size_t i = 0; i < SCAN_THREADS_MAX; i++)
		pcre2_match_data_free(f->matches[i]);
	pcre2_match_context_free(f->limits);
	free(f);
}

/* ---- questions about the filter ---- */

/* Whether more than a message's name and its source is asked about. */
static bool asks_contents(const struct filter *f)
{
	const struct filter_settings *s = &f->settings;

	return f->domain != NULL || f->sender.kind != PATTERN_NONE ||
	       f->recipient.kind != PATTERN_NONE || f->subject.kind != PATTERN_NONE ||
	       s->older_than.given || s->younger_than.given || s->larger_than.given ||
	       s->smaller_than.given || s->min_recipients.given || s->max_recipients.given ||
	       s->frozen || s->not_frozen || s->bounce;
}

bool filter_is_empty(const struct filter *f)
{
	return f->id_count == 0 && f->source_count == 0 && !f->has_source &&
	       f->id.kind == PATTERN_NONE && !asks_contents(f);
}

const char *filter_queue(const struct filter *f)
{
	return f->queue;
}

bool filter_needs_sizes(const struct filter *f)
{
	return f->settings.larger_than.given || f->settings.smaller_than.given;
}

const struct exim_id *filter_ids(const struct filter *f, size_t *ret_count)
{
	*ret_count = f->id_count;
	return f->ids;
}

uint64_t filter_size(const struct scanned *m)
{
	uint64_t offset = exim_id_body_offset(&m->id);

	if (m->header == NULL || m->data_size < 0)
		return 0;
	uint64_t body = (uint64_t)m->data_size > offset ? (uint64_t)m->data_size - offset : 0;
	return m->header->fields_size + body + 1;
}

/* ---- questions about a message ---- */

static bool is_target_id(const struct filter *f, const struct scanned *m)
{
	return f->id_count > 0 &&
	       bsearch(&m->id, f->ids, f->id_count, sizeof(*f->ids), compare_ids) != NULL;
}

static enum filter_answer match_name(struct filter *f, unsigned worker, const struct scanned *m)
{
	if (f->queue != NULL && strcmp(f->queue, m->folder->queue) != 0)
		return FILTER_NO;
	return pattern_matches(f, worker, &f->id, (struct slice){m->id.text, m->id.len});
}

/* A source that is not known may be any. */
static enum filter_answer is_source(
	const struct source *wanted, const struct queued *q, bool sensed)
{
	if (source_equal(wanted, &q->source))
		return FILTER_YES;
	return q->source.kind == SOURCE_UNKNOWN && (!sensed || q->damaged) ? FILTER_UNKNOWN
									   : FILTER_NO;
}

static enum filter_answer match_targets(
	const struct filter *f, const struct scanned *m, const struct queued *q, bool sensed)
{
	enum filter_answer answer = FILTER_NO;

	if (f->id_count == 0 && f->source_count == 0)
		return FILTER_YES;
	if (is_target_id(f, m))
		return FILTER_YES;
	for (size_t i = 0; i < f->source_count && answer != FILTER_YES; i++) {
		enum filter_answer one = is_source(&f->sources[i], q, sensed);
		if (one != FILTER_NO)
			answer = one;
	}
	return answer;
}

static bool is_in_domain(struct slice address, const char *domain)
{
	size_t at = slice_find_last(address, '@');

	return slice_equal_nocase(slice_after(address, at + 1), slice_of(domain)) &&
	       at < address.len;
}

static enum filter_answer match_sender(struct filter *f, unsigned worker, const struct queued *q)
{
	if (f->settings.bounce && !q->bounce)
		return FILTER_NO;
	return pattern_matches(f, worker, &f->sender, q->sender);
}

static enum filter_answer match_recipients(
	struct filter *f, unsigned worker, const struct queued *q)
{
	enum filter_answer any = FILTER_NO;

	if (f->recipient.kind == PATTERN_NONE)
		return FILTER_YES;
	for (size_t i = 0; i < q->recipient_count && any != FILTER_YES; i++) {
		if (q->delivered[i])
			continue;
		enum filter_answer one =
			pattern_matches(f, worker, &f->recipient, q->recipients[i]);
		if (one != FILTER_NO)
			any = one;
	}
	return any;
}

static bool has_domain(const struct filter *f, const struct queued *q)
{
	if (f->domain == NULL || is_in_domain(q->sender, f->domain))
		return true;
	for (size_t i = 0; i < q->recipient_count; i++)
		if (!q->delivered[i] && is_in_domain(q->recipients[i], f->domain))
			return true;
	return false;
}

static bool has_age(const struct filter *f, const struct queued *q)
{
	const struct filter_settings *s = &f->settings;
	int64_t age = f->now - q->received;

	return (!s->older_than.given || age > (int64_t)s->older_than.value) &&
	       (!s->younger_than.given || age < (int64_t)s->younger_than.value);
}

static bool has_flags(const struct filter *f, const struct queued *q)
{
	return (!f->settings.frozen || q->frozen) && (!f->settings.not_frozen || !q->frozen);
}

static bool has_recipient_count(const struct filter *f, const struct queued *q)
{
	const struct filter_settings *s = &f->settings;

	return (!s->min_recipients.given || q->recipient_count >= s->min_recipients.value) &&
	       (!s->max_recipients.given || q->recipient_count <= s->max_recipients.value);
}

static bool asks_recipients(const struct filter *f)
{
	return f->recipient.kind != PATTERN_NONE || f->domain != NULL ||
	       f->settings.min_recipients.given || f->settings.max_recipients.given;
}

static enum filter_answer match_size(const struct filter *f, const struct scanned *m)
{
	const struct filter_settings *s = &f->settings;

	if (!filter_needs_sizes(f))
		return FILTER_YES;
	if (m->data_size < 0)
		return FILTER_UNKNOWN; /* no -D: nobody knows how large it was */
	uint64_t size = filter_size(m);
	return yes_if((!s->larger_than.given || size > s->larger_than.value) &&
		      (!s->smaller_than.given || size < s->smaller_than.value));
}

static enum filter_answer match_subject(struct filter *f, unsigned worker, const struct scanned *m)
{
	if (f->subject.kind == PATTERN_NONE)
		return FILTER_YES;
	struct slice value = exim_field_value(m->header, "Subject");
	char *subject = mail_text_field(value);
	enum filter_answer answer = pattern_matches(f, worker, &f->subject, slice_of(subject));
	free(subject);
	return answer;
}

/* The answers of several conditions together: one no is no, whatever is unknown. */
static enum filter_answer both(enum filter_answer a, enum filter_answer b)
{
	if (a == FILTER_NO || b == FILTER_NO)
		return FILTER_NO;
	return a == FILTER_UNKNOWN || b == FILTER_UNKNOWN ? FILTER_UNKNOWN : FILTER_YES;
}

/* What lies behind the damage may be what was asked for: a no becomes unknown. */
static enum filter_answer unless_lost(enum filter_answer answer, bool lost)
{
	return answer == FILTER_NO && lost ? FILTER_UNKNOWN : answer;
}

static enum filter_answer match_envelope(
	struct filter *f, unsigned worker, const struct queued *q, bool envelope_lost)
{
	enum filter_answer answer = both(match_sender(f, worker, q), yes_if(has_age(f, q)));

	answer = both(answer, unless_lost(yes_if(has_flags(f, q)), envelope_lost));
	if (!asks_recipients(f))
		return answer;
	enum filter_answer recipients = both(match_recipients(f, worker, q),
		both(yes_if(has_domain(f, q)), yes_if(has_recipient_count(f, q))));
	return both(answer, envelope_lost ? FILTER_UNKNOWN : recipients);
}

enum filter_answer filter_match(struct filter *f, unsigned worker, const struct scanned *m,
	const struct queued *q, bool sensed)
{
	enum filter_answer answer = both(match_name(f, worker, m), match_targets(f, m, q, sensed));

	if (f->has_source)
		answer = both(answer, is_source(&f->source, q, sensed));
	if (answer == FILTER_NO)
		return FILTER_NO;
	if (!sensed)
		return asks_contents(f) ? FILTER_UNKNOWN : answer;

	bool lost = !m->header->envelope_read || m->error != 0;
	answer = both(answer, match_envelope(f, worker, q, lost));
	if (answer != FILTER_NO)
		answer = both(answer, match_size(f, m));
	if (answer != FILTER_NO)
		answer = both(answer,
			unless_lost(match_subject(f, worker, m), m->header->damage.what != NULL));
	return answer;
}

/* Laws: a fact and what it lends stand on nothing but the line it came from, so that lines freed
 * after their turn, and copies of them, give the same facts; every line is counted once; members
 * that do not belong to a kind are not there; a source is one that the line can prove. */
#include "sensors/log_facts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void same(struct slice a, struct slice b)
{
	must((a.at == NULL) == (b.at == NULL) && slice_equal(a, b));
}

static bool is_empty(struct slice s)
{
	return s.len == 0;
}

static void check_source(const struct fact *f)
{
	const struct source *s = f->source;

	if (s == NULL)
		return;
	must(f->kind == FACT_ACCEPTED || f->kind == FACT_REFUSED);
	must(s->kind != SOURCE_UNKNOWN && s->kind < SOURCE_KINDS && s->len > 0);
	must(s->len <= SOURCE_NAME_MAX && s->name[s->len] == '\0');
	if (s->kind == SOURCE_LOGIN || s->kind == SOURCE_SCRIPT)
		must(f->kind == FACT_ACCEPTED && is_empty(f->client) && !is_empty(f->login));
	if (s->kind == SOURCE_HOST)
		must(slice_is(f->client, "192.0.2.99"));
	if (s->kind == SOURCE_BOUNCE)
		must(!is_empty(f->bounce_of));
}

static void check_kind(const struct fact *f)
{
	bool has_outcome =
		f->kind == FACT_DELIVERED || f->kind == FACT_DEFERRED || f->kind == FACT_FAILED;

	must(f->kind < FACT_KINDS && f->failure < FAILURES);
	must(f->kind != FACT_OFFERED && f->kind != FACT_SCORED && !f->has_filter_score);
	must(f->body.at == NULL);
	must(f->recipient_count <= FACT_RECIPIENTS_MAX && f->recipient_count <= f->recipient_total);
	if (f->kind != FACT_ACCEPTED)
		must(f->recipient_total == 0 && f->size == 0 && is_empty(f->bounce_of) &&
			f->subject.at == NULL && is_empty(f->login));
	if (!has_outcome)
		must(!f->is_local && is_empty(f->forwarded_for));
	else
		must(!is_empty(f->id) && is_empty(f->client));
	if (f->is_local)
		must(is_empty(f->forwarded_for));
	must((f->kind == FACT_LOGIN_FAILED) == !is_empty(f->user));
}

static void check_same(const struct fact *a, const struct fact *b)
{
	must(a->kind == b->kind && a->at_us == b->at_us && a->size == b->size);
	must(a->failure == b->failure && a->is_local == b->is_local);
	must((a->source == NULL) == (b->source == NULL));
	must(a->source == NULL || source_equal(a->source, b->source));
	same(a->id, b->id);
	same(a->sender, b->sender);
	same(a->client, b->client);
	same(a->helo, b->helo);
	same(a->cipher, b->cipher);
	same(a->login, b->login);
	same(a->message_id, b->message_id);
	same(a->subject, b->subject);
	same(a->bounce_of, b->bounce_of);
	same(a->recipient, b->recipient);
	same(a->forwarded_for, b->forwarded_for);
	same(a->user, b->user);
	must(a->recipient_count == b->recipient_count && a->recipient_total == b->recipient_total);
	for (size_t i = 0; i < a->recipient_count; i++)
		same(a->recipients[i], b->recipients[i]);
}

static void check_counts(
	struct log_facts_counts before, struct log_facts_counts after, bool got, const char *damage)
{
	must(after.lines == before.lines + 1 && after.facts == before.facts + got);
	must(after.damaged == before.damaged + (damage != NULL) && !(got && damage != NULL));
	must(after.untimed - before.untimed <= 1 && (!got || after.untimed == before.untimed));
	must(after.lines >= after.facts + after.damaged + after.untimed);
}

static char *copy_of(struct slice s)
{
	char *at = malloc(s.len > 0 ? s.len : 1);

	must(at != NULL);
	if (s.len > 0)
		memcpy(at, s.at, s.len);
	return at;
}

static void take_line(
	struct log_facts *one, struct log_facts *two, enum log_facts_log log, struct slice line)
{
	char *copy = copy_of(line), *other = copy_of(line);
	struct log_facts_counts before = log_facts_counts(one);
	struct fact a, b;
	bool got = log_facts_take(one, log, (struct slice){copy, line.len}, &a);

	must(log_facts_take(two, log, (struct slice){other, line.len}, &b) == got);
	check_counts(before, log_facts_counts(one), got, log_facts_damage(one));
	if (got) {
		check_source(&a);
		check_kind(&a);
		check_same(&a, &b);
	}
	must(log_facts_time(one, line) == log_facts_time(two, line));
	free(copy);
	free(other);
}

/* A line that begins with "!" is one of the reject log. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size}, line;
	struct log_facts *one = NULL, *two = NULL;

	must(log_facts_new("UTC", &one) == 0 && log_facts_new("UTC", &two) == 0);
	must(log_facts_add_relay(one, slice_of("192.0.2.99")) == 0);
	must(log_facts_add_relay(two, slice_of("192.0.2.99")) == 0);
	while (slice_take_line(&rest, &line)) {
		if (line.len > 0 && line.at[0] == '!')
			take_line(one, two, LOG_FACTS_REJECT, slice_after(line, 1));
		else
			take_line(one, two, LOG_FACTS_MAIN, line);
	}
	log_facts_free(one);
	log_facts_free(two);
	return 0;
}

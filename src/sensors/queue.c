#include "sensors/queue.h"

#include "base/memory.h"
#include "base/sketch.h"

#include <stdlib.h>

/* Addresses that are done with: those of the tree and of -J. */
struct done_set {
	struct done_place {
		struct slice name;
		uint64_t message; /* of which message it is: others' places are free */
	} * places;               /* open addressing */
	size_t room;              /* a power of two, or 0 */
	size_t count;             /* of this message */
	uint64_t message;         /* counted up, so that nothing need be cleared */
};

struct queue_sensor {
	char *exim_login;
	struct done_set done;
	struct slice *recipients, *domains;
	bool *delivered;
	size_t room;
	struct exim_id id; /* what ret->id points to */
};

struct queue_sensor *queue_sensor_new(const char *exim_login)
{
	struct queue_sensor *s = memory_new(1, sizeof(*s));

	s->exim_login = memory_copy(exim_login, strlen(exim_login));
	return s;
}

void queue_sensor_free(struct queue_sensor *s)
{
	if (s == NULL)
		return;
	free(s->exim_login);
	free(s->done.places);
	free(s->recipients);
	free(s->domains);
	free(s->delivered);
	free(s);
}

/* ---- who ---- */

static bool is_authenticated(const struct exim_header *h)
{
	return (h->flags & EXIM_HAS_HOST_AUTH) && (h->flags & EXIM_HAS_AUTH_ID) &&
	       h->auth_id.len > 0;
}

static bool is_bounce_of_ours(const struct exim_header *h, const char *exim_login)
{
	if (h->flags & EXIM_LOCAL_ERROR)
		return true;
	return h->sender.len == 0 && !(h->flags & EXIM_HAS_HOST_ADDRESS) &&
	       slice_is(h->login, exim_login);
}

void queue_attribute(const struct exim_header *header, const char *exim_login, struct source *ret)
{
	if (is_authenticated(header))
		source_set(ret, SOURCE_MAILBOX, header->auth_id);
	else if (is_bounce_of_ours(header, exim_login))
		source_set(ret, SOURCE_BOUNCE, slice_of("local"));
	else if (!(header->flags & EXIM_HAS_HOST_ADDRESS) && header->login.len > 0)
		source_set(ret, SOURCE_LOGIN, header->login);
	else if (header->host_address.len > 0)
		source_set(ret, SOURCE_HOST, header->host_address);
	else
		source_set(ret, SOURCE_UNKNOWN, (struct slice){0});
}

/* A file that breaks off among the options may have lost the one that names the source. */
static bool may_be_attributed(const struct exim_header *h)
{
	return h->envelope_read || h->recipients.at != NULL || is_authenticated(h);
}

/* ---- who has it already ---- */

static void done_begin(struct done_set *d, size_t expected)
{
	if (expected * 2 > d->room) {
		d->room = d->room == 0 ? 256 : d->room;
		while (d->room < expected * 2)
			d->room *= 2;
		free(d->places);
		d->places = memory_new(d->room, sizeof(*d->places));
	}
	d->message++;
	d->count = 0;
}

static struct done_place *find_place(const struct done_set *d, struct slice name)
{
	size_t at = (size_t)hash_nocase(name) & (d->room - 1);

	while (d->places[at].message == d->message && !slice_equal(d->places[at].name, name))
		at = (at + 1) & (d->room - 1);
	return &d->places[at];
}

static void done_add(struct done_set *d, struct slice name)
{
	*find_place(d, name) = (struct done_place){name, d->message};
	d->count++;
}

static size_t count_lines(struct slice s)
{
	size_t n = 0;
	struct slice line;

	while (slice_take_line(&s, &line))
		n++;
	return n;
}

static void gather_done(struct done_set *d, const struct scanned *m)
{
	struct slice rest = m->header->delivered, name, journal = m->journal;

	done_begin(d, m->header->delivered_count + count_lines(journal));
	while (exim_delivered_next(&rest, &name))
		done_add(d, name);
	while (slice_take_line(&journal, &name))
		if (name.len > 0)
			done_add(d, name);
}

static bool is_done(const struct done_set *d, struct slice address)
{
	return find_place(d, address)->message == d->message;
}

/* ---- the message ---- */

static void sense_recipients(struct queue_sensor *s, const struct scanned *m, struct queued *ret)
{
	size_t count = m->header->recipient_count, n = 0;
	const char *first = m->header->recipients.at;
	/* to the end of the file: the count says where the recipients end, and reading is faster */
	struct slice rest = {first, first != NULL ? (size_t)(m->file.at + m->file.len - first) : 0};

	if (count > s->room) {
		s->room = count + count / 2;
		s->recipients = memory_grow(s->recipients, s->room, sizeof(*s->recipients));
		s->domains = memory_grow(s->domains, s->room, sizeof(*s->domains));
		s->delivered = memory_grow(s->delivered, s->room, sizeof(*s->delivered));
	}
	gather_done(&s->done, m);
	for (size_t more; n < count; n += more) {
		more = exim_recipients_next(&rest, count - n, s->recipients + n, s->domains + n);
		if (more == 0)
			break;
	}
	for (size_t i = 0; i < n; i++) {
		s->delivered[i] = s->done.count > 0 && is_done(&s->done, s->recipients[i]);
		ret->delivered_count += s->delivered[i];
	}
	ret->recipients = s->recipients;
	ret->domains = s->domains;
	ret->delivered = s->delivered;
	ret->recipient_count = n;
}

bool queue_sense(struct queue_sensor *s, const struct scanned *m, struct queued *ret)
{
	const struct exim_header *h = m->header;

	s->id = m->id;
	*ret = (struct queued){
		.id = s->id.text,
		.queue = m->folder->queue,
		.received = exim_id_seconds(&m->id),
		.damaged = m->error != 0 || h == NULL || h->damage.what != NULL,
		.ghost = !m->has_data,
	};
	source_set(&ret->source, SOURCE_UNKNOWN, (struct slice){0});
	if (h == NULL || h->sender.at == NULL)
		return false;

	if (may_be_attributed(h))
		queue_attribute(h, s->exim_login, &ret->source);
	ret->authenticated = ret->source.kind == SOURCE_MAILBOX;
	ret->sender = h->sender;
	ret->host = h->host_address;
	ret->frozen = (h->flags & EXIM_FROZEN) != 0;
	ret->bounce = h->sender.len == 0;
	if (h->received > 0)
		ret->received = h->received;
	sense_recipients(s, m, ret);
	return true;
}

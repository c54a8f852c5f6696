/* Laws: everything handed out lies inside the line; a copy elsewhere in memory is read the same;
 * what is counted is what the iterator gives; a login goes with an authenticated protocol and a
 * damage with its sentence. */
#include "formats/exim_log.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void inside(struct slice line, struct slice part)
{
	must(part.at == NULL
			? part.len == 0
			: part.at >= line.at && part.len <= (size_t)(line.at + line.len - part.at));
}

static void check_client(struct slice line, const struct exim_log_client *c)
{
	inside(line, c->name);
	inside(line, c->helo);
	inside(line, c->ip);
	inside(line, c->ident);
	must(c->port < 65536);
}

static void check_login(struct slice line, const struct exim_log_login *l)
{
	inside(line, l->authenticator);
	inside(line, l->id);
	inside(line, l->mail_auth);
	must(l->authenticator.at != NULL || l->id.at == NULL || l->id.len == 0);
}

static void check_arrival(struct slice line, const struct exim_log_arrival *a)
{
	struct slice rest = a->recipients, address;
	unsigned n = 0;

	check_client(line, &a->client);
	check_login(line, &a->login);
	inside(line, a->sender);
	inside(line, a->bounce_of);
	inside(line, a->protocol);
	inside(line, a->cipher);
	inside(line, a->queue);
	inside(line, a->message_id);
	inside(line, a->subject);
	inside(line, a->raw_sender);
	inside(line, a->recipients);
	must(a->login.authenticator.at == NULL ||
		(a->protocol.len > 0 && a->protocol.at[a->protocol.len - 1] == 'a'));
	for (; exim_log_recipient_next(&rest, &address); n++) {
		inside(a->recipients, address);
		must(address.len > 0);
	}
	must(n == a->recipient_count && rest.len == 0);

	char *plain = malloc(a->subject.len + 1);
	must(exim_log_unescape(a->subject, plain) <= a->subject.len);
	free(plain);
}

static void check_delivery(struct slice line, const struct exim_log_delivery *d)
{
	inside(line, d->address);
	inside(line, d->original);
	inside(line, d->parents);
	inside(line, d->sender);
	inside(line, d->queue);
	inside(line, d->router);
	inside(line, d->transport);
	inside(line, d->host);
	inside(line, d->ip);
	inside(line, d->answer);
	inside(line, d->text);
	must(d->port < 65536 && d->queue_ms >= -1 && d->delivery_ms >= -1);
	must(d->address.len > 0 || d->nowhere);
	must((int)d->failure >= 0 && d->failure < FAILURES);
}

static void check_refusal(struct slice line, const struct exim_log_refusal *r)
{
	check_client(line, &r->client);
	check_login(line, &r->login);
	inside(line, r->sender);
	inside(line, r->address);
	inside(line, r->text);
	must(r->has_sender || r->login.authenticator.at == NULL);
}

static void check_session(struct slice line, const struct exim_log_session *s)
{
	check_client(line, &s->client);
	check_login(line, &s->login);
	inside(line, s->commands);
	inside(line, s->text);
	must(s->duration_ms >= -1);
}

static void check(struct slice line, const struct exim_log_line *l)
{
	must((l->kind == EXIM_LOG_DAMAGED) == (l->damage != NULL));
	must(!l->unfinished || l->damage != NULL);
	switch (l->kind) {
	case EXIM_LOG_ACCEPTED:
	case EXIM_LOG_FAKE_REJECTED:
		check_arrival(line, &l->arrival);
		break;
	case EXIM_LOG_DELIVERED:
	case EXIM_LOG_DELIVERED_ALSO:
	case EXIM_LOG_CUT_THROUGH:
	case EXIM_LOG_NOT_DELIVERED:
	case EXIM_LOG_FAILED:
	case EXIM_LOG_DEFERRED:
		check_delivery(line, &l->delivery);
		break;
	case EXIM_LOG_REFUSED:
		check_refusal(line, &l->refusal);
		break;
	case EXIM_LOG_LOGIN_FAILED:
	case EXIM_LOG_CONNECTED:
	case EXIM_LOG_CLOSED:
	case EXIM_LOG_LOST:
	case EXIM_LOG_DROPPED:
	case EXIM_LOG_NO_MAIL:
		check_session(line, &l->session);
		break;
	case EXIM_LOG_COMMAND:
	case EXIM_LOG_COMMAND_MORE:
		inside(line, l->command.folder);
		inside(line, l->command.arguments);
		break;
	case EXIM_LOG_OTHER:
	case EXIM_LOG_DAMAGED:
		break;
	default:
		inside(line, l->note);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = {(const char *)data, size};
	struct exim_log_line l, again;

	/* of its own length, so that the sanitizer sees a byte read behind it */
	char *copy = malloc(size + 1);
	if (size > 0)
		memcpy(copy, data, size);

	exim_log_parse(line, &l);
	check(line, &l);
	exim_log_parse((struct slice){copy, size}, &again);
	check((struct slice){copy, size}, &again);
	must(again.kind == l.kind && again.pid == l.pid && again.id.len == l.id.len);
	if (l.kind == EXIM_LOG_ACCEPTED)
		must(again.arrival.recipient_count == l.arrival.recipient_count &&
			slice_equal(again.arrival.sender, l.arrival.sender) &&
			slice_equal(again.arrival.login.id, l.arrival.login.id));

	exim_log_parse_untimed(line, &l);
	check(line, &l);
	free(copy);
	return 0;
}

#include "sensors/policy_socket.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN     32  /* connections taken before others of the loop have their turn */
#define SWEEP_MS 250 /* how exact the time to wait is */

struct policy_peer {
	struct policy_socket *socket;
	struct loop_watch *watch; /* NULL: its question was there at once */
	int fd;                   /* -1: free */
	int64_t begun_ms;
	size_t len;
	char bytes[POLICY_QUESTION_MAX + 1];
};

struct policy_socket {
	struct loop *loop;
	struct policy_options options;
	struct loop_watch *watch;
	struct loop_timer *timer;                    /* runs while some are waited for */
	struct policy_peer *peers[POLICY_PEERS_MAX]; /* NULL: never needed */
	size_t busy;
	struct policy_counts counts;
	struct source source;
};

static void end_peer(struct policy_peer *peer)
{
	struct policy_socket *p = peer->socket;

	loop_watch_free(peer->watch);
	peer->watch = NULL;
	(void)close(peer->fd);
	peer->fd = -1;
	if (p->busy-- == POLICY_PEERS_MAX)
		loop_watch_for(p->watch, LOOP_READ);
	if (p->busy == 0)
		loop_timer_stop(p->timer);
}

/* ---- a question ---- */

/* A local message of the null sender is a bounce of Exim's own. */
static const struct source *source_of(struct policy_socket *p, const struct policy_question *q)
{
	if (q->auth_id.len > 0)
		source_set(&p->source, SOURCE_MAILBOX, q->auth_id);
	else if (q->event == POLICY_LOCAL && q->login.len > 0 && q->sender.len > 0)
		source_set(&p->source, SOURCE_LOGIN, q->login);
	else
		return NULL;
	return &p->source;
}

static void take_question(struct policy_socket *p, const struct policy_question *q, char *answer)
{
	const struct fact fact = {.kind = FACT_OFFERED,
		.at_us = q->at_us != 0 ? q->at_us : p->options.now_us(p->options.context),
		.id = q->message_id,
		.source = source_of(p, q),
		.sender = q->sender,
		.client = q->client,
		.helo = q->helo,
		.login = q->login,
		.recipient = q->event == POLICY_RCPT ? q->recipient : (struct slice){0},
		.recipient_total = q->event != POLICY_MAIL ? q->recipients : 0};

	p->options.asked(p->options.context, q->event, &fact, answer);
	p->counts.questions++;
}

/* The answer is short and the socket's buffer empty: what does not fit now never will. */
static void answer_peer(struct policy_peer *peer, const char *answer)
{
	char line[POLICY_ANSWER_MAX + 1];
	int n = snprintf(line, sizeof(line), "%s\n", answer);

	(void)send(peer->fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	end_peer(peer);
}

/* Returns whether it was answered. */
static bool try_to_answer(struct policy_peer *peer)
{
	struct policy_socket *p = peer->socket;
	char answer[POLICY_ANSWER_MAX] = "pass";
	struct policy_question q;
	const char *why = NULL;
	size_t at = 0;
	int err = policy_question_parse((struct slice){peer->bytes, peer->len}, &q, &at, &why);

	if (err == -EAGAIN)
		return false;
	if (err == 0) {
		take_question(p, &q, answer);
	} else {
		p->counts.wrong++;
		(void)snprintf(answer, sizeof(answer), "error at byte %zu: %s", at, why);
	}
	answer_peer(peer, answer);
	return true;
}

/* Reads what is there. Returns whether the peer is done with. */
static bool read_peer(struct policy_peer *peer)
{
	while (peer->len < POLICY_QUESTION_MAX) {
		ssize_t n = recv(peer->fd, peer->bytes + peer->len, POLICY_QUESTION_MAX - peer->len,
			MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n < 0) {
			end_peer(peer);
			return true;
		}
		if (n == 0) /* the end of the connection is the end of the line */
			peer->bytes[peer->len++] = '\n';
		else
			peer->len += (size_t)n;
		if (try_to_answer(peer))
			return true;
		if (n == 0)
			break;
	}
	peer->socket->counts.wrong++;
	answer_peer(peer, "error: the question breaks off");
	return true;
}

static void on_peer(void *context, unsigned ready)
{
	(void)ready;
	(void)read_peer(context);
}

static void wait_for_peer(struct policy_peer *peer)
{
	struct policy_socket *p = peer->socket;

	if (loop_watch_new(p->loop, peer->fd, on_peer, peer, &peer->watch) < 0) {
		end_peer(peer);
		return;
	}
	loop_watch_for(peer->watch, LOOP_READ);
	loop_timer_start(p->timer, SWEEP_MS, SWEEP_MS);
}

/* ---- connections ---- */

static struct policy_peer *free_peer(struct policy_socket *p)
{
	for (size_t i = 0; i < POLICY_PEERS_MAX; i++) {
		if (p->peers[i] == NULL) {
			p->peers[i] = memory_new(1, sizeof(**p->peers));
			p->peers[i]->socket = p;
			p->peers[i]->fd = -1;
		}
		if (p->peers[i]->fd < 0)
			return p->peers[i];
	}
	return NULL;
}

static bool take_peer(struct policy_socket *p)
{
	struct policy_peer *peer = free_peer(p);

	if (peer == NULL) { /* the others wait in the listener's queue */
		loop_watch_for(p->watch, 0);
		return false;
	}
	peer->fd = accept4(p->options.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (peer->fd < 0)
		return false;
	p->busy++;
	peer->len = 0;
	peer->begun_ms = loop_now_ms(p->loop);
	if (!read_peer(peer))
		wait_for_peer(peer);
	return true;
}

static void on_listener(void *context, unsigned ready)
{
	struct policy_socket *p = context;

	(void)ready;
	for (unsigned i = 0; i < TURN && take_peer(p); i++)
		continue;
}

static void on_sweep(void *context)
{
	struct policy_socket *p = context;
	int64_t now = loop_now_ms(p->loop);

	for (size_t i = 0; i < POLICY_PEERS_MAX; i++) {
		struct policy_peer *peer = p->peers[i];

		if (peer == NULL || peer->fd < 0 || now - peer->begun_ms < p->options.wait_ms)
			continue;
		p->counts.late++;
		end_peer(peer);
	}
}

int policy_socket_new(
	struct loop *loop, const struct policy_options *options, struct policy_socket **ret)
{
	struct policy_socket *p = memory_new(1, sizeof(*p));

	p->loop = loop;
	p->options = *options;
	int err = loop_watch_new(loop, options->listener, on_listener, p, &p->watch);
	if (err < 0) {
		free(p);
		return err;
	}
	p->timer = loop_timer_new(loop, on_sweep, p);
	loop_watch_for(p->watch, LOOP_READ);
	*ret = p;
	return 0;
}

void policy_socket_free(struct policy_socket *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < POLICY_PEERS_MAX && p->peers[i] != NULL; i++) {
		if (p->peers[i]->fd >= 0)
			end_peer(p->peers[i]);
		free(p->peers[i]);
	}
	loop_timer_free(p->timer);
	loop_watch_free(p->watch);
	free(p);
}

struct policy_counts policy_socket_counts(const struct policy_socket *p)
{
	return p->counts;
}

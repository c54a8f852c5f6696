#include "systems/exim/sessions.h"

#include "base/clock.h"
#include "base/memory.h"
#include "systems/exim/session_hints.h"
#include "systems/live_process.h"
#include "systems/tcp_sessions.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SOCKETS_MOST   256
#define LISTENERS_MOST 4096
#define CLOCKS_APART_S 1 /* an id's second and a process's start are told by different clocks */

struct session {
	struct live_process process;
	struct tcp_socket socket;
	bool is_open; /* seen in this round */
	enum { UNTOUCHED, DESTROYED, SIGNALLED } touched;
};

/* One look at the world after another. */
struct look {
	const struct sessions_of *of;
	struct session_hints *hints;
	struct stat exim;
	bool knows_exim;
	struct problem *problem;

	uint64_t listeners[LISTENERS_MOST]; /* inodes, in order */
	size_t listener_count;
	uint8_t listening[(UINT16_MAX + 1) / 8]; /* a bit for each port */
	struct session_hint *sorted;             /* hints by address */
	size_t sorted_count;
	struct tcp_socket *sockets; /* of the clients in the hints, by address and port */
	size_t socket_count, socket_room;
	bool too_many;

	struct session sessions[SESSIONS_MOST];
	size_t session_count;
	uint64_t beyond; /* open in this round, and no room for them */
};

static struct look *look_new(const struct sessions_of *of, struct problem *problem)
{
	struct look *l = memory_new(1, sizeof(*l));

	l->of = of;
	l->problem = problem;
	l->hints = session_hints_new(of->mailbox, of->since);
	l->knows_exim = of->exim != NULL && stat(of->exim, &l->exim) == 0;
	return l;
}

static void look_free(struct look *l)
{
	for (size_t i = 0; i < l->session_count; i++)
		live_process_close(&l->sessions[i].process);
	session_hints_free(l->hints);
	free(l->sorted);
	free(l->sockets);
	free(l);
}

/* ---- sockets ---- */

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_addresses(const void *a, const void *b)
{
	const struct session_hint *x = a, *y = b;

	return memcmp(x->peer.address, y->peer.address, sizeof(x->peer.address));
}

static int compare_ends(const struct tcp_end *a, const struct tcp_end *b)
{
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order != 0 ? order : (a->port > b->port) - (a->port < b->port);
}

static int compare_sockets(const void *a, const void *b)
{
	const struct tcp_socket *x = a, *y = b;

	return compare_ends(&x->remote, &y->remote);
}

static void keep_listener(void *context, const struct tcp_socket *s)
{
	struct look *l = context;

	l->listening[s->local.port / 8] |= (uint8_t)(1U << s->local.port % 8);
	if (l->listener_count == LISTENERS_MOST)
		l->too_many = true;
	else
		l->listeners[l->listener_count++] = s->inode;
}

static void keep_socket(void *context, const struct tcp_socket *s)
{
	struct look *l = context;
	const struct session_hint sought = {.peer = s->remote};

	if ((l->listening[s->local.port / 8] & 1U << s->local.port % 8) == 0 || s->inode == 0 ||
		bsearch(&sought, l->sorted, l->sorted_count, sizeof(*l->sorted),
			compare_addresses) == NULL)
		return;
	if (l->socket_count == SESSIONS_LOOKED) {
		l->too_many = true;
		return;
	}
	if (l->socket_count == l->socket_room) {
		l->socket_room = l->socket_room * 2 + 64;
		l->sockets = memory_grow(l->sockets, l->socket_room, sizeof(*l->sockets));
	}
	l->sockets[l->socket_count++] = *s;
}

static void sort_hints(struct look *l)
{
	const struct session_hint *all = session_hints_all(l->hints, &l->sorted_count);

	free(l->sorted);
	l->sorted = memory_new(l->sorted_count + 1, sizeof(*l->sorted));
	if (l->sorted_count == 0)
		return;
	memcpy(l->sorted, all, l->sorted_count * sizeof(*all));
	qsort(l->sorted, l->sorted_count, sizeof(*l->sorted), compare_addresses);
}

static int look_at_sockets(struct look *l)
{
	const struct tcp_choice listening = {.listening = true}, connected = {0};

	l->listener_count = l->socket_count = 0;
	l->too_many = false;
	memset(l->listening, 0, sizeof(l->listening));
	int err = tcp_sockets_each(&listening, keep_listener, l, l->problem);
	if (err == 0)
		err = tcp_sockets_each(&connected, keep_socket, l, l->problem);
	if (err == 0 && l->too_many)
		err = problem_set(l->problem, -E2BIG,
			"too many connections to look through for those of one mailbox");
	if (err < 0)
		return err;
	qsort(l->listeners, l->listener_count, sizeof(l->listeners[0]), compare_numbers);
	if (l->socket_count > 0)
		qsort(l->sockets, l->socket_count, sizeof(*l->sockets), compare_sockets);
	return 0;
}

/* The first whose other end is not before this one. */
static size_t first_socket(const struct look *l, const struct tcp_end *end)
{
	size_t low = 0, high = l->socket_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_ends(&l->sockets[middle].remote, end) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_peer(const struct tcp_end *remote, const struct tcp_end *peer)
{
	return memcmp(remote->address, peer->address, sizeof(peer->address)) == 0 &&
	       (peer->port == 0 || peer->port == remote->port);
}

/* ---- processes ---- */

static bool is_exim(const struct look *l, const struct live_process *p)
{
	static const char versioned[] = "exim-4."; /* as Exim's own "make install" calls it */

	return strcmp(p->program, "exim") == 0 || strcmp(p->program, "exim4") == 0 ||
	       strncmp(p->program, versioned, sizeof(versioned) - 1) == 0 ||
	       (l->knows_exim && p->program_inode == l->exim.st_ino &&
		       p->program_device == l->exim.st_dev);
}

static bool has_number(const uint64_t *sorted, size_t count, uint64_t number)
{
	return bsearch(&number, sorted, count, sizeof(number), compare_numbers) != NULL;
}

static bool is_daemon(const struct look *l, const uint64_t *held, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has_number(l->listeners, l->listener_count, held[i]))
			return true;
	return false;
}

static const struct tcp_socket *held_socket(const struct look *l, const struct session_hint *hint,
	const uint64_t *held, size_t held_count)
{
	for (size_t i = first_socket(l, &hint->peer);
		i < l->socket_count && is_peer(&l->sockets[i].remote, &hint->peer); i++)
		for (size_t n = 0; n < held_count; n++)
			if (held[n] == l->sockets[i].inode)
				return &l->sockets[i];
	return NULL;
}

static struct session *known_session(struct look *l, const struct tcp_socket *socket)
{
	for (size_t i = 0; i < l->session_count; i++)
		if (memcmp(l->sessions[i].socket.cookie, socket->cookie, sizeof(socket->cookie)) ==
			0)
			return &l->sessions[i];
	return NULL;
}

/* Takes over p, if it is one that was not seen before. */
static void note_session(struct look *l, struct live_process *p, const struct tcp_socket *socket)
{
	struct session *s = known_session(l, socket);

	if (s != NULL) {
		s->is_open = true;
		return;
	}
	if (l->session_count == SESSIONS_MOST) {
		l->beyond++;
		return;
	}
	l->sessions[l->session_count++] =
		(struct session){.process = *p, .socket = *socket, .is_open = true};
	*p = (struct live_process){0};
}

/* Notes it when it is a session of this hint. *ret_holds: it is an Exim that holds such a
 * connection, even if it is none. */
static int try_open_process(
	struct look *l, const struct session_hint *hint, struct live_process *p, bool *ret_holds)
{
	uint64_t held[SOCKETS_MOST];
	size_t count = 0;

	if (!is_exim(l, p))
		return 0;
	int err = live_process_sockets(p, held, SOCKETS_MOST, &count);
	if (err < 0)
		return err == -EMFILE ? 0 : err; /* with so many it is no session */
	const struct tcp_socket *s = held_socket(l, hint, held, count);
	*ret_holds = s != NULL;
	if (s != NULL && p->start_ms / 1000 <= hint->at + CLOCKS_APART_S &&
		!is_daemon(l, held, count))
		note_session(l, p, s);
	return 0;
}

/* 0, also when it is no session of this hint; -EACCES when that is not shown to us. */
static int try_process(struct look *l, const struct session_hint *hint, pid_t pid, bool *ret_holds)
{
	struct live_process p = {0};
	int err = live_process_open(pid, &p);

	if (err == 0) {
		err = try_open_process(l, hint, &p, ret_holds);
		live_process_close(&p);
	}
	return err == -ESRCH ? 0 : err;
}

/* The log does not say which process: whoever it is that holds the connection. What is not shown to
 * us matters only when that is not found. */
static int try_all_processes(struct look *l, const struct session_hint *hint)
{
	bool is_found = false, is_hidden = false;
	int err = 0;
	DIR *folder = opendir("/proc");

	if (folder == NULL)
		return -errno;
	for (const struct dirent *e; err == 0 && !is_found && (e = readdir(folder)) != NULL;) {
		long pid = strtol(e->d_name, NULL, 10);
		if (pid > 0 && pid <= INT32_MAX)
			err = try_process(l, hint, (pid_t)pid, &is_found);
		is_hidden = is_hidden || err == -EACCES;
		err = err == -EACCES ? 0 : err;
	}
	(void)closedir(folder);
	return err == 0 && !is_found && is_hidden ? -EACCES : err;
}

static int try_hint(struct look *l, const struct session_hint *hint)
{
	size_t i = first_socket(l, &hint->peer);
	bool holds = false;

	if (i == l->socket_count || !is_peer(&l->sockets[i].remote, &hint->peer))
		return 0;
	const struct session *s = known_session(l, &l->sockets[i]);
	if (hint->peer.port != 0 && s != NULL && s->is_open)
		return 0; /* by a hint that is newer */
	if (hint->pid == 0)
		return try_all_processes(l, hint);
	return hint->pid <= INT32_MAX ? try_process(l, hint, (pid_t)hint->pid, &holds) : 0;
}

/* All that is open now: .is_open says which of the sessions are. */
static int look_once(struct look *l)
{
	size_t count;
	int err = session_hints_read(l->hints, l->of->main_log, l->problem);

	l->beyond = 0;
	for (size_t i = 0; i < l->session_count; i++)
		l->sessions[i].is_open = false;
	if (err < 0)
		return err;
	const struct session_hint *all = session_hints_all(l->hints, &count);
	if (count == 0)
		return 0;
	sort_hints(l);
	err = look_at_sockets(l);
	if (err < 0)
		return err;
	for (size_t i = count; err == 0 && i > 0; i--)
		err = try_hint(l, &all[i - 1]);
	if (err == -EACCES)
		return problem_set(l->problem, err,
			"no right to see which connections Exim's processes hold "
			"(CAP_SYS_PTRACE)");
	if (err < 0)
		return problem_set(
			l->problem, err, "cannot look at Exim's processes: %s", strerror(-err));
	return 0;
}

static uint64_t count_open(const struct look *l)
{
	uint64_t n = l->beyond;

	for (size_t i = 0; i < l->session_count; i++)
		n += l->sessions[i].is_open;
	return n;
}

int sessions_count(const struct sessions_of *of, uint64_t *ret, struct problem *problem)
{
	struct look *l = look_new(of, problem);
	int err = look_once(l);

	if (err == 0)
		*ret = count_open(l);
	look_free(l);
	return err;
}

/* ---- their end ---- */

static int end_by_signal(struct look *l, struct session *s)
{
	int err = live_process_signal(&s->process, SIGTERM);

	if (err < 0)
		return problem_set(l->problem, err, "cannot signal Exim's process %d: %s",
			(int)s->process.pid, strerror(-err));
	s->touched = SIGNALLED;
	return 0;
}

/* *means becomes SESSIONS_SIGNAL when connections cannot be destroyed here. */
static int end_one(struct look *l, struct session *s, enum sessions_means *means)
{
	if (*means == SESSIONS_SIGNAL || (*means == SESSIONS_BOTH && s->touched == DESTROYED))
		return end_by_signal(l, s);
	int err = tcp_socket_destroy(&s->socket, l->problem);
	if (err == 0) {
		s->touched = DESTROYED;
		return 0;
	}
	if (*means == SESSIONS_DESTROY)
		return err;
	*means = SESSIONS_SIGNAL;
	return end_by_signal(l, s);
}

static int end_open(struct look *l, enum sessions_means *means)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < l->session_count; i++)
		if (l->sessions[i].is_open)
			err = end_one(l, &l->sessions[i], means);
	return err;
}

static void count_ended(const struct look *l, struct sessions_ended *ret)
{
	*ret = (struct sessions_ended){
		.found = l->session_count + l->beyond, .left = count_open(l)};
	for (size_t i = 0; i < l->session_count; i++) {
		const struct session *s = &l->sessions[i];
		ret->destroyed += !s->is_open && s->touched == DESTROYED;
		ret->signalled += !s->is_open && s->touched == SIGNALLED;
	}
}

/* Until all processes of those that were open at the last look, or were not, have ended. */
static void wait_for_processes(const struct look *l, bool are_open, int64_t until_ms)
{
	for (size_t i = 0; i < l->session_count; i++) {
		int64_t rest = until_ms - clock_now_ms();
		if (rest <= 0)
			return;
		if (l->sessions[i].is_open == are_open)
			(void)live_process_ended(&l->sessions[i].process, rest);
	}
}

/* A process that was just ended is the sooner looked at again. */
static void wait_round(const struct look *l, int64_t until_ms)
{
	int64_t round_ms = clock_now_ms() + SESSIONS_ROUND_MS;

	wait_for_processes(l, true, round_ms < until_ms ? round_ms : until_ms);
}

int sessions_end(const struct sessions_of *of, enum sessions_means means, int64_t time_ms,
	struct sessions_ended *ret, struct problem *problem)
{
	struct look *l = look_new(of, problem);
	int64_t until = clock_now_ms() + time_ms;

	*ret = (struct sessions_ended){0};
	int err = look_once(l);
	while (err == 0) {
		count_ended(l, ret);
		if (ret->left == l->beyond || clock_now_ms() >= until)
			break;
		err = end_open(l, &means);
		if (err == 0) {
			wait_round(l, until);
			err = look_once(l);
		}
	}
	/* one whose connection is gone may still be at work on what it had read before */
	if (err == 0)
		wait_for_processes(l, false, until);
	look_free(l);
	return err;
}

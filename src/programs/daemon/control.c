#include "programs/daemon/control.h"

#include "base/clock.h"
#include "base/frame.h"
#include "base/memory.h"
#include "base/unix_socket.h"
#include "programs/daemon/talk.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX   256
#define PEER_MOST_MS 5000 /* to ask its question */
#define QUESTION_MAX 64
#define BACKLOG      16

struct peer {
	struct control *control;
	struct talk *talk; /* NULL: free */
	struct loop_timer *timer;
};

struct control {
	struct loop *loop;
	struct control_settings_given given;
	char *path;
	int socket;
	struct loop_watch *watch;
	struct peer peers[CONTROL_PEERS_MAX];
};

static void end_peer(struct peer *p)
{
	talk_free(p->talk);
	p->talk = NULL;
	loop_timer_stop(p->timer);
}

void control_free(struct control *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		end_peer(&c->peers[i]);
		loop_timer_free(c->peers[i].timer);
	}
	loop_watch_free(c->watch);
	if (c->socket >= 0) {
		(void)close(c->socket);
		(void)unlink(c->path);
	}
	free(c->path);
	free(c);
}

/* ---- who asks ---- */

static bool is_member(uid_t uid, gid_t gid, const char *group)
{
	const struct group *g = getgrnam(group);
	gid_t wanted = g != NULL ? g->gr_gid : (gid_t)-1, groups[GROUPS_MAX];
	const struct passwd *user = getpwuid(uid);
	int n = GROUPS_MAX;

	if (g == NULL)
		return false;
	if (gid == wanted)
		return true;
	if (user == NULL || getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static bool may_ask(const struct control *c, int socket, uid_t *ret_uid)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	*ret_uid = (uid_t)-1;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return false;
	*ret_uid = who.uid;
	return who.uid == 0 || who.uid == geteuid() ||
	       (c->given.group != NULL && is_member(who.uid, who.gid, c->given.group));
}

/* ---- questions ---- */

static void heard(void *context, const json_t *object, const char *why)
{
	struct peer *p = context;
	const char *question =
		object != NULL ? json_string_value(json_object_get(object, "ask")) : NULL;

	(void)why;
	if (question == NULL || strlen(question) > QUESTION_MAX) {
		end_peer(p);
		return;
	}
	json_t *answer = p->control->given.answer(p->control->given.context, question, object);
	if (answer == NULL)
		answer = json_pack("{s:s}", "error", "that is no question");
	if (answer == NULL || !talk_say(p->talk, answer)) {
		end_peer(p);
		return;
	}
	talk_end_when_sent(p->talk);
}

static void too_slow(void *context)
{
	end_peer(context);
}

static void take_peer(struct control *c, int socket)
{
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		struct peer *p = &c->peers[i];

		if (p->talk != NULL)
			continue;
		if (talk_new(c->loop, socket, heard, p, &p->talk) == 0)
			loop_timer_start(p->timer, PEER_MOST_MS, 0);
		return;
	}
	(void)close(socket); /* too many at once */
}

static void on_peer(void *context, unsigned ready)
{
	struct control *c = context;
	uid_t uid;
	int socket = accept4(c->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)ready;
	if (socket < 0)
		return;
	if (may_ask(c, socket, &uid)) {
		take_peer(c, socket);
		return;
	}
	(void)close(socket);
	c->given.refused(c->given.context, uid);
}

/* ---- the socket ---- */

static int serve(struct control *c)
{
	/* anyone may connect, so that he can be told that he may not ask */
	const struct unix_socket_options options = {
		.mode = 0666, .uid = (uid_t)-1, .backlog = BACKLOG};
	int fd = unix_socket_listen(c->path, &options);

	if (fd < 0)
		return fd;
	c->socket = fd;
	int err = loop_watch_new(c->loop, c->socket, on_peer, c, &c->watch);
	if (err == 0)
		loop_watch_for(c->watch, LOOP_READ);
	return err;
}

int control_new(struct loop *loop, const struct control_settings_given *given, struct control **ret,
	struct problem *problem)
{
	struct control *c = memory_new(1, sizeof(*c));

	c->loop = loop;
	c->given = *given;
	c->path = memory_copy(given->path, strlen(given->path));
	c->socket = -1;
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		c->peers[i].control = c;
		c->peers[i].timer = loop_timer_new(loop, too_slow, &c->peers[i]);
	}
	int err = serve(c);
	if (err < 0) {
		(void)problem_set(problem, err, "cannot serve the socket %s: %s", given->path,
			strerror(-err));
		control_free(c);
		return err;
	}
	*ret = c;
	return 0;
}

/* ---- the other side ---- */

static int wait_for(int fd, short what, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = what};
	int64_t left = until - clock_now_ms();
	int n = left > 0 ? poll(&p, 1, (int)left) : 0;

	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

static int receive(struct frame_link *link, int fd, int64_t until, json_t **ret_answer)
{
	struct frame frame;
	json_error_t error;
	int err;

	while ((err = frame_receive(link, &frame)) == -EAGAIN) {
		err = wait_for(fd, POLLIN, until);
		if (err < 0)
			return err;
	}
	if (err == -ENODATA)
		return -EPERM; /* it hung up: it does not hear us */
	if (err < 0)
		return err;
	*ret_answer = json_loadb(frame.bytes.at, frame.bytes.len, 0, &error);
	return *ret_answer != NULL ? 0 : -EBADMSG;
}

static int ask(int fd, const char *question, int64_t until, json_t **ret_answer)
{
	AUTO(frame_link) link = frame_link_new(fd, TALK_MESSAGE_MAX, FRAME_NO_DESCRIPTORS);
	json_t *o = json_pack("{s:s}", "ask", question);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	int err = text != NULL ? frame_send(link, slice_of(text), -1) : -ENOMEM;

	json_decref(o);
	free(text);
	while (err == 0 && frame_unsent(link) > 0) {
		err = wait_for(fd, POLLOUT, until);
		if (err == 0)
			err = frame_flush(link);
		err = err == -EAGAIN ? 0 : err;
	}
	return err == 0 ? receive(link, fd, until, ret_answer) : err;
}

int control_ask(const char *path, const char *question, int timeout_ms, json_t **ret_answer)
{
	int fd = unix_socket_connect(path);

	if (fd < 0)
		return fd;
	int err = ask(fd, question, clock_now_ms() + timeout_ms, ret_answer);
	(void)close(fd);
	return err == -EPIPE || err == -ECONNRESET ? -EPERM : err;
}

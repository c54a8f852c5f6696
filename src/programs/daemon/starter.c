#include "programs/daemon/starter.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/unix_socket.h"
#include "programs/daemon/events.h"
#include "programs/daemon/new_link.h"
#include "programs/daemon/notify.h"
#include "programs/daemon/parts.h"
#include "programs/daemon/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGAIN_FIRST_MS 200 /* before parts that ended are begun again; doubled each time */
#define AGAIN_MOST_MS  30000
#define STEADY_MS      60000 /* a run that lasted so long was no failed start */
#define END_MS         10000 /* to end by itself, after SIGTERM */
#define WAKE_MS        1000
#define POLICY_BACKLOG 1024 /* questions that wait while the watcher does other things */

/* The first two are nothing without each other. */
enum { WATCHER, HAND, CLERK, PARTS, PAIR = CLERK };

struct part {
	const char *name;
	int (*run)(const struct daemon_part *part);
	pid_t pid; /* 0: none */
	int pulse; /* -1: none, as of the next */
	int news;  /* it is told there of new links */
	int64_t heard_ms;
	bool is_ready;
};

/* When what ended is begun again: later each time, while no run lasts. */
struct again {
	int64_t begun_ms, at_ms, wait_ms; /* at_ms 0: it runs, or is not to */
};

struct starter {
	const struct starter_settings *given;
	struct settings *settings;
	struct daemon_plan *plan;
	struct event_log *log;
	struct part parts[PARTS];
	int signals;
	int policy; /* a listener while parts are begun, then that it was one; negative: none */
	struct again pair, clerk;
	bool ends, reloads, told_ready;
};

int starter_read(const struct starter_settings *starter, struct settings **ret_settings,
	struct daemon_plan **ret_plan, struct problem *problem)
{
	AUTO(settings) settings = NULL;
	const char *path = starter->config != NULL ? starter->config : SETTINGS_PATH;
	int err = settings_read(path, &settings, problem);

	if (err == -ENOENT && starter->config == NULL) {
		settings = settings_new();
		err = 0;
	}
	if (err == 0)
		err = daemon_plan_new(settings, starter->program, ret_plan, problem);
	if (err < 0)
		return err;
	*ret_settings = settings;
	settings = NULL;
	return 0;
}

/* ---- one part ---- */

static int give_up_rights(const struct daemon_plan *plan, size_t which)
{
	if (which == HAND)
		return rights_of_hand(plan->values->sessions.enabled);
	if (which == CLERK)
		return rights_of_clerk(plan->clerk_changes_user, plan->clerk_uid, plan->clerk_gid);
	return rights_of_reader(plan->changes_user ? plan->watcher_login : NULL, plan->watcher_uid,
		plan->watcher_gid);
}

static void close_inherited(const struct starter *s)
{
	(void)close(s->signals);
	for (size_t i = 0; i < PARTS; i++) {
		if (s->parts[i].pulse >= 0)
			(void)close(s->parts[i].pulse);
		if (s->parts[i].news >= 0)
			(void)close(s->parts[i].news);
	}
}

/* While it may still read the key; which is not read before, or the other parts would have it, too.
 */
static struct http_tls *read_tls(const struct starter *s)
{
	const struct page_settings *page = &s->plan->values->page;
	struct http_tls *tls = NULL;
	struct problem problem = {0};

	if (page->key == NULL || http_tls_read(page->certificate, page->key, &tls, &problem) == 0)
		return tls;
	EVENT_LOG(s->log, EVENT_PAGE_TROUBLE, clock_now_ms(),
		event_text("at", slice_of(page->listen)),
		event_text("error", slice_of(problem.text)));
	_exit(1);
}

static _Noreturn void be_part(struct starter *s, size_t which, struct daemon_part *part)
{
	sigset_t none;

	close_inherited(s);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)prctl(PR_SET_NAME, s->parts[which].name);
	part->tls = which == CLERK ? read_tls(s) : NULL;
	int err = give_up_rights(s->plan, which);
	if (err < 0) {
		EVENT_LOG(s->log, EVENT_PART_ENDED, clock_now_ms(),
			event_text("part", slice_of(s->parts[which].name)),
			event_text("error", slice_of(strerror(-err))));
		_exit(1);
	}
	_exit(s->parts[which].run(part));
}

static void close_both(const int pair[2])
{
	for (size_t i = 0; i < 2; i++)
		if (pair[i] >= 0)
			(void)close(pair[i]);
}

/* given: what it is given besides; unwanted: descriptors that are another's, ended by -1. */
static int begin_part(
	struct starter *s, size_t which, const struct daemon_part *given, const int *unwanted)
{
	struct part *p = &s->parts[which];
	struct daemon_part part = *given;
	int pulse[2], news[2] = {-1, -1};

	if (pipe2(pulse, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (s->plan->has_clerk && which != WATCHER &&
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, news) < 0) {
		close_both(pulse);
		return -errno;
	}
	part.plan = s->plan;
	part.log = s->log;
	part.pulse = pulse[1];
	part.news = news[1];
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(pulse[0]);
		if (news[0] >= 0)
			(void)close(news[0]);
		for (; *unwanted >= 0; unwanted++)
			(void)close(*unwanted);
		be_part(s, which, &part);
	}
	(void)close(pulse[1]);
	if (news[1] >= 0)
		(void)close(news[1]);
	if (pid < 0) {
		(void)close(pulse[0]);
		if (news[0] >= 0)
			(void)close(news[0]);
		return -errno;
	}
	p->pid = pid;
	p->pulse = pulse[0];
	p->news = news[0];
	p->heard_ms = clock_now_ms();
	p->is_ready = false;
	EVENT_LOG(s->log, EVENT_PART_STARTED, clock_now_ms(), event_text("part", slice_of(p->name)),
		event_number("pid", pid));
	return 0;
}

/* Made by who may make it, served by the watcher alone: when that ends, Exim is refused at once and
 * goes on, instead of waiting for an answer. Only Exim may ask: who else could, could speak for
 * others. */
static void open_policy(struct starter *s)
{
	const char *path = s->plan->values->policy.socket;
	const struct unix_socket_options options = {.mode = 0600,
		.uid = geteuid() == 0 ? s->plan->exim_uid : (uid_t)-1,
		.gid = s->plan->exim_gid,
		.backlog = POLICY_BACKLOG};

	s->policy = unix_socket_listen(path, &options);
	if (s->policy < 0)
		EVENT_LOG(s->log, EVENT_POLICY_TROUBLE, clock_now_ms(),
			event_text("path", slice_of(path)),
			event_text("error", slice_of(strerror(-s->policy))));
}

/* Only one that was made here: with another daemon at the same place it is that one's. */
static void remove_policy(struct starter *s)
{
	if (s->policy >= 0)
		(void)unlink(s->plan->values->policy.socket);
	s->policy = -1;
}

/* Whenever one of them has begun. */
static void link_clerk(struct starter *s)
{
	const struct part *hand = &s->parts[HAND], *clerk = &s->parts[CLERK];

	if (hand->news < 0 || clerk->news < 0)
		return;
	int err = new_link_pass(hand->news, clerk->news);
	if (err < 0) /* one of them is about to end */
		EVENT_LOG(s->log, EVENT_PAGE_TROUBLE, clock_now_ms(),
			event_text("at", slice_of(s->plan->values->page.listen)),
			event_text("error", slice_of(strerror(-err))));
}

static int begin_pair(struct starter *s)
{
	int link[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) < 0)
		return -errno;
	/* the other's end of the link, too, or its end would not be seen */
	const struct daemon_part watcher = {
		.link = link[WATCHER], .policy = s->policy, .listener = -1};
	const struct daemon_part hand = {.link = link[HAND], .policy = -1, .listener = -1};
	const int not_watchers[] = {link[HAND], -1};
	const int not_hands[] = {link[WATCHER], s->policy >= 0 ? s->policy : -1, -1};
	int err = begin_part(s, WATCHER, &watcher, not_watchers);

	if (err == 0)
		err = begin_part(s, HAND, &hand, not_hands);
	close_both(link);
	return err;
}

static void begin_parts(struct starter *s)
{
	s->pair.at_ms = 0;
	s->pair.begun_ms = clock_now_ms();
	open_policy(s);
	int err = begin_pair(s);
	if (s->policy >= 0)
		(void)close(s->policy);
	if (err < 0) {
		EVENT_LOG(s->log, EVENT_PART_ENDED, clock_now_ms(),
			event_text("part", slice_of("both")),
			event_text("error", slice_of(strerror(-err))));
		s->pair.at_ms = clock_now_ms() + s->pair.wait_ms;
	}
	link_clerk(s);
}

static void wait_longer(struct again *a)
{
	a->wait_ms = clock_now_ms() - a->begun_ms > STEADY_MS ? AGAIN_FIRST_MS
		     : a->wait_ms * 2 < AGAIN_MOST_MS         ? a->wait_ms * 2
							      : AGAIN_MOST_MS;
	a->at_ms = clock_now_ms() + a->wait_ms;
}

/* It listens where it could not: at a port below 1024. Made anew each time, so that nobody waits
 * for one that is not there. */
static void begin_clerk(struct starter *s)
{
	s->clerk.at_ms = 0;
	if (!s->plan->has_clerk)
		return;
	s->clerk.begun_ms = clock_now_ms();
	const int none[] = {-1};
	int listener = listen_address_open(&s->plan->clerk_listen);
	const struct daemon_part part = {.link = -1, .policy = -1, .listener = listener};
	int err = listener < 0 ? listener : begin_part(s, CLERK, &part, none);
	if (listener >= 0)
		(void)close(listener);
	if (err < 0) {
		EVENT_LOG(s->log, EVENT_PAGE_TROUBLE, clock_now_ms(),
			event_text("at", slice_of(s->plan->values->page.listen)),
			event_text("error", slice_of(strerror(-err))));
		wait_longer(&s->clerk);
		return;
	}
	link_clerk(s);
}

static void begin_all(struct starter *s)
{
	begin_parts(s);
	begin_clerk(s);
}

static void tell_parts(struct starter *s, size_t count, int signal)
{
	for (size_t i = 0; i < count; i++)
		if (s->parts[i].pid != 0)
			(void)kill(s->parts[i].pid, signal);
}

/* Of the first `count` parts. */
static bool some_run(const struct starter *s, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (s->parts[i].pid != 0)
			return true;
	return false;
}

/* ---- what comes from them ---- */

static void say_ended(struct starter *s, const struct part *p, int status)
{
	EVENT_LOG(s->log, EVENT_PART_ENDED, clock_now_ms(), event_text("part", slice_of(p->name)),
		event_number("pid", p->pid),
		event_number("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		event_number("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

static void after_end(struct starter *s, size_t which)
{
	if (s->ends || s->reloads)
		return;
	if (which == CLERK) {
		wait_longer(&s->clerk);
		return;
	}
	tell_parts(s, PAIR, SIGTERM);
	if (!some_run(s, PAIR))
		wait_longer(&s->pair);
}

static void forget(struct part *p)
{
	p->pid = 0;
	(void)close(p->pulse);
	p->pulse = -1;
	if (p->news >= 0)
		(void)close(p->news);
	p->news = -1;
}

static void reap(struct starter *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < PARTS; i++) {
			struct part *p = &s->parts[i];

			if (p->pid != pid)
				continue;
			if (!s->ends && !s->reloads && (i == CLERK || s->pair.at_ms == 0))
				say_ended(s, p, status);
			forget(p);
			after_end(s, i);
		}
}

static void hear(struct starter *s, struct part *p)
{
	char bytes[64];
	ssize_t n;

	while ((n = read(p->pulse, bytes, sizeof(bytes))) > 0) {
		p->heard_ms = clock_now_ms();
		p->is_ready = p->is_ready || memchr(bytes, 'r', (size_t)n) != NULL;
	}
	if (s->told_ready || !s->parts[WATCHER].is_ready || !s->parts[HAND].is_ready)
		return;
	s->told_ready = true;
	EVENT_LOG(
		s->log, EVENT_READY, clock_now_ms(), event_text("spool", slice_of(s->plan->spool)));
	notify_manager("READY=1\nSTATUS=watching");
}

static void end_silent(struct starter *s)
{
	for (size_t i = 0; i < PARTS; i++) {
		struct part *p = &s->parts[i];

		if (p->pid == 0 || clock_now_ms() - p->heard_ms < PULSE_MOST_MS)
			continue;
		EVENT_LOG(s->log, EVENT_PART_SILENT, clock_now_ms(),
			event_text("part", slice_of(p->name)), event_number("pid", p->pid));
		(void)kill(p->pid, SIGKILL);
		p->heard_ms = clock_now_ms();
	}
}

/* ---- settings ---- */

static void reload(struct starter *s)
{
	struct settings *settings = NULL;
	struct daemon_plan *plan = NULL;
	struct problem problem = {0};
	int err = starter_read(s->given, &settings, &plan, &problem);

	if (err == 0)
		err = daemon_plan_make_folders(plan, &problem);
	if (err < 0) {
		daemon_plan_free(plan);
		settings_free(settings);
		EVENT_LOG(s->log, EVENT_RELOAD_REFUSED, clock_now_ms(),
			event_text("error", slice_of(problem.text)));
		return;
	}
	remove_policy(s); /* the new one may be elsewhere */
	daemon_plan_free(s->plan);
	settings_free(s->settings);
	s->settings = settings;
	s->plan = plan;
	s->reloads = true;
	tell_parts(s, PARTS, SIGTERM);
}

/* When the parts of before have ended. */
static void finish_reload(struct starter *s)
{
	if (!s->reloads || some_run(s, PARTS))
		return;
	s->reloads = false;
	EVENT_LOG(s->log, EVENT_RELOADED, clock_now_ms());
	begin_all(s);
}

/* ---- the loop ---- */

static void hear_signals(struct starter *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			s->ends = true;
		else if (info.ssi_signo == SIGHUP && !s->reloads)
			reload(s);
	}
}

static void wait_for_something(struct starter *s)
{
	struct pollfd fds[1 + PARTS] = {{.fd = s->signals, .events = POLLIN}};

	for (size_t i = 0; i < PARTS; i++)
		fds[1 + i] = (struct pollfd){.fd = s->parts[i].pulse, .events = POLLIN};
	(void)poll(fds, 1 + PARTS, WAKE_MS);
	for (size_t i = 0; i < PARTS; i++)
		if ((fds[1 + i].revents & POLLIN) != 0)
			hear(s, &s->parts[i]);
	if ((fds[0].revents & POLLIN) != 0)
		hear_signals(s);
	reap(s);
}

static void watch_parts(struct starter *s)
{
	int64_t watchdog_ms = notify_watchdog_ms(), told_ms = clock_now_ms();

	while (!s->ends) {
		wait_for_something(s);
		finish_reload(s);
		if (s->pair.at_ms != 0 && !s->reloads && clock_now_ms() >= s->pair.at_ms)
			begin_parts(s);
		if (s->clerk.at_ms != 0 && !s->reloads && clock_now_ms() >= s->clerk.at_ms)
			begin_clerk(s);
		end_silent(s);
		if (watchdog_ms > 0 && clock_now_ms() - told_ms >= watchdog_ms / 3) {
			told_ms = clock_now_ms();
			notify_manager("WATCHDOG=1");
		}
		event_log_tick(s->log, clock_now_ms());
	}
}

static void end_parts(struct starter *s)
{
	int64_t until = clock_now_ms() + END_MS;

	notify_manager("STOPPING=1");
	tell_parts(s, PARTS, SIGTERM);
	while (some_run(s, PARTS) && clock_now_ms() < until) {
		struct pollfd fd = {.fd = s->signals, .events = POLLIN};
		(void)poll(&fd, 1, 50);
		hear_signals(s);
		reap(s);
	}
	tell_parts(s, PARTS, SIGKILL);
	remove_policy(s);
	/* not for any child: who started us by exec may have left us one that waits for our end */
	for (size_t i = 0; i < PARTS; i++)
		if (s->parts[i].pid != 0)
			(void)waitpid(s->parts[i].pid, NULL, 0);
}

static int take_signals(struct starter *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? -errno : 0;
}

static int begin(struct starter *s)
{
	struct problem problem = {0};
	int err = starter_read(s->given, &s->settings, &s->plan, &problem);

	if (err == 0)
		err = daemon_plan_make_folders(s->plan, &problem);
	if (err == 0) {
		err = take_signals(s);
		if (err < 0)
			(void)problem_set(&problem, err, "cannot take signals: %s", strerror(-err));
	}
	if (err < 0)
		(void)fprintf(stderr, "stanchd: %s\n", problem.text);
	return err;
}

int starter_run(const struct starter_settings *settings)
{
	struct starter s = {.given = settings,
		.pair = {.wait_ms = AGAIN_FIRST_MS / 2},
		.clerk = {.wait_ms = AGAIN_FIRST_MS / 2},
		.signals = -1,
		.policy = -1,
		.parts = {[WATCHER] = {.name = "stanchd-watcher",
				  .run = watcher_run,
				  .pulse = -1,
				  .news = -1},
			[HAND] = {.name = "stanchd-hand", .run = hand_run, .pulse = -1, .news = -1},
			[CLERK] = {.name = "stanchd-clerk",
				.run = clerk_run,
				.pulse = -1,
				.news = -1}}};

	s.log = event_log_new(STDERR_FILENO, settings->levels, daemon_events, DAEMON_EVENTS);
	int err = begin(&s);
	if (err == 0 && s.plan != NULL) {
		EVENT_LOG(s.log, EVENT_STARTED, clock_now_ms(),
			event_text("version", slice_of(STANCH_VERSION)),
			event_text("spool", slice_of(s.plan->spool)),
			event_text("mode", slice_of(daemon_plan_mode(s.plan->values))));
		begin_all(&s);
		watch_parts(&s);
		end_parts(&s);
		EVENT_LOG(s.log, EVENT_STOPPED, clock_now_ms());
	}
	daemon_plan_free(s.plan);
	settings_free(s.settings);
	event_log_free(s.log);
	if (s.signals >= 0)
		(void)close(s.signals);
	return err == 0 ? 0 : 3;
}

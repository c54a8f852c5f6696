/* loop.h - the event loop of a process: it sleeps until a timer is due, a descriptor is ready, a
 * signal came or a child ended, and calls the one who asked. A thin layer over libuv, so that the
 * rooms above know of no other library for it.
 *
 * Everything made on a loop is freed before the loop is; freeing is allowed in any of its calls,
 * also in the object's own, and after it there is no further call. All is of one thread, but for
 * what loop_work() is given. */
#ifndef STANCH_BASE_LOOP_H
#define STANCH_BASE_LOOP_H

#include "base/attribute.h"

#include <stdint.h>
#include <sys/types.h>

struct loop;

/* Memory or descriptors that end end the process. */
struct loop *loop_new(void);
void loop_free(struct loop *loop); /* NULL is fine */
AUTO_FREE(loop)

/* Runs until loop_stop() is called, or until nothing is left to wait for. May be called again. */
void loop_run(struct loop *loop);

/* Ends loop_run() when the calls of this turn are done. */
void loop_stop(struct loop *loop);

/* Milliseconds on the monotonic clock, read when the loop wakes up: calls that are made together
 * see the same time, however long they take. */
int64_t loop_now_ms(const struct loop *loop);

/* ---- timers ---- */

struct loop_timer;

struct loop_timer *loop_timer_new(struct loop *loop, void (*call)(void *context), void *context);
void loop_timer_free(struct loop_timer *timer); /* NULL is fine */
AUTO_FREE(loop_timer)

/* Calls in delay_ms (not negative; from loop_now_ms() on, so 0 is the next turn), then every
 * repeat_ms if that is not 0. A timer that runs is set anew. One that is late is not made up for.
 */
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer); /* also one that does not run */

/* ---- descriptors ---- */

struct loop_watch;

enum loop_ready { LOOP_READ = 1, LOOP_WRITE = 2 };

/* Watches fd, which is made non-blocking and stays the caller's: it is closed after
 * loop_watch_free(). Nothing is watched until loop_watch_for(). ready: of enum loop_ready, never 0;
 * when the descriptor is broken, all that is watched for: the next read or write says with what.
 * The call comes again as long as it is ready. Returns 0 and fills *ret; or
 *   -EPERM   a file that is always ready, such as a regular one
 *   -EEXIST  the loop watches it already
 *   another  what is wrong with fd. */
MUST_USE int loop_watch_new(struct loop *loop, int fd, void (*call)(void *context, unsigned ready),
	void *context, struct loop_watch **ret);
void loop_watch_free(struct loop_watch *watch); /* NULL is fine */
AUTO_FREE(loop_watch)

/* ready: of enum loop_ready; 0: nothing for now. */
void loop_watch_for(struct loop_watch *watch, unsigned ready);

/* ---- signals ---- */

struct loop_signal;

/* Calls once for each signal that came; the same signal, if it came more than once before its turn,
 * may be called for once. -EINVAL for one that cannot be caught. While nothing but signals is
 * waited for, loop_run() goes on. */
MUST_USE int loop_signal_new(struct loop *loop, int number, void (*call)(void *context),
	void *context, struct loop_signal **ret);
void loop_signal_free(struct loop_signal *signal); /* NULL is fine; its default is back */
AUTO_FREE(loop_signal)

/* ---- children ---- */

struct loop_child;

/* Waits for a child of this process, which nobody else may wait for, and calls once with its status
 * as waitpid(2) gives it; also when it ended before this call. status is -1 when it is not our
 * child. Freeing it stops the waiting, not the child. */
struct loop_child *loop_child_new(
	struct loop *loop, pid_t pid, void (*call)(void *context, int status), void *context);
void loop_child_free(struct loop_child *child); /* NULL is fine */
AUTO_FREE(loop_child)

/* ---- work that takes long ---- */

/* Calls work in a thread of its own, beside the loop, and then done from the loop. Both are called
 * exactly once: loop_free() waits for what has begun, skips work that has not, and calls done. So
 * the context is the work's own from here until done, and holds nothing that somebody else frees;
 * work touches nothing but it. A few run at a time, the others wait. */
void loop_work(
	struct loop *loop, void (*work)(void *context), void (*done)(void *context), void *context);

#endif

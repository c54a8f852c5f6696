/* queue_answer.h - stanch queue --answer: searches of the queue for the daemon, which begins it
 * when somebody searches and ends it when nobody does.
 *
 * On standard input it is asked, one object a line: {"id": n, "args": a question of
 * reports/queue_found.h}; on standard output it answers, in any order: {"id", "status": 200 or 400,
 * "body": the answer, or {"error": a sentence}}. It ends when standard input has ended and all is
 * answered. */
#ifndef STANCH_PROGRAMS_QUEUE_ANSWER_H
#define STANCH_PROGRAMS_QUEUE_ANSWER_H

#include "programs/context.h"

#define QUEUE_ANSWER_LINE    4096 /* bytes of a question */
#define QUEUE_ANSWER_WAITING 64   /* questions; more are not read yet */

/* login: whom it becomes before it reads anything, if it is root; NULL: it stays who it is. Returns
 * the exit status. */
int queue_answer_run(struct context *context, const char *login);

#endif

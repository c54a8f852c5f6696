/* typed_password.h - a password from the person at the terminal, who does not see it there, or from
 * a program, as the one line of standard input. */
#ifndef STANCH_PROGRAMS_TYPED_PASSWORD_H
#define STANCH_PROGRAMS_TYPED_PASSWORD_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"

#include <stdbool.h>

#define TYPED_PASSWORD_LEAST 8 /* bytes: fewer are guessed */

/* fd: standard input. is_terminal: then it is asked for twice on standard error, and the terminal
 * is as before afterwards, also when a signal ends the asking. 0 and *ret, which the caller frees;
 * or *problem and -EINVAL  shorter than TYPED_PASSWORD_LEAST, longer than SECRET_MAX, with a
 * control byte in it, or the second time it was another one -ENODATA there was none -EINTR   a
 * signal came another  it could not be read. */
MUST_USE int typed_password(int fd, bool is_terminal, struct secret **ret, struct problem *problem);

#endif

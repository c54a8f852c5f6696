/* become_reader.h - a command that the daemon starts as root gives up root before it reads what
 * strangers wrote. */
#ifndef STANCH_PROGRAMS_BECOME_READER_H
#define STANCH_PROGRAMS_BECOME_READER_H

#include "base/attribute.h"
#include "base/problem.h"

/* login: the user to become, not root; this process begins no other afterwards. -EINVAL: there is
 * none such; or the kernel's error, after which the process is to end. */
MUST_USE int become_reader(const char *login, struct problem *problem);

#endif

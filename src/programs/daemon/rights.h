/* rights.h - what a part of the daemon may do from here on, for good, and whatever it runs with it.
 */
#ifndef STANCH_PROGRAMS_DAEMON_RIGHTS_H
#define STANCH_PROGRAMS_DAEMON_RIGHTS_H

#include "base/attribute.h"

#include <stdbool.h>
#include <sys/types.h>

/* Of who reads what strangers wrote: nothing but what that user may, and no program gives more (no
 * set-user-id). login: for its groups; NULL: it stays who it is. 0, or a negative errno and nothing
 * is certain: the process is to end. */
MUST_USE int rights_of_reader(const char *login, uid_t uid, gid_t gid);

/* The same of a program that the hand has started: root's rights that are left to the hand are
 * enough to call it. login: whom it becomes. It leaves no core. Errors as above. */
MUST_USE int rights_of_started_reader(const char *login, uid_t uid, gid_t gid);

/* Of who answers strangers over the network: nothing at all. It has no capability, no group, runs
 * no program, leaves no core, and others of the same user cannot look into it. uid, gid: who it is,
 * where changes_user; else it stays who it is. Errors as above. */
MUST_USE int rights_of_clerk(bool changes_user, uid_t uid, gid_t gid);

/* Of who moves mail under Exim's locks: root's rights over files and users, and no other: none over
 * the network, the kernel, devices or other processes' memory. ends_sessions: with the two that
 * it takes to see which process holds a connection and to cut it (CAP_SYS_PTRACE, CAP_NET_ADMIN;
 * tests/system/sessions.sh), as far as it has them. Nothing happens when it is not root. */
MUST_USE int rights_of_hand(bool ends_sessions);

#endif

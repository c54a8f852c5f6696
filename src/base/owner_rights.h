/* owner_rights.h - for a while, files only with the rights of those whom they belong to. What
 * another account can put into a folder of its own (a link to a file of root's, say) must lead root
 * nowhere where that account cannot go. Of the calling thread; for others than root nothing
 * changes. */
#ifndef STANCH_BASE_OWNER_RIGHTS_H
#define STANCH_BASE_OWNER_RIGHTS_H

#include "base/attribute.h"

#include <stdbool.h>
#include <sys/types.h>

/* Zeroed is nothing taken. */
struct owner_rights {
	bool is_taken;
	gid_t gid; /* that were ours */
};

/* Takes the rights of the owner of that folder, which is no link. 0; or a negative errno, and
 * nothing is changed. */
MUST_USE int owner_rights_take(const char *folder, struct owner_rights *ret);

/* Gives them back; fine when none were taken. Not to have one's own again ends the process. */
void owner_rights_give_back(struct owner_rights *r);

#endif

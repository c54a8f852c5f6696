#include "programs/daemon/rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

int rights_of_reader(const char *login, uid_t uid, gid_t gid)
{
	if (login != NULL) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS) != 0)
			return -EPERM;
		if (initgroups(login, gid) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
			return -errno;
		if (setuid(0) == 0)
			return -EPERM;
	}
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int rights_of_hand(void)
{
	/* files of another user, made, moved and given back; Exim's user, to run Exim as; signals
	 * to a command that takes too long */
	static const unsigned kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
		CAP_FOWNER, CAP_FSETID, CAP_SETUID, CAP_SETGID, CAP_KILL};

	if (geteuid() != 0)
		return 0;
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
			    kept[i]) != 0)
			return -EINVAL;
	return capng_apply(CAPNG_SELECT_BOTH) == 0 ? 0 : -EPERM;
}

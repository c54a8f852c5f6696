#include "programs/daemon/rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

/* Which rights a program could give to it, does not matter: none gives it any from here on. */
int rights_of_started_reader(const char *login, uid_t uid, gid_t gid)
{
	const struct rlimit none = {0};

	if (initgroups(login, gid) < 0 || setresgid(gid, gid, gid) < 0 ||
		setresuid(uid, uid, uid) < 0)
		return -errno;
	if (setuid(0) == 0)
		return -EPERM;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return -EPERM;
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int rights_of_clerk(bool changes_user, uid_t uid, gid_t gid)
{
	const struct rlimit none = {0};

	if (changes_user) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS) != 0)
			return -EPERM;
		if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
			setresuid(uid, uid, uid) < 0)
			return -errno;
		if (setuid(0) == 0)
			return -EPERM;
	}
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return -EPERM;
	if (setrlimit(RLIMIT_NPROC, &none) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static int keep_right(unsigned right)
{
	return capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
		       right) == 0
		       ? 0
		       : -EINVAL;
}

int rights_of_hand(bool ends_sessions)
{
	/* files of another user, made, moved and given back; Exim's user, to run Exim as; signals
	 * to a command that takes too long, and to Exim's sessions */
	static const unsigned kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
		CAP_FOWNER, CAP_FSETID, CAP_SETUID, CAP_SETGID, CAP_KILL};
	/* to see which of Exim's processes holds a connection, and to cut it; systemd or a
	 * container may have taken them away before */
	static const unsigned of_sessions[] = {CAP_SYS_PTRACE, CAP_NET_ADMIN};
	bool has[sizeof(of_sessions) / sizeof(of_sessions[0])];
	int err = 0;

	if (geteuid() != 0)
		return 0;
	if (capng_get_caps_process() != 0)
		return -EPERM;
	for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		has[i] = ends_sessions &&
			 capng_have_capability(CAPNG_PERMITTED, of_sessions[i]) != 0;
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; err == 0 && i < sizeof(kept) / sizeof(kept[0]); i++)
		err = keep_right(kept[i]);
	for (size_t i = 0; err == 0 && i < sizeof(has) / sizeof(has[0]); i++)
		if (has[i])
			err = keep_right(of_sessions[i]);
	if (err < 0)
		return err;
	return capng_apply(CAPNG_SELECT_BOTH) == 0 ? 0 : -EPERM;
}

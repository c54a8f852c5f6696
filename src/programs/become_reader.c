#include "programs/become_reader.h"

#include "programs/daemon/rights.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

int become_reader(const char *login, struct problem *problem)
{
	const struct passwd *user = getpwnam(login);
	int err;

	if (user == NULL || user->pw_uid == 0)
		return problem_set(problem, -EINVAL, "there is no such user to become");
	err = rights_of_started_reader(login, user->pw_uid, user->pw_gid);
	return err < 0 ? problem_set(problem, err, "cannot give up root: %s", strerror(-err)) : 0;
}

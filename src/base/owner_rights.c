#include "base/owner_rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

/* These calls tell what was, and never whether they did anything: one that cannot be meant asks. */
static bool has_rights(uid_t uid, gid_t gid)
{
	return (uid_t)setfsuid((uid_t)-1) == uid && (gid_t)setfsgid((gid_t)-1) == gid;
}

static int owner_of(const char *folder, struct stat *ret)
{
	int fd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 || fstat(fd, ret) < 0 ? -errno : 0;

	if (fd >= 0)
		(void)close(fd);
	return err;
}

int owner_rights_take(const char *folder, struct owner_rights *ret)
{
	struct stat st = {0};
	int err;

	*ret = (struct owner_rights){.gid = getegid()};
	if (geteuid() != 0)
		return 0;
	err = owner_of(folder, &st);
	if (err < 0 || st.st_uid == 0)
		return err;
	ret->is_taken = true;
	(void)setfsgid(st.st_gid); /* first: who has no rights cannot give any away */
	(void)setfsuid(st.st_uid);
	if (has_rights(st.st_uid, st.st_gid))
		return 0;
	owner_rights_give_back(ret);
	return -EPERM;
}

void owner_rights_give_back(struct owner_rights *r)
{
	if (!r->is_taken)
		return;
	(void)setfsuid(geteuid());
	(void)setfsgid(r->gid);
	if (!has_rights(geteuid(), r->gid))
		abort();
	r->is_taken = false;
}

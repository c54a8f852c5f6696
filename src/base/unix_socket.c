#include "base/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_MOST_S 1

static int make_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return 0;
}

int unix_socket_connect(const char *path)
{
	struct sockaddr_un address;
	int err = make_address(path, &address);
	int fd = err == 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return err < 0 ? err : -errno;
	/* of these sockets it bounds connect(2), too, which ends with EAGAIN (unix(7), "-backlog")
	 */
	const struct timeval most = {.tv_sec = CONNECT_MOST_S};
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	(void)close(fd);
	return err;
}

/* A socket that nobody serves was left by one that was killed. */
static int clear_place(const char *path)
{
	struct stat s;

	if (lstat(path, &s) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(s.st_mode))
		return -EEXIST;
	int fd = unix_socket_connect(path);
	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 || fd == -ETIMEDOUT) /* by one that is too busy to take us */
		return -EADDRINUSE;
	return unlink(path) < 0 ? -errno : 0;
}

/* It listens last: until then no one can connect, whatever the mode is at first. */
static int listen_at(int fd, const char *path, const struct unix_socket_options *options)
{
	struct sockaddr_un address;
	int err = make_address(path, &address);

	if (err < 0)
		return err;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if ((options->uid != (uid_t)-1 && lchown(path, options->uid, options->gid) < 0) ||
		chmod(path, options->mode) < 0 || listen(fd, options->backlog) < 0) {
		err = -errno;
		(void)unlink(path);
		return err;
	}
	return 0;
}

int unix_socket_listen(const char *path, const struct unix_socket_options *options)
{
	struct sockaddr_un address;
	int err = make_address(path, &address);

	if (err == 0)
		err = clear_place(path);
	if (err < 0)
		return err;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = listen_at(fd, path, options);
	if (err < 0) {
		(void)close(fd);
		return err;
	}
	return fd;
}

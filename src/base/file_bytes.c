#include "base/file_bytes.h"

#include <errno.h>
#include <unistd.h>

ssize_t file_read_bytes(int fd, char *at, size_t most)
{
	size_t len = 0;

	while (len < most) {
		ssize_t n = read(fd, at + len, most - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int file_write_bytes(int fd, struct slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.at, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes = slice_after(bytes, (size_t)n);
	}
	return 0;
}

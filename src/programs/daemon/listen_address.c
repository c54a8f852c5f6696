#include "programs/daemon/listen_address.h"

#include "base/units.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

int listen_address_read(const char *text, struct listen_address *ret)
{
	struct slice all = slice_of(text), address;
	struct listen_address read = {.is_ipv6 = all.len > 0 && all.at[0] == '['};
	size_t colon = slice_find_last(all, ':');
	uint64_t port;

	if (colon == all.len ||
		units_read_count(slice_after(all, colon + 1), UINT16_MAX, &port) < 0 || port == 0)
		return -EINVAL;
	address = slice_first(all, colon);
	if (read.is_ipv6) {
		if (address.len < 2 || address.at[address.len - 1] != ']')
			return -EINVAL;
		address = (struct slice){address.at + 1, address.len - 2};
	}
	if ((slice_find(address, ':') < address.len) != read.is_ipv6 ||
		address_parse(address, &read.address) < 0)
		return -EINVAL;
	read.port = (uint16_t)port;
	*ret = read;
	return 0;
}

static int bind_to(int fd, const struct listen_address *at)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(at->port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(at->port)};
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	memcpy(&six.sin6_addr, at->address.bytes, 16);
	memcpy(&four.sin_addr, at->address.bytes + 12, 4);
	int r = at->is_ipv6 ? bind(fd, (const struct sockaddr *)&six, sizeof(six))
			    : bind(fd, (const struct sockaddr *)&four, sizeof(four));
	return r < 0 || listen(fd, BACKLOG) < 0 ? -errno : 0;
}

int listen_address_open(const struct listen_address *at)
{
	int fd = socket(
		at->is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	int err = bind_to(fd, at);
	if (err < 0) {
		(void)close(fd);
		return err;
	}
	return fd;
}

/* no_uring.c - takes io_uring away from the program under test (LD_PRELOAD), so that it reads by
 * plain calls: valgrind does not see what the kernel writes by itself, and takes it for garbage. */
#include <errno.h>
#include <liburing.h>

int io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *p)
{
	(void)entries;
	(void)ring;
	(void)p;
	return -ENOSYS;
}

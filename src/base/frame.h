/* frame.h - messages over a stream socket, between processes that do not trust one another.
 *
 * A message is four bytes, big-endian (the highest bit: a descriptor comes with it; the rest: how
 * many bytes follow), then these bytes. Each side says how long a message may be at most. Reading
 * is pulled: frame_receive() hands out one whole message, or says that there is none yet, so it
 * fits any loop and needs none. No call waits, whether the socket was made non-blocking or not.
 *
 * What the peer sends is hostile. A peer that breaks the rules ends its own link and nothing else:
 * -EPROTO from then on, and frame_fault() says which rule. Descriptors that came where none may
 * come are closed.
 *
 * A message may have a password in it: no copy is left here of one that was sent, or handed out and
 * followed by another frame_receive() that said -EAGAIN. */
#ifndef STANCH_BASE_FRAME_H
#define STANCH_BASE_FRAME_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdint.h>

#define FRAME_HEAD 4                  /* bytes in front of each message */
#define FRAME_MOST ((size_t)16 << 20) /* no link takes longer messages than this */

struct frame_link;

enum frame_descriptors { FRAME_NO_DESCRIPTORS, FRAME_DESCRIPTORS }; /* that the peer may send */

/* socket: a connected stream socket, of the UNIX kind where descriptors are passed; borrowed, to be
 * closed by the caller after frame_link_free(). message_max: bytes of the longest message, each
 * way, 1 to FRAME_MOST. Takes two buffers of that size and no more memory later. */
struct frame_link *frame_link_new(
	int socket, size_t message_max, enum frame_descriptors may_receive);

/* Closes a descriptor that came and was not handed out. What was not sent is lost. NULL is fine. */
void frame_link_free(struct frame_link *link);
AUTO_FREE(frame_link)

struct frame {
	struct slice bytes; /* borrowed: until the next frame_receive() of the link */
	int descriptor;     /* -1: none; else the caller's, close-on-exec */
};

/* The next message. Returns 0 and fills *ret; or leaves it as it was and returns
 *   -EAGAIN   there is none yet: call again when the socket can be read
 *   -ENODATA  the peer ended the connection behind a whole message
 *   -EPROTO   the peer broke the rules, or ended in the middle of a message
 *   another   what recvmsg(2) says.
 * One call reads at most four times, so a peer that sends without end cannot hold the caller up;
 * after 0 call again at once: more messages may be here already, of which no loop will tell. */
MUST_USE int frame_receive(struct frame_link *link, struct frame *ret);

/* Which rule the peer broke, as a few words ("a message longer than is allowed"); one case is our
 * own: a descriptor came when no more could be opened here. NULL before -EPROTO. */
const char *frame_fault(const struct frame_link *link);

/* Sends a message, or as much of it as the socket takes, and keeps the rest; bytes are copied.
 * descriptor: -1 for none; it goes with the message as a copy, the caller's stays open. Returns 0,
 * or nothing of the message is sent and it returns
 *   -EMSGSIZE it is longer than message_max
 *   -EAGAIN   what is kept leaves no room for it: call frame_flush() when the socket can be written
 *   -EPIPE    and others of sendmsg(2): the link cannot be written any more.
 * There is room for one message of message_max bytes; for several, if they are shorter. One with a
 * descriptor needs all before it to be sent. */
MUST_USE int frame_send(struct frame_link *link, struct slice bytes, int descriptor);

/* Sends what is kept. 0: all of it; -EAGAIN: more is left, call again when the socket can be
 * written; errors as above. */
MUST_USE int frame_flush(struct frame_link *link);

/* Bytes that are kept: while there are any, wait for the socket to be writable, too. */
size_t frame_unsent(const struct frame_link *link);

#endif

/* notify.h - tells the service manager how the daemon is: the protocol of sd_notify(3), which is
 * one datagram of text to the socket that NOTIFY_SOCKET names. */
#ifndef STANCH_PROGRAMS_DAEMON_NOTIFY_H
#define STANCH_PROGRAMS_DAEMON_NOTIFY_H

#include "base/attribute.h"

#include <stdint.h>

/* text: "READY=1", "WATCHDOG=1", … lines. Without a service manager nothing happens. What cannot be
 * sent is not sent again: the next one says how it is then. */
void notify_manager(const char *text);

/* Milliseconds within which WATCHDOG=1 is expected; 0: it is not. */
int64_t notify_watchdog_ms(void);

#endif

/* relay_notice.h - what a relay that our mail goes through writes when it takes one of our senders
 * for hijacked. MailChannels' notice is known: its subject is "Compromised Account Notification",
 * and its text has a table whose rows are a name, '|' and a value
 * (https://mailchannels.zendesk.com/hc/en-us/articles/200797080). Who the sender is, it takes from
 * our own X-AuthUser field.
 *
 * Anybody can write such a mail, and nothing in it can be checked. */
#ifndef STANCH_FORMATS_RELAY_NOTICE_H
#define STANCH_FORMATS_RELAY_NOTICE_H

#include "base/slice.h"

#include <stdbool.h>

#define RELAY_NOTICE_TEXT 256 /* bytes of a value with its NUL; a longer one is none */

/* Holds its own bytes. */
struct relay_notice {
	char sender[RELAY_NOTICE_TEXT]; /* Sender ID, when its Sender Type is x-authuser: a login
					 * name with or without a domain; never "" */
};

/* header, body: as for mail_text_read(). false: it is no such notice, or not of a login. */
bool relay_notice_read(struct slice header, struct slice body, struct relay_notice *ret);

#endif

/* page_access.h - who somebody is to the page, and what that may: the file of users, who has logged
 * in, and logins, whose passwords are checked beside the loop. What is asked comes from the clerk,
 * who is not trusted: it says what it was shown, and this looks whether it is so. Each login and
 * each failure is an event of the log. */
#ifndef STANCH_PROGRAMS_DAEMON_PAGE_ACCESS_H
#define STANCH_PROGRAMS_DAEMON_PAGE_ACCESS_H

#include "base/attribute.h"
#include "base/event_log.h"
#include "base/loop.h"
#include "facts/networks.h"
#include "formats/page_users.h"
#include "programs/daemon/page_sessions.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define PAGE_FROM_MAX       ADDRESS_TEXT_MAX
#define PAGE_LOGINS_AT_ONCE 2  /* hashes that are computed */
#define PAGE_LOGINS_MOST    16 /* logins that wait for it */

/* All borrowed but for the numbers. */
struct page_access_given {
	struct loop *loop;
	struct event_log *log;
	const char *users;     /* the file */
	int64_t session, idle; /* seconds */
	bool takes_proxy;      /* a proxy may name users */
};

struct page_access;

struct page_access *page_access_new(const struct page_access_given *given);

/* Logins that are being checked are not answered any more. NULL is fine. */
void page_access_free(struct page_access *a);
AUTO_FREE(page_access)

/* Somebody who is known. */
struct page_who {
	char name[PAGE_USERS_NAME_MAX + 1];
	char from[PAGE_FROM_MAX]; /* as address_text() writes it */
	enum page_role role;
	enum page_way way;  /* PAGE_PASSWORD: has logged in */
	char csrf[PAGE_ID]; /* "" with a token */
	int64_t ends_at;    /* seconds since 1970; 0: no end is known */
};

/* who: {"session": "HEX"} or {"token": "TEXT"} or {"proxy": "NAME"}, with "from": "ADDRESS", and
 * "csrf" if there is one; borrowed. Returns 200 and fills *ret; 401: nobody that is known, or not
 * any more; 503: the file of users cannot be read; or -EBADMSG: it is none of these. */
MUST_USE int page_access_who(struct page_access *a, const json_t *who, struct page_who *ret);

/* Whether it has the csrf of the session, or needs none. */
bool page_access_is_meant(const struct page_who *known, const json_t *who);

/* {"name", "role", "csrf", "ends_at", "way"}: a new reference. csrf and ends_at are null where
 * there is none. */
json_t *page_access_session_json(const struct page_who *who);

/* The session of it, if it is one, ends. -EBADMSG as above; else 0. */
MUST_USE int page_access_logout(struct page_access *a, const json_t *who);

/* status as of HTTP; body: taken by who is called. */
typedef void page_access_answered(void *context, int status, json_t *body);

/* asked: {"name", "password", "from"}; borrowed, and nothing of the password is left here
 * afterwards. Called at once or later, once: 200 with the session and its "session"; 401; 429 with
 * "retry_after" in seconds; 503. -EBADMSG, and there is no call: it is no login. */
MUST_USE int page_access_login(
	struct page_access *a, const json_t *asked, page_access_answered *call, void *context);

#endif

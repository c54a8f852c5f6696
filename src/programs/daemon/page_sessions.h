/* page_sessions.h - who has logged in to the page: random ids of 256 bits, of which only hashes are
 * kept, in bounded number, in memory alone. Ids are compared in a time that does not tell how much
 * of them fits. No clock: times are seconds of one that nobody sets. */
#ifndef STANCH_PROGRAMS_DAEMON_PAGE_SESSIONS_H
#define STANCH_PROGRAMS_DAEMON_PAGE_SESSIONS_H

#include "base/attribute.h"
#include "base/password_hash.h"
#include "base/slice.h"
#include "formats/page_users.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SESSIONS_MOST 256 /* of one more, the one unused for longest ends */
#define PAGE_SESSIONS_EACH 32  /* of one user, likewise */
#define PAGE_ID            65  /* hex digits of 256 random bits, and a NUL */

struct page_session {
	char name[PAGE_USERS_NAME_MAX + 1];
	char csrf[PAGE_ID];
	int64_t ends;    /* by the clock that nobody sets, */
	int64_t ends_at; /* and in seconds since 1970, as it seemed when it began */
};

struct page_sessions;

/* lasting, idle: seconds that one lasts, and that it may be unused. */
struct page_sessions *page_sessions_new(int64_t lasting, int64_t idle);
void page_sessions_free(struct page_sessions *s); /* NULL is fine; wiped */
AUTO_FREE(page_sessions)

/* A new one, whose id nobody else will know, into id. user: as the line of the file is now; when it
 * is another one later, the session ends. at: now, since 1970. Lent until the next call. */
const struct page_session *page_sessions_begin(struct page_sessions *s,
	const struct page_user *user, int64_t now, int64_t at, char id[PAGE_ID]);

/* The one of that id, which is used by this; NULL: there is none, or it has ended. user: as the
 * line is now, .line.at NULL: there is none any more. For that, whose it is has to be known first:
 * page_sessions_name(). Lent until the next call. */
const struct page_session *page_sessions_use(
	struct page_sessions *s, struct slice id, const struct page_user *user, int64_t now);

/* Whose session that is, lent likewise; .at NULL: nobody's. Does not use it. */
struct slice page_sessions_name(struct page_sessions *s, struct slice id, int64_t now);

/* Logs out. */
void page_sessions_end(struct page_sessions *s, struct slice id);

size_t page_sessions_count(const struct page_sessions *s, int64_t now);

/* A new random id, in hex. */
void page_id_make(char at[PAGE_ID]);

/* Whether they are the same; in a time that does not tell how much of them is. */
bool page_id_is(const char id[PAGE_ID], struct slice given);

#endif

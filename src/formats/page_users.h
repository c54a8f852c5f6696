/* page_users.h - who may use the page and its API: a line each, as `stanch page` writes them.
 *
 *   # a remark
 *   ann:operator:password:$y$j9T$...    logs in with a password
 *   carl:reader:proxy:                  named by a proxy that has checked who it is
 *   robot:reader:token:HEX              a program that shows its token, of which the hash stands
 * here
 *
 * Pure. The file is small: it is gone through from the front for each question. */
#ifndef STANCH_FORMATS_PAGE_USERS_H
#define STANCH_FORMATS_PAGE_USERS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define PAGE_USERS_NAME_MAX 40   /* bytes of a name */
#define PAGE_USERS_MOST     1000 /* of a file */
#define PAGE_USERS_BYTES    ((size_t)512 << 10)
#define PAGE_TOKEN_HASH     65 /* hex digits of 256 bits and a NUL */

enum page_role { PAGE_READER, PAGE_OPERATOR, PAGE_ROLES };
enum page_way { PAGE_PASSWORD, PAGE_PROXY, PAGE_TOKEN, PAGE_WAYS };

/* "reader", "operator"; "password", "proxy", "token". */
const char *page_role_name(enum page_role role);
const char *page_way_name(enum page_way way);
MUST_USE bool page_role_read(struct slice text, enum page_role *ret);

/* 1 to PAGE_USERS_NAME_MAX letters, digits, '.', '_', '-', '+' and '@' of ASCII, a letter or digit
 * first: it stands in a log, a journal and an HTTP field as it is. */
bool page_users_is_name(struct slice name);

/* The hash of a token, as it stands in the file. A token is random: nobody finds it from its hash,
 * so that a fast one will do. */
void page_users_token_hash(struct slice token, char at[PAGE_TOKEN_HASH]);

/* Parts of the line that was read. */
struct page_user {
	struct slice name;
	enum page_role role;
	enum page_way way;
	struct slice hash; /* of the password, as crypt(5) writes it, or of the token; else empty */
	struct slice line; /* all of it, without its LF */
};

/* Takes the next user off the front of the text of a whole file, of which *line (0 to begin with)
 * counts the lines. 1 and *ret; 0 at the end; or -EBADMSG: that line is none. */
MUST_USE int page_users_next(struct slice *rest, unsigned *line, struct page_user *ret);

/* Whether each line is one, no name stands there twice and there are not too many. 0; or -EBADMSG,
 * and *problem says which line and why, and never what is in it. */
MUST_USE int page_users_check(struct slice text, struct problem *problem);

/* In a text that page_users_check() finds good. false: there is none of that name, or no token of
 * that hash. Tokens are compared in a time that does not tell how much of them fits. */
MUST_USE bool page_users_find(struct slice text, struct slice name, struct page_user *ret);
MUST_USE bool page_users_find_token(
	struct slice text, const char hash[PAGE_TOKEN_HASH], struct page_user *ret);

/* The same text with another line for that name, or with one more at its end; all else is as it
 * was. The caller frees it. user: line is not looked at; hash has to fit the way. */
char *page_users_put(struct slice text, const struct page_user *user) __attribute__((malloc));

/* Without the line of that name; NULL when there is none. */
char *page_users_remove(struct slice text, struct slice name) __attribute__((malloc));

#endif

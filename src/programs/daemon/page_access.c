#include "programs/daemon/page_access.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/password_hash.h"
#include "programs/daemon/events.h"
#include "programs/daemon/login_limit.h"
#include "programs/page_users_file.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKEN_MAX 255 /* bytes that are looked at */

/* What is checked when there is no such user, or one without a password: of the cost of those that
 * stanch page makes, and nobody's. */
#define NOBODYS_HASH "$y$j9T$Zs0GJmiWfJUdEo4fVMjYv/$u115ychZ/8xHQUDjGUFiuW.7KgGM6reLjy0ReQIYM71"

/* A login: of its own from when its hash is computed until that is done. */
struct login {
	struct page_access *access; /* NULL: nobody waits any more */
	struct login *next;
	struct secret *secret;
	char hash[PASSWORD_HASH_MAX]; /* to be compared with */
	bool has_hash;                /* it is the user's, and not nobody's */
	bool is_begun, matches;
	char name[PAGE_USERS_NAME_MAX + 1]; /* "": none that can be */
	struct address address;
	char from[PAGE_FROM_MAX];
	page_access_answered *call;
	void *context;
};

struct page_access {
	struct page_access_given given;
	struct page_sessions *sessions;
	struct login_limit *limit;
	struct login *logins; /* in the order in which they came */
	char key[PAGE_ID];    /* what csrf of those whom a proxy names is made of */
	struct whole_file file;
	int file_error; /* of the last look; 0: file is what it is now */
	bool was_read;
};

static int64_t now_s(void)
{
	return clock_now_ms() / 1000;
}

struct page_access *page_access_new(const struct page_access_given *given)
{
	struct page_access *a = memory_new(1, sizeof(*a));

	a->given = *given;
	a->sessions = page_sessions_new(given->session, given->idle);
	a->limit = login_limit_new();
	page_id_make(a->key);
	return a;
}

static void free_login(struct login *l)
{
	secret_free(l->secret);
	secret_wipe(l, sizeof(*l));
	free(l);
}

void page_access_free(struct page_access *a)
{
	if (a == NULL)
		return;
	for (struct login *l = a->logins, *next; l != NULL; l = next) {
		next = l->next;
		l->access = NULL;
		if (!l->is_begun)
			free_login(l);
	}
	page_sessions_free(a->sessions);
	login_limit_free(a->limit);
	whole_file_clear(&a->file);
	secret_wipe(a->key, sizeof(a->key));
	free(a);
}

/* ---- the file ---- */

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Reads it when it is another one than before. 0, also when there is none: then nobody is known. */
static int look_at_file(struct page_access *a)
{
	struct problem problem = {0};
	struct stat now;

	if (a->was_read && a->file_error == 0 && lstat(a->given.users, &now) == 0 &&
		is_same_file(&now, &a->file.state))
		return 0;
	whole_file_clear(&a->file);
	a->was_read = true;
	a->file_error = page_users_file_read(a->given.users, &a->file, &problem);
	if (a->file_error == 0 || a->file_error == -ENOENT)
		return 0;
	EVENT_LOG(a->given.log, EVENT_PAGE_USERS_TROUBLE, loop_now_ms(a->given.loop),
		event_text("error", slice_of(problem.text)));
	return a->file_error;
}

static struct slice users(const struct page_access *a)
{
	return (struct slice){a->file.text, a->file.len};
}

static bool find_user(const struct page_access *a, struct slice name, struct page_user *ret)
{
	*ret = (struct page_user){0};
	return page_users_is_name(name) && page_users_find(users(a), name, ret);
}

/* ---- who it is ---- */

static json_t *error_json(const char *sentence)
{
	json_t *o = json_object();

	json_put(o, "error", json_string(sentence));
	return o;
}

static bool read_from(const json_t *object, struct address *ret, char at[PAGE_FROM_MAX])
{
	struct slice text = json_slice(json_object_get(object, "from"));

	if (text.at == NULL || address_parse(text, ret) < 0)
		return false;
	(void)address_text(ret, at);
	return true;
}

static void set_user(struct page_who *who, const struct page_user *user)
{
	(void)snprintf(who->name, sizeof(who->name), "%.*s", (int)user->name.len, user->name.at);
	who->role = user->role;
}

static bool who_of_session(struct page_access *a, struct slice id, struct page_who *who)
{
	struct page_user user;

	(void)find_user(a, page_sessions_name(a->sessions, id, now_s()), &user);
	const struct page_session *session = page_sessions_use(a->sessions, id, &user, now_s());
	if (session == NULL)
		return false;
	set_user(who, &user);
	who->way = PAGE_PASSWORD;
	memcpy(who->csrf, session->csrf, sizeof(who->csrf));
	who->ends_at = session->ends_at;
	return true;
}

static bool who_of_token(struct page_access *a, struct slice token, struct page_who *who)
{
	char hash[PAGE_TOKEN_HASH];
	struct page_user user;

	if (token.len == 0 || token.len > TOKEN_MAX)
		return false;
	page_users_token_hash(token, hash);
	if (!page_users_find_token(users(a), hash, &user))
		return false;
	set_user(who, &user);
	who->way = PAGE_TOKEN;
	return true;
}

/* The same as long as this process runs, and known to nobody but to whom it is given. */
static void make_proxy_csrf(const struct page_access *a, const char *name, char at[PAGE_ID])
{
	unsigned char sum[(PAGE_ID - 1) / 2];

	(void)crypto_generichash(sum, sizeof(sum), (const unsigned char *)name, strlen(name),
		(const unsigned char *)a->key, sizeof(a->key) - 1);
	(void)sodium_bin2hex(at, PAGE_ID, sum, sizeof(sum));
}

/* Whoever has a password or a token is never believed to be named: it is asked for. */
static bool who_of_proxy(struct page_access *a, struct slice name, struct page_who *who)
{
	struct page_user user;

	if (!a->given.takes_proxy || !find_user(a, name, &user) || user.way != PAGE_PROXY)
		return false;
	set_user(who, &user);
	who->way = PAGE_PROXY;
	make_proxy_csrf(a, who->name, who->csrf);
	return true;
}

int page_access_who(struct page_access *a, const json_t *who, struct page_who *ret)
{
	struct slice session = json_slice(json_object_get(who, "session")),
		     token = json_slice(json_object_get(who, "token")),
		     proxy = json_slice(json_object_get(who, "proxy"));
	struct page_who found = {0};
	struct address from;
	bool is_known = false;

	if (!read_from(who, &from, found.from) ||
		(session.at != NULL) + (token.at != NULL) + (proxy.at != NULL) != 1)
		return -EBADMSG;
	if (look_at_file(a) < 0)
		return 503;
	if (session.at != NULL)
		is_known = who_of_session(a, session, &found);
	else if (token.at != NULL)
		is_known = who_of_token(a, token, &found);
	else
		is_known = who_of_proxy(a, proxy, &found);
	if (!is_known)
		return 401;
	*ret = found;
	return 200;
}

bool page_access_is_meant(const struct page_who *known, const json_t *who)
{
	struct slice csrf = json_slice(json_object_get(who, "csrf"));

	return known->way == PAGE_TOKEN || (csrf.at != NULL && page_id_is(known->csrf, csrf));
}

json_t *page_access_session_json(const struct page_who *who)
{
	json_t *o = json_object();

	json_put(o, "name", json_string(who->name));
	json_put(o, "role", json_string(page_role_name(who->role)));
	json_put(o, "csrf", who->csrf[0] != '\0' ? json_string(who->csrf) : NULL);
	json_put(o, "ends_at", who->ends_at != 0 ? json_integer(who->ends_at) : NULL);
	json_put(o, "way",
		json_string(who->way == PAGE_PASSWORD ? "login" : page_way_name(who->way)));
	return o;
}

int page_access_logout(struct page_access *a, const json_t *who)
{
	struct page_who known = {0};
	int status = page_access_who(a, who, &known);

	if (status < 0)
		return status;
	if (status == 200 && known.way == PAGE_PASSWORD) {
		page_sessions_end(a->sessions, json_slice(json_object_get(who, "session")));
		EVENT_LOG(a->given.log, EVENT_PAGE_LOGOUT, loop_now_ms(a->given.loop),
			event_text("name", slice_of(known.name)),
			event_text("from", slice_of(known.from)));
	}
	return 0;
}

/* ---- logging in ---- */

static void begin_waiting(struct page_access *a);

static void remove_login(struct page_access *a, const struct login *l)
{
	struct login **at = &a->logins;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
}

static void compute(void *context)
{
	struct login *l = context;

	l->matches = password_hash_matches(l->hash, l->secret);
}

static void answer(const struct login *l, int status, json_t *body)
{
	l->call(l->context, status, body);
}

static void fail(struct page_access *a, const struct login *l)
{
	/* what somebody typed as a name that is none may be a password */
	EVENT_LOG(a->given.log, EVENT_PAGE_LOGIN_FAILED, loop_now_ms(a->given.loop),
		event_text("name", slice_of(l->name)), event_text("from", slice_of(l->from)));
	answer(l, 401, error_json("the name or the password is not right"));
}

static void succeed(struct page_access *a, const struct login *l, const struct page_user *user)
{
	const struct login_try t = {l->address, slice_of(l->name)};
	struct page_who who = {.way = PAGE_PASSWORD};
	char id[PAGE_ID];

	login_limit_succeeded(a->limit, &t, clock_now_ms());
	const struct page_session *session =
		page_sessions_begin(a->sessions, user, now_s(), (int64_t)time(NULL), id);
	set_user(&who, user);
	memcpy(who.csrf, session->csrf, sizeof(who.csrf));
	who.ends_at = session->ends_at;
	EVENT_LOG(a->given.log, EVENT_PAGE_LOGIN, loop_now_ms(a->given.loop),
		event_text("name", slice_of(l->name)), event_text("from", slice_of(l->from)),
		event_text("role", slice_of(page_role_name(user->role))));
	json_t *body = page_access_session_json(&who);
	json_put(body, "session", json_string(id));
	secret_wipe(id, sizeof(id));
	answer(l, 200, body);
}

/* The user may have been removed, or have got another password meanwhile. */
static void settle(struct page_access *a, const struct login *l)
{
	struct page_user user;

	if (look_at_file(a) < 0)
		answer(l, 503, error_json("the file of users cannot be read"));
	else if (l->matches && l->has_hash && find_user(a, slice_of(l->name), &user) &&
		 user.way == PAGE_PASSWORD && slice_is(user.hash, l->hash))
		succeed(a, l, &user);
	else
		fail(a, l);
}

static void computed(void *context)
{
	struct login *l = context;
	struct page_access *a = l->access;

	if (a != NULL) {
		remove_login(a, l);
		begin_waiting(a);
		settle(a, l);
	}
	free_login(l);
}

static void begin_waiting(struct page_access *a)
{
	size_t running = 0;

	for (const struct login *l = a->logins; l != NULL; l = l->next)
		running += l->is_begun;
	for (struct login *l = a->logins; l != NULL && running < PAGE_LOGINS_AT_ONCE; l = l->next) {
		if (l->is_begun)
			continue;
		l->is_begun = true;
		running++;
		loop_work(a->given.loop, compute, computed, l);
	}
}

static bool is_full(const struct page_access *a)
{
	size_t count = 0;

	for (const struct login *l = a->logins; l != NULL; l = l->next)
		count++;
	return count >= PAGE_LOGINS_AT_ONCE + PAGE_LOGINS_MOST;
}

static void add_login(struct page_access *a, struct login *l)
{
	struct login **at = &a->logins;

	while (*at != NULL)
		at = &(*at)->next;
	*at = l;
	begin_waiting(a);
}

static json_t *later_json(const struct page_access *a, const struct login *l, int64_t wait_ms)
{
	json_t *o = error_json("too many failed logins: try again later");

	json_put(o, "retry_after", json_integer((wait_ms + 999) / 1000));
	EVENT_LOG(a->given.log, EVENT_PAGE_LOGINS_LIMITED, loop_now_ms(a->given.loop),
		event_text("from", slice_of(l->from)), event_text("name", slice_of(l->name)),
		event_number("wait", (wait_ms + 999) / 1000));
	return o;
}

/* 0, or the status that it is answered with at once. */
static int refuse_early(
	struct page_access *a, const struct login *l, struct slice name, json_t **ret_body)
{
	const struct login_try t = {l->address, name};

	if (look_at_file(a) < 0) {
		*ret_body = error_json("the file of users cannot be read");
		return 503;
	}
	if (is_full(a)) {
		*ret_body = error_json("too many log in at once: try again in a moment");
		return 503;
	}
	int64_t wait_ms = login_limit_begin(a->limit, &t, clock_now_ms());
	if (wait_ms > 0)
		*ret_body = later_json(a, l, wait_ms);
	return wait_ms > 0 ? 429 : 0;
}

/* What it is compared with: for who cannot be, something that takes as long. */
static void set_hash(const struct page_access *a, struct login *l)
{
	struct page_user user;

	l->has_hash = find_user(a, slice_of(l->name), &user) && user.way == PAGE_PASSWORD;
	if (l->has_hash)
		(void)snprintf(l->hash, sizeof(l->hash), "%.*s", (int)user.hash.len, user.hash.at);
	else
		(void)snprintf(l->hash, sizeof(l->hash), "%s", NOBODYS_HASH);
}

int page_access_login(
	struct page_access *a, const json_t *asked, page_access_answered *call, void *context)
{
	struct slice name = json_slice(json_object_get(asked, "name")),
		     password = json_slice(json_object_get(asked, "password"));
	struct login *l = memory_new(1, sizeof(*l));
	json_t *body = NULL;

	*l = (struct login){.access = a, .call = call, .context = context};
	if (name.at == NULL || password.at == NULL || !read_from(asked, &l->address, l->from)) {
		free_login(l);
		return -EBADMSG;
	}
	if (page_users_is_name(name))
		memcpy(l->name, name.at, name.len);
	int status = refuse_early(a, l, name, &body);
	if (status != 0) {
		answer(l, status, body);
		free_login(l);
		return 0;
	}
	set_hash(a, l);
	l->secret = password.len > 0 ? secret_new(password) : NULL;
	if (l->secret == NULL) { /* no password that can be: what it is, is not told by time */
		l->has_hash = false;
		l->secret = secret_new(slice_of("nobody's"));
	}
	add_login(a, l);
	return 0;
}

/* With a real file and real hashes, on a loop. */
#include "programs/daemon/page_access.h"

#include "base/json_text.h"
#include "programs/daemon/events.h"
#include "programs/daemon/login_limit.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define TOKEN "stanch_0123"

struct scene {
	struct loop *loop;
	struct event_log *log;
	struct page_access *access;
	char path[FOLDER_PATH_MAX], log_path[FOLDER_PATH_MAX];
	int log_fd;
	int answers, status;
	json_t *body;
};

static char ann_hash[PASSWORD_HASH_MAX];

static void make_hash(void)
{
	AUTO(secret) secret = secret_new(slice_of("open sesame"));
	struct problem p = {0};

	assert_int_equal(password_hash_make("$5$", secret, ann_hash, sizeof(ann_hash), &p), 0);
}

static void write_users(struct scene *s, const char *format, ...) PRINTF_LIKE(2, 3);
static void write_users(struct scene *s, const char *format, ...)
{
	char other[FOLDER_PATH_MAX + 8];
	va_list values;

	(void)snprintf(other, sizeof(other), "%s.new", s->path);
	FILE *f = fopen(other, "w");
	assert_non_null(f);
	va_start(values, format);
	assert_true(vfprintf(f, format, values) >= 0);
	va_end(values);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(other, 0600), 0);
	assert_int_equal(rename(other, s->path), 0);
}

static void usual_users(struct scene *s)
{
	char hash[PAGE_TOKEN_HASH];

	page_users_token_hash(slice_of(TOKEN), hash);
	write_users(s,
		"ann:operator:password:%s\ncarl:reader:proxy:\ndora:operator:proxy:\nrobot:"
		"operator:token:%s\n",
		ann_hash, hash);
}

static void begin(struct scene *s, void **state)
{
	*s = (struct scene){.loop = loop_new()};
	(void)snprintf(s->path, sizeof(s->path), "%s/page.users", (char *)*state);
	(void)snprintf(s->log_path, sizeof(s->log_path), "%s/log", (char *)*state);
	s->log_fd = open(s->log_path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	assert_true(s->log_fd >= 0);
	s->log = event_log_new(s->log_fd, false, daemon_events, DAEMON_EVENTS);
	s->access = page_access_new(&(struct page_access_given){.loop = s->loop,
		.log = s->log,
		.users = s->path,
		.session = 1000,
		.idle = 100,
		.takes_proxy = true});
	make_hash();
	usual_users(s);
}

static void end(struct scene *s)
{
	page_access_free(s->access);
	event_log_free(s->log);
	(void)close(s->log_fd);
	loop_free(s->loop);
	json_decref(s->body);
}

static bool log_has(const struct scene *s, const char *text)
{
	char all[65536];
	ssize_t n = pread(s->log_fd, all, sizeof(all) - 1, 0);

	all[n > 0 ? n : 0] = '\0';
	return strstr(all, text) != NULL;
}

static void answered(void *context, int status, json_t *body)
{
	struct scene *s = context;

	s->answers++;
	s->status = status;
	json_decref(s->body);
	s->body = body;
	loop_stop(s->loop);
}

static int ask(struct scene *s, json_t *asked)
{
	int err = page_access_login(s->access, asked, answered, s);

	json_decref(asked);
	return err;
}

static int login(struct scene *s, const char *name, const char *password, const char *from)
{
	int before = s->answers;

	assert_int_equal(ask(s, json_pack("{s:s, s:s, s:s}", "name", name, "password", password,
					"from", from)),
		0);
	while (s->answers == before)
		loop_run(s->loop);
	assert_int_equal(s->answers, before + 1);
	return s->status;
}

static int who(struct scene *s, const char *way, const char *value, struct page_who *ret)
{
	json_t *o = json_pack("{s:s, s:s}", way, value, "from", "192.0.2.1");
	int status = page_access_who(s->access, o, ret);

	json_decref(o);
	return status;
}

static bool is_meant(const struct page_who *known, const char *csrf)
{
	json_t *o = csrf != NULL ? json_pack("{s:s}", "csrf", csrf) : json_object();
	bool is = page_access_is_meant(known, o);

	json_decref(o);
	return is;
}

static const char *text_of(const struct scene *s, const char *key)
{
	return json_string_value(json_object_get(s->body, key));
}

static void test_login(void **state)
{
	struct scene s;
	struct page_who known = {0};
	char id[PAGE_ID];

	begin(&s, state);
	assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 200);
	assert_string_equal(text_of(&s, "name"), "ann");
	assert_string_equal(text_of(&s, "role"), "operator");
	assert_string_equal(text_of(&s, "way"), "login");
	assert_int_equal(strlen(text_of(&s, "csrf")), PAGE_ID - 1);
	json_int_t ends = json_integer_value(json_object_get(s.body, "ends_at"));
	assert_in_range(ends, time(NULL) + 998, time(NULL) + 1001);
	(void)snprintf(id, sizeof(id), "%s", text_of(&s, "session"));
	assert_int_equal(strlen(id), PAGE_ID - 1);

	assert_int_equal(who(&s, "session", id, &known), 200);
	assert_string_equal(known.name, "ann");
	assert_string_equal(known.from, "192.0.2.1");
	assert_int_equal(known.role, PAGE_OPERATOR);
	assert_true(is_meant(&known, text_of(&s, "csrf")));
	assert_false(is_meant(&known, NULL));
	assert_false(is_meant(&known, ""));
	assert_false(is_meant(&known, id));
	json_t *session = page_access_session_json(&known);
	assert_null(json_object_get(session, "session"));
	assert_string_equal(
		json_string_value(json_object_get(session, "csrf")), text_of(&s, "csrf"));
	json_decref(session);

	/* another login is another session, and each ends alone */
	assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 200);
	assert_string_not_equal(text_of(&s, "session"), id);
	json_t *o = json_pack("{s:s, s:s}", "session", id, "from", "192.0.2.1");
	assert_int_equal(page_access_logout(s.access, o), 0);
	assert_int_equal(page_access_logout(s.access, o), 0);
	json_decref(o);
	assert_int_equal(who(&s, "session", id, &known), 401);
	assert_int_equal(who(&s, "session", text_of(&s, "session"), &known), 200);
	assert_true(log_has(&s, "page-login name=ann from=192.0.2.1 role=operator"));
	assert_true(log_has(&s, "page-logout name=ann"));
	assert_false(log_has(&s, "sesame"));
	assert_false(log_has(&s, id));
	end(&s);
}

static void test_who_cannot(void **state)
{
	static const struct {
		const char *name, *password, *logged;
	} rows[] = {
		{"ann", "open sesamE", "page-login-failed name=ann from=2001:db8::1"},
		{"ann", "", NULL},
		{"ann", "open sesame ", NULL},
		{"bob", "open sesame", "name=bob"},
		{"carl", "open sesame", NULL},
		{"carl", "", NULL},
		{"robot", TOKEN, NULL},
		{"", "open sesame", "name=\"\""},
		{"open sesame", "ann", NULL},
		{"ann\nx", "open sesame", NULL},
	};
	struct scene s;
	char from[64];

	begin(&s, state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(from, sizeof(from), "2001:db8:0:%zu::1", i);
		assert_int_equal(
			login(&s, rows[i].name, rows[i].password, i == 0 ? "2001:db8::1" : from),
			401);
		assert_string_equal(text_of(&s, "error"), "the name or the password is not right");
		if (rows[i].logged != NULL)
			assert_true(log_has(&s, rows[i].logged));
	}
	assert_false(log_has(&s, "sesam"));
	json_t *nul = json_pack("{s:s, s:s%, s:s}", "name", "ann", "password", "open sesame\0x",
		(size_t)13, "from", "192.0.2.9");
	assert_int_equal(ask(&s, nul), 0);
	loop_run(s.loop);
	assert_int_equal(s.status, 401);
	end(&s);
}

/* What takes the time is the hash, and that is computed for everybody. */
static void test_nobodys_hash_is_one(void **state)
{
	AUTO(secret) right = secret_new(slice_of("nobody knows this"));

	(void)state;
	assert_true(password_hash_matches(
		"$y$j9T$Zs0GJmiWfJUdEo4fVMjYv/$u115ychZ/8xHQUDjGUFiuW.7KgGM6reLjy0ReQIYM71",
		right));
}

static void test_the_password_of_nobody(void **state)
{
	struct scene s;

	begin(&s, state);
	assert_int_equal(login(&s, "bob", "nobody knows this", "192.0.2.1"), 401);
	assert_int_equal(login(&s, "carl", "nobody knows this", "192.0.2.1"), 401);
	end(&s);
}

/* However slow the machine is, sooner or later the pause is longer than a try takes. */
static void test_limited(void **state)
{
	struct scene s;
	int tries = 0;

	begin(&s, state);
	while (login(&s, "ann", "wrong one", "192.0.2.1") == 401 && tries < 30)
		tries++;
	assert_in_range(tries, LOGIN_LIMIT_FREE, 29);
	assert_int_equal(s.status, 429);
	assert_true(json_integer_value(json_object_get(s.body, "retry_after")) >= 1);
	assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 429);
	assert_true(log_has(&s, "page-logins-limited from=192.0.2.1"));
	write_users(&s, "bob:operator:password:%s\n", ann_hash);
	assert_int_equal(login(&s, "bob", "open sesame", "192.0.2.2"), 200);
	end(&s);
}

/* A success is no failure, however often. */
static void test_often(void **state)
{
	struct scene s;

	begin(&s, state);
	for (int i = 0; i < 2 * LOGIN_LIMIT_FREE + 2; i++)
		assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 200);
	end(&s);
}

/* What can be no password is not compared as another one. */
static void test_no_password(void **state)
{
	AUTO(secret) secret = secret_new(slice_of("nobody's"));
	char hash[PASSWORD_HASH_MAX];
	struct problem p = {0};
	struct scene s;

	begin(&s, state);
	assert_int_equal(password_hash_make("$5$", secret, hash, sizeof(hash), &p), 0);
	write_users(&s, "ann:operator:password:%s\n", hash);
	assert_int_equal(login(&s, "ann", "", "192.0.2.1"), 401);
	assert_int_equal(login(&s, "ann", "nobody's", "192.0.2.1"), 200);
	end(&s);
}

/* As many as wait; a few at a time, and each is answered. */
static void test_many_at_once(void **state)
{
	struct scene s;
	char from[64], name[16];
	int refused = 0;

	begin(&s, state);
	for (int i = 0; i < 40; i++) {
		int before = s.answers;

		(void)snprintf(from, sizeof(from), "192.0.2.%d", i);
		(void)snprintf(name, sizeof(name), "u%d", i);
		assert_int_equal(ask(&s, json_pack("{s:s, s:s, s:s}", "name", name, "password",
						 "open sesame", "from", from)),
			0);
		if (s.answers == before)
			continue;
		assert_int_equal(s.status, 503);
		refused++;
	}
	assert_int_equal(refused, 40 - PAGE_LOGINS_AT_ONCE - PAGE_LOGINS_MOST);
	while (s.answers < 40) {
		loop_run(s.loop);
		assert_true(s.status == 401 || s.answers == refused);
	}
	end(&s);
}

static void test_freed_meanwhile(void **state)
{
	struct scene s;

	begin(&s, state);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(&s, json_pack("{s:s, s:s, s:s}", "name", "ann", "password",
						 "open sesame", "from", "192.0.2.1")),
			0);
	end(&s);
	assert_int_equal(s.answers, 0);
}

static void test_file_changes(void **state)
{
	struct scene s;
	struct page_who known = {0};
	char id[PAGE_ID];

	begin(&s, state);
	assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 200);
	(void)snprintf(id, sizeof(id), "%s", text_of(&s, "session"));
	write_users(&s, "ann:operator:password:%s\nbob:reader:proxy:\n", ann_hash);
	assert_int_equal(who(&s, "session", id, &known), 200);
	assert_int_equal(who(&s, "token", TOKEN, &known), 401);

	write_users(&s, "no user\n");
	assert_int_equal(who(&s, "session", id, &known), 503);
	assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 503);
	assert_true(log_has(&s, "page-users-trouble"));
	usual_users(&s);
	assert_int_equal(who(&s, "session", id, &known), 200);
	assert_int_equal(chmod(s.path, 0644), 0);
	assert_int_equal(who(&s, "session", id, &known), 503);

	write_users(&s, "ann:reader:password:%s\n", ann_hash);
	assert_int_equal(who(&s, "session", id, &known), 401);
	assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 200);
	assert_string_equal(text_of(&s, "role"), "reader");
	(void)snprintf(id, sizeof(id), "%s", text_of(&s, "session"));
	assert_int_equal(unlink(s.path), 0);
	assert_int_equal(who(&s, "session", id, &known), 401);
	assert_int_equal(login(&s, "ann", "open sesame", "192.0.2.1"), 401);
	end(&s);
}

/* A password that was changed while it was checked is the old one. */
static void test_removed_while_logging_in(void **state)
{
	struct scene s;

	begin(&s, state);
	assert_int_equal(ask(&s, json_pack("{s:s, s:s, s:s}", "name", "ann", "password",
					 "open sesame", "from", "192.0.2.1")),
		0);
	write_users(&s, "bob:reader:proxy:\n");
	loop_run(s.loop);
	assert_int_equal(s.status, 401);

	usual_users(&s);
	assert_int_equal(ask(&s, json_pack("{s:s, s:s, s:s}", "name", "ann", "password",
					 "open sesame", "from", "192.0.2.1")),
		0);
	write_users(&s, "ann:operator:password:$5$another$one\n");
	loop_run(s.loop);
	assert_int_equal(s.answers, 2);
	assert_int_equal(s.status, 401);
	end(&s);
}

static void test_token_and_proxy(void **state)
{
	struct scene s;
	struct page_who known = {0};
	char csrf[PAGE_ID];

	begin(&s, state);
	assert_int_equal(who(&s, "token", TOKEN, &known), 200);
	assert_string_equal(known.name, "robot");
	assert_int_equal(known.way, PAGE_TOKEN);
	assert_true(is_meant(&known, NULL));
	assert_int_equal(who(&s, "token", "stanch_0124", &known), 401);
	assert_int_equal(who(&s, "token", "", &known), 401);

	assert_int_equal(who(&s, "proxy", "carl", &known), 200);
	assert_int_equal(known.way, PAGE_PROXY);
	assert_int_equal(known.role, PAGE_READER);
	assert_false(is_meant(&known, NULL));
	assert_true(is_meant(&known, known.csrf));
	memcpy(csrf, known.csrf, sizeof(csrf));
	assert_int_equal(who(&s, "proxy", "dora", &known), 200);
	assert_false(is_meant(&known, csrf));
	assert_int_equal(who(&s, "proxy", "ann", &known), 401); /* she has a password */
	assert_int_equal(who(&s, "proxy", "robot", &known), 401);
	assert_int_equal(who(&s, "proxy", "nobody", &known), 401);
	assert_int_equal(who(&s, "proxy", "carl:reader", &known), 401);
	page_access_free(s.access);
	s.access = page_access_new(&(struct page_access_given){
		.loop = s.loop, .log = s.log, .users = s.path, .session = 1000, .idle = 100});
	assert_int_equal(who(&s, "proxy", "carl", &known), 401);
	end(&s);
}

static void test_what_is_no_question(void **state)
{
	static const char *const whos[] = {"{}", "{\"session\": \"x\"}",
		"{\"from\": \"192.0.2.1\"}",
		"{\"session\": \"x\", \"token\": \"y\", \"from\": \"192.0.2.1\"}",
		"{\"session\": 7, \"from\": \"192.0.2.1\"}",
		"{\"session\": \"x\", \"from\": \"192.0.2.1 \"}",
		"{\"session\": \"x\", \"from\": [\"192.0.2.1\"]}",
		"{\"session\": \"x\", \"from\": \"localhost\"}", "[]"};
	static const char *const logins[] = {"{}", "{\"name\": \"ann\", \"from\": \"192.0.2.1\"}",
		"{\"name\": \"ann\", \"password\": 1, \"from\": \"192.0.2.1\"}",
		"{\"name\": \"ann\", \"password\": \"x\"}",
		"{\"name\": \"ann\", \"password\": \"x\", \"from\": \"here\"}"};
	struct scene s;
	struct page_who known = {0};

	begin(&s, state);
	for (size_t i = 0; i < sizeof(whos) / sizeof(whos[0]); i++) {
		json_t *o = json_loads(whos[i], 0, NULL);

		assert_int_equal(page_access_who(s.access, o, &known), -EBADMSG);
		assert_int_equal(page_access_logout(s.access, o), -EBADMSG);
		json_decref(o);
	}
	assert_int_equal(page_access_who(s.access, NULL, &known), -EBADMSG);
	for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++)
		assert_int_equal(ask(&s, json_loads(logins[i], 0, NULL)), -EBADMSG);
	assert_int_equal(s.answers, 0);
	end(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_login),
		TEST(test_who_cannot),
		TEST(test_nobodys_hash_is_one),
		TEST(test_the_password_of_nobody),
		TEST(test_limited),
		TEST(test_often),
		TEST(test_no_password),
		TEST(test_many_at_once),
		TEST(test_freed_meanwhile),
		TEST(test_file_changes),
		TEST(test_removed_while_logging_in),
		TEST(test_token_and_proxy),
		TEST(test_what_is_no_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* With files of SQLite; servers are tests/system/sql.sh's. */
#include "systems/sql_table.h"

#include "base/password_hash.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ANN "ann@shop.test"
#define OLD "{SHA256-CRYPT}$5$rounds=1000$abcdefgh$HvSqU8mzN4JAkRKEdoNyAqRk6ZDrEbbYmRcyKUqPzI9"
#define TABLE                                                                                      \
	"CREATE TABLE mailbox(username TEXT, local TEXT, domain TEXT, password TEXT, "             \
	"active INTEGER DEFAULT 1);"                                                               \
	"INSERT INTO mailbox VALUES('ann@shop.test', 'ann', 'shop.test', '" OLD "', 1),"           \
	"('bob@shop.test', 'bob', 'shop.test', 'bob''s', 1),"                                      \
	"('cat@shop.test', 'cat', 'shop.test', NULL, 1),"                                          \
	"('o''brien\"\\@shop.test', 'o''brien\"\\', 'shop.test', 'plain', 1),"                     \
	"('t\xc3\xb6n@shop.test', 't\xc3\xb6n', 'shop.test', 'plain', 1),"                         \
	"('two@shop.test', 'two', 'shop.test', 'a', 1),"                                           \
	"('two@shop.test', 'two', 'shop.test', 'b', 1);"

struct stage {
	struct sql_options o;
	struct problem p;
	struct secret *secret;
	sqlite3 *db;
	char path[FOLDER_PATH_MAX];
};

static void run(struct stage *s, const char *sql)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(s->db));
}

static void begin(struct stage *s, void **state)
{
	*s = (struct stage){.secret = secret_new(slice_of("Cdef-2345-Ghjk-6789"))};
	(void)snprintf(s->path, sizeof(s->path), "%s/users", (char *)*state);
	assert_int_equal(sqlite3_open(s->path, &s->db), SQLITE_OK);
	run(s, TABLE);
	s->o = (struct sql_options){.server = SQL_SQLITE,
		.database = s->path,
		.set = "UPDATE mailbox SET password = :hash WHERE username = :mailbox",
		.get = "SELECT password FROM mailbox WHERE username = :mailbox",
		.suspend = "UPDATE mailbox SET active = false WHERE username = :mailbox",
		.resume = "UPDATE mailbox SET active = true WHERE username = :mailbox",
		.suspended = "SELECT NOT active FROM mailbox WHERE username = :mailbox",
		.time_ms = 300};
}

static void end(struct stage *s)
{
	sqlite3_close(s->db);
	secret_free(s->secret);
}

static int set(struct stage *s, const char *mailbox)
{
	s->p = (struct problem){0};
	return sql_table_set(&s->o, mailbox, s->secret, &s->p);
}

/* The stored text of the first row; in room that the next call uses again. */
static const char *stored(struct stage *s, const char *mailbox)
{
	static char text[600];
	sqlite3_stmt *statement = NULL;

	(void)sqlite3_prepare_v2(
		s->db, "SELECT password FROM mailbox WHERE username = ?", -1, &statement, NULL);
	sqlite3_bind_text(statement, 1, mailbox, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	(void)snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return text;
}

static void check_set(struct stage *s, const char *mailbox, const char *begins)
{
	bool is_so = false;

	if (set(s, mailbox) < 0)
		fail_msg("%s: %s", mailbox, s->p.text);
	assert_true(password_hash_matches(stored(s, mailbox), s->secret));
	if (strncmp(stored(s, mailbox), begins, strlen(begins)) != 0)
		fail_msg("%s is not %s", stored(s, mailbox), begins);
	assert_int_equal(sql_table_has(&s->o, mailbox, s->secret, &is_so, &s->p), 0);
	assert_true(is_so);
}

/* It fails like that, says so, and has changed nothing. */
static void check_refused(struct stage *s, const char *mailbox, int want, const char *words)
{
	char before[600];

	(void)snprintf(before, sizeof(before), "%s", stored(s, ANN));
	int err = set(s, mailbox);
	if (err != want || strstr(s->p.text, words) == NULL)
		fail_msg("%d, not %d: %s, not %s", err, want, s->p.text, words);
	assert_string_equal(stored(s, ANN), before);
	assert_null(strstr(s->p.text, "Cdef-2345"));
}

static void test_set(void **state)
{
	struct stage s;

	begin(&s, state);
	check_set(&s, ANN, "{SHA256-CRYPT}$5$");
	check_set(&s, "cat@shop.test", "{SHA512-CRYPT}$6$");
	check_set(&s, "o'brien\"\\@shop.test", "{SHA512-CRYPT}$6$");
	check_set(&s, "t\xc3\xb6n@shop.test", "{SHA512-CRYPT}$6$");
	assert_string_equal(stored(&s, "bob@shop.test"), "bob's");
	s.o.scheme = "BLF-CRYPT";
	check_set(&s, ANN, "{BLF-CRYPT}$2");
	s.o.scheme = NULL;
	s.o.set = "UPDATE mailbox SET password=:hash WHERE local=:local AND domain=:domain;";
	s.o.get = "SELECT password FROM mailbox WHERE local=:local AND domain=:domain";
	check_set(&s, ANN, "{BLF-CRYPT}$2");
	end(&s);
}

static void test_whose(void **state)
{
	struct stage s;

	begin(&s, state);
	check_refused(&s, "none@shop.test", -ENOENT, "sql.get finds no row of none@shop.test");
	check_refused(&s, "' OR '1'='1", -ENOENT, "no row");
	check_refused(&s, "%", -ENOENT, "no row");
	check_refused(&s, "two@shop.test", -EIO, "more than one row of two@shop.test");
	check_refused(&s, "", -EINVAL, "1 to 255 bytes");
	s.o.set = "UPDATE mailbox SET password = :hash WHERE username <> :mailbox";
	check_refused(&s, ANN, -EIO, "the statement would change 6 rows");
	assert_string_equal(stored(&s, "bob@shop.test"), "bob's");
	s.o.set = "UPDATE mailbox SET password = :hash WHERE username = :domain || :mailbox";
	check_refused(&s, ANN, -ENOENT, "sql.set finds no row of ann@shop.test");
	s.o.set = "UPDATE mailbox SET password = :hash WHERE username = 'b' || substr(:mailbox, 2)";
	run(&s, "UPDATE mailbox SET username = 'bnn@shop.test' WHERE username = 'bob@shop.test'");
	check_refused(&s, ANN, -EIO, "is not what was written");
	assert_string_equal(stored(&s, "bnn@shop.test"), "bob's");
	end(&s);
}

static void test_statements(void **state)
{
	static const struct statement_case {
		const char *set, *get;
		int want;
		const char *words;
	} cases[] = {
		{"UPDATE mailbox SET password = :hash", NULL, -EINVAL, "about everybody"},
		{"UPDATE mailbox SET password = 'x' WHERE username = :mailbox", NULL, -EINVAL,
			"sql.set has no :hash in it"},
		{NULL, "SELECT :hash FROM mailbox WHERE username = :mailbox", -EINVAL,
			"sql.get has a :hash in it"},
		{"DELETE FROM mailbox; SELECT :hash, :mailbox", NULL, -EINVAL,
			"sql.set: it is more than one statement"},
		{"UPDATE nowhere SET password = :hash WHERE username = :mailbox", NULL, -EIO,
			"SQLite: sql.set: no such table: nowhere"},
		{"SELECT :hash, :mailbox", NULL, -ENOENT, "sql.set finds no row"},
		{NULL, "SELECT zeroblob(600) WHERE :mailbox = :mailbox", -EBADMSG, "too long"},
		{NULL, "SELECT CAST(x'410042' AS TEXT) WHERE :mailbox = :mailbox", -EBADMSG, "NUL"},
		{NULL,
			"WITH RECURSIVE a(b) AS (SELECT 1 UNION ALL SELECT b + 1 FROM a) "
			"SELECT max(b) FROM a WHERE b = :mailbox",
			-EAGAIN, "interrupted"},
	};
	struct stage s;

	begin(&s, state);
	const struct sql_options good = s.o;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s.o.set = cases[i].set != NULL ? cases[i].set : good.set;
		s.o.get = cases[i].get != NULL ? cases[i].get : good.get;
		check_refused(&s, ANN, cases[i].want, cases[i].words);
	}
	s.o = good;
	s.o.get = NULL;
	check_refused(&s, ANN, -EINVAL, "sql.get is not set");
	s.o.get = "SELECT password FROM mailbox WHERE local = :local AND domain = :domain";
	check_refused(&s, "ann", -EINVAL, "ann has no domain");
	s.o = good;
	s.o.scheme = "MD5";
	check_refused(&s, ANN, -EINVAL, "sql.scheme is none of");
	end(&s);
}

static void test_server(void **state)
{
	struct stage s;

	begin(&s, state);
	run(&s, "BEGIN IMMEDIATE");
	check_refused(&s, ANN, -EAGAIN, "SQLite: cannot begin a transaction: database is locked");
	run(&s, "ROLLBACK");
	run(&s, "CREATE TRIGGER t BEFORE UPDATE ON mailbox BEGIN "
		"SELECT RAISE(ABORT, 'the rule says no\x1b'); END");
	check_refused(&s, ANN, -EIO, "SQLite: sql.set: the rule says no\\x1b");
	run(&s, "DROP TRIGGER t; CREATE TRIGGER t AFTER UPDATE OF password ON mailbox BEGIN "
		"UPDATE mailbox SET password = substr(NEW.password, 1, 40) "
		"WHERE username = NEW.username; END");
	check_refused(&s, ANN, -EIO, "is the column shorter than");
	s.o.database = "users";
	check_refused(&s, ANN, -EINVAL, "absolute path");
	s.o.database = "/nowhere/users";
	check_refused(&s, ANN, -EINVAL, "cannot connect: unable to open");
	s.o.database = NULL;
	check_refused(&s, ANN, -EINVAL, "sql.database is not set");
	folder_write(*state, "text",
		"this is no database, and longer than a hundred bytes: ......."
		".................................................");
	char path[FOLDER_PATH_MAX];
	(void)snprintf(path, sizeof(path), "%s/text", (char *)*state);
	s.o.database = path;
	check_refused(&s, ANN, -EINVAL, "not a database");
	s.o.database = s.path;
#ifndef STANCH_POSTGRESQL
	s.o.server = SQL_POSTGRESQL;
	check_refused(&s, ANN, -EINVAL, "sql.server is postgresql, but this stanch was built");
#endif
#ifndef STANCH_MARIADB
	s.o.server = SQL_MARIADB;
	check_refused(&s, ANN, -EINVAL, "sql.server is mariadb, but this stanch was built");
#endif
	s.o.server = SQL_SERVERS;
	check_refused(&s, ANN, -EINVAL, "no such SQL server");
	end(&s);
}

/* The server's words repeat what it was given: from a table whose name is the old hash. */
static void test_hidden(void **state)
{
	struct stage s;

	begin(&s, state);
	run(&s, "UPDATE mailbox SET password = 'sesame-open' WHERE username = '" ANN "'");
	s.o.set = "UPDATE \"a SESAME-OPEN b\" SET password = :hash WHERE username = :mailbox";
	check_refused(&s, ANN, -EIO, "SQLite: sql.set: its reason has a password or hash in it");
	assert_null(strcasestr(s.p.text, "sesame"));
	s.o.set = "UPDATE \"Cdef-2345-xxxx\" SET password = :hash WHERE username = :mailbox";
	check_refused(&s, ANN, -EIO, "its reason has a password or hash in it");
	s.o.set = "UPDATE \"the-Key-of-ours\" SET password = :hash WHERE username = :mailbox";
	s.o.password = "Key";
	check_refused(&s, ANN, -EIO, "its reason has a password or hash in it");
	s.o.password = NULL;
	check_refused(&s, ANN, -EIO, "no such table: the-Key-of-ours");
	end(&s);
}

static void test_suspend(void **state)
{
	struct stage s;
	bool is_so = true;

	begin(&s, state);
	assert_int_equal(sql_table_is_suspended(&s.o, ANN, &is_so, &s.p), 0);
	assert_false(is_so);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sql_table_suspend(&s.o, ANN, &s.p), 0);
		assert_int_equal(sql_table_is_suspended(&s.o, ANN, &is_so, &s.p), 0);
		assert_true(is_so);
	}
	assert_int_equal(sql_table_is_suspended(&s.o, "bob@shop.test", &is_so, &s.p), 0);
	assert_false(is_so);
	assert_int_equal(sql_table_resume(&s.o, ANN, &s.p), 0);
	assert_int_equal(sql_table_is_suspended(&s.o, ANN, &is_so, &s.p), 0);
	assert_false(is_so);
	assert_int_equal(sql_table_suspend(&s.o, "none@shop.test", &s.p), -ENOENT);
	assert_int_equal(sql_table_suspend(&s.o, "two@shop.test", &s.p), -EIO);
	assert_int_equal(sql_table_is_suspended(&s.o, "none@shop.test", &is_so, &s.p), -ENOENT);
	s.o.suspended = s.o.get;
	assert_int_equal(sql_table_is_suspended(&s.o, ANN, &is_so, &s.p), -EBADMSG);
	s.o.suspended = s.o.suspend = NULL;
	assert_int_equal(sql_table_is_suspended(&s.o, ANN, &is_so, &s.p), -EINVAL);
	assert_int_equal(sql_table_suspend(&s.o, ANN, &s.p), -EINVAL);
	end(&s);
}

static void test_mark(void **state)
{
	struct stage s;
	char before[PASSWORD_HASH_MARK], after[PASSWORD_HASH_MARK];
	bool is_so = true;

	begin(&s, state);
	assert_int_equal(sql_table_has(&s.o, ANN, s.secret, &is_so, &s.p), 0);
	assert_false(is_so);
	run(&s, "UPDATE mailbox SET password = 'abc' WHERE username = '" ANN "'");
	assert_int_equal(sql_table_mark(&s.o, ANN, before, &s.p), 0);
	assert_string_equal(
		before, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(set(&s, ANN), 0);
	assert_int_equal(sql_table_mark(&s.o, ANN, after, &s.p), 0);
	assert_string_not_equal(before, after);
	assert_int_equal(sql_table_mark(&s.o, ANN, before, &s.p), 0);
	assert_string_equal(before, after);
	assert_int_equal(sql_table_mark(&s.o, "none@shop.test", after, &s.p), -ENOENT);
	end(&s);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_set),
		IN_FOLDER(test_whose),
		IN_FOLDER(test_statements),
		IN_FOLDER(test_server),
		IN_FOLDER(test_hidden),
		IN_FOLDER(test_suspend),
		IN_FOLDER(test_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* With a file of SQLite. */
#include "responders/secret_backend.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TABLE                                                                                      \
	"CREATE TABLE mailbox(username TEXT, password TEXT, active INTEGER);"                      \
	"INSERT INTO mailbox VALUES('ann@shop.test', '{PLAIN}the old one', 1)"

static const struct panel_mailbox ann = {"ann@shop.test", "ann", "shop.test"};
static const struct panel_mailbox nobody = {"none@shop.test", "none", "shop.test"};

static void make_table(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, TABLE, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static struct settings_values begin(void **state, char path[FOLDER_PATH_MAX])
{
	struct settings_values values = {.secret.timeout = 1,
		.sql = {.database = path,
			.set = "UPDATE mailbox SET password = :hash WHERE username = :mailbox",
			.get = "SELECT password FROM mailbox WHERE username = :mailbox",
			.suspend = "UPDATE mailbox SET active = false WHERE username = :mailbox",
			.resume = "UPDATE mailbox SET active = true WHERE username = :mailbox",
			.suspended = "SELECT NOT active FROM mailbox WHERE username = :mailbox"}};

	(void)snprintf(path, FOLDER_PATH_MAX, "%s/users", (char *)*state);
	make_table(path);
	return values;
}

static void test_change(void **state)
{
	const struct secret_backend *sql = secret_backend_named(slice_of("sql"));
	char path[FOLDER_PATH_MAX];
	struct settings_values values = begin(state, path);
	AUTO(secret) fresh = secret_make();
	AUTO(secret) other = secret_make();
	struct problem said = {0};
	bool is_so = false;

	assert_ptr_equal(sql, &secret_backend_sql);
	assert_true(sql->can_tell);
	assert_int_equal(sql->set(&values, &ann, fresh, &said), 0);
	assert_int_equal(sql->check(&values, &ann, SECRET_CHANGE, fresh, &is_so, &said), 0);
	assert_true(is_so);
	assert_int_equal(sql->check(&values, &ann, SECRET_CHANGE, other, &is_so, &said), 0);
	assert_false(is_so);
	assert_int_equal(sql->check(&values, &ann, SECRET_CHANGE, NULL, &is_so, &said), 0);
	assert_true(is_so);
	assert_int_equal(sql->check(&values, &nobody, SECRET_CHANGE, NULL, &is_so, &said), -ENOENT);
	assert_int_equal(sql->set(&values, &nobody, fresh, &said), -ENOENT);
	values.sql.password_file = "/nowhere/key";
	assert_int_equal(sql->set(&values, &ann, fresh, &said), -EINVAL);
}

static void check_state(const struct settings_values *values, enum secret_deed deed, bool want)
{
	struct problem said = {0};
	bool is_so = !want;

	assert_int_equal(secret_backend_sql.check(values, &ann, deed, NULL, &is_so, &said), 0);
	assert_int_equal(is_so, want);
}

static void test_suspend(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct settings_values values = begin(state, path);
	struct problem said = {0};
	bool is_so = false;

	check_state(&values, SECRET_SUSPEND_LOGIN, false);
	assert_int_equal(secret_backend_sql.suspend(&values, &ann, SECRET_SUSPEND_LOGIN, &said), 0);
	check_state(&values, SECRET_SUSPEND_LOGIN, true);
	check_state(&values, SECRET_SUSPEND_OUTGOING, true);
	assert_int_equal(secret_backend_sql.resume(&values, &ann, SECRET_SUSPEND_LOGIN, &said), 0);
	check_state(&values, SECRET_SUSPEND_LOGIN, false);
	assert_int_equal(secret_backend_sql.suspend(&values, &ann, SECRET_HOLD, &said), -EINVAL);
	assert_string_equal(said.text, "sql cannot hold the outgoing mail of a mailbox");
	assert_int_equal(
		secret_backend_sql.check(&values, &ann, SECRET_HOLD, NULL, &is_so, &said), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_change, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_suspend, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "systems/exim/refusals.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>

#include <cmocka.h>

static char folder[FOLDER_PATH_MAX], list[FOLDER_PATH_MAX], path[2 * FOLDER_PATH_MAX];
static struct refusals places;

static int setup(void **state)
{
	int err = folder_setup(state);

	(void)snprintf(folder, sizeof(folder), "%s/refused", (const char *)*state);
	(void)snprintf(list, sizeof(list), "%s/list", (const char *)*state);
	places = (struct refusals){folder, NULL, NULL};
	return err;
}

static struct refusal of(enum source_kind kind, const char *name)
{
	struct refusal r = {.when = 1795436837, .incident = 12, .why = "why"};

	source_set(&r.source, kind, slice_of(name));
	return r;
}

static const char *path_of(const struct source *source)
{
	char name[REFUSAL_NAME_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, refusal_file_name(source, name));
	return path;
}

static void must(int got, int want, const struct problem *p)
{
	if (got != want)
		fail_msg("%d, not %d: %s", got, want, p->text);
}

static mode_t mode_of(const char *at)
{
	struct stat s;

	assert_int_equal(stat(at, &s), 0);
	return s.st_mode & 07777;
}

static bool count_one(void *context, const struct refusal *r)
{
	assert_string_equal(r->why, "why");
	++*(size_t *)context;
	return true;
}

static size_t all(size_t want_strange)
{
	struct problem p = {0};
	size_t n = 0, strange = 99;

	must(refusals_each(&places, count_one, &n, &strange, &p), 0, &p);
	assert_int_equal(strange, want_strange);
	return n;
}

static void test_there_and_back(void **state)
{
	static const enum source_kind kinds[] = {
		SOURCE_MAILBOX, SOURCE_LOGIN, SOURCE_SCRIPT, SOURCE_HOST};
	struct problem p = {0};
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(all(0), 0);
	for (size_t i = 0; i < 4; i++) {
		struct refusal r = of(kinds[i], "../same");

		must(refusals_has(&places, &r.source, &p), -ENOENT, &p);
		must(refusals_remove(&places, &r.source, &p), 0, &p);
		must(refusals_add(&places, &r, &p), 0, &p);
		must(refusals_add(&places, &r, &p), 0, &p);
		must(refusals_has(&places, &r.source, &p), 0, &p);
		assert_int_equal(mode_of(path_of(&r.source)), 0600);
	}
	umask(before);
	assert_int_equal(mode_of(folder), 0711);
	assert_int_equal(all(0), 4);
	for (size_t i = 0; i < 4; i++) {
		struct refusal r = of(kinds[i], "../same");

		must(refusals_remove(&places, &r.source, &p), 0, &p);
		must(refusals_has(&places, &r.source, &p), -ENOENT, &p);
	}
	assert_int_equal(all(0), 0);
}

static void test_text(void **state)
{
	struct problem p = {0};
	char at[2 * FOLDER_PATH_MAX], text[300] = "";
	mode_t before = umask(077);

	(void)state;
	(void)snprintf(at, sizeof(at), "%s/text", folder);
	for (int turn = 0; turn < 2; turn++) {
		FILE *f;

		places.text = turn == 0 ? NULL : "Another.";
		must(refusals_prepare(&places, &p), 0, &p);
		f = fopen(at, "r");
		assert_non_null(f);
		assert_non_null(fgets(text, sizeof(text), f));
		assert_int_equal(fclose(f), 0);
		assert_string_equal(text, turn == 0 ? REFUSE_TEXT : "Another.");
		assert_int_equal(mode_of(at), 0644);
	}
	umask(before);
}

static void test_not_ours_alone(void **state)
{
	struct refusal r = of(SOURCE_MAILBOX, "ann@shop.test");
	struct problem p = {0};

	must(refusals_prepare(&places, &p), 0, &p);
	assert_int_equal(chmod(folder, 0777), 0);
	must(refusals_add(&places, &r, &p), -EPERM, &p);
	assert_int_equal(access(path_of(&r.source), F_OK), -1);
	assert_int_equal(chmod(folder, 0755), 0);
	must(refusals_add(&places, &r, &p), 0, &p);
	places.folder = list;
	assert_int_equal(symlink(folder, list), 0);
	must(refusals_add(&places, &r, &p), -ENOTDIR, &p);
	(void)state;
}

static void test_not_by_name(void **state)
{
	struct refusal r = of(SOURCE_BOUNCE, "local");
	struct problem p = {0};

	(void)state;
	must(refusals_add(&places, &r, &p), -EINVAL, &p);
	must(refusals_has(&places, &r.source, &p), -EINVAL, &p);
	assert_int_equal(access(folder, F_OK), -1);
}

static void test_strange_files(void **state)
{
	struct refusal r = of(SOURCE_MAILBOX, "ann@shop.test"), other = of(SOURCE_LOGIN, "x");
	struct problem p = {0};
	char from[2 * FOLDER_PATH_MAX];

	must(refusals_add(&places, &r, &p), 0, &p);
	must(refusals_add(&places, &other, &p), 0, &p);
	folder_write(*state, "refused/host/README", "not ours\n");
	folder_make(*state, "refused/host/below");
	assert_int_equal(all(2), 2);
	/* Under another's name it refuses that other one, and tells of nobody. */
	(void)snprintf(from, sizeof(from), "%s", path_of(&other.source));
	assert_int_equal(rename(from, path_of(&r.source)), 0);
	assert_int_equal(all(3), 0);
	must(refusals_has(&places, &r.source, &p), 0, &p);
}

static void check_list(void *const *state, const char *want)
{
	char text[400];
	FILE *f = fopen(list, "r");

	(void)state;
	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	assert_int_equal(fclose(f), 0);
	text[n] = '\0';
	assert_string_equal(text, want);
}

static void test_list(void **state)
{
	struct refusal ann = of(SOURCE_MAILBOX, "ann@shop.test"),
		       cleo = of(SOURCE_MAILBOX, "cleo@shop.test"),
		       login = of(SOURCE_LOGIN, "ann@shop.test");
	struct problem p = {0};
	struct stat before, after;

	places.lsearch_file = list;
	folder_write(*state, "list", "# mine\nCleo@shop.test: 99");
	assert_int_equal(chmod(list, 0664), 0);
	assert_int_equal(stat(list, &before), 0);
	must(refusals_has(&places, &ann.source, &p), -ENOENT, &p);
	for (int turn = 0; turn < 2; turn++) {
		must(refusals_add(&places, &ann, &p), 0, &p);
		must(refusals_add(&places, &cleo, &p), 0, &p);
		must(refusals_add(&places, &login, &p), 0, &p);
	}
	check_list(state, "# mine\nCleo@shop.test: 99\nann@shop.test: stanch\n");
	/* In place: a session that has it open sees it. */
	assert_int_equal(stat(list, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	folder_write(*state, "list", "# mine\nCleo@shop.test: 99\n");
	must(refusals_has(&places, &ann.source, &p), -ENOENT, &p);
	must(refusals_add(&places, &ann, &p), 0, &p);
	must(refusals_remove(&places, &ann.source, &p), 0, &p);
	/* Where none of ours is, nothing is written. */
	assert_int_equal(stat(list, &before), 0);
	must(refusals_remove(&places, &cleo.source, &p), 0, &p);
	assert_int_equal(stat(list, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	check_list(state, "# mine\nCleo@shop.test: 99\n");
	assert_int_equal(mode_of(list), 0664);
}

static void test_list_made_and_odd(void **state)
{
	struct refusal ann = of(SOURCE_MAILBOX, "ann@shop.test");
	struct problem p = {0};
	char other[FOLDER_PATH_MAX];

	places.lsearch_file = list;
	must(refusals_remove(&places, &ann.source, &p), 0, &p);
	must(refusals_add(&places, &ann, &p), 0, &p);
	check_list(state, "ann@shop.test: stanch\n");
	assert_int_equal(mode_of(list), 0640);
	must(refusals_remove(&places, &ann.source, &p), 0, &p);
	check_list(state, "");
	/* Another name of a file that is somebody else's. */
	(void)snprintf(other, sizeof(other), "%s/other", (const char *)*state);
	assert_int_equal(link(list, other), 0);
	must(refusals_add(&places, &ann, &p), -EINVAL, &p);
	assert_int_equal(unlink(list), 0);
	assert_int_equal(symlink(other, list), 0);
	must(refusals_add(&places, &ann, &p), -ELOOP, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_text, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_not_ours_alone, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_not_by_name, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_strange_files, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_list_made_and_odd, setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

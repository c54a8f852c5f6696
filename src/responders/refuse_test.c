#include "responders/refuse.h"

#include "systems/exim/refusals.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct settings_values values;
static struct source ann;
static char folder[FOLDER_PATH_MAX], list[FOLDER_PATH_MAX], exim[FOLDER_PATH_MAX];

/* An Exim that prints the file "config" for whatever it is asked. */
static int setup(void **state)
{
	char script[2 * FOLDER_PATH_MAX];
	int err = folder_setup(state);
	const char *top = *state;

	(void)snprintf(folder, sizeof(folder), "%s/refused", top);
	(void)snprintf(list, sizeof(list), "%s/list", top);
	(void)snprintf(exim, sizeof(exim), "%s/exim", top);
	(void)snprintf(script, sizeof(script), "#!/bin/sh\ncat %s/config\n", top);
	folder_write(top, "exim", script);
	(void)snprintf(script, sizeof(script), "x {exists{%s/mailbox/${sha256:x}}}\n", folder);
	folder_write(top, "config", script);
	values = (struct settings_values){
		.general = {.exim = exim}, .refuse = {.enabled = true, .folder = folder}};
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	return err != 0 ? err : chmod(exim, 0700);
}

static struct responding of(void)
{
	return (struct responding){
		.values = &values, .source = &ann, .incident = 3, .reason = "many\nstrangers"};
}

static void must(int got, int want, const struct problem *said)
{
	if (got != want)
		fail_msg("%d, not %d: %s", got, want, said->text);
	assert_true(said->text[0] != '\0' || want == 0);
}

static bool is_printable(void *context, const struct refusal *r)
{
	assert_string_equal(r->why, "many\\x0astrangers");
	assert_int_equal(r->incident, 3);
	++*(size_t *)context;
	return true;
}

static void test_act_and_undo(void **state)
{
	struct responding r = of();
	const struct refusals places = {folder, NULL, NULL};
	struct problem said = {0};
	json_t *note = json_object();
	size_t n = 0, strange = 0;

	(void)state;
	must(responder_refuse.check(&r, note, &said), -ENOENT, &said);
	for (int turn = 0; turn < 2; turn++) {
		must(responder_refuse.act(&r, note, &said), 0, &said);
		assert_non_null(strstr(said.text, "mailbox:ann@shop.test"));
		must(responder_refuse.check(&r, note, &said), 0, &said);
	}
	assert_int_equal(refusals_each(&places, is_printable, &n, &strange, &said), 0);
	assert_int_equal(n, 1);
	/* What is set since does not hide where it was done. */
	values.refuse.folder = "/nowhere";
	must(responder_refuse.check(&r, note, &said), 0, &said);
	for (int turn = 0; turn < 2; turn++) {
		must(responder_refuse.undo(&r, note, &said), 0, &said);
		must(responder_refuse.check(&r, note, &said), -ENOENT, &said);
	}
	json_decref(note);
}

static void test_exim_does_not_look(void **state)
{
	struct responding r = of();
	struct problem said = {0};
	json_t *note = json_object();

	folder_write(*state, "config", "acl_smtp_mail = acl_check_mail\n");
	must(responder_refuse.act(&r, note, &said), -EINVAL, &said);
	assert_non_null(strstr(said.text, "stanch setup exim"));
	assert_int_equal(access(folder, F_OK), -1);
	/* A list of his own will do, for mailboxes. */
	values.refuse.lsearch_file = list;
	must(responder_refuse.act(&r, note, &said), 0, &said);
	must(responder_refuse.check(&r, note, &said), 0, &said);
	assert_int_equal(unlink(list), 0);
	must(responder_refuse.check(&r, note, &said), -ENOENT, &said);
	must(responder_refuse.undo(&r, note, &said), 0, &said);
	source_set(&ann, SOURCE_LOGIN, slice_of("www-data"));
	must(responder_refuse.act(&r, note, &said), -EINVAL, &said);
	json_decref(note);
}

static void test_no_right(void **state)
{
	struct responding r = of();
	struct problem said = {0};
	json_t *note = json_object();

	(void)state;
	assert_int_equal(mkdir(folder, 0777), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	must(responder_refuse.act(&r, note, &said), -EACCES, &said);
	json_decref(note);
}

static void test_plan(void **state)
{
	struct responding r = of();
	struct problem said = {0};
	struct source bounce;

	(void)state;
	responder_refuse.plan(&r, &said);
	assert_non_null(strstr(said.text, "would refuse mailbox:ann@shop.test"));
	assert_int_equal(access(folder, F_OK), -1);
	assert_true(responder_refuse.is_on(&values));
	values.refuse.enabled = false;
	assert_false(responder_refuse.is_on(&values));
	source_set(&bounce, SOURCE_BOUNCE, slice_of("local"));
	assert_false(responder_refuse.fits(&bounce));
	assert_true(responder_refuse.fits(&ann));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_act_and_undo, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_exim_does_not_look, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_no_right, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_plan, setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

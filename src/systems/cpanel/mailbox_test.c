/* With a script in place of cPanel's command; what goes over HTTPS is tested with a server that
 * stands in for WHM (tests/system/panels.sh). */
#include "systems/cpanel/mailbox.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct stage {
	char command[FOLDER_PATH_MAX], whoowns[FOLDER_PATH_MAX];
	struct cpanel_way way;
	struct panel_mailbox mailbox;
	struct problem problem;
};

/* What it was called with goes into the file "asked", its input behind that. */
static void begin(struct stage *s, void **state, const char *answer)
{
	char text[1500];

	*s = (struct stage){0};
	(void)snprintf(text, sizeof(text),
		"#!/bin/sh\n{ echo \"$*\"; cat; } >'%s/asked'\ncat <<'E'\n%s\nE\n", (char *)*state,
		answer);
	folder_write(*state, "uapi", text);
	folder_write(*state, "whoowns",
		"#!/bin/sh\ncase $1 in shop.test) echo shopuser;; odd.test) echo '--x';; esac\n");
	(void)snprintf(s->command, sizeof(s->command), "%s/uapi", (char *)*state);
	(void)snprintf(s->whoowns, sizeof(s->whoowns), "%s/whoowns", (char *)*state);
	assert_int_equal(chmod(s->command, 0755) | chmod(s->whoowns, 0755), 0);
	s->way =
		(struct cpanel_way){.command = s->command, .whoowns = s->whoowns, .time_ms = 10000};
	assert_int_equal(
		panel_mailbox_read(slice_of("ann@shop.test"), &s->mailbox, &s->problem), 0);
}

static void assert_asked(void **state, const char *want)
{
	char path[FOLDER_PATH_MAX], text[1000] = "";

	(void)snprintf(path, sizeof(path), "%s/asked", (char *)*state);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	assert_string_equal(text, want);
}

#define DONE   "{\"result\":{\"data\":null,\"errors\":null,\"status\":1}}"
#define FAILED "{\"result\":{\"data\":null,\"errors\":[\"no\"],\"status\":0}}"

static void test_account(void **state)
{
	struct stage s;
	char account[PANEL_NAME_MAX];

	begin(&s, state, DONE);
	assert_int_equal(cpanel_account_of(&s.way, "shop.test", account, &s.problem), 0);
	assert_string_equal(account, "shopuser");
	assert_int_equal(cpanel_account_of(&s.way, "else.test", account, &s.problem), -ENOENT);
	assert_int_equal(cpanel_account_of(&s.way, "odd.test", account, &s.problem), -EBADMSG);
}

static void test_set_password(void **state)
{
	struct stage s;
	AUTO(secret) secret = secret_new(slice_of("Sesame-7"));

	begin(&s, state, DONE);
	assert_int_equal(
		cpanel_mailbox_set_password(&s.way, "shopuser", &s.mailbox, secret, &s.problem), 0);
	assert_asked(state, "--input=json --output=json --user=shopuser Email passwd_pop\n"
			    "{\"email\":\"ann\",\"domain\":\"shop.test\",\"password\":\"Sesame-7\""
			    "}");

	begin(&s, state, FAILED);
	assert_int_equal(
		cpanel_mailbox_set_password(&s.way, "shopuser", &s.mailbox, secret, &s.problem),
		-EIO);
	assert_string_equal(s.problem.text, "cPanel says no: no");

	/* what cannot be understood may be what it was given, and is not repeated */
	begin(&s, state, "cannot read \"Sesame-7\"");
	assert_int_equal(
		cpanel_mailbox_set_password(&s.way, "shopuser", &s.mailbox, secret, &s.problem),
		-EBADMSG);
	assert_null(strstr(s.problem.text, "Sesame"));
}

static void test_has_password(void **state)
{
	struct stage s;
	AUTO(secret) secret = secret_new(slice_of("Sesame-7"));
	bool has = false;

	begin(&s, state, "{\"result\":{\"data\":1,\"status\":1}}");
	assert_int_equal(cpanel_mailbox_has_password(
				 &s.way, "shopuser", &s.mailbox, secret, &has, &s.problem),
		0);
	assert_true(has);
	begin(&s, state, "{\"result\":{\"data\":0,\"status\":1}}");
	assert_int_equal(cpanel_mailbox_has_password(
				 &s.way, "shopuser", &s.mailbox, secret, &has, &s.problem),
		0);
	assert_false(has);
	begin(&s, state, DONE);
	assert_int_equal(cpanel_mailbox_has_password(
				 &s.way, "shopuser", &s.mailbox, secret, &has, &s.problem),
		-EBADMSG);
}

static void test_states(void **state)
{
	static const char *const functions[][2] = {{"unsuspend_outgoing", "suspend_outgoing"},
		{"unsuspend_login", "suspend_login"}, {"release_outgoing", "hold_outgoing"}};
	struct stage s;
	char want[200];

	for (int i = 0; i < 6; i++) {
		begin(&s, state, DONE);
		assert_int_equal(cpanel_mailbox_put(&s.way, "shopuser", &s.mailbox,
					 (enum panel_state)(i / 2), i % 2 == 1, &s.problem),
			0);
		(void)snprintf(want, sizeof(want),
			"--input=json --output=json --user=shopuser Email %s\n"
			"{\"email\":\"ann@shop.test\"}",
			functions[i / 2][i % 2]);
		assert_asked(state, want);
	}
}

static void test_look(void **state)
{
	struct stage s;
	struct uapi_mailbox box = {0};

	begin(&s, state,
		"{\"result\":{\"status\":1,\"data\":[{\"email\":\"ann@shop.test\","
		"\"suspended_login\":1}]}}");
	assert_int_equal(cpanel_mailbox_look(&s.way, "shopuser", &s.mailbox, &box, &s.problem), 0);
	assert_int_equal(box.suspended_login, UAPI_YES);
	assert_asked(state,
		"--input=json --output=json --user=shopuser Email list_pops_with_disk\n"
		"{\"domain\":\"shop.test\",\"get_restrictions\":\"1\",\"no_disk\":\"1\"}");
	begin(&s, state, "{\"result\":{\"status\":1,\"data\":[]}}");
	assert_int_equal(
		cpanel_mailbox_look(&s.way, "shopuser", &s.mailbox, &box, &s.problem), -ENOENT);
}

static void test_others(void **state)
{
	struct stage s;
	unsigned strength = 0;

	begin(&s, state, "{\"result\":{\"status\":1,\"data\":{\"strength\":65}}}");
	assert_int_equal(cpanel_required_strength(&s.way, "shopuser", &strength, &s.problem), 0);
	assert_int_equal(strength, 65);
	begin(&s, state, "{\"result\":{\"status\":1,\"data\":{\"strength\":101}}}");
	assert_int_equal(
		cpanel_required_strength(&s.way, "shopuser", &strength, &s.problem), -EBADMSG);
	begin(&s, state, "{\"metadata\":{\"result\":1,\"reason\":\"OK\"}}");
	assert_int_equal(cpanel_end_sessions(&s.way, "shopuser", &s.problem), 0);
	begin(&s, state, FAILED);
	assert_int_equal(cpanel_end_sessions(&s.way, "shopuser", &s.problem), -EIO);
	s.way.url = "https://127.0.0.1:1"; /* without a token nothing is sent */
	assert_int_equal(cpanel_end_sessions(&s.way, "shopuser", &s.problem), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_account),
		TEST(test_set_password),
		TEST(test_has_password),
		TEST(test_states),
		TEST(test_look),
		TEST(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

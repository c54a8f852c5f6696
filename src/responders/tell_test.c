/* A shell script takes sendmail's place: it writes down its arguments and the mail. Tickets and
 * webhooks are tried by tests/system/tell.sh. */
#include "responders/tell.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECRET "Abcd-1234-EFGH"

struct trial {
	char *folder;
	char sendmail[FOLDER_PATH_MAX], owners[FOLDER_PATH_MAX];
	struct settings_values values;
	struct source source;
	struct responding r;
	json_t *note;
	struct problem said;
};

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void sendmail_does(struct trial *t, const char *end)
{
	char script[2 * FOLDER_PATH_MAX];

	(void)snprintf(script, sizeof(script),
		"#!/bin/sh\necho \"$*\" >>%s/arguments\ncat >>%s/mail\n%s\n", t->folder, t->folder,
		end);
	put(t->sendmail, script, 0755);
}

static int set_up(void **state)
{
	static struct trial t;

	t = (struct trial){0};
	if (folder_setup(state) != 0)
		return -1;
	t.folder = *state;
	(void)snprintf(t.sendmail, sizeof(t.sendmail), "%s/sendmail", t.folder);
	(void)snprintf(t.owners, sizeof(t.owners), "%s/owners", t.folder);
	sendmail_does(&t, "exit 0");
	put(t.owners, "# who\nother.test x@y.test\nSHOP.test \t bob@home.test\n", 0644);
	source_set(&t.source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	t.values.tell = (struct tell_settings){.enabled = true,
		.secret_by = TELL_SECRET_MAIL,
		.owner_mail = TELL_OWNER_FILE,
		.owners = t.owners,
		.templates = "/nonexistent",
		.language = "en",
		.timeout = 5};
	t.values.mail = (struct mail_settings){.sendmail = t.sendmail,
		.sender = "stanch@host.test",
		.administrator = "root@host.test"};
	t.r = (struct responding){.values = &t.values,
		.source = &t.source,
		.incident = 12,
		.stage = RESPONDING_CONTAINED,
		.since = 1790000000,
		.reason = "many recipients",
		.messages = 5,
		.recipients = 70,
		.held = 3,
		.secret = secret_new(slice_of(SECRET)),
		.secret_how = "changed"};
	t.note = json_object();
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	struct trial *t = *state;
	void *folder = t->folder;

	secret_free(t->r.secret);
	json_decref(t->note);
	return folder_teardown(&folder);
}

static int act(struct trial *t)
{
	t->said.text[0] = '\0';
	return responder_tell.act(&t->r, t->note, &t->said);
}

/* The file's text; "" when there is none. */
static const char *text_in(const struct trial *t, const char *name)
{
	static char text[65536];
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", t->folder, name);
	FILE *in = fopen(path, "re");
	size_t len = in != NULL ? fread(text, 1, sizeof(text) - 1, in) : 0;
	text[len] = '\0';
	if (in != NULL)
		(void)fclose(in);
	return text;
}

static size_t times(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

/* How often a text stands in what the parts of the mails say. */
static size_t times_in_mail(const struct trial *t, const char *part)
{
	static unsigned char decoded[65536];
	size_t n = 0;

	for (const char *at = text_in(t, "mail"); (at = strstr(at, "base64\n\n")) != NULL;) {
		const char *end = NULL;
		size_t len = 0;
		at += 8;
		(void)sodium_base642bin(decoded, sizeof(decoded) - 1, at, strlen(at), "\n", &len,
			&end, sodium_base64_VARIANT_ORIGINAL);
		decoded[len] = '\0';
		n += times((const char *)decoded, part);
	}
	return n;
}

static void each_is_told_once(void **state)
{
	struct trial *t = *state;

	assert_int_equal(responder_tell.check(&t->r, t->note, &t->said), -ENOENT);
	assert_int_equal(act(t), 0);
	assert_int_equal(responder_tell.check(&t->r, t->note, &t->said), 0);
	assert_string_equal(text_in(t, "arguments"), "-oi -f stanch@host.test -- bob@home.test\n"
						     "-oi -f stanch@host.test -- root@host.test\n");
	assert_int_equal(act(t), 0);
	assert_int_equal(times(text_in(t, "arguments"), "\n"), 2);
}

static void the_secret_goes_one_way_only(void **state)
{
	struct trial *t = *state;

	assert_int_equal(act(t), 0);
	assert_int_equal(times_in_mail(t, SECRET), 2); /* plain and HTML of the owner's */
	char *note = json_dumps(t->note, 0);
	assert_null(strstr(note, SECRET));
	free(note);
	assert_null(strstr(t->said.text, SECRET));
	assert_null(strstr(text_in(t, "arguments"), SECRET));
}

static void without_a_way_the_secret_goes_nowhere(void **state)
{
	static const unsigned ways[] = {TELL_SECRET_NONE, TELL_SECRET_WHMCS};
	struct trial *t = *state;

	for (size_t i = 0; i < 2; i++) {
		t->values.tell.secret_by = ways[i];
		(void)json_object_clear(t->note);
		assert_int_equal(act(t), 0);
		assert_int_equal(times_in_mail(t, SECRET), 0);
	}
}

static void the_hijacked_mailbox_is_not_told(void **state)
{
	static const char *const lines[] = {"shop.test ann@shop.test\n", "shop.test ANN@Shop.Test",
		"shop.test ann+x@shop.test\n"};
	struct trial *t = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		put(t->owners, lines[i], 0644);
		(void)json_object_clear(t->note);
		assert_int_equal(act(t), -ENOENT);
		assert_non_null(strstr(t->said.text, "hijacked"));
		assert_null(strcasestr(text_in(t, "arguments"), "ann"));
		assert_int_equal(times_in_mail(t, SECRET), 0);
	}
}

static void odd_owners_are_not_told(void **state)
{
	static const char *const lines[] = {"", "shop.test\n", "shop.test -oQ/tmp@x.test\n",
		"shop.test a@b.test c@d.test\n", "xshop.test a@b.test\n"};
	struct trial *t = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		put(t->owners, lines[i], 0644);
		(void)json_object_clear(t->note);
		assert_int_equal(act(t), -ENOENT);
	}
	assert_int_equal(
		times(text_in(t, "arguments"), "root@host.test"), sizeof(lines) / sizeof(lines[0]));
	assert_int_equal(times(text_in(t, "arguments"), "\n"), sizeof(lines) / sizeof(lines[0]));
}

static void what_fails_for_a_while_is_tried_again_alone(void **state)
{
	struct trial *t = *state;

	sendmail_does(t, "case $* in *bob*) exit 75 ;; esac");
	assert_int_equal(act(t), -EAGAIN);
	assert_int_equal(times(text_in(t, "arguments"), "root@"), 1);
	sendmail_does(t, "exit 0");
	assert_int_equal(act(t), 0);
	assert_int_equal(times(text_in(t, "arguments"), "root@"), 1);
	assert_int_equal(times(text_in(t, "arguments"), "bob@"), 2);
}

static void what_fails_for_good_is_not(void **state)
{
	struct trial *t = *state;

	sendmail_does(t, "echo no; exit 1");
	assert_int_equal(act(t), -EIO);
	assert_int_equal(act(t), -EIO);
	assert_int_equal(times(text_in(t, "arguments"), "\n"), 2);
}

static void who_was_told_hears_of_the_end(void **state)
{
	struct trial *t = *state;

	t->r.stage = RESPONDING_RELEASED;
	assert_int_equal(responder_tell.undo(&t->r, t->note, &t->said), 0);
	assert_string_equal(text_in(t, "arguments"), "");
	(void)json_object_clear(t->note);
	t->r.stage = RESPONDING_CONTAINED;
	assert_int_equal(act(t), 0);
	t->r.stage = RESPONDING_CLOSED;
	assert_int_equal(act(t), 0);
	t->r.stage = RESPONDING_RELEASED;
	assert_int_equal(responder_tell.undo(&t->r, t->note, &t->said), 0);
	assert_int_equal(responder_tell.undo(&t->r, t->note, &t->said), 0);
	assert_int_equal(times(text_in(t, "arguments"), "\n"), 6);
	assert_int_equal(times_in_mail(t, SECRET), 2);
}

static void only_the_administrator_hears_of_suspects(void **state)
{
	struct trial *t = *state;

	t->r.stage = RESPONDING_SUSPECTED;
	assert_int_equal(act(t), 0);
	assert_int_equal(responder_tell.check(&t->r, t->note, &t->said), 0);
	assert_string_equal(text_in(t, "arguments"), "-oi -f stanch@host.test -- root@host.test\n");
	t->r.stage = RESPONDING_CONTAINED;
	assert_int_equal(responder_tell.check(&t->r, t->note, &t->said), -ENOENT);
	assert_int_equal(act(t), 0);
	assert_int_equal(times(text_in(t, "arguments"), "\n"), 3);
	t->values.mail.administrator = NULL;
	t->r.stage = RESPONDING_SUSPECTED;
	assert_int_equal(act(t), 0);
}

/* Somebody had set it back: the one that the owner has is not the password any more. */
static void a_password_changed_again_is_told_again(void **state)
{
	struct trial *t = *state;

	assert_int_equal(act(t), 0);
	secret_free(t->r.secret);
	t->r.secret = secret_new(slice_of("Wxyz-5678-STUV"));
	t->r.secret_told = false;
	assert_int_equal(responder_tell.check(&t->r, t->note, &t->said), -ENOENT);
	assert_int_equal(act(t), 0);
	assert_int_equal(responder_tell.check(&t->r, t->note, &t->said), 0);
	assert_int_equal(act(t), 0);
	assert_int_equal(times(text_in(t, "arguments"), "bob@"), 2);
	assert_int_equal(times(text_in(t, "arguments"), "root@"), 1);
	assert_int_equal(times_in_mail(t, "Wxyz-5678-STUV"), 2); /* plain and HTML */
	assert_int_equal(times_in_mail(t, "no longer works.</p>"), 2 + 1);
	assert_int_equal(times(text_in(t, "mail"), "contained.owner.1@"), 1);
	assert_int_equal(times(text_in(t, "mail"), "contained.owner.2@"), 1);
}

/* Message-ID of the mail that act() sends to the administrator alone. */
static void id_of_mail(struct trial *t, int64_t since, char at[200])
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/mail", t->folder);
	(void)remove(path);
	(void)json_object_clear(t->note);
	t->r.since = since;
	assert_int_equal(act(t), 0);
	const char *id = strstr(text_in(t, "mail"), "Message-ID: <");
	assert_non_null(id);
	(void)snprintf(at, 200, "%.*s", (int)strcspn(id, "\n"), id);
}

static void outbreaks_without_a_number_are_told_apart(void **state)
{
	struct trial *t = *state;
	char first[200], other[200], again[200];

	t->values.tell.owner_mail = TELL_OWNER_NONE;
	t->r.incident = 0;
	id_of_mail(t, 1790000000, first);
	id_of_mail(t, 1790000001, other);
	id_of_mail(t, 1790000000, again);
	assert_string_not_equal(first, other);
	assert_string_equal(first, again);
}

static void what_it_needs_is_looked_at_before(void **state)
{
	struct trial *t = *state;
	char folder[FOLDER_PATH_MAX], path[2 * FOLDER_PATH_MAX];

	assert_int_equal(responder_tell.prepare(&t->values, &t->said), 0);
	t->values.mail.sender = NULL;
	assert_int_equal(responder_tell.prepare(&t->values, &t->said), -EINVAL);
	t->values.mail.sender = "stanch@host.test";
	t->values.webhook.url = "http://127.0.0.1:1/";
	t->values.webhook.secret_file = "/nonexistent/secret";
	assert_int_equal(responder_tell.prepare(&t->values, &t->said), -EINVAL);
	assert_non_null(strstr(t->said.text, "/nonexistent/secret"));
	t->values.webhook = (struct webhook_settings){0};
	t->values.whmcs = (struct whmcs_settings){.url = "http://127.0.0.1:1/",
		.identifier = "ident",
		.secret_file = t->owners, /* whoever may read it knows no secret */
		.server = "mx",
		.admin = "robot",
		.department = 3};
	assert_int_equal(responder_tell.prepare(&t->values, &t->said), -EINVAL);
	t->values.whmcs = (struct whmcs_settings){0};
	(void)snprintf(folder, sizeof(folder), "%s/en", t->folder);
	(void)snprintf(path, sizeof(path), "%s/administrator-suspected.txt", folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	put(path, "Subject: a\n\nb\n{{who}}\n", 0644);
	t->values.tell.templates = t->folder;
	assert_int_equal(responder_tell.prepare(&t->values, &t->said), -EINVAL);
	assert_non_null(strstr(t->said.text, "administrator-suspected.txt:4:"));
	assert_string_equal(text_in(t, "arguments"), ""); /* nobody was told */
}

static void nobody_to_tell_is_said(void **state)
{
	struct trial *t = *state;

	t->values.tell.owner_mail = TELL_OWNER_NONE;
	t->values.mail.administrator = NULL;
	assert_int_equal(act(t), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_told_once),
		TEST(the_secret_goes_one_way_only),
		TEST(without_a_way_the_secret_goes_nowhere),
		TEST(the_hijacked_mailbox_is_not_told),
		TEST(odd_owners_are_not_told),
		TEST(what_fails_for_a_while_is_tried_again_alone),
		TEST(what_fails_for_good_is_not),
		TEST(who_was_told_hears_of_the_end),
		TEST(only_the_administrator_hears_of_suspects),
		TEST(a_password_changed_again_is_told_again),
		TEST(outbreaks_without_a_number_are_told_apart),
		TEST(what_it_needs_is_looked_at_before),
		TEST(nobody_to_tell_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "sensors/feedback_folder.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

/* 1xVSmQ-00076x-1r was received in this second; an hour later is now. */
#define ID_SECOND ((int64_t)1795435458)
#define NOW_S     (ID_SECOND + 3600)
#define NOW_US    (NOW_S * 1000000)

#define RECEIVED                                                                                   \
	"Received: from pc by mx.shop.test with esmtpsa (Exim 4.96) id %s\n"                       \
	"From: ann@shop.test\nTo: bob@sink.test\n\n"
#define COMPLAINT                                                                                  \
	"Content-Type: multipart/report; boundary=b\n\n"                                           \
	"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: %s\n\n"                      \
	"--b\nContent-Type: message/rfc822\n\n" RECEIVED "--b--\n"
#define BOUNCE                                                                                     \
	"Content-Type: multipart/report; boundary=b\n\n"                                           \
	"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"                  \
	"Final-Recipient: rfc822;bob@sink.test\nAction: failed\nStatus: 5.1.1\n\n"                 \
	"Final-Recipient: rfc822;eve@sink.test\nAction: delayed\nStatus: 4.4.1\n\n"                \
	"Final-Recipient: rfc822;fay@sink.test\nAction: failed\nStatus: 5.2.2\n\n"                 \
	"--b\nContent-Type: message/rfc822\n\n" RECEIVED "--b--\n"
#define ID "1xVSmQ-00076x-1r"

/* What the visitor was told, newest last. */
struct told {
	char text[4096];
	unsigned facts;
	int64_t at_us;
};

static void note(void *context, const struct fact *fact)
{
	struct told *t = context;
	size_t len = strlen(t->text);

	t->facts++;
	t->at_us = fact->at_us;
	if (fact->source != NULL && len + 300 < sizeof(t->text)) {
		char name[SOURCE_TEXT_MAX];

		(void)snprintf(t->text + len, sizeof(t->text) - len, "accused %.200s;",
			source_text(fact->source, name));
		return;
	}
	if (len + 100 < sizeof(t->text))
		(void)snprintf(t->text + len, sizeof(t->text) - len, "%s %.*s %.*s;",
			fact->kind == FACT_COMPLAINED ? "complaint"
			: fact->is_reported           ? "fail"
						      : "?",
			(int)fact->id.len, fact->id.at, (int)fact->recipient.len,
			fact->recipient.len > 0 ? fact->recipient.at : "");
}

static struct feedback_folder *begin(const char *top)
{
	struct feedback_folder *f = NULL;
	struct problem p = {0};

	folder_make(top, "new");
	folder_make(top, "cur");
	folder_make(top, "tmp");
	assert_int_equal(feedback_folder_new(top, "mx.shop.test", true, &f, &p), 0);
	return f;
}

/* Reads until nothing is left. */
static void drain(struct feedback_folder *f, struct told *t, unsigned most)
{
	struct problem p = {0};
	int more = 1;

	*t = (struct told){0};
	for (unsigned i = 0; more == 1 && i < 100000; i++)
		more = feedback_folder_read(f, NOW_US, most, note, t, &p);
	if (more != 0)
		fail_msg("%d: %s", more, p.text);
}

static void set_time(const char *top, const char *below, int64_t second)
{
	const struct timeval times[2] = {{.tv_sec = (time_t)second}, {.tv_sec = (time_t)second}};
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", top, below);
	assert_int_equal(utimes(path, times), 0);
}

static void move(const char *top, const char *from, const char *to)
{
	char old[FOLDER_PATH_MAX], new[FOLDER_PATH_MAX];

	(void)snprintf(old, sizeof(old), "%s/%s", top, from);
	(void)snprintf(new, sizeof(new), "%s/%s", top, to);
	assert_int_equal(rename(old, new), 0);
}

/* As mail servers do: written to tmp/, then renamed. */
static void deliver(const char *top, const char *to, const char *mail, int64_t second)
{
	folder_write(top, "tmp/x", mail);
	set_time(top, "tmp/x", second);
	move(top, "tmp/x", to);
}

static void complain(const char *top, const char *to, const char *type, int64_t second)
{
	char mail[2048];

	(void)snprintf(mail, sizeof(mail), COMPLAINT, type, ID);
	deliver(top, to, mail, second);
}

static void test_facts(void **state)
{
	const char *top = *state;
	AUTO(feedback_folder) f = begin(top);
	struct told t;
	char mail[2048];

	complain(top, "new/1.a", "abuse", NOW_S - 60); /* before we came */
	drain(f, &t, 100);
	assert_string_equal(t.text, "complaint " ID " ;");
	assert_true(t.at_us == NOW_US - 60 * INT64_C(1000000));
	(void)snprintf(mail, sizeof(mail), BOUNCE, ID);
	deliver(top, "cur/2.a:2,S", mail, NOW_S - 5);
	drain(f, &t, 100);
	assert_string_equal(t.text, "fail " ID " bob@sink.test;fail " ID " fay@sink.test;");
	complain(top, "new/3.a", "not-spam", NOW_S);
	(void)snprintf(mail, sizeof(mail), COMPLAINT, "abuse", "nothing");
	deliver(top, "new/4.a", mail, NOW_S);
	deliver(top, "new/5.a", "Subject: hello\n\nhello\n", NOW_S);
	drain(f, &t, 100);
	assert_int_equal(t.facts, 0);
	const struct feedback_folder_counts c = feedback_folder_count(f);
	assert_int_equal(c.mails, 5);
	assert_int_equal(c.complaints, 3);
	assert_int_equal(c.bounces, 1);
	assert_int_equal(c.others, 1);
	assert_int_equal(c.history + c.passed_over + c.losses, 0);
}

#define NOTICE                                                                                     \
	"Subject: Compromised Account Notification\n\n=====\nSender ID | %s\n"                     \
	"Sender Type | x-authuser\n"

static void test_notices(void **state)
{
	static const char *const whom[][2] = {{"Ann@shop.test", "accused mailbox:ann@shop.test;"},
		{"ann", "accused mailbox:ann;accused login:ann;"},
		{"ann@MX.shop.test", "accused mailbox:ann@mx.shop.test;accused login:ann;"}};
	const char *top = *state;
	AUTO(feedback_folder) f = begin(top);
	struct problem p = {0};
	struct told t;
	char mail[512], name[32];

	for (size_t i = 0; i < sizeof(whom) / sizeof(whom[0]); i++) {
		(void)snprintf(mail, sizeof(mail), NOTICE, whom[i][0]);
		(void)snprintf(name, sizeof(name), "new/%zu.a", i);
		deliver(top, name, mail, NOW_S);
		drain(f, &t, 100);
		assert_string_equal(t.text, whom[i][1]);
	}
	assert_int_equal(feedback_folder_count(f).notices, 3);
	AUTO(feedback_folder) other = NULL;
	assert_int_equal(feedback_folder_new(top, "mx.shop.test", false, &other, &p), 0);
	drain(other, &t, 100);
	assert_int_equal(t.facts, 0);
	assert_int_equal(feedback_folder_count(other).notices, 3);
}

/* However often it moves and whatever flags it gets. */
static void test_once(void **state)
{
	const char *top = *state;
	AUTO(feedback_folder) f = begin(top);
	struct told t;

	complain(top, "new/1.a", "abuse", NOW_S);
	drain(f, &t, 100);
	assert_int_equal(t.facts, 1);
	move(top, "new/1.a", "cur/1.a:2,");
	move(top, "cur/1.a:2,", "cur/1.a:2,S");
	drain(f, &t, 100);
	assert_int_equal(t.facts, 0);
	complain(top, "new/2.a", "abuse", NOW_S);
	drain(f, &t, 100);
	assert_int_equal(t.facts, 1);
}

static void test_history(void **state)
{
	const char *top = *state;
	AUTO(feedback_folder) f = begin(top);
	struct told t;

	complain(top, "new/1.a", "abuse", NOW_S - 3601);
	complain(top, "new/2.a", "abuse", NOW_S - 3599);
	complain(top, "new/3.a", "abuse", NOW_S + 86400); /* a clock of somebody else's */
	drain(f, &t, 100);
	assert_int_equal(t.facts, 2);
	assert_true(t.at_us <= NOW_US);
	assert_int_equal(feedback_folder_count(f).history, 1);
}

static void test_passed_over(void **state)
{
	const char *top = *state;
	AUTO(feedback_folder) f = begin(top);
	struct told t;
	char path[FOLDER_PATH_MAX], target[FOLDER_PATH_MAX];

	complain(top, "secret", "abuse", NOW_S);
	(void)snprintf(target, sizeof(target), "%s/secret", top);
	(void)snprintf(path, sizeof(path), "%s/new/1.link", top);
	assert_int_equal(symlink(target, path), 0);
	(void)snprintf(path, sizeof(path), "%s/new/2.pipe", top);
	assert_int_equal(mkfifo(path, 0600), 0);
	folder_make(top, "new/3.folder");
	complain(top, "new/3.folder/4.a", "abuse", NOW_S);
	complain(top, "new/.hidden", "abuse", NOW_S);
	folder_write(top, "new/5.empty", "");
	drain(f, &t, 100);
	assert_int_equal(t.facts, 0);
	assert_int_equal(feedback_folder_count(f).passed_over, 3);
	assert_int_equal(feedback_folder_count(f).mails, 0);
	/* one that is written in its place is read when it is whole */
	char mail[2048];
	(void)snprintf(mail, sizeof(mail), COMPLAINT, "fraud", ID);
	folder_write(top, "new/5.empty", mail);
	set_time(top, "new/5.empty", NOW_S);
	drain(f, &t, 100);
	assert_int_equal(t.facts, 1);
}

/* A mail without end is read in front, and what stands there counts. */
static void test_huge(void **state)
{
	const char *top = *state;
	AUTO(feedback_folder) f = begin(top);
	struct told t;
	char path[FOLDER_PATH_MAX];

	complain(top, "tmp/huge", "abuse", NOW_S);
	(void)snprintf(path, sizeof(path), "%s/tmp/huge", top);
	assert_int_equal(truncate(path, (off_t)1 << 32), 0); /* a hole */
	set_time(top, "tmp/huge", NOW_S);
	move(top, "tmp/huge", "new/1.huge");
	drain(f, &t, 100);
	assert_int_equal(t.facts, 1);
}

/* More than one call looks at. */
static void test_many(void **state)
{
	const char *top = *state;
	AUTO(feedback_folder) f = begin(top);
	struct told t;
	struct problem p = {0};
	char name[64];

	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "%s/%d.a", i % 2 == 0 ? "new" : "cur", i);
		complain(top, name, "abuse", NOW_S);
	}
	t = (struct told){0};
	assert_int_equal(feedback_folder_read(f, NOW_US, 10, note, &t, &p), 1);
	assert_in_range(t.facts, 1, 10);
	unsigned before = t.facts;
	drain(f, &t, 10);
	assert_int_equal(before + t.facts, 300);
	for (int i = 300; i < 400; i++) {
		(void)snprintf(name, sizeof(name), "new/%d.a", i);
		complain(top, name, "abuse", NOW_S);
	}
	drain(f, &t, 7);
	assert_int_equal(t.facts, 100);
}

/* A folder that is not there yet, that goes, and that another one takes the place of. */
static void test_comes_and_goes(void **state)
{
	const char *top = *state;
	struct feedback_folder *f = NULL;
	struct problem p = {0};
	struct told t = {0};
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/box", top);
	assert_int_equal(feedback_folder_new(path, "mx.shop.test", true, &f, &p), 0);
	assert_true(feedback_folder_read(f, NOW_US, 10, note, &t, &p) < 0);
	assert_non_null(strstr(p.text, "/box/new: No such file"));
	folder_make(top, "box/new");
	folder_make(top, "tmp");
	complain(top, "box/new/1.a", "abuse", NOW_S);
	assert_true(feedback_folder_read(f, NOW_US, 10, note, &t, &p) < 0); /* no cur/ */
	assert_non_null(strstr(p.text, "/box/cur: No such file"));
	assert_int_equal(t.facts, 1);
	folder_make(top, "box/cur");
	drain(f, &t, 10);
	assert_int_equal(t.facts, 0);
	move(top, "box", "away");
	assert_true(feedback_folder_read(f, NOW_US, 10, note, &t, &p) < 0);
	folder_make(top, "box/new");
	folder_make(top, "box/cur");
	complain(top, "box/new/2.a", "abuse", NOW_S);
	complain(top, "away/new/3.a", "abuse", NOW_S);
	drain(f, &t, 10);
	assert_int_equal(t.facts, 1);
	feedback_folder_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_facts, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_notices, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_once, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_history, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_passed_over, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_huge, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_many, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_comes_and_goes, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

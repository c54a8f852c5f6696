#include "sensors/queue_lister.h"

#include "base/clock.h"

#include "tests/folder.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ONE   "1aAAAA-000001-AA"
#define TWO   "1aAAAB-000002-AA"
#define THREE "1aAAAC-00000000003-AAAA"

/* As Exim does: a temporary file, renamed. */
static void put_text(const char *top, const char *folder, const char *id, const char *text)
{
	char hdr[FOLDER_PATH_MAX], name[FOLDER_PATH_MAX], at[64];

	(void)snprintf(at, sizeof(at), "%s/hdr.1", folder);
	folder_write(top, at, text);
	(void)snprintf(hdr, sizeof(hdr), "%s/%s", top, at);
	(void)snprintf(name, sizeof(name), "%s/%s/%s-H", top, folder, id);
	assert_int_equal(rename(hdr, name), 0);
}

static void put_mail(const char *top, const char *folder, const char *id, const char *options,
	const char *subject)
{
	char text[2048], field[1200];
	int n = snprintf(field, sizeof(field), "Subject: %s\n", subject);

	(void)snprintf(text, sizeof(text),
		"%s-H\nDebian-exim 100 100\n<ann@shop.test>\n1790000000 0\n"
		"-host_address [192.0.2.7]:1\n-host_auth plain\n-auth_id Ann@shop.test\n%s"
		"XX\n2\nbob@far.test\ncarol@near.test\n\n%03d  %s",
		id, options, n, field);
	put_text(top, folder, id, text);
}

static void remove_mail(const char *top, const char *folder, const char *id)
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s/%s-H", top, folder, id);
	assert_int_equal(unlink(path), 0);
}

static struct queue_lister *begin(const char *top, size_t most)
{
	struct queue_lister *l = NULL;
	struct problem p = {0};

	if (queue_lister_new(top, "Debian-exim", most, &l, &p) != 0)
		fail_msg("%s", p.text);
	return l;
}

/* Turns until nothing is to be done for a moment. */
static void settle(struct queue_lister *l)
{
	struct queue_lister_standing now = {0};
	int fds[QUEUE_LISTER_FDS];

	queue_lister_fds(l, fds);
	for (unsigned quiet = 0, n = 0; quiet < 2 && n < 10000; n++) {
		struct pollfd ready[] = {
			{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
		if (queue_lister_turn(l, clock_now_ms()))
			continue;
		queue_lister_look(l, &now);
		bool waits = poll(ready, 2, 20) == 0;
		quiet = waits && now.state != QUEUE_LISTER_READING ? quiet + 1 : 0;
	}
	assert_int_not_equal(now.state, QUEUE_LISTER_READING);
}

/* "id@queue/letter sender source subject" of each, newest first. */
static const char *all(struct queue_lister *l, const char *what)
{
	static char text[4096];
	const struct queue_search_terms terms = {.text = slice_of(what), .limit = 50};
	struct queue_index_message m;
	struct queue_place place;
	size_t len = 0;

	const struct queue_index *x = queue_lister_lock(l);
	struct queue_search *s = queue_search_new(x, &terms);
	while (queue_search_go(s, 100))
		continue;
	text[0] = '\0';
	while (queue_search_next(s, &m, &place))
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%s@%s/%c%s %.*s %.*s \"%.*s\";", m.id.text, place.queue,
			place.letter != 0 ? place.letter : '.', m.is_frozen ? " frozen" : "",
			(int)m.sender.len, m.sender.at, (int)m.source.len, m.source.at,
			(int)m.subject.len, m.subject.at);
	queue_search_free(s);
	queue_lister_unlock(l);
	return text;
}

static void test_follows(void **state)
{
	const char *top = *state;
	struct queue_lister_standing now;

	folder_make(top, "input");
	put_mail(top, "input", ONE, "", "=?utf-8?Q?gr=C3=BC=0An?=");
	AUTO(queue_lister) l = begin(top, 100);
	queue_lister_look(l, &now);
	assert_int_equal(now.state, QUEUE_LISTER_READING);
	assert_false(now.is_complete || now.knows_messages);
	settle(l);
	assert_string_equal(
		all(l, ""), ONE "@/. ann@shop.test mailbox:ann@shop.test \"gr\xc3\xbc n\";");
	put_mail(top, "input", ONE, "-frozen 1790000001\n", "b"); /* written anew */
	settle(l);
	assert_string_equal(
		all(l, "bob@far"), ONE "@/. frozen ann@shop.test mailbox:ann@shop.test \"b\";");
	folder_make(top, "held/input/B");
	put_mail(top, "held/input/B", TWO, "", "c");
	settle(l);
	assert_string_equal(all(l, "c"),
		TWO "@held/B ann@shop.test mailbox:ann@shop.test \"c\";" ONE
		    "@/. frozen ann@shop.test mailbox:ann@shop.test \"b\";");
	remove_mail(top, "input", ONE);
	put_text(top, "input", THREE, "no such file\n");
	settle(l);
	assert_string_equal(all(l, ""),
		TWO "@held/B ann@shop.test mailbox:ann@shop.test \"c\";" THREE "@/.   \"\";");
	queue_lister_look(l, &now);
	assert_int_equal(now.state, QUEUE_LISTER_READY);
	assert_true(now.is_complete && now.knows_messages);
	assert_int_equal(now.messages, 2);
	assert_int_equal(now.damaged, 1);
}

/* What changes while all is read, must be as it is in the end. */
static void test_changes_meanwhile(void **state)
{
	const char *top = *state;
	struct queue_lister_standing now;
	char id[EXIM_ID_OLD + 1];

	folder_make(top, "input");
	for (unsigned n = 0; n < 2000; n++) {
		(void)snprintf(id, sizeof(id), "1a%04u-%06u-AA", n, n);
		put_mail(top, "input", id, "", "old");
	}
	AUTO(queue_lister) l = begin(top, 5000);
	for (unsigned n = 0; n < 2000; n++) {
		(void)queue_lister_turn(l, clock_now_ms());
		(void)snprintf(id, sizeof(id), "1a%04u-%06u-AA", n, n);
		if (n % 4 == 0)
			remove_mail(top, "input", id);
		else if (n % 4 == 1)
			put_mail(top, "input", id, "", "new");
		(void)snprintf(id, sizeof(id), "1b%04u-%06u-AA", n, n);
		if (n % 4 == 2)
			put_mail(top, "input", id, "", "new");
	}
	settle(l);
	queue_lister_look(l, &now);
	assert_true(now.is_complete);
	assert_int_equal(now.messages, 2000);
	for (unsigned old = 0; old < 2; old++) {
		const struct queue_search_terms terms = {
			.text = slice_of(old == 1 ? "old" : "new"), .limit = 1};
		struct queue_search *s = queue_search_new(queue_lister_lock(l), &terms);
		while (queue_search_go(s, 100))
			continue;
		assert_int_equal(queue_search_found(s), 1000);
		queue_search_free(s);
		queue_lister_unlock(l);
	}
}

static void test_bounds_and_trouble(void **state)
{
	const char *top = *state;
	struct queue_lister_standing now;

	AUTO(queue_lister) none = begin(top, 100); /* no spool: no input/ */
	settle(none);
	queue_lister_look(none, &now);
	assert_true(now.state == QUEUE_LISTER_OFF || now.state == QUEUE_LISTER_READY);

	folder_make(top, "input");
	put_mail(top, "input", ONE, "", "a");
	put_mail(top, "input", TWO, "", "a");
	AUTO(queue_lister) l = begin(top, 1);
	settle(l);
	queue_lister_look(l, &now);
	assert_int_equal(now.state, QUEUE_LISTER_READY);
	assert_false(now.is_complete || now.knows_messages);
	assert_int_equal(now.read, 1);
	assert_string_not_equal(now.why.text, "");

	AUTO(queue_lister) missing = begin("/nowhere/spool", 1);
	settle(missing);
	queue_lister_look(missing, &now);
	assert_int_equal(now.state, QUEUE_LISTER_OFF);
	assert_false(now.is_complete || now.knows_messages);
	assert_string_not_equal(now.why.text, "");
}

static void test_size(void **state)
{
	const char *top = *state;
	const struct queue_search_terms terms = {.limit = 5};
	struct queue_index_message m;
	struct queue_place place;

	folder_make(top, "input/1");
	put_mail(top, "input/1", ONE, "", "abc");
	folder_write(top, "input/1/" ONE "-D", ONE "-D\nhello\n");
	AUTO(queue_lister) l = begin(top, 100);
	settle(l);
	struct queue_search *s = queue_search_new(queue_lister_lock(l), &terms);
	while (queue_search_go(s, 100))
		continue;
	assert_true(queue_search_next(s, &m, &place));
	queue_search_free(s);
	queue_lister_unlock(l);
	assert_int_equal(
		queue_lister_size(l, &m), strlen("Subject: abc\n") + strlen("hello\n") + 1);
	m.id.text[5] = 'Q';
	assert_int_equal(queue_lister_size(l, &m), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_follows, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_changes_meanwhile, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_bounds_and_trouble, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_size, folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

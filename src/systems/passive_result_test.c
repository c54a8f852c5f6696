#include "systems/passive_result.h"

#include "base/json_text.h"
#include "tests/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct passive_result result_of(const char *text)
{
	return (struct passive_result){.host = "mx1",
		.service = "Mail queue",
		.code = 2,
		.text = slice_of(text),
		.at = 1795436837};
}

static const struct {
	const char *text;
	int want; /* 0, or an error */
	enum passive_kind kind;
	const char *place;
} targets[] = {
	{"nagios:/var/lib/nagios4/rw/nagios.cmd", 0, PASSIVE_NAGIOS,
		"/var/lib/nagios4/rw/nagios.cmd"},
	{"nsca:monitor.example:5667", 0, PASSIVE_NSCA, "monitor.example:5667"},
	{"icinga2:https://icinga.example:5665", 0, PASSIVE_ICINGA2, "https://icinga.example:5665"},
	{"icinga2:http://127.0.0.1:5665", 0, PASSIVE_ICINGA2, "http://127.0.0.1:5665"},
	{"icinga2:http://[::1]:5665/", 0, PASSIVE_ICINGA2, "http://[::1]:5665/"},
	{"icinga2:http://icinga.example:5665", -EINVAL, 0, NULL},
	{"icinga2:http://127.0.0.1.example:5665", -EINVAL, 0, NULL},
	{"icinga2:http://localhost@icinga.example/", -EINVAL, 0, NULL},
	{"icinga2:https://user:secret@icinga.example", -EINVAL, 0, NULL},
	{"icinga2:file:///etc/passwd", -EINVAL, 0, NULL},
	{"nsca:-c", -EINVAL, 0, NULL},
	{"nsca:", -EINVAL, 0, NULL},
	{"nagios:rw/nagios.cmd", -EINVAL, 0, NULL},
	{"mail:root", -EINVAL, 0, NULL},
	{"", -EINVAL, 0, NULL},
};

static void test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct passive_target t = {.place = NULL};
		struct problem p = {0};
		if (passive_target_read(targets[i].text, &t, &p) != targets[i].want)
			fail_msg("%s", targets[i].text);
		assert_true((targets[i].want == 0) == (p.text[0] == '\0'));
		if (targets[i].want == 0) {
			assert_int_equal(t.kind, targets[i].kind);
			assert_string_equal(t.place, targets[i].place);
		}
	}
}

static void test_lines(void **state)
{
	struct passive_result r = result_of("CRITICAL - a\\x7cb|x=1;2;3;0\nann\n\n");
	struct problem p = {0};
	char *line = NULL;

	(void)state;
	assert_int_equal(passive_nagios_line(&r, &line, &p), 0);
	assert_string_equal(line, "[1795436837] PROCESS_SERVICE_CHECK_RESULT;mx1;Mail queue;2;"
				  "CRITICAL - a\\\\x7cb|x=1;2;3;0\\nann\n");
	free(line);
	assert_int_equal(passive_nsca_line(&r, &line, &p), 0);
	assert_string_equal(line, "mx1\tMail queue\t2\tCRITICAL - a\\\\x7cb|x=1;2;3;0\\nann\n");
	free(line);
}

/* One write that is whole or not at all, whatever the sources are called. */
static void test_longer_than_a_pipe(void **state)
{
	char text[3 * PIPE_BUF] = "first|x=1\n";
	struct problem p = {0};
	char *line = NULL;

	(void)state;
	for (size_t i = 10; i + 1 < sizeof(text); i++)
		text[i] = i % 100 == 0 ? '\n' : '\\';
	struct passive_result r = result_of(text);
	assert_int_equal(passive_nagios_line(&r, &line, &p), 0);
	assert_true(strlen(line) <= PIPE_BUF && strlen(line) > PIPE_BUF - 210);
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	assert_non_null(strstr(line, ";2;first|x=1\\n\\\\"));
	assert_string_equal(line + strlen(line) - 3, "\\\\\n"); /* no half of an escape */
	free(line);
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(passive_nagios_line(&r, &line, &p), 0);
	assert_int_equal(strlen(line), PIPE_BUF);
	free(line);
}

static const char *const bad_names[] = {"", "a;b", "a\nb", "a\tb", "a\x17z", "\x7f"};

static void test_names_that_would_be_another_field(void **state)
{
	struct problem p = {0};
	char *line = NULL, name[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		struct passive_result r = result_of("x");
		r.host = bad_names[i];
		assert_int_equal(passive_nagios_line(&r, &line, &p), -EINVAL);
		assert_true(i == 1 || passive_nsca_line(&r, &line, &p) == -EINVAL);
		r = result_of("x");
		r.service = bad_names[i];
		assert_int_equal(passive_nagios_line(&r, &line, &p), -EINVAL);
	}
	memset(name, 'h', sizeof(name));
	name[64] = '\0';
	struct passive_result r = result_of("x");
	r.host = name;
	assert_int_equal(passive_nsca_line(&r, &line, &p), -EINVAL);
}

static void test_body(void **state)
{
	struct passive_result r = result_of("Mailqueue CRITICAL - 120 | a=1;2;3;0 b=2\nann\n");
	struct problem p = {0};
	char *body = NULL;

	(void)state;
	r.service = "a\" || true || \"";
	assert_int_equal(passive_icinga2_body(&r, &body, &p), 0);
	json_t *o = json_loads(body, 0, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "filter")),
		"host.name == host_name && service.name == service_name");
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(o, "filter_vars"), "service_name")),
		r.service);
	assert_string_equal(json_string_value(json_object_get(o, "plugin_output")),
		"Mailqueue CRITICAL - 120\nann");
	assert_int_equal(json_integer_value(json_object_get(o, "exit_status")), 2);
	const json_t *data = json_object_get(o, "performance_data");
	assert_int_equal(json_array_size(data), 2);
	assert_string_equal(json_string_value(json_array_get(data, 0)), "a=1;2;3;0");
	json_decref(o);
	free(body);
}

static void test_pipe(void **state)
{
	char path[FOLDER_PATH_MAX], heard[PIPE_BUF + 1] = "";
	struct passive_result r = result_of("OK");
	struct passive_target t = {.kind = PASSIVE_NAGIOS, .place = path};
	struct problem p = {0};

	(void)snprintf(path, sizeof(path), "%s/nagios.cmd", (const char *)*state);
	assert_int_equal(passive_result_submit(&t, &r, &p), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(passive_result_submit(&t, &r, &p), -ENXIO);
	assert_non_null(strstr(p.text, "nobody reads"));
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(passive_result_submit(&t, &r, &p), 0);
	assert_true(read(fd, heard, PIPE_BUF) > 0);
	assert_string_equal(
		heard, "[1795436837] PROCESS_SERVICE_CHECK_RESULT;mx1;Mail queue;2;OK\n");
	int err = 0; /* full: said, and not waited for */
	for (unsigned i = 0; i < 100000 && err == 0; i++)
		err = passive_result_submit(&t, &r, &p);
	assert_int_equal(err, -EAGAIN);
	(void)close(fd);
}

static void test_no_plain_file(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct passive_result r = result_of("OK");
	const struct passive_target t = {.kind = PASSIVE_NAGIOS, .place = path};
	struct problem p = {0};
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/file", (const char *)*state);
	folder_write(*state, "file", "x");
	assert_int_equal(passive_result_submit(&t, &r, &p), -EINVAL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 1);
}

/* In the place of send_nsca: writes down what it is given. */
static void test_nsca(void **state)
{
	char program[FOLDER_PATH_MAX], at[FOLDER_PATH_MAX], heard[512] = "";
	struct passive_result r = result_of("OK\nmore\n");
	struct passive_target t = {.kind = PASSIVE_NSCA,
		.place = "monitor.test:5668",
		.program = program,
		.program_config = "/etc/send_nsca.cfg",
		.time_ms = 10000};
	struct problem p = {0};

	folder_write(*state, "send_nsca",
		"#!/bin/sh\n{ printf '%s ' \"$@\"; cat; } >\"${0%/*}/heard\"\nexit 0\n");
	(void)snprintf(program, sizeof(program), "%s/send_nsca", (const char *)*state);
	(void)snprintf(at, sizeof(at), "%s/heard", (const char *)*state);
	assert_int_equal(chmod(program, 0700), 0);
	assert_int_equal(passive_result_submit(&t, &r, &p), 0);
	FILE *f = fopen(at, "r");
	assert_non_null(f);
	assert_true(fread(heard, 1, sizeof(heard) - 1, f) > 0);
	(void)fclose(f);
	assert_string_equal(heard, "-H monitor.test -p 5668 -c /etc/send_nsca.cfg mx1\tMail "
				   "queue\t2\tOK\\nmore\n");
	folder_write(*state, "send_nsca", "#!/bin/sh\nexit 2\n");
	assert_int_equal(passive_result_submit(&t, &r, &p), -EIO);
	assert_int_equal(unlink(program), 0);
	assert_int_equal(passive_result_submit(&t, &r, &p), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(t) cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_longer_than_a_pipe),
		cmocka_unit_test(test_names_that_would_be_another_field),
		cmocka_unit_test(test_body),
		IN_FOLDER(test_pipe),
		IN_FOLDER(test_no_plain_file),
		IN_FOLDER(test_nsca),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

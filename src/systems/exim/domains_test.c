#include "systems/exim/domains.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A program that stands in for Exim: what it says to each line. */
static struct exim_domains *begin(const char *top, const char *cases)
{
	char path[FOLDER_PATH_MAX], script[1000];
	struct exim_program program = {.path = path};
	struct exim_domains *d = NULL;
	struct problem problem = {0};

	(void)snprintf(script, sizeof(script),
		"#!/bin/sh\necho warning: something >&2\nwhile read -r line; do case $line in\n"
		"%s*) echo \"> $line\" ;;\nesac; done\n",
		cases);
	folder_write(top, "exim", script);
	assert_true(snprintf(path, sizeof(path), "%s/exim", top) < FOLDER_PATH_MAX);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(exim_domains_begin(&program, &d, &problem), 0);
	return d;
}

#define USUAL                                                                                      \
	"*{here.test}*) echo '> yes here.test' ;;\n*{away.test}*) echo '> no away.test' ;;\n"      \
	"*{fail.test}*) echo '> Failed: no' ;;\n*run*) exit 7 ;;\n"

static void test_answers(void **state)
{
	static const char *const domains[] = {"here.test", "away.test", "${run{/bin/false}}", "",
		"Here.test", "fail.test", "here.test"};
	static const enum hosted want[] = {
		HOSTED_YES, HOSTED_NO, HOSTED_NO, HOSTED_NO, HOSTED_NO, HOSTED_UNKNOWN, HOSTED_YES};
	AUTO(exim_domains) d = begin(*state, USUAL);
	enum hosted got[7];
	struct problem problem = {0};

	assert_true(exim_domains_ask(d, domains, 7, got, &problem) < 0); /* one is unknown */
	for (int i = 0; i < 7; i++)
		assert_int_equal(got[i], want[i]);
}

/* The same process answers again, and nothing of the answers before is taken for one. */
static void test_several_rounds(void **state)
{
	static const char *const first[] = {"here.test"},
				 *const second[] = {"away.test", "here.test"},
				 *const none[] = {"${run{/bin/false}}"};
	AUTO(exim_domains) d = begin(*state, USUAL);
	enum hosted got[2] = {0};
	struct problem problem = {0};

	assert_int_equal(exim_domains_ask(d, first, 1, got, &problem), 0);
	assert_int_equal(got[0], HOSTED_YES);
	assert_int_equal(exim_domains_ask(d, none, 1, got, &problem), 0);
	assert_int_equal(got[0], HOSTED_NO);
	assert_int_equal(exim_domains_ask(d, second, 2, got, &problem), 0);
	assert_int_equal(got[0], HOSTED_NO);
	assert_int_equal(got[1], HOSTED_YES);
}

/* More questions than a pipe holds, while the answers fill another one. */
static void test_many(void **state)
{
	enum { MANY = 1000 };
	static char names[MANY][32];
	static const char *domains[MANY];
	static enum hosted got[MANY];
	AUTO(exim_domains)
	d = begin(*state, "*long*) echo \"> no ${line##*no }\" | tr -d '}' ;;\n");
	struct problem problem = {0};

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "a-long-name-%d.test", i);
		domains[i] = names[i];
	}
	assert_int_equal(exim_domains_ask(d, domains, MANY, got, &problem), 0);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(got[i], HOSTED_NO);
}

static void test_ends_early(void **state)
{
	static const char *const domains[] = {"here.test", "quit.test", "away.test"};
	AUTO(exim_domains) d = begin(*state, "*quit*) echo broken; exit 1 ;;\n" USUAL);
	enum hosted got[3];
	struct problem problem = {0};

	assert_true(exim_domains_ask(d, domains, 3, got, &problem) < 0);
	assert_int_equal(got[0], HOSTED_YES);
	assert_int_equal(got[1], HOSTED_UNKNOWN);
	assert_int_equal(got[2], HOSTED_UNKNOWN);
	/* it is gone: the next question says so, too */
	assert_true(exim_domains_ask(d, domains, 1, got, &problem) < 0);
	assert_int_equal(got[0], HOSTED_UNKNOWN);
}

/* Exim does so when it cannot write its own log: it was not asked, and has not said no. */
static void test_aborts(void **state)
{
	static const char *const domains[] = {"here.test", "away.test"};
	AUTO(exim_domains) d = begin(*state, "*) kill -ABRT $$ ;;\n");
	enum hosted got[2] = {HOSTED_NO, HOSTED_NO};
	struct problem problem = {0};

	assert_true(exim_domains_ask(d, domains, 2, got, &problem) < 0);
	assert_true(problem.text[0] != '\0');
	assert_int_equal(got[0], HOSTED_UNKNOWN);
	assert_int_equal(got[1], HOSTED_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_several_rounds),
		TEST(test_many),
		TEST(test_ends_early),
		TEST(test_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "formats/icinga2_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *body;
	bool want;
} cases[] = {
	{"{\"results\":[{\"code\":200,\"status\":\"Successfully processed check result for object "
	 "'mx1!stanch'.\"}]}",
		true},
	{"{\"results\":[{\"code\":200.0,\"status\":\"ok\"}]}", true},
	{"{\"results\":[{\"code\":200},{\"code\":409}]}", false},
	{"{\"results\":[{\"code\":500}]}", false},
	{"{\"results\":[{}]}", false},
	{"{\"results\":[7]}", false},
	{"{\"results\":[]}", false},
	{"{\"results\":{\"code\":200}}", false},
	{"{\"error\":404,\"status\":\"No objects found.\"}", false},
	{"[{\"code\":200}]", false},
	{"{\"results\":[{\"code\":200}]} more", false},
	{"", false},
	{"<html>", false},
};

static void test_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (icinga2_reply_is_done(slice_of(cases[i].body)) != cases[i].want)
			fail_msg("%s", cases[i].body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_done)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

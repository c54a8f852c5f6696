#include "formats/icinga2_reply.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *body;
	int want;
} cases[] = {
	{"{\"results\":[{\"code\":200,\"status\":\"Successfully processed check result for object "
	 "'mx1!stanch'.\"}]}",
		0},
	{"{\"results\":[{\"code\":200.0,\"status\":\"ok\"}]}", 0},
	{"{\"results\":[{\"code\":200},{\"code\":409}]}", -EBADMSG},
	{"{\"results\":[{\"code\":500}]}", -EBADMSG},
	{"{\"results\":[{}]}", -EBADMSG},
	{"{\"results\":[7]}", -EBADMSG},
	{"{\"results\":[]}", -ENOENT},
	{"{\"results\":{\"code\":200}}", -EBADMSG},
	{"{\"error\":404,\"status\":\"No objects found.\"}", -ENOENT},
	{"{\"error\":404.0}", -ENOENT},
	{"{\"error\":401}", -EBADMSG},
	{"[{\"code\":200}]", -EBADMSG},
	{"{\"results\":[{\"code\":200}]} more", -EBADMSG},
	{"", -EBADMSG},
	{"<html>", -EBADMSG},
};

static void test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (icinga2_reply_read(slice_of(cases[i].body)) != cases[i].want)
			fail_msg("%s", cases[i].body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_replies)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

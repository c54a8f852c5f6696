#define ZLIB_CONST
#include "page/page_asset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

static void check_packed(const struct page_asset *a)
{
	z_stream z = {.next_in = (const Bytef *)a->packed.at, .avail_in = (uInt)a->packed.len};
	char *at = malloc(a->plain.len + 1);

	assert_non_null(at);
	z.next_out = (Bytef *)at;
	z.avail_out = (uInt)a->plain.len + 1;
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, a->plain.len);
	assert_memory_equal(at, a->plain.at, a->plain.len);
	(void)inflateEnd(&z);
	free(at);
}

static void test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_asset_count; i++) {
		const struct page_asset *a = &page_assets[i];

		assert_ptr_equal(page_asset_find(a->path), a);
		assert_true(a->plain.len > 0);
		assert_string_not_equal(a->etag, a->packed_etag);
		check_packed(a);
	}
}

static void test_found(void **state)
{
	(void)state;
	assert_string_equal(page_asset_find("/")->type, "text/html; charset=utf-8");
	assert_string_equal(page_asset_find("/page.css")->type, "text/css; charset=utf-8");
	assert_string_equal(page_asset_find("/page.js")->type, "text/javascript; charset=utf-8");
	assert_string_equal(page_asset_find("/icon.svg")->type, "image/svg+xml");
	assert_string_equal(page_asset_find("/api/openapi.json")->type, "application/json");
	assert_null(page_asset_find(""));
	assert_null(page_asset_find("/index.html"));
	assert_null(page_asset_find("//"));
	assert_null(page_asset_find("/../page.js"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

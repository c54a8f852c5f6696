/* page_asset.h - the files of the page, which are part of the program: what is served needs no file
 * of the system, and fits the program that serves it. embed.py writes them into C. */
#ifndef STANCH_PAGE_PAGE_ASSET_H
#define STANCH_PAGE_PAGE_ASSET_H

#include "base/slice.h"

#include <stddef.h>

struct page_asset {
	const char *path; /* as it is asked for: "/page.js" */
	const char *type; /* Content-Type */
	const char *etag; /* in its quotes; another one when a byte is another */
	const char *packed_etag;
	struct slice plain, packed; /* as it is, and by gzip */
};

extern const struct page_asset page_assets[];
extern const size_t page_asset_count;

/* NULL: there is none. */
const struct page_asset *page_asset_find(const char *path);

#endif

/* html_text.h - the text of an HTML page without its tags, as far as judging and showing mail need
 * it: this is no browser. */
#ifndef STANCH_FORMATS_HTML_TEXT_H
#define STANCH_FORMATS_HTML_TEXT_H

#include "base/slice.h"

#include <stddef.h>

/* Tags, comments, and what stands in script and style are left out; a tag that begins a new block
 * becomes a line end; the usual entities and numbered ones become their character; blanks are
 * joined. A tag that is never closed ends the text. html must be UTF-8. The caller frees the
 * result, which is never longer than html and has a NUL behind its *ret_len bytes. */
char *html_text(struct slice html, size_t *ret_len);

#endif

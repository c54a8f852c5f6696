/* Laws: what was put in comes out again, to the byte; a text without our groups is left as it is.
 *
 * The input is the text of a configuration. */
#include "systems/exim/config_edit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void there_and_back(struct slice bare, const char *const acls[ACL_STAGES])
{
	static const struct acl_text_values values = {"/refused", "/policy", "stanch"};
	char *with, *again;
	size_t with_len, again_len;

	if (config_edit_insert(bare, &values, acls, &with, &with_len, NULL) < 0)
		return;
	must(config_edit_remove((struct slice){with, with_len}, &again, &again_len, NULL) == 0);
	must(slice_equal((struct slice){again, again_len}, bare));
	free(with);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const none[ACL_STAGES] = {"", "", "", "", ""};
	static const char *const some[ACL_STAGES] = {"a", "b", "", "d", ""};
	const struct slice text = {(const char *)data, size};
	char *bare, *again;
	size_t len, again_len;

	if (config_edit_remove(text, &bare, &len, NULL) < 0)
		return 0;
	must(len <= size);
	must(config_edit_remove((struct slice){bare, len}, &again, &again_len, NULL) == 0);
	must(again_len == len);
	free(again);
	there_and_back((struct slice){bare, len}, none);
	there_and_back((struct slice){bare, len}, some);
	free(bare);
	return 0;
}

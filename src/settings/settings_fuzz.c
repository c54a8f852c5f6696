/* Laws: what is read is within the bounds of its rows; written back and read again it is the same;
 * what is refused is refused with a line and a reason; no text reaches libconfuse that it would
 * take otherwise than we do (no NUL, no variable). */
#include "settings/conf_reader.h"
#include "settings/conf_text.h"
#include "settings/describe.h"
#include "settings/groups.h"
#include "settings/table.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static char *copy_of(const void *at, size_t len)
{
	char *copy = malloc(len + 1);

	must(copy != NULL);
	if (len > 0)
		memcpy(copy, at, len);
	copy[len] = '\0';
	return copy;
}

static int read_copy(
	const void *at, size_t len, struct setting_store *store, struct problem *problem)
{
	char *text = copy_of(at, len);
	int r = conf_reader_read(text, len, "f", store, &settings_table, problem);

	free(text);
	return r;
}

static char *write_all(const struct setting_store *store, size_t *ret_len)
{
	char *at = NULL;
	FILE *out = open_memstream(&at, ret_len);

	must(out != NULL);
	setting_store_write_all(store, out);
	must(fclose(out) == 0);
	return at;
}

static void check_values(const struct settings_values *v)
{
	must(v->detect.alpha >= 1e-9 && v->detect.alpha <= 0.1);
	must(v->detect.suspect_bits <= 100);
	must(v->brake.share >= 0 && v->brake.share <= 1);
	must(v->hold.quiet_time >= 60 && v->hold.quiet_time <= INT64_C(604800));
	must(v->daemon.memory >= (uint64_t)32 << 20 && v->daemon.memory <= (uint64_t)64 << 30);
	must(v->general.state[0] == '/' && v->policy.socket[0] == '/');
	must(v->general.hold_queue[0] != '\0' && strchr(v->general.hold_queue, '/') == NULL);
	must(v->log.files.count <= SETTING_LIST_MAX);
	for (size_t i = 0; i < v->log.files.count; i++)
		must(v->log.files.at[i][0] == '/');
	must(v->rspamd.url == NULL || strncmp(v->rspamd.url, "http", 4) == 0);
}

static void check_again(const struct setting_store *store)
{
	AUTO(setting_store) again = setting_store_new(&settings_table);
	size_t len = 0, again_len = 0;
	char *text = write_all(store, &len);

	must(read_copy(text, len, again, NULL) == 0);
	char *again_text = write_all(again, &again_len);
	must(len == again_len && memcmp(text, again_text, len) == 0);
	free(text);
	free(again_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(setting_store) store = setting_store_new(&settings_table);
	struct problem problem = {""};
	int r = read_copy(data, size, store, &problem);

	must((r == 0) == (problem.text[0] == '\0'));
	check_values(setting_store_values(store)); /* also what was read before the fault */
	if (r < 0)
		must(strncmp(problem.text, "f:", 2) == 0);
	else
		check_again(store);
	return 0;
}

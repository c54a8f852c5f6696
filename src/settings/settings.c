#include "settings/settings.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "settings/conf_file.h"
#include "settings/conf_reader.h"
#include "settings/describe.h"
#include "settings/row_json.h"
#include "settings/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	struct setting_store *store;
	char *path; /* NULL: no file */
};

struct settings *settings_new(void)
{
	struct settings *settings = memory_new(1, sizeof(*settings));

	settings->store = setting_store_new(&settings_table);
	return settings;
}

void settings_free(struct settings *settings)
{
	if (settings == NULL)
		return;
	setting_store_free(settings->store);
	free(settings->path);
	free(settings);
}

int settings_read(const char *path, struct settings **ret, struct problem *problem)
{
	char *text = NULL;
	size_t len = 0;
	int r = conf_file_read(path, &text, &len, problem);

	if (r < 0)
		return r;
	struct settings *settings = settings_new();
	r = conf_reader_read(text, len, path, settings->store, &settings_table, problem);
	free(text);
	if (r < 0) {
		settings_free(settings);
		return r;
	}
	settings->path = memory_copy(path, strlen(path));
	*ret = settings;
	return 0;
}

const struct settings_values *settings_values(const struct settings *settings)
{
	return setting_store_values(settings->store);
}

const char *settings_path(const struct settings *settings)
{
	return settings->path;
}

int settings_refuse_entry(
	const struct settings *settings, const char *name, size_t entry, struct problem *problem)
{
	const struct problem said = *problem;

	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at)) {
		if (strcmp(setting_row(&settings_table, at)->name, name) == 0 &&
			entry < setting_store_count(settings->store, at))
			return problem_set(problem, -EBADMSG, "%s:%u: %s", settings->path,
				setting_store_entry_line(settings->store, at, entry), said.text);
	}
	return -EBADMSG;
}

void settings_write(const struct settings *settings, FILE *out)
{
	setting_store_write_all(settings->store, out);
}

void settings_manual(FILE *out)
{
	describe_mdoc(&settings_table, out);
}

void settings_sample(FILE *out)
{
	(void)fputs("# stanch.conf: every setting and its default, see stanch.conf(5).\n"
		    "# To change one, take the # before it away.\n",
		out);
	describe_sample(&settings_table, out);
}

json_t *settings_json(const struct settings *settings)
{
	json_t *object = json_object(), *all = json_object();

	json_put(object, "file",
		settings->path != NULL ? json_text(slice_of(settings->path)) : NULL);
	for (struct setting_at at = {0}; setting_there(&settings_table, at);
		at = setting_next(&settings_table, at))
		json_put(all, setting_row(&settings_table, at)->name,
			setting_row_json(setting_row(&settings_table, at),
				setting_store_values(settings->store),
				setting_store_origin(settings->store, at)));
	json_put(object, "settings", all);
	return object;
}

/* odd_place.c - a script that lies where a site keeps pictures and uploads, not programs. */
#include "detectors/conduct/patterns.h"

#include <string.h>

#define BITS 4.0

/* Folders of web sites into which visitors or plugins put files, and hidden ones. */
static const char *const folders[] = {"uploads", "upload", "images", "image", "img", "pictures",
	"css", "js", "fonts", "media", "cache", "tmp", "temp", "logs", "backup"};

static bool is_odd(struct slice part)
{
	if (part.len > 1 && part.at[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (slice_equal_nocase(part, slice_of(folders[i])))
			return true;
	return false;
}

bool odd_place_look(const struct sighting *s, struct conduct_finding *ret)
{
	if (s->kind != SIGHTING_MESSAGE || s->source_kind != SOURCE_SCRIPT || s->strangers == 0)
		return false;
	for (struct slice rest = slice_of(s->source_name); rest.len > 0;) {
		size_t slash = slice_find(rest, '/');

		if (is_odd(slice_first(rest, slash))) {
			ret->change = CONDUCT_RAISE;
			ret->bits = BITS;
			return true;
		}
		rest = slice_after(rest, slash + 1);
	}
	return false;
}

void odd_place_say(const struct episode *e, const struct episode_note *n, struct evidence *ret)
{
	(void)e;
	(void)n;
	evidence_say(ret, "a script in a folder for pictures, uploads or temporary files");
}

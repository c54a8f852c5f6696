#include "systems/http_url.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

static bool has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* Which of the two schemes it has; NULL: neither. */
static const char *scheme_of(CURLU *u)
{
	char *text = NULL;
	const char *scheme = NULL;

	if (curl_url_get(u, CURLUPART_SCHEME, &text, 0) != CURLUE_OK)
		return NULL;
	if (strcmp(text, "http") == 0)
		scheme = "http";
	else if (strcmp(text, "https") == 0)
		scheme = "https";
	curl_free(text);
	return scheme;
}

const char *http_url_scheme(const char *url)
{
	const char *scheme = NULL;

	if (!is_visible(url))
		return NULL;
	CURLU *u = curl_url();
	if (u == NULL)
		abort(); /* as base/memory.h does without memory */
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK && !has_part(u, CURLUPART_USER) &&
		!has_part(u, CURLUPART_PASSWORD) && !has_part(u, CURLUPART_FRAGMENT))
		scheme = scheme_of(u);
	curl_url_cleanup(u);
	return scheme;
}

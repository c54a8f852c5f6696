#include "detectors/content.h"

#include "base/printable.h"
#include "formats/mail_text.h"

#include <stdlib.h>

/* Of a body in the spool; more would not change a sketch. Bytes. */
#define BODY_MAX ((size_t)64 << 10)

void content_domain(struct slice address, char ret[TALLY_DOMAIN_MAX + 1])
{
	struct slice domain = slice_after(address, slice_find_last(address, '@') + 1);

	if (domain.at == NULL || domain.len > TALLY_DOMAIN_MAX)
		domain.len = 0;
	for (size_t i = 0; i < domain.len; i++)
		ret[i] = slice_lower(domain.at[i]);
	ret[domain.len] = '\0';
}

/* First, last, and evenly between: an address list may begin with a few honest ones. */
static void keep_recipient_domains(struct content_sample *s, const struct exim_header *header)
{
	struct slice rest = header->recipients, address;
	size_t step = header->recipient_count / CONTENT_DOMAINS, at = 0;

	step = step > 0 ? step : 1;
	while (s->recipient_domain_count < CONTENT_DOMAINS &&
		exim_recipient_next_address(&rest, &address))
		if (at++ % step == 0)
			content_domain(address, s->recipient_domains[s->recipient_domain_count++]);
}

static bool has_field(const struct exim_header *header, const char *name)
{
	return exim_field_value(header, name).at != NULL;
}

static bool is_automatic(const struct exim_header *header)
{
	struct slice value = exim_field_value(header, "Auto-Submitted");

	return value.at != NULL && !(value.len >= 2 && strncasecmp(value.at, "no", 2) == 0);
}

/* Only a claim: any script, and any client, can write these fields itself. */
static void keep_script(struct content_sample *s, const struct exim_header *header)
{
	struct slice value = exim_field_value(header, "X-PHP-Script");

	if (value.at == NULL)
		value = exim_field_value(header, "X-PHP-Originating-Script");
	if (value.at != NULL)
		(void)printable_text(value, s->script, sizeof(s->script));
}

struct content_sample *content_add(
	struct content *c, const struct exim_id *id, const struct exim_header *header)
{
	if (c->count == TALLY_SAMPLES)
		return NULL;
	struct content_sample *s = &c->samples[c->count++];
	*s = (struct content_sample){0};
	memcpy(s->id, id->text, sizeof(s->id));
	content_domain(header->sender, s->sender_domain);
	keep_recipient_domains(s, header);
	s->is_list = has_field(header, "List-Id") || has_field(header, "List-Unsubscribe");
	s->is_automatic = is_automatic(header);
	keep_script(s, header);
	return s;
}

void content_add_body(
	struct content_sample *sample, const struct exim_header *header, struct slice body)
{
	AUTO(mail_text) m = mail_text_of_exim(header, slice_first(body, BODY_MAX));

	body_sketch_of((struct slice){m->text, m->text_len}, &sample->sketch);
	sample->has_body = true;
}

static size_t count_alike(const struct content *c, size_t with, size_t places[TALLY_SAMPLES])
{
	size_t n = 0;

	places[n++] = with;
	for (size_t i = 0; i < c->count; i++)
		if (i != with && c->samples[i].has_body &&
			body_sketch_alike(&c->samples[with].sketch, &c->samples[i].sketch))
			places[n++] = i;
	return n;
}

void content_find_alike(const struct content *c, struct content_alike *ret)
{
	*ret = (struct content_alike){0};
	for (size_t i = 0; i < c->count; i++) {
		size_t places[TALLY_SAMPLES];

		if (!c->samples[i].has_body)
			continue;
		ret->bodies++;
		size_t n = count_alike(c, i, places);
		if (n > ret->alike) {
			ret->alike = n;
			memcpy(ret->places, places, n * sizeof(places[0]));
		}
	}
}

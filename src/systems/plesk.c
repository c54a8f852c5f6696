#include "systems/plesk.h"

#include "formats/plesk_reply.h"

#include <errno.h>
#include <stdio.h>

#define URL_MAX    1200
#define HEADER_MAX (SECRET_MAX + 16)

static int post(const struct plesk *panel, const struct panel_text *packet, struct plesk_reply *ret,
	struct problem *problem)
{
	char url[URL_MAX], key[HEADER_MAX];
	const char *const headers[] = {"Content-Type: text/xml", key, NULL};
	struct http_call call = {.url = url,
		.headers = headers,
		.ca_file = panel->ca_file,
		.body = {packet->at, packet->len},
		.time_ms = panel->time_ms};
	struct http_reply reply = {0};
	size_t slash = panel->url != NULL ? strlen(panel->url) : 0;
	int err;

	if (panel->url == NULL || panel->key == NULL)
		return problem_set(problem, -EINVAL, "Plesk needs plesk.url and plesk.key_file");
	while (slash > 0 && panel->url[slash - 1] == '/')
		slash--;
	if (packet->is_full || snprintf(url, sizeof(url), "%.*s/enterprise/control/agent.php",
				       (int)slash, panel->url) >= (int)sizeof(url))
		return problem_set(problem, -EINVAL, "what Plesk is to be asked is too long");
	(void)snprintf(key, sizeof(key), "KEY: %s", secret_text(panel->key));
	err = panel_call(&call, &reply, problem);
	secret_wipe(key, sizeof(key));
	if (err < 0)
		return err;
	err = plesk_reply_read((struct slice){reply.body, reply.len}, ret, problem);
	err = panel_judge(&reply, url, err, problem);
	http_reply_clear(&reply);
	return err;
}

static int find_site(const struct plesk *panel, const char *domain, struct plesk_reply *ret,
	struct problem *problem)
{
	struct panel_text packet = {0};
	int err;

	panel_text_add(&packet, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><packet><site><get>"
				"<filter><name>");
	panel_text_add_xml(&packet, slice_of(domain));
	panel_text_add(&packet, "</name></filter><dataset><gen_info/></dataset></get></site>"
				"</packet>");
	err = post(panel, &packet, ret, problem);
	if (err == 0 && ret->id[0] == '\0')
		return problem_set(
			problem, -ENOENT, "Plesk knows no site of the domain %s", domain);
	return err;
}

/* The mailbox of the site, in the two operations that name one. */
static void put_filter(struct panel_text *packet, const char *site)
{
	panel_text_add(packet, "<filter><site-id>");
	panel_text_add(packet, site);
	panel_text_add(packet, "</site-id>");
}

static int get_info(const struct plesk *panel, const struct panel_mailbox *mailbox,
	const char *site, struct plesk_reply *ret, struct problem *problem)
{
	struct panel_text packet = {0};
	int err;

	panel_text_add(&packet, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><packet><mail>"
				"<get_info>");
	put_filter(&packet, site);
	panel_text_add(&packet, "<name>");
	panel_text_add_xml(&packet, slice_of(mailbox->local));
	panel_text_add(&packet, "</name></filter><mailbox/><forwarding/><autoresponder/>"
				"</get_info></mail></packet>");
	err = post(panel, &packet, ret, problem);
	if (err == 0 && !slice_equal_nocase(slice_of(ret->name), slice_of(mailbox->local)))
		return problem_set(problem, -ENOENT, "Plesk knows no mailbox %s", mailbox->address);
	return err;
}

int plesk_look(
	const struct plesk *panel, const struct panel_mailbox *mailbox, struct problem *problem)
{
	struct plesk_reply site = {0}, box = {0};
	int err = find_site(panel, mailbox->domain, &site, problem);

	return err < 0 ? err : get_info(panel, mailbox, site.id, &box, problem);
}

static int update(const struct plesk *panel, const struct panel_mailbox *mailbox, const char *site,
	const struct secret *secret, struct problem *problem)
{
	struct panel_text packet = {0};
	struct plesk_reply reply = {0};
	int err;

	panel_text_add(&packet, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><packet><mail><update>"
				"<set>");
	put_filter(&packet, site);
	panel_text_add(&packet, "<mailname><name>");
	panel_text_add_xml(&packet, slice_of(mailbox->local));
	panel_text_add(&packet, "</name><password><value>");
	panel_text_add_xml(&packet, secret_slice(secret));
	panel_text_add(&packet, "</value></password></mailname></filter></set></update></mail>"
				"</packet>");
	err = post(panel, &packet, &reply, problem);
	panel_text_wipe(&packet);
	return err;
}

int plesk_set_password(const struct plesk *panel, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *problem)
{
	struct plesk_reply site = {0}, before = {0}, after = {0};
	int err;

	if (!panel->may_set)
		return problem_set(problem, -EINVAL,
			"Plesk's update/set may replace other settings of %s: see plesk.may_set, "
			"or use a program",
			mailbox->address);
	err = find_site(panel, mailbox->domain, &site, problem);
	if (err == 0)
		err = get_info(panel, mailbox, site.id, &before, problem);
	if (err == 0)
		err = update(panel, mailbox, site.id, secret, problem);
	if (err == 0)
		err = get_info(panel, mailbox, site.id, &after, problem);
	if (err == 0 && before.settings != after.settings)
		return problem_set(problem, -EIO,
			"Plesk has set the password of %s, and changed other settings of the "
			"mailbox, too: look at it, and set plesk.may_set to no",
			mailbox->address);
	return err;
}

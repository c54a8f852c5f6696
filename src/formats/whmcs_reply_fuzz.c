/* Laws: what is read is within its bounds, and what is refused is said. */
#include "formats/whmcs_reply.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void check_said(int err, const struct problem *p)
{
	must((err == 0) == (p->text[0] == '\0') && err <= 0);
}

static void check_ticket(const struct whmcs_ticket *t)
{
	must(t->id > 0);
	must(strnlen(t->number, sizeof(t->number)) < sizeof(t->number));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};
	struct whmcs_owner owner;
	struct whmcs_ticket ticket;
	struct whmcs_client client;
	struct problem p[6] = {0};

	int err = whmcs_read_owner(body, "a", &owner, &p[0]);
	check_said(err, &p[0]);
	must(err != 0 || (owner.client > 0 && owner.service > 0));
	err = whmcs_read_ticket(body, "a", &ticket, &p[1]);
	check_said(err, &p[1]);
	if (err == 0)
		check_ticket(&ticket);
	err = whmcs_read_opened(body, &ticket, &p[2]);
	check_said(err, &p[2]);
	if (err == 0)
		check_ticket(&ticket);
	err = whmcs_read_client(body, &client, &p[3]);
	check_said(err, &p[3]);
	must(err != 0 || (client.email[0] != '\0' && strpbrk(client.email, "\r\n ") == NULL));
	check_said(whmcs_read_done(body, &p[4]), &p[4]);
	check_said(whmcs_read_answer(body, "a", &p[5]), &p[5]);
	return 0;
}

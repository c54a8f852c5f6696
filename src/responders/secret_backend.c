#include "responders/secret_backend.h"

/* One line each. */
static const struct secret_backend *const backends[] = {
	&secret_backend_cpanel,
	&secret_backend_directadmin,
	&secret_backend_plesk,
	&secret_backend_program,
	&secret_backend_passwd_file,
	&secret_backend_sql,
};

const struct secret_backend *secret_backend_named(struct slice name)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (slice_is(name, backends[i]->name))
			return backends[i];
	return NULL;
}

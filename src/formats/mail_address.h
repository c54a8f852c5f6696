/* mail_address.h - addresses that can be written anywhere as they are. */
#ifndef STANCH_FORMATS_MAIL_ADDRESS_H
#define STANCH_FORMATS_MAIL_ADDRESS_H

#include "base/slice.h"

#include <stdbool.h>

#define MAIL_ADDRESS_MAX 254 /* bytes: RFC 5321, 4.5.3.1.3 */

/* ASCII atoms between dots, "@", a domain of letters, digits, "-" and dots: an address that is no
 * option of a program, and nothing else than an address in a header or an SMTP command. */
bool mail_address_is_atoms(struct slice address);

/* Likewise, and not longer than MAIL_ADDRESS_MAX. */
bool mail_address_is_plain(struct slice address);

#endif

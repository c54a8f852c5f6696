/* maildir.h - puts a mail into a Maildir, as mail servers do: written to tmp/, synced, and renamed
 * into new/, so that who reads sees all of it or nothing. */
#ifndef STANCH_SYSTEMS_MAILDIR_H
#define STANCH_SYSTEMS_MAILDIR_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

/* folder, with tmp/, new/ and cur/ in it, is made (0750) where it is missing; what is above it is
 * not. The mail's file is 0640, less what the umask takes. 0; or a negative errno and *problem:
 * then the mail is not there. */
MUST_USE int maildir_store(const char *folder, struct slice mail, struct problem *problem);

#endif

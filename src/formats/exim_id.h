/* exim_id.h - Exim's message ids and the file names made of them.
 *
 * Facts (Exim's string_base62 and its queue reader; 4.80 to 4.99): ids up to 4.96 are 6-6-2
 * characters, from 4.97 on 6-11-4; both may stand in one queue. The alphabet is 0-9A-Za-z in value
 * order, which is ASCII order. The first field is the second at which reading the message began,
 * the second the process that received it, the third the rest of the second. */
#ifndef STANCH_FORMATS_EXIM_ID_H
#define STANCH_FORMATS_EXIM_ID_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define EXIM_ID_OLD 16 /* bytes of an id up to 4.96 */
#define EXIM_ID_NEW 23 /* and from 4.97 on */

/* Holds its own bytes; needs no free. */
struct exim_id {
	uint8_t len;                /* EXIM_ID_OLD or EXIM_ID_NEW */
	char text[EXIM_ID_NEW + 1]; /* with a NUL */
};

/* The kinds of files of one message in input/. */
enum exim_file { EXIM_FILE_NONE, EXIM_FILE_HEADER, EXIM_FILE_DATA, EXIM_FILE_JOURNAL };

/* Reads a whole id. -EBADMSG when it is none; then *ret_id is as it was. */
MUST_USE int exim_id_parse(struct slice text, struct exim_id *ret_id);

/* What a directory entry is: "<id>-H", "<id>-D", "<id>-J"; EXIM_FILE_NONE for anything else, and
 * *ret_id is then as it was. Exim itself looks at the length and the ending only; here the id must
 * be one as well, so that no foreign file is ever acted on. */
enum exim_file exim_id_of_file(struct slice name, struct exim_id *ret_id);

/* The second, since 1970, in which reading the message began. The rest of the second is not to be
 * had from an id alone: its unit changed from version to version. */
int64_t exim_id_seconds(const struct exim_id *id);

/* The process that received the message: its SMTP session. */
uint64_t exim_id_process(const struct exim_id *id);

/* The letter of the split spool's folder: the sixth character. */
char exim_id_letter(const struct exim_id *id);

/* Where the body begins in -D, which is also how many bytes Exim locks: the name line. */
size_t exim_id_body_offset(const struct exim_id *id);

/* By the bytes of the name, as Exim up to 4.96 lists its queue. <0, 0, >0. */
int exim_id_compare(const struct exim_id *a, const struct exim_id *b);

/* By second, then by the last field as text, as Exim from 4.97 on lists its queue. */
int exim_id_compare_time(const struct exim_id *a, const struct exim_id *b);

/* One of [0-9A-Za-z], for folder letters too. */
bool exim_id_is_digit(char c);

#endif

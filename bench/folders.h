/* folders.h - the folders of a spool: input itself and its 62 split ones, msglog likewise. */
#ifndef STANCH_BENCH_FOLDERS_H
#define STANCH_BENCH_FOLDERS_H

#include <stdbool.h>

enum { FOLDERS_SPLIT = 62 };

struct folders {
	int top;                  /* descriptor of the folder, -1: there is none */
	int parts[FOLDERS_SPLIT]; /* of its split ones by the digit's value, -1: not there */
	bool split;               /* one of them is there */
};

/* Opens what is there of DIR/LEAF. Ends the process when it cannot be opened for another reason
 * than that it does not exist. */
struct folders folders_open(const char *dir, const char *leaf);

/* Where the files of this id are in a spool that is all split or all flat. */
int folders_of(const struct folders *f, const char *id);

/* The value of a base-62 digit, -1 for another byte. */
int folders_digit(char c);

/* Says what failed with errno's text, and ends the process. */
_Noreturn void folders_fail(const char *program, const char *what);

#endif

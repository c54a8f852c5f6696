#!/bin/sh
# Writes C: a row {"name", "text"} for each file that is given.
for file in "$@"; do
	printf '{"%s",\n' "$(basename "$file")"
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$/\\n"/' "$file"
	printf '},\n'
done

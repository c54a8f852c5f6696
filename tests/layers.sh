#!/bin/sh
# Fails when a file in src/ includes a room that src/meson.build lists below its own. Siblings in
# detectors/ and responders/ are kept apart by their own tables, not here.
cd "$1/src" || exit 2
allowed=tests
failed=0
for room in $(sed -n "s/^subdir('\(.*\)')$/\1/p" meson.build); do
	allowed="$allowed|$room"
	grep -rnE '^#include "' --include='*.[ch]' "$room" | grep -vE "\"($allowed)/" && failed=1
done
exit $failed

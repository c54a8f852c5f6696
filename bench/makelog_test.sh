#!/bin/bash
# makelog_test.sh MAKELOG LOGFLOOR: the same options make the same bytes, and the parser finds as many
# lines of each kind as were made.
set -u
makelog=$1 logfloor=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

same() { # what got want
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: got $2, want $3"
		failed=1
	fi
}

for flavour in cpanel debian; do
	for ids in old new; do
		name=$flavour-$ids
		"$makelog" --size 2m --flavour "$flavour" --ids "$ids" --truth "$work/$name.truth" > "$work/$name" || failed=1
		same "$name: it is made" "$([ "$(wc -c < "$work/$name")" -ge 2097152 ] && echo yes)" yes
		"$makelog" --size 2m --flavour "$flavour" --ids "$ids" > "$work/$name.again"
		cmp -s "$work/$name" "$work/$name.again"
		same "$name: the same bytes" $? 0
		"$logfloor" "$work/$name" 2> "$work/speed" | sort > "$work/found"
		[ -s "$work/found" ] || failed=1
		same "$name: the same lines" "$(cat "$work/found")" "$(sort "$work/$name.truth")"
	done
done
"$makelog" --size 2m --seed 2 | cmp -s - "$work/cpanel-old"
same "another seed makes others" $? 1
"$makelog" --size 0 2> "$work/said"
same "no size" $? 2
exit $failed

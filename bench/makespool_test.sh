#!/bin/bash
# makespool_test.sh MAKESPOOL: the same options make the same bytes, on any number of threads and in
# either layout; the truth agrees with the files.
set -u
makespool=$1
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
make() { # name options...
	local name=$1
	shift
	"$makespool" --dir "$work/$name" --messages 700 --msglog --truth "$work/$name.truth" \
		--list "$work/$name.list" "$@" || failed=1
}
# Of names without folders, and contents.
digest() {
	(cd "$work/$1" && find . -type f -exec sha256sum {} +) | sed 's|\./.*/||' | sort | sha256sum
}
lines() { find "$work/$1" -name '*-H' -exec cat {} + | grep -ac -- "$2"; }

make one
make many --threads 7
make flat --flat --threads 2
make other --seed 2
make new --ids new --threads 2

want=$(digest one)
same "seven threads make the same files" "$(digest many)" "$want"
same "a flat spool has the same files" "$(digest flat)" "$want"
same "another seed makes others" "$([ "$(digest other)" != "$want" ] && echo yes)" yes
cmp -s "$work/one.truth" "$work/many.truth"
same "the same truth" $? 0
cmp -s "$work/one.list" "$work/flat.list"
same "the same list" $? 0

same "split" "$(find "$work/one/input" -mindepth 2 -name '*-H' | wc -l)" 700
same "flat" "$(find "$work/flat/input" -maxdepth 1 -name '*-H' | wc -l)" 700
same "all files" "$(find "$work/one" -type f | wc -l)" 2100
same "ids are unique" "$(cut -f1 "$work/one.list" | sort -u | wc -l)" 700
same "old ids" "$(cut -f1 "$work/one.list" | grep -cE '^[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}$')" 700
same "new ids" "$(cut -f1 "$work/new.list" | grep -cE '^[0-9A-Za-z]{6}-[0-9A-Za-z]{11}-[0-9A-Za-z]{4}$')" 700

read -r _ _ messages recipients delivered frozen header_bytes data_bytes < <(tail -1 "$work/one.truth")
same "messages of the truth" "$messages" 700
same "recipients of the list" "$(awk -F'\t' '{n += $3} END {print n}' "$work/one.list")" "$recipients"
same "delivered of the list" "$(awk -F'\t' '{n += $4} END {print n}' "$work/one.list")" "$delivered"
same "tree lines" "$(lines one '^[YN][YN] ')" "$delivered"
same "frozen" "$(lines one '^-frozen ')" "$frozen"
same "bytes of -H" "$(find "$work/one" -name '*-H' -printf '%s\n' | awk '{n += $1} END {print n}')" "$header_bytes"
same "bytes of -D" "$(find "$work/one" -name '*-D' -printf '%s\n' | awk '{n += $1} END {print n}')" "$data_bytes"

"$makespool" --dir "$work/one" --messages 1 2> "$work/said"
same "an existing spool is left alone" $? 1
same "and it says so" "$(grep -c 'File exists' "$work/said")" 1
"$makespool" --dir "$work/none" --messages 4000001 2> "$work/said"
same "too many messages" $? 2
exit $failed

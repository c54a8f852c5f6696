#!/bin/bash
# stanch check as a monitoring plugin: ranges, exit codes, performance data, and message ids of
# both shapes.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
run_check() { # want-status words...
	local want=$1
	shift
	stanch check "$@" >"$work/out" 2>"$work/errors"
	is "check $* ends with $want" $? "$want"
}
first_line() { head -n 1 "$work/out"; }

lab send --user bob@shop.test --to friend@ok.test >/dev/null
lab settle
run_check 0 -w 50 -c 100
holds_true "an empty queue is OK and 0" grep -qE '^Mailqueue OK - 0 messages on queue' "$work/out"
lab queue-only on
lab flood --messages 119 --recipients 3 >/dev/null
lab honest --messages 1 >/dev/null
total=$(exim -bpc)
is "120 messages are queued" "$total" 120
run_check 2 -w 50 -c 100
holds_true "the first line is the plugin's" grep -qE '^Mailqueue CRITICAL - 120 messages on queue' "$work/out"
holds_true "performance data has value and thresholds" grep -qE "\\|.*=120;50;100(;|\$| )" <(first_line)
holds_true "the worst source is on the long output" grep -q 'ann@shop\.test' <(tail -n +2 "$work/out")
run_check 1 -w 50 -c 200
holds_true "it says WARNING" grep -q '^Mailqueue WARNING - 120' "$work/out"
run_check 0 -w 150 -c 200
# The ranges of the plugin guidelines: N, N:, ~:N, N:M, @N:M
run_check 0 -w 120 -c 120
run_check 1 -w 119 -c 120
run_check 2 -w 119 -c 119
run_check 1 -w 200: -c 1000
run_check 0 -w 10: -c 1000
run_check 2 -w 1 -c '~:100'
run_check 0 -w '~:120' -c '~:120'
run_check 0 -w 100:130 -c 50:200
run_check 1 -w 121:130 -c 50:200
run_check 2 -w 100:130 -c '@100:130'
run_check 0 -w '@0:119' -c '@121:500'
# A share of one source: 119 of 120 messages
run_check 2 -w 1000 -c 2000 --share-warning 50 --share-critical 90
run_check 1 -w 1000 -c 2000 --share-warning 50 --share-critical 100
run_check 0 -w 1000 -c 2000 --frozen-warning 5 --frozen-critical 10
for words in "-w x -c 10" "-w 10 -c 5:1" "-w" "--no-such-option" "-w 10 -c ''"; do
	eval "run_check 3 $words"
done

# Message ids as Exim 4.97 makes them: copies of a message, each file naming itself in line one.
new_ids=0
source=$(find "$SPOOL/input" -name '*-H' | head -n 1)
old=$(basename "$source" -H)
for n in 1 2 3 4 5; do
	id=${old%%-*}-000000$n$(printf '%04d' "$n")-$(printf '%04d' "$n")
	[[ ${#id} -eq 23 ]] || { not_ok "a new id has 23 characters" "$id"; break; }
	for part in H D; do
		{
			printf '%s-%s\n' "$id" "$part"
			tail -n +2 "${source%-H}-$part"
		} >"$(dirname "$source")/$id-$part"
		chown --reference="$source" "$(dirname "$source")/$id-$part"
		chmod 640 "$(dirname "$source")/$id-$part"
	done
	new_ids=$((new_ids + 1))
done
is "check counts ids of both shapes" "$(stanch check -w 1 -c 2 | grep -o '^Mailqueue CRITICAL - [0-9]*')" \
	"Mailqueue CRITICAL - 125"
is "queue --count counts both shapes" "$(stanch queue --count)" 125
is "all of the new shape are read in full" \
	"$(stanch queue --json | jq -r 'select((.id | length) == 23 and .damaged == null) | .source' | sort | uniq -c | tr -s ' ')" \
	" 5 $(stanch queue "$old" --json | jq -r .source)"
new=$(find "$SPOOL/input" -name '*-H' -printf '%f\n' | grep -E '^.{25}$' | head -n 1 | sed 's/-H$//')
stanch hold "$new" --yes >"$work/hold" 2>&1 </dev/null
is "a message with a new id can be held" $? 0
is "and is gone from the queue" "$(stanch queue --count)" 124
stanch restore --all --yes >"$work/restore" 2>&1
is "and put back" "$(stanch queue --count)" 125

# Damage: it still counts.
: >"$source"
stanch check -w 124 -c 2000 >"$work/out" 2>&1
is "a damaged message is counted" "$(grep -o '^Mailqueue WARNING - [0-9]*' "$work/out")" \
	"Mailqueue WARNING - 125"

# Could not look
"$stanch_program" --spool "$work/none" check -w 1 -c 2 >"$work/out" 2>&1
is "no spool ends with 3" $? 3
holds_true "and says UNKNOWN" grep -q '^Mailqueue UNKNOWN - ' "$work/out"
finish

#!/bin/bash
# Queue runners deliver 500 messages to a slow far side while hold and restore loop over them. In
# the end each recipient has each message exactly once, or it is still there to be delivered.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
seconds=${CONCURRENCY_SECONDS:-30}
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0 RETRY=1s

lab queue-only on
lab send --user ann@shop.test --sessions 4 --messages 500 --recipients 3 --dictionary \
	--suffix ok.test --domains 50 >"$work/flood"
lab queue-only off
ids_in '' >"$work/ids"
is "500 messages are queued" "$(wc -l <"$work/ids")" 500
find "$SPOOL/input" -name '*-H' | while IFS= read -r file; do
	id=$(basename "$file" -H)
	sed -n '/^XX$/,/^$/p' "$file" | grep '@' | sed "s/^/$id\t/"
done | LC_ALL=C sort >"$work/wanted"
is "with 1500 recipients" "$(wc -l <"$work/wanted")" 1500

# Slow enough that the runners and the loop meet, and that some mail is left when it ends.
lab slow 0.4
lab runner start 0.1 4
end=$((SECONDS + seconds))
rounds=0 failed_rounds=0 held_total=0
while [[ $SECONDS -lt $end ]]; do
	stanch hold mailbox:ann@shop.test --yes --json >"$work/hold" 2>>"$work/errors"
	[[ $? -le 1 ]] || failed_rounds=$((failed_rounds + 1))
	held_total=$((held_total + $(jq -r '.done // 0' "$work/hold" 2>/dev/null || echo 0)))
	# Every other round lets the runners have a moment with an empty queue.
	[[ $((rounds % 2)) -eq 0 ]] || sleep 0.2
	stanch restore --all --yes >"$work/restore" 2>>"$work/errors"
	[[ $? -le 1 ]] || failed_rounds=$((failed_rounds + 1))
	rounds=$((rounds + 1))
	sleep 0.3
done
lab runner stop
echo "# $rounds rounds, $held_total messages moved out in all, $(lab deliveries | wc -l) deliveries meanwhile"
is "no round of hold or restore failed" "$failed_rounds" 0
holds_true "there were rounds enough, with mail to move" test "$rounds" -ge 5 -a "$held_total" -ge 100
holds_true "the runners delivered meanwhile" test "$(lab deliveries | wc -l)" -ge 100

# Each message still known anywhere is accounted for before the rest is delivered.
lab settle
{
	ids_in ''
	ids_in stanch
} | LC_ALL=C sort >"$work/left"
is "no message is in two places" "$(uniq -d "$work/left" | wc -l)" 0
lab deliveries | cut -f 1 | sort -u | cat - "$work/left" | LC_ALL=C sort -u >"$work/known"
is "no message is lost" "$(LC_ALL=C comm -23 "$work/ids" "$work/known" | wc -l)" 0

lab slow off
stanch restore --all --yes >>"$work/restore" 2>&1
for _ in 1 2 3; do
	exim -qff
	lab settle
	[[ $(exim -bpc) -ne 0 ]] || break
done
is "in the end the queue is empty" "$(exim -bpc)" 0
is "and so is the hold queue" "$(ids_in stanch | wc -l)" 0
lab deliveries | LC_ALL=C sort >"$work/delivered"
is "no recipient has a message twice" "$(uniq -d "$work/delivered" | wc -l)" 0
same "each recipient has each message once" "$work/delivered" "$work/wanted"
is "no file of a message is left behind" \
	"$(find "$SPOOL" -path '*input*' -type f -o -path '*msglog*' -type f | wc -l)" 0
is "the main log has no broken line" \
	"$(grep -cavE '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} \[[0-9]+\] ' "$MAINLOG")" 0
finish

#!/bin/bash
# A hijacked mailbox floods beside honest users: named first, held, the others untouched, put back,
# and then every message delivered exactly once.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0

# Everything is accepted by the far side, so only "queue-only" keeps mail in the queue.
lab queue-only on
lab flood --messages 200 --recipients 15 >"$work/flood" &
flood=$!
lab honest --messages 24 >"$work/honest"
wait "$flood"
is "the flood is accepted" "$(grep -o 'messages=[0-9]*' "$work/flood" | head -n 1)" messages=200

culprit=mailbox:ann@shop.test
stanch sources --json >"$work/sources" 2>"$work/errors"
is "sources ends with 0" $? 0
is "the culprit is named first" "$(jq -rs '.[0].source' "$work/sources")" "$culprit"
is "its messages are counted" "$(jq -rs '.[0].messages' "$work/sources")" \
	"$(ids_of_mailbox ann@shop.test | wc -l)"
# Of the 24 honest messages two are ann's own, to two people each: they are hers, too.
is "its recipients are counted" "$(jq -rs '.[0].recipients' "$work/sources")" 3004
holds_true "there is evidence in bits, with a sentence and examples" jq -es '.[0].evidence |
	length > 0 and all(.bits > 0 and (.text | length > 0)) and any(.ids | length > 0)' \
	"$work/sources"
holds_true "the evidence names the foreign senders" \
	grep -q 'elsewhere\.test' <(jq -rs '.[0].evidence[].text' "$work/sources")
holds_true "the honest sources have a lower score" jq -es '(.[0].score) as $worst |
	length > 5 and all(.[1:][]; .score < $worst)' "$work/sources"
is "every honest mailbox is a source" "$(jq -r .source "$work/sources" | grep -c '^mailbox:')" \
	"$(wc -l <"$ACCOUNTS")"

# The honest files before, and the culprit's.
ids_of_mailbox ann@shop.test >"$work/culprit"
files_of_queue >"$work/before"
grep -vFf "$work/culprit" "$work/before" >"$work/honest.before"
grep -Ff "$work/culprit" "$work/before" >"$work/culprit.before"

stanch hold "$culprit" >"$work/plan" 2>&1 </dev/null
is "without --yes nothing is done, and the status says so" $? 1
files_of_queue >"$work/after"
same "without --yes no file is touched" "$work/after" "$work/before"
stanch hold "$culprit" --dry-run >"$work/plan" 2>&1 </dev/null
files_of_queue >"$work/after"
same "--dry-run touches no file" "$work/after" "$work/before"

stanch hold "$culprit" --yes --until-clean --reason "hijacked" --json >"$work/hold" 2>"$work/errors"
is "hold ends with 0" $? 0
is "hold says how many it took" "$(jq -r .done "$work/hold")" "$(wc -l <"$work/culprit")"
files_of_queue >"$work/after"
same "the honest files are untouched, the culprit's are gone" "$work/after" "$work/honest.before"
is "exim -bp shows nothing of the culprit" "$(exim -bp | grep -c '@mail[0-9]*\.elsewhere\.test>')" 0
is "exim -qGstanch -bpc is the number of held messages" "$(exim -qGstanch -bpc)" \
	"$(wc -l <"$work/culprit")"
ids_in stanch >"$work/held"
same "exactly the culprit's messages are held" "$work/held" "$work/culprit"
is "holds knows them" "$(stanch holds --json | jq -rs '.[0].held')" "$(wc -l <"$work/culprit")"
is "holds knows the reason" "$(stanch holds --json | jq -rs '.[0].reason')" hijacked
holds_true "holds says whether it ends by itself" grep -qx \
	'No hold ends by itself: stanch restore HOLD puts it back.' <(stanch holds)
is "the main log has a line a message" \
	"$(grep -c 'moved to (stanch)' "$MAINLOG")" "$(wc -l <"$work/culprit")"
is "the default queue is no longer listed with held mail" \
	"$(stanch queue --count)" "$(exim -bpc)"
is "but the hold queue can be asked for" "$(stanch queue --queue stanch --count)" \
	"$(wc -l <"$work/culprit")"

# Delivery of the rest goes on; a queue runner must not take what is held.
lab queue-only off
exim -qff
lab settle
is "the honest mail left the queue" "$(exim -bpc)" 0
is "each recipient of the others has their mail once" \
	"$(lab deliveries | grep -c '@friends[0-9]*\.ok\.test$')" 44
is "nothing of the flood was delivered" "$(lab deliveries | grep -c 'rnd\.test$')" 0

stanch restore "$(newest_hold)" --yes --json >"$work/restore" 2>"$work/errors"
is "restore ends with 0" $? 0
files_of_queue >"$work/after"
same "restored files are the same: bytes, owner, mode, time, inode" "$work/after" \
	"$work/culprit.before"
is "nothing is left in the hold queue" "$(ids_in stanch | wc -l)" 0
is "holds says restored" "$(stanch holds --json | jq -rs '.[0].restored')" \
	"$(wc -l <"$work/culprit")"

xargs "$lab_program" exim "$lab" -M <"$work/culprit" >"$work/deliver" 2>&1
lab settle
is "the queue is empty after exim -M" "$(exim -bpc)" 0
lab deliveries | grep 'rnd\.test$' | LC_ALL=C sort >"$work/delivered"
is "every recipient was served" "$(cut -f 2 "$work/delivered" | sort -u | wc -l)" 3000
is "no recipient was served twice" "$(uniq -d "$work/delivered" | wc -l)" 0
is "every message was served" "$(cut -f 1 "$work/delivered" | sort -u | wc -l)" 200
is "and the honest mail in full" \
	"$(lab deliveries | grep '@friends[0-9]*\.ok\.test$' | sort | uniq -c | grep -c '^ *1 ')" 48
if [[ -s $lab/log/paniclog ]]; then
	not_ok "Exim has nothing to panic about" "$(head -n 5 "$lab/log/paniclog")"
else
	ok "Exim has nothing to panic about"
fi
finish

#!/bin/bash
# The journal is lost, or another one is named: held mail is still told of, and can be put back.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0
lab queue-only on
lab flood --messages 12 --recipients 5 >/dev/null
files_of_queue >"$work/before"
ids_in '' >"$work/ids"
count=$(wc -l <"$work/ids")
first=$(head -n 1 "$work/ids")

stanch holds >"$work/out" 2>&1
is "nothing was ever held: holds ends with 0" $? 0
holds_true "and says so" grep -q 'nothing was held yet' "$work/out"
stanch hold mailbox:ann@shop.test --yes >"$work/out" 2>&1
is "all is held" "$(ids_in stanch | wc -l)" "$count"
stanch holds >/dev/null 2>"$work/errors"
is "the journal knows them: holds ends with 0" $? 0
is "and has no more to say" "$(cat "$work/errors")" ""

mv "$state" "$work/lost"
said="$count messages lie in Exim's queue \"stanch\" that this journal does not know"
for words in holds "holds --quiet" "holds 1" "purge --yes" "restore 1 --yes" "restore 1xVSmQ-00076x-1r --yes"; do
	# shellcheck disable=SC2086  # words
	stanch $words >"$work/out" 2>"$work/errors" </dev/null
	is "the journal is lost: $words ends with 1" $? 1
	holds_true "and says what lies there ($words)" grep -qF "$said" "$work/errors"
	is "and not that nothing was held ($words)" "$(grep -c 'nothing was held' "$work/errors")" 0
done
holds_true "no journal was made" test ! -e "$state/journal.sqlite"
stanch holds --json >"$work/out" 2>/dev/null
is "in JSON too" "$(jq -c '[.hold,.queue,.messages,.held,.state]' "$work/out")" \
	"[null,\"stanch\",$count,$count,\"not in the journal\"]"
stanch restore --all >"$work/out" 2>&1 </dev/null
is "restore --all without --yes does nothing" $? 1
holds_true "and shows the plan" grep -qx \
	"not in the journal: $count messages would be put back into the queue" "$work/out"
is "all is where it was" "$(ids_in stanch | wc -l)" "$count"

stanch restore "$first" --yes >"$work/out" 2>&1
is "one is restored by its id" $? 0
is "it is in the queue" "$(ids_in '')" "$first"
is "what was done is in the journal" "$(stanch holds --json 2>/dev/null |
	jq -rc 'select(.hold == 1) | [.reason,.restored]')" '["found in the hold queue",1]'
is "the hold has it, without a sender that is not known" "$(stanch holds 1 2>/dev/null)" \
	"$(printf '%-23s  restored   (its sender was not written down)' "$first")"
stanch holds >/dev/null 2>"$work/errors"
is "the others are not known yet: holds ends with 1" $? 1
holds_true "and they are counted" grep -qF "$((count - 1)) messages lie" "$work/errors"
stanch restore --all --yes >"$work/out" 2>&1
is "restore --all takes the others" $? 0
files_of_queue >"$work/after"
same "every file is back as it was" "$work/after" "$work/before"
stanch holds >/dev/null 2>&1
is "nothing is left to tell: holds ends with 0" $? 0

# One is one message
is "the plan of one" "$(stanch hold "$first" --dry-run | head -n 1)" \
	"1 message would go out of the queue into Exim's queue \"stanch\":"
is "the hold of one" "$(stanch hold "$first" --yes 2>/dev/null)" "hold 3: 1 of 1 message held"
is "the plan to restore one" "$(stanch restore --all --dry-run)" \
	"hold 3: 1 message would be put back into the queue"

# Where Exim's log cannot be written it is said when it matters, not before.
cp -a "$SPOOL" "$work/copy"
elsewhere() { "$stanch_program" --spool "$work/copy" --state "$work/state2" "$@" </dev/null 2>&1; }
mapfile -t rest < <(find "$work/copy/input" -name "*-H" -printf "%f\n" | sed "s/-H\$//" | head -n 2)
note="main log is not written"
is "a dry run has no word on the log" "$(elsewhere hold "${rest[@]}" --dry-run | grep -c "$note")" 0
is "the hold has one" "$(elsewhere hold "${rest[@]}" --yes | grep -c "$note")" 1
is "holds has none" "$(elsewhere holds | grep -c "$note")" 0
is "the plan to restore has none" "$(elsewhere restore --all | grep -c "$note")" 0
is "restore has one" "$(elsewhere restore --all --yes | grep -c "$note")" 1

if other_logins; then
	# shellcheck disable=SC2016  # for the other shell
	unshare --mount bash -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" &&
		exec "$2" --spool "$3" --state "$1" holds' sh "$state" "$stanch_program" "$SPOOL" \
		>"$work/out" 2>&1
	is "a journal that lies on a read-only disk: holds ends with 3" $? 3
	holds_true "and says what to do" grep -q 'copy the folder to where that is so' "$work/out"
else
	skip "a journal that lies on a read-only disk (needs root and a mount namespace)"
fi
finish

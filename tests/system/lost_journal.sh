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
stanch holds >/dev/null 2>"$work/errors"
is "the others are not known yet: holds ends with 1" $? 1
holds_true "and they are counted" grep -qF "$((count - 1)) messages lie" "$work/errors"
stanch restore --all --yes >"$work/out" 2>&1
is "restore --all takes the others" $? 0
files_of_queue >"$work/after"
same "every file is back as it was" "$work/after" "$work/before"
stanch holds >/dev/null 2>&1
is "nothing is left to tell: holds ends with 0" $? 0
finish

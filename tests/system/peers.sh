#!/bin/bash
# On one spool, with mail in every state, stanch says what Exim's own tools say.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab

# A queue with: partly delivered mail, frozen bounces, local scripts, quoted and odd addresses.
lab flood --messages 60 --recipients 12 >/dev/null
lab honest --messages 6 --to defer1@ok.test --to friend@ok.test >/dev/null
lab send --user carl@club.test --from victim@nobounce.test --to reject1@x.test --to defer2@x.test >/dev/null
lab send --user carl@club.test --from '"odd > one"@club.test' --to '"two words"@deferred.rnd.test' \
	--to defer3@X.Test >/dev/null
lab send --user dora@firm.test --to defer4@x.test --subject 'larger one' \
	--header "X-Filler: $(printf '%0900d' 0)" >/dev/null
lab queue-only on
lab script --from shop@elsewhere.test --to someone@ok.test
! other_logins || lab script --login www-data --from bank@elsewhere.test --to other@ok.test
lab send --user emil@firm.test --recipients 300 >/dev/null
lab send --from '' --to bob@shop.test >/dev/null
lab settle
exim -Mf "$(ids_in '' | tail -n 1)" >/dev/null
lab queue-only off

# Ages change by the minute; both are asked until two answers of Exim around stanch's agree.
compare() { # name exim-option stanch-format filter
	local _
	for _ in 1 2 3 4 5; do
		exim "$2" 2>&1 | eval "$4" >"$work/exim.1"
		stanch queue --format "$3" 2>"$work/errors" | eval "$4" >"$work/stanch"
		exim "$2" 2>&1 | eval "$4" >"$work/exim.2"
		cmp -s "$work/exim.1" "$work/exim.2" && break
	done
	[[ -s $work/exim.1 ]] || { not_ok "$1" "Exim printed nothing"; return; }
	same "$1" "$work/stanch" "$work/exim.1"
}

# Blocks in any order become lines in one order.
blocks() { awk 'BEGIN {RS = ""} {gsub(/\n/, "\\n"); print}' | LC_ALL=C sort; }

holds_true "there are frozen, bounced and partly delivered messages" bash -c \
	'grep -q "<> \*\*\* frozen" <<<"$1" && grep -q "^        D " <<<"$1" && grep -q "odd > one" <<<"$1"' \
	- "$(exim -bp)"
compare "--format exim is exim -bp, byte for byte" -bp exim cat
compare "--format exim-bpu is exim -bpu, byte for byte" -bpu exim-bpu cat
compare "--format exim-bpc is exim -bpc" -bpc exim-bpc cat
compare "--format exim-bpr has the blocks of exim -bpr" -bpr exim-bpr blocks
compare "--format exim-bpru has the blocks of exim -bpru" -bpru exim-bpru blocks
compare "--format exim-bpa is exim -bpa, byte for byte" -bpa exim-bpa cat
compare "--format exim-bpra has the blocks of exim -bpra" -bpra exim-bpra blocks
is "--count is exim -bpc" "$(stanch queue --count)" "$(exim -bpc)"

# exipick by authenticated mailbox
stanch sources --all --json >"$work/sources" 2>"$work/errors"
for mailbox in ann@shop.test bob@shop.test carl@club.test dora@firm.test emil@firm.test; do
	want=$(lab as exipick --spool "$SPOOL" -i "\$authenticated_id eq $mailbox" | LC_ALL=C sort)
	got=$(stanch queue "mailbox:$mailbox" --json | jq -r .id | LC_ALL=C sort)
	is "messages of $mailbox are those of exipick" "$got" "$want"
	is "sources counts those of $mailbox" \
		"$(jq -r --arg s "mailbox:$mailbox" 'select(.source == $s) | .messages' "$work/sources")" \
		"$(grep -c . <<<"$want")"
done

# exiqgrep
exiqgrep_ids() { lab as exiqgrep -C "$EXIM_CONFIG" "$@" -i | LC_ALL=C sort; }
stanch_ids() { stanch queue "$@" --json | jq -r .id | LC_ALL=C sort; }
is "--sender is exiqgrep -f" "$(stanch_ids --sender '/^ann\.|^a[a-z]*\.adams@mail0/')" \
	"$(exiqgrep_ids -f '^<(ann\.|a[a-z]*\.adams@mail0)')"
is "--sender with an exact address is exiqgrep -f" "$(stanch_ids --sender victim@nobounce.test)" \
	"$(exiqgrep_ids -f '^<victim@nobounce.test>$')"
# Both look at recipients who have not got it yet.
is "--recipient is exiqgrep -r" "$(stanch_ids --recipient '/^defer[0-9]/')" \
	"$(exiqgrep_ids -r '^defer[0-9]')"
is "--recipient does not see who has it" "$(stanch_ids --recipient friend@ok.test)" \
	"$(exiqgrep_ids -r '^friend@ok.test$')"
is "--frozen is exiqgrep -z" "$(stanch_ids --frozen)" "$(exiqgrep_ids -z)"
is "--not-frozen is exiqgrep -x" "$(stanch_ids --not-frozen)" "$(exiqgrep_ids -x)"
is "--bounce is exiqgrep -f '^<>$'" "$(stanch_ids --bounce)" "$(exiqgrep_ids -f '^<>$')"
is "the number of --frozen is in exiqgrep -c" "$(stanch queue --frozen --count) matches" \
	"$(lab as exiqgrep -C "$EXIM_CONFIG" -z -c | grep -o '^[0-9]* matches')"
is "exiqgrep finds frozen ones at all" "$([[ $(exiqgrep_ids -z | wc -l) -ge 2 ]] && echo yes)" yes
# Age: a border between the first and the last message, away from the edge of a second.
sleep 3
lab queue-only on
lab send --user info@club.test --to late@ok.test >/dev/null
is "--younger-than is exiqgrep -y" "$(stanch_ids --younger-than 2s)" "$(exiqgrep_ids -y 2)"
is "--older-than is exiqgrep -o" "$(stanch_ids --older-than 2s)" "$(exiqgrep_ids -o 2)"
# Size: exiqgrep matches the size as listed.
is "--larger-than is what exim lists as larger" "$(stanch_ids --larger-than 2047)" \
	"$(exim -bp | awk '$2 ~ /K$/ && $2 + 0 >= 2 && /<.*>/ && $3 ~ /-/ {print $3}' | LC_ALL=C sort)"

# The same in a flat spool: the files moved by hand, as a change of the option leaves them.
for folder in "$SPOOL"/input/?; do mv "$folder"/* "$SPOOL/input/"; done
compare "a flat spool: --format exim is exim -bp" -bp exim cat
is "a flat spool: --count is exim -bpc" "$(stanch queue --count)" "$(exim -bpc)"
one=$(ids_in '' | head -n 1)
mkdir -p "$SPOOL/input/${one:5:1}"
mv "$SPOOL/input/$one"-* "$SPOOL/input/${one:5:1}/"
compare "a mixed spool: --format exim is exim -bp" -bp exim cat

# A named queue
lab divert bob@shop.test side
lab send --user bob@shop.test --messages 3 --to someone@ok.test >/dev/null
is "a named queue is read" "$(stanch queue --queue side --count)" "$(exim -qGside -bpc)"
is "and holds three" "$(stanch queue --queue side --count)" 3
is "the hold queue is empty before the first hold" "$(stanch queue --queue stanch --count)" 0
for words in "queue --queue sied" "queue --queue sied --count" "queue --queue sied --json" \
	"queue --queue sied --format exim" "sources --queue sied" \
	"hold mailbox:ann@shop.test --queue sied --yes"; do
	# shellcheck disable=SC2086  # words
	stanch $words >"$work/out" 2>"$work/errors"
	is "a queue that is not there: $words ends with 1" $? 1
	is "and says so, and nothing else ($words)" "$(cat "$work/out" "$work/errors")" \
		"stanch ${words%% *}: there is no queue \"sied\""
done
is "its messages are not in the default queue" "$(stanch queue --queue '' --count)" "$(exim -bpc)"
finish

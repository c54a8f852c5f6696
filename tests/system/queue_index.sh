#!/bin/bash
# stanch queue --answer: what lies in a real Exim's queue is found, and what comes, is frozen, held,
# given back or delivered is found as it is, without being read again. Hostile and damaged messages
# are shown as what they are, and as root nothing is read with root's rights.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
lab queue-only on
lister=

end_lister() {
	local status=$?
	[[ -z $lister ]] || kill "$lister" 2>/dev/null
	(exit "$status")
	clean_up
}
trap end_lister EXIT

begin_lister() { # options...
	coproc LISTER { exec "$stanch_program" --spool "$SPOOL" --state "$state" queue --answer "$@" 2>>"$work/errors"; }
	lister=$LISTER_PID
	exec 8<&"${LISTER[0]}" 9>&"${LISTER[1]}"
}
stop_lister() { # its input ends, and so does it
	local pid=$lister
	exec 9>&- 8<&-
	eval "exec ${LISTER[1]}>&-"
	wait "$pid"
}

# ask ARGS: the answer's body
ask() {
	local line
	printf '{"id":7,"args":%s}\n' "$1" >&9
	IFS= read -r -t 20 line <&8 && jq -e 'if .id == 7 then .body else error("not asked") end' <<<"$line"
}
# The ids that fit, newest first
found() { ask "$1" | jq -r '.rows[].id'; }
is_found() { [[ $(found "$1") == "$2" ]]; }
counts() { [[ $(ask "$1" | jq -r '.found') == "$2" ]]; }
is_ready() { ask '{}' | jq -e '.state == "ready" and .complete'; }
row() { ask "{\"q\":\"$1\",\"in\":\"id\"}" | jq -c ".rows[0] | $2"; }

send() { lab send "$@" >/dev/null 2>&1; }
new_mail() { # what mailflood takes; prints the id that it got
	ids_in '' >"$work/before"
	send "$@"
	LC_ALL=C comm -13 "$work/before" <(ids_in '')
}

one=$(new_mail --user bob@shop.test --to a@ok.test --subject 'Quarterly numbers')
if [[ $EUID -eq 0 ]]; then
	# as the hand does, which has no right but these left
	begin_lister --reader Debian-exim
else
	begin_lister
fi
holds_true "it reads the queue" wait_for 20 is_ready
is "and finds a message by its subject, in any letters" "$(found '{"q":"QUARTERLY"}')" "$one"
is "by its sender" "$(found '{"q":"bob@","in":"sender"}')" "$one"
is "by its recipient" "$(found '{"q":"a@ok.test","in":"recipient"}')" "$one"
is "by its source" "$(found '{"q":"mailbox:bob@shop.test","in":"source"}')" "$one"
is "by its id" "$(found "{\"q\":\"${one:3}\",\"in\":\"id\"}")" "$one"
is "and not by what it has not" "$(ask '{"q":"never"}' | jq -c '[.found, .found_is_least, .rows]')" '[0,false,[]]'
is "it says of it what stanch queue says" \
	"$(row "$one" '[.id, .queue, .size, .frozen, .source, .sender, .recipients, .recipient_count, .subject]')" \
	"$(stanch queue "$one" --json | jq -c '[.id, .queue, .size, .frozen, .source, .sender, .recipients, .recipient_count, .subject]')"
if [[ $EUID -eq 0 ]]; then
	is "it reads with no right of root's" \
		"$(awk '/^(Uid|CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs):/ {print $2}' "/proc/$lister/status" | tr '\n' ' ')" \
		"$(id -u Debian-exim) 0000000000000000 0000000000000000 0000000000000000 0000000000000000 1 "
fi

# --- what changes ---------------------------------------------------------------------------------

two=$(new_mail --user cleo@shop.test --to b@ok.test --subject 'later')
holds_true "a message that comes is found, the newest first" wait_for 5 is_found '{}' "$two"$'\n'"$one"
exim -Mf "$one" >/dev/null
holds_true "one that is frozen is" wait_for 5 is_found '{"frozen":1}' "$one"
is "and the others are not" "$(found '{"frozen":0}')" "$two"
exim -Mt "$one" >/dev/null
holds_true "nor is it when it is thawed" wait_for 5 counts '{"frozen":1}' 0
exim -Mes "$two" other@shop.test >/dev/null
holds_true "a sender that is changed is found as it is now" wait_for 5 is_found '{"q":"other@shop","in":"sender"}' "$two"
stanch hold mailbox:bob@shop.test --yes >/dev/null 2>&1
in_hold() { [[ $(row "$one" .queue) == '"stanch"' ]] && counts "{\"q\":\"$one\"}" 1; }
holds_true "what is held is found in the hold queue, once" wait_for 5 in_hold
stanch restore "$(newest_hold)" --yes >/dev/null 2>&1
in_queue() { [[ $(row "$one" .queue) == '""' ]] && counts "{\"q\":\"$one\"}" 1; }
holds_true "and what is put back, in the queue" wait_for 5 in_queue
exim -MG slow "$two" >/dev/null
is_slow() { [[ $(row "$two" .queue) == '"slow"' ]]; }
holds_true "what goes to a queue that is new is followed there" wait_for 5 is_slow
exim -Mrm "$one" >/dev/null
holds_true "what is removed is not found" wait_for 5 is_found '{}' "$two"

# --- many, while they come and go -----------------------------------------------------------------

lab flood --messages 300 --recipients 3 >/dev/null
all_there() { counts '{}' "$(find "$SPOOL" -name '*-H' | wc -l)" && [[ $(find "$SPOOL" -name '*-H' | wc -l) -ge 301 ]]; }
holds_true "all of a flood is found" wait_for 20 all_there
every_id() { # more-of-the-question [command between two pages...]
	local question=$1 after=null body
	shift
	while body=$(ask "{$question\"limit\":40,\"after\":$after}"); do
		jq -r '.rows[].id' <<<"$body"
		after=$(jq -c .next <<<"$body")
		[[ $after != null ]] || break
		"$@"
	done
}
# what comes meanwhile is newer, so it stands before what was given
every_id '"in":"source","q":"mailbox:ann@",' send --user ann@shop.test --to c@ok.test --subject meanwhile >"$work/paged"
stanch queue mailbox:ann@shop.test --json | jq -r 'select(.subject != "meanwhile") | .id' >"$work/listed"
is "there are so many" "$(wc -l <"$work/listed")" 300
is "page by page each is given once" "$(LC_ALL=C sort "$work/paged" | sha256sum)" "$(LC_ALL=C sort "$work/listed" | sha256sum)"
is "newest first" "$(cut -c 1-6 "$work/paged")" "$(cut -c 1-6 "$work/paged" | LC_ALL=C sort -r)"
lab queue-only off
lab runner start >/dev/null 2>&1
delivered() { [[ $(find "$SPOOL/input" -name '*-H' | wc -l) -le 280 ]]; }
holds_true "some of it is delivered" wait_for 120 delivered
lab runner stop >/dev/null 2>&1
lab queue-only on
as_it_is() { [[ $(every_id '' | LC_ALL=C sort) == "$(find "$SPOOL" -name '*-H' -printf '%f\n' | sed 's/-H$//' | LC_ALL=C sort)" ]]; }
holds_true "what is left is found, and nothing else" wait_for 30 as_it_is

# --- hostile, damaged -----------------------------------------------------------------------------

esc=$'\e'
three=$(new_mail --user bob@shop.test --to '"<script>alert(1)</script>"@ok.test' \
	--subject "${esc}[2J<b>\"x\"</b>,{\"id\":1}\\u001b")
holds_true "a hostile subject is found" wait_for 5 is_found '{"q":"<b>\"x\"</b>,{\"id\":1}","in":"subject"}' "$three"
is "and said without its escapes" "$(row "$three" '.subject' | LC_ALL=C grep -c $'[\x01-\x1f]\|u001b\[')" 0
four=$(new_mail --user bob@shop.test --to d@ok.test --subject 'to be damaged')
holds_true "one more comes" wait_for 5 is_found '{"q":"to be damaged"}' "$four"
file=$(find "$SPOOL/input" -name "$four-H")
head -c 30 "$file" >"${file%/*}/hdr.$$"
mv "${file%/*}/hdr.$$" "$file"
damaged() { ask "{\"q\":\"$four\"}" | jq -e '.damaged == 1 and .rows[0].damaged and .rows[0].sender == null'; }
holds_true "one that is damaged is found by its id, and said to be" wait_for 5 damaged
is "but not as what it was" "$(found '{"q":"to be damaged"}')" ""
rm "$file" "${file%-H}-D"
printf 'nonsense\n{"id":7,"args":{"in":"body"}}\n' >&9
is "questions that are none are refused" \
	"$(for _ in 1 2; do IFS= read -r -t 5 line <&8 && jq -c '[.status, .body.error != null]' <<<"$line"; done | tr '\n' ' ')" \
	'[400,true] [400,true] '
holds_true "and the next is answered" is_ready

stop_lister
is "it ends when its input ends" $? 0
lister=
is "and has said nothing else" "$(cat "$work/errors")" ""
"$stanch_program" --spool "$SPOOL" queue --answer --count </dev/null >"$work/out" 2>&1
is "nothing else goes with it" $? 2
if [[ $EUID -eq 0 ]]; then
	"$stanch_program" --spool "$SPOOL" queue --answer --reader root </dev/null >"$work/out" 2>&1
	is "and root is nobody to become" $? 3
fi
finish

#!/bin/bash
# stanch top on a terminal (tmux), of documents that a stand-in of the daemon serves and of a real Exim: what is
# shown at several sizes, of hostile names, of what is old and unknown; keys that explain, contain and
# release; and that the terminal is as it was behind every end.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
if ! command -v tmux >/dev/null; then
	skip "stanch top on a terminal (tmux is not installed)"
	exit 0
fi
start_lab
control=$work/control document=$work/now.json
# shellcheck source=tests/system/terminal.bash
. "$root/tests/system/terminal.bash"
server=
thief=mailbox:ann@shop.test

# --- the stand-in of the daemon ---------------------------------------------------------------------

serve() {
	rm -f "$work/server.log"
	python3 "$root/tests/now_server.py" "$control" "$document" >"$work/server.log" 2>&1 &
	server=$!
	wait_for 20 grep -q ready "$work/server.log"
	chmod 666 "$control"
}
stop_serving() {
	[[ -z $server ]] || { kill -CONT "$server"; kill "$server"; wait "$server"; } 2>/dev/null
	server=
	rm -f "$control"
}
end_top() {
	local status=$?
	end_terminal
	stop_serving
	(exit "$status")
	clean_up
}
trap end_top EXIT

stanch() {
	"$stanch_program" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" --control "$control" "$@"
}

# Whole, so that no half of it is ever served. $1: changes for jq
document() {
	jq -n --argjson now "$(date +%s)" '
		def source($kind; $name; $score; $verdict; $why; $rate): {source: ($kind + ":" + $name), kind: $kind,
			name: $name, score: $score, threshold: 16, verdict: $verdict, messages: 40, recipients: 80, failed: 3,
			why: $why, pace: ([range(58) | 0] + [$rate, 0])};
		def incident($n; $source; $state): {incident: $n, source: $source, kind: "mailbox",
			name: ($source | sub("^[a-z]+:"; "")), state: $state, opened: ($now - 900), changed: ($now - 200),
			contained: 0, score: 31.2, threshold: 16, messages: 40, recipients: 80, held: 0, failed: 0,
			asks: ($state == "waiting")};
		{at: null, version: "0.1.0", host: "mx1", mode: "observe", ready: true, journal: true, watcher_age: 1,
		lag_seconds: 0, unread_bytes: 0, queue: 1234, held: 56, incidents: [], incidents_left_out: 0,
		sources: [source("mailbox"; "ann@shop.test"; 31.2; "contain"; "412 recipients do not exist"; 200),
			source("login"; "www-data"; 11; "suspect"; "sends to new domains"; 5),
			source("mailbox"; "bob@shop.test"; 1.5; "nothing"; ""; 0)],
		sources_known: 4812, sources_active: 3, minute: {at: ($now - 60), accepted: 41, delivered: 30,
			deferred: 2, failed: 9, refused: 0, queue: 1230}} | '"${1:-.}" >"$document.new" && mv "$document.new" "$document"
}

# --- printed ---------------------------------------------------------------------------------------

stanch top >"$work/out" 2>"$work/errors"
is "without a daemon it ends with 3" $? 3
holds_true "and says so" grep -q 'no daemon runs' "$work/errors"
holds_true "and what there is instead" grep -q 'stanch sources' "$work/errors"
is "--json, too" "$(stanch top --json >/dev/null 2>&1; echo $?)" 3
document '.at = $now - 3600'
serve
stanch top >"$work/out"
is "what is old is printed with status 1" $? 1
holds_true "and says that it is old" grep -q '^OLD: what is shown is of 60 minutes ago' "$work/out"
document
stanch top >"$work/out"
is "into a pipe it is printed once" $? 0
is "and begins with what is wrong" "$(head -n 1 "$work/out" | cut -d ' ' -f 1-4)" "2 sources are suspicious"
holds_true "a source with its reason" grep -q '! *31\.2 .* 200 .*mailbox:ann@shop.test .*412 recipients do not exist' "$work/out"
is "no control in it" "$(LC_ALL=C tr -d '\n\040-\176' <"$work/out" | wc -c)" 0
is "--json is what the daemon says" "$(stanch top --json | jq -c 'del(.at)')" "$(jq -c 'del(.at)' "$document")"
document '.queue = null | .minute = null | .lag_seconds = null | .sources = null | .incidents = null
	| .incidents_left_out = null | .sources_known = null | .sources_active = null'
stanch top >"$work/out"
is "what is not all known ends with 1" $? 1
holds_true "and is never 0" grep -q 'queue ?  held 56  ?/min  lag ?' "$work/out"
timeout 5 "$stanch_program" --control "$control" top --every 1s >"$work/out"
holds_true "--every prints it again" test "$(grep -c 'queue ?' "$work/out")" -ge 2
is "--every 0 is refused" "$(stanch top --every 0 >/dev/null 2>&1; echo $?)" 2
echo '{"error": "that is no question"}' >"$document"
is "a daemon of another version is named as one" "$(stanch top 2>&1 >/dev/null | grep -c 'another version')" 1
echo 'nonsense' >"$document"
is "nonsense is not shown" "$(stanch top 2>/dev/null | wc -l; stanch top >/dev/null 2>&1; echo $?)" $'0\n3'

# --- on a terminal ---------------------------------------------------------------------------------

document ".incidents = [incident(7; \"$thief\"; \"waiting\"), incident(6; \"mailbox:cid@shop.test\"; \"released\")]"
open_top 80 24
sees "80x24: what is wrong is first" "1 INCIDENT WAITS for a person"
holds_true "the incident that waits" shows '>!       7 waiting'
holds_true "the source, its bar and its pace" shows "31.2 ██████████    200 ········█· $thief"
holds_true "the keys" shows 'q quit  ? help  e explain'
keys '?'
sees "? explains the keys" "stanch top: keys and signs"
keys q
sees "and q leaves the page" "INCIDENTS  1 open, 1 over"
keys Tab
sees "Tab goes to the sources" ">!  31.2"
keys Down
sees "a key moves" ">*  11.0"
holds_true "and the reason of the chosen one is told" shows "sends to new domains"
keys / bob Enter
sees "a filter leaves what fits" '1 with "bob"'
holds_true "and nothing else" test "$(screen | grep -c 'www-data')" -eq 0
keys Escape
sees "and Esc shows all again" "www-data"
terminal resize-window -x 40 -y 10
sees "40x10: less is shown" "1 INCIDENT WAITS for a person (and 1 mo~"
holds_true "the list, still" shows '31.2 ██████ '
holds_true "no row is too long" test "$(screen | wc -L)" -le 40
terminal resize-window -x 200 -y 60
sees "200x60: more of it" "4,812 sources active"
holds_true "with the reasons in the row" grep -qE 'www-data +sends to new domains' <(screen)
keys p
sees "p pauses" "PAUSED"
keys p
document '.queue = 99'
sees "and goes on" "queue 99"
keys q
is_given_back "q"

# --- the daemon goes, and comes back --------------------------------------------------------------

open_top 80 24
sees "it is calm about nothing" "2 sources are suspicious"
kill -STOP "$server"
sees "a daemon that hangs: what was known is said to be old" "OLD: what is shown is of"
holds_true "the keys are heard, still" shows 'q quit'
keys '?'
sees "within a moment" "keys and signs"
keys q
sleep 20 # more questions than wait to be taken
keys '?'
sees "and after a long time, too" "keys and signs"
keys q
kill -CONT "$server"
sees "and it goes on when it answers again" "2 sources are suspicious"
stop_serving
sees "a daemon that is gone is told at once" "no daemon runs"
serve
sees "and one that is back, too" "2 sources are suspicious"

# --- every end -------------------------------------------------------------------------------------

for signal in TERM INT HUP QUIT ABRT SEGV; do
	wait_for 15 top_runs || not_ok "it runs before $signal"
	sees "it is shown before $signal" "q quit"
	kill -s "$signal" "$(top_process)"
	is_given_back "$signal"
	keys clear Enter "$work/top" Enter
done
sees "it is shown before ^Z" "q quit"
keys C-z
sees "^Z gives the terminal to the shell" "Stopped"
is "and the picture is gone" "$(terminal display-message -p '#{alternate_on}')" 0
keys fg Enter
sees "fg brings it back" "q quit"
keys '?'
sees "and its keys" "keys and signs"
keys q C-c
is_given_back "^C"

# --- dumb terminals, no colours, no UTF-8 ----------------------------------------------------------

open_terminal 80 24 TERM=dumb
keys "$work/top" Enter
sees "on a dumb terminal it is printed" "queue 99"
holds_true "once" wait_for 10 shows 'shell>'
open_terminal 80 24 TERM=nonsense
keys "$work/top" Enter
sees "on one that nobody knows, too" "queue 99"
open_top 80 24 LC_ALL=C
sees "without UTF-8 the bar is ASCII" '31.2 ##########    200 ........8. '
holds_true "and so is all" test "$(screen | LC_ALL=C tr -d '\n\040-\176' | wc -c)" -eq 0
keys q
colours() { terminal capture-pane -pe | grep -cE $'\033\\[[0-9;]*3[0-7]m'; }
open_top 80 24
sees "it is shown" "q quit"
holds_true "with colours" test "$(colours)" -gt 0
keys q
open_top 80 24 NO_COLOR=1
sees "with NO_COLOR it is shown" "q quit"
is "without any" "$(colours)" 0
keys q

# --- hostile names ---------------------------------------------------------------------------------

document '.sources[0] |= (.name = "a\u001b[2J\u202eb@日本.test" | .source = "mailbox:" + .name
	| .why = "\u001b]0;owned\u0007 %s 日本日本日本") | .host = "mx\u001b[31m"'
open_top 80 24
sees "hostile names are encoded" 'mailbox:a\x1b[2j'
holds_true "and nothing is lost" shows 'q quit'
holds_true "columns stay" grep -qE '^ {5}1\.5 [^ ]+ +0 ·+ mailbox:bob@shop\.test' <(screen)
is "the title of the terminal is not set" "$(terminal display-message -p '#{pane_title}' | grep -c owned)" 0
keys q

# --- it acts: a real Exim --------------------------------------------------------------------------

lab queue-only on
lab flood --messages 12 --recipients 3 >/dev/null
ids_of_mailbox ann@shop.test >"$work/before"
holds_true "there is mail of the thief" test -s "$work/before"
document ".incidents = []"
open_top 80 24
keys Tab
sees "the thief is chosen" ">!  31.2"
keys c
sees "c shows what would be done" "contain $thief ?"
sees "and asks" "type y to contain it"
sleep 1
is "nothing is done yet" "$(ids_of_mailbox ann@shop.test | diff - "$work/before" && stanch incidents --all --json 2>/dev/null | wc -l)" 0
keys n
sees "n leaves it" "nothing was done"
keys c
sees "asked again" "type y to contain it"
keys w
sees "w lets one say why" "why: seen in stanch top"
for _ in $(seq 18); do keys BSpace; done
keys "a leak; \$(touch $work/owned)" Enter
sees "the reason is in the question" "w: why (a leak"
keys y
sees "y contains it" "Done: it is contained."
is "its mail is held" "$(stanch holds --json | jq -s "map(select(.source == \"$thief\") | .held) | add")" "$(wc -l <"$work/before")"
is "and out of the queue" "$(ids_of_mailbox ann@shop.test | wc -l)" 0
is "with the reason" "$(stanch incident show 1 --json | jq -r '.steps[] | select(.event == "approve") | .words' | grep -c 'a leak; \$(touch')" 1
holds_true "which no shell has seen" test ! -e "$work/owned"
document ".incidents = [incident(1; \"$thief\"; \"clean\")]"
keys q
sees "the incident is shown" "1 clean"
keys e
sees "e explains it" "bits of evidence"
keys q Tab
sees "it can be chosen" ">*       1 clean"
keys r
sees "r asks" "type y to release it"
keys y
sees "and puts its mail back" "Done: it is released."
ids_of_mailbox ann@shop.test >"$work/after"
same "all of it" "$work/after" "$work/before"
keys q q
is_given_back "behind all that"

# --- without the right -----------------------------------------------------------------------------

if [[ $EUID -eq 0 ]]; then
	open_terminal 80 24
	keys "setpriv --reuid nobody --regid nogroup --clear-groups -- $work/top" Enter
	sees "another user, who may not ask the daemon, here may look" "q quit"
	keys Tab c
	sees "and is told that he may not act" "You may not have the right to"
	keys q q
fi

finish

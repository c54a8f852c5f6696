#!/bin/bash
# Exim puts off the mail of a suspected source, and nobody else's, as long as its incident is open;
# and what a source offers beyond its limit, until there is room again.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export LOG_SELECTOR=+millisec
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0
# shellcheck source=tests/system/session.bash
. "$root/tests/system/session.bash"
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
later="451 Too much mail at once"
refusal="550 Sending is stopped"

slow() { # refuse.enabled [more settings]
	configure no "
refuse {
	enabled = $1
	suspects = defer
	folder = $lab/refused
}
${2:-}"
}
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
reload() {
	local before
	before=$(grep -c 'info reloaded' "$work/daemon.log")
	kill -HUP "$daemon"
	reloaded_again() { [[ $(grep -c 'info reloaded' "$work/daemon.log") -gt $before ]] && stanch status; }
	wait_for 60 reloaded_again
}
number_of() { stanch incidents --json | jq "select(.source == \"$1\") | .incident"; }
ends_with() { [[ $(try "$1") == "$2"* ]]; }

# --- a thief, as it is found -----------------------------------------------------------------------

lab past 30
slow no
start_daemon
begins "an honest user sends" "$(try bob@shop.test)" "250 OK"
lab flood --messages 60 --recipients 5 >/dev/null 2>&1
thief=mailbox:ann@shop.test
# what is put off early may not suffice for a verdict
holds_true "a thief has an incident, and nothing is switched on" wait_for 30 is_in_state "$thief" "suspected waiting"
holds_true "it is said that its mail is put off" wait_for 5 says "put-off source=$thief"
begins "so it is, at its next recipient" "$(try ann@shop.test)" "$later"
holds_true "and most of the flood was" \
	test "$(grep -c ' <= .* A=dovecot_plain:ann@shop.test .* id=flood' "$MAINLOG")" -lt 40
open_session ann@shop.test
begins "what it offers is heard before" "$(say 'MAIL FROM:<ann@shop.test>')" "250"
begins "and then put off" "$(say 'RCPT TO:<one@ok.test>')" "$later"
begins "with the session open" "$(say 'RCPT TO:<one@ok.test>')" "$later"
close_session
begins "an honest user beside it sends" "$(try bob@shop.test)" "250 OK"
open_session
begins "and so does who brings us mail" "$(send_one stranger@elsewhere.test ann@shop.test)" "250 OK"
close_session
stanch incident dismiss "$(number_of "$thief")" --yes >"$work/out" 2>&1
begins "dismissed, it sends at once" "$(try ann@shop.test)" "250 OK"
holds_true "which is said, too" says "taken-again source=$thief"
is "nobody is put off without an open incident" \
	"$(stanch incidents --json 2>/dev/null | wc -l) $(grep -c ' put-off ' "$work/daemon.log") $(grep -c ' taken-again ' "$work/daemon.log")" "0 1 1"

# --- one that is only suspected, over its states -----------------------------------------------------

sql() { sqlite3 -cmd '.timeout 5000' "$state/journal.sqlite" "$1"; }
now=$(date +%s)
suspected() { # number source
	sql "INSERT INTO incidents VALUES($1,'$2','suspected',$now,$now,0,0,$now,${now}000000,18,22,5,20,0,0);
		INSERT INTO evidence VALUES($1,'burst',${now}000000,12.5,'20 new recipients','');"
}
suspected 11 mailbox:cleo@shop.test
holds_true "of a suspected one the log says" wait_for 5 says 'put-off .*incident=11'
begins "that it is put off" "$(try cleo@shop.test)" "$later"
begins "not others of its domain" "$(try bob@shop.test)" "250 OK"
stop_daemon
begins "without the daemon all pass" "$(try cleo@shop.test)" "250 OK"
start_daemon
begins "a new daemon puts it off again" "$(try cleo@shop.test)" "$later"
parts_before=$(grep -c ' part-started ' "$work/daemon.log")
begun_again() { [[ $(grep -c ' part-started ' "$work/daemon.log") -ge $((parts_before + 2)) ]] && stanch status; }
kill -9 "$(pid_of watcher)"
holds_true "the watcher is killed and begun again" wait_for 60 begun_again
begins "it is put off still" "$(try cleo@shop.test)" "$later"
begins "and an honest user is not" "$(try bob@shop.test)" "250 OK"
stanch exempt mailbox:cleo@shop.test --reason "a test" >"$work/out" 2>&1
begins "exempted, it sends at once" "$(try cleo@shop.test)" "250 OK"
stanch exempt mailbox:cleo@shop.test --remove >"$work/out" 2>&1
begins "exempted no longer, it does not" "$(try cleo@shop.test)" "$later"
stanch incident hold 11 --yes >"$work/out" 2>&1
holds_true "a person has it contained" is_in_state mailbox:cleo@shop.test "contained cleaning clean"
holds_true "without refusals it is still put off" ends_with cleo@shop.test "$later"
stanch incident close 11 --reason "a test" >"$work/out" 2>&1
begins "closed, it sends at once" "$(try cleo@shop.test)" "250 OK"

# --- where contained sources are refused, and limits -----------------------------------------------

slow yes "
limits {
	recipients = 5
	time = 20s
	sources = {\"dina@club.test 8\", \"mailbox:carl@club.test 0\"}
}"
holds_true "settings are read anew" reload
suspected 12 mailbox:cleo@shop.test
holds_true "again one is suspected" wait_for 5 says 'put-off .*incident=12'
begins "and put off" "$(try cleo@shop.test)" "$later"
stanch contain mailbox:cleo@shop.test --yes --reason "a test" >"$work/out" 2>&1
holds_true "contained, it is refused" wait_for 5 ends_with cleo@shop.test "$refusal"
asked() { exim -be "\${readsocket{$lab/run/policy}{stanch/1 rcpt id=${#1}:$1 to=1:x\\n}{2s}{}{}}"; }
begins "by the daemon's answer, too" "$(asked cleo@shop.test)" "refuse Sending is stopped"
if other_logins; then
	suspected 13 login:www-data
	holds_true "a login is suspected" wait_for 5 says 'put-off source=login:www-data'
	lab script --login www-data --from web@ok.test --to someone@ok.test >"$work/script" 2>&1
	lab settle
	is "its local mail passes" "$(lab deliveries | grep -c 'someone@ok.test$')" 1
else
	skip "mail of other logins (needs root)"
fi

offer() { # count: how many of so many recipients are taken, and what the last one is told
	local i taken=0 answer
	say 'MAIL FROM:<>' >/dev/null
	for ((i = 1; i <= $1; i++)); do
		answer=$(say "RCPT TO:<friend$i@ok.test>")
		[[ $answer != 250* ]] || taken=$((taken + 1))
	done
	printf '%s %s\n' "$taken" "$answer"
}
offers() { open_session "$1"; offer "$2"; close_session; }
reached="451 The limit of 5 recipients within 20s is reached: it will be taken later"
began=$SECONDS
open_session info@shop.test
is "of seven recipients five are taken" "$(offer 7)" "5 $reached"
begins "and their message is" "$(say DATA)" "354"
begins "whole" "$(say "$text_of_message")" "250 OK"
close_session
is "a new session has no room either" "$(offers info@shop.test 2)" "0 $reached"
is "another user has" "$(offers eric@club.test 5)" "5 250 Accepted"
is "one has a limit of its own" "$(offers dina@club.test 9)" \
	"8 451 The limit of 8 recipients within 20s is reached: it will be taken later"
is "and one has none" "$(offers carl@club.test 20)" "20 250 Accepted"
open_session
say 'MAIL FROM:<stranger@elsewhere.test>' >/dev/null
for i in {1..12}; do say 'RCPT TO:<bob@shop.test>'; done >"$work/incoming"
close_session
is "who brings us mail has none" "$(grep -c '^250' "$work/incoming")" 12
at_limit() { stanch status --json | jq -e '.watcher.policy | .at_limit == 3 and .beyond_limit == 5 and .slow == 7 and .refuse == 1 and .pass > 50'; }
holds_true "status counts it" wait_for 5 at_limit
holds_true "in words, too" grep -q 'beyond a limit), .* with refuse, 3 at their limit now' <(stanch status)
is "the log says it once for each" "$(grep -c ' limit-reached ' "$work/daemon.log")" 2
sleep $((began + 21 > SECONDS ? began + 21 - SECONDS : 0))
is "then there is room again" "$(offers info@shop.test 5)" "5 250 Accepted"
none_at_limit() { stanch status --json | jq -e '.watcher.policy.at_limit <= 1'; }
holds_true "and status knows" wait_for 5 none_at_limit
begins "whoever is refused still is" "$(try cleo@shop.test)" "$refusal"
stanch incident close 12 --reason "a test" >"$work/out" 2>&1
suspected 14 mailbox:cleo@shop.test
sleep 2
begins "closed and suspected again, it is still refused" "$(asked cleo@shop.test)" "refuse Sending is stopped"
stanch incident dismiss 14 --yes >"$work/out" 2>&1
begins "and so it is when that was nothing" "$(asked cleo@shop.test)" "refuse Sending is stopped"
is "at no time was it put off" "$(grep -c 'put-off .*incident=14' "$work/daemon.log")" 0
stanch incident release 12 --yes --reason "a test" >"$work/out" 2>&1
holds_true "until it is released" wait_for 5 ends_with cleo@shop.test "250 OK"

printf 'limits {\n\tsources = {"a@b.test 5",\n\t\t"host:192.0.2.1 5"}\n}\n' >"$work/bad.conf"
"$daemon_program" --config "$work/bad.conf" --check-config >/dev/null 2>"$work/err"
is "a limit for a host is a mistake" "$? $(cat "$work/err")" \
	"2 stanchd: $work/bad.conf:3: limits.sources: \"host:192.0.2.1 5\" is of a kind that has no limit: only mailbox, login and script have one"
stop_daemon
finish

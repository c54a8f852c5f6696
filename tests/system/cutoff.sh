#!/bin/bash
# A thief floods a mailbox over eight sessions beside fifty honest users of the same domain, and stanchd
# cuts it off: refused, its sessions ended, its password changed, its owner told, its mail held. Counted is what passes
# after the verdict, and that nobody else loses a message. Then a person lets the mailbox send again.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
honest_users=50 each_sends=5
start_lab "LOG_SELECTOR=+millisec +smtp_connection" MAILBOXES=$((honest_users - 3))
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
# shellcheck source=tests/system/standins.bash
. "$root/tests/system/standins.bash"
thief=mailbox:ann@shop.test victim=ann@shop.test
config() {
	configure yes "
$(cut_off_settings "\"smtp://$ADDRESS:$PORT\", \"imap://$ADDRESS:$IMAP_PORT\"")
$(tell_settings)"
}
config
sed -i 's/quiet_time = .*/quiet_time = 1h/' "$work/stanch.conf" # it is not over before the test is
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
# Messages and recipients of a mailbox that were accepted after that second.
accepted_after() { # mailbox seconds
	awk -v want=" A=dovecot_plain:$1 " -v after="$(date -u -d "@$2" '+%F %T.%3N')" \
		'index($0, want) && / <= / && substr($0, 1, 23) > after {
			n++
			sub(/.* for /, "")
			recipients += NF
		}
		END {print n + 0, recipients + 0}' "$MAINLOG"
}
time_of() { awk -v what="$1" 'index($0, what) {print $1; exit}' "$work/daemon.log"; }
after_verdict() { awk -v from="$verdict" -v to="$1" 'BEGIN {printf "%.0f", (to - from) * 1000}'; }
# Ends of sessions, by how the client greeted; and when the last of them was.
ended() { grep -E "SMTP connection from \($1\) .* (closed by|lost)|unexpected disconnection.* \($1\)" "$MAINLOG"; }
last_ended() { date -u +%s.%3N -d "$(ended "$1" | tail -n 1 | cut -c 1-23)"; }
open_sessions() { "$(dirname "$stanch_program")/end_sessions" "$MAINLOG" "$victim" count 0 2>&1; }
honest_deliveries() { lab deliveries | grep -c '@friends[0-9]*\.ok\.test$'; }
all_delivered() { # a connection that was not to be had is tried again
	[[ $(honest_deliveries) -ge $((honest_users * each_sends)) ]] || { exim -q; lab settle; false; }
}

grep '@shop\.test ' "$ACCOUNTS" | grep -v "^$victim " >"$work/honest.accounts"
is "there are fifty honest users of its domain" "$(wc -l <"$work/honest.accounts")" "$honest_users"
lab past 30
start_daemon
holds_true "the daemon cuts off and holds" test "$(stanch status --json | jq -r .mode)" = "cut off and hold"
old=$(hash_of "$victim") others=$(grep -v "^$victim:" "$PASSWORDS")
lab honest --accounts "$work/honest.accounts" --sessions "$honest_users" --messages $((honest_users * each_sends)) \
	--recipients 1 --pause-ms 700 --seconds 100 >"$work/honest" 2>&1 &
honest=$!
lab send --user "$victim" --sessions 8 --messages 4000 --recipients 5 --per-connection 4000 --forge 3 \
	--pause-ms 20 --seconds 60 >"$work/attack" 2>&1 &
attack=$!
holds_true "the thief is contained" wait_for 60 says "contained source=$thief"
verdict=$(time_of "contained source=$thief")
is_done() { stanch incident show 1 --json | jq -e --arg who "$1" '.actions[] | select(.responder == $who and .state == "done")'; }
holds_true "it is refused" wait_for 30 is_done refuse
holds_true "its sessions are ended" wait_for 30 is_done sessions
holds_true "its password is changed" wait_for 30 is_done secret
holds_true "its owner and the administrator are told" wait_for 30 is_done tell
is "by a ticket and a mail" "$(tickets length) $(subjects | grep -c contained)" "1 1"
ticket_at=$(stat -c %.3Y "$whmcs/tickets.json") mail_at=$(stat -c %.3Y "$mail/mails")
is "only the thief is refused" "$(find "$lab/refused/mailbox" -type f | wc -l)" 1
refused_at=$(stat -c %.3Y "$lab"/refused/mailbox/*)
wait "$attack"
wait "$honest"
read -r passed recipients <<<"$(accepted_after "$victim" "$verdict")"
printf '# after the verdict %s messages to %s recipients of 8 sessions were taken\n' "$passed" "$recipients"
printf '# in the folder of the refused %s ms after the verdict, its password another after %s ms, its last try over after %s ms\n' \
	"$(after_verdict "$refused_at")" "$(after_verdict "$(stat -c %.3Y "$PASSWORDS")")" "$(after_verdict "$(last_ended client.elsewhere.test)")"
printf '# the ticket was opened %s ms after the verdict, the administrator had his mail after %s ms\n' \
	"$(after_verdict "$ticket_at")" "$(after_verdict "$mail_at")"
holds_true "at most the messages that were under way were taken" test "$passed" -le 16
is "it has no session open" "$(open_sessions)" 0
holds_true "the hash is another" test "$(hash_of "$victim")" != "$old"
is "nobody else's is" "$(grep -v "^$victim:" "$PASSWORDS")" "$others"
is "the old password is refused" "$(lab send --user "$victim" --messages 1 --seconds 5 2>&1 | grep -o 535 | head -n 1)" 535

# --- nobody else ----------------------------------------------------------------------------------

all=$((honest_users * each_sends))
is "all that honest users sent was accepted" "$(cat "$work/honest")" \
	"messages=$all recipients=$all refused_messages=0 refused_recipients=0"
is "they were all there" "$(grep -o ' <= .* A=dovecot_plain:[^ ]*' "$MAINLOG" | sed 's/.*plain://' |
	grep -v "^$victim$" | sort -u | wc -l)" "$honest_users"
holds_true "all of it is delivered" wait_for 100 all_delivered
is "and once" "$(lab deliveries | grep '@friends[0-9]*\.ok\.test$' | sort | uniq -d | wc -l) $(honest_deliveries)" "0 $all"
is "nobody else has an incident that is acted on" "$(stanch incidents --all --json |
	jq -r 'select(.state != "suspected") | .source')" "$thief"
printf '# %s others were suspected, and left alone\n' "$(stanch incidents --all --json |
	jq -r 'select(.state == "suspected") | .source' | wc -l)"
is "each of their sessions ended as its client wished" "$(ended laptop.test | grep -c 'closed by QUIT$') $(ended laptop.test | wc -l)" \
	"$all $all"
stanch incident show 1 --json >"$work/story"
is "the journal has each deed, read back" \
	"$(jq -r '[.actions[] | select(.state == "done") | .responder] | unique | join(" ")' "$work/story")" \
	"refuse secret sessions tell"
is "and no password" "$(jq -r '.actions[].words' "$work/story" | grep -cE '[A-Za-z0-9]{4}(-[A-Za-z0-9]{4}){4}')" 0

# --- let in again -----------------------------------------------------------------------------------

stanch release "$thief" --yes --reason "a test" >"$work/out" 2>&1
is "it is released" "$(state_of "$thief")" released
is "nothing is refused any more" "$(find "$lab/refused/mailbox" -type f | wc -l)" 0
is "its mail is back" "$(stanch queue --json --queue stanch 2>/dev/null | wc -l)" 0
holds_true "the password stays changed" test "$(hash_of "$victim")" != "$old"
stop_daemon
finish

#!/bin/bash
# A thief who was cut off comes back: with the old password, from other addresses, before and after the
# incident is over; and with the old password set back by a session of webmail that he still has. Nothing
# of his is taken any more.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
ask_program=${DOVECOT_ASK:-$(dirname "$stanch_program")/dovecot_ask}
if [[ ! -x $ask_program ]]; then
	not_ok "there is a program that logs in" "$ask_program is missing"
	exit 1
fi
start_lab LOG_SELECTOR=+millisec
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
thief=mailbox:ann@shop.test victim=ann@shop.test
configure no "
$(cut_off_settings "\"smtp://$ADDRESS:$PORT\", \"imap://$ADDRESS:$IMAP_PORT\"")"
sed -i 's/quiet_time = .*/quiet_time = 1h/' "$work/stanch.conf" # it is not over before a person says so
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
accepted() { grep -c " <= .* A=dovecot_plain:$victim " "$MAINLOG"; }
password=$(password_of "$victim")
login() { timeout 60 "$ask_program" login "$1" "$victim" <<<"$password"; } # URL
smtp=smtp://$ADDRESS:$PORT imap=imap://$ADDRESS:$IMAP_PORT
is_refused() { [[ $(login "$1") == "0 refused" ]]; }
is_let_in() { [[ $(login "$1") == "0 accepted" ]]; }
is_done() { stanch incident show 1 --json | jq -e --arg who "$1" '.actions[] | select(.responder == $who and .state == "done")'; }
is_refused_by_stanch() { [[ $(find "$lab/refused/mailbox" -type f | wc -l) == 1 ]]; }

# Four sessions, each from an address of its own.
come_back() { # first-address [options]
	local n
	local -a sources=()
	for n in 0 1 2 3; do sources+=(--source "127.0.0.$(($1 + n))"); done
	lab send --user "$victim" --sessions 4 --messages 4000 --recipients 2 --per-connection 4000 --forge 3 \
		"${sources[@]}" "${@:2}"
}
# What the SMTP server says to each of them when nothing lets them in any more.
turned_away() { come_back "$1" --seconds 20 2>&1 | grep -o 'not opened: 535' | wc -l; }

# The file as webmail writes it: another one in its place, with the hash of the old password.
set_back() {
	awk -F : -v OFS=: -v who="$victim" -v hash="$old" '$1 == who {$2 = hash} {print}' "$PASSWORDS" >"$PASSWORDS.webmail"
	chown --reference="$PASSWORDS" "$PASSWORDS.webmail"
	chmod --reference="$PASSWORDS" "$PASSWORDS.webmail"
	mv "$PASSWORDS.webmail" "$PASSWORDS"
}

lab past 30
start_daemon
old=$(hash_of "$victim")
come_back 10 --pause-ms 20 --seconds 60 >"$work/attack" 2>&1 &
attack=$!
holds_true "the thief is contained" wait_for 60 says "contained source=$thief"
for responder in refuse sessions secret; do
	holds_true "$responder is done" wait_for 60 is_done "$responder"
done
wait "$attack"
first=$(hash_of "$victim")
before=$(accepted)
holds_true "it had sent something" test "$before" -gt 0

# --- with the old password, the incident still open -----------------------------------------------

holds_true "SMTP refuses the old password" wait_for 30 is_refused "$smtp"
holds_true "IMAP, too" wait_for 30 is_refused "$imap"
is "from four new addresses it is refused" "$(turned_away 60)" 4
is "nothing is taken" "$(accepted)" "$before"

# --- the password set back --------------------------------------------------------------------------

sleep 8 # so that no look is due any more because he has sent: he is refused at MAIL, and not heard of
set_back
holds_true "the old password, set back, is let in by IMAP" wait_for 30 is_let_in "$imap"
holds_true "and by SMTP" wait_for 30 is_let_in "$smtp"
is "it is the old hash" "$(hash_of "$victim")" "$old"
set_back_at=$EPOCHREALTIME
come_back 80 --pause-ms 200 --seconds 120 >"$work/attack" 2>&1 &
attack=$!
is_another() { [[ $(hash_of "$victim") != "$old" ]]; }
holds_true "the password is changed again" wait_for 120 is_another
printf '# set back, it was changed again after %s ms of its trying\n' \
	"$(awk -v from="$set_back_at" -v to="$(stat -c %.3Y "$PASSWORDS")" 'BEGIN {printf "%.0f", (to - from) * 1000}')"
is_refused_by_stanch && ok "it is refused all the time" || not_ok "it is refused all the time"
wait "$attack"
holds_true "its sessions were let in, and refused" grep -q 'session [0-3]: 550 ' "$work/attack"
holds_true "until the password was not let in" grep -q 'not opened: 535' "$work/attack"
if [[ $(hash_of "$victim") == "$first" ]]; then
	not_ok "to yet another one"
else
	ok "to yet another one"
fi
holds_true "SMTP refuses the old password again" wait_for 30 is_refused "$smtp"
holds_true "IMAP, too" wait_for 30 is_refused "$imap"
is "nothing was taken" "$(accepted)" "$before"
is "the journal has it as done" "$(stanch incident show 1 --json |
	jq -r '[.actions[] | select(.state == "done") | .responder] | unique | join(" ")')" "refuse secret sessions"

# --- the incident is over ---------------------------------------------------------------------------

stanch incident close 1 --reason "a test" >"$work/out" 2>&1
stanch incident act 1 >>"$work/out" 2>&1
is "it is closed" "$(state_of "$thief")" closed
is "who has a new password is refused no longer" "$(find "$lab/refused/mailbox" -type f | wc -l)" 0
is "the old password is refused by SMTP" "$(login "$smtp")" "0 refused"
is "and by IMAP" "$(login "$imap")" "0 refused"
is "and from new addresses" "$(turned_away 120)" 4
is "nothing is taken" "$(accepted)" "$before"
is "only this mailbox was ever acted on" "$(stanch incidents --all --json |
	jq -r 'select(.state != "suspected") | .source' | sort -u)" "$thief"
stop_daemon
finish

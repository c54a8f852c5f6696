#!/bin/bash
# A mailbox is hijacked beside stanchd, a stand-in of WHMCS and a mail server: its owner is told, with
# a password that works; once; again when somebody has set the old one back; and of the end. Where
# stanch only observes, the administrator alone is told.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
victim=ann@shop.test
# shellcheck source=tests/system/standins.bash
. "$root/tests/system/standins.bash"

settings() { # yes|no: whether something is done
	configure "$1" "
refuse {
	enabled = $1
	folder = $lab/refused
}
secret {
	enabled = $1
	backend = passwd-file
}
$(dovecot_settings)
$(tell_settings)"
}
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
flood() {
	lab send --user "$victim" --sessions 2 --messages 400 --recipients 5 --per-connection 400 --forge 3 --pause-ms 20 \
		--seconds 30 >"$work/attack" 2>&1
}
logs_in() { # with password
	curl -s -m 40 "imap://$ADDRESS:$IMAP_PORT/INBOX" -u "$victim:$1" >/dev/null
}
is_done() { stanch incident show 1 --json | jq -e --arg who "$1" 'any(.actions[]; .responder == $who and .state == "done")'; }

# --- where stanch only observes ---------------------------------------------------------------------

lab past 30
settings no
start_daemon
flood &
holds_true "where nothing is done the administrator is asked" wait_for 60 is_mails "your word is needed" 1
kill "$!"
wait "$!" 2>/dev/null
is "and no owner is told" "$(tickets length)" 0
sleep 2
is "and once" "$(subjects | wc -l)" 1
stop_daemon

# --- contained --------------------------------------------------------------------------------------

settings yes
old=$(awk -F : -v who="$victim" '$1 == who {print $2}' "$PASSWORDS")
stanch incident hold 1 --yes --reason "by its administrator" >"$work/out" 2>&1
holds_true "told as soon as it is contained" is_done tell
is "a ticket, and a mail to the administrator" "$(tickets length) $(subjects | grep -c contained)" "1 1"
first=$(password_in '.[0].message')
holds_true "the ticket has a new password" test -n "$first"
holds_true "which works" wait_for 10 logs_in "$first"
is "and no mail has it" "$(grep -c -- "$first" "$mail/mails")" 0
is "the story says that they were told" \
	"$(stanch incident show 1 --json | jq -r '[.actions[] | select(.responder == "tell") | .words] | last')" \
	"told 2 of it (0 had been told before)"

# --- set back ---------------------------------------------------------------------------------------

hash_is_old() { grep -qF "$victim:$old:" "$PASSWORDS"; }
start_daemon
sed "s|^$victim:[^:]*:|$victim:$old:|" "$PASSWORDS" >"$work/passwords"
cat "$work/passwords" >"$PASSWORDS"
holds_true "somebody sets the old password back" hash_is_old
flood &
holds_true "it is changed once more, and its owner told" wait_for 90 is_tickets '.[0].replies | length' 1
kill "$!" 2>/dev/null
wait "$!" 2>/dev/null
second=$(password_in '.[0].replies[0]')
# Dovecot looks once in a second whether the file is another
holds_true "with the password that works" wait_for 10 logs_in "$second"
is "and not with the one before" "$(logs_in "$first" && echo in)" ""
is "and no other ticket" "$(tickets length)" 1
is "the administrator was told before" "$(subjects | grep -c contained)" 1

# --- over -------------------------------------------------------------------------------------------

echo later >"$mail/conduct"
stanch incident close 1 --yes >"$work/out" 2>&1
is "the end is told in the ticket" "$(tickets '.[0].replies | length')" 2
is "a mail server that is not there is waited for" "$(subjects | grep -c 'is quiet')" 0
rm "$mail/conduct"
holds_true "and told when it is back, by the daemon" wait_for 100 is_mails 'is quiet' 1
is "and nobody twice" "$(tickets '.[0].replies | length')" 2
is "its password is not in the journal, a log or what was said" \
	"$(cat "$state"/* "$work/daemon.log" "$work/out" "$MAINLOG" 2>/dev/null | grep -acF -e "$first" -e "$second")" 0
stop_daemon
finish

#!/bin/bash
# A thief floods a mailbox over eight sessions beside honest users, and stanchd cuts it off: refused,
# its sessions ended, its password changed, its mail held. Counted is what passes after the verdict.
# Then a person lets the mailbox send again.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
export LOG_SELECTOR=+millisec
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
thief=mailbox:ann@shop.test victim=ann@shop.test
config() {
	configure yes "
refuse {
	enabled = yes
	folder = $lab/refused
}
sessions {
	enabled = yes
}
secret {
	enabled = yes
	backend = passwd-file
	check = {\"smtp://$ADDRESS:$PORT\", \"imap://$ADDRESS:$IMAP_PORT\"}
}
dovecot {
	enabled = yes
	url = http://$ADDRESS:$DOVEADM_PORT
	key_file = $DOVEADM_KEY_FILE
	passwd_file = $PASSWORDS
}"
}
config
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
hash_of() { awk -F : -v who="$1" '$1 == who {print $2}' "$PASSWORDS"; }
accepted_after() { # mailbox seconds
	awk -v want=" A=dovecot_plain:$1 " -v after="$(date -u -d "@$2" '+%F %T.%3N')" \
		'index($0, want) && / <= / && substr($0, 1, 23) > after {n++} END {print n + 0}' "$MAINLOG"
}
time_of() { awk -v what="$1" 'index($0, what) {print $1; exit}' "$work/daemon.log"; }
after_verdict() { awk -v from="$verdict" -v to="$(time_of "$1")" 'BEGIN {printf "%.0f", (to - from) * 1000}'; }

lab past 30
start_daemon
holds_true "the daemon cuts off and holds" test "$(stanch status --json | jq -r .mode)" = "cut off and hold"
old=$(hash_of "$victim") others=$(grep -v "^$victim:" "$PASSWORDS")
lab send --user bob@shop.test --from bob@shop.test --messages 24 --recipients 1 --to friend@friends1.ok.test --different \
	--pause-ms 100 --seconds 60 >"$work/honest" 2>&1 &
honest=$!
lab send --user "$victim" --sessions 8 --messages 4000 --recipients 5 --per-connection 4000 --forge 3 \
	--pause-ms 20 --seconds 30 >"$work/attack" 2>&1 &
attack=$!
holds_true "the thief is contained" wait_for 60 says "contained source=$thief"
verdict=$(time_of "contained source=$thief")
is_done() { stanch incident show 1 --json | jq -e --arg who "$1" '.actions[] | select(.responder == $who and .state == "done")'; }
holds_true "it is refused" wait_for 30 is_done refuse
holds_true "its sessions are ended" wait_for 30 is_done sessions
holds_true "its password is changed" wait_for 30 is_done secret
wait "$attack"
wait "$honest"
passed=$(accepted_after "$victim" "$verdict")
printf '# after the verdict %s messages of 8 sessions were taken; all was done within %s ms of it\n' \
	"$passed" "$(after_verdict "done source=")"
holds_true "at most the messages that were under way were taken" test "$passed" -le 16
holds_true "the hash is another" test "$(hash_of "$victim")" != "$old"
is "nobody else's is" "$(grep -v "^$victim:" "$PASSWORDS")" "$others"
is "the old password is refused" "$(lab send --user "$victim" --messages 1 --seconds 5 2>&1 | grep -o 535 | head -n 1)" 535
is "honest users have sent everything" "$(grep -o '^messages=[0-9]*' "$work/honest")" messages=24
is "only the thief is refused" "$(find "$lab/refused/mailbox" -type f | wc -l)" 1
stanch incident show 1 --json >"$work/story"
is "the journal has each deed, read back" \
	"$(jq -r '[.actions[] | select(.state == "done") | .responder] | unique | join(" ")' "$work/story")" \
	"refuse secret sessions"
is "and no password" "$(jq -r '.actions[].words' "$work/story" | grep -cE '[A-Za-z0-9]{4}(-[A-Za-z0-9]{4}){4}')" 0

# --- let in again -----------------------------------------------------------------------------------

stanch release "$thief" --yes --reason "a test" >"$work/out" 2>&1
is "it is released" "$(state_of "$thief")" released
is "nothing is refused any more" "$(find "$lab/refused/mailbox" -type f | wc -l)" 0
is "its mail is back" "$(stanch queue --json --queue stanch 2>/dev/null | wc -l)" 0
holds_true "the password stays changed" test "$(hash_of "$victim")" != "$old"
stop_daemon
finish

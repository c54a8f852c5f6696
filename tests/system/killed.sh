#!/bin/bash
# "stanch incident act" and "stanch release" killed at each step of each responder, on a real Exim and
# Dovecot: run again, all is as without the kill, and what was done is not done anew.
#
# STANCH_STOP_POINTS names a program built with -Dstop_points=true; without it one is built in a
# temporary folder.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
tools=$(dirname "$stanch_program")
ask_program=${DOVECOT_ASK:-$tools/dovecot_ask}
act_points=(before-intent after-intent after-deed after-look after-outcome)
undo_points=(before-intent after-intent after-deed after-outcome)
start_lab LOG_SELECTOR=+millisec MAILBOXES=40
program=${STANCH_STOP_POINTS:-}
if [[ -z $program ]]; then
	meson setup -Dstop_points=true -Dlab=false "$work/build" "$root" >"$work/build.log" 2>&1 &&
		ninja -j2 -C "$work/build" stanch >>"$work/build.log" 2>&1
	program=$work/build/stanch
fi
if [[ ! -x $program ]]; then
	not_ok "a program with stop points is there" "$(tail -n 20 "$work/build.log")"
	exit 1
fi
lab queue-only on
cat >"$work/stanch.conf" <<END
general {
	spool = $SPOOL
	exim_config = $EXIM_CONFIG
	state = $state
}
$(cut_off_settings "\"imap://$ADDRESS:$IMAP_PORT\"")
END
stanch() {
	timeout 60 "$program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$work/no-daemon" "$@"
}
killed_at() { # point:n command...
	{ STANCH_STOP_AT=$1 stanch "${@:2}" >"$work/out" 2>&1 </dev/null; } 2>/dev/null
	[[ $? -eq 137 ]]
}

sql() { sqlite3 -cmd '.timeout 5000' "$state/journal.sqlite" "$1"; }
add_incident() { # number mailbox: as the daemon writes it
	sql "INSERT INTO incidents VALUES($1,'mailbox:$2','contained',1790000000,1790000100,0,0,1790000000,
		1790000000000000,30.5,21.5,12,60,0,0);"
}
file_now() { stat -c '%i %y' "$PASSWORDS"; }
states_of() { # number
	stanch incident show "$1" --json |
		jq -r '.actions | group_by(.responder)[] | last | "\(.responder)=\(.state)"' | xargs
}
is_refused() { cat "$lab/refused/mailbox"/* 2>/dev/null | grep -cE "^mailbox:$1[[:space:]]"; }
open_sessions() { "$tools/end_sessions" "$MAINLOG" "$1" count 0; }
imap_sessions() { doveadm -c "$DOVECOT_CONFIG" -f tab who -1 "$1" 2>/dev/null | grep -c "^$1"; }
login() { timeout 30 "$ask_program" login "imap://$ADDRESS:$IMAP_PORT" "$1" <<<"$(password_of "$1")"; }
old_is_refused() { [[ $(login "$1") == "0 refused" ]]; }

say() { printf '%s\r\n' "$1" >&"$talk"; }
hear() { # the code of a reply
	local line=
	while IFS= read -r -t 20 line <&"$talk"; do [[ ${line:3:1} == - ]] || break; done
	printf '%s' "${line:0:3}"
}
# The thief: an SMTP session that has sent one message, and one of IMAP.
come() { # mailbox
	local step secret line
	secret=$(password_of "$1")
	exec {talk}<>"/dev/tcp/$ADDRESS/$PORT"
	hear >/dev/null
	for step in "EHLO client.test" "AUTH PLAIN $(printf '\0%s\0%s' "$1" "$secret" | base64)" "MAIL FROM:<$1>" \
		"RCPT TO:<x@rnd.test>" "DATA" $'Subject: one\r\n\r\nWhole.\r\n.'; do
		say "$step"
		came=$(hear)
	done
	exec {imap}<>"/dev/tcp/$ADDRESS/$IMAP_PORT"
	IFS= read -r -t 20 line <&"$imap"
	printf 'a LOGIN %s %s\r\n' "$1" "$secret" >&"$imap"
	IFS= read -r -t 20 line <&"$imap"
	came+=" ${line:0:4}"
}
go() {
	exec {talk}>&- {imap}>&-
} 2>/dev/null

wrong=()
must() { # what got want
	[[ $2 == "$3" ]] || wrong+=("$1: got ${2:-nothing}, want $3")
}
verdict() { # name
	if [[ ${#wrong[@]} -eq 0 ]]; then ok "$1"; else not_ok "$1" "${wrong[@]}" "$(cat "$work/out")"; fi
	wrong=()
}

# --- acting -----------------------------------------------------------------------------------------

stanch exempt mailbox:nobody@shop.test --reason "makes the journal" >/dev/null
number=0
all_done="refuse=done secret=done sessions=done"
names=(refuse sessions secret)

# What there is after all was done, whatever happened on the way.
must_be_cut_off() { # number mailbox
	must "the journal" "$(states_of "$1")" "$all_done"
	must "refused" "$(is_refused "$2")" 1
	must "SMTP sessions" "$(open_sessions "$2")" 0
	must "IMAP sessions" "$(imap_sessions "$2")" 0
	wait_until 100 old_is_refused "$2" || wrong+=("the old password is let in")
	must "files beside the passwords" "$(find "$lab/etc" -name 'passwords?*' | wc -l)" 0
}

kill_act() { # point n
	local mailbox old killed last others file
	number=$((number + 1))
	mailbox=user$number@shop.test
	add_incident "$number" "$mailbox"
	old=$(hash_of "$mailbox") others=$(grep -v "^$mailbox:" "$PASSWORDS" | sha256sum)
	come "$mailbox"
	must "the thief" "$came" "250 a OK"
	if ! killed_at "act-$1:$2" incident act "$number"; then wrong+=("it was not killed"); fi
	killed=$(hash_of "$mailbox")
	stanch incident act "$number" --yes >"$work/out" 2>&1
	must "run again" $? 0
	last=$(hash_of "$mailbox")
	must_be_cut_off "$number" "$mailbox"
	must "others" "$(grep -v "^$mailbox:" "$PASSWORDS" | sha256sum)" "$others"
	if [[ $last == "$old" ]]; then wrong+=("the password is not changed"); fi
	# The password of the one that was killed is lost with it, unless it was written down as done.
	if [[ $2 == 3 && $1 == after-outcome ]]; then
		must "what was done" "$last" "$killed"
	elif [[ $2 == 3 && $1 == after-@(deed|look) ]]; then
		if [[ $killed == "$old" || $killed == "$last" ]]; then wrong+=("it is not changed anew"); fi
	else
		must "what was not begun" "$killed" "$old"
	fi
	file=$(file_now)
	stanch incident act "$number" --yes >"$work/out" 2>&1
	must "a third time" "$? $(file_now) $(states_of "$number")" "0 $file $all_done"
	go
	verdict "killed $1 of ${names[$2 - 1]}"
}
for n in 1 2 3; do
	for point in "${act_points[@]}"; do kill_act "$point" "$n"; done
done

# --- releasing ----------------------------------------------------------------------------------------

kill_release() { # point:n
	local mailbox changed held
	number=$((number + 1))
	mailbox=user$number@shop.test
	come "$mailbox"
	held=$(ids_of_mailbox "$mailbox")
	stanch contain "mailbox:$mailbox" --yes --reason "a test" >"$work/out" 2>&1
	go
	must "contained" "$(states_of "$number") $(is_refused "$mailbox")" "$all_done 1"
	must "its mail is held" "$(ids_of_mailbox "$mailbox" stanch)" "$held"
	changed=$(hash_of "$mailbox")
	if ! killed_at "$1" release "mailbox:$mailbox" --yes --reason "a test" && ! [[ $1 == restore-* ]]; then
		wrong+=("it was not killed")
	fi
	stanch release "mailbox:$mailbox" --yes --reason "a test" >"$work/out" 2>&1
	must "run again" $? 0
	must "the incident" "$(stanch incident show "$number" --json | jq -r .state)" released
	must "the journal" "$(states_of "$number")" "refuse=undone secret=undone sessions=done"
	must "refused" "$(is_refused "$mailbox")" 0
	must "its mail is back" "$(ids_of_mailbox "$mailbox")" "$held"
	must "and held no more" "$(ids_of_mailbox "$mailbox" stanch)" ""
	must "the password stays changed" "$(hash_of "$mailbox")" "$changed"
	stanch incident act "$number" --yes >"$work/out" 2>&1
	must "acted on again" "$(is_refused "$mailbox") $(hash_of "$mailbox")" "0 $changed"
	verdict "released, and killed $1"
}
for n in 1 2; do
	for point in "${undo_points[@]}"; do kill_release "undo-$point:$n"; done
done
for point in restore-after-intent:1 restore-after-data:1 restore-after-header:1; do kill_release "$point"; done
finish

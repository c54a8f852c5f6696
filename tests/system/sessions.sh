#!/bin/bash
# A thief sends over four open sessions, an honest mailbox of the same domain over two: only the
# thief's are ended, by each means alone and by both; what is being delivered is delivered once.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0 QUEUE_PER_CONNECTION=1 LOG_SELECTOR=+millisec
tool=$(dirname "$stanch_program")/end_sessions
thief=ann@shop.test honest=bob@shop.test

accepted() { grep -c " <= .* A=dovecot_plain:$1 " "$MAINLOG"; }
# Ids of a mailbox's messages that were accepted after that second.
accepted_after() { # mailbox seconds
	awk -v want=" A=dovecot_plain:$1 " -v after="$(date -u -d "@$2" '+%F %T.%3N')" \
		'index($0, want) && / <= / && substr($0, 1, 23) > after {print $4}' "$MAINLOG"
}
open_sessions() { "$tool" "$MAINLOG" "$1" count 0 2>&1; }
value_of() { grep -o "$1=[0-9.]*" <<<"$2" | cut -d = -f 2; }

attack() {
	lab send --user "$thief" --sessions 4 --messages 4000 --recipients 1 --per-connection 4000 \
		--no-reopen --pause-ms 5 --seconds 60 --first "$((SRANDOM % 1000000))" >"$work/attack" 2>&1 &
	attack=$!
}

# Its four sessions have each sent something, and go on.
attack_runs() { [[ $(open_sessions "$thief") == 4 ]]; }

measure() { # means
	local means=$1 out before status
	attack
	if ! wait_until 100 attack_runs; then
		not_ok "$means: the thief has four sessions" "$(open_sessions "$thief")" "$(cat "$work/attack")"
	fi
	sleep 0.5
	before=$(accepted "$thief")
	out=$("$tool" "$MAINLOG" "$thief" "$means" 5000 2>&1)
	status=$?
	sleep 0.5
	is "$means: all four are ended" "$status $(value_of found "$out") $(value_of left "$out")" "0 4 0"
	is "$means: none is left to be seen" "$(open_sessions "$thief")" 0
	after=$(accepted_after "$thief" "$(value_of began "$out")" | wc -l)
	printf '# %s: sessions ended after %s ms (%s cut, %s by signal); of the %s messages a second %s were taken after it began\n' \
		"$means" "$(value_of ms "$out")" "$(value_of destroyed "$out")" "$(value_of signalled "$out")" \
		"$(rate_before "$(value_of began "$out")")" "$after"
	wait "$attack"
	is "$means: the thief sees them ended" "$(grep -c '^mailflood: session' "$work/attack")" 4
	holds_true "$means: it was sending until then" test "$before" -gt 20
}
rate_before() { # of the thief in the half second before
	awk -v want=" A=dovecot_plain:$thief " -v from="$(date -u -d "@$(awk "BEGIN {printf \"%.3f\", $1 - 0.5}")" '+%F %T.%3N')" \
		-v to="$(date -u -d "@$1" '+%F %T.%3N')" 'index($0, want) && / <= / &&
		substr($0, 1, 23) > from && substr($0, 1, 23) <= to {n++} END {print n * 2}' "$MAINLOG"
}

# --- each means beside honest sessions, and while mail is delivered ---------------------------------

lab slow 4
lab send --user "$honest" --from "$honest" --sessions 2 --messages 400 --recipients 1 --per-connection 400 \
	--different --no-reopen --pause-ms 100 --seconds 100 --first 5000000 >"$work/honest" 2>&1 &
honest_sends=$!
honest_runs() { [[ $(open_sessions "$honest") == 2 ]]; }
holds_true "the honest mailbox has two sessions" wait_until 100 honest_runs
for means in destroy signal both; do measure "$means"; done
is "the honest sessions are open still" "$(open_sessions "$honest")" 2
wait "$honest_sends"
is "and have sent everything, none of it twice or in a new session" "$(cat "$work/honest")" \
	"messages=400 recipients=400 refused_messages=0 refused_recipients=0"
is "by two connections" "$(grep " <= .* A=dovecot_plain:$honest " "$MAINLOG" |
	grep -o ' H=[^ ]* \[[^ ]*' | sort -u | wc -l)" 2

# The first message of each of the thief's sessions was being delivered when the session was ended.
lab settle
grep -o '^[^ ]* [^ ]* [^ ]* [^ ]* => ' "$MAINLOG" | awk '{print $4}' | sort >"$work/delivered"
is "each delivery that was under way is finished" "$(grep -c . "$work/delivered")" 14
is "and happened once" "$(lab deliveries | sort | uniq -d | wc -l)" 0
is "and arrived" "$(lab deliveries | cut -f 1 | sort)" "$(cat "$work/delivered")"
lab slow off

# --- in the middle of a message ----------------------------------------------------------------------

secret=$(awk -v who="$thief" '$1 == who {print $2}' "$ACCOUNTS")
say() { printf '%s\r\n' "$1" >&"$talk"; }
hear() { # the code of a reply
	local line=
	while IFS= read -r -t 5 line <&"$talk"; do [[ ${line:3:1} == - ]] || break; done
	printf '%s' "${line:0:3}"
}
begin_message() {
	local step
	exec {talk}<>"/dev/tcp/$ADDRESS/$PORT"
	hear >/dev/null
	for step in "EHLO client.test" "AUTH PLAIN $(printf '\0%s\0%s' "$thief" "$secret" | base64)" \
		"MAIL FROM:<$thief>" "RCPT TO:<x@rnd.test>" "DATA" $'Subject: one\r\n\r\nWhole.\r\n.' \
		"MAIL FROM:<$thief>" "RCPT TO:<x@rnd.test>" "DATA"; do
		say "$step"
		answer=$(hear)
	done
	say "Subject: two"
	say ""
	say "This one is not"
}
end_talk() { exec {talk}>&-; }

lab queue-only on
before=$(accepted "$thief")
begin_message
is "a session is in the middle of a message" "$answer $(open_sessions "$thief")" "354 1"
out=$("$tool" "$MAINLOG" "$thief" signal 1000)
is "a signal does not end it" "$? $(value_of left "$out")" "1 1"
out=$("$tool" "$MAINLOG" "$thief" destroy 2000)
is "cutting it does" "$? $(value_of destroyed "$out")" "0 1"
printf '# in the middle of a message: cut, its process ended after %s ms\n' "$(value_of ms "$out")"
is "the message before it was taken, and it was not" "$(accepted "$thief")" $((before + 1))
orphans() { find "$SPOOL/input" -name '*-D' | while IFS= read -r file; do [[ -e ${file%-D}-H ]] || echo "$file"; done; }
is "and leaves nothing in the spool" "$(orphans)" ""
end_talk 2>/dev/null
lab queue-only off

# --- the rights that it takes --------------------------------------------------------------------------

# as root, with these rights and no other
with_rights() { setpriv --inh-caps=-all --ambient-caps=-all --bounding-set="-all,$1" -- "${@:2}"; }
files=+chown,+dac_override,+dac_read_search,+fowner,+fsetid,+kill,+setgid,+setuid
try_rights() { # rights means
	local out
	begin_message
	out=$(with_rights "$1" "$tool" "$MAINLOG" "$thief" "$2" 400 2>&1)
	printf '%s %s' "$?" "$(grep -o 'CAP_[A-Z_]*' <<<"$out")"
	end_talk
}
is "with rights over files and users it cannot see whose a connection is" \
	"$(try_rights "$files" both)" "3 CAP_SYS_PTRACE"
is "with CAP_SYS_PTRACE it can, but not cut it" "$(try_rights "$files,+sys_ptrace" destroy)" "3 CAP_NET_ADMIN"
is "with CAP_NET_ADMIN alone it cannot see" "$(try_rights "$files,+net_admin" both)" "3 CAP_SYS_PTRACE"
is "with both it cuts" "$(try_rights "$files,+sys_ptrace,+net_admin" destroy)" "0 "
holds_true "Exim has nothing to panic about" test ! -s "$lab/log/paniclog"
finish

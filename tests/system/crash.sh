#!/bin/bash
# Kills hold, restore and purge at every step, and makes every rename, unlink, write, fsync and open
# fail once: no message is ever in two places or in none, the next command finishes what was begun,
# and in the end every file is the same as before.
#
# STANCH_STOP_POINTS names a program built with -Dstop_points=true; without it one is built in a
# temporary folder. Every fourth fault is tried; CRASH_STEP=1 tries them all, which takes some minutes.
# CRASH_ONLY='restore open' tries only the faults that fit that pattern.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d /tmp/stanch-crash.XXXXXX)
trap '[[ -n ${KEEP:-} ]] && echo "# kept: $work" || rm -rf "$work"' EXIT
failures=0
step=${CRASH_STEP:-4}

ok() { printf 'ok - %s\n' "$1"; }
not_ok() {
	failures=$((failures + 1))
	printf 'not ok - %s\n' "$1"
}

program=${STANCH_STOP_POINTS:-}
if [[ -z $program ]]; then
	meson setup -Dstop_points=true -Dlab=false "$work/build" "$root" >"$work/build.log" 2>&1 &&
		ninja -j2 -C "$work/build" stanch libfaults.so >>"$work/build.log" 2>&1
	program=$work/build/stanch
fi
if [[ ! -x $program ]]; then
	not_ok "a program with stop points is there"
	tail -n 20 "$work/build.log"
	exit 1
fi
faults=$(dirname "$program")/libfaults.so

# ---- a spool ----

# One header field as Exim writes it: its length, its type, its text.
field() { printf '%03d%s %s\n' $((${#2} + 1)) "$1" "$2"; }

message() { # folder msglog-folder id number
	local id=$3 n=$4
	mkdir -p "$1" "$2"
	printf '%s-D\nThis is the body of message %s.\n' "$id" "$n" >"$1/$id-D"
	{
		printf '%s-H\n' "$id"
		printf 'Debian-exim 100 101\n<ann@shop.test>\n1795435%03d 0\n' "$n"
		printf -- '-received_time_usec .123456\n-host_address [192.0.2.7]:4100\n'
		printf -- '-host_auth plain\n-auth_id ann@shop.test\n-body_linecount 1\n'
		printf 'XX\n2\none%s@far.test\ntwo%s@far.test\n\n' "$n" "$n"
		field ' ' "Subject: message $n"
		field F 'From: ann@shop.test'
	} >"$1/$id-H"
	[[ $((n % 2)) -eq 0 ]] || printf 'one%s@far.test\n' "$n" >"$1/$id-J"
	[[ $((n % 3)) -eq 0 ]] || printf '2026-11-23 12:00:00 Received from ann\n' >"$2/$id"
	chmod 640 "$1/$id"-* "$2/$id" 2>/dev/null
	touch -d "@$((1795435000 + n))" "$1/$id"-* "$2/$id" 2>/dev/null
}

count=12
make_spool() {
	local n id
	for ((n = 0; n < count; n++)); do
		case $((n % 3)) in
		0) # old id, split
			id=$(printf '1xVSm%s-00076x-%02d' "${n:0:1}" "$n")
			message "$1/input/${id:5:1}" "$1/msglog/${id:5:1}" "$id" "$n"
			;;
		1) # new id, not split
			id=$(printf '1xVSm%s-000000007hc-00%02d' Q "$n")
			message "$1/input" "$1/msglog" "$id" "$n"
			;;
		2) # new id, split, its log not
			id=$(printf '1xVSmR-000000007hc-00%02d' "$n")
			message "$1/input/R" "$1/msglog" "$id" "$n"
			;;
		esac
	done
	mkdir -p "$1/log"
	printf '2026-11-23 12:00:00 a line of Exim'\''s\n' >"$1/log/mainlog"
	chmod 750 "$1" "$1/input" "$1/input"/? "$1/msglog" "$1/msglog"/?
}

umask 022
make_spool "$work/new"

# name inode size owner mode mtime, without the folder
files() { (cd "$1" && find . -path ./log -prune -o -type f -printf '%f %i %s %U:%G %m %T@\n' | LC_ALL=C sort); }
places() { (cd "$1" && find . -path ./log -prune -o -type f -printf '%p\n' | LC_ALL=C sort); }

fresh() {
	rm -rf "$work/spool" "$work/state"
	cp -a "$work/new" "$work/spool"
	: >"$work/fault"
	files "$work/spool" >"$work/files"
	places "$work/spool" >"$work/places"
}

run() {
	"$program" --spool "$work/spool" --state "$work/state" --exim /bin/true --quiet "$@" \
		>"$work/out" 2>"$work/err"
}

# ---- what must be so ----

bad() { # what
	printf '    %s\n' "$1"
	sed 's/^/    | /' "$work/err" 2>/dev/null | head -n 12
	sed 's/^/    fault: /' "$work/fault" 2>/dev/null | head -n 12
	return 1
}

# Nothing is lost and nothing is double, however it stopped.
each_once() {
	files "$work/spool" | cmp -s - "$work/files" || {
		files "$work/spool" | diff "$work/files" - | head -n 6 | sed 's/^/    /'
		bad "a file is missing, double or changed"
	}
}

# -H is there only where -D and -J are, too.
each_whole() {
	local left
	left=$(cd "$work/spool" && find . -path ./log -prune -o -name '*-[HDJ]' -printf '%f %h\n' |
		awk '{id = substr($1, 1, length($1) - 2); if (id in at && at[id] != $2) print id; at[id] = $2}')
	[[ -z $left ]] || bad "not whole in one place: $left"
}

no_half_line() {
	[[ ! -s $work/spool/log/mainlog ]] && return 0
	[[ -z $(tail -c 1 "$work/spool/log/mainlog") ]] || bad "the log ends in half a line" || return 1
	! grep -qvE '^[0-9-]{10} [0-9:]{8} ' "$work/spool/log/mainlog" || bad "the log has a broken line"
}

# The journal's held ones are those that lie in the hold queue.
journal_right() {
	run holds --json || bad "holds failed" || return 1
	jq -r .hold "$work/out" | while read -r hold; do
		run holds "$hold" --json
		jq -r 'select(.state == "held") | .id' "$work/out"
	done | LC_ALL=C sort >"$work/held"
	{ find "$work/spool/stanch/input" -name '*-H' -printf '%f\n' 2>/dev/null || true; } | sed 's/-H$//' |
		LC_ALL=C sort | cmp -s - "$work/held" || bad "the journal differs from the hold queue" || return 1
	! grep -qE '"state":"(unfinished|intended|restoring|purging)"' "$work/out" ||
		bad "something is still unfinished"
}

all_back() {
	if [[ -s $work/held ]]; then run restore --all --yes || bad "restore failed" || return 1; fi
	places "$work/spool" | diff "$work/places" - >"$work/moved" && each_once && return
	# A message log that could not be moved is no reason to leave the message: it is named.
	if grep -q 'message log: ' "$work/fault" && ! grep -q -- '-[HDJ]$' "$work/moved"; then
		each_once
		return
	fi
	bad "not all files are back in their places"
}

after_stop() { each_once && run holds && each_once && each_whole && no_half_line && journal_right && all_back; }

# Messages may be gone for good here: each is whole, or away altogether with its own lines.
after_purge_stop() {
	run holds || bad "holds failed" || return 1
	each_whole && no_half_line || return 1
	local id
	find "$work/spool" -name '*-D' -printf '%f\n' | sed 's/-D$//' >"$work/there"
	while read -r id; do
		[[ -e $(find "$work/spool" -name "$id-H") ]] || bad "$id has no -H" || return 1
	done <"$work/there"
	sed -n 's/^\([0-9A-Za-z-]*\)-D .*/\1/p' "$work/files" | grep -vxFf "$work/there" >"$work/purged"
	while read -r id; do
		grep -q "$id removed by stanch purge" "$work/spool/log/mainlog" &&
			grep -q "$id Completed" "$work/spool/log/mainlog" ||
			grep -q "Exim's log: " "$work/fault" || bad "$id went without its lines" || return 1
		[[ -z $(find "$work/spool" -name "$id*") ]] ||
			{ grep -q "$id: message log: " "$work/fault" && [[ -z $(find "$work/spool" -name "$id-?") ]]; } ||
			bad "something of $id is left" || return 1
	done <"$work/purged"
	journal_right
}

# ---- killed at each named point ----

STANCH_STOP_AT=list "$program" holds >"$work/points"
[[ -s $work/points ]] && ok "the program names its stop points" || not_ok "the program names its stop points"

kill_at() { # point:n  command...
	{ STANCH_STOP_AT=$1 run "${@:2}"; } 2>/dev/null
	[[ $? -eq 137 ]]
}

while read -r point; do
	good=0 wrong=0
	for n in 1 2 7 12; do
		fresh
		case $point in
		hold-* | journal-*)
			kill_at "$point:$n" hold ann@shop.test --yes || continue
			after=after_stop
			;;
		restore-*)
			run hold ann@shop.test --yes
			kill_at "$point:$n" restore --all --yes || continue
			after=after_stop
			;;
		purge-*)
			run hold ann@shop.test --yes
			kill_at "$point:$n" purge 1 --yes || continue
			after=after_purge_stop
			;;
		recover-*) # killed, and killed again while it recovers
			kill_at hold-after-journal:5 hold ann@shop.test --yes
			kill_at "$point:$n" holds || continue
			after=after_stop
			;;
		esac
		if $after; then good=$((good + 1)); else wrong=$((wrong + 1)); fi
	done
	if [[ $good -gt 0 && $wrong -eq 0 ]]; then
		ok "killed at $point ($good times)"
	else
		not_ok "killed at $point ($good right, $wrong wrong)"
	fi
done < <([[ -n ${CRASH_ONLY:-} ]] || grep -vE '^(act|undo)-' "$work/points") # those are killed.sh's

# Killed in the middle of putting back while already recovering.
fresh
run hold ann@shop.test --yes
kill_at restore-after-data:4 restore 1 --yes
kill_at recover-after-message:5 holds
if after_stop; then ok "a restore killed, and its recovery killed"; else not_ok "a restore killed, and its recovery killed"; fi

# Killed with the locks only taken anew in the second pass.
fresh
(ulimit -n 520 && kill_at hold-after-data:3 hold ann@shop.test --yes)
if after_stop; then ok "killed with few descriptors"; else not_ok "killed with few descriptors"; fi

# ---- each call failing once, and from then on ----

fault_run() { # fault command...
	rm -f "$work/hit"
	FAULT=$1 FAULT_HIT=$work/hit LD_PRELOAD=$faults run "${@:2}"
	cp "$work/err" "$work/fault"
	[[ -e $work/hit ]]
}

try_faults() { # call error command
	local call=$1 error=$2 command=$3 n good=0 wrong=0 after=after_stop
	# shellcheck disable=SC2053 # it is a pattern
	[[ "$command $call" == ${CRASH_ONLY:-*} ]] || return 0
	[[ $command != purge ]] || after=after_purge_stop
	for ((n = 1; n < 400; n += step)); do
		fresh
		if [[ $command == hold ]]; then
			fault_run "$call:$n:$error" hold ann@shop.test --yes || break
		else
			run hold ann@shop.test --yes
			case $command in
			restore) fault_run "$call:$n:$error" restore --all --yes || break ;;
			purge) fault_run "$call:$n:$error" purge 1 --yes || break ;;
			esac
		fi
		if $after; then good=$((good + 1)); else
			wrong=$((wrong + 1))
			printf '    (%s number %s: %s)\n' "$call" "$n" "$error"
		fi
	done
	if [[ $good -gt 0 && $wrong -eq 0 ]]; then
		ok "$command with $call failing by $error ($good places)"
	else
		not_ok "$command with $call failing by $error ($good right, $wrong wrong)"
	fi
}

if [[ -e $faults ]]; then
	for command in hold restore; do
		for error in ENOSPC EACCES EIO:on; do try_faults rename "$error" $command; done
		for error in ENOSPC ENOSPC:on EIO; do try_faults write "$error" $command; done
		try_faults sync EIO $command
		try_faults sync ENOSPC:on $command
		try_faults open EACCES $command
		try_faults open EIO:on $command
	done
	try_faults unlink EACCES purge
	try_faults unlink EIO:on purge
	try_faults write ENOSPC:on purge
	try_faults sync EIO purge
	try_faults open EACCES purge
else
	echo "skip - failing system calls (no $faults)"
fi

[[ $failures -eq 0 ]]

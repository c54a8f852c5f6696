# shellcheck shell=bash
# What the system tests share: one laboratory each, in a folder of its own that goes away at the
# end, and one line "ok - ..." or "not ok - ..." a test.
#
# STANCH names the program under test (build/stanch by default).
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
stanch_program=${STANCH:-$root/build/stanch}
lab_program=$root/lab/lab
failures=0
work=

# shellcheck source=lab/processes.bash
. "$root/lab/processes.bash"

ok() { printf 'ok - %s\n' "$1"; }

not_ok() { # name [explanation...]
	failures=$((failures + 1))
	printf 'not ok - %s\n' "$1"
	shift
	if [[ $# -gt 0 ]]; then printf "%s\n" "$@" | head -n 20 | cut -c 1-200 | sed "s/^/    /"; fi
}

skip() { printf 'skip - %s\n' "$1"; }

# is NAME GOT WANT
is() {
	if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "got:  ${2:-nothing}" "want: ${3:-nothing}"; fi
}

# holds_true NAME COMMAND...
holds_true() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$* failed" "$output"; fi
}

# same NAME FILE-GOT FILE-WANT
same() {
	if cmp -s "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1" "$(diff -a "$3" "$2" | head -n 15 | cut -c 1-200 | cat -v)"
	fi
}

finish() { [[ $failures -eq 0 ]]; exit; }

clean_up() {
	local status=$?
	if [[ -n $work ]]; then
		[[ ! -e $work/lab/lab.env ]] || "$lab_program" stop "$work/lab" || status=1
		if [[ -n ${KEEP:-} ]]; then echo "# kept: $work"; else rm -rf "$work" || { sleep 1; rm -rf "$work"; }; fi
	fi
	exit "$status"
}

# Makes $work, starts a laboratory in $work/lab and takes over its variables. Arguments: NAME=value
# for the start.
start_lab() {
	if [[ ! -x $stanch_program ]]; then
		not_ok "there is a program to test" "$stanch_program is missing: ./run --build, or set STANCH"
		exit 1
	fi
	work=$(mktemp -d /tmp/stanch-test.XXXXXX)
	chmod 755 "$work"
	lab=$work/lab
	trap clean_up EXIT
	trap 'exit 130' INT TERM
	if ! env "$@" "$lab_program" start "$lab" >"$work/start.log" 2>&1; then
		not_ok "the laboratory starts" "$(cat "$work/start.log")"
		exit 1
	fi
	# shellcheck disable=SC1091
	. "$lab/lab.env"
	state=$work/state
}

wait_for() { # seconds command...
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $until ]] || return 1
		sleep 0.1
	done
}

# A mailbox's password, and what Dovecot has of it.
password_of() { awk -v who="$1" '$1 == who {print $2}' "$ACCOUNTS"; }
hash_of() { awk -F : -v who="$1" '$1 == who {print $2}' "$PASSWORDS"; }

# Settings: Dovecot as it is in the laboratory.
dovecot_settings() {
	cat <<END
dovecot {
	enabled = yes
	url = http://$ADDRESS:$DOVEADM_PORT
	key_file = $DOVEADM_KEY_FILE
	passwd_file = $PASSWORDS
}
END
}

# Settings: who is contained is refused, his sessions are ended, and his password is changed.
cut_off_settings() { # servers that the old password is tried at, "URL", "URL"
	cat <<END
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
	check = {$1}
}
$(dovecot_settings)
END
}

lab() { "$lab_program" "$1" "$lab" "${@:2}"; }

exim() { lab exim "$@"; }

# stanch on the laboratory's spool
stanch() {
	"$stanch_program" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--no-color "$@"
}

# Where every user reaches the program: a copy, for the checkout may lie in a folder that is its owner's
# alone, as /root is.
program_for_all() {
	[[ -x $work/program-for-all ]] || install -m 755 "$stanch_program" "$work/program-for-all"
	printf '%s\n' "$work/program-for-all"
}

# Keys of the JSON lines on standard input, also of objects within, that none of these manual pages names.
undocumented() { # command...
	local key page pages=()
	for page in "$@"; do pages+=("$root/man/stanch-$page.1.in"); done
	jq -r '.. | objects | keys[]' | LC_ALL=C sort -u | while IFS= read -r key; do
		grep -qwF -e "$key" "${pages[@]}" || printf '%s\n' "$key"
	done
}

# Names of the messages in a queue ("" is the default one), sorted.
ids_in() {
	find "$SPOOL/${1:+$1/}input" -name '*-H' -printf '%f\n' 2>/dev/null | sed 's/-H$//' |
		LC_ALL=C sort
}

# One line for every file of the default queue: name, owner, mode, time, inode, size, checksum.
files_of_queue() {
	find "$SPOOL/input" "$SPOOL/msglog" -type f -printf '%p\n' 2>/dev/null | LC_ALL=C sort |
		while IFS= read -r file; do
			printf '%s %s %s\n' "${file#"$SPOOL"/}" \
				"$(stat -c '%u:%g %a %y %i %s' "$file" 2>/dev/null)" \
				"$(sha256sum 2>/dev/null <"$file")"
		done
}

# Queue ids whose -H names this authenticated mailbox, sorted: by grep, not by stanch.
ids_of_mailbox() { # mailbox [queue]
	local file
	find "$SPOOL/${2:+$2/}input" -name '*-H' | while IFS= read -r file; do
		if grep -qaE '^-host_auth ' "$file" && grep -qaxF -e "--auth_id $1" -e "-auth_id $1" "$file"; then
			basename "$file" -H
		fi
	done | LC_ALL=C sort
}

# Number of the newest hold.
newest_hold() { stanch holds --json | jq -rs 'map(.hold) | max // empty'; }

# Mail of other logins needs a mount namespace (lab/lab script --login); there is none for an ordinary
# user, nor in a folder made the root by chroot.
other_logins() { [[ $EUID -eq 0 ]] && unshare --mount true 2>/dev/null; }

need_root() {
	if [[ $EUID -ne 0 ]]; then
		skip "$1 (needs root)"
		exit 0
	fi
}

#!/bin/bash
# cutoff.sh - what each means of cutting a thief off is worth alone, and all of them together.
#
#   cutoff.sh [--rounds N]      N times each (3)
#
# A thief sends over four open sessions without a pause, opens another where one is ended, and has 300
# messages to come in each of them. Then one means is switched on and "stanch incident act" is run; what
# is counted is counted from its start on. The Exim and Dovecot are the laboratory's (lab/README.md); its
# mail is only queued. STANCH and MAILFLOOD name the programs (those in build/). Root.
#
# Prints a table in Markdown: medians, least and most in brackets.
rounds=3
if [[ ${1:-} == --rounds && ${2:-} =~ ^[1-9][0-9]*$ ]]; then
	rounds=$2
elif [[ $# -gt 0 ]]; then
	sed -n '2,/^rounds/{/^rounds/d;s/^# \{0,1\}//;p;}' "$0"
	exit 2
fi
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/../tests/system/lib.bash"
need_root "processes of Exim's user"
sessions=4 to_come=300
means=(nothing refuse "sessions destroy" "sessions signal" "sessions both" secret all)
start_lab "LOG_SELECTOR=+millisec +smtp_connection" MAILBOXES=$((rounds * ${#means[@]}))
lab queue-only on

write_conf() { # means
	local refuse=no sessions=no secret=no how=both
	case $1 in
	refuse) refuse=yes ;;
	sessions*) sessions=yes how=${1#* } ;;
	secret) secret=yes ;;
	all) refuse=yes sessions=yes secret=yes ;;
	esac
	cat >"$work/stanch.conf" <<-END
		general {
			spool = $SPOOL
			exim_config = $EXIM_CONFIG
			state = $state
		}
		refuse {
			enabled = $refuse
			folder = $lab/refused
		}
		sessions {
			enabled = $sessions
			means = $how
		}
		secret {
			enabled = $secret
			backend = passwd-file
		}
		dovecot {
			enabled = yes
			url = http://$ADDRESS:$DOVEADM_PORT
			key_file = $DOVEADM_KEY_FILE
			passwd_file = $PASSWORDS
		}
	END
}
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" \
		--exim-config "$EXIM_CONFIG" --control "$work/no-daemon" "$@"
}

accepted() { grep -c " <= .* A=dovecot_plain:$1 " "$MAINLOG"; }
each_has_sent() { # mailbox
	[[ $(grep " <= .* A=dovecot_plain:$1 " "$MAINLOG" | cut -d ' ' -f 3 | sort -u | wc -l) -ge $sessions ]]
}

# Messages taken after that second, those in the sessions that were open then, milliseconds until the last
# of all, and until the last of those sessions has ended.
what_passed() { # mailbox seconds
	awk -v want=" A=dovecot_plain:$1 " -v began="$2" '
		function since(time,  part, ms) { # of the day, which may have ended
			split(time, part, ":")
			ms = (part[1] * 3600 + part[2] * 60 + part[3]) * 1000 - (began % 86400) * 1000
			return ms < -43200000 ? ms + 86400000 : ms
		}
		{ at = since($2); end[$3] = at }
		index($0, want) && / <= / {
			if (at <= 0) was_open[$3] = 1
			else { passed++; inside += $3 in was_open; last = at }
		}
		END {
			for (pid in was_open) if (end[pid] > over) over = end[pid]
			printf "%d %d %d %d\n", passed, inside, last, over
		}' "$MAINLOG"
}

number=0
measure() { # means
	local mailbox attack began
	number=$((number + 1))
	mailbox=user$number@shop.test
	write_conf nothing
	stanch contain "mailbox:$mailbox" --yes --reason "a measurement" >"$work/out" 2>&1
	lab send --user "$mailbox" --sessions "$sessions" --messages $((sessions * (to_come + 20))) --recipients 1 \
		--per-connection 4000 --seconds 100 >"$work/attack" 2>&1 &
	attack=$!
	wait_until 200 each_has_sent "$mailbox" || { cat "$work/attack" >&2; exit 1; }
	write_conf "$1"
	began=$EPOCHREALTIME
	stanch incident act "$number" >"$work/out" 2>&1
	wait "$attack"
	printf '%s\t%s\n' "$1" "$(what_passed "$mailbox" "$began" | tr ' ' '\t')" >>"$work/rows"
}

middle() { # means column
	awk -F '\t' -v means="$1" -v column="$2" '$1 == means {print $column}' "$work/rows" | sort -n |
		awk '{v[NR] = $1} END {printf "%d (%d-%d)", v[int((NR + 1) / 2)], v[1], v[NR]}'
}

for ((round = 0; round < rounds; round++)); do
	for one in "${means[@]}"; do measure "$one"; done
done
printf '| means alone | messages taken after it began | in the sessions open then | the last of all after, ms | those sessions ended after, ms |\n'
printf '|---|---|---|---|---|\n'
for one in "${means[@]}"; do
	printf '| %s | %s | %s | %s | %s |\n' "$one" "$(middle "$one" 2)" "$(middle "$one" 3)" "$(middle "$one" 4)" "$(middle "$one" 5)"
done

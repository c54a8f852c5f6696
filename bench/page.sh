#!/bin/bash
# page.sh - what the page costs beside a daemon that knows 100,000 sources: bytes and time of the first
# view, answers a second, and whether the daemon's own work goes on meanwhile.
#
#   page.sh [--sources N] [--seconds N]      N sources in the log (100000); so long under load (10)
#
# The Exim is the laboratory's (lab/README.md). The load is wrk, which has to be installed, as have curl
# and jq. STANCH and MAILFLOOD name the programs (those in build/). Root. Prints tables in Markdown.
sources=100000 seconds=10
usage() {
	sed -n '2,/^sources=/{/^sources=/d;s/^# \{0,1\}//;p;}' "$0"
	exit 2
}
while [[ $# -gt 0 ]]; do
	[[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
	case $1 in
	--sources) sources=$2 ;;
	--seconds) seconds=$2 ;;
	*) usage ;;
	esac
	shift 2
done
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/../tests/system/lib.bash"
need_root "processes of Exim's user"
for program in wrk curl jq; do
	command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 1; }
done
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
lab queue-only on
lab past 30
port=$(free_port "${PORT:?}" "${NET_PORT:?}")
url=http://127.0.0.1:$port

# A message of each source, within the last hour; a hundred less, because the ledger has room for 100,000 and
# is not to forget the laboratory's own for them.
awk -v n="$((sources - 100))" -v now="$(date +%s)" 'BEGIN {
	letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for (i = 0; i < n; i++) {
		id = ""
		for (k = i; length(id) < 6; k = int(k / 62)) id = substr(letters, k % 62 + 1, 1) id
		printf "%s 1abcde-%s-0A <= user%d@shop%d.test H=(laptop.test) [%d.%d.2.9] P=esmtpsa A=dovecot_plain:user%d@shop%d.test S=1234 for friend%d@far%d.test\n",
			strftime("%Y-%m-%d %H:%M:%S", now - 3500 + int(i * 3000 / n)), id, i, i / 20,
			20 + i % 200, i / 200 % 250, i, i / 20, i % 7, i % 500
	}
}' >>"$MAINLOG"

users=$work/page.users
configure yes "page {
	listen = \"127.0.0.1:$port\"
	users = $users
}"
stanch() { "$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" --control "$control" "$@"; }
token=$(stanch page token bench --role reader | tail -n 1)
start_daemon
knows_all() { [[ $(stanch status --json | jq '.watcher | select(.ready) | .sources') -ge $((sources - 100)) ]]; }
wait_for 120 knows_all || { echo "the sources were not read" >&2; exit 1; }
authorization="Authorization: Bearer $token"
is_served() { curl -sf -o /dev/null -H "$authorization" "$url/api/now"; }
wait_for 20 is_served || { echo "the page is not there" >&2; exit 1; }
printf 'stanchd knows %s sources.\n\n' "$(stanch status --json | jq .watcher.sources)"

# --- the first view -------------------------------------------------------------------------------

fetch() { # path: "bytes milliseconds"
	curl -s -o "$work/body" --compressed -H "$authorization" -w '%{size_download} %{time_starttransfer} %{time_total}\n' "$url$1" |
		awk '{printf "%d %.1f %.1f\n", $1, $2 * 1000, $3 * 1000}'
}
modules() { # what the page loads, and what that loads
	local known=" " todo=(/) path found
	while [[ ${#todo[@]} -gt 0 ]]; do
		path=${todo[0]}
		todo=("${todo[@]:1}")
		[[ $known != *" $path "* ]] || continue
		known+="$path "
		echo "$path"
		while read -r found; do todo+=("/${found#./}"); done < <(curl -s --compressed "$url$path" |
			grep -oE "(src|href)=\"/?[a-z./]+\.(js|css|svg)\"|(from|import) ['\"]\./[a-z_]+\.js['\"]" |
			sed -E "s/^[^'\"]*['\"]\/?//; s/['\"]\$//")
	done
}
echo "| first view | bytes over the wire | first byte, ms | all of it, ms |"
echo "|---|---|---|---|"
all=0
while read -r path; do
	read -r bytes first total <<<"$(fetch "$path")"
	all=$((all + bytes))
	printf '| `%s` | %s | %s | %s |\n' "$path" "$bytes" "$first" "$total"
done < <(modules; printf '%s\n' /chart.js /api/session /api/now /api/history)
printf '| all | %s | | |\n\n' "$all"

# --- under load -----------------------------------------------------------------------------------

load() { # path
	wrk -t 1 -c 16 -d "${seconds}s" --latency -H "$authorization" "$url$1" >"$work/wrk" 2>&1
	awk '/Requests\/sec/ {rate = $2} /^ *50%/ {half = $2} /^ *99%/ {most = $2} /Non-2xx/ {bad = $NF}
		END {printf "%s | %s | %s | %s", rate, half, most, bad + 0}' "$work/wrk"
}
cpu_of() { awk '{print $14 + $15}' "/proc/$(pid_of "$1")/stat"; }
echo "| of 16 connections | answers a second | half within | 99 of 100 within | not 200 | watcher's CPU, s | hand's CPU, s |"
echo "|---|---|---|---|---|---|---|"
row() { # name path
	local watcher hand figures hertz
	hertz=$(getconf CLK_TCK)
	watcher=$(cpu_of watcher) hand=$(cpu_of hand)
	figures=$(load "$2")
	printf '| %s | %s | %s | %s |\n' "$1" "$figures" \
		"$(awk -v a="$watcher" -v b="$(cpu_of watcher)" -v h="$hertz" 'BEGIN {printf "%.2f", (b - a) / h}')" \
		"$(awk -v a="$hand" -v b="$(cpu_of hand)" -v h="$hertz" 'BEGIN {printf "%.2f", (b - a) / h}')"
}
row 'the icon, the least that is served' /icon.svg
row '`/api/now`' /api/now
row '`/api/incidents`' '/api/incidents?all=1'
row '`/api/history`' /api/history
echo

# A thief beside the load, and without it.
contained_in() { # mailbox
	local from until
	from=$(date +%s%N)
	lab send --user "$1" --sessions 4 --messages 200 --recipients 10 --per-connection 200 --forge 3 --seed "$((SRANDOM % 1000000))" --seconds 20 >/dev/null 2>&1 &
	wait_for 60 is_in_state "mailbox:$1" "contained cleaning clean" || echo "$1 was not contained" >&2
	until=$(date +%s%N)
	wait $!
	echo $(((until - from) / 1000000))
}
# Of two domains: whom a colleague has written to is no stranger.
mapfile -t thieves < <(awk '/@/ {split($1, at, "@"); if (!seen[at[2]]++) print $1}' "$ACCOUNTS" | head -n 2)
alone=$(contained_in "${thieves[0]}")
wrk -t 1 -c 16 -d 30s -H "$authorization" "$url/api/now" >"$work/wrk" 2>&1 &
wrk=$!
beside=$(contained_in "${thieves[1]}")
kill "$wrk" 2>/dev/null
wait "$wrk" 2>/dev/null
printf 'A thief was contained after %s ms, and beside the load after %s ms.\n' "$alone" "$beside"
stop_daemon

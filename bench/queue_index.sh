#!/bin/bash
# queue_index.sh - how long searches of a large queue take, beside grep over the same spool.
#
#   queue_index.sh [options]
#
#   --messages N   in the made spool (1000000)
#   --spool SPOOL  use this made spool, with SPOOL.list beside it
#   --dir FOLDER   where a spool is made and removed again (/var/tmp/stanch-queue); 11 GB a million
#   --build FOLDER where the programs were built (build), with -Dbench=true
#   --rounds N     times that each question is asked (11)
#   --peers WORDS  of "grep" and "exiqgrep" ("grep")
#
# Prints a table in Markdown: what reading all costs in time and memory, and for a rare word, a
# frequent one, none at all and one that nobody wrote, how long an answer takes. grep reads every -H,
# as whoever searches today does. The files are to be in memory: they are read once before. Root.
set -eu -o pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
dir=/var/tmp/stanch-queue build=$here/../build messages=1000000 spool='' rounds=11 peers=grep

while [ $# -gt 0 ]; do
	case $1 in
	--messages) messages=$2 ;;
	--spool) spool=$2 ;;
	--dir) dir=$2 ;;
	--build) build=$2 ;;
	--rounds) rounds=$2 ;;
	--peers) peers=$2 ;;
	*)
		sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"
		exit 2
		;;
	esac
	shift 2
done

remove_made() { rm -rf "$dir/spool" "$dir/spool.list"; }
if [ -z "$spool" ]; then
	mkdir -p "$dir"
	chmod 755 "$dir"
	trap remove_made EXIT
	remove_made
	spool=$dir/spool
	"$build/bench/makespool" --dir "$spool" --messages "$messages" --threads 2 --list "$spool.list"
fi

all_files() { find "$spool/input" -name '*-H' -print0; }
all_files | xargs -0 cat > /dev/null

# One message, and all of its sender.
id=$(awk 'NR == 3 {print $1; exit}' "$spool.list")
source=$(awk 'NR == 3 {print $2; exit}' "$spool.list")
"$build/bench/queueload" --rounds "$rounds" "$build/stanch" "$spool" \
	'{"limit":50}' '{"q":"no-such-word-anywhere","limit":50}' \
	"{\"q\":\"$id\",\"limit\":50}" "{\"q\":\"${source#*:}\",\"in\":\"sender\",\"limit\":50}" \
	'{"q":"test","limit":50}' '{"q":"test","limit":200}' '{"q":"e","in":"subject","frozen":1,"limit":50}'

timed() { # name command...
	local name=$1 begun=$EPOCHREALTIME TIMEFORMAT='%U %S' cpu
	shift
	cpu=$({ time "$@" > /dev/null 2>&1 || true; } 2>&1)
	awk -v n="$name" -v a="$begun" -v b="$EPOCHREALTIME" -v cpu="$cpu" 'BEGIN {split(cpu, c, " ")
		printf "| %s | | %.1f s | %.1f s of CPU |\n", n, b - a, c[1] + c[2]}'
}
for peer in $peers; do
	case $peer in
	grep) timed '`grep -rliF no-such-word-anywhere`' grep -rliF --include='*-H' no-such-word-anywhere "$spool/input" ;;
	exiqgrep)
		mkdir -p "$spool.log"
		chown --reference="$spool" "$spool.log"
		sed "s#@SPOOL@#$spool#; s#@SPLIT@#true#" "$here/exim.conf.in" > "$spool.conf"
		timed '`exiqgrep -i -f no-such-word`' exiqgrep -C "$spool.conf" -i -f no-such-word
		rm -rf "$spool.log" "$spool.conf"
		;;
	esac
done

#!/bin/bash
# bench.sh - stanch against the least that its work can cost, and against the tools of today.
#
#   bench.sh [options] [PART...]       scan count hold cold memory growth, or all (the default)
#
#   scan     read every message and name its source, the files in memory
#   count    count the messages
#   hold     take 10,000 messages out of delivery
#   cold     scan, the caches dropped before each run (root; the whole machine feels it)
#   memory   the peak of one process
#   growth   scan at 10,000, 100,000 and 1,000,000 messages
#
#   --messages N   only this size (else those of each part, up to 1,000,000)
#   --dir FOLDER   where spools are made (/var/tmp/stanch-bench); a million messages take 17 GB
#   --spool SPOOL  use this made spool, with SPOOL.truth and SPOOL.list beside it
#   --build FOLDER where the programs were built (build)
#   --stanch FILE  the program to measure (the built one)
#   --rounds N     counted pairs a comparison (7, 5 or 3, by size)
#   --limit SEC    fewer rounds where a comparison would take longer (400)
#   --no-peers     leave out Exim's tools
#   --keep         leave the made spools for the next time
#
# Prints a table a part, in Markdown, and appends it to FOLDER/table.md; each run is a line of
# FOLDER/rows.tsv. Two commands are timed in turn (pairtime), so the ratios hold even where the times
# drift. Nothing is delivered, nothing listens: exim.conf.in is the Exim that is asked. Root.
set -eu -o pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
dir=/var/tmp/stanch-bench build=$here/../build
messages='' given='' stanch='' rounds='' limit=400 keep='' peers=yes parts=''

usage() {
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"
	exit "$1"
}
while [ $# -gt 0 ]; do
	case $1 in
	--messages) messages=$2 && shift ;;
	--dir) dir=$2 && shift ;;
	--spool) given=$2 && shift ;;
	--build) build=$2 && shift ;;
	--stanch) stanch=$2 && shift ;;
	--rounds) rounds=$2 && shift ;;
	--limit) limit=$2 && shift ;;
	--no-peers) peers='' ;;
	--keep) keep=yes ;;
	-h | --help) usage 0 ;;
	scan | count | hold | cold | memory | growth) parts+=" $1" ;;
	all) parts=' scan count hold cold memory growth' ;;
	*) usage 2 >&2 ;;
	esac
	shift
done
parts=${parts:- scan count hold cold memory growth}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
rows=$dir/rows.tsv table=$dir/table.md
bin=$build/bench
[ -x "$bin/makespool" ] || { echo "bench.sh: no programs in $bin: meson setup -Dbench=true" >&2; exit 1; }
for file in "$build/stanch" "$build/src/programs/stanch"; do
	[ -n "$stanch" ] || [ ! -x "$file" ] || stanch=$file
done
[ -n "$stanch" ] || echo 'bench.sh: no stanch is built: only floors and peers are measured' >&2
exim=$(command -v exim4 || command -v exim || true)
[ -n "$exim" ] && command -v exipick exiqgrep > /dev/null || {
	echo "bench.sh: Exim's tools are not here: peers are left out" >&2
	peers=''
}

# ---- spools ----

write_conf() { # SPOOL SPLIT(true|false): SPOOL.conf, and the folder for its log
	mkdir -p "$1.log"
	chown --reference="$1" "$1.log"
	sed "s#@SPOOL@#$1#; s#@SPLIT@#$2#" "$here/exim.conf.in" > "$1.conf"
}

# Sets spool, input, conf, count (messages), top (the largest source) and id (its name).
use_spool() { # MESSAGES
	spool=$given
	if [ -z "$spool" ]; then
		spool=$dir/spool-$1
		# The truth is written last: without it the spool is half made.
		[ -f "$spool.truth" ] || {
			rm -rf "$spool"
			"$bin/makespool" --dir "$spool" --messages "$1" --msglog --threads 2 \
				--list "$spool.list" --truth "$spool.new"
			mv "$spool.new" "$spool.truth"
			sync -f "$dir"
		}
	fi
	input=$spool/input conf=$spool.conf
	write_conf "$spool" true
	count=$(awk -F'\t' '$1 == "total" {print $3}' "$spool.truth")
	top=$(awk -F'\t' -v OFS='\t' '$1 ~ /^mailbox:/ {print $3, $1}' "$spool.truth" | sort -rn | sed -n '1s/.*\t//p')
	id=${top#*:}
}

drop_spool() {
	[ -n "$keep$given" ] || rm -rf "$spool" "$spool".*
}

# ---- comparisons ----

head_of() { # PART
	printf '\n### %s: %s messages, %s, %s cores\n\n' "$1" "$count" "$(date -u +%F)" "$(nproc)" | tee -a "$table"
	header=--header group=$1/$count
}

default_rounds() {
	if [ "$count" -le 20000 ]; then echo 7; elif [ "$count" -le 200000 ]; then echo 5; else echo 3; fi
}

pair() { # NAME_A CMD_A NAME_B CMD_B [OPTION...]: B is what the ratio is of
	local name_a=$1 a=$2 name_b=$3 b=$4
	shift 4
	"$bin/pairtime" ${header:+"$header"} --group "$group" --rows "$rows" --units "$count" --unit msg \
		--rounds "${rounds:-$(default_rounds)}" --limit "$limit" --name-a "$name_a" \
		--name-b "$name_b" "$@" "$a" "$b" | tee -a "$table" || echo "bench.sh: failed: $name_b" >&2
	header=''
}

ask() { # stanch's command and options, on this spool
	echo "$stanch --spool $spool --state $dir/state --exim-config $conf --quiet $*"
}

same() { # WHAT GOT WANT
	[ "$2" = "$3" ] || { echo "bench.sh: $1: got $2, want $3; its times mean nothing" >&2; exit 1; }
}

# Fast and wrong is no result.
check_count() {
	[ -z "$stanch" ] || same 'stanch queue --count' "$(sh -c "$(ask queue --count)")" "$count"
}

check_sources() {
	local found=$dir/found.$$ want=$dir/want.$$
	[ -n "$stanch" ] || return 0
	sh -c "$(ask sources --all --no-content --json)" |
		sed -n 's/^{"source": *"\([^"]*\)".*"messages": *\([0-9]*\).*/\1 \2/p' | sort > "$found"
	awk -F'\t' '!/^#/ && $1 != "total" {print $1, $3}' "$spool.truth" | sort > "$want"
	same 'stanch sources' "$(diff "$want" "$found" | wc -l)" 0
	rm -f "$found" "$want"
}

sources='sources --no-content'

part_scan() {
	local size floor
	for size in ${messages:-100000 1000000}; do
		use_spool "$size"
		check_sources
		head_of scan
		floor="$bin/readfloor $input"
		pair 'floor, 1 thread' "$floor" 'floor, 2 threads' "$bin/readfloor --threads 2 $input"
		pair 'floor, 1 thread' "$floor" 'floor, io_uring' "$bin/readfloor --work uring $input"
		if [ -n "$stanch" ]; then
			pair 'floor, 1 thread' "$floor" "stanch $sources --threads 1" "$(ask "$sources" --threads 1)"
			pair 'floor, 1 thread' "$floor" "stanch $sources --threads 2" "$(ask "$sources" --threads 2)"
			pair 'floor, 1 thread' "$floor" 'stanch sources' "$(ask sources)"
			scan_peers "stanch $sources" "$(ask "$sources")"
		fi
		scan_peers 'floor, 1 thread' "$floor"
		[ -n "$given" ] && break
		drop_spool
	done
}

scan_peers() { # NAME CMD of what they are compared with
	[ -n "$peers" ] || return 0
	pair "$1" "$2" 'exim -bp' "$exim -C $conf -bp" --warm 0
	pair "$1" "$2" 'exiqgrep -i -f SENDER' "exiqgrep -C $conf -i -f $id" --warm 0 --ok 0,1
	pair "$1" "$2" "exipick -i '\$authenticated_id eq …'" \
		"exipick --spool $spool -i '\$authenticated_id eq $id'" --warm 0
}

part_count() {
	local size names
	for size in ${messages:-100000 1000000}; do
		use_spool "$size"
		check_count
		head_of count
		names="$bin/readfloor --work names $input"
		[ -z "$peers" ] || pair 'floor: list the names' "$names" 'exim -bpc' "$exim -C $conf -bpc"
		if [ -n "$stanch" ]; then
			pair 'floor: list the names' "$names" 'stanch queue --count' "$(ask queue --count)"
			[ -z "$peers" ] || pair 'exim -bpc' "$exim -C $conf -bpc" 'stanch queue --count' "$(ask queue --count)"
		fi
		[ -n "$given" ] && break
		drop_spool
	done
}

part_cold() {
	local size each many
	for size in ${messages:-100000}; do
		use_spool "$size"
		head_of cold
		each="$bin/readfloor $input" many="$bin/readfloor --threads 64 --order inode $input"
		pair 'floor, 1 thread' "$each" 'floor, 64 threads, by inode' "$many" --cold
		[ -z "$peers" ] || pair 'floor, 64 threads, by inode' "$many" 'exim -bp' "$exim -C $conf -bp" --cold
		if [ -n "$stanch" ]; then
			pair 'floor, 64 threads, by inode' "$many" "stanch $sources" "$(ask "$sources")" --cold
			[ -z "$peers" ] || pair "stanch $sources" "$(ask "$sources")" 'exim -bp' "$exim -C $conf -bp" --cold
		fi
		[ -n "$given" ] && break
		drop_spool
	done
}

part_memory() {
	local size
	for size in ${messages:-1000000}; do
		use_spool "$size"
		head_of memory
		if [ -n "$stanch" ]; then
			pair "stanch $sources" "$(ask "$sources")" 'stanch sources' "$(ask sources)" --rounds 1 --warm 0
			pair "stanch $sources" "$(ask "$sources")" "stanch $sources --json" "$(ask "$sources" --all --json)" --rounds 1 --warm 0
		fi
		[ -z "$peers" ] || pair 'floor, 1 thread' "$bin/readfloor $input" 'exiqgrep -c' "exiqgrep -C $conf -c" --rounds 1 --warm 0
		[ -n "$given" ] && break
		drop_spool
	done
}

part_growth() {
	local size
	for size in ${messages:-10000 100000 1000000}; do
		use_spool "$size"
		head_of growth
		pair 'floor, 1 thread' "$bin/readfloor $input" 'floor, 2 threads' "$bin/readfloor --threads 2 $input"
		[ -z "$stanch" ] || pair 'floor, 1 thread' "$bin/readfloor $input" "stanch $sources --threads 1" "$(ask "$sources" --threads 1)"
		[ -n "$given" ] && break
		drop_spool
	done
}

# ---- hold: each run gets a fresh spool, written out to the disk ----

# Where unlinking waits for the disk to discard (a mount with "discard" does), the peers that remove
# would be measured with the disk: then a file system of its own, as most servers have it.
find_place() {
	place=$dir/hold
	mkdir -p "$place"
	case ,$(findmnt -no OPTIONS -T "$dir"), in
	*,discard,*) ;;
	*) return 0 ;;
	esac
	truncate -s 4G "$dir/hold.img"
	mkfs.ext4 -qF "$dir/hold.img" && mount -o loop,noatime "$dir/hold.img" "$place" || {
		echo 'bench.sh: no loop mount here: removal is measured with the disk it is on' >&2
		rm -f "$dir/hold.img"
		return 0
	}
	mounted=yes
	trap leave_place EXIT
}

leave_place() {
	[ -z "${mounted:-}" ] || umount "$place"
	mounted=''
	rm -rf "$place" "$dir/hold.img"
}

prepare() { # makespool's options
	echo "rm -rf $spool $spool.log/* $place/state $place/floor* &&
		$bin/makespool --dir $spool --msglog --threads 2 --list $place/list $* && sync -f $place"
}

# How much of a hold is over when the last -H has left: its rename is its time of change.
last_out() { # PREPARE HOLD
	local round start end last
	for round in $(seq "${rounds:-5}"); do
		sh -c "$1"
		start=$(date +%s.%N)
		sh -c "$2" > /dev/null
		end=$(date +%s.%N)
		last=$(find "$spool/stanch" -name '*-H' -printf '%C@\n' | sort -n | tail -1)
		awk -v group="$group" -v round="$round" -v start="$start" -v last="$last" -v end="$end" \
			'BEGIN {printf "%s\tlast out\t-\t%d\t%.6f\t%.6f\n", group, round, last - start, end - start}'
	done > "$place/last_out"
	cat "$place/last_out" >> "$rows"
	awk '{print $(NF - 1) / $NF}' "$place/last_out" | sort -n | awk '{part[NR] = $1}
		END {printf "\nThe last -H had left after %.2f (%.2f-%.2f) of the hold; %d runs.\n",
			part[int((NR + 1) / 2)], part[1], part[NR], NR}' | tee -a "$table"
}

hold_rows() { # WHAT STANCH-ARGUMENTS MAKESPOOL-OPTIONS...
	local what=$1 arguments=$2 floor held removed fresh
	shift 2
	fresh=$(prepare "$@")
	sh -c "$fresh"
	write_conf "$spool" true
	awk -F'\t' -v s="$top" 's == "" || $2 == s {print $1}' "$place/list" > "$place/ids"
	count=$(wc -l < "$place/ids")
	floor="$bin/movefloor --to $place/floor $spool < $place/ids"
	removed="xargs $exim -C $conf -Mrm < $place/ids"
	held="$stanch --spool $spool --state $place/state --exim-config $conf --quiet hold $arguments --yes"
	set -- --prepare "$fresh" --warm 0
	head_of "hold $what"
	[ -z "$peers" ] || pair 'floor: lock, rename, log, fsync' "$floor" 'xargs exim -Mrm' "$removed" "$@"
	[ -n "$stanch" ] || return 0
	pair 'floor: lock, rename, log, fsync' "$floor" "stanch hold $what" "$held" "$@"
	[ -z "$peers" ] || pair 'xargs exim -Mrm' "$removed" "stanch hold $what" "$held" "$@"
	last_out "$fresh" "$held"
}

part_hold() {
	find_place
	spool=$place/spool conf=$place/spool.conf count=10000
	rm -rf "$spool" "$spool".*
	top=''
	hold_rows 'of a list of ids' "--ids-from $place/ids" --messages "${messages:-10000}"
	# One hijacked mailbox, which has 85 of 100 messages.
	"$bin/makespool" --dir "$place/one" --messages "$(( ${messages:-10000} * 20 / 17 ))" --accounts 1 --truth "$place/truth"
	rm -rf "$place/one"
	top=$(awk -F'\t' '$2 == "hijacked" {print $1}' "$place/truth")
	hold_rows 'of a source' "$top" --accounts 1 --messages "$(( ${messages:-10000} * 20 / 17 ))"
	leave_place
}

for part in $parts; do
	"part_$part"
done
echo "each run: $rows" >&2

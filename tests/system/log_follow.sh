#!/bin/bash
# A log that is written to, rotated in every usual way and followed, all at once, while the follower is
# killed again and again: each line comes once, and in order. Where lines can be lost (copytruncate),
# the follower has said so.
#
# STORM_SECONDS: how long each way is tried (4). All are tried at the same time.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
storm=$(dirname "$stanch_program")/log_storm
seconds=${STORM_SECONDS:-4}
writers="ann bob cem"

logrotate=$(PATH=$PATH:/usr/sbin:/sbin command -v logrotate) || logrotate=
if [[ ! -x $storm ]]; then
	not_ok "there is a program to test" "$storm is missing: ./run --build, or set STANCH"
	exit 1
fi
work=$(mktemp -d /tmp/stanch-test.XXXXXX)
stormy=()
end_storm() {
	local pid
	for pid in "${stormy[@]}"; do kill "$pid" 2>/dev/null; done
	wait
	clean_up
}
trap end_storm EXIT
trap 'exit 130' INT TERM

pause() { sleep "0.$(printf '%03d' $((RANDOM % $1 + 20)))"; }

# --- ways to rotate; each is called in the folder of its log ------------------------------------

write_conf() { # words for logrotate
	printf '%s/mainlog {\nrotate 90\nmissingok\nnotifempty\n%s\n}\n' "$PWD" "$(printf '%s\n' "$@")" >conf
	chmod 600 conf
}

debian() {
	[[ -e conf ]] || write_conf nocreate compress delaycompress
	"$logrotate" -f -s state conf
}

# Packed at once: what a late writer adds meanwhile is lost to all, so the writers wait.
packed_at_once() {
	[[ -e conf ]] || write_conf nocreate compress "compresscmd /usr/bin/zstd" "compressext .zst" \
		"compressoptions -q" "uncompresscmd /usr/bin/unzstd"
	flock lock "$logrotate" -f -s state conf
}

copied() {
	[[ -e conf ]] || write_conf copytruncate compress delaycompress
	"$logrotate" -f -s state conf
}

# The steps of Exim's exicyclog.
exicyclog() {
	local count old new
	for ((count = 90; count > 1; count--)); do
		printf -v old '%02d' $((count - 1))
		printf -v new '%02d' "$count"
		if [[ -e mainlog.$old ]]; then
			mv "mainlog.$old" "mainlog.$new"
		elif [[ -e mainlog.$old.gz ]]; then
			mv "mainlog.$old.gz" "mainlog.$new.gz"
		fi
	done
	[[ -e mainlog ]] || return 0
	mv mainlog mainlog.01
	touch mainlog.$$
	# Exim may have made it meanwhile; here that file is kept.
	mv -n mainlog.$$ mainlog
	rm -f mainlog.$$
	for ((count = 2; count < 90; count++)); do
		printf -v new '%02d' "$count"
		[[ ! -e mainlog.$new ]] || gzip "mainlog.$new"
	done
}

# The name is a symbolic link to the file of the day.
turned() {
	local day
	day=$(printf 'mainlog-2026%04d' "$(($(cat day 2>/dev/null || echo 100) + 1))")
	echo "${day#mainlog-2026}" | sed 's/^0*//' >day
	ln -s "$day" link
	mv -T link mainlog
}

# --- the storm ----------------------------------------------------------------------------------

# Not before the log was looked at: from where to begin is another question.
rotate_until_told() { # way
	until grep -qs '^P' journal; do sleep 0.02; done
	while [[ ! -e calm ]]; do
		"$1" >>rotation.log 2>&1
		pause 250
	done
}

follow_and_kill() {
	local pid
	while [[ ! -e calm ]]; do
		"$storm" follow "$PWD/mainlog" journal &
		pid=$!
		pause 300
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		echo >>kills
	done
}

try() { # way, and a lock for the writers
	local writer pids=() rotation
	mkdir "$work/$1" && cd "$work/$1" || return 1
	[[ $1 != turned ]] || turned
	rotate_until_told "$1" &
	rotation=$!
	follow_and_kill 2>/dev/null &
	for writer in $writers; do
		"$storm" write "$PWD/mainlog" "$writer" "$seconds" ${2:+"$2"} >"$writer.count" &
		pids+=($!)
	done
	wait "${pids[@]}"
	touch calm
	wait "$rotation"
	wait
	# Twice: nothing comes again.
	"$storm" follow "$PWD/mainlog" journal once && "$storm" follow "$PWD/mainlog" journal once
}

# Each writer's numbers without a hole and none twice. Where lines may be lost, there is at most one hole
# for each time that the follower has told of.
judge() { # journal may-lose
	awk -v may_lose="$2" '
		function hole(writer, what) {
			if (!may_lose || ++holes[writer] > told) print writer ": " what
		}
		$1 == "E" && $2 == "log-truncated" {told++}
		$1 == "L" {
			if ($3 <= last[$2]) print $2 ": " $3 " comes after " last[$2]
			if ($3 > last[$2] + 1) hole($2, "nothing between " last[$2] " and " $3)
			last[$2] = $3
		}
		END {
			while ((getline line < "counts") > 0) {
				split(line, c, " ")
				if (last[c[1]] != c[2]) hole(c[1], "ends at " last[c[1]] ", not " c[2])
			}
		}' "$1"
}

verdict() { # way may-lose
	local writer found rotations
	cd "$work/$1" || return 1
	for writer in $writers; do echo "$writer $(cat "$writer.count")"; done >counts
	found=$(judge journal "$2")
	rotations=$(grep -cE '^E log-(rotated|truncated|replaced)' journal)
	if [[ -n $found ]]; then
		not_ok "$1: each line once, in order" "$found"
	else
		ok "$1: each line once, in order"
	fi
	echo "# $1: $(awk '{n += $2} END {print n}' counts) lines, $(grep -c '^L' journal) came, $rotations" \
		"rotations seen, $(wc -l <kills) kills"
	holds_true "$1: it was rotated and killed" test "$rotations" -gt 3 -a "$(wc -l <kills)" -gt 3
	if grep -q '^E log-position-lost' journal; then
		not_ok "$1: no position was lost" "$(grep -n '^E log-position-lost' journal)"
	else
		ok "$1: no position was lost"
	fi
}

ways="exicyclog turned"
[[ -z $logrotate ]] || ways="debian packed_at_once copied $ways"
for way in $ways; do
	(
		stormy=()
		trap - EXIT
		lock=
		[[ $way != packed_at_once ]] || lock=lock
		try "$way" "$lock"
	) &
	stormy+=($!)
done
wait "${stormy[@]}"
stormy=()
for way in $ways; do
	verdict "$way" "$([[ $way != copied ]] || echo yes)"
done
[[ -n $logrotate ]] || skip "logrotate's ways (it is not installed)"
finish

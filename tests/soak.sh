#!/bin/bash
# Half an hour (SOAK_SECONDS) of mixed traffic beside stanchd, while the log is rotated, the daemon's parts
# are killed, and Exim is stopped and started. At the end it must remember each message of the logs once,
# and its memory must not have grown. Not part of ./check: it takes its time.
#
# usage: tests/soak.sh      STANCH names the program (build/stanch), SOAK_SECONDS the time (1800)
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/system/lib.bash"
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
seconds=${SOAK_SECONDS:-1800}
configure no
rotate() {
	local n
	for ((n = $(find "$(dirname "$MAINLOG")" -name 'mainlog.*' | wc -l); n > 0; n--)); do
		mv "$MAINLOG.$n" "$MAINLOG.$((n + 1))"
	done
	mv "$MAINLOG" "$MAINLOG.1"
}
in_the_logs() { cat "$MAINLOG" "$MAINLOG".* 2>/dev/null | grep -c -e ' <= .* A=dovecot_plain:' -e ' <= [^<].* P=local'; }
remembered() { stanch status --json 2>/dev/null | jq .watcher.remembered; }
memory() { awk '/VmRSS/ {print $2}' "/proc/$(pid_of watcher)/status"; }

lab past 30
start_daemon
rotations=0 kills=0 restarts=0 round=0
began=$SECONDS first_memory=
while [[ $((SECONDS - began)) -lt $seconds ]]; do
	round=$((round + 1))
	lab honest --messages 24 >/dev/null
	if [[ $((round % 2)) -eq 0 ]]; then lab flood --messages 20 --recipients 5 >/dev/null; fi
	if [[ $((round % 3)) -eq 0 ]]; then
		rotate
		rotations=$((rotations + 1))
	fi
	case $((round % 8)) in
	2) kill -9 "$(pid_of watcher)" && kills=$((kills + 1)) ;;
	4) kill -9 "$(pid_of hand)" && kills=$((kills + 1)) ;;
	6)
		kill -9 "$daemon" && kills=$((kills + 1))
		wait "$daemon" 2>/dev/null
		sleep 1
		start_daemon
		;;
	7)
		"$lab_program" stop "$lab" >/dev/null && "$lab_program" start "$lab" >/dev/null
		# shellcheck disable=SC1091
		. "$lab/lab.env"
		restarts=$((restarts + 1))
		;;
	esac
	if [[ -z $first_memory && $round -eq 5 ]]; then first_memory=$(memory); fi
done
lab settle
for _ in {1..60}; do
	[[ $(remembered) != "$(in_the_logs)" ]] || break
	sleep 0.5
done
printf '# %s rounds, %s rotations, %s kills, %s restarts of Exim, %s messages\n' \
	"$round" "$rotations" "$kills" "$restarts" "$(in_the_logs)"
printf '# memory of the watcher: %s KiB after five rounds, %s at the end\n' "$first_memory" "$(memory)"
is "each message of the logs is remembered once" "$(remembered)" "$(in_the_logs)"
holds_true "memory has not grown by more than a quarter" \
	test "$(memory)" -le "$((first_memory + first_memory / 4))"
finish

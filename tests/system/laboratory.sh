#!/bin/bash
# The laboratory itself: two at once, nothing but loopback, nothing left behind.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
second=$work/second
holds_true "a second laboratory starts beside the first" "$lab_program" start "$second"
is "it has other ports" "$(grep -hE '^(NET_)?PORT=' "$lab/lab.env" "$second/lab.env" | cut -d = -f 2 | sort -u | wc -l)" 4
"$lab_program" flood "$second" --messages 20 --recipients 2 >"$work/flood"
is "mail to one is not in the other" "$(exim -bpc)" 0
is "the flood reports what was accepted" "$(cut -d ' ' -f 1,2 "$work/flood")" "messages=20 recipients=40"
"$lab_program" start "$second" >"$work/out" 2>&1
is "a running laboratory is not started again" $? 1
holds_true "it stops" "$lab_program" stop "$second"
is "and leaves no process" "$(processes_with_argument "$second/hosting.conf"
	processes_with_argument "$second/internet.conf"
	processes_with_argument "$second/dovecot.conf")" ""
mkdir "$work/full"
touch "$work/full/file"
"$lab_program" start "$work/full" >"$work/out" 2>&1
is "a folder with other things in it is refused" $? 1
is "and is left as it was" "$(ls -A "$work/full")" file

lab send --host 192.0.2.1 >"$work/out" 2>&1
is "the sender sends to loopback only" $? 2
lab send --messages 99999999 >"$work/out" 2>&1
is "the sender is bounded" $? 2

lab send --user carl@club.test --from victim@nobounce.test --to reject1@x.test --to defer2@x.test >/dev/null
lab send --user bob@shop.test --to one@ok.test --to ann@shop.test >/dev/null
lab settle
is "deliveries are counted by recipient" "$(lab deliveries | cut -f 2 | sort | xargs)" "ann@shop.test one@ok.test"
is "a bounce to who refuses bounces freezes" "$(exim -bp | grep -c '<> \*\*\* frozen')" 1
lab divert bob@shop.test side
lab send --user bob@shop.test --to two@ok.test >/dev/null
is "mail can be put into a named queue" "$(exim -qGside -bpc)" 1
lab runner start 0.1 2
holds_true "runners start" process_runs "$lab/runner.1.process"
read -r runner _ <"$lab/runner.2.process"
holds_true "and their numbers are their own" wait_until 20 grep -qx bash "/proc/$runner/comm"
lab runner stop
wait_until 20 test ! -e "/proc/$runner"
is "and stop" "$(ls -d "/proc/$runner" 2>/dev/null)" ""
is "nobody's panic log" "$(cat "$lab/log/paniclog" 2>/dev/null)" ""
finish

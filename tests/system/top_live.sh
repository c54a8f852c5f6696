#!/bin/bash
# stanch top on a terminal (tmux) with the real daemon: a mailbox floods, is seen, contained and released by
# keys; and the daemon is killed while it is watched.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
if ! command -v tmux >/dev/null; then
	skip "stanch top with the daemon (tmux is not installed)"
	exit 0
fi
export LOG_SELECTOR=+millisec
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
# shellcheck source=tests/system/terminal.bash
. "$root/tests/system/terminal.bash"
thief=mailbox:ann@shop.test
end_live() {
	local status=$?
	end_terminal
	(exit "$status")
	end_daemon
}
trap end_live EXIT

lab past 30
lab send --user bob@shop.test --to friend@ok.test >/dev/null # before the first there is no queue to look at
lab settle
configure no
start_daemon
open_top 110 30
sees "of a quiet server it is calm" "calm: nothing waits for a person"
holds_true "it knows the queue, when that was looked at" wait_for 60 shows "queue 0"
sees "and the mode" "mode observe"
lab queue-only on
lab flood --messages 60 --recipients 5 >/dev/null
lab settle
sees "a flood: a person is asked" "1 INCIDENT WAITS for a person"
holds_true "the thief is first among the sources" wait_for 30 grep -qE "^ ! .*$thief" <(screen)
number=$(stanch incidents --json | jq "select(.source == \"$thief\") | .incident")
before=$(stanch queue --source "$thief" --count)
is "as status has it" "$(stanch incidents --json | jq -r "select(.source == \"$thief\") | .state")" waiting
stanch top --once >"$work/out"
is "printed, it says so, too" "$(head -n 1 "$work/out" | cut -d ' ' -f 1-5)" "1 INCIDENT WAITS for a"
keys Home e
sees "e explains the incident that waits" "bits of evidence"
keys q
sees "and goes back" "c contain"
keys c
sees "c asks" "type y to contain it"
keys y
sees "y does it" "Done: it is contained."
is "its mail is held" "$(stanch queue --source "$thief" --count)" 0
is "all of it" "$(stanch holds --json | jq -s "map(select(.source == \"$thief\") | .held) | add")" "$before"
keys q
sees "the daemon says it is over" "$number clean"
sees "and how much is held" "held $before"
keys r
sees "r asks" "type y to release it"
keys y
sees "y does it" "Done: it is released."
is "its mail is back" "$(stanch queue --source "$thief" --count)" "$before"
keys q
sees "and it is said" "$number released"
kill -STOP "$(pid_of hand)"
sees "a hand that hangs is seen" "OLD: what is shown is of"
kill -CONT "$(pid_of hand)"
gone() { ! shows "OLD: "; }
holds_true "and that it goes on" wait_for 15 gone
stop_daemon
sees "a daemon that ended is seen" "no daemon runs"
keys q
is_given_back "q"

finish

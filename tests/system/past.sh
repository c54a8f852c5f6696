#!/bin/bash
# What the daemon tells of now and of the past: minutes, who sends and how fast, and what each source
# did on each day, across a part that is killed and files that are damaged. It takes some minutes,
# because it waits for them to go by.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
if ! command -v python3 >/dev/null; then
	skip "python3 is not installed"
	exit 0
fi
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
thief=mailbox:ann@shop.test
friend=mailbox:carl@club.test

# Asks at the control socket, as base/frame.h says: four bytes with the length, then JSON.
cat >"$work/ask.py" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect(sys.argv[1])
question = sys.argv[2].encode()
s.sendall(struct.pack(">I", len(question)) + question)
data = b""
while len(data) < 4 or len(data) < 4 + struct.unpack(">I", data[:4])[0]:
    got = s.recv(65536)
    if not got:
        sys.exit(1)
    data += got
sys.stdout.buffer.write(data[4:])
END
ask() { python3 "$work/ask.py" "$control" "$1"; }
now() { ask '{"ask": "now"}' | jq -c "$1"; }
is_now() { [[ $(now "$1") == true ]]; }
history() { ask "{\"ask\": \"history\", \"from\": $begun}" | jq -c "$1"; }
today() { stanch explain "$1" --json | jq -c ".days[] | select(.day == \"$(date -u +%F)\")"; }
sent_today() { today "$1" | jq -r "\"\(.messages) \(.recipients)\""; }
has_sent() { [[ $(sent_today "$1") == "$2" ]]; }
send() { # source messages recipients
	local to=()
	for ((i = 0; i < $3; i++)); do to+=(--to "friend$i@far.test"); done
	lab send --user "${1#mailbox:}" --messages "$2" "${to[@]}" --different --helo laptop.test \
		--seed "$((SRANDOM % 1000000))" >/dev/null
}
pid_changed() { local p; p=$(pid_of "$1"); [[ -n $p && $p != "$2" ]]; }
begun=$(date +%s)

# --- as it begins -----------------------------------------------------------------------------------

lab past 30
configure no
start_daemon
holds_true "what is now is told" is_now '.mode == "observe" and .ready and .journal'
is "a queue that Exim has not made yet is not known, and no 0" "$(now '[.queue, .held]')" "[null,0]"
holds_true "there is no minute yet, and no false one" is_now '.minute == null'
is "nor in the history" "$(history '[.accepted[] | select(. != null)] | length')" 0
holds_true "nobody sends, which is known" wait_for 10 is_now '.sources == [] and .sources_active == 0'
is "those who sent before are" "$(now .sources_known)" 12
days() { stanch explain "$1" --json | jq '.days | length'; }
has_days() { [[ $(days "$1") -ge $2 ]]; }
holds_true "their days of before are there" wait_for 70 has_days "$friend" 10
is "and shown" "$(stanch explain "$friend" | grep -c 'recipients a day in 4 weeks')" 1
is "the file is the watcher's alone" "$(stat -c '%a %U' "$state/ledger/days.sqlite")" "600 $ACCOUNT"

# --- a minute ---------------------------------------------------------------------------------------

before=$(today "$friend" | jq .messages)
before=${before:-0}
holds_true "a whole minute is counted, and nothing happened in it" \
	wait_for 150 is_now '.minute != null and .minute.accepted == 0'
send "$friend" 3 2
holds_true "who sends is told" wait_for 20 is_now ".sources | map(select(.source == \"$friend\")) | length == 1"
row() { now ".sources[] | select(.source == \"$friend\") | $1"; }
is "with the pace of the last minutes" "$(row '[.pace | length, add]')" "[60,6]"
is "nothing is wrong with it" "$(row .verdict)" '"nothing"'
is "one is active" "$(now .sources_active)" 1
holds_true "the queue is counted" wait_for 10 is_now '.queue == 0'
has_minutes() { [[ $(history "[[.accepted[], 0 | numbers], [.delivered[], 0 | numbers]] | map(add)") == "$1" ]]; }
holds_true "the minutes have that mail, once" wait_for 80 has_minutes "[3,6]"
holds_true "and the queue at their end" is_now ".minute.queue == 0"
is "its length is that of the time" "$(history '(.at | length) == ((.to - .from) / .step)')" true
is "all series are as long" "$(history '[.at, .queue, .held, .accepted, .delivered, .deferred, .failed, .refused, .counted | length] | unique | length')" 1
is "a question that is none is answered so" "$(ask '{"ask": "history", "from": "yesterday"}' | jq -r .error)" \
	"from and to are seconds since 1970, and nothing else"
is "the file is root's alone" "$(stat -c '%a %u' "$state/history.sqlite")" "600 $EUID"

# --- a thief ----------------------------------------------------------------------------------------

lab flood --messages 60 --recipients 5 >/dev/null
holds_true "a thief is the first of them" wait_for 30 is_now ".sources[0].source == \"$thief\" and .sources[0].verdict == \"contain\""
is "with the reason" "$(now '.sources[0].why | length > 10')" true
is "and how fast" "$(now '.sources[0].pace | add > 40')" true
holds_true "his incident is told, and waits for a person" \
	wait_for 20 is_now ".incidents[0].source == \"$thief\" and .incidents[0].state == \"waiting\" and .incidents[0].asks"
is "with what was found" "$(now '.incidents[0] | .score >= .threshold and .recipients > 0 and .messages > 0')" true

# --- days, and a part that is killed --------------------------------------------------------------------

holds_true "what was sent today is saved within a minute" wait_for 70 has_sent "$friend" "$((before + 3)) $((before + 6))"
send "$friend" 2 1
watcher=$(pid_of watcher)
kill -KILL "$watcher"
holds_true "a watcher that was killed comes back" wait_for 30 pid_changed watcher "$watcher"
holds_true "and is ready" wait_for 60 is_now .ready
holds_true "nothing was lost, and nothing counted twice" wait_for 70 has_sent "$friend" "$((before + 5)) $((before + 8))"
is "the pace goes on as well" "$(row '.pace | add')" 8
is "the minutes have no negative one" "$(history '[.accepted[], .delivered[] | select(. != null and . < 0)] | length')" 0
is "nor all that was read again" "$(history '[.accepted[] | select(. != null)] | add < 100')" true
sleep 1
stop_daemon
is "it is the same behind a clean end" "$(sent_today "$friend")" "$((before + 5)) $((before + 8))"

# --- damage -----------------------------------------------------------------------------------------

head -c 20000 /dev/urandom >"$state/history.sqlite"
head -c 20000 /dev/urandom >"$state/ledger/days.sqlite"
rm -f "$state"/history.sqlite-* "$state"/ledger/days.sqlite-*
is "days that cannot be read are not known" "$(stanch explain mailbox:dina@club.test --json 2>/dev/null | jq -c .days)" null
start_daemon
begun=$(($(date +%s) - 60))
is "a damaged history is none" "$(history '[.accepted[] | select(. != null)] | length')" 0
holds_true "which is said" says 'error history-trouble'
holds_true "and it is set aside" test -s "$state/history.sqlite.damaged"
holds_true "so are damaged days" wait_for 70 test -s "$state/ledger/days.sqlite.damaged"
send "$friend" 1 1
holds_true "and begun anew, with the whole of today" \
	wait_for 140 has_sent "$friend" "$((before + 6)) $((before + 9))"
holds_true "the daemon is well" stanch status
stop_daemon
finish

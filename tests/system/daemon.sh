#!/bin/bash
# stanchd beside a real Exim: a hijacked mailbox floods it, and is found within a few messages, held
# until the queue is clean, watched, and closed; honest users in the same minutes are left alone. Its
# parts are killed, its settings reloaded, and a person releases what it has done.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export LOG_SELECTOR=+millisec
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
thief=mailbox:ann@shop.test

# --- it only looks, as it begins ------------------------------------------------------------------

lab past 30
configure no
is "settings with a mistake are refused" "$(
	echo 'hold { enabled = perhaps }' >"$work/bad.conf"
	"$daemon_program" --config "$work/bad.conf" --check-config >/dev/null 2>"$work/err"
	echo $?
)" 2
holds_true "and file and line are named" grep -q "$work/bad.conf:1" "$work/err"
is "without a daemon, status says so" "$(stanch status 2>&1 >/dev/null | grep -c 'no daemon runs')" 1
start_daemon
holds_true "the daemon is ready" stanch status
is "it learnt the past from the rotated log" "$(stanch status --json | jq .watcher.sources)" 12
is "the watcher is Exim's user" "$(status_of watcher Uid)" "$(id -u "$ACCOUNT")"
is "has no right of root's" "$(status_of watcher CapEff)$(status_of watcher CapPrm)" 00000000000000000000000000000000
is "and no program gives it any" "$(status_of watcher NoNewPrivs)" 1
if [[ $EUID -eq 0 ]]; then
	# chown, dac_override, dac_read_search, fowner, fsetid, kill, setgid, setuid
	is "the hand has rights over files and users only" "$(status_of hand CapEff) $(status_of hand CapBnd)" \
		"00000000000000ff 00000000000000ff"
fi
lab honest >/dev/null
lab flood --messages 60 --recipients 5 >/dev/null
holds_true "a thief's incident waits for a person, because holding is off" \
	wait_for 60 is_in_state "$thief" waiting
is "nothing was held" "$(stanch holds --json | wc -l)" 0
is "there is one incident" "$(stanch incidents --all --json | jq -r .source)" "$thief"
stanch incident show 1 >"$work/story"
holds_true "its story has evidence" grep -q 'recipients do not exist\|new recipients in a day' "$work/story"
holds_true "and the command that holds its mail" grep -q 'incident hold 1' "$work/story"
stanch explain "$thief" --json >"$work/explained"
is "explain says the same" "$(jq -r 'select(.incident != null) | .incident, .state' "$work/explained" | tr '\n' ' ')" "1 waiting "

# --- a person approves ------------------------------------------------------------------------------

lab settle
queued() { stanch queue --source "$thief" --count; }
before=$(queued)
stanch incident hold 1 --yes >"$work/out" 2>&1
is "a person has its mail held" "$?" 0
is "all that was in the queue" "$(queued)" 0
is "that many are held" "$(stanch incidents --all --json | jq .held)" "$before"
is "the incident says who" "$(stanch incident show 1 --json | jq -r '.steps[] | select(.event == "approve") | .to')" contained
stanch incident release 1 --yes --reason "a test" >"$work/out" 2>&1
is "and released" "$(state_of "$thief")" released
is "its mail is back in the queue" "$(queued)" "$before"
is "without the queue, it cannot be released twice but is put back again" \
	"$(stanch incident release 1 --yes >/dev/null 2>&1; state_of "$thief")" released

# --- holding switched on, without a restart ------------------------------------------------------

configure yes
kill -HUP "$daemon"
holds_true "SIGHUP switches holding on" wait_for 60 says 'info reloaded'
holds_true "and it is well again" wait_for 60 stanch status
sleep 1
is "what a person has released is not held again for old evidence" "$(state_of "$thief")" released
is "and its mail stays" "$(queued)" "$before"
echo 'hold { enabled = perhaps }' >"$work/stanch.conf"
kill -HUP "$daemon"
holds_true "a mistake is refused, and the old settings stay" wait_for 60 says reload-refused
is "in force" "$(stanch status --json | jq -r .mode)" hold
if [[ $EUID -eq 0 ]]; then
	hand_may() { [[ "$(status_of hand CapEff) $(status_of hand CapBnd)" == "$1 $1" ]]; }
	configure yes 'sessions { enabled = yes }'
	kill -HUP "$daemon"
	# with net_admin and sys_ptrace
	holds_true "to end sessions the hand has two rights more" wait_for 60 hand_may 00000000000810ff
	configure yes
	kill -HUP "$daemon"
	holds_true "and without that none of them" wait_for 60 hand_may 00000000000000ff
	holds_true "and all is well again" wait_for 60 stanch status
fi
configure yes

# --- the flood ------------------------------------------------------------------------------------

thief=mailbox:bob@shop.test
lab flood --user bob@shop.test --messages 200 --recipients 20 >/dev/null &
flood=$!
lab honest --messages 24 >/dev/null
holds_true "the thief is contained by itself" wait_for 90 is_in_state "$thief" "contained cleaning clean"
found=$(stanch incidents --all --json | jq "select(.source == \"$thief\") | .messages")
holds_true "within a few messages ($found)" test "${found:-999}" -le 25
wait "$flood"
# milliseconds from the first spam in Exim's log to an event of the daemon
first=$(date -u -d "$(grep -m 1 "A=dovecot_plain:${thief#*:} .* id=flood" "$MAINLOG" | cut -c 1-23)" +%s.%3N)
after() { awk -v e=" $1 source=$thief" -v f="$first" 'index($0, e) {printf "%.0f", ($1 - f) * 1000; exit}' "$work/daemon.log"; }
printf '# found after %s messages and %s ms, its mail held after %s ms\n' "$found" "$(after contained)" "$(after held)"
lab settle
holds_true "until the queue is clean" wait_for 120 is_in_state "$thief" clean
sleep 3
is "nothing of it is left in the queue" "$(queued)" 0
is "and no honest mail was held" "$(stanch holds --json | jq -r '.source' | sort -u | grep -v -e "$thief" -e ann@shop)" ""
number=$(stanch incidents --json | jq "select(.source == \"$thief\") | .incident")
is "what it says is held is held" "$(stanch incident show "$number" --json | jq .held)" \
	"$(stanch holds --json | jq -s "map(select(.source == \"$thief\") | .held) | add")"

# --- the brake ------------------------------------------------------------------------------------

thief=mailbox:dina@club.test
lab flood --user dina@club.test --messages 60 --recipients 5 >/dev/null
holds_true "past the brake, a person is asked" wait_for 90 is_in_state "$thief" waiting
holds_true "and is told why" says "asks source=$thief .*brake.share is 0.02"
stanch incident dismiss "$(stanch incidents --json | jq "select(.source == \"$thief\") | .incident")" --yes >"$work/out" 2>&1
is "who can dismiss it" "$(state_of "$thief")" dismissed
lab settle
thief=mailbox:bob@shop.test

# --- what is remembered ----------------------------------------------------------------------------

remembers_dora() { [[ $(stanch explain dora@firm.test --json | jq .messages) -gt 0 ]]; }
holds_true "of an honest source it is told what is remembered" wait_for 70 remembers_dora
stanch explain dora@firm.test >"$work/remembered"
holds_true "as a page, too" grep -q 'no incident; remembered at' "$work/remembered"
is "of one that nobody knows, nothing" "$(stanch explain nobody@firm.test 2>&1 >/dev/null; echo $?)" \
	$'stanch explain: nothing was found against nobody@firm.test\n1'

# --- Exim asks ------------------------------------------------------------------------------------

# local processes: a script's, and Exim's own with each bounce
by_local() { grep -c ' <= .* P=local' "$MAINLOG"; }
asked() { echo $(($(stanch status --json | jq .watcher.policy.questions) - $(by_local))); }
lab settle
sleep 3
before=$(asked)
lab send --user emil@firm.test --messages 3 --recipients 5 --from emil@firm.test >/dev/null
lab settle
each_is_asked() { [[ $(asked) -eq $((before + 3 * (1 + 5 + 1))) ]]; }
holds_true "each MAIL, RCPT and DATA is asked about" wait_for 20 each_is_asked
lab script --login "$ACCOUNT" --from emil@firm.test --to dora@firm.test --subject hello >/dev/null
holds_true "and so is the mail of a local process" wait_for 20 each_is_asked
is "and all of it was understood" "$(stanch status --json | jq -c '.watcher.policy | [.wrong, .late]')" "[0,0]"
is "nobody but Exim may ask" "$(stat -c '%a %U' "$lab/run/policy")" "600 $ACCOUNT"

# --- a second daemon ------------------------------------------------------------------------------

sed "s|$control|$work/run/other|; s|$state|$work/other-state|" "$work/stanch.conf" >"$work/other.conf"
"$daemon_program" --config "$work/other.conf" >"$work/other.log" 2>&1 &
other=$!
holds_true "one that finds the policy socket served says so" wait_for 30 grep -q policy-trouble "$work/other.log"
kill "$other" && wait "$other"
holds_true "and leaves it where it is" test -S "$lab/run/policy"

# --- killed ----------------------------------------------------------------------------------------

for part in stanchd-watcher stanchd-hand; do
	pid=$(pid_of "${part#stanchd-}")
	lines=$(grep -c "part-started part=$part" "$work/daemon.log")
	kill -9 "$pid"
	again() { [[ $(grep -c "part-started part=$part" "$work/daemon.log") -gt $lines ]] && stanch status; }
	holds_true "$part is begun again when it is killed" wait_for 60 again
	holds_true "and it was said" says "part-ended part=$part"
done
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
lab send --user emil@firm.test --messages 1 --recipients 2 --from emil@firm.test >"$work/sent"
is "without a daemon Exim accepts mail" "$(grep -c . "$work/sent")" 1
gone() { ! pgrep -f "stanchd --config $work/stanch.conf"; }
holds_true "when the starter is killed, its parts end" wait_for 40 gone
is "and Exim takes mail, though nobody answers what it asks" "$(lab send --user info@shop.test \
	--from info@shop.test --to dora@firm.test --messages 6 --recipients 1 --sessions 1 2>&1 | grep -o 'refused_messages=.*')" \
	"refused_messages=0 refused_recipients=0"
holds_true "and writes its log" test ! -s "$lab/log/paniclog"
start_daemon
is "the next start goes on with the incident" "$(state_of "$thief")" clean
lab send --user bob@shop.test --messages 3 --recipients 5 --from bob@shop.test >/dev/null
holds_true "and holds what the thief sends now" wait_for 60 bash -c \
	"[[ \$('$stanch_program' --state '$state' incidents --json | jq 'select(.source == \"$thief\") | .held') -gt 0 ]]"

# --- nothing lost, nothing doubled ----------------------------------------------------------------

lab settle
in_the_logs() { cat "$MAINLOG" "$MAINLOG.1" | grep -c -e ' <= .* A=dovecot_plain:' -e ' <= [^<].* P=local'; }
remembers_all() { [[ $(stanch status --json | jq .watcher.remembered) -eq $(in_the_logs) ]]; }
holds_true "after all that, it remembers each message of the logs once" wait_for 20 remembers_all
printf '# %s messages in the logs, %s remembered\n' "$(in_the_logs)" "$(stanch status --json | jq .watcher.remembered)"

# --- exempted --------------------------------------------------------------------------------------

thief=mailbox:cleo@shop.test
stanch exempt "$thief" --reason "a test" --for 1h
is "an exemption is listed" "$(stanch exempt --json | jq -r .source)" "$thief"
lab flood --user cleo@shop.test --messages 60 --recipients 5 >/dev/null
holds_true "an exempted source is told of" wait_for 60 says "exempted source=$thief"
is "and is no incident" "$(state_of "$thief")" ""
stanch exempt "$thief" --remove
is "an exemption can be removed" "$(stanch exempt --json | wc -l)" 0
counts() { [[ $(stanch status --json | jq .watcher.messages) -gt 0 ]]; }
holds_true "it has counted the messages since it began" wait_for 40 counts
# What is still to come of the flood may well contain a source that is exempt no longer.
lab settle
holds_true "and remembers the last of them" wait_for 40 remembers_all
incidents=$(stanch incidents --all --json | wc -l)
stop_daemon
lines=$(grep -c "from=$state/ledger" "$work/daemon.log")
start_daemon
holds_true "what it remembers is there after a restart" test "$(grep -c "from=$state/ledger" "$work/daemon.log")" -gt "$lines"
is "and no line is read twice" "$(stanch status --json | jq .watcher.messages)" 0
is "nor is anything judged anew" "$(stanch incidents --all --json | wc -l)" "$incidents"
stop_daemon
holds_true "it ends when it is told to" says 'info stopped'
holds_true "and takes its socket away" test ! -e "$control"
holds_true "and the one that Exim asks at" test ! -e "$lab/run/policy"
finish

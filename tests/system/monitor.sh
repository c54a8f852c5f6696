#!/bin/bash
# stanch check with a daemon: who answers, of a big queue, too; the incidents of a flood and of its end;
# a daemon that is stopped or killed; results that are handed to a monitor.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export LOG_SELECTOR=+millisec
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
thief=mailbox:ann@shop.test

run_check() { # want-status words...
	local want=$1
	shift
	stanch check "$@" >"$work/out" 2>"$work/errors"
	is "check $* ends with $want" $? "$want"
}
says_first() { holds_true "and says $1" grep -qE "$1" <(head -n 1 "$work/out"); }
ends_with() { # want-status words...
	local want=$1
	shift
	stanch check "$@" >"$work/out" 2>"$work/errors"
	[[ $? -eq $want ]]
}

# --- nobody to ask ---------------------------------------------------------------------------------

lab past 30
lab send --user bob@shop.test --to friend@ok.test >/dev/null
lab settle
lab queue-only on
run_check 0 -w 50 -c 100
says_first '^Mailqueue OK - 0 messages on queue \(the spool\) \|'
holds_true "and why it was read" grep -q '^Not asked of stanchd: no daemon runs' "$work/out"
run_check 3 --mode incidents
says_first '^Incidents UNKNOWN - no daemon runs'
run_check 2 --mode daemon
says_first '^stanchd CRITICAL - no daemon runs'

# --- the daemon answers ----------------------------------------------------------------------------

configure no
start_daemon
run_check 0 --mode daemon
says_first '^stanchd OK - it runs, [0-9]+ sources are known \| lag=0s;60;600;0 unread='
run_check 0 --mode incidents
says_first '^Incidents OK - none is open \(stanchd, now\) \| asking=0;;0;0'
by_daemon() { stanch check "$@" | grep -qE '\(stanchd, [0-9]+ s ago\) \|'; }
holds_true "of the queue, it is asked" wait_for 30 by_daemon -w 50
run_check 0 -w 50 -c 100
says_first '^Mailqueue OK - 0 messages on queue \(stanchd'
is "with --json, who answered" "$(stanch check -w 50 --json | jq -r '.by + " " + .status')" "stanchd OK"
is "another queue is not the daemon's" "$("$stanch_program" --spool "$SPOOL" --hold-queue other --control "$control" check -w 1 |
	grep -c 'looks at another queue')" 1
stanch check -w 50 --share-critical 100 >"$work/out"
holds_true "shares are read from the spool" grep -q '(the spool)' "$work/out"

# --- a big queue -----------------------------------------------------------------------------------

lab honest --messages 1 >/dev/null
source=$(find "$SPOOL/input" -name '*-H' | head -n 1)
copies=20000
python3 - "$source" $copies <<'END'
import os, sys
path, copies = sys.argv[1], int(sys.argv[2])
folder, name = os.path.split(path)
text, st = open(path, "rb").read().split(b"\n", 1)[1], os.stat(path)
for n in range(copies):
    id = "%s-%06d-%02d" % (name[:6], n, n % 100)
    at = os.path.join(folder, "hdr." + id)
    with open(at, "wb") as f:
        f.write(b"%s-H\n" % id.encode() + text)
    os.chown(at, st.st_uid, st.st_gid)
    os.chmod(at, st.st_mode & 0o777)
    os.rename(at, os.path.join(folder, id + "-H"))
END
count_is() { [[ $(stanch status --json | jq .watcher.queue_messages) == "$1" ]]; }
total=$(find "$SPOOL/input" -name '*-H' | wc -l)
holds_true "the daemon has counted $total messages" wait_for 120 count_is "$total"
began=${EPOCHREALTIME/./}
run_check 2 -w 50 -c 100
took=$(((${EPOCHREALTIME/./} - began) / 1000))
says_first "^Mailqueue CRITICAL - $total messages on queue \(stanchd"
holds_true "performance data has value and thresholds" grep -qE "\| messages=$total;50;100;0\$" "$work/out"
began=${EPOCHREALTIME/./}
"$stanch_program" --spool "$SPOOL" --control "$work/none" check -w 50 -c 100 >"$work/out"
printf '# by the daemon in %s ms, by the spool in %s ms\n' "$took" "$(((${EPOCHREALTIME/./} - began) / 1000))"
is "the spool has as many" "$(grep -oE '^Mailqueue CRITICAL - [0-9]+' "$work/out")" "Mailqueue CRITICAL - $total"
find "$SPOOL/input" -name "$(basename "$source" | cut -c 1-6)-0*-[0-9][0-9]-H" -delete
left=$(find "$SPOOL/input" -name '*-H' | wc -l)
holds_true "when they are gone, it counts $left" wait_for 120 count_is "$left"
run_check 0 -w 50 -c 100

# --- a flood, and its end --------------------------------------------------------------------------

lab flood --messages 60 --recipients 5 >/dev/null
holds_true "a thief's incident waits for a person: CRITICAL" wait_for 60 ends_with 2 --mode incidents
says_first '^Incidents CRITICAL - 1 waits for a person \(stanchd, now\) \| asking=1;;0;0 recent=0;0;;0'
holds_true "with who it is, and what to type" grep -qE "^1 waiting $thief, .*: stanch incident show 1\$" "$work/out"
run_check 0 --mode incidents -c 1
holds_true "the queue is CRITICAL as well" wait_for 20 ends_with 2 -w 20 -c 50
holds_true "the queue's alarm names it" grep -qE "^1 waiting $thief" <(tail -n +2 "$work/out")
lab queue-only off
stanch incident hold 1 --yes >/dev/null 2>&1
holds_true "being cleaned it is a WARNING" wait_for 60 ends_with 1 --mode incidents
says_first '^Incidents WARNING - 1 contained in 6 hours'
run_check 0 --mode incidents -w 1
stanch incident release 1 --yes --reason "a test" >/dev/null 2>&1
holds_true "after its release all is well" wait_for 60 ends_with 0 --mode incidents

# --- handed to a monitor -----------------------------------------------------------------------------

mkfifo "$work/nagios.cmd"
run_check 3 --mode incidents --submit "nagios:$work/nagios.cmd" --host mx1
holds_true "without a Nagios that is said" grep -q '^Not handed over: nobody reads' "$work/out"
exec {reader}<>"$work/nagios.cmd"
run_check 2 --mode queue -c 99999: --submit "nagios:$work/nagios.cmd" --host mx1
IFS= read -r -t 5 -u "$reader" line
holds_true "Nagios gets it in one line" grep -qE \
	'^\[[0-9]+\] PROCESS_SERVICE_CHECK_RESULT;mx1;stanch queue;2;Mailqueue CRITICAL - [0-9]+ messages' <<<"$line"
run_check 3 --submit "nagios:$work/nagios.cmd" --host 'mx1;other'
for words in "--submit icinga2:http://icinga.example" "--submit icinga2:https://icinga.example" "--submit mail:root" \
	"--submit nagios:$work/nagios.cmd --json"; do
	eval "run_check 3 $words"
done
cat >"$work/icinga.py" <<'END'
import http.server, json, os, sys
class Icinga(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], "a") as f:
            f.write(json.dumps({"path": self.path, "login": self.headers["Authorization"], "body": json.loads(body)}) + "\n")
        known = json.loads(body)["filter_vars"]["host_name"] == "mx1"
        answer = {"results": [{"code": 200.0, "status": "Successfully processed"}]} if known else {"error": 404, "status": "No objects found."}
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Icinga)
with open(sys.argv[2] + ".new", "w") as f: f.write(str(server.server_port))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
END
(umask 077 && printf 'lab-secret\n' >"$work/password")
python3 "$work/icinga.py" "$work/icinga.heard" "$work/icinga.port" &
icinga=$!
wait_for 10 test -s "$work/icinga.port"
to_icinga=(--submit "icinga2:http://127.0.0.1:$(cat "$work/icinga.port")" --submit-password-file "$work/password")
run_check 2 -c 99999: "${to_icinga[@]}" --host mx1
is "Icinga 2 gets it, with login and performance data" "$(jq -r '[.path, .login, .body.exit_status, .body.filter_vars.service_name,
	(.body.performance_data | length)] | join(" ")' "$work/icinga.heard")" \
	"/v1/actions/process-check-result Basic $(printf 'stanch:lab-secret' | base64) 2 stanch queue 1"
run_check 3 -w 100000 "${to_icinga[@]}" --host mx2
holds_true "a service that it does not know is said" grep -q '^Not handed over: Icinga 2 has no service' "$work/out"
kill "$icinga"
wait "$icinga" 2>/dev/null

# --- the daemon is not well --------------------------------------------------------------------------

if [[ $EUID -eq 0 ]]; then
	setpriv --reuid nobody --regid nogroup --clear-groups "$(program_for_all)" --control "$control" check --mode daemon >"$work/out"
	is "whom it does not hear does not know how it is" "$?" 3
	says_first '^stanchd UNKNOWN - the daemon does not hear this user'
fi
hand=$(pid_of hand)
kill -STOP "$hand"
run_check 2 --mode daemon
says_first '^stanchd CRITICAL - the daemon at .* does not answer'
run_check 3 --mode incidents -t 1 --submit "nagios:$work/nagios.cmd" --host mx1
IFS= read -r -t 5 -u "$reader" line
holds_true "that it took too long is handed over, too" grep -q \
	';mx1;stanch incidents;3;Incidents UNKNOWN - the incidents could not be read within 1 seconds' <<<"$line"
exec {reader}<&-
kill -CONT "$hand"
holds_true "and back" wait_for 60 ends_with 0 --mode daemon
lab flood --user bob@shop.test --messages 60 --recipients 5 >/dev/null
holds_true "another thief waits for a person" wait_for 60 ends_with 2 --mode incidents
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
daemon=
holds_true "killed, it is CRITICAL" wait_for 20 ends_with 2 --mode daemon
holds_true "the incidents are those of its journal" wait_for 20 ends_with 2 --mode incidents
says_first '^Incidents CRITICAL - 1 waits for a person \(the journal; no daemon answers\)'
run_check 3 --mode incidents -c 5
says_first '^Incidents UNKNOWN'
run_check 2 -c 99999:
says_first '\(the spool\)'
finish

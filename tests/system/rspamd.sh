#!/bin/bash
# stanchd asks a real rspamd about messages of which it cannot decide by itself, and about no others;
# what rspamd says becomes evidence, and without rspamd mail is judged all the same.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
if ! command -v rspamd >/dev/null; then
	skip "rspamd is not installed"
	exit 0
fi
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"

rspamd=
port=$(free_port "${PORT:?}" "${NET_PORT:?}")
start_rspamd() {
	mkdir -p "$lab/rspamd"
	chown "$ACCOUNT" "$lab/rspamd"
	echo test >"$lab/rspamd/suffixes"
	# Nothing but what is built in: it asks no name service, and knows one spam, the test text GTUBE.
	cat >"$lab/rspamd/rspamd.conf" <<END
options {
	tempdir = "$lab/rspamd";
	url_tld = "$lab/rspamd/suffixes";
	filters = "";
	disable_monitoring = true;
	dns { nameserver = ["127.0.0.1:1"]; timeout = 0.05s; retransmits = 1; }
}
logging { type = "console"; level = "warning"; }
actions { reject = 15; add_header = 6; }
worker "normal" { bind_socket = "127.0.0.1:$port"; count = 1; }
END
	local as=()
	[[ $EUID -ne 0 ]] || as=(setpriv "--reuid=$ACCOUNT" "--regid=$(id -gn "$ACCOUNT")" --clear-groups --)
	"${as[@]}" rspamd -f -c "$lab/rspamd/rspamd.conf" >"$work/rspamd.log" 2>&1 &
	rspamd=$!
	wait_for 60 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
}
stop_rspamd() {
	[[ -z $rspamd ]] || { kill "$rspamd" && wait "$rspamd"; }
	rspamd=
}
end_all() {
	local status=$?
	stop_rspamd 2>/dev/null
	(exit "$status")
	end_daemon
}
trap end_all EXIT

count() { stanch status --json | jq ".watcher.rspamd.$1"; }
is_count() { [[ $(count "$1") -eq $2 ]]; }
some() { [[ $(count "$1") -gt 0 ]]; }

start_rspamd
holds_true "rspamd runs" kill -0 "$rspamd"
lab past 30
configure no "rspamd { url = \"http://127.0.0.1:$port\" }"
start_daemon

lab honest >/dev/null
sleep 3
is "about honest mail rspamd is not asked" "$(count asked)" 0

# A known text in front of strangers, by one who has a past: odd, and no more than that.
printf 'Subject: hello\n\n%s\n' 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X' >"$work/spam"
thief=mailbox:bob@shop.test
for i in 1 2 3 4 5 6; do
	lab send --user bob@shop.test --from bob@shop.test --messages 1 --recipients 2 --first $((i * 10)) \
		--raw "$work/spam" >/dev/null
done
holds_true "it is, where that could decide" wait_for 30 some answered
is "and answers" "$(count failed)" 0
lab send --user bob@shop.test --from bob@shop.test --messages 4 --recipients 8 --first 500 --raw "$work/spam" >/dev/null
has_evidence() { stanch explain "$thief" --json | jq -e '.. | .detector? | select(. == "filter-score")'; }
holds_true "what it says is evidence" wait_for 60 has_evidence

stop_rspamd
for i in 1 2 3 4 5 6; do
	lab send --user carl@club.test --from carl@club.test --messages 1 --recipients 2 --first $((i * 10)) \
		--raw "$work/spam" >/dev/null
done
holds_true "without rspamd its silence is counted" wait_for 60 some failed
lab flood --user carl@club.test --messages 60 --recipients 5 >/dev/null
holds_true "and mail is judged all the same" wait_for 60 is_in_state mailbox:carl@club.test waiting
stop_daemon
finish

#!/bin/bash
# The clerk: it serves metrics as OpenMetrics, from a process without any right; they follow a flood,
# say when they are old, and come back when a part is killed. A real Prometheus reads them, where one
# is installed.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
thief=mailbox:ann@shop.test
page=$(free_port "${PORT:?}" "${NET_PORT:?}")
prometheus=

ask() { # request line without the version, field
	exec 3<>"/dev/tcp/127.0.0.1/$page" || return 1
	printf '%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n' "$1" "${2:+$2$'\r\n'}" >&3
	timeout 10 cat <&3
	exec 3>&-
} 2>/dev/null
status_line() { ask "$@" | head -n 1 | tr -d '\r'; }
# The value of a sample, "" when there is none.
value() { ask "GET /metrics" | awk -v s="$1" 'index($0, s " ") == 1 {print substr($0, length(s) + 2)}'; }
is_value() { [[ $(value "$1") == "$2" ]]; }
is_more() { local now; now=$(value "$1"); [[ -n $now && ${now%.*} -gt $2 ]]; }
is_up() { is_value stanch_up 1; }
pid_changed() { local now; now=$(pid_of "$1"); [[ -n $now && $now != "$2" ]]; }

# --- settings -------------------------------------------------------------------------------------

refused() { # settings word
	configure yes "$1"
	! "$daemon_program" --config "$work/stanch.conf" --check-config >/dev/null 2>"$work/err" && grep -q "$2" "$work/err"
}
holds_true "an address that is none is refused" refused 'page { listen = "localhost:80" }' page.listen
holds_true "and so is a network" refused 'page { listen = "127.0.0.1:80" metrics_from = {"10.0.0.0/99"} }' page.metrics_from
if [[ $EUID -eq 0 ]]; then
	holds_true "and root as the one who answers" \
		refused 'page { listen = "127.0.0.1:80" } daemon { clerk_user = root }' clerk_user
fi

lab past 30
configure yes
start_daemon
is "without page.listen there is no clerk" "$(pid_of clerk)" ""
configure yes "page { listen = \"127.0.0.1:$page\" }"
kill -HUP "$daemon"
holds_true "with it there is one, and it knows how things are" wait_for 30 is_up

# --- what it may ----------------------------------------------------------------------------------

clerk=$(pid_of clerk)
is "it has no capability" "$(status_of clerk CapEff)$(status_of clerk CapPrm)$(status_of clerk CapInh)$(status_of clerk CapAmb)" \
	"$(printf '0%.0s' {1..64})"
is "and no program gives it any" "$(status_of clerk NoNewPrivs)" 1
is "it begins no process" "$(awk '/Max processes/ {print $3 $4}' "/proc/$clerk/limits")" 00
is "it has no file open but its log" \
	"$(for f in "/proc/$clerk"/fd/*; do
		[[ ${f##*/} -le 2 ]] || readlink "$f" | grep -v -e '^/dev/null$' -e '^socket:' -e '^pipe:' -e '^anon_inode:'
	done)" ""
if [[ $EUID -eq 0 ]]; then
	is "it is nobody" "$(status_of clerk Uid)" "$(id -u nobody)"
	is "in no other group" "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$clerk/status" | tr -d ' ')" ""
	as_clerk() { setpriv --reuid=nobody "--regid=$(id -g nobody)" --clear-groups -- "$@" 2>/dev/null; }
	for file in "$state/journal.sqlite" "$state/ledger/ledger.sqlite" "$MAINLOG" "$SPOOL/input"; do
		[[ -e $file ]] || continue
		is "who is like it cannot look into ${file##*/}" "$(as_clerk ls "$file" >/dev/null && as_clerk cat "$file" | head -c 1)" ""
	done
	holds_true "nor into it" bash -c "! setpriv --reuid=nobody --clear-groups -- ls /proc/$clerk/fd"
	is "nor ask the daemon" "$(as_clerk "$(program_for_all)" --control "$control" status >/dev/null; echo $?)" 3
else
	skip "who the clerk is: the daemon does not run as root"
fi

# --- what it says ---------------------------------------------------------------------------------

is "OpenMetrics is what it says" "$(ask "GET /metrics" | grep -c 'Content-Type: application/openmetrics-text; version=1.0.0')" 1
is "which has an end" "$(ask "GET /metrics" | tail -n 1)" "# EOF"
is "the older form, if it is asked for" \
	"$(ask "GET /metrics" "Accept: text/plain" | grep -c -e 'Content-Type: text/plain; version=0.0.4' -e '# EOF')" 1
is "in none that it does not know" "$(status_line "GET /metrics" "Accept: image/png")" "HTTP/1.1 406 Not Acceptable"
is "nothing else is there" "$(status_line "GET /journal.sqlite")" "HTTP/1.1 404 Not Found"
is "nothing is changed" "$(status_line "POST /metrics")" "HTTP/1.1 405 Method Not Allowed"
is "no name of any account is in it" "$(ask "GET /metrics" | grep -c -e shop.test -e club.test -e "$SPOOL")" 0
holds_true "before the flood nothing was contained" wait_for 10 is_value 'stanch_containment_delay_seconds_count{by="daemon"}' 0
holds_true "and nobody is suspected" wait_for 10 is_value 'stanch_sources{verdict="contain"}' 0

start_prometheus() {
	cat >"$work/prometheus.yml" <<END
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["$root/packaging/prometheus/stanch.rules.yml"]
scrape_configs:
  - job_name: stanch
    static_configs: [{ targets: ["127.0.0.1:$page"] }]
END
	prometheus_port=$(free_port "$PORT" "$NET_PORT" "$page")
	prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" \
		--web.listen-address="127.0.0.1:$prometheus_port" >"$work/prometheus.log" 2>&1 &
	prometheus=$!
}
end_all() {
	local status=$?
	[[ -z $prometheus ]] || { kill "$prometheus" 2>/dev/null && wait "$prometheus"; }
	(exit "$status")
	end_daemon
}
trap end_all EXIT
if command -v promtool >/dev/null; then
	holds_true "promtool finds nothing in the rules" promtool check rules "$root/packaging/prometheus/stanch.rules.yml"
	ask "GET /metrics" "Accept: text/plain" | sed '1,/^\r$/d' >"$work/plain"
	holds_true "nor in the older form" bash -c "promtool check metrics <'$work/plain'"
	start_prometheus
else
	skip "Prometheus is not installed"
fi

# --- a flood --------------------------------------------------------------------------------------

before=$(value 'stanch_facts_total{kind="accepted"}')
lab flood --messages 60 --recipients 5 >/dev/null
holds_true "a flood is contained" wait_for 60 is_in_state "$thief" "contained cleaning clean"
holds_true "and the histogram has one" wait_for 10 is_value 'stanch_containment_delay_seconds_count{by="daemon"}' 1
is "in its last class, too" "$(value 'stanch_containment_delay_seconds_bucket{by="daemon",le="+Inf"}')" 1
is "an incident was opened" "$(value stanch_incidents_opened_total)" 1
holds_true "detectors had something to say" \
	test "$(ask "GET /metrics" | grep -c '^stanch_containment_evidence_total.* 1$')" -ge 2
is "one source is contained" "$(value 'stanch_sources{verdict="contain"}')" 1
holds_true "just now" is_more stanch_last_containment_timestamp_seconds $(($(date +%s) - 60))
holds_true "its messages were counted" wait_for 10 is_more 'stanch_facts_total{kind="accepted"}' $((${before:-0} + 5))
for part in starter watcher hand clerk; do
	holds_true "the memory of the $part is told" is_more "stanch_process_resident_memory_bytes{part=\"$part\"}" 100000
done
if [[ -n $prometheus ]]; then
	from_prometheus() { page=$prometheus_port ask "GET $1" | sed '1,/^\r$/d' | tr -d '\r'; }
	fires() { from_prometheus /api/v1/alerts | grep -q '"alertname":"StanchContained".*"state":"firing"'; }
	holds_true "Prometheus scrapes it" wait_for 20 bash -c "$(declare -f ask from_prometheus); prometheus_port=$prometheus_port
		from_prometheus /api/v1/targets | grep -q '\"health\":\"up\"'"
	holds_true "and its alert fires" wait_for 20 fires
	is "no other one does" "$(from_prometheus /api/v1/alerts | grep -o '"alertname":"[A-Za-z]*"' | sort -u | tr '\n' ' ')" \
		'"alertname":"StanchContained" '
	kill "$prometheus"
	wait "$prometheus"
	prometheus=
fi

# --- parts that end, and one that is silent ---------------------------------------------------------

hand=$(pid_of hand)
kill -KILL "$clerk"
holds_true "a clerk that was killed comes back" wait_for 20 pid_changed clerk "$clerk"
holds_true "and knows how things are" wait_for 20 is_up
is "the others did not notice" "$(pid_of hand)" "$hand"

clerk=$(pid_of clerk)
kill -STOP "$hand"
holds_true "when the hand is silent, it is said that the state is old" wait_for 20 is_value stanch_up 0
is "how old" "$(is_more stanch_state_age_seconds 9 && echo yes)" yes
is "and nothing else is, zero or not" "$(ask "GET /metrics" | grep -c '^stanch_\(incidents\|sources\|facts\|log\|queue\)')" 0
kill -CONT "$hand"
holds_true "until it speaks again" wait_for 20 is_up
kill -KILL "$hand"
holds_true "a hand that was killed comes back" wait_for 20 pid_changed hand "$hand"
holds_true "and tells the clerk" wait_for 20 is_value stanch_incidents_opened_total 1
is "which is the same as before" "$(pid_of clerk)" "$clerk"
is "the histogram has one still" "$(value 'stanch_containment_delay_seconds_count{by="daemon"}')" 1

# --- garbage --------------------------------------------------------------------------------------

for _ in {1..40}; do head -c 3000 /dev/urandom >"/dev/tcp/127.0.0.1/$page"; done 2>/dev/null
holds_true "garbage harms nobody" is_up
is "least of all the clerk" "$(pid_of clerk)" "$clerk"

configure yes "page { listen = \"127.0.0.1:$page\" metrics_from = {\"192.0.2.0/24\"} }"
kill -HUP "$daemon"
is_refused() { [[ $(status_line "GET /metrics") == "HTTP/1.1 403 Forbidden" ]]; }
holds_true "who is not named is shown nothing" wait_for 20 is_refused
configure yes "page { listen = \"127.0.0.1:$PORT\" }"
kill -HUP "$daemon"
holds_true "a port that is another's is said" wait_for 20 says 'error page-trouble'
holds_true "and all else goes on" wait_for 20 stanch status
stop_daemon
finish

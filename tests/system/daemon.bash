# shellcheck shell=bash
# What the tests of stanchd share, after start_lab: a daemon on the laboratory that is ended with it.
# configure writes its settings; more of them come on standard input of configure_with.
daemon_program=$(dirname "$stanch_program")/stanchd
control=$work/run/control
daemon=

stanch() { "$stanch_program" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" --control "$control" "$@"; }

configure() { # hold.enabled [more settings]
	cat >"$work/stanch.conf" <<END
general {
	spool = $SPOOL
	exim_config = $EXIM_CONFIG
	state = $state
}
hold {
	enabled = $1
	rescan = 1s
	quiet_time = 1m
}
control {
	socket = $control
}
policy {
	socket = $lab/run/policy
}
${2:-}
END
}

# Each line of its log gets the time in front, which it leaves to the journal.
with_times() { while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done; }
start_daemon() {
	"$daemon_program" --config "$work/stanch.conf" > >(with_times >>"$work/daemon.log") 2>&1 &
	daemon=$!
	wait_for 60 stanch status
}
stop_daemon() {
	[[ -z $daemon ]] || { kill "$daemon" && wait "$daemon"; }
	daemon=
}
end_daemon() {
	local status=$?
	[[ -z $daemon ]] || { kill "$daemon" 2>/dev/null && wait "$daemon"; }
	(exit "$status")
	clean_up
}
trap end_daemon EXIT

says() { grep -q "$1" "$work/daemon.log"; }
state_of() { stanch incidents --all --json | jq -r "select(.source == \"$1\") | .state" | head -n 1; }
is_in_state() { [[ " $2 " == *" $(state_of "$1") "* ]]; }

# "pid name" of each of its parts
parts() { pgrep -P "$daemon" -f . | while read -r p; do echo "$p $(cat "/proc/$p/comm" 2>/dev/null)"; done; }
pid_of() { parts | awk -v n="stanchd-$1" '$2 == n {print $1}'; }
status_of() { awk -v f="$2:" '$1 == f {print $2}' "/proc/$(pid_of "$1")/status"; }

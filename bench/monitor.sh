#!/bin/bash
# monitor.sh - how long `stanch check` takes, by the daemon and by the spool, in queues of several lengths.
#
#   monitor.sh [options]
#
#   --messages "N..." in the made spools ("1000 100000")
#   --dir FOLDER      where they are made and removed again (/var/tmp/stanch-monitor)
#   --build FOLDER    where the programs were built (build), with -Dbench=true
#   --rounds N        times that each is asked, in turn (21)
#
# Prints tables in Markdown: the daemon's answer beside a program that does nothing, and the look at the
# spool beside the daemon's answer. The daemon only watches. Root.
set -eu -o pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
dir=/var/tmp/stanch-monitor build=$here/../build messages="1000 100000" rounds=21

while [ $# -gt 0 ]; do
	case $1 in
	--messages) messages=$2 ;;
	--dir) dir=$2 ;;
	--build) build=$2 ;;
	--rounds) rounds=$2 ;;
	*)
		sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"
		exit 2
		;;
	esac
	shift 2
done
build=$(cd "$build" && pwd)
daemon=
end() {
	[ -z "$daemon" ] || { kill "$daemon" && wait "$daemon" || true; }
	daemon=
	rm -rf "$dir/monitored"
}
trap end EXIT

settings() {
	cat <<END
general {
	spool = $place/spool
	exim_config = $place/exim.conf
	state = $place/state
}
control {
	socket = $place/run/control
}
END
}
is_ready() { "$build/stanch" --control "$place/run/control" status --json 2>/dev/null | jq -e '.watcher.ready and .watcher.queue_messages != null' >/dev/null; }

place=$dir/monitored
for n in $messages; do
	end
	mkdir -p "$place/run" "$place/spool.log"
	chmod 755 "$dir" "$place" "$place/run"
	"$build/bench/makespool" --dir "$place/spool" --messages "$n" --threads 2 >/dev/null
	chown --reference="$place/spool" "$place/spool.log"
	sed "s#@SPOOL@#$place/spool#; s#@SPLIT@#true#" "$here/exim.conf.in" >"$place/exim.conf"
	settings >"$place/stanch.conf"
	: >"$place/spool.log/mainlog"
	chown --reference="$place/spool" "$place/spool.log/mainlog"
	"$build/stanchd" --config "$place/stanch.conf" >"$place/daemon.log" 2>&1 &
	daemon=$!
	for ((i = 0; i < 600; i++)); do
		is_ready && break
		sleep 0.2
	done
	is_ready || { tail "$place/daemon.log" >&2; exit 1; }
	asked="$build/stanch --control $place/run/control --spool $place/spool --exim-config $place/exim.conf check -w 10 -c 10000000"
	looked="$build/stanch --spool $place/spool --exim-config $place/exim.conf --control $place/none check -w 10 -c 10000000"
	printf '\nWith %s messages:\n\n' "$n"
	"$build/bench/pairtime" --header --rounds "$rounds" --warm 2 --ok 0,1 --name-a '`true`' --name-b 'by the daemon' /bin/true "$asked"
	"$build/bench/pairtime" --rounds "$rounds" --warm 2 --ok 0,1 --name-a 'by the daemon' --name-b 'by the spool' "$asked" "$looked"
done

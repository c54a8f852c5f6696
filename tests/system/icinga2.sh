#!/bin/bash
# A real Icinga 2 with the definitions that are shipped: it goes CRITICAL in a flood and back after its
# end, by checks of its own and by results that come through its API.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "Icinga 2 beside stanch"
if ! command -v icinga2 >/dev/null || ! command -v curl >/dev/null || ! getent passwd nagios >/dev/null; then
	skip "Icinga 2 beside stanch (it is not installed: apt-get install icinga2-bin curl)"
	exit 0
fi
export LOG_SELECTOR=+millisec
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
icinga=
end_icinga() {
	local status=$?
	[[ -z $icinga ]] || { kill "$icinga" && wait "$icinga"; } 2>/dev/null
	(exit "$status")
	end_daemon
}
trap end_icinga EXIT

lab past 30
lab send --user bob@shop.test --to friend@ok.test >/dev/null
lab settle
configure no
sed -i "s|socket = $control|&\n\tgroup = nagios|" "$work/stanch.conf"
start_daemon

cat >"$work/stanch-here" <<END
#!/bin/sh
exec "$(program_for_all)" --spool "$SPOOL" --state "$state" --control "$control" "\$@"
END
chmod 755 "$work/stanch-here"
own=$work/icinga
mkdir -p "$own/data/certs" "$own/log" "$own/cache" "$own/run"
sed "s|/usr/sbin/stanch\"|$work/stanch-here\"|; s|_interval = 1m|_interval = 1s|; s|stanch_warning = 100|stanch_warning = 20|
	s|stanch_critical = 500|stanch_critical = 50|" "$root/packaging/icinga2/stanch.conf" >"$own/stanch.conf"
certify() {
	cd "$own" &&
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab-ca -keyout ca.key -out data/certs/ca.crt &&
		openssl req -newkey rsa:2048 -nodes -subj /CN=mx1 -keyout data/certs/mx1.key -out mx1.csr &&
		printf 'subjectAltName=IP:127.0.0.1\n' >mx1.ext &&
		openssl x509 -req -in mx1.csr -CA data/certs/ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile mx1.ext \
			-out data/certs/mx1.crt
}
(certify) >"$work/certify.log" 2>&1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$own/icinga2.conf" <<END
include <itl>
const NodeName = "mx1"
const ZoneName = NodeName
object Endpoint "mx1" { }
object Zone "mx1" { endpoints = [ "mx1" ] }
object CheckerComponent "checker" { }
object ApiListener "api" {
	bind_host = "127.0.0.1"
	bind_port = $port
}
object ApiUser "stanch" {
	password = "lab-secret"
	permissions = [ "actions/process-check-result" ]
}
object ApiUser "reader" {
	password = "reader"
	permissions = [ "objects/query/Service" ]
}
object Host "mx1" {
	check_command = "dummy"
	vars.stanch = true
}
object Service "stanch passive" {
	host_name = "mx1"
	check_command = "dummy"
	enable_active_checks = false
	max_check_attempts = 1
}
include "$own/stanch.conf"
END
chown -R nagios: "$own"
verify_icinga() {
	icinga2 daemon -C -c "$own/icinga2.conf" -DDataDir="$own/data" -DLogDir="$own/log" -DCacheDir="$own/cache" \
		-DInitRunDir="$own/run" -DRunAsUser=nagios -DRunAsGroup=nagios
}
verify_icinga >"$work/verified" 2>&1
is "Icinga 2 accepts the definitions" "$?" 0
# not in a function, which would be a process between
icinga2 daemon -c "$own/icinga2.conf" -DDataDir="$own/data" -DLogDir="$own/log" -DCacheDir="$own/cache" \
	-DInitRunDir="$own/run" -DRunAsUser=nagios -DRunAsGroup=nagios >"$work/icinga.out" 2>&1 &
icinga=$!

shown() { # service jq-filter
	curl -s --cacert "$own/data/certs/ca.crt" -u reader:reader \
		"https://127.0.0.1:$port/v1/objects/services?attrs=name&attrs=state&attrs=last_check_result" |
		jq -r --arg name "$1" ".results[].attrs | select(.name == \$name and .last_check_result != null) | $2"
}
is_shown() { [[ $(shown "$1" .state) == "$2" ]]; }
for service in queue incidents daemon; do
	holds_true "stanch $service is OK" wait_for 30 is_shown "stanch $service" 0
done
is "performance data is taken apart" "$(shown 'stanch queue' '.last_check_result.performance_data[0]')" 'messages=0;20;50;0'
(umask 077 && echo lab-secret >"$work/password")
submit() { # service
	stanch check --mode incidents --submit "icinga2:https://127.0.0.1:$port" --submit-password-file "$work/password" \
		--submit-ca-file "$own/data/certs/ca.crt" --host mx1 --service "$1"
}
submit "stanch passive" >/dev/null
holds_true "what comes through its API is OK, too" wait_for 30 is_shown "stanch passive" 0
holds_true "a service that it does not have is said" grep -q 'has no service of that name' <(submit other)

lab queue-only on
lab flood --messages 60 --recipients 5 >/dev/null
holds_true "in the flood the queue is CRITICAL" wait_for 60 is_shown "stanch queue" 2
holds_true "and the incidents are" wait_for 60 is_shown "stanch incidents" 2
submit "stanch passive" >/dev/null
holds_true "as is what comes through its API" wait_for 30 is_shown "stanch passive" 2
holds_true "with who it is" grep -q mailbox:ann@shop.test <<<"$(shown 'stanch passive' .last_check_result.output)"
stanch incident hold 1 --yes >/dev/null 2>&1
holds_true "being cleaned it is a WARNING" wait_for 60 is_shown "stanch incidents" 1
stanch incident release 1 --yes --reason "a test" >/dev/null 2>&1
holds_true "after its release the incidents are OK" wait_for 60 is_shown "stanch incidents" 0
submit "stanch passive" >/dev/null
holds_true "as is what comes through its API then" wait_for 30 is_shown "stanch passive" 0
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
daemon=
holds_true "a killed daemon is CRITICAL" wait_for 30 is_shown "stanch daemon" 2
finish

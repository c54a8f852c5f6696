#!/bin/bash
# A real Nagios with the definitions that are shipped: it goes CRITICAL in a flood and back after its
# end, by checks of its own and by results that are handed to it, and CRITICAL when the daemon is gone.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
nagios_program=$(command -v nagios4 || command -v nagios || true)
need_root "Nagios beside stanch"
if [[ -z $nagios_program ]] || ! getent passwd nagios >/dev/null; then
	skip "Nagios beside stanch (Nagios is not installed: apt-get install nagios4-core)"
	exit 0
fi
export LOG_SELECTOR=+millisec
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
nagios=
end_nagios() {
	local status=$?
	[[ -z $nagios ]] || { kill "$nagios" && wait "$nagios"; } 2>/dev/null
	(exit "$status")
	end_daemon
}
trap end_nagios EXIT

# --- as an administrator does it -------------------------------------------------------------------

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
own=$work/nagios
mkdir -p "$own/rw" "$own/results" "$own/tmp"
sed "s|/usr/sbin/stanch|$work/stanch-here|; s|^\(\s*check_command\s*check_stanch_queue\)!.*|\1!20!50|" \
	"$root/packaging/nagios/stanch.cfg" >"$own/stanch.cfg"
cat >"$own/objects.cfg" <<'END'
define timeperiod {
	timeperiod_name always
	alias           always
	monday          00:00-24:00
	tuesday         00:00-24:00
	wednesday       00:00-24:00
	thursday        00:00-24:00
	friday          00:00-24:00
	saturday        00:00-24:00
	sunday          00:00-24:00
}
define command {
	command_name nothing
	command_line /bin/true
}
define contact {
	contact_name                  nobody
	host_notification_period      always
	service_notification_period   always
	host_notification_commands    nothing
	service_notification_commands nothing
}
define host {
	host_name          localhost
	address            127.0.0.1
	check_command      nothing
	check_period       always
	max_check_attempts 1
	contacts           nobody
}
define service {
	name                generic-service
	check_period        always
	notification_period always
	contacts            nobody
	register            0
}
define service {
	use                    stanch-service
	service_description    stanch passive
	active_checks_enabled  0
	passive_checks_enabled 1
	check_command          nothing
}
END
cat >"$own/nagios.cfg" <<END
log_file=$own/nagios.log
cfg_file=$own/objects.cfg
cfg_file=$own/stanch.cfg
object_cache_file=$own/objects.cache
precached_object_file=$own/objects.precache
status_file=$own/status.dat
status_update_interval=1
state_retention_file=$own/retention.dat
command_file=$own/rw/nagios.cmd
query_socket=$own/rw/nagios.qh
lock_file=$own/nagios.pid
temp_file=$own/nagios.tmp
temp_path=$own/tmp
check_result_path=$own/results
nagios_user=nagios
nagios_group=nagios
interval_length=1
check_external_commands=1
check_for_updates=0
use_syslog=0
event_broker_options=0
END
chown -R nagios: "$own"
"$nagios_program" -v "$own/nagios.cfg" >"$work/verified" 2>&1
is "Nagios accepts the definitions" "$?" 0
"$nagios_program" "$own/nagios.cfg" >"$work/nagios.out" 2>&1 &
nagios=$!

# The state of a service as Nagios shows it: 0 to 3, and what the plugin said.
shown() { # service field
	awk -v s="service_description=$1" -v f="$2=" '/^servicestatus/ {found = 0}
		index($0, s) {found = 1}
		found && (i = index($0, f)) && $1 ~ "^" f {print substr($0, i + length(f)); exit}' "$own/status.dat"
}
is_shown() { [[ $(shown "$1" has_been_checked)$(shown "$1" current_state) == "1$2" ]]; }

for service in queue incidents daemon; do
	holds_true "stanch $service is OK" wait_for 30 is_shown "stanch $service" 0
done
holds_true "the daemon answered, to Nagios' own user" grep -q '(stanchd, ' <<<"$(shown 'stanch queue' plugin_output)"
holds_true "performance data is taken apart" grep -qxF 'messages=0;20;50;0' <<<"$(shown 'stanch queue' performance_data)"
submit() { stanch check --mode incidents --submit "nagios:$own/rw/nagios.cmd" --host localhost --service "stanch passive"; }
submit >/dev/null
holds_true "what is handed to it is OK, too" wait_for 30 is_shown "stanch passive" 0

# --- a flood -----------------------------------------------------------------------------------------

lab queue-only on
lab flood --messages 60 --recipients 5 >/dev/null
holds_true "in the flood the queue is CRITICAL" wait_for 60 is_shown "stanch queue" 2
holds_true "and the incidents are" wait_for 60 is_shown "stanch incidents" 2
holds_true "who it is is in the long output" grep -q 'mailbox:ann@shop.test' <<<"$(shown 'stanch incidents' long_plugin_output)"
submit >/dev/null
holds_true "what is handed to it is CRITICAL" wait_for 30 is_shown "stanch passive" 2
holds_true "with its lines" grep -q 'mailbox:ann@shop.test' <<<"$(shown 'stanch passive' long_plugin_output)"
holds_true "it is in Nagios' log" grep -qE 'SERVICE ALERT: localhost;stanch incidents;CRITICAL;HARD;1;Incidents CRITICAL - 1 waits' "$own/nagios.log"
is "the daemon is well all the while" "$(shown 'stanch daemon' current_state)" 0
stanch incident hold 1 --yes >/dev/null 2>&1
holds_true "being cleaned it is a WARNING" wait_for 60 is_shown "stanch incidents" 1
holds_true "and the queue is OK again" wait_for 60 is_shown "stanch queue" 0
stanch incident release 1 --yes --reason "a test" >/dev/null 2>&1
holds_true "after its release the incidents are OK" wait_for 60 is_shown "stanch incidents" 0
submit >/dev/null
holds_true "as is what is handed to it" wait_for 30 is_shown "stanch passive" 0

# --- no daemon ---------------------------------------------------------------------------------------

kill -9 "$daemon"
wait "$daemon" 2>/dev/null
daemon=
holds_true "a killed daemon is CRITICAL" wait_for 30 is_shown "stanch daemon" 2
holds_true "the incidents, which Nagios' user cannot read, are UNKNOWN" wait_for 30 is_shown "stanch incidents" 3
holds_true "and so is the queue" wait_for 30 is_shown "stanch queue" 3
finish

#!/bin/bash
# A whole run, and no password in it anywhere: not the stolen one, not a new one, set in a passwd-file,
# by a program and by a panel. Searched are all logs, the journal, the spool, every argument list and
# environment of the machine while it runs, and what a process that breaks down leaves of itself.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
if ! command -v python3 >/dev/null; then
	skip "python3 is not installed"
	exit 0
fi
start_lab LOG_SELECTOR=+all
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
private=$work/private # what those know who are told a password, and nobody else
mkdir -m 700 "$private" "$work/out"
echo 'shop.test owner@home.test' >"$private/owners"
helpers=()
end_helpers() {
	local status=$?
	for pid in "${helpers[@]}"; do kill "$pid" 2>/dev/null; done
	(exit "$status")
	end_daemon
}
trap end_helpers EXIT
start_stand_in() { # name
	mkdir "$private/$1"
	python3 "$root/tests/panels/$1.py" "$private/$1" 2>"$work/out/$1" &
	helpers+=($!)
	wait_for 60 test -s "$private/$1/port" || not_ok "$1 listens" "$(cat "$work/out/$1")"
}
start_stand_in login_sink
start_stand_in cpanel
start_stand_in smtp_sink
sink=$private/login_sink
touch "$sink/received" "$private/program.received"
(umask 077 && echo TOKENOFWHM >"$private/token")
cat >"$private/program" <<'END'
#!/bin/sh
cd "$(dirname "$0")" || exit 1
umask 077
read -r line
case $1 in
set)
	echo "$line" >>program.received
	[ ! -e hang ] || exec sleep 60
	;;
esac
END
chmod 700 "$private/program"

write_conf() { # backend URL...
	local check=''
	if [[ $# -gt 1 ]]; then
		check=$(printf '"%s", ' "${@:2}")
		check="check = {${check%, }}"
	fi
	configure yes "
refuse {
	enabled = yes
	folder = $lab/refused
}
sessions {
	enabled = yes
}
secret {
	enabled = yes
	backend = $1
	program = $private/program
	timeout = 30s
	$check
}
dovecot {
	enabled = yes
	url = http://$ADDRESS:$DOVEADM_PORT
	key_file = $DOVEADM_KEY_FILE
	passwd_file = $PASSWORDS
}
cpanel {
	url = http://127.0.0.1:$(cat "$private/cpanel/port")
	token_file = $private/token
}
tell {
	enabled = yes
	templates = $root/packaging/templates
	secret_by = mail
	owner_mail = file
	owners = $private/owners
}
mail {
	url = smtp://127.0.0.1:$(cat "$private/smtp_sink/port")
	tls = no
	sender = stanch@hosting.test
	administrator = root@hosting.test
}"
	sed -i 's/quiet_time = .*/quiet_time = 1h/' "$work/stanch.conf"
}
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
is_done() { stanch incident show "$1" --json | jq -e --arg who "$2" '.actions[] | select(.responder == $who and .state == "done")'; }
contain() { # mailbox
	stanch contain "mailbox:$1" --yes --reason "a test" >>"$work/out/contain" 2>&1
}

# Every password that was in force or was sent, as it is and as it goes over the wire.
count_secrets() { wc -l <"$private/secrets"; }
gather() {
	local mailbox secret
	cat "$sink/received" "$private/program.received" "$private/cpanel/received" 2>/dev/null | sort -u >"$private/new"
	{
		cat "$private/new"
		cut -d ' ' -f 2 "$ACCOUNTS"
		for mailbox in ann bob cleo; do
			while IFS= read -r secret; do
				printf '\0%s\0%s' "$mailbox@shop.test" "$secret" | base64 -w 0
				echo
			done < <(cat "$private/new"; awk -v who="$mailbox@shop.test" '$1 == who {print $2}' "$ACCOUNTS")
		done
	} | sed '/^$/d' >"$private/secrets"
}
# Files that have one of them in it; the laboratory's list of passwords is where the old ones are from.
found() { grep -rlaFf "$private/secrets" "$work" --exclude-dir=private | grep -vxF "$ACCOUNTS"; }

python3 "$root/tests/seen_processes.py" "$work/processes" &
watching=$!
helpers+=("$watching")

# --- a passwd-file, by the daemon --------------------------------------------------------------------

smtp=smtp://$ADDRESS:$PORT imap=imap://$ADDRESS:$IMAP_PORT
write_conf passwd-file "$smtp" "$imap" "smtp://127.0.0.1:$(cat "$sink/port")"
lab past 30
start_daemon
lab send --user ann@shop.test --sessions 4 --messages 4000 --recipients 5 --per-connection 4000 --forge 3 \
	--pause-ms 20 --seconds 60 >"$work/out/attack" 2>&1 &
attack=$!
holds_true "the thief is contained" wait_for 60 says "contained source=mailbox:ann@shop.test"
holds_true "the password is changed" wait_for 60 is_done 1 secret
wait "$attack"
is "and was tried at a server" "$(sort -u "$sink/received" | wc -l)" 1
gather
is "while it runs nobody else has it" "$(found)" ""
holds_true "the journal is open" test -s "$state/journal.sqlite-wal"
stop_daemon

# --- a program, and a panel --------------------------------------------------------------------------

write_conf program
contain bob@shop.test
is "a program has got a password" "$(wc -l <"$private/program.received")" 1
write_conf cpanel
stanch incident close 1 >>"$work/out/contain" 2>&1
contain ann@shop.test
holds_true "a panel has got one" test -s "$private/cpanel/received"

# --- what breaks down ---------------------------------------------------------------------------------

# Ends our process while it waits for an answer, with the password in its hands. $1: name of the way,
# $2: file to which a line is added when the other side has the password
break_down() {
	local had pid
	had=$(wc -l <"$2")
	mkdir "$work/core of $1"
	(cd "$work/core of $1" && ulimit -c unlimited && contain cleo@shop.test) &
	under_way=$!
	has_it() { [[ $(wc -l <"$2") -gt $1 ]]; }
	holds_true "$1: it is under way" wait_for 60 has_it "$had" "$2"
	pid=$(pgrep -f -- "^$stanch_program --config $work/stanch.conf .* contain mailbox:cleo@shop.test" | head -n 1)
	holds_true "$1: the page that has the password is not to be dumped" grep -q '^VmFlags:.* dd' "/proc/$pid/smaps"
	kill -ABRT "$pid"
	wait "$under_way" 2>/dev/null
	is "$1: it broke down before it was done" "$?" 134
}
mkdir "$work/core of itself"
(cd "$work/core of itself" && ulimit -c unlimited && exec env KNOWN=known-by-its-core bash -c 'kill -ABRT $$') 2>/dev/null
if [[ $(cat /proc/sys/kernel/core_pattern) == core* ]]; then
	is "a process that breaks down leaves a core here" "$(grep -rlaF known-by-its-core "$work/core of itself" | wc -l)" 1
else
	skip "cores go elsewhere on this machine: what is in them is not looked at"
fi
write_conf passwd-file "smtp://127.0.0.1:$(cat "$sink/port")"
echo hang >"$sink/conduct"
break_down "a server" "$sink/received"
stanch incident close "$(stanch incidents --json | jq -r 'select(.source == "mailbox:cleo@shop.test") | .incident')" >>"$work/out/contain" 2>&1
write_conf program
touch "$private/hang"
break_down "a program" "$private/program.received"

# --- nowhere -----------------------------------------------------------------------------------------

kill -TERM "$watching"
wait "$watching"
printf '# every process was looked at %s times; %s passwords, old and new, in the clear and encoded, were searched for\n' \
	"$(sed -n 's/^rounds //p' "$work/processes")" "$(gather; count_secrets)"
is "five new ones were made" "$(wc -l <"$private/new")" 5
holds_true "and their owner was told of some of them" grep -qaFf "$private/new" "$private/smtp_sink/mails"
holds_true "what was seen of processes is there" grep -q "contain" "$work/processes"
holds_true "the search finds what is there" grep -qFf "$private/secrets" "$ACCOUNTS"
holds_true "the logs are there" test -s "$MAINLOG" -a -s "$lab/log/dovecot.log" -a -s "$work/daemon.log"
is "no password is anywhere else" "$(found)" ""
is "nor is the panel's token" "$(grep -rlaF TOKENOFWHM "$work" --exclude-dir=private)" ""
finish

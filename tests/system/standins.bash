# shellcheck shell=bash
# Those by whom people are told, after daemon.bash: a stand-in of WHMCS, and a mail server. They end
# with the laboratory.
whmcs=$work/whmcs mail=$work/smtp_sink
standins=()

start_standin() { # name
	mkdir "$work/$1"
	python3 "$root/tests/panels/$1.py" "$work/$1" 2>>"$work/$1.errors" &
	standins+=($!)
	wait_for 20 test -s "$work/$1/port"
}
end_standins() {
	local status=$?
	for pid in "${standins[@]}"; do kill "$pid" 2>/dev/null; done
	(exit "$status")
	end_daemon
}
trap end_standins EXIT
start_standin whmcs
start_standin smtp_sink
echo '[{"id":"7","clientid":"42","status":"Active","serverhostname":"mx1.host.test","domain":"shop.test"}]' >"$whmcs/products.json"
echo 'api&secret=1' >"$work/api.secret"
chmod 600 "$work/api.secret"

tell_settings() {
	cat <<END
tell {
	enabled = yes
	secret_by = whmcs
	templates = "$root/packaging/templates"
	timeout = 2s
}
whmcs {
	url = "http://127.0.0.1:$(cat "$whmcs/port")/includes/api.php"
	identifier = ident
	secret_file = "$work/api.secret"
	department = 3
	server = mx1.host.test
	admin = robot
}
mail {
	url = "smtp://127.0.0.1:$(cat "$mail/port")"
	tls = no
	sender = "stanch@host.test"
	administrator = "root@host.test"
}
END
}

subjects() { if [[ -e $mail/mails ]]; then jq -r .headers.Subject "$mail/mails"; fi; }
is_mails() { [[ $(subjects | grep -c "$1") -eq $2 ]]; }
tickets() { if [[ -e $whmcs/tickets.json ]]; then jq "$1" "$whmcs/tickets.json"; else echo 0; fi; }
is_tickets() { [[ $(tickets "$1") -eq $2 ]]; }
password_in() { jq -r "$1" "$whmcs/tickets.json" | sed -n 's/^ *Ihr neues Passwort lautet: //p'; }

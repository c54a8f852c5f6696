#!/bin/bash
# The clerk's door: the files of the page, an API that tells nothing to who is not logged in, bounds on
# whatever strangers send, and TLS with a key that no other part has.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
page=$(free_port "${PORT:?}" "${NET_PORT:?}")
at=127.0.0.1:$page
described=$root/docs/openapi.json

# status PATH [curl's options]: the body is in $work/body, the fields of the answer in $work/fields
status() {
	curl --silent --max-time 20 --path-as-is --output "$work/body" --dump-header "$work/fields" \
		--write-out '%{http_code}' "${@:2}" "http://$at$1"
}
field() { sed -n "s/^$1: *//Ip" "$work/fields" | tr -d '\r'; }
fits() { # method path status
	"$root/tests/openapi_check.py" "$described" "$@" <"$work/body"
}
is_served() { [[ $(status /) == 200 ]]; }

# --- settings -------------------------------------------------------------------------------------

make_pair() { # name
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
	chmod 600 "$work/$1.key"
}
checked() { # settings
	configure yes "$1"
	"$daemon_program" --config "$work/stanch.conf" --check-config >/dev/null 2>"$work/err"
}
refused() { # settings word
	! checked "$1" && grep -q "$2" "$work/err"
}
tls="page { listen = \"$at\" certificate = $work/one.pem key = $work/one.key }"
make_pair one
make_pair two
holds_true "a certificate and its key are taken" checked "$tls"
holds_true "one without the other is not" refused "page { listen = \"$at\" certificate = $work/one.pem }" page.key
holds_true "nor one with another's key" refused "page { listen = \"$at\" certificate = $work/one.pem key = $work/two.key }" one.pem
chmod 644 "$work/one.key"
holds_true "nor a key that all can read" refused "$tls" one.key
chmod 600 "$work/one.key"
holds_true "a proxy has to be an address" refused "page { listen = \"$at\" proxy_from = {\"proxy.test\"} }" page.proxy_from
holds_true "that nobody can log in from elsewhere is said" \
	bash -c "$(declare -f checked configure); daemon_program=$daemon_program work=$work SPOOL=$SPOOL EXIM_CONFIG=$EXIM_CONFIG state=$state control=$control lab=$lab
		checked 'page { listen = \"0.0.0.0:$page\" }' && grep -q 'nobody can log in' '$work/err'"
checked "page { listen = \"$at\" }"
is "at an address of this host there is nothing to say" "$(cat "$work/err")" ""

lab past 30

# --- files ----------------------------------------------------------------------------------------

start_daemon
holds_true "the page is there" wait_for 30 is_served
is "and is HTML" "$(field Content-Type)" "text/html; charset=utf-8"
is "that runs no script but its own" "$(field Content-Security-Policy | grep -c "^default-src 'none'; script-src 'self'; ")" 1
is "and lies in no other page" "$(field Content-Security-Policy | grep -c "frame-ancestors 'none'")" 1
for file in page.js page.css icon.svg chart.js api/openapi.json; do
	is "/$file is there" "$(status "/$file")" 200
done
holds_true "the description is the one of docs" cmp "$work/body" "$described"
tag=$(status /page.js >/dev/null; field ETag)
is "what is known is not sent again" "$(status /page.js -H "If-None-Match: $tag")" 304
is "packed it is the same" "$(curl --silent --compressed "http://$at/chart.js" | sha256sum)" "$(curl --silent "http://$at/chart.js" | sha256sum)"
status /chart.js -H 'Accept-Encoding: gzip' >/dev/null
is "and packed indeed" "$(field Content-Encoding)" gzip
for path in /../page.js /%2e%2e/%2e%2e/etc/passwd /page.js/ /index.html //page.js /page.js%00 /stanch.conf; do
	is "$path is nothing" "$(status "$path")" 404
done
is "whatever the host is called" "$(status / -H 'Host: elsewhere.test')" 200
is "and its name is not repeated" "$(cat "$work/fields" "$work/body" | grep -c elsewhere)" 0

# --- the API, to who is nobody --------------------------------------------------------------------

jq -r '.paths | to_entries[] | .key as $p | .value | keys[] | "\(.) \($p)"' "$described" >"$work/routes"
while read -r method path; do
	[[ $path != /api/openapi.json && $path != /api/login ]] || continue
	query=
	[[ $path != /api/source ]] || query='?source=mailbox:ann@shop.test'
	[[ $path != /api/message ]] || query='?id=1abcde-000000-00'
	is "$method $path is for those who are logged in" "$(status "${path/\{incident\}/1}$query" -X "${method^^}")" 401
	holds_true "and says so as described" fits "$method" "$path" 401
done <"$work/routes"
is "nothing of it is kept by anybody" "$(field Cache-Control)" no-store
is "a session that is none is none" "$(status /api/now -H 'Cookie: stanch=../../etc/passwd')" 401
is "nor is a token" "$(status /api/now -H 'Authorization: Bearer "')" 401
is "nor a name, from who is no proxy" "$(status /api/now -H 'X-Remote-User: admin')" 401
is "a login without a password is none" "$(status /api/login --json '{"name":"ann"}')" 400
holds_true "as described" fits post /api/login 400
is "nor one that a form sent" "$(status /api/login --data 'name=ann&password=x')" 415
holds_true "as described" fits post /api/login 415
is "nor one of another site's page" "$(status /api/login --json '{"name":"ann","password":"x"}' -H 'Sec-Fetch-Site: cross-site')" 403
is "nor one that is read only" "$(status /api/login)" 405
is "it says how" "$(field Allow)" POST
head -c 20000 /dev/zero | tr '\0' ' ' >"$work/long"
is "nor one that is too long" "$(status /api/login --json "@$work/long")" 413
holds_true "as described" fits post /api/login 413
is "what is asked for has to make sense" "$(status '/api/queue?limit=1000000' -H 'Cookie: stanch=00112233445566778899')" 400
for method in PUT DELETE OPTIONS TRACE PATCH; do
	is "$method is not for this" "$(status /api/now -X "$method")" 405
done

# --- the API, to an operator ----------------------------------------------------------------------

open_api() { # a user, who logs in; the fields of the requests of a session are in $work/as_ann
	printf 'correct horse\n' | stanch --config "$work/stanch.conf" page user ann --role operator >/dev/null || return 1
	[[ $(status /api/login --json '{"name":"ann","password":"correct horse"}') == 200 ]] || return 1
	printf 'Cookie: %s\n' "$(field Set-Cookie | cut -d ';' -f 1)" >"$work/as_ann"
	printf 'X-Stanch-CSRF: %s\n' "$(jq -r .csrf "$work/body")" >>"$work/as_ann"
}
as_ann() { status "$@" -H "@$work/as_ann"; }
ask_as_operator() {
	configure yes "page { listen = \"$at\" users = $work/page.users }"
	kill -HUP "$daemon"
	holds_true "a user can log in" wait_for 30 open_api
	holds_true "as described" fits post /api/login 200
	is "with a cookie that no script reads" "$(field Set-Cookie | grep -c '; HttpOnly; SameSite=Strict; Path=/$')" 1
	is "and that is not in the body" "$(jq 'has("session")' "$work/body")" false
	lab queue-only on # so that there is a message to be shown
	lab flood --messages 30 --recipients 5 >/dev/null
	holds_true "a flood is contained meanwhile" wait_for 60 is_in_state mailbox:ann@shop.test "contained cleaning clean"
	local id query got method path
	id=$(ids_in stanch | head -n 1)
	[[ -n $id ]] || id=$(ids_in "" | head -n 1)
	while read -r method path; do
		[[ $method == get && $path != /api/events && $path != /api/openapi.json ]] || continue
		query=
		[[ $path != /api/source ]] || query='?source=mailbox:ann@shop.test'
		[[ $path != /api/message ]] || query="?id=$id"
		[[ $path != /api/incidents ]] || query='?all=1'
		got=$(as_ann "${path/\{incident\}/1}$query")
		[[ $got == 503 ]] || is "$path is told" "$got" 200
		holds_true "$path as described ($got)" fits get "$path" "$got"
	done <"$work/routes"
	local act='{"action":"exempt","source":"mailbox:bob@shop.test","reason":"a test","for":"1d"}'
	is "nothing is done without the session's word" \
		"$(status /api/actions --json "$act" -H "$(head -n 1 "$work/as_ann")")" 403
	is "with it, it is" "$(as_ann /api/actions --json "$act")" 200
	holds_true "as described" fits post /api/actions 200
	is "and was done" "$(stanch exempt --json | jq -r .source)" mailbox:bob@shop.test
	if [[ $(as_ann /api/now) == 200 ]]; then
		curl --silent --no-buffer --max-time 4 -H "@$work/as_ann" "http://$at/api/events" >"$work/events"
		is "what happens is told" "$(grep -c '^event: now$' "$work/events" | sed 's/^[2-9]$/some/')" some
		sed -n 's/^data: //p' "$work/events" | tail -n 1 >"$work/body"
		holds_true "as described" fits get /api/now 200
	else
		skip "how things are is not told to the page by this daemon"
	fi
	is "who has logged out" "$(as_ann /api/logout -X POST)" 200
	is "has no session" "$(as_ann /api/session)" 401
}
if ! "$stanch_program" page --help >/dev/null 2>&1; then
	skip "what is told to an operator: this stanch knows no users of the page"
else
	ask_as_operator
fi

# --- strangers ------------------------------------------------------------------------------------

clerk=$(pid_of clerk)
slow() { # seconds: sends a byte now and then, and says how long it was let
	local begun=$SECONDS
	exec 3<>"/dev/tcp/127.0.0.1/$page"
	while [[ $((SECONDS - begun)) -lt $1 ]] && printf x >&3; do sleep 0.5; done
	exec 3>&-
	echo $((SECONDS - begun))
} 2>/dev/null
(trap '' PIPE; slow 40) >"$work/slow" &
slow_one=$!
fds=()
for _ in {1..40}; do exec {fd}<>"/dev/tcp/127.0.0.1/$page" && fds+=("$fd"); done 2>/dev/null
is "one address has not all of it" "$(status /)" 000
for fd in "${fds[@]}"; do exec {fd}>&-; done
holds_true "when it lets go, there is room again" wait_for 10 is_served
for _ in {1..40}; do head -c 3000 /dev/urandom >"/dev/tcp/127.0.0.1/$page"; done 2>/dev/null
holds_true "garbage harms nobody" wait_for 10 is_served
wait "$slow_one"
is "who is slow on purpose is let go" "$([[ $(cat "$work/slow") -lt 25 ]] && echo yes)" yes
is "all that was the same clerk" "$(pid_of clerk)" "$clerk"

# --- TLS ------------------------------------------------------------------------------------------

by_tls() { # certificate [curl's options]: the status
	curl --silent --max-time 20 --cacert "$work/$1.pem" --output "$work/body" --dump-header "$work/fields" \
		--write-out '%{http_code}' "${@:2}" "https://$at/"
}
is_by_tls() { [[ $(by_tls "$1") == 200 ]]; }
configure yes "$tls"
kill -HUP "$daemon"
holds_true "with a certificate there is TLS" wait_for 30 is_by_tls one
is "and it is to stay so" "$(field Strict-Transport-Security)" max-age=2592000
is "in no old form" "$(by_tls one --tls-max 1.1)" 000
is "and not without" "$(status /)" 000
is "the clerk has no key open" "$(readlink "/proc/$(pid_of clerk)"/fd/* | grep -c '\.key$')" 0
if [[ $EUID -eq 0 ]]; then
	has_key() { # pid: whether a line of the key's text is in its memory
		python3 - "$1" "$(sed -n 2p "$work/one.key")" <<'END'
import re, sys
pid, line = sys.argv[1], sys.argv[2].encode()
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
    for row in maps:
        found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", row)
        if not found:
            continue
        begin, end = (int(n, 16) for n in found.groups())
        memory.seek(begin)
        try:
            if line in memory.read(end - begin):
                sys.exit(0)
        except OSError:
            pass
sys.exit(1)
END
	}
	for part in watcher hand clerk; do
		holds_true "the text of the key is not in the memory of the $part" eval "! has_key $(pid_of "$part")"
	done
	holds_true "nor in that of the starter" eval "! has_key $daemon"
else
	skip "who has the key in memory: this is not root"
fi
cp "$work/two.pem" "$work/one.pem"
cp "$work/two.key" "$work/one.key"
kill -HUP "$daemon"
holds_true "a renewed certificate is taken at a reload" wait_for 30 is_by_tls two
printf 'no key\n' >"$work/one.key"
kill -KILL "$(pid_of clerk)"
holds_true "a key that is none is said" wait_for 30 says 'error page-trouble'
holds_true "and all else goes on" wait_for 20 stanch status
cp "$work/two.key" "$work/one.key"
holds_true "until there is one again" wait_for 60 is_by_tls two
stop_daemon
finish

#!/bin/bash
# The page before a real daemon, in a real browser: beside honest mail two mailboxes are hijacked and flood, with hostile
# texts in subject, HELO, addresses, header and the name of a file. The daemon contains one; the other waits for a person, who contains it
# with the page's button.
#
# AXE names an axe.min.js of axe-core; SHOTS a folder for pictures.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
if ! /usr/bin/python3 -c 'import selenium' 2>/dev/null || [[ ! -x /usr/bin/chromedriver ]]; then
	skip "the page in a browser: chromium-driver and python3-selenium are not installed"
	finish
fi
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
first=mailbox:ann@shop.test second=mailbox:bob@shop.test
page=$(free_port "${PORT:?}" "${NET_PORT:?}")
configure yes "
brake {
	per_hour = 1
}
page {
	listen = \"127.0.0.1:$page\"
	users = $work/page.users
}"
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
password() { head -c 12 /dev/urandom | base64 | tr +/ xy; }
add_user() { # role name
	local password
	password=$(password)
	stanch page user "$2" --role "$1" <<<"$password" >/dev/null && echo "$1 $2 $password" >>"$work/accounts"
}
holds_true "an operator may use the page" add_user operator olga
holds_true "and a reader" add_user reader rita

lab past 30
start_daemon
is_served() { [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$page/") == 200 ]]; }
holds_true "the page is there" wait_for 30 is_served

# --- what strangers write -------------------------------------------------------------------------

cat >"$work/letter" <<'END'
Subject: =?utf-8?q?=3Cscript=3Ealert=281=29=3C/script=3E_=E2=80=AEtxet?=
From: "><svg onload=alert(2)>" <ann@shop.test>
X-Note: '"><img src=x onerror=alert(3)>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<script>alert(4)</script><iframe src="javascript:alert(5)"></iframe>
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="<img src=x onerror=alert(6)>.exe"

x
--b--
END
flood() { # mailbox
	lab flood --user "$1" --messages 100 --recipients 10 --raw "$work/letter" >/dev/null 2>&1
}
lab queue-only on
lab send --user dina@club.test --messages 3 --from '"<img src=x onerror=alert(7)>"@club.test' --to '"<b onclick=alert(8)>"@ok.test' \
	--subject '<script>alert(9)</script>' --header 'X-Mailer: <style>*{display:none}</style>' >/dev/null 2>&1
is "hostile addresses are in the queue" "$(stanch queue --json | jq -r .sender | grep -c onerror)" 3
lab queue-only off
flood ann@shop.test
holds_true "the first is contained" wait_for 60 is_in_state "$first" "contained cleaning clean"
flood bob@shop.test
holds_true "the second waits for a person" wait_for 60 is_in_state "$second" waiting
is "of each it is told after how many messages it was found" \
	"$(stanch incidents --json | jq -s '[.[] | select(.messages < 1)] | length')" 0

# --- in the browser -------------------------------------------------------------------------------

options=(--accounts "$work/accounts" --contain "$second")
[[ -z ${AXE:-} ]] || options+=(--axe "$AXE")
[[ -z ${SHOTS:-} ]] || options+=(--shots "$SHOTS")
HOME=$work TMPDIR=$work timeout --kill-after=20 500 /usr/bin/python3 "$root/tests/page/walk.py" "http://127.0.0.1:$page/" \
	"${options[@]}" >"$work/walk" 2>"$work/walk.err"
status=$?
grep -E -A 3 '^(ok|not ok|skip) - ' "$work/walk"
is "the walk ends, and nothing was wrong with it" "$status $(grep -c '^not ok' "$work/walk") $(tail -n 3 "$work/walk.err")" "0 0 "

# --- what it did ----------------------------------------------------------------------------------

holds_true "the second is contained" is_in_state "$second" "contained cleaning clean"
by_olga() { stanch audit --json | jq -r 'select(.who != null and (.who | startswith("olga (page, 127.0.0.1)"))) | .source // empty' | sort -u; }
is "and the journal says by whom" "$(by_olga)" "$second"
holds_true "the log, too" says 'page-action name=olga'
is "what the page says of the queue, the command says as well" \
	"$(stanch top --json | jq .queue)" "$(stanch queue --count)"
is "no process of the daemon has ended meanwhile" "$(grep -c 'part-ended' "$work/daemon.log")" 0
stop_daemon
finish

#!/bin/bash
# The page as stanchd serves it: a real browser walks through it while a mailbox floods a real Exim, looks as
# reader and as operator, and contains what it finds.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
if ! /usr/bin/python3 -c 'import selenium' 2>/dev/null || [[ ! -x /usr/bin/chromedriver ]]; then
	skip "the page in a browser: chromium-driver and python3-selenium are not installed"
	finish
fi
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
page=$(free_port "${PORT:?}" "${NET_PORT:?}")
users=$work/page.users
walk=$root/tests/page/walk.py

make_user() { # name role password
	stanch --config "$work/stanch.conf" page user "$1" --role "$2" <<<"$3"
}

configure no "page {
	listen = \"127.0.0.1:$page\"
	users = $users
}"
holds_true "an operator" make_user ann operator "a secret of ann"
holds_true "and a reader may use the page" make_user bob reader "a secret of bob"
printf '%s\n' "operator ann a secret of ann" "reader bob a secret of bob" >"$work/accounts"
chmod 600 "$work/accounts"

lab past 30
lab queue-only on
start_daemon
is_served() { [[ $(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$page/") == 200 ]]; }
holds_true "the page is served" wait_for 30 is_served
lab flood --messages 60 --recipients 5 >/dev/null
waits() { [[ $(state_of mailbox:ann@shop.test) == waiting ]]; }
holds_true "a flood waits for a person" wait_for 60 waits

export HOME=$work TMPDIR=$work
timeout --kill-after=20 600 /usr/bin/python3 "$walk" "http://127.0.0.1:$page/" --accounts "$work/accounts" --contain mailbox:ann@shop.test \
	${AXE:+--axe "$AXE"} ${SHOTS:+--shots "$SHOTS"} 2>"$work/walk.err"
is "the walk ends, and nothing was wrong" "$? $(tail -n 3 "$work/walk.err")" "0 "
is_contained() { [[ $(state_of mailbox:ann@shop.test) =~ ^(contained|cleaning|clean)$ ]]; }
holds_true "what was contained in the browser is contained" wait_for 20 is_contained
holds_true "and its mail is held" bash -c "[[ $(stanch holds --json | jq -s 'map(.held) | add') -gt 0 ]]"
finish

#!/bin/bash
# What the hand does for the users of the page, over the real hand, journal and queue, with a clerk of
# our own (tests/desk_ask.c): logging in, reading, acting in one's own name, and who may not.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "the hand as root, and its memory"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
desk_ask=$(dirname "$stanch_program")/desk_ask
users=$work/etc/page.users
thief=mailbox:ann@shop.test
password='correct horse 7 battery'
lab queue-only on
lab flood --messages 12 --recipients 5 >/dev/null
files_of_queue >"$work/before"
count=$(ids_of_mailbox ann@shop.test | wc -l)
configure yes "page { users = \"$users\" }"
page() { "$stanch_program" --config "$work/stanch.conf" page "$@"; }

# --- users ----------------------------------------------------------------------------------------

is "nobody may at first" "$(page users --json 2>/dev/null)" ""
echo "$password" | page user olga --role operator 2>/dev/null
is "a user is made" "$?,$(stat -c %a "$users")" 0,600
token=$(page token robot --role reader 2>/dev/null)
is "a token is shown once" "${#token},$(grep -c "$token" "$users")" 71,0
is "and no password stands in the file" "$(grep -c horse "$users")" 0
is "both are listed" "$(page users --json | jq -rc '[.name,.role,.way]' | tr '\n' ' ')" \
	'["olga","operator","password"] ["robot","reader","token"] '
echo short | page user olga 2>/dev/null
is "a short password is none" $? 3
cp "$users" "$work/users"
echo 'who:is:this' >>"$users"
page remove robot 2>"$work/err"
is "a line that is none is named, and nothing is changed" "$?,$(grep -c 'line 3' "$work/err"),$(wc -l <"$users")" 3,1,3
cp "$work/users" "$users"

# --- the hand, and its clerk ------------------------------------------------------------------------

mkfifo "$work/to" "$work/from"
"$desk_ask" "$work/stanch.conf" "$stanch_program" <"$work/to" >"$work/from" 2>"$work/hand.log" &
clerk=$!
exec 7>"$work/to" 8<"$work/from"
end_clerk() {
	local status=$?
	[[ -z $clerk ]] || { kill $(pgrep -P "$clerk") "$clerk" 2>/dev/null && wait "$clerk"; }
	(exit "$status")
	end_daemon
}
trap end_clerk EXIT
next=0
answer=
ask() { # the rest of a question: '"ask":…'
	next=$((next + 1))
	printf '{"id":%d,%s}\n' "$next" "$1" >&7
	IFS= read -r -t 60 answer <&8
}
got() { jq -rc "$1" <<<"$answer"; }
ask_is() { # name question want: the status
	ask "$2"
	is "$1" "$(got .status)" "$3"
}
says_hand() { grep -q -e "$1" "$work/hand.log"; }
from='"from":"192.0.2.1"'
by_token="\"who\":{\"token\":\"$token\",$from}"

ask_is "a wrong password" "\"ask\":\"login\",\"name\":\"olga\",\"password\":\"wrong one\",$from" 401
ask_is "a wrong name" "\"ask\":\"login\",\"name\":\"oleg\",\"password\":\"$password\",$from" 401
ask "\"ask\":\"login\",\"name\":\"olga\",\"password\":\"$password\",$from"
is "the right one" "$(got '[.status,.body.name,.body.role,.body.way]')" '[200,"olga","operator","login"]'
session=$(got .body.session) csrf=$(got .body.csrf)
by_session="\"who\":{\"session\":\"$session\",$from}"
by_olga="\"who\":{\"session\":\"$session\",\"csrf\":\"$csrf\",$from}"
holds_true "each is in the log" says_hand 'page-login-failed name=oleg from=192.0.2.1'
holds_true "with name and address" says_hand 'page-login name=olga from=192.0.2.1'
is "and no password is" "$(grep -c -e horse -e 'wrong one' -e "$session" "$work/hand.log")" 0

# All that the hand can write, searched for the password.
in_memory() { # text
	python3 - "$(pgrep -P "$clerk")" "$1" <<'PYTHON'
import sys
found = 0
with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as mem:
    for line in maps:
        where, rights = line.split()[:2]
        if "w" not in rights:
            continue
        begin, end = (int(x, 16) for x in where.split("-"))
        try:
            mem.seek(begin)
            found += mem.read(end - begin).count(sys.argv[2].encode())
        except (OSError, ValueError, OverflowError):
            pass
print(found)
PYTHON
}
if command -v python3 >/dev/null; then
	holds_true "what else it was told is in its memory" test "$(in_memory 192.0.2.1)" -gt 0
	is "the password is not" "$(in_memory "$password")" 0
	ask_is "a program shows its token" "\"ask\":\"session\",$by_token" 200
	is "which is not there, either" "$(in_memory "$token")" 0
fi

# --- reading ----------------------------------------------------------------------------------------

read_by() { ask "\"ask\":\"read\",\"what\":\"$2\",\"args\":${3:-{\}},$1"; }
read_by "$by_token" incidents
is "there is no incident yet" "$(got '[.status,.body.incidents,.body.left_out]')" '[200,[],0]'
read_by "$by_token" incident '{"incident":1}'
is "not that one, either" "$(got .status)" 404
id=$(ids_of_mailbox ann@shop.test | head -n 1)
read_by "$by_token" message "{\"id\":\"$id\"}"
is "a message" "$(got '[.status,.body.id]')" "[200,\"$id\"]"
read_by "$by_token" source "{\"source\":\"$thief\"}"
is "a source of which nothing is known" "$(got '[.status,.body.source,.body.remembered,.body.days]')" "[200,\"$thief\",null,null]"
read_by "$by_token" blocklists
is "no blocklist is asked" "$(got '[.status,.body.lists,.body.checked_at]')" '[200,[],null]'
read_by "$by_token" queue
is "the queue is told, or that it is being read" "$(got .status) $(got .body.state | grep -cE "reading|ready")" "200 1"
read_by "$by_token" incidents '{"source":"--all"}'
is "an option is no source" "$(got .status)" 400
read_by "\"who\":{\"session\":\"$token\",$from}" incidents
is "who is not known reads nothing" "$(got .status)" 401

# --- acting -----------------------------------------------------------------------------------------

do_by() { ask "\"ask\":\"do\",\"args\":$2,$1"; }
contain="{\"action\":\"contain\",\"source\":\"$thief\",\"reason\":\"spam, says the abuse desk\"}"
do_by "$by_token" "$contain"
is "a reader does nothing" "$(got .status)" 403
do_by "$by_session" "$contain"
is "nor who does not mean it" "$(got .status)" 403
do_by "$by_olga" "${contain/%\}/,\"dry_run\":true\}}"
is "trying changes nothing" "$(got '[.status,.body.done]'),$(ids_in stanch | wc -l)" '[200,false],0'
do_by "$by_olga" "$contain"
is "an operator contains" "$(got '[.status,.body.exit,.body.done]')" '[200,0,true]'
is "all of it is held" "$(ids_in stanch | wc -l)" "$count"
read_by "$by_token" incidents
number=$(got '.body.incidents[0].incident')
read_by "$by_token" incident "{\"incident\":$number}"
is "in the operator's name" "$(got '[.body.steps[].who] | unique')" '["olga (page, 192.0.2.1)"]'
read_by "$by_token" holds
is "there is a hold" "$(got '[.body.holds[].held]')" "[$count]"
is "in that name, too" "$(got '.body.holds[0].who')" "olga (page, 192.0.2.1)"
holds_true "the log has it" says_hand "page-action name=olga from=192.0.2.1 what=contain to=$thief"
holds_true "and how it ended" says_hand "page-action-ended name=olga .* what=contain .* status=0"
do_by "$by_olga" "{\"action\":\"release\",\"incident\":$number,\"reason\":\"--dry-run\"}"
is "it is released, whatever the reason looks like" "$(got '[.status,.body.exit,.body.done]')" '[200,0,true]'
files_of_queue >"$work/after"
same "every file is back as it was" "$work/after" "$work/before"
do_by "$by_olga" "{\"action\":\"release\",\"incident\":99}"
is "what is not there is said" "$(got '[.status,.body.done,(.body.said | test("99"))]')" '[200,false,true]'
do_by "$by_olga" "{\"action\":\"exempt\",\"source\":\"$thief\",\"reason\":\"news\",\"for\":\"3d\"}"
is "an exemption" "$(got .body.done)" true
read_by "$by_token" exemptions
is "is listed" "$(got '[.body.exemptions[] | .source,.who]')" "[\"$thief\",\"olga (page, 192.0.2.1)\"]"
do_by "$by_olga" "{\"action\":\"unexempt\",\"source\":\"$thief\"}"
is "and ended" "$(got .body.done)" true
is "nobody by sudo takes that name" \
	"$(STANCH_PAGE_WHO='olga 192.0.2.1' SUDO_USER=bob stanch exempt "$thief" --reason x; stanch exempt --json | jq -r .who)" \
	"root (sudo by bob)"

# --- the talk, and the end of a user ------------------------------------------------------------------

printf '{"ask":"shell","id":9999}\n' >&7
IFS= read -r -t 60 answer <&8
is "what is no question ends the talk" "$answer" "talk over"
holds_true "which is said" wait_for 10 says_hand 'error page-request-refused'
sleep 0.5
ask_is "another talk goes on as before" "\"ask\":\"session\",$by_session" 200
page remove olga 2>/dev/null
ask_is "who is removed is out" "\"ask\":\"session\",$by_session" 401
exec 7>&-
wait "$clerk"
is "the hand ends" $? 0
clerk=
finish

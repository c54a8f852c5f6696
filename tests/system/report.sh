#!/bin/bash
# An incident in the laboratory, told by stanch report to each reader in each form, without a daemon; its HTML
# is read by an XML parser and asks for nothing outside of it; a file is made whole or left as it is.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "processes of Exim's user"
start_lab
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
victim=ann@shop.test
# shellcheck source=tests/system/standins.bash
. "$root/tests/system/standins.bash"
configure yes "
refuse {
	enabled = yes
	folder = $lab/refused
}
secret {
	enabled = yes
	backend = passwd-file
}
dovecot {
	enabled = yes
	url = http://$ADDRESS:$DOVEADM_PORT
	key_file = $DOVEADM_KEY_FILE
	passwd_file = $PASSWORDS
}
$(tell_settings)"
stanch() {
	"$stanch_program" --config "$work/stanch.conf" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" \
		--control "$control" "$@"
}
is_done() { stanch incident show 1 --json | jq -e --arg who "$1" 'any(.actions[]; .responder == $who and .state == "done")'; }

# Whether a file is well-formed, runs nothing and asks for nothing.
is_whole_page() { # file
	python3 - "$1" <<'END'
import sys
import xml.etree.ElementTree as tree
from html.parser import HTMLParser

text = open(sys.argv[1], encoding="utf-8").read()
tree.fromstring(text.replace("<!DOCTYPE html>", "", 1))
wrong = []


class Page(HTMLParser):
    def handle_starttag(self, tag, attributes):
        if tag in ("script", "link", "img", "iframe", "object", "embed", "form", "base"):
            wrong.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name in ("src", "href", "action", "style", "srcset"):
                wrong.append(tag + " " + name)


Page().feed(text)
if "url(" in text or "@import" in text or wrong:
    sys.exit(" ".join(wrong) or "a style that loads something")
END
}

stanch report 1 >"$work/out" 2>&1
is "there is no incident yet" "$?" 1
stanch report --since 1d >"$work/out" 2>&1
is "where there is no journal, nothing is known of a period" "$?,$(wc -l <"$work/out")" 3,1

# --- an incident ------------------------------------------------------------------------------------

lab past 30
start_daemon
lab send --user "$victim" --sessions 2 --messages 300 --recipients 5 --per-connection 300 --forge 3 --pause-ms 20 \
	--seconds 40 >"$work/attack" 2>&1 &
attack=$!
holds_true "a mailbox is hijacked, contained, and its owner told" wait_for 90 is_done tell
wait "$attack" 2>/dev/null
holds_true "the queue is clean again" wait_for 60 is_in_state "mailbox:$victim" "clean closed"
stop_daemon
secret=$(password_in '.[0].message')
holds_true "the ticket has its new password" test -n "$secret"

# --- each reader, each form ---------------------------------------------------------------------------

mkdir "$work/reports"
for reader in administrator manager blocklist customer; do
	listed=()
	[[ $reader != blocklist ]] || listed=(--address 192.0.2.25)
	for form in txt html json; do
		stanch report 1 --for "$reader" "${listed[@]}" -o "$work/reports/$reader.$form" >"$work/out" 2>&1
		is "for the $reader: $form" "$?,$(stat -c %a "$work/reports/$reader.$form")" 0,600
	done
	holds_true "its HTML is whole and needs nothing else" is_whole_page "$work/reports/$reader.html"
	holds_true "its JSON is an object" jq -e --arg r "$reader" '.report == $r' "$work/reports/$reader.json"
	is "its text has no line of more than 78 columns" "$(LC_ALL=C.UTF-8 grep -cE '.{79}' "$work/reports/$reader.txt")" 0
done
for language in en de cs; do
	stanch report 1 --for customer --language "$language" -o "$work/reports/$language.html" >"$work/out" 2>&1
	holds_true "for the customer in $language" grep -q "<html lang=\"$language\">" "$work/reports/$language.html"
	holds_true "whole, too" is_whole_page "$work/reports/$language.html"
done
for reader in administrator manager blocklist; do
	stanch report --since 1d --for "$reader" --address 192.0.2.25 --format html >"$work/out" 2>/dev/null
	[[ $reader == blocklist ]] || stanch report --since 1d --for "$reader" --format html >"$work/out"
	cp "$work/out" "$work/reports/day-$reader.html"
	holds_true "a day for the $reader is whole" is_whole_page "$work/out"
done
is "no report has the password" "$(cat "$work"/reports/* | grep -cF -e "$secret")" 0

# --- what they say ------------------------------------------------------------------------------------

number() { jq "$1" "$work/reports/administrator.json"; }
is "what is still held is what lies in the hold queue" "$(number .incident.still_held)" "$(ids_in stanch | wc -l)"
is "what went out is a number" "$(number '.incident.went_out_at_most | type')" '"number"'
holds_true "it was contained within seconds" test "$(number .incident.seconds_to_containment)" -lt 60
holds_true "the first mail came before" jq -e '.incident | .first_mail <= .contained' "$work/reports/administrator.json"
holds_true "the password was changed" jq -e .incident.password_changed "$work/reports/administrator.json"
holds_true "the administrator sees how to undo it" grep -q "stanch incident release 1" "$work/reports/administrator.txt"
holds_true "the customer is told what was done" grep -q "We changed the password" "$work/reports/customer.txt"
holds_true "the blocklist is told the address" grep -q 192.0.2.25 "$work/reports/blocklist.txt"
is "and no name" "$(cat "$work"/reports/{day-,}blocklist.* | grep -cE "$victim|shop\.test|\bann\b")" 0
is "the customer hears of no recipient or sender" \
	"$(cat "$work"/reports/customer.* | grep -oE '[a-z0-9.-]+@[a-z0-9.-]+' | grep -vxE "$victim|root@host.test" | sort -u)" ""

# --- hostile ------------------------------------------------------------------------------------------

sql() { sqlite3 -cmd '.timeout 5000' "$state/journal.sqlite" "$1"; }
evil='<script>alert(1)</script><img src=x onerror=alert(2)>"]]>'
sql "INSERT INTO incidents VALUES(7,'mailbox:$evil@x.test','released',1790000000,1790000100,1790000050,1790000100,
	1790000000,1790000000000000,30.5,21.5,0,0,0,1);
	INSERT INTO steps VALUES(NULL,7,1790000000,'release','clean','released',1,0,'$evil','','','$evil');
	INSERT INTO evidence VALUES(7,'burst',1790000000000000,12.5,'$evil','$evil');
	INSERT INTO incident_actions VALUES(7,'tell',1790000000,'failed',1790000000,0,0,'$evil','{}');"
for reader in administrator manager customer; do
	stanch report 7 --for "$reader" --format html >"$work/out" 2>&1
	holds_true "hostile words for the $reader do nothing" is_whole_page "$work/out"
done
stanch report 7 >"$work/out"
holds_true "what is not known is said" grep -qE '^  Messages accepted +unknown' "$work/out"

# --- files, and mistakes --------------------------------------------------------------------------------

echo mine >"$work/mine"
stanch report 1 -o "$work/mine" >"$work/out" 2>&1
is "a file that is there is left as it is" "$?,$(cat "$work/mine")" 1,mine
stanch report 1 -o "$work/mine" --force >"$work/out" 2>&1
is "and replaced when that is wished" "$?,$(grep -c '^Incident 1' "$work/mine")" 0,1
ln -s "$work/elsewhere" "$work/link"
stanch report 1 -o "$work/link" --force >"$work/out" 2>&1
is "but no link" "$?,$(test -e "$work/elsewhere" && echo there)" 1,
stanch report 1 -o "$work/no/folder" >"$work/out" 2>&1
is "a folder that is not there" "$?" 3
stanch report 99 -o "$work/none" >"$work/out" 2>&1
is "an incident that is not there makes no file" "$?,$(test -e "$work/none" && echo there)" 1,
wrong() { # explanation arguments...
	local name=$1
	shift
	stanch report "$@" >"$work/out" 2>"$work/said"
	is "$name" "$?,$(wc -c <"$work/out"),$(wc -l <"$work/said")" 2,0,1
}
wrong "neither an incident nor a period"
wrong "both" 1 --since 1d
wrong "no number" one
wrong "no time" --since yesterday
wrong "an end before its begin" --since 1d --until 2d
wrong "a period for a customer" --since 1d --for customer
wrong "no address for a blocklist" 1 --for blocklist
wrong "one that is none" 1 --for blocklist --address mx1
wrong "a language that is none" 1 --for customer --language ../x
wrong "a language for others" 1 --language de
sql "UPDATE incidents SET state = 'waiting', contained = 0 WHERE incident = 7"
stanch report 7 --for blocklist --address 192.0.2.25 >"$work/out" 2>/dev/null
is "a blocklist is not told of what was not contained" "$?,$(wc -c <"$work/out")" 1,0
finish

#!/bin/bash
# A person's word on an incident: hold, release, dismiss, close, exempt, on a real queue.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0
lab queue-only on
lab flood --messages 12 --recipients 5 >/dev/null
files_of_queue >"$work/before"
count=$(ids_of_mailbox ann@shop.test | wc -l)

# What the daemon would have written.
sql() { sqlite3 -cmd '.timeout 5000' "$state/journal.sqlite" "$1"; }
add_incident() { # number source state
	sql "INSERT INTO incidents VALUES($1,'$2','$3',1790000000,1790000100,0,0,1790000000,
		1790000000000000,30.5,21.5,12,60,0,0);
		INSERT INTO steps VALUES(NULL,$1,1790000000,'verdict','suspected','$3',0,0,'','','','seen');
		INSERT INTO evidence VALUES($1,'burst',1790000000000000,12.5,'60 new recipients','');
		INSERT INTO scores VALUES($1,1790000000000000,10),($1,1790000060000000,30.5);"
}
state_of() { stanch incident show "$1" --json | jq -r .state; }
forgiven() { sql "SELECT count(*) FROM forgiven WHERE source = '$1'"; }

stanch incidents >"$work/out" 2>&1
is "no journal yet: incidents ends with 0" $? 0
stanch incident show 1 >"$work/out" 2>&1
is "there is no incident 1" $? 1
stanch exempt mailbox:bob@shop.test >"$work/out" 2>&1
is "no exemption without a reason" $? 2
stanch exempt mailbox:bob@shop.test --reason "news letter" --for 2d
is "an exemption with a reason makes the journal" $? 0
is "it is listed" "$(stanch exempt --json | jq -rc '[.source,.reason]')" \
	'["mailbox:bob@shop.test","news letter"]'
stanch exempt mailbox:bob@shop.test --remove
is "it is removed" $? 0
is "and listed no more" "$(stanch exempt --json 2>/dev/null)" ""
stanch exempt mailbox:bob@shop.test --remove >"$work/out" 2>&1
is "it cannot be removed twice" $? 1
stanch exempt mailbox:club@shop.test --reason "their news"

add_incident 1 mailbox:ann@shop.test waiting
add_incident 2 mailbox:carl@shop.test suspected
add_incident 3 mailbox:ann@shop.test contained
is "all are listed" "$(stanch incidents --json | jq -s length)" 3
holds_true "a story has its evidence" grep -q '60 new recipients' <(stanch incident show 1)
holds_true "explain has it, too" grep -q '60 new recipients' <(stanch explain mailbox:ann@shop.test)

for word in hold dismiss close; do
	stanch incident "$word" 1 --dry-run >"$work/out" 2>&1 </dev/null
	is "$word --dry-run ends with 1" $? 1
	is "$word --dry-run leaves the state" "$(state_of 1)" waiting
done
stanch incident hold 3 --dry-run >"$work/out" 2>&1 </dev/null
is "an interrupted hold, --dry-run: nothing is held" "$(ids_in stanch | wc -l)" 0
stanch incident hold 1 >"$work/out" 2>&1 </dev/null
is "without a terminal nothing is held unless --yes is given" "$?,$(ids_in stanch | wc -l)" 1,0
is "and nothing was forgiven" "$(forgiven mailbox:ann@shop.test)" 0

stanch incident hold 3 --yes >"$work/out" 2>&1 </dev/null
is "a hold that was interrupted goes on" $? 0
is "it is clean" "$(state_of 3)" clean
is "all of it is held" "$(ids_in stanch | wc -l)" "$count"
stanch incident show 3 --json >"$work/story"
is "the story says where all of it was going" "$(jq -c '[.recipient_domains_of, .recipient_domains_uncounted,
	([.recipient_domains[].recipients] | add) + 0 > 0]' "$work/story")" "[$count,0,true]"
holds_true "and in one line for people" grep -qE '^  to: .*, in [0-9,]+ held messages$' <(stanch incident show 3)
holds_true "a message that shows it can be opened" stanch show "$(jq -r '.samples[0]' "$work/story")"
is "and what takes it back" "$(jq -c '[.undo[] | [.action, .incident // .hold]]' "$work/story")" \
	'[["release",3],["restore",1]]'
is "as it is typed" "$(jq -r '.undo[0].command' "$work/story" | grep -c 'incident release 3$')" 1
stanch incident release 3 --dry-run >"$work/out" 2>&1 </dev/null
is "release --dry-run puts nothing back" "$(state_of 3),$(ids_in stanch | wc -l)" "clean,$count"
stanch incident release 3 --yes >"$work/out" 2>&1 </dev/null
is "it is released" "$?,$(state_of 3)" 0,released
files_of_queue >"$work/after"
same "every file is back as it was" "$work/after" "$work/before"
stanch incident release 3 --yes >"$work/out" 2>&1 </dev/null
is "released again, nothing is left to put back, which is no failure" "$?,$(state_of 3)" 0,released
is "its evidence is forgiven" "$(forgiven mailbox:ann@shop.test)" 1

stanch incident hold 1 --yes >"$work/out" 2>&1 </dev/null
is "what waits is held when a person says so" "$?,$(state_of 1)" 0,clean
stanch incident close 1 --reason "password changed"
is "it is closed" "$?,$(state_of 1)" 0,closed
is "what is held stays held" "$(ids_in stanch | wc -l)" "$count"
stanch incident close 1 >"$work/out" 2>&1
is "it is not closed twice" $? 1
holds_true "the reason is in the story" grep -q 'password changed' <(stanch incident show 1)
stanch incident release 1 --yes >"$work/out" 2>&1 </dev/null
is "what is closed can be released" "$?,$(ids_in stanch | wc -l)" 0,0

stanch incident dismiss 2
is "it is dismissed" "$?,$(state_of 2),$(forgiven mailbox:carl@shop.test)" 0,dismissed,1
stanch incident release 2 --yes >"$work/out" 2>&1
is "what is dismissed is not released" $? 1

# Killed after the hold, before it was taken down as one of the incident.
add_incident 5 mailbox:ann@shop.test cleaning
stanch hold mailbox:ann@shop.test --until-clean --yes --quiet --reason "incident 5" >/dev/null </dev/null
stanch incident release 5 --yes >"$work/out" 2>&1 </dev/null
is "a hold that is not linked is put back, too" "$?,$(ids_in stanch | wc -l)" 0,0

# A kill between the forgiving and the step.
add_incident 4 mailbox:dora@shop.test suspected
sql "INSERT INTO forgiven VALUES('mailbox:dora@shop.test',1)"
stanch incident dismiss 4
is "a word that was cut off is said again" "$?,$(state_of 4)" 0,dismissed

# Released while another acts on it, whom one that had begun before waits for.
add_incident 6 mailbox:eve@shop.test contained
cat >"$work/refuse.conf" <<END
refuse {
	enabled = yes
	folder = $work/refused
}
END
python3 - "$state/responding" "$work" <<'END' &
import fcntl, os, sys, time
with open(sys.argv[1], "a+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 1, 6)
    open(sys.argv[2] + "/locked", "w").close()
    for _ in range(300):
        if os.path.exists(sys.argv[2] + "/unlock"):
            break
        time.sleep(0.1)
END
locker=$!
for _ in {1..100}; do [[ ! -e $work/locked ]] || break; sleep 0.1; done
stanch --config "$work/refuse.conf" incident act 6 >"$work/out" 2>&1 &
acting=$!
sleep 1
is "what another acts on is waited for" "$(kill -0 "$acting" && echo waits)" waits
sql "UPDATE incidents SET state = 'released' WHERE incident = 6"
touch "$work/unlock"
wait "$acting"
is "what was released meanwhile is not contained any more" "$?,$(sql "SELECT count(*) FROM incident_actions WHERE incident = 6")" 0,0
wait "$locker"
is "nor refused" "$(grep -rs eve "$work/refused")" ""

# All of it, and by whom.
is "the audit has exemptions that were given and ended, and by whom" \
	"$(stanch audit --source mailbox:bob@shop.test --json | jq -c '[.what, .who != null, .words]')" \
	'["unexempt",true,""]
["exempt",true,"news letter"]'
is "and an incident's steps, holds and restores" \
	"$(stanch audit --json --limit 1000 | jq -r 'select(.incident == 3) | .what' | sort | uniq -c | tr -s ' \n' ' ')" \
	" 2 hold 1 nothing 1 opened 1 release 1 restore 1 verdict "
stanch audit --json --limit 1000 >"$work/whole"
cursor=
while :; do
	stanch audit --json --limit 7 ${cursor:+--before "$cursor"} >"$work/page"
	cat "$work/page" >>"$work/pages"
	[[ $(wc -l <"$work/page") -eq 7 ]] || break
	cursor=$(tail -n 1 "$work/page" | jq -r .cursor)
done
same "page after page it is the whole" "$work/pages" "$work/whole"
is "each has a line for people, too" "$(stanch audit --limit 1000 | wc -l)" "$(wc -l <"$work/whole")"
is "nothing is done by nobody" "$(stanch audit --who nobody-of-that-name 2>/dev/null)" ""
for words in "audit --limit 1000" "incidents --all" "exempt" "holds" "holds 1"; do
	# shellcheck disable=SC2086  # words
	is "each key of stanch $words --json is in the manual" \
		"$(stanch $words --json 2>/dev/null | undocumented "${words%% *}" queue)" ""
done
is "and each of a story" "$(undocumented incident incidents queue <"$work/story")" ""
stanch audit --before nonsense >"$work/out" 2>&1
is "what is no cursor is refused" $? 2
finish

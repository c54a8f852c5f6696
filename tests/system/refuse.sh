#!/bin/bash
# A source is refused by Exim at its next command: by the file that Exim looks for itself, by what a
# daemon answers, and by the configuration that stanch setup exim writes, on each kind of server.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
# shellcheck source=tests/system/session.bash
. "$root/tests/system/session.bash"
refusing_program=$(dirname "$stanch_program")/refusing
refused=$lab/refused
answering=

refuse() { "$refusing_program" add "$refused" "$@"; }
allow() { "$refusing_program" remove "$refused" "$@"; }

refusal="550 Sending is stopped: this account seems hijacked."

# --- the same name on both sides ------------------------------------------------------------------

expression=$(sed -n 's|.*/mailbox/\(${sha256:.*}\)}}} \\$|\1|p' "$EXIM_CONFIG" | head -n 1)
mkdir "$work/ids"
chmod 755 "$work/ids"
ids=('Ann@Shop.TEST' '../../etc/passwd' '/' '.' '..' 'a/b@c' 'ann+tag@shop.test' '+ann@shop.test'
	'ann+@shop.test' 'a@b+c' 'a@b+c@d' 'a+b' 'a+b@' '@' '+' '+@' 'a+b+c@d@E+f' $'ann\n+x@shop.test'
	$'a+\n@b\n' $'line\r\n' ' ' 'sp ace@shop.test' 'q:colon@shop.test' '"quoted"@shop.test' '}' '{' '$'
	'${run{/bin/true}}' '\N' "it's" $'\x80\xff@x' $'\xc3\x84NN@shop.test' $'t\xc3\xa4g+\xff@Shop' '\\' '%s%n')
bytes=(a B z Z 0 + + @ @ . / '\' '$' '{' '}' ':' ' ' '"' "'" $'\n' $'\t' $'\x01' $'\x7f' $'\xc3' $'\xa4' $'\xff' $'\xdc')
for ((i = 0; i < 150; i++)); do
	id=
	for ((k = SRANDOM % 40; k >= 0; k--)); do id+=${bytes[SRANDOM % ${#bytes[@]}]}; done
	ids+=("$id")
done
ids+=("$(printf 'x%.0s' {1..255})")
questions=()
: >"$work/ours"
for i in "${!ids[@]}"; do
	printf '%s' "${ids[i]}" >"$work/ids/$i"
	questions+=("${expression//\$authenticated_id/\$\{readfile\{$work/ids/$i\}\}}")
	"$refusing_program" name "mailbox:$(od -An -v -tx1 "$work/ids/$i" | tr -d '\n' | sed 's/ /\\x/g')" >>"$work/ours"
done
exim -be "${questions[@]}" >"$work/theirs"
is "there are names to compare" "$(grep -cE '^[0-9A-F]{64}$' "$work/ours")" "${#ids[@]}"
same "Exim and stanch compute the same file for ${#ids[@]} hostile names" "$work/theirs" "$work/ours"

# --- an open session ------------------------------------------------------------------------------

open_session ann@shop.test
begins "a mailbox sends" "$(send_one ann@shop.test friend@ok.test)" "250 OK"
refuse mailbox:ann@shop.test
begins "refused at its next MAIL, in the same session" "$(say 'MAIL FROM:<ann@shop.test>')" "$refusal"
is "and the session is over" "$(say NOOP)" closed
close_session
begins "so is a new session of hers" "$(try ann@shop.test)" "$refusal"
begins "another mailbox of the domain sends" "$(try bob@shop.test)" "250 OK"
is "the file says who, which incident and why" "$(cut -f 1,3,4 "$refused"/mailbox/*)" \
	$'mailbox:ann@shop.test\tincident 7\tbecause of a test'
is "nobody else can list them" "$(stat -c '%a %U' "$refused" "$refused/mailbox" | sort -u)" "711 $(id -un)"
allow mailbox:ann@shop.test
begins "undone, she sends again" "$(try ann@shop.test)" "250 OK"

open_session ann@shop.test
say 'MAIL FROM:<ann@shop.test>' >/dev/null
refuse mailbox:ann@shop.test
begins "refused at RCPT" "$(say 'RCPT TO:<friend@ok.test>')" "$refusal"
close_session
allow mailbox:ann@shop.test
open_session ann@shop.test
say 'MAIL FROM:<ann@shop.test>' >/dev/null
say 'RCPT TO:<friend@ok.test>' >/dev/null
refuse mailbox:ann@shop.test
begins "refused at DATA, before the text" "$(say DATA)" "$refusal"
close_session
allow mailbox:ann@shop.test
open_session ann@shop.test
for command in 'MAIL FROM:<ann@shop.test>' 'RCPT TO:<friend@ok.test>' DATA; do say "$command" >/dev/null; done
refuse mailbox:ann@shop.test
begins "and behind the text" "$(say "$text_of_message")" "$refusal"
close_session
allow mailbox:ann@shop.test

# --- a flood --------------------------------------------------------------------------------------

accepted() { grep -c ' <= .*A=dovecot_plain:ann@shop.test' "$MAINLOG"; }
before=$(accepted)
lab flood --messages 400 --recipients 2 >"$work/flood" 2>&1 &
flood=$!
until [[ $(accepted) -gt $((before + 20)) ]]; do sleep 0.05; done
refuse mailbox:ann@shop.test
at_once=$(accepted)
wait "$flood"
lab settle
passed=$(($(accepted) - at_once))
if [[ $passed -le 4 ]]; then
	ok "of a flood in 4 sessions at most one message a session still passes ($passed did)"
else
	not_ok "of a flood in 4 sessions at most one message a session still passes" "$passed passed"
fi
allow mailbox:ann@shop.test

# --- nothing hurts honest mail --------------------------------------------------------------------

refuse mailbox:ann@shop.test
if [[ $EUID -eq 0 ]]; then
	chmod 000 "$refused"
	begins "a folder that Exim cannot read refuses nobody" "$(try ann@shop.test)" "250 OK"
	chmod 711 "$refused"
	chmod 600 "$refused/text"
	begins "a text that Exim cannot read changes no decision" "$(try ann@shop.test)" "550 "
	begins "nor that for others" "$(try bob@shop.test)" "250 OK"
	chmod 644 "$refused/text"
fi
rm "$refused/text"
begins "without a text there is another" "$(try ann@shop.test)" "$refusal"
mv "$refused" "$refused.gone"
begins "a folder that is not there refuses nobody" "$(try ann@shop.test)" "250 OK"
mv "$refused.gone" "$refused"
begins "and back again it refuses" "$(try ann@shop.test)" "$refusal"
allow mailbox:ann@shop.test
is "no mail was put off for any of this" "$(grep -c 'temporarily rejected' "$MAINLOG")" 0

# --- a host ---------------------------------------------------------------------------------------

try_host() {
	open_session
	send_one stranger@elsewhere.test bob@shop.test
	close_session
}
begins "a host gives mail for our mailboxes" "$(try_host)" "250 OK"
refuse host:127.0.0.1
begins "refused, it does not" "$(try_host)" "$refusal"
begins "who has logged in from there does" "$(try bob@shop.test)" "250 OK"
allow host:127.0.0.1

# --- what the daemon says -------------------------------------------------------------------------

start_answering() {
	local old=$lab/run/policy
	printf 'pass\n' >"$work/answer"
	"$refusing_program" answer "$old" "$work/answer" >"$work/questions" &
	answering=$!
	for _ in {1..50}; do [[ ! -S $old ]] || break; sleep 0.1; done
	[[ $EUID -ne 0 ]] || chown "$ACCOUNT" "$old"
}
stop_answering() {
	[[ -z $answering ]] || { kill "$answering"; wait "$answering" 2>/dev/null; }
	answering=
	rm -f "$lab/run/policy"
}
trap 'stop_answering; clean_up' EXIT
start_answering
answer() { printf '%s\n' "$1" >"$work/answer"; }
begins "pass passes" "$(try cleo@shop.test)" "250 OK"
is "MAIL, RCPT and DATA were asked about" "$(cut -d ' ' -f 2 "$work/questions" | tr '\n' ' ')" "mail rcpt data "
answer 'refuse Your account $sends {spam}: %s.'
is "refuse refuses, with its text as it is" "$(try cleo@shop.test)" '550 Your account $sends {spam}: %s.'
answer 'slow Please try again later.'
is "slow puts off" "$(try cleo@shop.test)" "451 Please try again later."
answer refuse
begins "refuse without a text refuses" "$(try cleo@shop.test)" "550"
for word in 'error at byte 3' '' 'refused' 'REFUSE x' 'holding' ' refuse x' 'passrefuse'; do
	answer "$word"
	begins "\"$word\" is no refusal" "$(try cleo@shop.test)" "250 OK"
done
held=$(ids_in stanch | wc -l)
answer hold
begins "hold accepts" "$(try cleo@shop.test)" "250 OK"
is "into the queue of held mail" "$(ids_in stanch | wc -l)" "$((held + 1))"
open_session cleo@shop.test
answer pass
for command in 'MAIL FROM:<cleo@shop.test>' 'RCPT TO:<friend@ok.test>' DATA; do say "$command" >/dev/null; done
answer hold
begins "hold behind the text accepts" "$(say "$text_of_message")" "250 OK"
close_session
lab settle
is "and the message is frozen" "$(exim -bp | grep -c 'frozen')" 1
exim -bp | awk '/frozen/ {print $3}' | while read -r id; do exim -Mrm "$id" >/dev/null; done
answer hang
begins "a daemon that hangs refuses nobody" "$(try cleo@shop.test)" "250 OK"
stop_answering
begins "nor does one that is not there" "$(try cleo@shop.test)" "250 OK"
open_session cleo@shop.test
begins "many questions to nobody" "$(send_one cleo@shop.test friend@ok.test)" "250 OK"
begins "in one session" "$(send_one cleo@shop.test friend@ok.test)" "250 OK"
close_session
refuse mailbox:cleo@shop.test
begins "the folder holds without a daemon" "$(try cleo@shop.test)" "$refusal"
start_answering
begins "and with one that says pass" "$(try cleo@shop.test)" "$refusal"
allow mailbox:cleo@shop.test

# --- local programs -------------------------------------------------------------------------------

if other_logins; then
	script() { lab script --login "$1" --from forged@ok.test --to victim@ok.test >"$work/script" 2>&1; }
	deliveries_to() { lab deliveries | grep -c "$1\$"; }
	script www-data
	lab settle
	is "a script sends" "$(deliveries_to victim@ok.test)" 1
	refuse login:www-data
	if script www-data; then not_ok "a script of a refused login is refused"; else ok "a script of a refused login is refused"; fi
	script nobody
	lab settle
	is "one of another login is not" "$(deliveries_to victim@ok.test)" 2
	is "and nobody is told who did not send it" "$(deliveries_to forged@ok.test)" 0
	is "the log says so" "$(grep -c 'rejected by non-SMTP ACL' "$MAINLOG")" 1
	allow login:www-data
	script www-data
	lab settle
	is "undone, it sends again" "$(deliveries_to victim@ok.test)" 3
	refuse "script:$lab/home/www-data/public_html"
	if script www-data; then not_ok "a refused working directory is refused"; else ok "a refused working directory is refused"; fi
	allow "script:$lab/home/www-data/public_html"
	answer 'refuse Stopped.'
	if script www-data; then not_ok "what the daemon refuses is"; else ok "what the daemon refuses is"; fi
	lab settle
	is "and nobody is told of that, either" "$(deliveries_to forged@ok.test)" 0
	answer pass
else
	skip "mail of other logins (needs root)"
fi
refuse "login:$ACCOUNT"
lab script --from notice@hosting.test --to owner@ok.test
lab settle
is "Exim's own mail is never refused" "$(lab deliveries | grep -c 'owner@ok.test$')" 1
allow "login:$ACCOUNT"
stop_answering

# --- a configuration that has an lsearch file -----------------------------------------------------

blocked=$SPOOL/blocked_authenticated_users
printf '# by hand\nold@shop.test\n  more of it\nCleo@shop.test: 1234' >"$blocked"
chmod 640 "$blocked"
[[ $EUID -ne 0 ]] || chown "$ACCOUNT:$(id -gn "$ACCOUNT")" "$blocked"
cp -p "$blocked" "$work/blocked"
owner=$(stat -c '%U %a' "$blocked")
sed "s|^acl_mail:|&\n  drop authenticated = *\n       condition = \${lookup{\$authenticated_id}lsearch,cache=no_rd{$blocked}{true}{false}}\n       message = blocked by the list|" \
	"$EXIM_CONFIG" >"$work/conf"
cat "$work/conf" >"$EXIM_CONFIG"
kill -HUP "$(cut -d ' ' -f 1 "$lab/hosting.process")"
sleep 1
open_session ann@shop.test
begins "a mailbox that is not in the list sends" "$(send_one ann@shop.test friend@ok.test)" "250 OK"
for name in ann@shop.test 'sp ace: "q"@x' '#hash@x' cleo@shop.test; do refuse "mailbox:$name" "$blocked"; done
rm "$refused"/mailbox/*
is "the list refuses her in the open session" "$(say 'MAIL FROM:<ann@shop.test>')" "550 blocked by the list"
close_session
is "lsearch finds odd names" "$(exim -be "\${lookup{sp ace: \"q\"@x}lsearch{$blocked}{yes}{no}}" \
	"\${lookup{#hash@x}lsearch{$blocked}{yes}{no}}" | tr '\n' ' ')" "yes yes "
is "what was there is not added" "$(grep -ci cleo "$blocked")" 1
for name in ann@shop.test 'sp ace: "q"@x' '#hash@x' cleo@shop.test; do allow "mailbox:$name" "$blocked"; done
printf '\n' >>"$work/blocked"
same "what others wrote stays" "$blocked" "$work/blocked"
is "and whose it is" "$(stat -c '%U %a' "$blocked")" "$owner"
begins "undone, she sends" "$(try ann@shop.test)" "250 OK"
if ( flock -x 9; timeout 20 "$refusing_program" add "$refused" mailbox:ann@shop.test "$blocked" 2>/dev/null ) 9<"$blocked"; then
	not_ok "a list that another has locked is left alone"
else
	ok "a list that another has locked is left alone"
fi
allow mailbox:ann@shop.test

# --- what setup writes ----------------------------------------------------------------------------

printf 'policy { socket = %s/none }\nrefuse { folder = %s }\n' "$work" "$refused" >"$work/setup.conf"
set_up() { "$stanch_program" setup exim --config "$work/setup.conf" --exim "$EXIM" "$@"; }

# What Exim says to a client of that address, without a connection.
asked_by() { # config address
	printf 'EHLO x.test\r\nMAIL FROM:<a@elsewhere.test>\r\nQUIT\r\n' |
		"$EXIM" -C "$1" -bh "$2" 2>/dev/null | tr -d '\r' |
		awk '/^[0-9][0-9][0-9][- ]/ {
			text = text (text == "" ? "" : " ") substr($0, 5)
			if (substr($0, 4, 1) == "-") next
			if (++n == 3) print substr($0, 1, 3) " " text
			text = ""
		}'
}
refuse host:192.0.2.9

# The laboratory's own, live.
refuse mailbox:dora@firm.test
own() { set_up --exim-config "$EXIM_CONFIG" --reload "$@" --json | jq -c '[.written, .live]'; }
begins "the laboratory refuses" "$(try dora@firm.test)" "$refusal"
is "taken out and made live" "$(own --remove)" '[true,true]'
sleep 1
begins "it refuses nobody" "$(try dora@firm.test)" "250 OK"
is "put in again and made live" "$(own --write)" '[true,true]'
sleep 1
begins "it refuses again" "$(try dora@firm.test)" "$refusal"

# From here on the file that the laboratory was filled with, in a folder of its own.
mkdir "$work/plain"
set_up --exim-config "$EXIM_CONFIG" --remove >/dev/null
cp "$EXIM_CONFIG" "$work/plain/exim.conf"
chmod 640 "$work/plain/exim.conf"
cp -p "$work/plain/exim.conf" "$work/plain.before"
plain() { set_up --exim-config "$work/plain/exim.conf" "$@"; }
plain >"$work/out"
same "without --write nothing is changed" "$work/plain/exim.conf" "$work/plain.before"
holds_true "and it is shown" grep -q '^stanch_refused:' "$work/out"
plain --write --dry-run >/dev/null
same "nor with --dry-run" "$work/plain/exim.conf" "$work/plain.before"
is "plain: written" "$(plain --write --json | jq -c '[.kind, .written, (.files | map(.change))]')" '["plain",true,["change"]]'
begins "plain: refuses" "$(asked_by "$work/plain/exim.conf" 192.0.2.9)" "$refusal"
begins "plain: and nobody else" "$(asked_by "$work/plain/exim.conf" 192.0.2.10)" "250 OK"
same "plain: the old file lies beside it" "$work"/plain/exim.conf.stanch-2* "$work/plain.before"
is "plain: mode is kept" "$(stat -c %a "$work/plain/exim.conf")" 640
cp "$work/plain/exim.conf" "$work/plain.with"
is "plain: twice is no change" "$(plain --write)" "nothing to change"
same "plain: not a byte" "$work/plain/exim.conf" "$work/plain.with"
plain --remove >/dev/null
same "plain: --remove gives the same bytes back" "$work/plain/exim.conf" "$work/plain.before"
is "plain: and leaves nothing of its tries" "$(find "$work/plain" -name '*.stanch-try*' -o -name '*.stanch-new' | wc -l)" 0

refuses_to_write() { # name status: the file in $work/plain
	local status
	cp "$work/plain/exim.conf" "$work/odd"
	plain --write >"$work/out" 2>&1
	status=$?
	is "$1: status" "$status" "$2"
	same "$1: left alone" "$work/plain/exim.conf" "$work/odd"
}
sed 's/^acl_mail:/acl_other:/' "$work/plain.before" >"$work/plain/exim.conf"
refuses_to_write "a list that is elsewhere" 1
sed 's/^acl_smtp_mail = .*/acl_smtp_mail = ${if eq{a}{a}{acl_mail}}/' "$work/plain.before" >"$work/plain/exim.conf"
refuses_to_write "a list that is computed" 1
sed 's/^begin acl/&\nstanch_refused:\n  accept/' "$work/plain.before" >"$work/plain/exim.conf"
refuses_to_write "what Exim would not load" 3
sed 's/^begin acl/# stanch: begin\n&/' "$work/plain.before" >"$work/plain/exim.conf"
refuses_to_write "half of our marks" 1
sed '/^acl_smtp_rcpt/d' "$work/plain.before" >"$work/plain/exim.conf"
plain --write >/dev/null
is "no list for RCPT is invented: it would open a relay" "$(grep -c '^acl_smtp_rcpt' "$work/plain/exim.conf")" 0

if [[ $EUID -ne 0 || ! -x /usr/sbin/update-exim4.conf || ! -d /etc/exim4/conf.d ]]; then
	skip "the configurations of Debian (need root and exim4-config)"
	finish
fi
for kind in split single; do
	folder=$work/debian-$kind
	mkdir "$folder"
	cp -R /etc/exim4/. "$folder"
	[[ $kind == single ]] && value=false || value=true
	sed -i "s/^dc_use_split_config=.*/dc_use_split_config='$value'/" "$folder/update-exim4.conf.conf"
	cp -R "$folder" "$folder.before"
	debian() { set_up --debian-folder "$folder" "$@"; }
	is "debian-$kind: written" "$(debian --write --json | jq -c '[.kind, .written]')" "[\"debian-$kind\",true]"
	/usr/sbin/update-exim4.conf -d "$folder" -o "$work/$kind.conf"
	holds_true "debian-$kind: loads" "$EXIM" -C "$work/$kind.conf" -bV
	begins "debian-$kind: refuses" "$(asked_by "$work/$kind.conf" 192.0.2.9)" "$refusal"
	begins "debian-$kind: and nobody else" "$(asked_by "$work/$kind.conf" 192.0.2.10)" "250 OK"
	is "debian-$kind: the server's own lists go on" "$(printf 'EHLO x.test\r\nMAIL FROM:<a@elsewhere.test>\r\nRCPT TO:<b@elsewhere.test>\r\nQUIT\r\n' |
		"$EXIM" -C "$work/$kind.conf" -bh 192.0.2.10 2>/dev/null | grep -ci 'relay not permitted')" 1
	is "debian-$kind: twice is no change" "$(debian --write)" "nothing to change"
	debian --remove >/dev/null
	find "$folder" -name '*.stanch-2*' -delete
	is "debian-$kind: --remove gives the same bytes back" "$(diff -r "$folder" "$folder.before")" ""
done
folder=$work/debian-split
mkdir -p "$folder/conf.d/main/01_stanch.stanch-new/in-the-way"
set_up --debian-folder "$folder" --write >"$work/out" 2>&1
is "a second file that cannot be written: status" "$?" 3
holds_true "and the first is taken back" test ! -e "$folder/conf.d/acl/01_stanch"
rm -r "$folder/conf.d/main/01_stanch.stanch-new"
printf 'MAIN_ACL_CHECK_MAIL = acl_mine\n' >"$folder/conf.d/main/000_localmacros"
printf 'acl_mine:\n  deny message = mine\n' >"$folder/conf.d/acl/90_mine"
set_up --debian-folder "$folder" --write >/dev/null
/usr/sbin/update-exim4.conf -d "$folder" -o "$work/split.conf"
begins "a list of the administrator's own is asked, too" "$(asked_by "$work/split.conf" 192.0.2.10)" "550 mine"
begins "and behind ours" "$(asked_by "$work/split.conf" 192.0.2.9)" "$refusal"
finish

#!/bin/bash
# stanch setup exim on a server with cPanel: its files go in by cPanel's own places, hold against the
# real Exim, and come out again; whatever cPanel's programs do, mail goes on. cPanel is a stand-in.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
refusing_program=$(dirname "$stanch_program")/refusing
refused=$lab/refused
refusal="550 Sending is stopped: this account seems hijacked."
answering=

refuse() { "$refusing_program" add "$refused" "$@"; }
allow() { "$refusing_program" remove "$refused" "$@"; }
begins() { # name got want
	if [[ $2 == "$3"* ]]; then ok "$1"; else not_ok "$1" "got:  $2" "want: $3..."; fi
}

# --- a client -------------------------------------------------------------------------------------

reply() {
	local line
	while IFS= read -r -t 15 line <&"$fd"; do
		[[ ${line:3:1} == - ]] || { printf '%s\n' "${line%$'\r'}"; return; }
	done
	echo closed
}
say() {
	{ printf '%s\r\n' "$@" >&"$fd"; } 2>/dev/null || true
	reply
}
open_session() { # mailbox
	exec {fd}<>"/dev/tcp/$ADDRESS/$PORT"
	reply >/dev/null
	say "EHLO laptop.test" >/dev/null
	say "AUTH PLAIN $(printf '\0%s\0%s' "$1" "$(password_of "$1")" | base64 -w 0)" >/dev/null
}
close_session() { exec {fd}>&-; }
text_of_message=$'Subject: hello\r\n\r\nhello\r\n.'
stages=('MAIL FROM:<ann@shop.test>' 'RCPT TO:<friend@ok.test>' DATA "$text_of_message")
send_one() {
	local answer command
	for command in "${stages[@]}"; do
		answer=$(say "$command")
		[[ $answer == [23]* ]] || break
	done
	printf '%s\n' "$answer"
}
try() { # mailbox
	open_session "$1"
	send_one
	close_session
}

# --- the server -----------------------------------------------------------------------------------

cpanel=$work/cpanel
acls=$cpanel/etc/exim/acls
mkdir -p "$cpanel/scripts"
for block in MAIL_PRE PRE_RECIPIENT RECIPIENT SMTP_PREDATA CHECK_MESSAGE_PRE NOT_SMTP; do
	mkdir -p "$acls/ACL_${block}_BLOCK"
done
for program in buildeximconf restartsrv_exim; do
	ln -s "$root/tests/panels/exim_of_cpanel.py" "$cpanel/scripts/$program"
done
printf '  warn    set acl_m_first = of the administrator\n' >"$acls/ACL_MAIL_PRE_BLOCK/custom_begin_mail_pre"
: >"$acls/ACL_NOT_SMTP_BLOCK/custom_begin_not_smtp"
printf 'CONFIG=%s\nTEMPLATE=%s\nEXIM=%s\nDAEMON=%s\n' "$EXIM_CONFIG" "$work/template" "$EXIM" "$lab/hosting.process" \
	>"$cpanel/stand-in"
printf 'policy { socket = %s/run/policy }\nrefuse { folder = %s }\n' "$lab" "$refused" >"$work/setup.conf"
set_up() { "$stanch_program" setup exim --config "$work/setup.conf" --exim "$EXIM" --exim-config "$EXIM_CONFIG" "$@"; }
cp_set_up() { set_up --cpanel-folder "$cpanel" "$@"; }
build() { "$cpanel/scripts/buildeximconf" >/dev/null && "$cpanel/scripts/restartsrv_exim" >/dev/null && sleep 0.5; }
mode() { printf '%s\n' "$1" >"$cpanel/mode"; }
runs() { tr '\n' ' ' <"$cpanel/runs"; }
picture() { (cd "$cpanel" && find etc ! -name '*.stanch-2*' -printf '%y %m %p\n' | LC_ALL=C sort
	find etc -type f ! -name '*.stanch-2*' -exec sha256sum {} + | LC_ALL=C sort); }
files() { find "$acls" -name '*stanch*' -printf '%P\n' | LC_ALL=C sort | tr '\n' ' '; }

set_up --remove >/dev/null
template() { # [lines of the list for DATA before the text]
	sed -e 's/^acl_smtp_data = .*/&\nacl_smtp_predata = acl_predata/' \
		-e 's/^acl_mail:/&\n[% ACL_MAIL_PRE_BLOCK %]/' \
		-e 's/^acl_rcpt:/&\n[% ACL_PRE_RECIPIENT_BLOCK %]\n[% ACL_RECIPIENT_BLOCK %]/' \
		-e "s/^acl_data:/acl_predata:\n[% ACL_SMTP_PREDATA_BLOCK %]\n${1-  accept}\n\n&\n[% ACL_CHECK_MESSAGE_PRE_BLOCK %]/" \
		-e 's/^acl_local:/&\n[% ACL_NOT_SMTP_BLOCK %]/' "$work/own" >"$work/template"
}
cp "$EXIM_CONFIG" "$work/own"
template
build
cp "$EXIM_CONFIG" "$work/before"
picture >"$work/picture"
begins "the server of cPanel's making takes mail" "$(try ann@shop.test)" "250 OK"

# --- in -------------------------------------------------------------------------------------------

five="ACL_CHECK_MESSAGE_PRE_BLOCK/custom_begin_00_stanch_data ACL_MAIL_PRE_BLOCK/custom_begin_00_stanch_mail \
ACL_NOT_SMTP_BLOCK/custom_begin_00_stanch_local ACL_PRE_RECIPIENT_BLOCK/custom_begin_00_stanch_rcpt \
ACL_SMTP_PREDATA_BLOCK/custom_begin_00_stanch_predata "
cp_set_up >"$work/out"
is "without --write it is shown, by file" "$(grep -c "^create $acls/ACL_" "$work/out")" 5
holds_true "with what would be in it" grep -q "drop  *!condition = " "$work/out"
cp_set_up --write --dry-run >/dev/null
picture >"$work/now"
same "and nothing is changed, nor with --dry-run" "$work/now" "$work/picture"
: >"$cpanel/runs"
is "written and made live" "$(cp_set_up --write --reload --json | jq -c '[.kind, .written, .live, .notes]')" \
	'["cpanel",true,true,[]]'
is "tried, then built, then started" "$(runs)" "buildeximconf --acl_dry_run buildeximconf restartsrv_exim "
is "five files" "$(files)" "$five"
is "for all to read, and root to write" "$(find "$acls" -name '*stanch*' -printf '%m %u\n' | sort -u)" "644 $(id -un)"
sleep 0.5
is "first in its block" "$(grep -m 1 'BEGIN INSERT' "$EXIM_CONFIG")" "# BEGIN INSERT custom_begin_00_stanch_mail"
is "the administrator's own is still there" "$(grep -c 'of the administrator' "$EXIM_CONFIG")" 1
holds_true "Exim says that it looks there" grep -qF "exists{$refused/mailbox/\${sha256:" <("$EXIM" -C "$EXIM_CONFIG" -bP config)
is "twice is no change" "$(cp_set_up --write)" "nothing to change"

# --- what it does ---------------------------------------------------------------------------------

begins "honest mail passes where no daemon is" "$(try ann@shop.test)" "250 OK"
for ((stage = 0; stage < 4; stage++)); do
	open_session ann@shop.test
	for ((i = 0; i < stage; i++)); do say "${stages[i]}" >/dev/null; done
	refuse mailbox:ann@shop.test
	begins "in an open session refused at ${stages[stage]%%[: ]*}" "$(say "${stages[stage]}")" "$refusal"
	is "and the session is over" "$(say NOOP)" closed
	close_session
	[[ $stage -eq 3 ]] || allow mailbox:ann@shop.test
done
begins "in a new session, too" "$(try ann@shop.test)" "$refusal"
begins "another mailbox sends" "$(try bob@shop.test)" "250 OK"
mv "$refused" "$refused.gone"
begins "a folder that is not there refuses nobody" "$(try ann@shop.test)" "250 OK"
mv "$refused.gone" "$refused"
if [[ $EUID -eq 0 ]]; then
	chmod 000 "$refused"
	begins "nor one that cannot be read" "$(try ann@shop.test)" "250 OK"
	chmod 711 "$refused"
fi
allow mailbox:ann@shop.test

policy=$lab/run/policy
printf 'pass\n' >"$work/answer"
"$refusing_program" answer "$policy" "$work/answer" >"$work/questions" &
answering=$!
trap '[[ -z $answering ]] || { kill "$answering"; wait "$answering" 2>/dev/null; }; clean_up' EXIT
for _ in {1..50}; do [[ ! -S $policy ]] || break; sleep 0.1; done
[[ $EUID -ne 0 ]] || chown "$ACCOUNT" "$policy"
answer() { printf '%s\n' "$1" >"$work/answer"; }
begins "pass passes" "$(try cleo@shop.test)" "250 OK"
is "MAIL, RCPT and DATA are asked about" "$(cut -d ' ' -f 2 "$work/questions" | tr '\n' ' ')" "mail rcpt data "
answer 'refuse Stopped here.'
is "refuse refuses" "$(try cleo@shop.test)" "550 Stopped here."
answer 'slow Later.'
is "slow puts off" "$(try cleo@shop.test)" "451 Later."
for word in 'error at byte 3' ''; do
	answer "$word"
	begins "\"$word\" is no refusal" "$(try cleo@shop.test)" "250 OK"
done
held=$(ids_in stanch | wc -l)
answer hold
begins "hold accepts" "$(try cleo@shop.test)" "250 OK"
is "into the queue of held mail" "$(ids_in stanch | wc -l)" "$((held + 1))"
answer pass

if other_logins; then
	script() { lab script --login "$1" --from forged@ok.test --to victim@ok.test >"$work/script" 2>&1; }
	arrived() { lab settle; lab deliveries | grep -c "$1\$"; }
	script www-data
	is "a script sends" "$(arrived victim@ok.test)" 1
	refuse login:www-data
	if script www-data; then not_ok "a script of a refused login is refused"; else ok "a script of a refused login is refused"; fi
	script nobody
	is "one of another login is not" "$(arrived victim@ok.test)" 2
	is "and nobody is told who did not send it" "$(arrived forged@ok.test)" 0
	allow login:www-data
	answer 'refuse Stopped.'
	if script www-data; then not_ok "what the daemon refuses is"; else ok "what the daemon refuses is"; fi
	is "nor told of that" "$(arrived forged@ok.test)" 0
	refuse "login:$ACCOUNT"
	lab script --from notice@hosting.test --to owner@ok.test
	is "Exim's own mail is never refused" "$(arrived owner@ok.test)" 1
	allow "login:$ACCOUNT"
else
	skip "mail of other logins (needs root)"
fi
answer hang
begins "a daemon that hangs refuses nobody" "$(try cleo@shop.test)" "250 OK"
kill "$answering" 2>/dev/null && wait "$answering" 2>/dev/null
answering=
rm -f "$policy"
begins "a daemon that is gone lets mail pass" "$(try cleo@shop.test)" "250 OK"
begins "and once more" "$(try cleo@shop.test)" "250 OK"
is "only the answer slow put mail off" "$(grep 'temporarily rejected' "$MAINLOG" | grep -vc 'Later\.')" 0

# --- out ------------------------------------------------------------------------------------------

cp "$EXIM_CONFIG" "$work/with"
is "taken out and made live" "$(cp_set_up --remove --reload --json | jq -c '[.written, .live]')" '[true,true]'
same "the same configuration as before" "$EXIM_CONFIG" "$work/before"
picture >"$work/now"
same "and the same files" "$work/now" "$work/picture"
refuse mailbox:ann@shop.test
sleep 0.5
begins "which refuses nobody" "$(try ann@shop.test)" "250 OK"
allow mailbox:ann@shop.test
is "a second time there is nothing to do" "$(cp_set_up --remove)" "nothing to change"

# --- when cPanel's programs fail ------------------------------------------------------------------

fails() { # name mode want-of-the-text arguments...
	local name=$1 want=$3 status
	mode "$2"
	picture >"$work/picture.then"
	cp "$EXIM_CONFIG" "$work/then"
	cp_set_up "${@:4}" >"$work/out" 2>&1
	status=$?
	mode ok
	is "$name: status" "$status" 3
	holds_true "$name: it is said" grep -q "$want" "$work/out"
	is "$name: without bytes for a terminal" "$(LC_ALL=C tr -cd '\000-\011\013-\037\177' <"$work/out" | wc -c)" 0
	picture >"$work/now"
	same "$name: the files are as they were" "$work/now" "$work/picture.then"
	"$cpanel/scripts/buildeximconf" >/dev/null
	same "$name: and so is what they make" "$EXIM_CONFIG" "$work/then"
}
fails "a dry run that says no" dry 'Dry Run failed: ' --write
fails "a build that fails" fail 'is put back\|failed, too' --write --reload
fails "a build that builds nothing" lie 'does not have' --write --reload
fails "a build that says anything" garbage 'failed, too' --write --reload
is "with a build that fails nothing counts as written" "$(mode lie; cp_set_up --write --reload --json 2>/dev/null | jq -c '[.written, .live]'
	mode ok)" '[false,false]'
mode restart
cp_set_up --write --reload >"$work/out" 2>&1
is "an Exim that does not start: status" "$?" 3
holds_true "an Exim that does not start: it is said" grep -q 'not started anew: .*try again' "$work/out"
same "an Exim that does not start: the configuration is in place" "$EXIM_CONFIG" "$work/with"
mode ok
fails "a removal that removes nothing" lie 'still has' --remove --reload
fails "a removal that cannot be built" fail 'failed, too' --remove --reload
is "the removal that succeeds" "$(cp_set_up --remove --reload --json | jq -c '[.written, .live]')" '[true,true]'

# --- what only a person can decide ----------------------------------------------------------------

name=custom_begin_00_stanch_mail
echo "  warn set acl_m_x = mine" >"$acls/ACL_MAIL_PRE_BLOCK/$name"
picture >"$work/theirs"
cp_set_up --write >"$work/out" 2>&1
is "a file of that name that is not ours: status" "$?" 1
holds_true "a file of that name that is not ours: it is said" grep -q 'not of stanch' "$work/out"
cp_set_up --remove >"$work/out" 2>&1
picture >"$work/now"
same "and it stays as it is" "$work/now" "$work/theirs"
rm "$acls/ACL_MAIL_PRE_BLOCK/$name"
printf 'spam_deferok=1\nacl_%s=0\n' "$name" >"$EXIM_CONFIG.localopts"
cp "$EXIM_CONFIG.localopts" "$work/localopts"
holds_true "a file that WHM has switched off is named" test \
	"$(cp_set_up --write --reload --json | jq -c '[.live, (.notes | map(test("switched off in WHM")))]')" = '[true,[true]]'
same "and stays switched off" "$EXIM_CONFIG.localopts" "$work/localopts"
is "the others are in" "$(grep -c 'BEGIN INSERT custom_begin_00_stanch' "$EXIM_CONFIG")" 4
cp_set_up --remove --reload >/dev/null
rm "$EXIM_CONFIG.localopts"

template ""
build
holds_true "a list that cPanel leaves out is not filled" test \
	"$(cp_set_up --write --reload --json | jq -c '[.live, (.notes | map(test("acl_smtp_predata")))]')" = '[true,[true]]'
sleep 0.5
begins "and mail passes" "$(try ann@shop.test)" "250 OK"
is "four files" "$(files | wc -w)" 4
cp_set_up --remove --reload >/dev/null
template
sed -i 's/^acl_rcpt:/&\n  accept  authenticated = */' "$work/template"
build
cp_set_up --write >"$work/out" 2>&1
is "a list that accepts before us who has logged in: status" "$?" 1
holds_true "a list that accepts before us who has logged in: it is said" grep -q 'only a person' "$work/out"
is "and nothing is written" "$(files)" ""
finish

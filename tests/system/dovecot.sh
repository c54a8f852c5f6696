#!/bin/bash
# Sessions, passwords and the authentication cache of a real Dovecot: what is ended, what is set, and
# what everybody else keeps.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
ask_program=${DOVECOT_ASK:-$(dirname "$stanch_program")/dovecot_ask}
if [[ ! -x $ask_program ]]; then
	not_ok "there is a program that asks" "$ask_program is missing"
	exit 1
fi
start_lab

smtp=smtp://$ADDRESS:$PORT imap=imap://$ADDRESS:$IMAP_PORT pop3=pop3://$ADDRESS:$POP3_PORT
with_program() { DOVECOT_CONFIG=$DOVECOT_CONFIG timeout 30 "$ask_program" "$@"; }
over_http() {
	DOVEADM_URL=http://$ADDRESS:$DOVEADM_PORT DOVEADM_KEY_FILE=$DOVEADM_KEY_FILE \
		timeout 30 "$ask_program" "$@"
}
login() { timeout 30 "$ask_program" login "$1" "$2" <<<"$3"; } # URL user password

declare -A session=() # user: descriptor of his IMAP connection
log_in() {            # user
	local fd line
	exec {fd}<>"/dev/tcp/$ADDRESS/$IMAP_PORT" || return 1
	IFS= read -r -t 10 line <&"$fd" || return 1
	printf 'a LOGIN %s %s\r\n' "$1" "$(password_of "$1")" >&"$fd"
	IFS= read -r -t 10 line <&"$fd" || return 1
	session[$1]=$fd
	[[ $line == "a OK"* ]]
}
# What the session says within a second: "BYE", or "there" when it answers to a NOOP.
state_of() {
	local line
	printf 'b NOOP\r\n' >&"${session[$1]}"
	while IFS= read -r -t 5 line <&"${session[$1]}"; do
		case $line in
		'* BYE'*) echo BYE; return ;;
		'b OK'*) echo there; return ;;
		esac
	done
	echo ended
} 2>/dev/null
hang_up() {
	local fd=${session[$1]}
	exec {fd}>&-
	unset "session[$1]"
}

ann=$(password_of ann@shop.test) dora=$(password_of dora@firm.test)

# --- sessions

for way in over_http with_program; do
	log_in ann@shop.test
	is "$way: ann logs in" $? 0
	log_in bob@shop.test
	is "$way: bob, too" $? 0
	is "$way: ann has a session" "$($way who ann@shop.test)" "0 1"
	is "$way: nobody has none" "$($way who nobody@shop.test)" "0 0"
	is "$way: a mask is refused" "$($way kick '*@shop.test' | cut -d ' ' -f 1)" -22
	is "$way: an address, too" "$($way kick 127.0.0.1 | cut -d ' ' -f 1)" -22
	is "$way: who has no session is no failure" "$($way kick nobody@shop.test)" "0 0"
	is "$way: ann's session stands until here" "$(state_of ann@shop.test)" there
	is "$way: ann's session is ended" "$($way kick ann@shop.test)" "0 1"
	is "$way: and ann is told" "$(state_of ann@shop.test | sed 's/ended/BYE/')" BYE
	is "$way: bob's stays" "$(state_of bob@shop.test)" there
	is "$way: no session is left of ann" "$($way who ann@shop.test)" "0 0"
	hang_up ann@shop.test
	hang_up bob@shop.test
done
echo wrong >"$work/key"
chmod 600 "$work/key"
is "a wrong key is told" "$(DOVEADM_KEY_FILE=$work/key over_http who ann@shop.test | cut -d ' ' -f 1)" -13

# --- logins

is "a closed port is no refusal" "$(login smtp://127.0.0.1:1 ann@shop.test "$ann" | cut -d ' ' -f 1)" -11
is "a server without logins is none" "$(login "smtp://$NET_ADDRESS:$NET_PORT" ann@shop.test "$ann" | cut -d ' ' -f 1)" -71
for url in "$smtp" "$imap" "$pop3"; do
	name=${url%%:*}
	is "$name: the password is accepted" "$(login "$url" ann@shop.test "$ann")" "0 accepted"
	is "$name: another is refused" "$(login "$url" ann@shop.test "${ann}x")" "0 refused"
	is "$name: nobody is refused" "$(login "$url" nobody@shop.test "$ann")" "0 refused"
done
is "no mail was sent" "$(grep -c '<=' "$MAINLOG")" 0

# --- a passwd-file

cp -p "$PASSWORDS" "$work/before"
is "ann gets a new password" "$(timeout 30 "$ask_program" set "$PASSWORDS" ann@shop.test <<<"new-secret")" "0 set"
same "all other lines are as they were" <(grep -v '^ann@' "$PASSWORDS") <(grep -v '^ann@' "$work/before")
is "and all but the hash of hers" "$(grep '^ann@' "$PASSWORDS" | cut -d : -f 1,3-)" \
	"$(grep '^ann@' "$work/before" | cut -d : -f 1,3-)"
is "owner and mode are kept" "$(stat -c '%U:%G %a' "$PASSWORDS")" "$(stat -c '%U:%G %a' "$work/before")"
is "nothing else is left there" "$(find "$lab/etc" -name 'passwords*' | wc -l)" 1
is "a user of the table is not in it" "$(timeout 30 "$ask_program" set "$PASSWORDS" dora@firm.test <<<"x" | cut -d ' ' -f 1)" -2
is "ann's entry is flushed" "$(over_http flush ann@shop.test | cut -d ' ' -f 1)" 0
sleep 1.1 # Dovecot looks at the file at most once a second
for url in "$smtp" "$imap" "$pop3"; do
	name=${url%%:*}
	is "$name: the old password is refused" "$(login "$url" ann@shop.test "$ann")" "0 refused"
	is "$name: the new one is accepted" "$(login "$url" ann@shop.test new-secret)" "0 accepted"
done
is "bob's is as it was" "$(login "$imap" bob@shop.test "$(password_of bob@shop.test)")" "0 accepted"
# Twice within a second, to hashes of the same length: Dovecot must see both.
for secret in second-one third-one; do
	timeout 30 "$ask_program" set "$PASSWORDS" ann@shop.test <<<"$secret" >/dev/null
done
sleep 1.1
is "two changes at once: the last one holds" "$(login "$imap" ann@shop.test third-one)" "0 accepted"
is "and the one before does not" "$(login "$imap" ann@shop.test second-one)" "0 refused"

# --- the cache, which Dovecot has of the table

change() { # password: as a program would that knows nothing of the cache
	sqlite3 "$USER_TABLE" "UPDATE mailbox SET password = '$(doveadm -c /dev/null pw -s BLF-CRYPT -p "$1")'
		WHERE username = 'dora@firm.test'"
}
secret=$dora
for way in over_http with_program; do
	is "$way: dora logs in and is remembered" "$(login "$imap" dora@firm.test "$secret")" "0 accepted"
	change "of-$way"
	is "$way: the old password still works over IMAP" "$(login "$imap" dora@firm.test "$secret")" "0 accepted"
	is "$way: and over SMTP" "$(login "$smtp" dora@firm.test "$secret")" "0 accepted"
	is "$way: her entry is flushed" "$($way flush dora@firm.test | cut -d ' ' -f 1)" 0
	is "$way: now the old one is refused over IMAP" "$(login "$imap" dora@firm.test "$secret")" "0 refused"
	is "$way: and over SMTP" "$(login "$smtp" dora@firm.test "$secret")" "0 refused"
	secret=of-$way
	is "$way: and the new one accepted over IMAP" "$(login "$imap" dora@firm.test "$secret")" "0 accepted"
	is "$way: and over SMTP" "$(login "$smtp" dora@firm.test "$secret")" "0 accepted"
done
sqlite3 "$USER_TABLE" 'ALTER TABLE mailbox RENAME TO away'
over_http flush dora@firm.test >/dev/null
is "a server without its table refuses nobody" "$(login "$imap" dora@firm.test "$secret" | cut -d ' ' -f 1)" -11

# --- one process for several users: Dovecot 2.3 would end it over HTTP, with all of them

printf 'service imap {\n client_limit = 5\n process_limit = 1\n service_count = 0\n}\n' >>"$DOVECOT_CONFIG"
doveadm -c "$DOVECOT_CONFIG" reload
sleep 1
sed -i "s/^ann@shop.test .*/ann@shop.test third-one/" "$ACCOUNTS"
log_in ann@shop.test
log_in bob@shop.test
is "over HTTP a process that others share is left alone" "$(over_http kick ann@shop.test | cut -d ' ' -f 1)" -5
is "the program does not end it, and that is seen" "$(with_program kick ann@shop.test | cut -d ' ' -f 1)" -11
is "ann is there" "$(state_of ann@shop.test)" there
is "bob, too" "$(state_of bob@shop.test)" there
finish

#!/bin/bash
# A stolen password is changed, read back and handed on, by each panel and by a program; each way in
# which a panel fails is told from the others; and the password is seen nowhere on the way. The panels
# are stand-ins (tests/panels): they show what we make of the documented replies, not what a real panel
# does.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
panel_run=$(dirname "$stanch_program")/panel_run
panels=$root/tests/panels
if [[ ! -x $panel_run ]]; then
	not_ok "there is a program to test" "$panel_run is missing: ./run --build, or set STANCH"
	exit 1
fi
if ! command -v python3 >/dev/null; then
	skip "python3 is not installed"
	exit 0
fi
work=$(mktemp -d /tmp/stanch-test.XXXXXX)
stand_ins=()
end_all() {
	local status=$? pid
	for pid in "${stand_ins[@]}"; do kill "$pid" 2>/dev/null; done
	wait
	(exit "$status")
	clean_up
}
trap end_all EXIT
trap 'exit 130' INT TERM

start_stand_in() { # name script [certificate key]
	mkdir -p "$work/$1"
	python3 "$panels/$2.py" "$work/$1" "${@:3}" 2>"$work/$1/errors" &
	stand_ins+=($!)
	for _ in {1..200}; do
		[[ ! -s $work/$1/port ]] || return 0
		sleep 0.05
	done
	not_ok "the stand-in $1 starts" "$(cat "$work/$1/errors")"
	exit 1
}

# The back end under test: its stand-in's folder, its port, and the folder of our note and secret.
panel='' port='' mine=$work/mine
take() { # name
	panel=$work/$1
	port=$(cat "$panel/port")
	fresh
	mode good
}
fresh() { rm -rf "$mine" && mkdir "$mine"; }

control() { # what JSON
	python3 -c 'import sys, urllib.request
print(urllib.request.urlopen("http://127.0.0.1:%s/stand-in/%s" % tuple(sys.argv[1:3]),
	sys.stdin.buffer.read()).read().decode())' "$port" "$1" <<<"$2"
}
mode() { # mode [on]
	[[ -z $port ]] || control mode "{\"mode\": \"$1\", \"on\": \"${2:-change}\"}" >/dev/null
}
in_force() { # whether the password that was handed on is the one
	local json
	json=$(jq -n --arg mailbox ann@shop.test --rawfile password "$mine/secret" '$ARGS.named')
	control verify "$json"
}
flag() { control table '{}' | jq -r ".[\"ann@shop.test\"].$1"; }

configure() { # text
	printf '%s\n' "$1" >"$work/stanch.conf"
}
step() { # step [mailbox]
	timeout 60 "$panel_run" "$work/stanch.conf" "${2:-ann@shop.test}" "$mine" "$1" 2>&1 |
		tee -a "$work/output"
}
word() { # step [mailbox]: OK or the error alone
	step "$@" | cut -d ' ' -f 1
}
# The secrets that were ever handed on or sent.
note_secret() { cat "$mine/secret" "$panel/received" 2>/dev/null >>"$work/secrets" && echo >>"$work/secrets"; }

secret_of() { # kind of back end, and what else the group says
	printf 'secret {\n enabled = yes\n timeout = 2s\n backend = "%s"\n %s\n}\n' "$1" "${2:-}"
}

# Do, read back, crash, undo: the same for all. $1: name in the tests
changes() {
	local first
	is "$1: it says what it would do" "$(word plan)" OK
	is "$1: a password is changed" "$(word act)" OK
	is "$1: and is in force" "$(in_force)" yes
	note_secret
	is "$1: it is checked" "$(word check)" OK
	first=$(cat "$mine/secret")
	rm "$mine/note"
	is "$1: killed before it was written down, it is done again" "$(word act)" OK
	if [[ $(cat "$mine/secret") == "$first" ]]; then
		not_ok "$1: with another password"
	else
		ok "$1: with another password"
	fi
	is "$1: which is in force" "$(in_force)" yes
	note_secret
	is "$1: undone, it stays changed" "$(step undo | grep -c 'stays changed')" 1
	is "$1: and in force" "$(in_force)" yes
	fresh
	is "$1: of another mailbox it says that there is none" "$(word act none@shop.test)" ENOENT
	is "$1: another mailbox is as it was" "$(control verify \
		'{"mailbox": "bob@shop.test", "password": "the old one"}')" yes
}

# Each way to fail: MODE=ERROR...
fails() { # name MODE=ERROR...
	local name=$1 pair before
	shift
	for pair in "$@"; do
		fresh
		before=$(flag password)
		mode "${pair%=*}"
		is "$name: when it answers \"${pair%=*}\"" "$(word act)" "${pair#*=}"
		mode good
		cat "$panel/received" >>"$work/secrets" 2>/dev/null
		if [[ ${pair#*=} != OK ]]; then
			is "$name: nothing is handed on then" "$(ls "$mine")" note
			is "$name: and the password is the old one" "$(flag password)" "$before"
		fi
	done
}

descendants() { # pid
	local child
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do descendants "$child"; done
}

# While the panel hangs with our request, neither we nor what we started show the password.
shows_nothing() { # name
	local pid found=0 seen=0 one
	fresh
	rm -f "$panel/received"
	mode hang
	"$panel_run" "$work/stanch.conf" ann@shop.test "$mine" act >>"$work/output" 2>&1 &
	pid=$!
	for _ in {1..100}; do
		[[ ! -s $panel/received ]] || break
		sleep 0.02
	done
	for one in $(descendants "$pid"); do
		seen=$((seen + 1))
		if cat /proc/"$one"/cmdline /proc/"$one"/environ 2>/dev/null | tr '\0' '\n' |
			grep -qFf "$panel/received"; then found=1; fi
	done
	wait "$pid"
	mode good
	if [[ -s $panel/received && $seen -gt 0 ]]; then
		is "$1: the password is in no argument list and no environment" "$found" 0
	else
		not_ok "$1: the password is in no argument list and no environment" "it was not asked"
	fi
	cat "$panel/received" >>"$work/secrets"
}

suspends() { # name choice flag
	fresh
	is "$1: $2" "$(word act)" OK
	is "$1: $2: it is so" "$(flag "$3")" 1
	is "$1: $2: is checked" "$(word check)" OK
	is "$1: $2: again does no harm" "$(word act)" OK
	is "$1: $2: undone" "$(word undo)" OK
	is "$1: $2: it is lifted" "$(flag "$3")" 0
	is "$1: $2: and checked" "$(word check)" ENOENT
	fresh
	mode nothing
	is "$1: $2: said to be done, and not done" "$(word act)" EIO
	mode good
	is "$1: $2: in the end" "$(word act)" OK
	fresh
	is "$1: $2: where it was so before" "$(word act)" OK
	is "$1: $2: it stays so" "$(step undo | grep -c 'stays so') $(flag "$3")" "1 1"
	fresh
	word act >/dev/null
	sed -i 's/, *"already": true//; s/"already": true, *//' "$mine/note"
	is "$1: $2: is lifted in the end" "$(word undo) $(flag "$3")" "OK 0"
}

umask 077
start_stand_in cpanel cpanel
start_stand_in directadmin directadmin
start_stand_in plesk plesk
echo TOKENOFWHM >"$work/token"
echo KEYOFDIRECTADMIN >"$work/da-key"
echo key-of-plesk >"$work/plesk-key"
echo wrong >"$work/wrong"

# --- cPanel, over HTTP ---
take cpanel
whm() { # token-file [more of secret] [url]
	configure "$(secret_of cpanel "${2:-}")
cpanel {
 url = \"${3:-http://127.0.0.1:$port}\"
 token_file = \"$1\"
 end_sessions = yes
}"
}
whm "$work/token"
changes "WHM"
mode envelope
is "WHM: with an envelope" "$(word act) $(in_force)" "OK yes"
note_secret
fails "WHM" refuse=EIO outer=EIO forbidden=EACCES unavailable=EAGAIN hang=ETIMEDOUT garbage=EBADMSG \
	close=ETIMEDOUT huge=EBADMSG nothing=EIO
shows_nothing "WHM"
fresh
is "WHM: a domain of nobody" "$(word act ann@else.test)" EIO
mode garbage all
is "WHM: nothing but garbage" "$(word act)" EBADMSG
mode good
whm "$work/wrong"
is "WHM: with a wrong token" "$(word act)" EACCES
whm "$work/nowhere"
is "WHM: without a token" "$(word act)" EINVAL
whm "$work/token" "" http://127.0.0.1:1
is "WHM: nobody there" "$(word act)" EAGAIN
whm "$work/token" 'do = "suspend-outgoing"'
suspends "WHM" suspend-outgoing suspended_outgoing
whm "$work/token" 'do = "suspend-login"'
suspends "WHM" suspend-login suspended_login
whm "$work/token" 'do = "hold"'
suspends "WHM" hold hold_outgoing
is "WHM: it is asked by POST alone" "$(grep -vc '^POST ' "$panel/access.log")" 0

# --- cPanel, by its own command ---
cp "$panels/uapi.py" "$work/uapi"
cp "$work/cpanel/port" "$work/UAPI_PORT"
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" != shop.test ] || echo shopuser\n' >"$work/whoowns"
chmod 755 "$work/uapi" "$work/whoowns"
local_cpanel() { # [more of secret]
	configure "$(secret_of cpanel "${1:-}")
cpanel {
 command = \"$work/uapi\"
 whoowns = \"$work/whoowns\"
}"
}
take cpanel
local_cpanel
changes "uapi"
fails "uapi" refuse=EIO hang=ETIMEDOUT garbage=EBADMSG close=EBADMSG huge=EBADMSG nothing=EIO
shows_nothing "uapi"
is "uapi: a domain of nobody" "$(word act ann@else.test)" ENOENT
sed -i 's|^ command = .*| command = "/nowhere/uapi"|' "$work/stanch.conf"
is "uapi: not there" "$(word act)" EINVAL
local_cpanel 'do = "suspend-login"'
suspends "uapi" suspend-login suspended_login

# --- cPanel, over HTTPS ---
if openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stand-in \
	-addext "subjectAltName=IP:127.0.0.1" -keyout "$work/key.pem" -out "$work/cert.pem" \
	>"$work/openssl.log" 2>&1; then
	start_stand_in secure cpanel "$work/cert.pem" "$work/key.pem"
	panel=$work/secure
	fresh
	port=$(cat "$panel/port")
	whm "$work/token" "" "https://127.0.0.1:$port"
	is "WHM over HTTPS: a certificate that nobody trusts" "$(word act)" EINVAL
	holds_true "WHM over HTTPS: nothing was sent then" test ! -e "$panel/access.log"
	sed -i "s|^ token_file| ca_file = \"$work/cert.pem\"\n&|" "$work/stanch.conf"
	is "WHM over HTTPS: one that is trusted" "$(word act)" OK
	note_secret
else
	skip "WHM over HTTPS (openssl makes no certificate)"
fi

# --- DirectAdmin ---
take directadmin
printf 'other.test: other\nshop.test: shopuser\n' >"$work/owners"
directadmin() { # key-file [owners] [more of secret]
	configure "$(secret_of directadmin "${3:-}")
directadmin {
 url = \"http://127.0.0.1:$port/\"
 key_file = \"$1\"
 owners = \"${2:-$work/owners}\"
}"
}
directadmin "$work/da-key"
changes "DirectAdmin"
fails "DirectAdmin" refuse=EIO forbidden=EACCES unavailable=EAGAIN hang=ETIMEDOUT garbage=EBADMSG \
	close=ETIMEDOUT huge=EBADMSG
fresh
mode nothing
is "DirectAdmin: said to be done cannot be tried, and that is said" \
	"$(step act | grep -c 'could not be tried')" 1
mode good
shows_nothing "DirectAdmin"
fresh
directadmin "$work/wrong"
is "DirectAdmin: with a wrong key" "$(word act)" EACCES
directadmin "$work/da-key" "$work/nowhere"
is "DirectAdmin: not in the owner's name" "$(word act)" EIO
directadmin "$work/da-key" "" 'do = "suspend-login"'
is "DirectAdmin: cannot suspend, and says so" "$(word act)" EINVAL

# --- Plesk ---
take plesk
plesk() { # key-file may-set
	configure "$(secret_of plesk)
plesk {
 url = \"http://127.0.0.1:$port\"
 key_file = \"$1\"
 may_set = $2
}"
}
plesk "$work/plesk-key" yes
changes "Plesk"
fails "Plesk" refuse=EIO forbidden=EACCES unavailable=EAGAIN hang=ETIMEDOUT garbage=EBADMSG \
	close=ETIMEDOUT huge=EBADMSG
fresh
mode nothing
is "Plesk: said to be done cannot be tried, and that is said" \
	"$(step act | grep -c 'could not be tried')" 1
mode good
shows_nothing "Plesk"
fresh
plesk "$work/plesk-key" no
is "Plesk: without leave nothing is set" "$(word act)" EINVAL
plesk "$work/wrong" yes
is "Plesk: with a wrong key" "$(word act)" EACCES
plesk "$work/plesk-key" yes
mode replaces
is "Plesk: other settings changed, too, is a failure" "$(word act)" EIO
is "Plesk: which says what to do" "$(tail -n 1 "$work/output" | grep -c 'other settings')" 1
mode good

# --- a program ---
cat >"$work/program" <<'END'
#!/bin/sh
cd "$(dirname "$0")" || exit 1
read -r line
[ "$2" = ann@shop.test ] || { echo "no such mailbox"; exit 67; }
case $1 in
set)
	echo "$line" >received
	[ ! -e hang ] || exec sleep 60
	echo "$line" >stored
	;;
check) [ "$line" = "$(cat stored)" ] ;;
esac
END
chmod 755 "$work/program"
panel=$work
fresh
configure "$(secret_of program "program = \"$work/program\"")"
is "a program: changes a password" "$(word act)" OK
is "a program: the one that was handed on" "$(cat "$work/stored")" "$(cat "$mine/secret")"
note_secret
is "a program: it is checked" "$(word check)" OK
echo another >"$work/stored"
is "a program: and is not the one any more" "$(word check)" ENOENT
is "a program: knows no such mailbox" "$(word act none@shop.test)" ENOENT
touch "$work/hang"
port=''
shows_nothing "a program"

# --- nowhere ---
sed -i '/^$/d' "$work/secrets"
is "secrets were sent and handed on" "$([[ $(wc -l <"$work/secrets") -gt 20 ]] && echo yes)" yes
is "none of them is in what was said" "$(grep -cFf "$work/secrets" "$work/output")" 0
is "none of them is in a panel's access log" \
	"$(cat "$work"/*/access.log | grep -cFf "$work/secrets")" 0
is "nor is a token or a key" \
	"$(cat "$work"/*/access.log "$work/output" | grep -cE 'TOKENOFWHM|KEYOFDIRECTADMIN|key-of-plesk')" 0
finish

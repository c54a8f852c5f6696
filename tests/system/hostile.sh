#!/bin/bash
# Senders choose their names, subjects and HELO. None of it reaches a terminal as it is, none of it
# makes somebody else the source.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
lab queue-only on
esc=$'\e' bell=$'\a' high=$'\xff\xfe' utf=$'\xc3\xa9\xe2\x80\xae' cr=$'\x9b31m'

lab send --user bob@shop.test --from "\"${esc}[31mred\"@evil.test" --to "\"${esc}]0;title${bell}\"@ok.test" \
	--subject "${esc}[2J${high}${utf}${cr} \"quoted\" \\ back" --helo "he${esc}[5mlo" \
	--header "From: \"${esc}[41m${utf}\" <x@evil.test>" >/dev/null 2>&1
lab send --user bob@shop.test --from '"a b;$(touch pwned)`x`"@evil.test' --to '"<script>alert(1)</script>"@ok.test' \
	--subject '<b>"x"</b>,{"id":1}\u001b %s%n' >/dev/null
lab send --user bob@shop.test --from "x${high}@evil.test" --to "y${high}@ok.test" >/dev/null 2>&1
# An ACL variable of several lines, and a header, that claim another mailbox
lab send --user bob@shop.test --from bob@shop.test --to a@ok.test --subject 'forged variable' --header \
	'X-Note: hello\n-auth_id ann@shop.test\n--auth_id ann@shop.test\n-host_auth dovecot_plain\nXX\n1\nvictim@x.test' \
	>/dev/null
lab send --user bob@shop.test --from ann@shop.test --to b@ok.test --subject 'forged sender' --header \
	'X-Authenticated-Sender: ann@shop.test' --header '-auth_id: ann@shop.test' >/dev/null
lab send --user bob@shop.test --to c@ok.test --subject 'forged greeting' --helo '-auth_id.ann@shop.test' >/dev/null 2>&1
# An attachment with a name, and a body of control bytes
{
	printf 'From: <bob@shop.test>\nTo: <d@ok.test>\nSubject: =?utf-8?Q?=1B[31mencoded=1B[0m=07?=\n'
	printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
	printf 'text with \e[31mescape\e[0m and \x00 and \x9b31m and \a\r\n'
	printf -- '--b\nContent-Type: application/octet-stream; name="\e[1mname.exe"\n'
	printf 'Content-Disposition: attachment; filename="\e[1mname.exe"\n\nxx\n--b--\n'
} >"$work/raw"
lab send --user bob@shop.test --to d@ok.test --raw "$work/raw" >/dev/null
is "the messages are queued" "$([[ $(exim -bpc) -ge 6 ]] && echo yes || exim -bpc)" yes
holds_true "a variable of several lines is in the spool" grep -rqaxF -e '-auth_id ann@shop.test' "$SPOOL/input"
holds_true "escape bytes are in the spool" grep -rqaF "$esc" "$SPOOL/input"

# No byte below 32 but newline, no DEL, no C1 control in UTF-8, and the whole valid UTF-8 or ASCII.
clean() { # name file
	if LC_ALL=C grep -qaP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$2"; then
		not_ok "$1 prints no control byte" "$(LC_ALL=C grep -aP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$2" | head -n 3 | cat -v)"
	elif ! iconv -f utf-8 -t utf-8 <"$2" >/dev/null 2>&1; then
		not_ok "$1 prints valid UTF-8"
	else
		ok "$1 prints no control byte"
	fi
}

run_clean() { # words...
	stanch "$@" >"$work/out" 2>"$work/errors" </dev/null
	cat "$work/errors" >>"$work/out"
	clean "stanch ${*/1x[A-Za-z]*/ID}" "$work/out"
}
run_clean queue
run_clean sources
run_clean sources --all
run_clean check -w 1 -c 2
run_clean backscatter
run_clean hold mailbox:bob@shop.test --dry-run
for id in $(ids_in ''); do run_clean show "$id"; done
for words in "queue --json" "sources --all --json" "hold mailbox:bob@shop.test --dry-run --json" "backscatter --json"; do
	# shellcheck disable=SC2086  # words
	stanch $words >"$work/out" 2>/dev/null </dev/null
	holds_true "stanch $words prints JSON" jq -e . "$work/out"
	clean "stanch $words" "$work/out"
done
for id in $(ids_in ''); do
	stanch show "$id" --json >"$work/out" 2>/dev/null
	if [[ -s $work/out ]]; then holds_true "stanch show --json prints JSON" jq -e . "$work/out"; fi
done
# What stanch is given on the command line comes back in messages.
stanch queue "mailbox:${esc}[31mx@y.test" >"$work/out" 2>&1
clean "an argument with escapes" "$work/out"
stanch hold "no${esc}such${bell}kind:x" --yes >"$work/out" 2>&1 </dev/null
clean "a wrong source with escapes" "$work/out"

stanch sources --all --json >"$work/sources" 2>/dev/null
is "nothing is laid at the door of ann@shop.test" \
	"$(jq -r 'select(.source == "mailbox:ann@shop.test") | .messages' "$work/sources")" ""
is "all of it is bob's" "$(jq -r 'select(.source == "mailbox:bob@shop.test") | .messages' "$work/sources")" \
	"$(exim -bpc)"
is "stanch queue mailbox:ann@shop.test finds nothing" \
	"$(stanch queue mailbox:ann@shop.test --json 2>/dev/null | wc -l)" 0

# Exim itself writes senders raw; from here on only stanch adds lines.
lines=$(wc -l <"$MAINLOG")
# hold, log and holds, with a reason that wants to forge a log line
stanch hold mailbox:bob@shop.test --yes --reason "x
2026-01-01 00:00:00 forged line ${esc}[31m" >"$work/out" 2>&1 </dev/null
clean "stanch hold" "$work/out"
run_clean holds
run_clean holds 1
stanch holds --json >"$work/out" 2>/dev/null
holds_true "stanch holds --json prints JSON" jq -e . "$work/out"
is "the main log has no forged line" "$(grep -ca '^2026-01-01 00:00:00 forged' "$MAINLOG")" 0
is "stanch wrote no escape byte to the main log" "$(tail -n "+$((lines + 1))" "$MAINLOG" | grep -caF "$esc")" 0
holds_true "but it did write there" grep -qa 'moved to (stanch)' <(tail -n "+$((lines + 1))" "$MAINLOG")
run_clean restore --all --yes
is "nothing was executed" "$(find "$work" /tmp/pwned "$PWD/pwned" -name pwned 2>/dev/null)" ""

# slips of the hand
before=$(exim -bpc)
stanch hold --yes >"$work/out" 2>&1
is "hold of nothing in particular is wrong usage" "$?" 2
is "and nothing was held" "$(exim -bpc),$(ids_in stanch | wc -l)" "$before,0"
stanch purge "$(ids_in '' | head -n 1)" --yes >"$work/out" 2>&1
is "what is not held is not purged" "$?" 1
stanch purge --older-than 0s --yes >"$work/out" 2>&1
is "nor is the queue by a purge of everything" "$(exim -bpc)" "$before"
stanch hold nosuch --yes >"$work/out" 2>&1
is "hold of a word that is nothing is wrong usage" "$?" 2
stanch hold mailbox:bob@shop.test 1xVSmQ-00076x-1r --yes >"$work/out" 2>&1
is "an id that is not there is left, whatever stands beside it" "$?" 1
holds_true "and it is named" grep -q '1xVSmQ-00076x-1r: is not in the queue' "$work/out"
id=$(stanch holds 1 --json | jq -r .id | head -n 1)
stanch restore "$id" --yes >/dev/null 2>&1
stanch hold "$id" --yes --quiet --reason "it's \$(touch $work/pwned)" >"$work/out" 2>&1
stanch hold "$id" --yes >"$work/out" 2>&1
holds_true "an id that is held already is told so" grep -q 'lies in the hold queue' "$work/out"
is "what is shown to type again is quoted" \
	"$(stanch holds --json | jq -r .selector | grep -cF "'it'\\''s \$(touch ")" 1
finish

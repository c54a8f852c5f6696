# shellcheck shell=bash
# A client of the laboratory whose next word is ours to say, after start_lab. Its session is $fd.

reply() { # Exim's answer in one line; "closed" at the end of the connection
	local line text=
	while IFS= read -r -t 15 line <&"$fd"; do
		line=${line%$'\r'}
		text+=${text:+ }${line:4}
		[[ ${line:3:1} == - ]] || { printf '%s %s\n' "${line:0:3}" "$text"; return; }
	done
	echo closed
}

say() {
	{ printf '%s\r\n' "$@" >&"$fd"; } 2>/dev/null || true
	reply
}

open_session() { # [mailbox]
	exec {fd}<>"/dev/tcp/$ADDRESS/$PORT"
	reply >/dev/null
	say "EHLO laptop.test" >/dev/null
	[[ -z ${1:-} ]] || say "AUTH PLAIN $(printf '\0%s\0%s' "$1" "$(password_of "${2:-$1}")" | base64 -w 0)" >/dev/null
}

close_session() { exec {fd}>&-; }

text_of_message=$'Subject: hello\r\n\r\nhello\r\n.'

send_one() { # sender recipient: the answer that ended it
	local answer command
	for command in "MAIL FROM:<$1>" "RCPT TO:<$2>" DATA "$text_of_message"; do
		answer=$(say "$command")
		[[ $answer == [23]* ]] || break
	done
	printf '%s\n' "$answer"
}

# What a new session of that mailbox ends with.
try() { # mailbox [recipient]
	open_session "$1"
	send_one "$1" "${2:-friend@ok.test}"
	close_session
}

begins() { # name got want
	if [[ $2 == "$3"* ]]; then ok "$1"; else not_ok "$1" "got:  $2" "want: $3..."; fi
}

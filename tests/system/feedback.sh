#!/bin/bash
# Complaints (ARF) and bounces (DSN) come into a Maildir beside stanchd: those about a message that a
# mailbox here sent are evidence against it, once each; forged ones about others are nothing; and no
# number of them stops an honest mailbox.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
folder=$lab/reports

received() { # id [host]
	printf 'Received: from [127.0.0.1] (helo=pc)\n\tby %s with esmtpa (Exim 4.96)\n' "${2:-mx1.hosting.test}"
	printf '\t(envelope-from <bob@shop.test>)\n\tid %s\n\tfor x@far.test; %s\n' "$1" "$(date -R)"
	printf 'From: bob@shop.test\nTo: x@far.test\nMessage-ID: <m@pc>\n\n'
}
complaint() { # id [host [type]]
	printf 'From: fbl@provider.test\nSubject: abuse report\nMIME-Version: 1.0\n'
	printf 'Content-Type: multipart/report; report-type=feedback-report; boundary="q"\n\n'
	printf -- '--q\nContent-Type: text/plain\n\nThis is an abuse report.\n\n'
	printf -- '--q\nContent-Type: message/feedback-report\n\nFeedback-Type: %s\n' "${3:-abuse}"
	printf 'User-Agent: test/1\nVersion: 1\nSource-IP: 127.0.0.1\n\n--q\nContent-Type: message/rfc822\n\n'
	received "$1" "${2:-}"
	printf 'Buy now.\n--q--\n'
}
bounce() { # id recipient
	printf 'From: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary="q"\n\n'
	printf -- '--q\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.far.test\n\n'
	printf 'Final-Recipient: rfc822; %s\nAction: failed\nStatus: 5.1.1\n\n' "$2"
	printf -- '--q\nContent-Type: text/rfc822-headers\n\n'
	received "$1"
	printf -- '--q--\n'
}
# As Exim's pipe transport would call it.
feedback() { lab as "$stanch_program" --exim-config "$EXIM_CONFIG" feedback "$@"; }
store() { feedback --to "$folder" >>"$work/printed"; }

count() { stanch status --json | jq ".watcher.feedback.$1"; }
is_count() { [[ $(count "$1") -eq $2 ]]; }
text_of() { # mailbox
	stanch explain "$1" --json |
		jq -r '[.. | objects | select(.detector == "complaints") | .text] | first // empty'
}
says_of() { [[ $(text_of "$1") == *"$2"* ]]; }

# Four ordinary messages of bob's, and their ids.
send_four() {
	local n
	for n in 1 2 3 4; do
		lab send --user bob@shop.test --from bob@shop.test --to "friend$n@far.test" --different --seed "$1$n" >/dev/null
	done
	lab settle
	mapfile -t ids < <(awk '/ <= bob@shop\.test .*A=/ {print $3 ~ /^\[/ ? $4 : $3}' "$MAINLOG" | tail -n 4)
}

# --- from a pipe ------------------------------------------------------------------------------------

lab past 30
send_four 1
is "a mailbox has sent mail" "${#ids[@]}" 4
complaint "${ids[0]}" >"$work/complaint"
feedback <"$work/complaint" >"$work/line"
is "stanch feedback ends with 0" $? 0
is "and prints the complaint, with the id of the message" "$(jq -c '[.ev, .id, .type, .ip]' "$work/line")" \
	"[\"complaint\",\"${ids[0]}\",\"abuse\",\"127.0.0.1\"]"
is "of a bounce, who failed" "$(bounce "${ids[1]}" no@far.test | feedback | jq -c '[.ev, .id, .rcpt, .text, .reported]')" \
	"[\"fail\",\"${ids[1]}\",\"no@far.test\",\"550 5.1.1\",1]"
is "of a relay's notice, whom it means" \
	"$(printf 'Subject: Compromised Account Notification\n\nSender ID | bob@shop.test\nSender Type | x-authuser\n' | feedback |
		jq -c '[.ev, .auth, .id]')" '["complaint","bob@shop.test",null]'
is "of other mail nothing" "$(printf 'Subject: hello\n\nhello\n' | feedback)" ""
printf 'x' | feedback --to /nonexistent/folder >/dev/null 2>&1
is "what cannot be stored is to be tried again" $? 75

# --- beside the daemon ------------------------------------------------------------------------------

configure no "feedback { folder = $folder }"
start_daemon
holds_true "without the folder the daemon says so" wait_for 20 says 'feedback-trouble'
send_four 2
complaint "${ids[0]}" | store
complaint "${ids[1]}" '' fraud | store
holds_true "complaints about its mail are read" wait_for 30 is_count known 2
complaint "${ids[0]}" | store # once more
holds_true "one that is read again as another mail, too" wait_for 30 is_count known 3
stop_daemon # which saves what it knows
holds_true "and is evidence, each message once" says_of bob@shop.test 'complaints about 2 messages came back'
start_daemon
holds_true "after a restart the folder is read again" wait_for 30 is_count mails 3

# --- forged, and others -----------------------------------------------------------------------------

complaint 1abcde-000001-2T | store # of the far past
complaint "${ids[0]:0:7}zzzzzz${ids[0]:13}" | store
complaint "${ids[2]}" mx.other.test | store
complaint "${ids[2]}" '' not-spam | store
bounce "${ids[2]}" nobody.it.wrote.to@far.test | store
printf 'Subject: hello\n\nhello\n' | store
holds_true "all mails are read" wait_for 30 is_count mails 9
is "one names a message that nobody here sent" "$(count unknown)" 1
is "three are of messages, and one is not believed" "$(count known)" 4
lab as mkfifo "$folder/new/pipe"
lab as ln -s "$work/complaint" "$folder/new/link"
complaint "${ids[2]}" >"$work/old"
lab as bash -c "cat >'$folder/tmp/old'" <"$work/old"
lab as touch -d '2 hours ago' "$folder/tmp/old"
lab as mv "$folder/tmp/old" "$folder/cur/old:2,S"
holds_true "pipes and links are passed over" wait_for 30 is_count passed_over 2
holds_true "and what is older than an hour" wait_for 30 is_count history 1
is "nothing in the folder was changed" "$(find "$folder" -type f -newer "$work/old" | wc -l) $(find "$folder" | wc -l)" "0 16"

# --- again --------------------------------------------------------------------------------------------

complaint "${ids[3]}" | store
holds_true "one more comes" wait_for 30 is_count mails 10
stop_daemon
holds_true "and what was counted before a restart is not counted again" says_of bob@shop.test 'complaints about 3 messages came back'
start_daemon
holds_true "the folder is read a third time" wait_for 30 is_count mails 10
is "of those who were not complained about there is nothing" "$(text_of carl@club.test)" ""
for _ in $(seq 1 10); do
	lab send --user dora@firm.test --from dora@firm.test --messages 1 --to emil@firm.test >/dev/null
	id=$(awk '/ <= dora@firm\.test .*A=/ {id = $3 ~ /^\[/ ? $4 : $3} END {print id}' "$MAINLOG")
	complaint "$id" | store
	bounce "$id" emil@firm.test | store
done
holds_true "a mailbox is complained about with each mail" wait_for 30 is_count mails 30
is "nobody is suspected or contained for that" "$(stanch incidents --all --json 2>/dev/null)" ""
stop_daemon
finish

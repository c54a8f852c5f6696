#!/bin/bash
# Bounces by what they return: mail of a source under suspicion, mail that never passed here, or an
# honest sender's own.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0

# The flood with forged senders: every message has one recipient that is refused, so that a bounce
# goes to the forged sender, who is somewhere else. Bounces stay in the queue.
lab queue-only on
for n in $(seq 1 30); do
	lab send --user ann@shop.test --from "defer.victim$n@mail$n.elsewhere.test" --seed "$n" --first $((n * 20)) \
		--to "reject$n@x.test" --to "defer$n@x.test" --to "other$n@d$n.rnd.test" \
		--subject "Important notice about your account" >/dev/null
done
# An honest user mistypes an address.
lab send --user bob@shop.test --to reject.typo@x.test --subject 'Lunch on Friday' --different >/dev/null
exim -qff
lab settle
# A bounce of mail that never was here: somebody else forged our user's address.
{
	printf 'From: Mail Delivery System <MAILER-DAEMON@mx.other.test>\nTo: cleo@shop.test\n'
	printf 'Subject: Mail delivery failed: returning message to sender\nAuto-Submitted: auto-replied\n'
	printf 'Message-ID: <E1aaaaa-000000-00@mx.other.test>\nMIME-Version: 1.0\n'
	printf 'Content-Type: multipart/report; report-type=delivery-status; boundary="q"\n\n'
	printf -- '--q\nContent-Type: text/plain\n\nThe message you sent could not be delivered.\n'
	printf -- '--q\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.other.test\n\n'
	printf 'Final-Recipient: rfc822;nobody@other.test\nAction: failed\nStatus: 5.1.1\n'
	printf -- '--q\nContent-Type: message/rfc822\n\n'
	printf 'Received: from [198.51.100.9] (helo=bot.example)\n\tby mx.other.test with esmtp id 1aaaaa-000000-00\n'
	printf 'From: <cleo@shop.test>\nTo: <nobody@other.test>\nMessage-ID: <spam.1@bot.example>\n'
	printf 'Subject: cheap watches\n\nBuy now.\n--q--\n'
} >"$work/joe"
lab send --from '' --to cleo@shop.test --helo mx.other.test --raw "$work/joe" >/dev/null
bounces=$(exim -bp | grep -cE ' <>( |$)')
is "the queue has bounces of three kinds" "$bounces" 32

stanch backscatter --json >"$work/json" 2>"$work/errors"
is "backscatter ends with 0" $? 0
holds_true "it prints JSON" jq -e . "$work/json"
stanch backscatter >"$work/text" 2>&1
holds_true "the proved backscatter is named" grep -qi 'backscatter' "$work/text"
holds_true "the joe-job is named" grep -qi 'joe' "$work/text"
holds_true "the honest bounce is named" grep -qi 'honest' "$work/text"
honest=$(find "$SPOOL/input" -name '*-H' -exec grep -laxF 'bob@shop.test' {} + | xargs -r -n 1 basename -s -H)
joe=$(find "$SPOOL/input" -name '*-H' -exec grep -laF 'mx.other.test' {} + | xargs -r -n 1 basename -s -H)
is "the test knows the honest bounce and the joe-job" "$(wc -w <<<"$honest $joe")" 2

# The culprit's own mail first, as an administrator does, then its backscatter.
stanch hold mailbox:ann@shop.test --yes --until-clean >"$work/hold" 2>&1 </dev/null
is "the culprit's mail is held" "$(ids_of_mailbox ann@shop.test stanch | wc -l)" 30
stanch hold --backscatter --yes >"$work/hold" 2>&1 </dev/null
is "hold --backscatter ends with 0" $? 0
is "the proved backscatter is held" "$(exim -qGstanch -bp | grep -cE ' <>( |$)')" 30
is "the honest bounce is left, and the joe-job" "$(exim -bp | awk '/ <>( |$)/ {print $3}' | LC_ALL=C sort)" \
	"$(printf '%s\n' "$honest" "$joe" | LC_ALL=C sort)"
lab queue-only off
exim -qff
lab settle
is "the honest bounce reaches its sender" "$(lab deliveries | grep -c '	bob@shop\.test$')" 1
stanch restore --all --yes >"$work/restore" 2>&1
is "all of it can be put back" "$(exim -bpc)" 60
finish

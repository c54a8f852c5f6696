#!/bin/bash
# The owner and the administrator are told of an incident, beside stand-ins of WHMCS, a webhook and
# a mail server that fail on demand: each is told once, and the new password goes one way only.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
tool=$(dirname "$stanch_program")/tell_once
secret=Wq7-secret-Pass9
work=$(mktemp -d /tmp/stanch-system-XXXXXX)
pids=()

end_standins() {
	local status=$?
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	wait "${pids[@]}" 2>/dev/null
	rm -rf "$work"
	exit "$status"
}
trap end_standins EXIT

start() { # name
	mkdir "$work/$1"
	python3 "$root/tests/panels/$1.py" "$work/$1" 2>>"$work/$1.errors" &
	pids+=($!)
	for _ in {1..100}; do
		[[ ! -s $work/$1/port ]] || return 0
		sleep 0.1
	done
	not_ok "$1 listens" "$(cat "$work/$1.errors")"
}

start whmcs
start webhook
start smtp_sink
whmcs=$work/whmcs hook=$work/webhook mail=$work/smtp_sink
product='"status":"Active","serverhostname":"mx1.host.test","domain":"shop.test","password":"hosting-pass"'
echo "[{\"id\":\"7\",\"clientid\":\"42\",$product}]" >"$whmcs/products.json"
printf 'api&secret=1\n' >"$work/api.secret"
printf 'hook-key\n' >"$work/hook.secret"
chmod 600 "$work/api.secret" "$work/hook.secret"

write_conf() { # secret_by
	cat >"$work/conf" <<-END
		tell {
			enabled = yes
			secret_by = $1
			owner_mail = whmcs
			templates = "$root/packaging/templates"
			timeout = 1s
		}
		whmcs {
			url = "http://127.0.0.1:$(cat "$whmcs/port")/includes/api.php"
			identifier = "ident"
			secret_file = "$work/api.secret"
			department = 3
			server = "mx1.host.test"
			admin = "robot"
		}
		mail {
			url = "smtp://127.0.0.1:$(cat "$mail/port")"
			tls = no
			sender = "stanch@host.test"
			administrator = "root@host.test"
		}
		webhook {
			url = "http://127.0.0.1:$(cat "$hook/port")/hooks/url-with-key"
			secret_file = "$work/hook.secret"
		}
	END
}

fresh() { rm -f "$work/note" "$whmcs/tickets.json" "$whmcs/actions" "$whmcs/emails" "$hook/posts" "$mail/mails" "$work"/*/conduct; }

tell() { # stage [source]
	said=$(printf '%s' "${given-$secret}" | timeout 60 "$tool" "$work/conf" "$work/note" "$1" "${2:-mailbox:ann@shop.test}" 2>&1)
	printf '%s\n' "$said" >>"$work/all.said"
	[[ ! -e $work/note ]] || cat "$work/note" >>"$work/all.notes"
	code=${said%% *}
}

lines() { if [[ -e $1 ]]; then wc -l <"$1"; else echo 0; fi; }
tickets() { if [[ -e $whmcs/tickets.json ]]; then jq length "$whmcs/tickets.json"; else echo 0; fi; }
counts() { echo "$(tickets) $(lines "$mail/mails") $(lines "$hook/posts")"; }

write_conf whmcs
fresh
tell contained
is "all are told" "$code" 0
is "a ticket, two mails, a post" "$(counts)" "1 2 1"
is "the ticket is of the client and its product" \
	"$(jq -r '.[0] | "\(.clientid) \(.serviceid) \(.deptid)"' "$whmcs/tickets.json")" "42 7 3"
is "the ticket has the incident's mark" \
	"$(jq -r '.[0].subject' "$whmcs/tickets.json" | grep -c '^\[stanch:mx1.host.test:12\] ')" 1
is "and is in the client's language" "$(jq -r '.[0].message' "$whmcs/tickets.json" | grep -c 'Was geschehen ist')" 1
is "and has the new password" "$(grep -c "$secret" "$whmcs/tickets.json")" 1
is "which no mail has" "$(grep -c "$secret" "$mail/mails")" 0
is "nor the webhook" "$(grep -c "$secret" "$hook/posts")" 0
is "the owner's mail is plain text and HTML" \
	"$(jq -r 'select(.headers.To | test("bob@home.test")) | .parts | keys | join(" ")' "$mail/mails")" "text/html text/plain"
is "the administrator hears of the ticket" \
	"$(jq -r 'select(.headers.To | test("root@")) | .parts["text/plain"]' "$mail/mails" | grep -c 'mail to bob@home.test\|ticket 516750')" 1
is "and of the commands" \
	"$(jq -r 'select(.headers.To | test("root@")) | .parts["text/plain"]' "$mail/mails" | grep -c 'stanch incident release 12')" 1
is "mail says that a machine made it" "$(jq -r '.headers["Auto-Submitted"]' "$mail/mails" | sort -u)" auto-generated
is "the post is signed" "$(jq -r '"\(.signed) \(.body.stage) \(.body.incident)"' "$hook/posts")" "true contained 12"
given='' tell contained
is "again tells nobody again" "$code $(counts)" "0 1 2 1"
given='' tell check
is "and it is seen to be done" "$code" 0
given=Wq8-other-Pass7 tell check
is "a password that was changed once more is seen not to be told" "$code" ENOENT
given=Wq8-other-Pass7 tell contained
is "and is told" "$code $(counts) $(jq -r '.[0].replies[0]' "$whmcs/tickets.json" | grep -c Wq8-other-Pass7)" "0 1 2 1 1"
tell closed
is "all are told of the end" "$code $(counts)" "0 1 4 2"
tell released
tell released
is "and of the release, once" "$code $(counts)" "0 1 6 3"
is "the ticket was answered each time" "$(jq '.[0].replies | length' "$whmcs/tickets.json")" 3
rm "$work/note"
tell contained
is "without a note, the ticket is found by its mark" "$(tickets)" 1

for how in hang busy; do
	fresh
	echo "$how" >"$whmcs/conduct"
	tell contained
	is "WHMCS that does not answer ($how) is asked again" \
		"$([[ $code == EAGAIN || $code == ETIMEDOUT ]] && echo again)" again
	is "and the others are told meanwhile" "$(counts)" "0 1 1"
	rm -f "$whmcs/conduct"
	tell contained
	is "and then it has the ticket, and nobody hears twice" "$code $(counts)" "0 1 2 1"
done

fresh
echo lost >"$whmcs/conduct"
tell contained
is "a ticket whose answer was lost is not known of" "$code" ETIMEDOUT
rm "$whmcs/conduct"
tell contained
is "and is not opened twice" "$code $(tickets)" "0 1"

# An answer that may have come is looked for before it is given again.
answers() { jq '.[0].replies | length' "$whmcs/tickets.json"; }
for how in lost late; do
	fresh
	tell contained
	echo "$how" >"$whmcs/conduct"
	given='' tell closed
	is "an answer in the ticket of which nothing came back ($how) is not known of" "$code $(answers)" "ETIMEDOUT 1"
	rm "$whmcs/conduct"
	given='' tell closed
	is "and is found, and not given twice" "$code $(answers)" "0 1"
done
is "by the mark of its stage" "$(jq -r '.[0].replies[0]' "$whmcs/tickets.json" | tail -n 1)" '[stanch:mx1.host.test:12:closed]'
fresh
tell contained
cp "$work/note" "$work/note.before"
given='' tell closed
cp "$work/note.before" "$work/note"
given='' tell closed
is "nor when it was killed before it could keep that" "$code $(answers)" "0 1"
given='' tell released
is "another stage is another answer" "$code $(answers)" "0 2"
fresh
tell contained
echo blind >"$whmcs/conduct"
given='' tell closed
is "where WHMCS lets nobody look, it is not known" "$code $(answers)" "EIO 1"
rm "$whmcs/conduct"
given='' tell closed
is "and not given again" "$code $(answers)" "EIO 1"

for how in denied:EACCES error:EIO garbage:EBADMSG nothing:EIO; do
	fresh
	echo "${how%:*}" >"$whmcs/conduct"
	tell contained
	is "WHMCS that says ${how%:*} is an error" "$code" "${how#*:}"
	asked=$(lines "$whmcs/actions")
	rm "$whmcs/conduct"
	tell contained
	is "and is not asked the same again" "$code $(lines "$whmcs/actions")" "${how#*:} $asked"
done

fresh
echo "[{\"id\":\"7\",\"clientid\":\"42\",$product},{\"id\":\"8\",\"clientid\":\"43\",$product}]" >"$whmcs/products.json"
tell contained
is "of two clients none is guessed" "$code $(tickets)" "ENOENT 0"
echo "[{\"id\":\"7\",\"clientid\":\"42\",$product}]" >"$whmcs/products.json"

for how in later:EAGAIN close:EAGAIN garbage:EAGAIN hang:ETIMEDOUT denied:EIO; do
	fresh
	echo "${how%:*}" >"$mail/conduct"
	tell contained
	is "a mail server that says ${how%:*}" "$code" "${how#*:}"
done

fresh
echo denied >"$hook/conduct"
tell contained
is "a webhook that says no" "$code $(lines "$hook/posts")" "EACCES 1"
rm "$hook/conduct"
tell contained
is "is not told the same again" "$code $(lines "$hook/posts")" "EACCES 1"

echo "[{\"id\":\"7\",\"clientid\":\"42\",$product},{\"id\":\"9\",\"clientid\":\"44\",${product/shop/home}}]" >"$whmcs/products.json"
write_conf mail
fresh
tell contained
is "by mail: the password is in the owner's mail" "$(grep -c "$secret" "$mail/mails")" 1
is "and not in the ticket" "$(grep -c "$secret" "$whmcs/tickets.json")" 0
fresh
tell contained mailbox:bob@home.test
is "the hijacked mailbox is not told" "$code $(counts)" "ENOENT 1 1 1"
is "and gets no password" "$(grep -c "$secret" "$mail/mails")" 0

write_conf none
fresh
tell contained
is "without a way the password goes nowhere" \
	"$code $(cat "$whmcs/tickets.json" "$mail/mails" "$hook/posts" | grep -c "$secret")" "0 0"

write_conf whmcs
sed -i 's/department = 3/email = "Stolen password"/' "$work/conf"
fresh
tell contained
is "a template of WHMCS' is sent" "$code $(tickets) $(lines "$whmcs/emails")" "0 0 1"
is "about the product, with its variables" \
	"$(jq -r '"\(.id) \(.vars.stanch_mailbox) \(.vars.stanch_stage) \(.vars.stanch_messages)"' "$whmcs/emails")" \
	"7 ann@shop.test contained 119"
is "and the password, which nothing else has" \
	"$(jq -r .vars.stanch_secret "$whmcs/emails") $(cat "$mail/mails" "$hook/posts" | grep -c "$secret")" "$secret 0"
given='' tell contained
is "once" "$(lines "$whmcs/emails")" 1
tell closed
is "and the end" "$(jq -r .vars.stanch_stage "$whmcs/emails" | tail -n 1)" closed
fresh
echo "lost 3" >"$whmcs/conduct" # who it is, whose address, and what is sent
tell contained
tell contained
holds_true "what may have been sent is not sent again" test "$(lines "$whmcs/emails")" -le 1
fresh
sed -i 's/Stolen password/Another/' "$work/conf"
tell contained
is "a template that is not there is said" "$code" EIO

write_conf whmcs
fresh
tell contained 'mailbox:<b>ann</b>\x0aBcc: evil@x.test\x0a{{secret}}"@shop.test'
is "a hostile name is told" "$code $(counts)" "0 1 2 1"
is "and becomes no header" "$(jq -r '.headers | keys[]' "$mail/mails" | grep -ci bcc)" 0
is "and no markup" "$(jq -r '.parts["text/html"] // ""' "$mail/mails" | grep -c '<b>ann')" 0
is "and no variable" "$(grep -o "$secret" "$whmcs/tickets.json" | wc -l)" 1

is "no note and no word of it has a secret" \
	"$(cat "$work/all.said" "$work/all.notes" | grep -c "$secret\|api&secret\|hook-key\|hosting-pass\|url-with-key")" 0
finish

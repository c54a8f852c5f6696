#!/bin/bash
# Local mail: the login is the source; what a header claims about the script stands beside it.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab SPLIT=false
lab queue-only on

for n in 1 2 3 4 5; do
	lab script --from "bank$n@elsewhere.test" --to "someone$n@ok.test" --php '33:mailer.php'
done
stanch sources --all --json >"$work/sources" 2>/dev/null
if [[ $USER == Debian-exim || $EUID -ne 0 ]]; then
	is "mail of $USER by exim -t is a source of its own" \
		"$(jq -r --arg l "$USER" 'select(.name == $l or (.name | contains($l))) | .messages' "$work/sources")" 5
fi
if ! other_logins; then
	skip "other logins (needs root and a mount namespace)"
	finish
fi
for n in $(seq 1 8); do
	lab script --login www-data --from "bank$n@elsewhere.test" --to "person$n@ok.test" \
		--php '33:mailer.php' --header 'X-PHP-Script: shop.test/mailer.php for 192.0.2.7'
done
lab script --login games --from games@hosting.test --to friend@ok.test --subject 'high score'
lab send --user ann@shop.test --to x@ok.test --header 'X-PHP-Originating-Script: 33:mailer.php' >/dev/null

stanch sources --all --json >"$work/sources" 2>"$work/errors"
is "sources ends with 0" $? 0
script=$(jq -r 'select((.kind == "script" or .kind == "login") and (.name | contains("www-data"))) |
	.source' "$work/sources")
is "the web server's mail is one source" "$(wc -w <<<"$script")" 1
is "with all of its messages" "$(jq -r --arg s "$script" 'select(.source == $s) | .messages' \
	"$work/sources")" 8
holds_true "the other login is another source" jq -es 'any(.[]; .kind == "login" and
	(.name | contains("games")))' "$work/sources"
holds_true "a script header over SMTP AUTH does not change the mailbox" jq -es \
	'any(.[]; .source == "mailbox:ann@shop.test" and .messages == 1)' "$work/sources"
is "no script source is made of that header" "$(jq -r 'select(.kind == "script" and
	((.name | contains("www-data")) or (.name | contains("33"))  | not)) | .source' "$work/sources")" ""
id=$(find "$SPOOL/input" -name '*-H' -exec grep -la '^www-data 33 33$' {} + | head -n 1 | xargs -r basename -s -H)
stanch show "$id" >"$work/show" 2>&1
holds_true "show names the login" grep -q 'www-data' "$work/show"
holds_true "show has the script as a claim" grep -q 'mailer\.php' "$work/show"

stanch hold "$script" --yes --until-clean >"$work/hold" 2>&1 </dev/null
is "the script's mail can be held" $? 0
is "all of it" "$(exim -qGstanch -bpc)" 8
is "the rest stays" "$(exim -bpc)" 7
stanch restore --all --yes >"$work/restore" 2>&1
is "and put back" "$(exim -bpc)" 15
finish

#!/bin/bash
# Who may not read the queue is told so, with a status that is not 0, and never a count of 0.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "other accounts"
start_lab
lab flood --messages 30 --recipients 5 >/dev/null
lab settle

reachable=$(program_for_all)
mkdir -m 777 "$work/state-nobody"
as_nobody() {
	setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$reachable" --spool "$SPOOL" \
		--state "$work/state-nobody" --exim-config "$EXIM_CONFIG" "$@" </dev/null
}

for words in "queue" "queue --count" "queue --json" "queue --format exim-bpc" "sources" "sources --json" \
	"hold mailbox:ann@shop.test --yes" "backscatter" "show $(ids_in '' | head -n 1)"; do
	# shellcheck disable=SC2086  # words
	as_nobody $words >"$work/out" 2>"$work/errors"
	is "as nobody: stanch ${words/ 1*/ ID} ends with 3" $? 3
	if grep -qE 'cannot read .*: run as root or Debian-exim' "$work/errors"; then
		ok "and says whom to run it as (${words/ 1*/ ID})"
	else
		not_ok "and says whom to run it as (${words/ 1*/ ID})" "$(cat "$work/errors")"
	fi
	if grep -qE '^0$|(^|[^0-9])0 messages' "$work/out" "$work/errors"; then
		not_ok "and counts nothing as 0 (${words/ 1*/ ID})" "$(cat "$work/out" "$work/errors")"
	else
		ok "and counts nothing as 0 (${words/ 1*/ ID})"
	fi
done
as_nobody check -w 10 -c 20 >"$work/out" 2>&1
is "as nobody: check ends with 3" $? 3
holds_true "check says UNKNOWN" grep -q '^Mailqueue UNKNOWN - ' "$work/out"

# Who is told to give up root before he reads what strangers wrote has given it up.
id=$(ids_in '' | head -n 1)
stanch show "$id" --reader nobody >"$work/out" 2>&1
is "show --reader nobody, as root: ends with 3" $? 3
is "and has read nothing" "$(stanch show "$id" --reader nobody --json 2>/dev/null)" ""
is "as Exim's user it reads it" "$(stanch show "$id" --reader "$USER" --json | jq -r .id)" "$id"
stanch show "$id" --reader root >"$work/out" 2>&1
is "and root is nobody to become" $? 3

# One folder of the split spool is out of reach: what remains is not the whole queue.
folder=$(find "$SPOOL/input" -mindepth 1 -maxdepth 1 -type d | head -n 1)
mkdir "$work/state-exim"
chown "$USER:$GROUP" "$work/state-exim"
as_exim() {
	lab as "$reachable" --spool "$SPOOL" --state "$work/state-exim" --exim-config "$EXIM_CONFIG" \
		"$@" </dev/null
}
chown root:root "$folder"
chmod 700 "$folder"
as_exim queue --count >"$work/out" 2>"$work/errors"
is "a folder that cannot be read: queue --count ends with 3" $? 3
holds_true "and it is named" grep -q "cannot read $folder" "$work/errors"
as_exim check -w 10 -c 20 >"$work/out" 2>&1
is "a folder that cannot be read: check ends with 3" $? 3
chown "$USER:$GROUP" "$folder"
chmod 750 "$folder"

# A single file that cannot be read
file=$(find "$SPOOL/input" -name '*-H' | head -n 1)
chown root:root "$file"
chmod 600 "$file"
as_exim sources >"$work/out" 2>"$work/errors"
is "a message that cannot be read: sources ends with 3" $? 3
chown "$USER:$GROUP" "$file"
chmod 640 "$file"

as_exim queue --count >"$work/out" 2>"$work/errors"
is "as Debian-exim: queue --count ends with 0" $? 0
is "and counts what Exim counts" "$(cat "$work/out")" "$(exim -bpc)"
ids_of_mailbox ann@shop.test >"$work/ids"
as_exim hold mailbox:ann@shop.test --yes >"$work/out" 2>&1
is "as Debian-exim: hold works" $? 0
is "all is held" "$(ids_in stanch | wc -l)" "$(wc -l <"$work/ids")"
as_exim restore --all --yes >"$work/out" 2>&1
is "as Debian-exim: restore works" $? 0
is "all is back" "$(ids_of_mailbox ann@shop.test)" "$(cat "$work/ids")"

# As root: what is made in the spool belongs to Exim's account, or Exim could not use it.
stanch hold mailbox:ann@shop.test --yes >/dev/null 2>&1
is "as root: every file and folder in the spool belongs to Exim's account" \
	"$(find "$SPOOL" ! -user "$USER" -o ! -group "$GROUP" | head -n 3)" ""
stanch restore --all --yes >/dev/null 2>&1

# A spool that is not there, and one without an input folder
"$stanch_program" --spool "$work/none" --state "$state" queue --count >"$work/out" 2>"$work/errors"
is "no spool: queue ends with 3" $? 3
is "and prints no count" "$(cat "$work/out")" ""
mkdir "$work/empty"
"$stanch_program" --spool "$work/empty" --state "$state" check >"$work/out" 2>&1
is "a folder that is no spool: check ends with 3" $? 3
finish

#!/bin/bash
# checkspool.sh SPOOL CONF TRUTH LIST: do Exim's own tools take every message of a made spool (ids of
# 16 characters), and do they find what its truth says? Prints a line a check, exits 1 on a miss.
# CONF is exim.conf.in filled in for the spool. Root or Debian-exim.
set -u
spool=$1 conf=$2 truth=$3 list=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
exim=$(command -v exim4 || command -v exim || echo /usr/sbin/exim4)

same() { # what got want
	if [ "$2" = "$3" ]; then
		echo "ok: $1: $2"
	else
		echo "FAILED: $1: got $2, want $3"
		failed=1
	fi
}

read -r _ _ messages recipients delivered frozen _ < <(tail -1 "$truth")
same "exim -bpc" "$("$exim" -C "$conf" -bpc)" "$messages"
"$exim" -C "$conf" -bp > "$work/bp" 2> "$work/complaints"
same "exim -bp: messages" "$(grep -cE '^ *[0-9]+[mhd] +[0-9.]+[KM]? ' "$work/bp")" "$messages"
same "exim -bp: recipients" "$(grep -cE '^ {8}[ D] [^ ]+$' "$work/bp")" "$recipients"
same "exim -bp: delivered" "$(grep -cE '^ {8}D ' "$work/bp")" "$delivered"
same "exim -bp: frozen" "$(grep -cF '*** frozen ***' "$work/bp")" "$frozen"
same "exim -bp: errors" "$(grep -cF '*** spool' "$work/bp")" 0
same "exim -bp: complaints" "$(wc -l < "$work/complaints")" 0
same "exiqgrep -c" "$(exiqgrep -C "$conf" -c | cut -d' ' -f1)" "$messages"
same "exiqsumm: not delivered" "$("$exim" -C "$conf" -bp | exiqsumm | awk '$NF == "TOTAL" {print $1}')" \
	"$((recipients - delivered))"

# The largest and the smallest hijacked account, a script's login, and an honest mailbox.
picked() { awk -F'\t' -v OFS='\t' '$2 == "hijacked" {print $3, $1}' "$truth" | sort -rn | sed -n '1p;$p' | cut -f2
	awk -F'\t' '$1 ~ /^login:/ {print $1; exit}' "$truth"
	awk -F'\t' '$2 == "honest" {print $1; exit}' "$truth"; }
for source in $(picked); do
	id=${source#*:}
	exipick --spool "$spool" -i "\$authenticated_id eq $id" | sort > "$work/found"
	same "exipick $id" "$(wc -l < "$work/found")" \
		"$(awk -F'\t' -v s="$source" '$1 == s {print $3}' "$truth")"
	awk -F'\t' -v s="$source" '$2 == s {print $1}' "$list" | sort | cmp -s - "$work/found"
	same "the same ids" $? 0
done

for id in $(awk -F'\t' -v step=$((messages / 50 + 1)) 'NR % step == 1 || step == 1 {print $1}' "$list"); do
	"$exim" -C "$conf" -Mvh "$id" 2>&1 | grep -q "^...I Message-Id: <E$id@" ||
		{ echo "FAILED: exim -Mvh $id"; failed=1; }
	[ "$("$exim" -C "$conf" -Mvb "$id" 2>&1 | head -1)" = "$id-D" ] ||
		{ echo "FAILED: exim -Mvb $id"; failed=1; }
	"$exim" -C "$conf" -Mvl "$id" 2>&1 | grep -q ' Received from ' ||
		{ echo "FAILED: exim -Mvl $id"; failed=1; }
done
exit $failed

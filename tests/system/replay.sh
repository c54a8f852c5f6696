#!/bin/bash
# stanch replay over logs: the same findings whether the logs are whole, rotated and packed, or those
# of two servers; the lines of a real Exim are understood; what is damaged is said.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab
export TZ=UTC

# --- the log of a real Exim ----------------------------------------------------------------------

lab honest --messages 12 >/dev/null
lab flood --messages 40 --recipients 5 >/dev/null
lab send --user carl@club.test --from '' --to reject9@x.test >/dev/null
lab script --from shop@elsewhere.test --to someone@ok.test
lab settle
real=$work/real
mkdir "$real"
cp "$MAINLOG" "$real/mainlog"
"$stanch_program" replay --json --explain "$real" >"$work/real.json" 2>"$work/real.err"
is "a real log is read" $? 0
is "each of its lines is understood" "$(cat "$work/real.err")" ""
total() { jq -r "select(.action == \"total\") | .$1" "$2"; }
sent=$(grep -c '^[^<]* <= .*\( A=\|U=\).*' "$real/mainlog")
bounces=$(grep -c ' <= <> R=' "$real/mainlog" || true)
is "each message of somebody here counts once" "$(total messages "$work/real.json")" "$((sent - bounces))"
is "reading it again with its reject log counts no message twice" "$(
	cp "${MAINLOG%mainlog}rejectlog" "$real/" 2>/dev/null
	"$stanch_program" replay --json --explain "$real"/* 2>/dev/null | jq -r 'select(.action == "total") | .messages'
)" "$((sent - bounces))"

# --- forty days, made here, of people and of a thief -----------------------------------------------

python3 - "$work" <<'END'
import os, random, sys, time
work = sys.argv[1]
random.seed(5)
begin = 1767225600                              # 2026-01-01 00:00:00 UTC
people = ["p%d@shop.test" % i for i in range(12)]
lines = []
n = 0
def stamp(t): return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(t))
def mail(t, who, to, ip, subject):
    global n
    n += 1
    i = "1x%04d-%06d-%02d" % (n % 10000, n, n % 100)
    i = i[:6] + "-" + i[7:13] + "-" + i[-2:]
    lines.append((t, who, "%s %s <= %s H=(pc) [%s]:999 P=esmtpsa A=plain:%s S=900 id=%d@pc T=\"%s\" for %s"
                  % (stamp(t), i, who, ip, who, n, subject, to)))
    return i
def delivered(t, who, i, to):
    lines.append((t, who, "%s %s => %s R=dnslookup T=remote_smtp H=mx [192.0.2.7] C=\"250 OK\"" % (stamp(t), i, to)))
    lines.append((t, who, "%s %s Completed" % (stamp(t), i)))
words = "garden paper meeting invoice friday summer report house order plan table lamp".split()
for day in range(40):
    for k, who in enumerate(people):
        for j in range(4):
            t = begin + day * 86400 + (8 + j * 2) * 3600 + k * 60 + random.randrange(60)
            to = "friend%d@far.test" % random.randrange(k * 3, k * 3 + 9)
            delivered(t + 1, who, mail(t, who, to, "198.51.%d.17" % k, " ".join(random.sample(words, 5))), to)
t = begin + 40 * 86400 + 3 * 3600
for j in range(150):                            # the thief
    to = "user%d@victims%d.test" % (random.randrange(99999), random.randrange(50))
    i = mail(t + j * 7, people[3], to, "203.0.113.9", "win a great prize before friday in our lottery")
    if j % 3 == 0:
        lines.append((t + j * 7 + 2, people[3], "%s %s ** %s R=dnslookup T=remote_smtp H=mx [192.0.2.8]: SMTP error"
            " from remote mail server after RCPT TO:<%s>: 550 5.1.1 User unknown" % (stamp(t + j * 7 + 2), i, to, to)))
    else:
        delivered(t + j * 7 + 2, people[3], i, to)
lines.sort(key=lambda x: x[0])
def write(path, rows):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.writelines(r[2] + "\n" for r in rows)
write(work + "/whole/mainlog", lines)
third = len(lines) // 3
write(work + "/rotated/mainlog.2", lines[:third])
write(work + "/rotated/mainlog.1", lines[third:2 * third])
write(work + "/rotated/mainlog", lines[2 * third:])
write(work + "/mx1/mainlog", [l for l in lines if l[1] < "p5"])
write(work + "/mx2/mainlog", [l for l in lines if l[1] >= "p5"])
END
gzip "$work/rotated/mainlog.2"
command -v zstd >/dev/null && zstd -q --rm "$work/rotated/mainlog.1"

replay() { "$stanch_program" replay --json --explain "$@"; }
replay "$work/whole" >"$work/whole.json"
is "the whole log is read" $? 0
is "the thief's mailbox, and no other, would have been contained" \
	"$(jq -r 'select(.action == "outcome") | .source' "$work/whole.json")" mailbox:p3@shop.test
early=$(jq 'select(.action == "outcome") | .messages' "$work/whole.json")
holds_true "within a few messages ($early)" test "${early:-99}" -le 12
is "all others of the thief would have been stopped" \
	"$(jq 'select(.action == "outcome") | .messages + .messages_stopped' "$work/whole.json")" 150
replay "$work/rotated" >"$work/rotated.json"
same "rotated and packed, it says the same" "$work/rotated.json" "$work/whole.json"
replay "$work"/rotated/mainlog.1* "$work/rotated/mainlog" "$work/rotated/mainlog.2.gz" >"$work/named.json"
same "and in any order of naming" "$work/named.json" "$work/whole.json"
replay "$work/mx1" "$work/mx2" >"$work/two.json"
is "of two servers, the same mailbox at the same message" \
	"$(jq -c 'select(.action == "outcome") | [.source, .time, .messages]' "$work/two.json")" \
	"$(jq -c 'select(.action == "outcome") | [.source, .time, .messages]' "$work/whole.json")"
cat "$work/whole/mainlog" | replay - >"$work/input.json"
same "from standard input, the same" "$work/input.json" "$work/whole.json"

replay --until '2026-02-09 12:00' "$work/whole" >"$work/until.json"
is "up to the day before there is nothing" "$(jq -r 'select(.action == "contain") | .source' "$work/until.json")" ""
replay --since 2026-02-11 "$work/whole" >"$work/since.json"
is "nothing after it either" "$(total contained "$work/since.json")" 0

"$stanch_program" replay "$work/whole" >"$work/page" 2>&1
holds_true "the page names it" grep -q '^mailbox:p3@shop.test   contained 2026-02-10 03:' "$work/page"
holds_true "and says that nothing was changed" grep -qx 'Nothing was changed.' "$work/page"

# --- kept ------------------------------------------------------------------------------------------

kept() { "$stanch_program" --state "$work/state" replay --kept "$@"; }
is "nothing is kept without being asked" "$(kept --json 2>/dev/null)" ""
"$stanch_program" --state "$work/state" replay --keep --since 2026-01-15 "$work/whole" >"$work/page2" 2>"$work/err"
name=$(sed -n 's/.*kept as //p' "$work/err")
is "what is kept is listed" "$(kept --json | jq -r .replay)" "$name"
is "with what was found" "$(kept --json | jq -c '[.contained, .since, .until, .logs[0]]')" \
	"[$(grep -c '^mailbox:.*contained' "$work/page2"),\"2026-01-15T00:00:00Z\",null,\"$work/whole\"]"
is "the whole of it has the finding" "$(kept "$name" --json | jq -r '.findings[].source' | sort -u)" mailbox:p3@shop.test
holds_true "and for people" grep -q '^mailbox:p3@shop.test ' <(kept "$name")
is "each key is in the manual" "$(kept "$name" --json | undocumented replay queue)" ""
is "for its owner only" "$(stat -c %a "$work/state/replays" "$work/state/replays/$name.json" | tr '\n' ' ')" "700 600 "

# --- what the documentation says ------------------------------------------------------------------

sed -n 's/^    {/{/p' "$root/docs/facts.md" | "$stanch_program" replay --facts - --json --explain >"$work/doc.json" 2>"$work/doc.err"
is "the example in docs/facts.md is read" "$? $(cat "$work/doc.err")" "0 "
is "with its messages" "$(total messages "$work/doc.json")" 2

# --- what is wrong is said ------------------------------------------------------------------------

ends_with() { # name status command...
	local name=$1 want=$2 status=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" || status=$?
	is "$name" "$status" "$want"
}
ends_with "no log named is wrong usage" 2 "$stanch_program" replay
ends_with "logs and facts are wrong usage" 2 "$stanch_program" replay --facts x y
ends_with "logs of what is kept are wrong usage" 2 "$stanch_program" replay --kept a b
ends_with "a name of what is kept that is none is wrong usage" 2 "$stanch_program" --state "$work/state" replay --kept ../x
ends_with "one that is not kept ends with 1" 1 "$stanch_program" --state "$work/state" replay --kept 20010101T000000Z
ends_with "a time that is none is wrong usage" 2 "$stanch_program" replay --since yesterday "$work/whole"
ends_with "an alpha that is none is wrong usage" 2 "$stanch_program" replay --alpha 2 "$work/whole"
ends_with "a file that is not there ends with 3" 3 "$stanch_program" replay "$work/whole/mainlog" "$work/none"
holds_true "and is named" grep -q "$work/none" "$work/err"
holds_true "but the others are read" grep -q 'would have been contained' "$work/out"
ends_with "a folder without logs ends with 3" 3 "$stanch_program" replay "$work"
ends_with "a zone that is none ends with 3" 3 "$stanch_program" replay --zone No/Where "$work/whole"
mkdir "$work/cut"
head -c 3000 "$work/rotated/mainlog.2.gz" >"$work/cut/mainlog.1.gz"
cp "$work/rotated/mainlog" "$work/cut/"
ends_with "a file that is cut off ends with 3" 3 "$stanch_program" replay "$work/cut"
holds_true "and is named" grep -q 'cut/mainlog.1.gz' "$work/err"
ends_with "facts that are damaged end with 3" 3 "$stanch_program" replay --json --facts - <<'END'
{"ev":"recv","t":1767225600,"id":"a","auth":"ann@shop.test","rcpt":["x@y.test"]}
{"ev":"recv","t":"never"}
END
holds_true "and the line is named" grep -q 'standard input:2: ' "$work/err"
finish

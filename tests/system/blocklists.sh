#!/bin/bash
# stanch check --mode blocklists, with a DNS server of the test's own in the place of the lists.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
work=$(mktemp -d /tmp/stanch-test.XXXXXX)
dns=
end_dns() {
	local status=$?
	[[ -z $dns ]] || { kill "$dns" && wait "$dns"; } 2>/dev/null
	(exit "$status")
	clean_up
}
trap end_dns EXIT

cat >"$work/dns.py" <<'END'
import os, socket, sys
# zones by what they have; "none" is NXDOMAIN
zones = {
    "good.test": {"2.0.0.127": "127.0.0.2", "9.2.0.192": "127.0.0.4"},
    "clean.test": {"2.0.0.127": "127.0.0.2"},
    "refuses.test": {"2.0.0.127": "127.255.255.254", "1.0.0.127": "127.255.255.254", "9.2.0.192": "127.255.255.254"},
}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
with open(sys.argv[1] + ".new", "w") as f: f.write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    query, who = s.recvfrom(512)
    labels, i = [], 12
    while query[i]:
        labels.append(query[i + 1:i + 1 + query[i]].decode())
        i += query[i] + 1
    i += 5
    with open(sys.argv[2], "a") as f: f.write(".".join(labels) + "\n")
    address = zones.get(".".join(labels[-2:]), {}).get(".".join(labels[:-2]))
    flags = b"\x81\x80" if address else b"\x81\x83"
    answer = query[:2] + flags + b"\0\1" + (b"\0\1" if address else b"\0\0") + b"\0\0\0\0" + query[12:i]
    if address:
        answer += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address)
    s.sendto(answer, who)
END
python3 "$work/dns.py" "$work/port" "$work/asked" &
dns=$!
until [[ -s $work/port ]]; do sleep 0.1; done
configure() { # zones addresses [cache]
	cat >"$work/stanch.conf" <<END
blocklists {
	zones = {$1}
	addresses = {$2}
	resolver = "127.0.0.1:$(cat "$work/port")"
	cache = ${3:-$work/cache/lists.json}
}
END
}
run_check() { # want-status words...
	local want=$1
	shift
	"$stanch_program" --config "$work/stanch.conf" check --mode blocklists "$@" >"$work/out" 2>"$work/errors"
	is "check --mode blocklists $* ends with $want" $? "$want"
}
says_first() { holds_true "and says $1" grep -qE "$1" <(head -n 1 "$work/out"); }
asked() { wc -l <"$work/asked"; }
: >"$work/asked"

configure '"clean.test"' '"192.0.2.9"'
run_check 3
says_first '^Blocklists UNKNOWN - lists are not asked where the answer cannot be kept'
is "and nothing was asked" "$(asked)" 0
mkdir "$work/cache"
run_check 0
says_first '^Blocklists OK - 1 answer, none of our addresses is listed \(asked 0 seconds ago\) \| listed=0;;0;0 clean=1;;;0 unsaid=0;;;0$'
is "the test points were asked first" "$(head -n 2 "$work/asked" | sort | tr '\n' ' ')" "1.0.0.127.clean.test 2.0.0.127.clean.test "
is "then the address" "$(tail -n 1 "$work/asked")" 9.2.0.192.clean.test
run_check 0
is "a minute later nobody is asked again" "$(asked)" 3
configure '"clean.test", "good.test"' '"192.0.2.9", "192.0.2.8"'
run_check 2
says_first '^Blocklists CRITICAL - 192\.0\.2\.9 is listed at good\.test as 127\.0\.0\.4 \(asked'
is "another question is asked" "$(asked)" 11
run_check 1 -c 1 -w 0
configure '"clean.test", "refuses.test"' '"192.0.2.9"'
run_check 3
says_first '^Blocklists UNKNOWN - 192\.0\.2\.9: cannot say what is at refuses\.test, it refuses to answer us \(127\.255\.255\.254\)'
is "with --json" "$("$stanch_program" --config "$work/stanch.conf" --json check --mode blocklists |
	jq -r '[.status, (.answers[] | .state)] | join(" ")')" "UNKNOWN clean unsaid"
sed -i 's/"asked":[0-9]*/"asked":1/' "$work/cache/lists.json"
before=$(asked)
run_check 3
holds_true "old answers are asked for again" test "$(asked)" -gt "$before"
echo damaged >"$work/cache/lists.json"
run_check 3
says_first 'asked 0 seconds ago'
configure '"clean.test"' '"mx1.shop.test"'
run_check 3
configure '' ''
run_check 3
says_first 'blocklists.zones and blocklists.addresses say'
kill "$dns"
wait "$dns" 2>/dev/null
dns=
configure '"clean.test"' '"192.0.2.7"'
run_check 3
says_first '^Blocklists UNKNOWN - 192\.0\.2\.7: cannot say'
finish

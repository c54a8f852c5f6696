#!/bin/bash
# Every command under valgrind on a small real spool: no invalid access, nothing lost.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
if ! command -v valgrind >/dev/null || ! command -v gcc >/dev/null; then
	skip "valgrind or gcc is not installed"
	exit 0
fi
start_lab
export LD_PRELOAD_FOR_TESTS=$work/no_uring.so
gcc -D_GNU_SOURCE -shared -fPIC -o "$LD_PRELOAD_FOR_TESTS" "$root/tests/no_uring.c"
lab queue-only on
lab flood --messages 20 --recipients 5 >/dev/null
lab send --user bob@shop.test --to reject1@x.test --header 'X-Note: a\n-auth_id b@c.test' >/dev/null
exim -qff
lab settle

# What a library keeps until the end is not lost; a lost block or a wrong access is an error.
careful() { # want-status words...
	local want=$1 status
	shift
	"$root/tests/careful" --log-file="$work/valgrind" "$stanch_program" --spool "$SPOOL" --state "$state" \
		--exim-config "$EXIM_CONFIG" "$@" >"$work/out" 2>&1 </dev/null
	status=$?
	if [[ $status -eq $want ]]; then
		ok "stanch ${*/1x[A-Za-z]*/ID}"
	else
		not_ok "stanch ${*/1x[A-Za-z]*/ID}" "status $status, want $want" \
			"$(grep -v '^$' "$work/valgrind" | head -n 12)" "$(head -n 5 "$work/out")"
	fi
}
id=$(ids_in '' | head -n 1)
careful 0 queue
careful 0 queue --json --threads 3
careful 0 queue --format exim
careful 0 queue --subject '/important/' --sender '*elsewhere*' --older-than 0s
careful 0 show "$id"
careful 0 show "$id" --raw
careful 0 setup exim --config "$lab/setup.conf"
careful 0 setup exim --remove --dry-run --config "$lab/setup.conf"
careful 0 sources
careful 0 sources --no-content --json
careful 0 backscatter
careful 2 check -w 2 -c 4
careful 0 hold mailbox:ann@shop.test --dry-run
careful 0 hold mailbox:ann@shop.test --yes
careful 0 holds
careful 0 holds 1 --json
careful 0 restore 1 --yes
careful 0 hold mailbox:ann@shop.test --yes
careful 0 purge 2 --yes
careful 2 queue --no-such-option
careful 2 no-such-command
careful 0 --help
careful 0 completion bash
finish

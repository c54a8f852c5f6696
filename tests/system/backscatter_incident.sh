#!/bin/bash
# stanchd and hold.backscatter: the bounces that return an incident's spam are held with its mail;
# an honest user's bounce in the same minutes is not.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
start_lab DEFER_PERCENT=0 REJECT_PERCENT=0
# shellcheck source=tests/system/daemon.bash
. "$root/tests/system/daemon.bash"
thief=mailbox:ann@shop.test

bounces_in() { exim ${1:+"-qG$1"} -bp | awk '/ <>( |$)/ {print $3}' | LC_ALL=C sort; }
only_the_honest_is_left() { [[ -n $honest && $(bounces_in) == "$honest" ]]; }
some_are_held() { [[ -n $(bounces_in stanch) ]]; }

lab past 30
configure yes
start_daemon
# An honest user mistypes an address; the bounce waits for his mailbox.
lab local-closed on
lab send --user bob@shop.test --from bob@shop.test --to reject.typo@x.test --subject 'Lunch on Friday' --different >/dev/null
lab settle
honest=$(bounces_in)
is "an honest user's bounce is in the queue" "$(wc -w <<<"$honest")" 1

# The flood with forged senders: of each message one recipient is refused, so that a bounce goes to a
# sender somewhere else, who cannot be reached.
for n in $(seq 1 40); do
	lab send --user ann@shop.test --from "defer.victim$n@mail$n.elsewhere.test" --seed "$n" --first $((n * 20)) \
		--to "reject$n@x.test" --to "defer$n@x.test" --to "other$n@d$n.rnd.test" \
		--subject "Important notice about your account" >/dev/null
done
holds_true "the thief is contained" wait_for 90 is_in_state "$thief" "contained cleaning clean"
lab settle
holds_true "until the queue is clean" wait_for 120 is_in_state "$thief" clean
holds_true "the bounces that return its spam are held" wait_for 30 some_are_held
holds_true "all of them, and the honest user's is not" wait_for 60 only_the_honest_is_left
is "nothing of the thief's is left in the queue" "$(ids_of_mailbox ann@shop.test | wc -l)" 0
made=$(awk '/ <= <> R=/ {print $3 ~ /^\[/ ? $4 : $3}' "$MAINLOG" | LC_ALL=C sort)
printf '# %s bounces were made, %s are held\n' "$(wc -w <<<"$made")" "$(bounces_in stanch | wc -w)"
is "no bounce is lost" "$({ bounces_in; bounces_in stanch; } | LC_ALL=C sort)" "$made"
lab local-closed off
exim -qff
lab settle
is "the honest bounce reaches its sender" "$(lab deliveries | grep -c '	bob@shop\.test$')" 1
stop_daemon
finish

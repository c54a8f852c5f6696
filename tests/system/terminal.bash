# shellcheck shell=bash
# What the tests of stanch top share, after start_lab: a terminal (tmux) with a shell in it, keys that are
# typed, and what is seen. control is the socket at which the daemon is asked.

# Each has a server of its own: one that is ending takes no session any more.
terminal_number=0
terminal() { tmux -u -S "$work/tmux.$terminal_number" "$@"; }
end_terminal() { terminal kill-server 2>/dev/null; }

screen() { terminal capture-pane -p; }
shows() { screen | grep -qF -- "$1"; }
sees() { # name text
	if wait_for 30 shows "$2"; then ok "$1"; else not_ok "$1" "want: $2" "$(screen)"; fi
}
keys() { terminal send-keys "$@"; }

# A shell in a terminal of that size, and in it stanch top.
open_terminal() { # columns rows [NAME=value...]
	local columns=$1 rows=$2
	shift 2
	end_terminal
	terminal_number=$((terminal_number + 1))
	cat >"$work/top" <<END
#!/bin/sh
exec env $* "$(program_for_all)" --spool "$SPOOL" --state "$state" --exim-config "$EXIM_CONFIG" --control "$control" top
END
	chmod 755 "$work/top"
	env -u NO_COLOR LC_ALL=C.UTF-8 tmux -u -f /dev/null -S "$work/tmux.$terminal_number" new-session -d -x "$columns" -y "$rows" \
		env PS1='shell> ' LC_ALL=C.UTF-8 bash --norc --noprofile -i
	rm -f "$work/stty.before"
	wait_for 15 shows 'shell>'
	keys "stty -a >$work/stty.before" Enter
	wait_for 15 test -s "$work/stty.before"
	keys "clear" Enter
}
open_top() {
	open_terminal "$@"
	keys "$work/top" Enter
}
top_runs() { pgrep -f "$control top\$" >/dev/null; }
top_process() { pgrep -f "$control top\$" | head -n 1; }

# The program has ended, the picture is gone, keys are read as before.
is_given_back() { # name
	local name=$1
	rm -f "$work/stty.after"
	wait_for 15 shows 'shell>'
	keys "stty -a >$work/stty.after" Enter
	wait_for 15 test -s "$work/stty.after"
	is "$name: no program is left" "$(top_process)" ""
	sed -i 's/rows.*columns [0-9]*;//' "$work"/stty.{before,after}
	same "$name: the terminal reads as before" "$work/stty.after" "$work/stty.before"
	is "$name: the picture is gone" "$(terminal display-message -p '#{alternate_on} #{cursor_flag}')" "0 1"
}

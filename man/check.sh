#!/bin/sh
# check.sh STANCH FOLDER: every command and every option has its text in a manual page of FOLDER, and
# mandoc finds nothing wrong with the pages.
stanch=$1
folder=$2
failed=0

fail() {
	echo "$*" >&2
	failed=1
}

options_of() { # help text of a command: its long options
	sed -n 's/^  ...\? --\([a-z-]*\).*/\1/p'
}

has_option() { # page option
	grep -q "Fl -$2\( \|$\)" "$folder/$1.1" || fail "$1(1) lacks --$2"
}

commands=$("$stanch" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ] || fail "stanch --help lists no commands"
global=$("$stanch" --help | options_of)
for option in $global; do
	has_option stanch "$option"
done
for command in $commands; do
	page=$folder/stanch-$command.1
	[ -s "$page" ] || fail "$command has no manual page"
	grep -q "Xr stanch-$command 1" "$folder/stanch.1" || fail "stanch(1) lacks $command"
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -q "^\.Sh $section\$" "$page" || fail "stanch-$command(1) lacks $section"
	done
	# "completion" prints rules for a shell
	[ "$command" = completion ] || grep -q '^\.Sh JSON$' "$page" || fail "stanch-$command(1) lacks its JSON"
	for option in $("$stanch" "$command" --help | options_of); do
		case " $(echo $global) " in
		*" $option "*) ;;
		*) has_option "stanch-$command" "$option" ;;
		esac
	done
done
# Every option of the daemon and every event has its text.
for option in config check-config version help; do
	grep -q "Fl -$option" "$folder/stanchd.8" || fail "stanchd(8) lacks --$option"
done
grep -q '^\.It Li contained' "$folder/stanchd.8" || fail "stanchd(8) lacks its events"
# Every setting of the sample has its text, too.
group='' settings=0
while read -r word rest; do
	case $word in
	[a-z]*) group=$word ;;
	'#'[a-z]*)
		settings=$((settings + 1))
		sed -n "/^\.Ss $group\$/,/^\.El/p" "$folder/stanch.conf.5" | grep -qx "\.It Ic ${word#?}" ||
			fail "stanch.conf(5) lacks $group.${word#?}"
		;;
	esac
done <"$folder/stanch.conf"
[ $settings -gt 0 ] || fail "stanch.conf has no settings"
if command -v mandoc >/dev/null; then
	for page in "$folder"/stanch*.[158]; do
		mandoc -Tlint -Wwarning "$page" || fail "mandoc: $page"
	done
else
	echo "mandoc is not installed: the pages' form was not checked" >&2
fi
for shell in bash zsh fish; do
	rules=$("$stanch" completion $shell) || fail "stanch completion $shell"
	for command in $commands; do
		echo "$rules" | grep -q "$command" || fail "completion of $shell lacks $command"
	done
	command -v $shell >/dev/null || continue
	echo "$rules" | $shell -n || fail "$shell does not read its completion"
done
exit $failed

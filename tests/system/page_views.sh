#!/bin/bash
# The page in a real browser, before an invented mail server (tests/page/server.py): every view, with hostile
# texts in every field, by keys, narrow and wide, dark and light, as reader and as operator.
#
# AXE names an axe.min.js; without it axe-core is fetched by npm, where there is one, into build-check/axe.
# SHOTS names a folder for pictures.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
page=$root/src/page
chart=/usr/share/javascript/chart.js/chart.min.js
axe_version=4.10.3
axe_sum=5e6edba515e70d25f6604d9815f064d859c5d1ea7ab661bbc4f87c88779ef0c21cae0abbeb636471ef39e9d62d2582e4b88a1866f19f4ecfcf6d986275e4dc12

# --- what the source itself promises --------------------------------------------------------------

is "no text becomes markup: no module knows a way" \
	"$(grep -nE 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML|srcdoc *=|\beval\b|new Function' "$page"/*.js)" ""
is "no address leads elsewhere" \
	"$(grep -nE "(https?:)?//[a-z0-9]" "$page"/*.js "$page"/*.css "$page"/*.html | grep -v 'http://www.w3.org/2000/svg')" ""
is "no script, style or handler stands in the page itself" \
	"$(grep -nE '<style|style=|[[:space:]]on[a-z]+=|<script>|javascript:' "$page/index.html")" ""

# --- in the browser -------------------------------------------------------------------------------

if ! /usr/bin/python3 -c 'import selenium' 2>/dev/null || [[ ! -x /usr/bin/chromedriver || ! -e $chart ]]; then
	skip "the page in a browser: chromium-driver, python3-selenium and libjs-chart.js are not all installed"
	finish
fi

work=$(mktemp -d /tmp/stanch-test.XXXXXX)
server='' walker=
end_page() {
	local status=$? pid
	for pid in $walker $server; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	(exit "$status")
	clean_up
}
trap end_page EXIT
trap 'exit 130' INT TERM

# Gives the file on standard output; nothing when it cannot be had.
axe_file() {
	local kept=$root/build-check/axe
	if [[ -n ${AXE:-} ]]; then
		echo "$AXE"
		return
	fi
	if [[ ! -e $kept/axe-core-$axe_version.tgz ]]; then
		command -v npm >/dev/null || return
		mkdir -p "$kept"
		(cd "$kept" && timeout 60 npm pack "axe-core@$axe_version") >/dev/null 2>&1 || return
	fi
	[[ $(sha512sum <"$kept/axe-core-$axe_version.tgz") == "$axe_sum  -" ]] || return
	tar -xzf "$kept/axe-core-$axe_version.tgz" -C "$work" package/axe.min.js && echo "$work/package/axe.min.js"
}

/usr/bin/python3 "$root/tests/page/server.py" "$page" --chart "$chart" >"$work/address" 2>"$work/server.err" &
server=$!
for _ in {1..100}; do
	[[ ! -s $work/address ]] || break
	sleep 0.1
done
axe=$(axe_file)
export HOME=$work TMPDIR=$work
options=(--invented)
[[ -z $axe ]] || options+=(--axe "$axe")
[[ -z ${SHOTS:-} ]] || options+=(--shots "$SHOTS")
timeout --kill-after=20 700 /usr/bin/python3 "$root/tests/page/walk.py" "$(cat "$work/address")" "${options[@]}" 2>"$work/walk.err" &
walker=$!
wait "$walker"
status=$?
walker=
[[ $status -eq 0 ]] || failures=$((failures + 1))
is "the walk ends, and nothing was wrong with it" "$status $(tail -n 3 "$work/walk.err")" "0 "
is "nor with the invented server" "$(grep -c Traceback "$work/server.err")" 0
finish

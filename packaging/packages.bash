# shellcheck shell=bash
# The Debian packages that building, the laboratory and the checks need, in one place, and how they
# are installed. Sourced by run and check.

# shellcheck disable=SC2034  # used by those who source this file
packages_build=(gcc libc6-dev meson ninja-build pkg-config python3 libsqlite3-dev libjansson-dev libc-ares-dev
	libcap-ng-dev libconfuse-dev libcrypt-dev libcurl4-openssl-dev libgmime-3.0-dev libgnutls28-dev
	libjs-chart.js libmicrohttpd-dev libncurses-dev libpcre2-dev libpsl-dev libsodium-dev libmariadb-dev libpq-dev
	liburing-dev libuv1-dev libxxhash-dev zlib1g-dev libzstd-dev)
# shellcheck disable=SC2034
packages_run=(jq)
# shellcheck disable=SC2034
packages_lab=(exim4-daemon-heavy dovecot-core dovecot-imapd dovecot-pop3d dovecot-sqlite sqlite3 jq
	procps util-linux)
# shellcheck disable=SC2034
packages_check=(libcmocka-dev clang libclang-rt-14-dev llvm clang-format clang-tidy cppcheck
	valgrind mandoc shellcheck logrotate gzip zstd sqlite3 python3 openssl perl libc6-dbg bash-completion zsh fish rspamd
	postgresql mariadb-server curl nagios4-core icinga2-bin prometheus tmux chromium chromium-driver python3-selenium)

# Says that the laboratory, not the owner of this machine, wanted Exim here.
packages_exim_mark=/var/lib/stanch-lab/exim-installed-for-the-laboratory

package_present() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Another mail server's package, if one is installed: Exim would replace it.
packages_other_mailer() {
	dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
		awk '$1 == "installed" && /mail-transport-agent/ && $2 !~ /^exim4/ {print $2; exit}'
}

# True when this machine has an Exim that the laboratory did not bring.
packages_own_exim() {
	[[ ! -e $packages_exim_mark ]] &&
		{ [[ -x /usr/sbin/exim4 ]] || [[ -x /usr/sbin/exim ]] || command -v exim >/dev/null; }
}

# Refuses what would change this machine's mail. $@: packages about to be installed.
packages_refuse_mailer() {
	local other
	[[ " $* " == *" exim4"* ]] || return 0
	other=$(packages_other_mailer)
	if [[ -n $other ]]; then
		echo "This machine's mail server is $other. Installing exim4 for the laboratory would" >&2
		echo "remove it, so that is refused. Use another machine or a container." >&2
		return 1
	fi
	if package_present exim4-daemon-light; then
		echo "This machine runs exim4-daemon-light. The laboratory needs exim4-daemon-heavy" >&2
		echo "(Dovecot authentication) and does not replace a mail server by itself." >&2
		return 1
	fi
}

packages_apt_install() (
	policy=/usr/sbin/policy-rc.d
	log=$(mktemp)
	# Installing starts no service: 101 is "not allowed". One that is already there stays.
	if [[ ! -e $policy ]]; then
		trap 'rm -f "$policy" "$log"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	else
		trap 'rm -f "$log"' EXIT
	fi
	export DEBIAN_FRONTEND=noninteractive
	if ! apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; then
		echo "    fetching the package lists: apt-get update"
		apt-get update >>"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
		apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1 ||
			{ tail -30 "$log" >&2; exit 1; }
	fi
)

# Installs those of the packages $2... that are missing. $1: what for, in words.
packages_install() {
	local purpose=$1 missing=() package
	shift
	for package in "$@"; do
		package_present "$package" || missing+=("$package")
	done
	if [[ ${#missing[@]} -eq 0 ]]; then
		return 0
	fi
	if ! command -v apt-get >/dev/null; then
		echo "Missing $purpose: ${missing[*]}. There is no apt-get here; please install them." >&2
		return 1
	fi
	packages_refuse_mailer "${missing[@]}" || return 1
	if [[ $EUID -ne 0 ]]; then
		echo "Missing $purpose. As root:" >&2
		echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
		return 1
	fi
	echo "    installing $purpose with apt-get: ${missing[*]}"
	packages_apt_install "${missing[@]}" || return 1
	if [[ " ${missing[*]} " == *" exim4-daemon-heavy "* ]]; then
		mkdir -p "${packages_exim_mark%/*}"
		echo "exim4 was installed for stanch's laboratory; no mail of this machine uses it" \
			>"$packages_exim_mark"
		if [[ -d /run/systemd/system ]]; then
			echo "    nothing was started; so that it stays so after a restart of this machine:"
			echo "        systemctl disable exim4 dovecot"
		fi
	fi
}

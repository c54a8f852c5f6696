# shellcheck shell=bash
# Starting and ending processes by number. A number alone may belong to somebody else by the time
# it is used, so it is always kept together with the start time that the kernel has for it.

# Start time of process $1 in clock ticks since boot; fails when there is no such process.
process_started() {
	local stat
	{ read -r stat </proc/"$1"/stat; } 2>/dev/null || return 1
	# The name in the second field may hold spaces and brackets: count from the last ")".
	local -a field
	read -ra field <<<"${stat##*) }"
	[[ ${field[0]} != Z ]] || return 1
	printf '%s\n' "${field[19]}"
}

# Writes process $2 and its start time to the file $1.
process_note() {
	local started
	started=$(process_started "$2") || return 1
	printf '%s %s\n' "$2" "$started" >"$1"
}

# True while the process noted in the file $1 runs.
process_runs() {
	local pid started
	[[ -r $1 ]] && read -r pid started <"$1" && [[ $(process_started "$pid") == "$started" ]]
}

# Ends the process noted in the file $1: SIGTERM, then after ten seconds SIGKILL.
process_end() {
	local pid started turn
	if process_runs "$1"; then
		read -r pid started <"$1"
		kill -TERM "$pid" 2>/dev/null || true
		for ((turn = 0; turn < 200; turn++)); do
			process_runs "$1" || break
			sleep 0.05
		done
		if process_runs "$1"; then kill -KILL "$pid" 2>/dev/null || true; fi
	fi
	rm -f -- "$1"
}

# Numbers of the running processes that have the path $1 as one of their arguments.
processes_with_argument() {
	local folder argument
	for folder in /proc/[0-9]*; do
		[[ -r $folder/cmdline ]] || continue
		while IFS= read -r -d '' argument; do
			if [[ $argument == "$1" ]]; then
				printf '%s\n' "${folder#/proc/}"
				break
			fi
		done 2>/dev/null <"$folder/cmdline"
	done
}

# Waits up to $1 tenths of a second until the rest of the arguments, a command, succeeds.
wait_until() {
	local turns=$1 turn
	shift
	for ((turn = 0; turn < turns; turn++)); do
		if "$@"; then return 0; fi
		sleep 0.1
	done
	return 1
}

# True when something listens on the TCP port $1, at whatever address.
port_taken() {
	local hex
	printf -v hex '%04X' "$1"
	grep -qsE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6
}

# A free port, not the ones given.
free_port() {
	local port turn
	for ((turn = 0; turn < 1000; turn++)); do
		port=$((20000 + SRANDOM % 12000))
		[[ " $* " == *" $port "* ]] && continue
		port_taken "$port" && continue
		printf '%s\n' "$port"
		return 0
	done
	return 1
}

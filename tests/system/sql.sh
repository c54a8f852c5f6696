#!/bin/bash
# A stolen password is changed in a user table: in a file of SQLite, and at servers of PostgreSQL and
# MariaDB that are started here, each in a folder of its own, at a UNIX socket and nowhere else. Each
# way in which a server fails is told from the others; names are never taken for SQL; and neither the
# password nor its hash is in what is said.
# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
need_root "a user table at a server"
panel_run=$(dirname "$stanch_program")/panel_run
if [[ ! -x $panel_run ]]; then
	not_ok "there is a program to test" "$panel_run is missing: ./run --build, or set STANCH"
	exit 1
fi
work=$(mktemp -d /tmp/stanch-test.XXXXXX)
chmod 755 "$work"
mine=$work/mine
servers=()
lockers=()
end_all() {
	local status=$?
	[[ ${#lockers[@]} -eq 0 ]] || kill "${lockers[@]}" 2>/dev/null
	[[ ${#servers[@]} -eq 0 ]] || kill -QUIT "${servers[@]}" 2>/dev/null
	wait
	(exit "$status")
	clean_up
}
trap end_all EXIT
trap 'exit 130' INT TERM
umask 077

# --- the servers ---
start_postgresql() {
	local bin folder=$work/postgresql
	bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
	[[ -n $bin ]] || return 1
	install -d -o postgres -m 755 "$folder"
	echo 'key-of-our-own' >"$folder/key"
	chown postgres "$folder/key"
	(cd "$folder" && setpriv --reuid postgres --regid postgres --clear-groups "$bin/initdb" -N \
		-D "$folder/data" -A scram-sha-256 -U owner --pwfile "$folder/key" -E UTF8 \
		--locale C >"$work/initdb.log" 2>&1) || return 1
	(cd "$folder" && exec setpriv --reuid postgres --regid postgres --clear-groups \
		"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \
		-c unix_socket_permissions=0777) >"$work/postgresql.log" 2>&1 &
	servers+=($!)
	postgresql_pid=$!
	wait_for_server postgresql "SELECT 1"
}
start_mariadb() {
	local folder=$work/mariadb
	command -v mariadbd mariadb-install-db mariadb >/dev/null || return 1
	install -d -o mysql -m 755 "$folder"
	mariadb-install-db --no-defaults --user=mysql --datadir="$folder/data" \
		--auth-root-authentication-method=normal --skip-test-db >"$work/install.log" 2>&1 ||
		return 1
	setpriv --reuid mysql --regid mysql --clear-groups mariadbd --no-defaults \
		--datadir="$folder/data" --socket="$folder/socket" --skip-networking \
		--pid-file="$folder/pid" --skip-log-error >"$work/mariadb.log" 2>&1 &
	servers+=($!)
	mariadb_pid=$!
	wait_for_server mariadb "SELECT 1"
}
wait_for_server() { # name statement
	for _ in {1..200}; do
		! "ask_$1" "$2" >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	return 1
}

# As the owner of the table, beside what is tested: a statement, and what it gives.
ask_sqlite() { sqlite3 "$work/users" "$1"; }
ask_postgresql() {
	PGPASSWORD=key-of-our-own psql -XqAt -v ON_ERROR_STOP=1 -h "$work/postgresql" -U owner \
		-d postgres -c "$1"
}
ask_mariadb() {
	mariadb --no-defaults --default-character-set=utf8mb4 -NBr -S "$work/mariadb/socket" \
		-u root -e "CREATE DATABASE IF NOT EXISTS postfix; USE postfix; $1"
}

# --- what is tested ---
server='' places=''
step() { # step [mailbox]
	timeout 30 "$panel_run" "$work/stanch.conf" "${2:-ann@shop.test}" "$mine" "$1" 2>&1 |
		tee -a "$work/output"
}
word() { step "$@" | cut -d ' ' -f 1; }
fresh() { rm -rf "$mine" && mkdir "$mine"; }
configure() { # [instead of, or beside, what places says] [more of secret]
	{
		printf 'secret {\n enabled = yes\n timeout = 1s\n backend = "sql"\n %s\n}\n' "${2:-}"
		printf 'sql {\n server = "%s"\n' "$server"
		printf '%s\n' "$places" "${1:-}" | awk '{line[$1] = $0} END {for (name in line) print line[name]}'
		echo '}'
	} >"$work/stanch.conf"
}
stored() { # mailbox, as it stands between the quotes of SQL
	"ask_$server" "SELECT password FROM mailbox WHERE username = '$1'"
}
# Dovecot, which has nothing of ours, says whether the password that was handed on is the hash's.
agrees() { # mailbox
	local hash
	hash=$(stored "$1")
	[[ $hash == "{"* ]] || hash="{CRYPT}$hash"
	doveadm pw -t "$hash" -p "$(cat "$mine/secret")" 2>&1 | grep -c verified
}
note() { # mailbox
	stored "$1" | grep -oE '[^$}]{20,}$' >>"$work/secrets"
	cat "$mine/secret" >>"$work/secrets" && echo >>"$work/secrets"
}
all_hashes() { "ask_$server" "SELECT username, password FROM mailbox ORDER BY 1, 2" | sha256sum; }

# It fails like that, and nothing has changed. $1: name $2: error $3: words $4: mailbox
fails() {
	local before said
	fresh
	before=$(all_hashes)
	said=$(step act "${4:-ann@shop.test}")
	is "$server: $1" "${said%% *}" "$2"
	if [[ $said == *"$3"* ]]; then ok "$server: $1: it says so"; else not_ok "$server: $1: it says so" "$said"; fi
	is "$server: $1: nothing is changed" "$(all_hashes)" "$before"
	is "$server: $1: nothing is handed on" "$(ls "$mine")" note
}

make_table() {
	"ask_$server" "CREATE TABLE mailbox(username varchar(255) NOT NULL, password varchar(255) NOT NULL,
	active boolean NOT NULL DEFAULT true) $1" &&
		"ask_$server" "INSERT INTO mailbox(username, password) VALUES
	('ann@shop.test', '{SHA256-CRYPT}\$5\$abcdefgh\$HvSqU8mzN4JAkRKEdoNyAqRk6ZDrEbbYmRcyKUqPzI9'),
	('bob@shop.test', '\$6\$abcdefgh\$nothing.that.anybody.could.log.in.with'),
	('o''brien\"@shop.test', 'x'), ('bön@shop.test', 'x'),
	('two@shop.test', 'x'), ('two@shop.test', 'y')"
}

good_way() {
	local first name
	configure
	fresh
	is "$server: it says what it would do" "$(word plan)" OK
	is "$server: a password is changed" "$(word act)" OK
	is "$server: Dovecot agrees" "$(agrees ann@shop.test)" 1
	is "$server: the scheme is as it was" "$(stored ann@shop.test | cut -c 1-17)" '{SHA256-CRYPT}$5$'
	is "$server: it is checked" "$(word check)" OK
	note ann@shop.test
	first=$(cat "$mine/secret")
	is "$server: done again" "$(word act)" OK
	is "$server: Dovecot agrees again" "$(agrees ann@shop.test)" 1
	if [[ $(cat "$mine/secret") != "$first" ]]; then ok "$server: with another password"; else not_ok "$server: with another password"; fi
	note ann@shop.test
	is "$server: undone, it stays changed" "$(step undo | grep -c 'stays changed')" 1
	"ask_$server" "UPDATE mailbox SET password = '\$6\$x\$y' WHERE username = 'ann@shop.test'"
	is "$server: changed by somebody else, it is seen" "$(word check)" ENOENT
	fresh
	is "$server: without a word before the hash" \
		"$(word act bob@shop.test) $(stored bob@shop.test | cut -c 1-3) $(agrees bob@shop.test)" \
		'OK $6$ 1'
	fresh
	name="o'brien\"@shop.test"
	is "$server: a name with quotes" "$(word act "$name") $(agrees "o''brien\"@shop.test")" "OK 1"
	note "o''brien\"@shop.test"
	for name in "x' OR '1'='1" "x\\' OR 1=1 -- " "x\\" '";DROP TABLE mailbox;--' '%' '$1' ':hash'; do
		fails "no mailbox, $name" "$([[ $name == *' '* ]] && echo EINVAL || echo ENOENT)" "" "$name"
	done
	fails "bytes that are no ASCII" EINVAL "" "bön@shop.test"
	fails "no such mailbox" ENOENT "finds no row of none@shop.test" none@shop.test
	fails "two rows of it" EIO "more than one row of two@shop.test" two@shop.test
	configure 'set = "UPDATE mailbox SET password = :hash WHERE username <> :mailbox"'
	fails "a statement for all" EIO "the statement would change 5 rows"
	configure 'set = "UPDATE mailbox SET pass = :hash WHERE username = :mailbox"'
	fails "a statement that is wrong" EIO "pass"
	configure 'set = "DELETE FROM mailbox; UPDATE mailbox SET password = :hash WHERE username = :mailbox"'
	fails "two statements" EINVAL "more than one statement"
	configure '' 'do = "suspend-login"'
	fresh
	is "$server: suspended" "$(word act) $(word check) $(word act)" "OK OK OK"
	is "$server: it is so" "$("ask_$server" "SELECT count(*) FROM mailbox WHERE NOT active")" 1
	rm "$mine/note"
	is "$server: suspended before" "$(step act | grep -c already)" 1
	sed -i 's/, *"already": true//; s/"already": true, *//' "$mine/note"
	is "$server: resumed" "$(word undo) $(word check)" "OK ENOENT"
	is "$server: it is not so any more" "$("ask_$server" "SELECT count(*) FROM mailbox WHERE NOT active")" 0
	configure
}

# The server's own words, with the hash in them.
hidden() {
	fails "a reason with the hash in it" EIO "its reason has a password or hash in it"
}

at_server() { # more of sql that says where
	places=$1
	good_way
	hide_"$server"
	hidden
	show_"$server"
	configure "user = \"reader\""
	fails "a table that may only be read" EACCES "denied"
	echo wrong >"$work/wrong"
	chmod 600 "$work/wrong"
	configure "password_file = \"$work/wrong\""
	fails "a wrong password" EACCES "cannot connect"
	configure "password_file = \"$work/nowhere\""
	fails "no file with the password" EINVAL "nowhere"
	configure "database = \"nowhere\""
	fails "no such database" "$([[ $server == mariadb ]] && echo EACCES || echo EINVAL)" "nowhere"
	configure
	odd_"$server"
	lock_"$server" >/dev/null 2>&1 &
	lockers+=($!)
	sleep 0.5
	fails "a locked row" EAGAIN "sql.set"
}
server_down() { # pid
	local begun=$SECONDS
	configure
	fresh
	kill -STOP "$1"
	is "$server: when it does not answer" "$(word act)" EAGAIN
	holds_true "$server: soon" test "$((SECONDS - begun))" -le 6
	kill -QUIT "$1"
	kill -CONT "$1"
	wait "$1" 2>/dev/null
	is "$server: when it is down" "$(word act)" EAGAIN
}

hide_postgresql() {
	ask_postgresql "CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN RAISE EXCEPTION ''no: %'', NEW.password; END'"
	ask_postgresql "CREATE TRIGGER say BEFORE UPDATE ON mailbox FOR EACH ROW EXECUTE FUNCTION say()"
}
show_postgresql() { ask_postgresql "DROP TRIGGER say ON mailbox"; }
odd_postgresql() {
	ask_postgresql "ALTER TABLE mailbox ADD CONSTRAINT short CHECK (length(password) < 60) NOT VALID"
	fails "a hash against the rules of the table" EIO "violates check constraint"
	ask_postgresql "ALTER TABLE mailbox DROP CONSTRAINT short"
}
lock_postgresql() {
	PGPASSWORD=key-of-our-own exec psql -Xq -h "$work/postgresql" -U owner -d postgres -c \
		"BEGIN; SELECT * FROM mailbox FOR UPDATE; SELECT pg_sleep(20)"
}
hide_mariadb() {
	mariadb --no-defaults -S "$work/mariadb/socket" -u root --delimiter=// postfix -e "
		CREATE TRIGGER say BEFORE UPDATE ON mailbox FOR EACH ROW BEGIN
		DECLARE words varchar(120); SET words = NEW.password;
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = words; END//"
}
show_mariadb() { ask_mariadb "DROP TRIGGER say"; }
# Without a password, by the user that we run as; a server that cuts off what is too long, and a table that cannot be rolled back.
odd_mariadb() {
	local before=$places
	ask_mariadb "ALTER USER root@localhost IDENTIFIED VIA unix_socket"
	places="host = \"$work/mariadb/socket\"
 user = \"root\""
	configure
	fresh
	is "mariadb: without a password, at the socket" "$(word act) $(agrees ann@shop.test)" "OK 1"
	note ann@shop.test
	places=$before
	configure
	ask_mariadb "SET GLOBAL sql_mode = ''; SET sql_mode = ''; ALTER TABLE mailbox MODIFY password varchar(60)"
	fails "a column that is too short" EIO "is the column shorter"
	ask_mariadb "SET GLOBAL sql_mode = DEFAULT; ALTER TABLE mailbox MODIFY password varchar(255), ENGINE = MyISAM"
	fresh
	configure 'set = "UPDATE mailbox SET password = :hash WHERE username <> :mailbox"'
	is "mariadb: a table of MyISAM: it says that it was not rolled back" \
		"$(step act | grep -c 'would change 5 rows; and whether it was rolled back is not known')" 1
	ask_mariadb "ALTER TABLE mailbox ENGINE = InnoDB"
	configure
}
lock_mariadb() {
	exec mariadb --no-defaults -S "$work/mariadb/socket" -u root postfix -e \
		"BEGIN; SELECT * FROM mailbox FOR UPDATE; SELECT SLEEP(20)"
}

umask 022
if ! command -v doveadm >/dev/null || ! command -v sqlite3 >/dev/null; then
	skip "user tables (Dovecot or sqlite3 is not installed)"
	exit 0
fi
echo key-of-stanch >"$work/key"
chmod 600 "$work/key"

# --- SQLite ---
server=sqlite places="database = \"$work/users\""
make_table ''
good_way
exec 3> >(sqlite3 "$work/users" >/dev/null 2>&1)
lockers+=($!)
echo 'BEGIN IMMEDIATE;' >&3
sleep 0.3
fails "a locked file" EAGAIN "locked"
exec 3>&-
configure 'database = "/nowhere/users"'
fails "no such file" EINVAL "cannot connect"

# --- PostgreSQL ---
server=postgresql
if ! command -v psql >/dev/null || ! id postgres >/dev/null 2>&1; then
	skip "PostgreSQL (it is not installed)"
elif ! start_postgresql; then
	not_ok "PostgreSQL starts" "$(cat "$work/initdb.log" "$work/postgresql.log")"
else
	make_table ''
	ask_postgresql "CREATE ROLE stanch LOGIN PASSWORD 'key-of-stanch'"
	ask_postgresql "CREATE ROLE reader LOGIN PASSWORD 'key-of-stanch'"
	ask_postgresql "GRANT SELECT, UPDATE ON mailbox TO stanch; GRANT SELECT ON mailbox TO reader"
	at_server "host = \"$work/postgresql\"
 database = \"postgres\"
 password_file = \"$work/key\""
	server_down "$postgresql_pid"
fi

# --- MariaDB ---
server=mariadb
if ! command -v mariadbd >/dev/null || ! id mysql >/dev/null 2>&1; then
	skip "MariaDB (it is not installed)"
elif ! start_mariadb; then
	not_ok "MariaDB starts" "$(cat "$work/install.log" "$work/mariadb.log")"
else
	make_table 'CHARACTER SET utf8mb4'
	for role in stanch reader; do
		ask_mariadb "CREATE USER $role@localhost IDENTIFIED BY 'key-of-stanch'"
		ask_mariadb "GRANT SELECT ON mailbox TO $role@localhost"
	done
	ask_mariadb "GRANT UPDATE ON mailbox TO stanch@localhost"
	at_server "host = \"$work/mariadb/socket\"
 password_file = \"$work/key\""
	server_down "$mariadb_pid"
fi

# --- nowhere ---
sed -i '/^$/d' "$work/secrets"
is "secrets were handed on" "$([[ $(wc -l <"$work/secrets") -ge 6 ]] && echo yes)" yes
is "no password and no hash is in what was said" "$(grep -cFf "$work/secrets" "$work/output")" 0
is "nor is our own password" "$(grep -c 'key-of-stanch' "$work/output")" 0
finish

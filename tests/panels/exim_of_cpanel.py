#!/usr/bin/env python3
"""Stands in for cPanel's buildeximconf and restartsrv_exim, by the name that it is called by, as
FOLDER/scripts/NAME. FOLDER/stand-in has CONFIG (what is built), TEMPLATE, EXIM and DAEMON (a file
with the number of Exim's process) as NAME=value.

By the documented rules: the files of FOLDER/etc/exim/acls/BLOCK come in the place of [% BLOCK %],
those first whose name begins with custom_begin, then begin_, others, end_, custom_end; acl_FILE=0
in CONFIG.localopts leaves one out; FILE.dry_run is for --acl_dry_run alone, in the place of FILE;
an option whose list is empty is left out. Where cPanel starts Exim anew, this has it read its
configuration again.

FOLDER/mode makes it fail: dry (the dry run says no), fail, hang, lie (says that all is well, and
builds nothing), other (builds without the blocks), garbage, restart (Exim does not start)."""
import os
import re
import signal
import subprocess
import sys
import time

folder = os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0])))
name = os.path.basename(sys.argv[0])


def text_of(path, without=""):
    try:
        with open(path, encoding="latin-1") as f:
            return f.read()
    except FileNotFoundError:
        return without


setting = dict(line.split("=", 1) for line in text_of(folder + "/stand-in").splitlines())
mode = text_of(folder + "/mode").strip()
with open(folder + "/runs", "a", encoding="ascii") as runs:
    runs.write(" ".join([name] + sys.argv[1:]) + "\n")


def rank(file):
    for number, begin in ((0, "custom_begin"), (1, "begin_"), (3, "end_"), (4, "custom_end")):
        if file.startswith(begin):
            return number, file
    return 2, file


def block(match, dry):
    at = folder + "/etc/exim/acls/" + match[1]
    files = set(os.listdir(at)) if os.path.isdir(at) else set()
    tried = {file for file in files if file.endswith(".dry_run")}
    files -= {file[:-len(".dry_run")] for file in tried} if dry else tried
    switches = dict(re.findall(r"^acl_(\S+?)=[ \t]*(\S*)", text_of(setting["CONFIG"] + ".localopts"), re.M))
    out = "\n#BEGIN " + match[1].replace("_", "-") + "\n"
    for file in sorted(files, key=rank):
        shown = file.removesuffix(".dry_run")
        text = text_of(at + "/" + file)
        if text and switches.get(shown, "1") not in ("", "0"):
            out += "# BEGIN INSERT %s\n%s\n# END INSERT %s\n" % (shown, text, shown)
    return out + "\n#END " + match[1].replace("_", "-")


def build(dry):
    text = text_of(setting["TEMPLATE"])
    text = re.sub(r"^\s*\[%\s*(\w+)\s*%\]", lambda m: "" if mode == "other" else block(m, dry), text, flags=re.M)
    content, within = {}, None
    for line in text.splitlines():
        begins = re.match(r"\s*([^\s:#]+):\s*$", line)
        if begins:
            within = begins[1]
            content[within] = False
        elif within and line.strip() and not line.lstrip().startswith("#"):
            content[within] = True
    return re.sub(r"^acl_\w+ = (\w+)\n", lambda m: m[0] if content.get(m[1]) else "", text, flags=re.M)


def loads(text):
    tried = setting["CONFIG"] + ".buildtest"
    with open(tried, "w", encoding="latin-1") as f:
        f.write(text)
    said = subprocess.run([setting["EXIM"], "-C", tried, "-bV"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    os.unlink(tried)
    if said.returncode != 0:
        print(said.stdout.decode("latin-1"))
    return said.returncode == 0


if name == "restartsrv_exim":
    if mode == "restart":
        sys.exit("exim has failed: \033[31mtry again\033[0m")
    with open(setting["DAEMON"], encoding="ascii") as f:
        os.kill(int(f.read().split()[0]), signal.SIGHUP)
    print("exim started successfully.")
    sys.exit(0)

is_dry = "--acl_dry_run" in sys.argv
if is_dry:
    if mode == "dry" or not loads(build(True)):
        sys.exit("Dry Run failed: \033[2Jno")
    print("Dry Run ok")
    sys.exit(0)
if mode == "hang":
    time.sleep(1000)
if mode == "garbage":
    sys.stdout.buffer.write(os.urandom(100000).replace(b"C", b"c"))
    sys.exit(0)
built = build(False)
if mode == "fail" or not loads(built):
    sys.exit("Configuration file is broken, not installed")
if mode != "lie":
    with open(setting["CONFIG"], "w", encoding="latin-1") as f:
        f.write(built)
print("Configuration file passes test!")

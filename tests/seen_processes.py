#!/usr/bin/python3
"""seen_processes.py FILE: looks at every process of the machine, again and again, until it is ended by
SIGTERM; then writes each argument list and each environment that it has seen into FILE."""
import os
import signal
import sys
import time

going = True


def end(*_):
    global going  # pylint: disable=global-statement
    going = False


signal.signal(signal.SIGTERM, end)
seen, rounds = set(), 0
while going:
    rounds += 1
    time.sleep(0.002)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    seen.add(file.read())
            except OSError:
                pass
with open(sys.argv[1], "wb") as out:
    out.write(b"rounds %d\n" % rounds)
    for text in seen:
        out.write(text.replace(b"\0", b"\n") + b"\n")

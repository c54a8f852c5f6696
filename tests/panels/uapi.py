#!/usr/bin/env python3
"""Stands in for cPanel's command uapi: arguments as JSON on standard input, asked of the stand-in
whose port is in the file UAPI_PORT beside this program."""
import json
import os
import sys
import urllib.request

options = [word for word in sys.argv[1:] if word.startswith("--")]
module, function = [word for word in sys.argv[1:] if not word.startswith("--")]
assert "--input=json" in options and "--output=json" in options
user = [word[len("--user="):] for word in options if word.startswith("--user=")][0]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "UAPI_PORT"),
          encoding="ascii") as f:
    port = f.read().strip()
question = {"user": user, "module": module, "function": function, "arguments": json.load(sys.stdin)}
with urllib.request.urlopen("http://127.0.0.1:%s/stand-in/uapi" % port,
                            json.dumps(question).encode()) as reply:
    sys.stdout.write(reply.read().decode())

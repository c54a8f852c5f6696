#!/usr/bin/python3
"""login_sink.py FOLDER: an SMTP server on loopback that lets everybody in and keeps the passwords,
a line each, in FOLDER/received. FOLDER/conduct: hang (no answer to a password)."""
import base64
import os
import socketserver
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import standin  # pylint: disable=wrong-import-position


class Sink(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def take_password(self, words):
        if len(words) < 3:
            self.say("334 ")
            words = words + [self.rfile.readline().decode().strip()]
        password = base64.b64decode(words[2]).decode().split("\0")[-1]
        with open(os.path.join(sys.argv[1], "received"), "a", encoding="utf-8") as file:
            file.write(password + "\n")

    def handle(self):
        how = standin.conduct(sys.argv[1])
        self.say("220 sink ESMTP")
        while line := self.rfile.readline().decode(errors="replace").strip():
            words = line.split(" ")
            verb = words[0].upper()
            if verb == "AUTH":
                self.take_password(words)
                if how == "hang":
                    time.sleep(60)
                    return
                self.say("235 let in")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            elif verb == "EHLO":
                self.say("250-sink")
                self.say("250 AUTH PLAIN")
            else:
                self.say("250 ok")


standin.serve_with(socketserver.ThreadingTCPServer, Sink)

#!/usr/bin/python3
"""smtp_sink.py FOLDER: takes mail over SMTP on loopback; FOLDER/mails: a JSON line for each, read
as a mail reader would. FOLDER/conduct: later (450), denied (550), hang (no answer behind the
mail), close, garbage; "WORD N": the next N connections only."""
import email
import email.policy
import json
import os
import socketserver
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import standin  # pylint: disable=wrong-import-position


class Sink(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def take_mail(self, envelope):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        mail = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        parts = {p.get_content_type(): p.get_content() for p in mail.walk() if not p.is_multipart()}
        headers = {name: str(value) for name, value in mail.items()}
        return json.dumps({"envelope": envelope, "headers": headers, "parts": parts})

    def handle(self):
        how = standin.conduct(sys.argv[1])
        if how == "close":
            return
        self.say("220 sink ESMTP" if how != "garbage" else "\x00garbage")
        envelope = []
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            if verb == "RCPT" and how in ("later", "denied"):
                self.say("450 later" if how == "later" else "550 no such user")
            elif verb == "DATA":
                self.say("354 go on")
                text = self.take_mail(envelope)
                if how == "hang":
                    time.sleep(5)
                    return
                with open(os.path.join(sys.argv[1], "mails"), "a", encoding="utf-8") as file:
                    file.write(text + "\n")
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                envelope += [line] if verb in ("MAIL", "RCPT") else []
                self.say("250 ok")


standin.serve_with(socketserver.ThreadingTCPServer, Sink)

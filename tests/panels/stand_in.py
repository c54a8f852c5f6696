"""What the stand-ins for control panels share: a table of mailboxes, a server on loopback, and
misbehaviour on demand. Only the standard library. They speak what is documented or seen of a panel,
and are no proof of what a real one does.

    SCRIPT FOLDER [CERTIFICATE KEY]

Writes the port into FOLDER/port, the last password that it was given into FOLDER/received, and
each request, without its body, into FOLDER/access.log, as a panel's own log would have it.

    POST /stand-in/mode   {"mode": "hang", "on": "change"}   until the next
    POST /stand-in/table  the mailboxes
    POST /stand-in/verify {"mailbox": ..., "password": ...}  "yes" or "no"

Modes: good, refuse, forbidden, unavailable, hang, garbage, close, huge, nothing (says that it is
done, and does nothing), and what a panel adds. "on": change, or all.
"""
import hashlib
import http.server
import json
import os
import socket
import ssl
import sys
import threading
import time


class Table:
    def __init__(self):
        self.boxes = {}
        for name in ("ann@shop.test", "bob@shop.test"):
            self.boxes[name] = {"suspended_outgoing": 0, "suspended_login": 0, "hold_outgoing": 0,
                                "quota": 100, "forward": "copy@else.test"}
            self.set_password(name, "the old one")

    def set_password(self, name, password):
        salt = os.urandom(8).hex()
        self.boxes[name]["password"] = salt + ":" + self.digest(salt, password)

    @staticmethod
    def digest(salt, password):
        return hashlib.sha256((salt + password).encode()).hexdigest()

    def verify(self, name, password):
        salt, digest = self.boxes[name]["password"].split(":")
        return self.digest(salt, password) == digest


class Panel(http.server.BaseHTTPRequestHandler):
    """A panel gives answer(path, body) -> (status, type, text), and says by is_change(path, body)
    whether a request changes something."""
    protocol_version = "HTTP/1.1"
    table = Table()
    mode, on = "good", "change"
    folder = None

    def log_message(self, *_):
        pass

    @classmethod
    def note_password(cls, password):
        with open(os.path.join(cls.folder, "received"), "w", encoding="utf-8") as f:
            f.write(password + "\n")

    def log_access(self):
        with open(os.path.join(self.folder, "access.log"), "a", encoding="utf-8") as f:
            f.write(self.requestline + "\n")

    def send(self, status, kind, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def control(self, body):
        cls = type(self)
        if self.path == "/stand-in/mode":
            wish = json.loads(body)
            cls.mode, cls.on = wish["mode"], wish.get("on", "change")
            self.send(200, "text/plain", "ok")
        elif self.path == "/stand-in/table":
            self.send(200, "application/json", json.dumps(self.table.boxes))
        else:
            wish = json.loads(body)
            is_it = self.table.verify(wish["mailbox"], wish["password"])
            self.send(200, "text/plain", "yes" if is_it else "no")

    def misbehave(self):
        """Whether that was all."""
        if self.mode == "hang":
            time.sleep(60)
            self.close_connection = True
            return True
        if self.mode == "close":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return True
        if self.mode == "garbage":
            self.send(200, "text/html", "<html>\x1b[31m error=0 status ok \x00</html>")
            return True
        if self.mode == "huge":
            self.send(200, "text/plain", "x" * (5 << 20))
            return True
        if self.mode == "unavailable":
            self.send(503, "text/html", "<html>busy</html>")
            return True
        return False

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/stand-in/") and self.path != "/stand-in/uapi":
            self.control(body)
            return
        self.log_access()
        is_meant = self.on == "all" or self.is_change(self.path, body)
        if is_meant:
            self.remember(self.path, body)
            if self.misbehave():
                return
        self.send(*self.answer(self.path, body, self.mode if is_meant else "good"))

    def do_GET(self):
        self.log_access()
        self.send(405, "text/plain", "a secret would be in this log")


def main(panel):
    panel.folder = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), panel)
    server.daemon_threads = True
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    port = os.path.join(panel.folder, "port")
    with open(port + ".new", "w", encoding="utf-8") as f:
        f.write(str(server.server_address[1]))
    os.rename(port + ".new", port)
    threading.Thread(target=server.serve_forever).start()

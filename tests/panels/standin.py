"""What the stand-ins have in common: an HTTP server on loopback that misbehaves on demand.

Its folder has: port (written here, once it listens), conduct (read at each request: one of the
words below, or empty), and what the stand-in itself writes down. "WORD N" means: the next N only.
"""
import http.server
import os
import sys
import time


def conduct(folder):
    path = os.path.join(folder, "conduct")
    try:
        with open(path, encoding="ascii") as file:
            words = file.read().split()
    except FileNotFoundError:
        return ""
    if len(words) == 2:
        left = int(words[1]) - 1
        with open(path, "w", encoding="ascii") as file:
            file.write("%s %d" % (words[0], left) if left > 0 else "")
    return words[0] if words else ""


class Handler(http.server.BaseHTTPRequestHandler):
    folder = ""

    def log_message(self, *_):
        pass

    def reply(self, status, text, kind="application/json"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def misbehaved(self, how):
        """Whether the request was answered by a failure."""
        if how == "hang":
            time.sleep(5)
        elif how == "close":
            pass
        elif how == "garbage":
            self.reply(200, "<html>\x00 not what was asked for", "text/html")
        elif how == "busy":
            self.reply(503, "later")
        else:
            return False
        self.close_connection = True
        return True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        how = conduct(self.folder)
        if not self.misbehaved(how):
            self.answer(how, body)

    def answer(self, how, body):
        raise NotImplementedError


def serve(handler):
    handler.folder = sys.argv[1]
    serve_with(http.server.ThreadingHTTPServer, handler)


def serve_with(kind, handler):
    server = kind(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    port = os.path.join(sys.argv[1], "port")
    with open(port + ".new", "w", encoding="ascii") as file:
        file.write(str(server.server_address[1]))
    os.rename(port + ".new", port)
    server.serve_forever()

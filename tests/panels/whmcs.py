#!/usr/bin/python3
"""whmcs.py FOLDER: takes the place of WHMCS' API for tests/system/tell.sh.

Its failures besides those of standin.py: denied (403 with a reason), error (says no to OpenTicket),
nothing (says success to OpenTicket and opens none),
lost (opens or answers a ticket and ends the connection without an answer), late (the same to an answer,
by a gateway's timeout), blind (lost, and it does not let anybody look at a ticket). FOLDER/tickets.json: what was opened;
FOLDER/products.json: what GetClientsProducts says; FOLDER/actions: a line for each request;
FOLDER/emails: a JSON line for each that was sent, its customvars read as PHP's unserialize() does.
"""
import base64
import json
import os
import re
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import standin  # pylint: disable=wrong-import-position


def unserialize(data):
    """An array of texts; fails on anything else."""
    head = re.match(rb"a:(\d+):\{", data)
    at, texts = head.end(), []
    for _ in range(2 * int(head.group(1))):
        length = re.compile(rb's:(\d+):"').match(data, at)
        begin, end = length.end(), length.end() + int(length.group(1))
        if data[end:end + 2] != b'";':
            raise ValueError("a text does not end where it says")
        texts.append(data[begin:end].decode())
        at = end + 2
    if data[at:] != b"}":
        raise ValueError("the array does not end")
    return dict(zip(texts[::2], texts[1::2]))


class Whmcs(standin.Handler):
    def path_of(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        try:
            with open(self.path_of(name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return []

    def write(self, name, value):
        with open(self.path_of(name), "w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False)

    def success(self, **more):
        self.reply(200, json.dumps({"result": "success", **more}))

    def error(self, message, status=200):
        self.reply(status, json.dumps({"result": "error", "message": message}))

    def answer(self, how, body):
        form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        action = form.get("action", "")
        with open(self.path_of("actions"), "a", encoding="utf-8") as file:
            file.write(action + "\n")
        if how == "denied":
            self.error("Invalid IP 127.0.0.1", 403)
        elif form.get("identifier") != "ident" or form.get("secret") != "api&secret=1":
            self.error("Authentication Failed")
        elif form.get("responsetype") != "json":
            self.reply(200, "result=success", "text/plain")
        else:
            getattr(self, "do_" + action, self.unknown)(form, how)

    def unknown(self, form, _):
        self.error('Invalid Permissions: API action "%s" is not allowed' % form.get("action"))

    def do_GetClientsProducts(self, form, _):
        rows = [p for p in self.read("products.json") if p["domain"] == form.get("domain")]
        rows = rows[0] if len(rows) == 1 else rows
        self.success(totalresults=1, products={"product": rows} if rows else "")

    def do_GetClientsDetails(self, form, _):
        self.success(client={"id": form["clientid"], "email": "bob@home.test",
                             "language": "german"})

    def do_GetTickets(self, form, _):
        rows = [{k: t[k] for k in ("id", "tid", "subject")} for t in self.read("tickets.json")
                if form.get("subject", "") in t["subject"] and t["clientid"] == form["clientid"]]
        self.success(totalresults=str(len(rows)), tickets={"ticket": rows})

    def do_OpenTicket(self, form, how):
        tickets = self.read("tickets.json")
        new = {**form, "id": str(len(tickets) + 1), "tid": "51675%d" % len(tickets), "replies": []}
        new.pop("secret")
        if how == "error" or form.get("deptid") != "3":
            self.error("Department ID not found")
            return
        if how != "nothing":
            self.write("tickets.json", tickets + [new])
        if how == "lost":
            self.close_connection = True
            return
        self.success(id=new["id"], tid=new["tid"], c="KPqH7yG3")

    def do_SendEmail(self, form, how):
        if form.get("messagename") != "Stolen password":
            self.error("Email Template not found")
            return
        sent = {"id": form["id"], "vars": unserialize(base64.b64decode(form["customvars"]))}
        if how != "nothing":
            with open(self.path_of("emails"), "a", encoding="utf-8") as file:
                file.write(json.dumps(sent) + "\n")
        if how == "lost":
            self.close_connection = True
            return
        self.success()

    def do_GetTicket(self, form, how):
        if how == "blind":
            self.unknown(form, how)
            return
        for ticket in self.read("tickets.json"):
            if ticket["id"] == form["ticketid"]:
                rows = [{"replyid": str(n), "message": text, "admin": "robot"}
                        for n, text in enumerate([ticket["message"]] + ticket["replies"])]
                self.success(ticketid=ticket["id"], tid=ticket["tid"],
                             replies={"reply": rows[::-1]})
                return
        self.error("Ticket ID Not Found")

    def do_AddTicketReply(self, form, how):
        tickets = self.read("tickets.json")
        for ticket in tickets:
            if ticket["id"] == form["ticketid"] and form.get("adminusername") == "robot":
                ticket["replies"].append(form["message"])
                self.write("tickets.json", tickets)
                if how in ("lost", "blind"):
                    self.close_connection = True
                    return
                if how == "late":
                    self.reply(504, "gateway timeout")
                    return
                self.success()
                return
        self.error("Ticket ID Not Found")


standin.serve(Whmcs)

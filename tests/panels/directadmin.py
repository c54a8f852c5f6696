"""Stands in for DirectAdmin's CMD_API_POP: see stand_in.py."""
import base64
import urllib.parse

import stand_in

KEY = "KEYOFDIRECTADMIN"


class Directadmin(stand_in.Panel):
    @staticmethod
    def form(body):
        return dict(urllib.parse.parse_qsl(body, keep_blank_values=True))

    def is_change(self, path, body):
        return self.form(body).get("action") == "modify"

    def remember(self, path, body):
        if "passwd" in self.form(body):
            self.note_password(self.form(body)["passwd"])

    @staticmethod
    def says(error, text, details=""):
        return 200, "text/plain", urllib.parse.urlencode(
            {"error": error, "text": text, "details": details})

    def answer(self, path, body, mode):
        kind, _, login = (self.headers.get("Authorization") or "").partition(" ")
        user, _, key = base64.b64decode(login).decode().partition(":")
        form = self.form(body)
        if kind != "Basic" or user.split("|")[0] != "admin" or key != KEY:
            return 401, "text/html", "<html>Login</html>"
        if mode == "forbidden":
            return 403, "text/plain", "error=1&text=Access+denied&details=for+this+key"
        if mode == "refuse":
            return self.says(1, "Cannot change it", "Password is not strong enough")
        if path != "/CMD_API_POP" or form.get("domain") != "shop.test" or user != "admin|shopuser":
            return self.says(1, "Cannot view it", "Domain does not belong to you")
        if form.get("action") == "full_list":
            return 200, "text/plain", urllib.parse.urlencode(
                {name.split("@")[0]: urllib.parse.urlencode(
                    {"quota": box["quota"], "usage": "1.5", "suspended": "no"})
                 for name, box in self.table.boxes.items()})
        name = form.get("user", "") + "@" + form["domain"]
        if form.get("action") != "modify" or name not in self.table.boxes or \
                form.get("newuser") != form["user"] or form["passwd"] != form["passwd2"]:
            return self.says(1, "Cannot change it", "Wrong fields")
        if mode == "good":
            self.table.set_password(name, form["passwd"])
        return self.says(0, "Account changed")


stand_in.main(Directadmin)

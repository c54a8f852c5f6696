"""Stands in for cPanel and WHM: see stand_in.py. What it adds to the modes: outer (WHM fails around
a UAPI that did not), envelope (the UAPI's answer in WHM's with its envelope)."""
import json
import urllib.parse

import stand_in

TOKEN = "whm root:TOKENOFWHM"
OWNERS = {"shop.test": "shopuser"}


def uapi(data=None, errors=None):
    return {"data": data, "errors": errors, "messages": None, "metadata": {},
            "status": 0 if errors else 1, "warnings": None}


class Cpanel(stand_in.Panel):
    CHANGES = {"passwd_pop": None, "suspend_outgoing": ("suspended_outgoing", 1),
               "unsuspend_outgoing": ("suspended_outgoing", 0),
               "suspend_login": ("suspended_login", 1),
               "unsuspend_login": ("suspended_login", 0),
               "hold_outgoing": ("hold_outgoing", 1), "release_outgoing": ("hold_outgoing", 0),
               "terminate_mailbox_sessions": None}

    @staticmethod
    def question(path, body):
        """account, module, function, arguments"""
        if path == "/stand-in/uapi":
            q = json.loads(body)
            return q["user"], q["module"], q["function"], q["arguments"]
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        return (form.pop("cpanel.user", None), form.pop("cpanel.module", None),
                form.pop("cpanel.function", None), form)

    def is_change(self, path, body):
        return self.question(path, body)[2] in self.CHANGES

    def remember(self, path, body):
        password = self.question(path, body)[3].get("password")
        if password is not None:
            self.note_password(password)

    def run(self, account, module, function, arguments, does):
        boxes = self.table.boxes
        name = arguments.get("email", "")
        if "@" not in name:
            name += "@" + arguments.get("domain", "main.test")
        if account != "shopuser":
            return uapi(errors=["The account does not exist."])
        if (module, function) == ("Email", "list_pops_with_disk"):
            rows = [{"email": n, "user": n.split("@")[0], "domain": n.split("@")[1], "mtime": 1,
                     **{k: b[k] for k in ("suspended_outgoing", "suspended_login",
                                          "hold_outgoing")}} for n, b in boxes.items()
                    if n.endswith("@" + arguments.get("domain", ""))]
            if arguments.get("get_restrictions") != "1":
                for row in rows:
                    del row["hold_outgoing"]
            return uapi(rows)
        if (module, function) == ("PasswdStrength", "get_required_strength"):
            return uapi({"strength": 65})
        if (module, function) == ("Email", "terminate_mailbox_sessions"):
            return uapi()
        if module != "Email" or name not in boxes:
            return uapi(errors=["You do not have an email account named “%s”." % name])
        if function == "verify_password":
            return uapi(1 if self.table.verify(name, arguments["password"]) else 0)
        if function == "passwd_pop":
            if len(arguments["password"]) < 10:
                return uapi(errors=["The password is too weak."])
            if does:
                self.table.set_password(name, arguments["password"])
            return uapi()
        if function in self.CHANGES:
            key, value = self.CHANGES[function]
            if does:
                boxes[name][key] = value
            return uapi()
        return uapi(errors=["There is no function “%s”." % function])

    def answer(self, path, body, mode):
        is_local = path == "/stand-in/uapi"
        if not is_local and (self.headers.get("Authorization") != TOKEN or mode == "forbidden"):
            return 403, "application/json", json.dumps(
                {"cpanelresult": {"apiversion": "2", "error": "Access denied", "data": {
                    "reason": "Access denied", "result": "0"}, "type": "text"}})
        account, module, function, arguments = self.question(path, body)
        ok = {"command": path.split("/")[-1], "reason": "OK", "result": 1, "version": 1}
        if path == "/json-api/domainuserdata":
            owner = OWNERS.get(arguments.get("domain"))
            if owner is None:
                ok.update(result=0, reason="Unable to find the owner of the domain.")
                return 200, "application/json", json.dumps({"metadata": ok})
            return 200, "application/json", json.dumps(
                {"data": {"userdata": {"user": owner, "owner": "root"}}, "metadata": ok})
        reply = (uapi(errors=["It cannot be done today."]) if mode == "refuse" or
                 (is_local and mode == "forbidden") else
                 self.run(account, module, function, arguments,
                          mode in ("good", "envelope")))
        envelope = {"apiversion": 3, "func": function, "module": module, "result": reply}
        if is_local:
            return 200, "application/json", json.dumps(envelope)
        if mode == "outer":
            ok.update(result=0, reason="The outer one failed.")
        if path != "/json-api/uapi_cpanel":
            ok.update(result=0, reason="Unknown app requested")
        return 200, "application/json", json.dumps(
            {"data": {"uapi": envelope if mode == "envelope" else reply}, "metadata": ok})


stand_in.main(Cpanel)

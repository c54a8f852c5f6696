"""Stands in for Plesk's XML API: see stand_in.py. What it adds to the modes: replaces (update/set
clears what is not named in it)."""
import xml.etree.ElementTree
from xml.sax.saxutils import escape

import stand_in

KEY = "key-of-plesk"


def packet(inner):
    return 200, "text/xml", '<?xml version="1.0" encoding="UTF-8"?>\n<packet version="1.6.9.1">' \
        "%s</packet>\n" % inner


def error(code, text):
    return "<result><status>error</status><errcode>%d</errcode><errtext>%s</errtext></result>" % (
        code, escape(text))


class Plesk(stand_in.Panel):
    def is_change(self, path, body):
        return "<set>" in body

    def remember(self, path, body):
        value = xml.etree.ElementTree.fromstring(body).find(".//password/value")
        if value is not None:
            self.note_password(value.text)

    def site(self, root):
        name = root.findtext("./site/get/filter/name")
        if name != "shop.test":
            return packet("<site><get>%s</get></site>" % error(1013, "Site does not exist"))
        return packet("<site><get><result><status>ok</status><filter-id>%s</filter-id><id>17</id>"
                      "<data><gen_info><name>%s</name></gen_info></data></result></get></site>" %
                      (name, name))

    def info(self, root):
        box = self.table.boxes.get((root.findtext(".//filter/name") or "") + "@shop.test")
        if box is None or root.findtext(".//site-id") != "17":
            return packet("<mail><get_info>%s</get_info></mail>" %
                          error(1013, "Mail name does not exist"))
        forward = "<forwarding><enabled>%s</enabled></forwarding>" % (
            "true" if box["forward"] else "false")
        return packet("<mail><get_info><result><status>ok</status><mailname><id>7</id><name>%s"
                      "</name><mailbox><enabled>true</enabled><quota>%s</quota></mailbox>%s"
                      "</mailname></result></get_info></mail>" %
                      (root.findtext(".//filter/name"), box["quota"], forward))

    def change(self, root, mode):
        name = (root.findtext(".//mailname/name") or "") + "@shop.test"
        if name not in self.table.boxes or root.findtext(".//site-id") != "17":
            return packet("<mail><update><set>%s</set></update></mail>" %
                          error(1013, "Mail name does not exist"))
        if mode in ("good", "replaces"):
            self.table.set_password(name, root.findtext(".//password/value"))
        if mode == "replaces":
            self.table.boxes[name]["forward"] = ""
        return packet("<mail><update><set><result><status>ok</status><mailname><id>7</id>"
                      "</mailname></result></set></update></mail>")

    def answer(self, path, body, mode):
        if self.headers.get("KEY") != KEY or path != "/enterprise/control/agent.php":
            return packet("<system><status>error</status><errcode>1001</errcode><errtext>User "
                          "account password is incorrect.</errtext></system>")
        if mode == "forbidden":
            return 403, "text/html", "<html>Forbidden</html>"
        if mode == "refuse":
            return packet("<mail><update><set>%s</set></update></mail>" %
                          error(1019, "The password is <too> weak & short"))
        root = xml.etree.ElementTree.fromstring(body)
        if root.find("./site/get") is not None:
            return self.site(root)
        if root.find("./mail/get_info") is not None:
            return self.info(root)
        return self.change(root, mode)


stand_in.main(Plesk)

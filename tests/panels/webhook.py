#!/usr/bin/python3
"""webhook.py FOLDER: takes what webhooks post; FOLDER/posts: a JSON line for each, with whether its
signature is right for the key "hook-key"."""
import hashlib
import hmac
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import standin  # pylint: disable=wrong-import-position


class Webhook(standin.Handler):
    def answer(self, how, body):
        stamp = self.headers.get("X-Stanch-Timestamp", "")
        right = "sha256=" + hmac.new(b"hook-key", stamp.encode() + b"." + body,
                                     hashlib.sha256).hexdigest()
        is_right = hmac.compare_digest(right, self.headers.get("X-Stanch-Signature", ""))
        with open(os.path.join(self.folder, "posts"), "a", encoding="utf-8") as file:
            file.write(json.dumps({"signed": is_right, "body": json.loads(body)}) + "\n")
        self.reply(403 if how == "denied" else 200, "ok")


standin.serve(Webhook)

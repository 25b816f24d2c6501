"""A visitor of Odoo's own live chat, to measure beside."""

import http.client
import json
import re


class Visitor:
    """A visitor of Odoo's live chat who talks to its chatbot as the page does."""

    def __init__(self, port, channel, script):
        self.link = http.client.HTTPConnection("127.0.0.1", port)
        self.cookies = {}
        data = self.rpc(
            "/im_livechat/get_session",
            channel_id=channel,
            chatbot_script_id=script,
            previous_operator_id=None,
            persisted=True,
        )
        self.script = script
        self.thread = data["channel_id"]
        # The guest's identity travels in a cookie, as in the page.
        store = data.get("store_data", {})
        token = re.search(r'"guest_token": ?"([^"]+)"', json.dumps(store))
        if token:
            self.cookies["dgid"] = token[1]
        self.turns = 0
        self.rpc(
            "/chatbot/step/trigger", channel_id=self.thread, chatbot_script_id=script
        )

    def turn(self):
        """Answer the bot's question and have the next step taken."""
        self.rpc(
            "/mail/message/post",
            thread_model="discuss.channel",
            thread_id=self.thread,
            post_data={
                "body": "An answer",
                "message_type": "comment",
                "subtype_xmlid": "mail.mt_comment",
            },
        )
        self.turns += 1
        if self.turns % 3 == 0:
            self.rpc(
                "/chatbot/restart",
                channel_id=self.thread,
                chatbot_script_id=self.script,
            )
        self.rpc(
            "/chatbot/step/trigger",
            channel_id=self.thread,
            chatbot_script_id=self.script,
        )

    def rpc(self, path, **params):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.link.request(
            "POST",
            path,
            json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            {"Content-Type": "application/json", "Cookie": cookies},
        )
        answer = self.link.getresponse()
        for header, value in answer.getheaders():
            if header.lower() == "set-cookie":
                name, _, content = value.partition(";")[0].partition("=")
                self.cookies[name] = content
        data = json.loads(answer.read())
        if "error" in data:
            raise RuntimeError(data["error"]["data"].get("debug", data["error"]))
        return data.get("result")

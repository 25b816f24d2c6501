"""People who use Odoo: each logs in and does what the web client does for them.

Demo and tests on real servers act through these, never as the superuser, so that a
right that nobody but the superuser has cannot hide. Odoo's server must be running.
"""

import json
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, Request, build_opener

from patience import PATIENCE


class Refused(Exception):
    """Odoo has refused what somebody tried to do; the message is what they read."""


class Person:
    """Somebody who is logged in.

    :param str url: of Odoo
    :param str database: whose user it is
    :param str login: in demo and tests it is the password too
    """

    def __init__(self, url, database, login):
        self._url = url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.context = {}
        session = self._post(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": login},
        )
        self.context = session["user_context"]

    def _post(self, route, params):
        request = Request(
            self._url + route,
            json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            {"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=PATIENCE) as answer:
            data = json.load(answer)
        if "error" in data:
            raise Refused(data["error"]["data"]["message"])
        # What returns nothing has no result.
        return data.get("result")

    def call(self, model, method, *args, context=None, **kwargs):
        """Call a public method of a model as the web client does.

        :raises Refused: with what Odoo says
        """
        kwargs["context"] = {**self.context, **(context or {})}
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def press(self, model, method, record_id):
        """Press a button of a form."""
        return self._post(
            f"/web/dataset/call_button/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": [[record_id]],
                "kwargs": {"context": self.context},
            },
        )

    def create(self, model, vals, **context):
        """Save a new record; return its id."""
        return self.call(model, "create", [vals], context=context)[0]

    def write(self, model, record_id, vals):
        """Save changes of a record."""
        self.call(model, "write", [record_id], vals)

    def search(self, model, domain, **context):
        """Return the ids of the records that fit."""
        return self.call(model, "search", domain, context=context)

    def read(self, model, record_id, field):
        """Return one value of a record."""
        return self.call(model, "read", [record_id], [field])[0][field]

    def ref(self, xmlid):
        """Return the id behind an external identifier."""
        return self.call(
            "ir.model.data", "check_object_reference", *xmlid.split(".", 1)
        )[1]


def set_addresses(administrator, odoo_url):
    """Say where Odoo is, and that a stand-in on this very computer may be called."""
    for key, value in (
        ("web.base.url.freeze", "True"),
        ("web.base.url", odoo_url),
        ("helpcrunch_chatbot.allow_private_api", "True"),
    ):
        administrator.call("ir.config_parameter", "set_param", key, value)


def connect(administrator, manager, account_id, standin_url):
    """Connect a messenger with the stand-in.

    Odoo's administrator says where HelpCrunch is; the manager gives the keys and
    presses *Connect* twice, with the bot's agent chosen in between.

    :raises Refused: if it does not get connected
    """
    administrator.write(
        "helpcrunch.account", account_id, {"api_url": f"{standin_url}/v1"}
    )
    manager.write(
        "helpcrunch.account",
        account_id,
        {"api_key": "test-api-key", "webhook_secret": "test-signing-key"},
    )
    manager.press("helpcrunch.account", "action_connect", account_id)
    agents = manager.search(
        "helpcrunch.agent",
        [("account_id", "=", account_id), ("external_id", "=", "301")],
    )
    manager.write("helpcrunch.account", account_id, {"bot_agent_id": agents[0]})
    manager.press("helpcrunch.account", "action_connect", account_id)
    if manager.read("helpcrunch.account", account_id, "state") != "connected":
        raise Refused(manager.read("helpcrunch.account", account_id, "error"))


def go_live(manager, bot_id):
    """Switch a bot on."""
    manager.press("helpcrunch.bot", "action_go_live", bot_id)


def add_user(administrator, login, *groups, **vals):
    """Add a user whose password is the login, and who is called like it; return the id.

    :param groups: external identifiers
    """
    return administrator.create(
        "res.users",
        {
            "name": login.capitalize(),
            "login": login,
            "password": login,
            "tz": "Europe/Kyiv",
            "group_ids": [(4, administrator.ref(group)) for group in groups],
            **vals,
        },
        no_reset_password=True,
    )


def add_language(administrator, code):
    """Install a language, or bring its terms up to date."""
    langs = administrator.search("res.lang", [("code", "=", code)], active_test=False)
    wizard = administrator.create(
        "base.language.install", {"lang_ids": [(6, 0, langs)], "overwrite": True}
    )
    administrator.press("base.language.install", "lang_install", wizard)

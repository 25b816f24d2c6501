"""Wire the demo: make its Odoo and its stand-in HelpCrunch know each other.

``bin/demo`` pipes this file into ``bin/odoo shell`` at each of its starts, while the
stand-in is running and Odoo's web server is not yet. Ports may differ from those of
the last start. What belongs here: the HelpCrunch account of the demo database, with
the addresses from DEMO_STANDIN_URL (the stand-in) and DEMO_ODOO_URL (this Odoo, for
the webhooks), connected; everything so that a second run changes nothing. ``env`` is
Odoo's environment of the superuser; commit at the end.
"""

import json
import os
from urllib.request import Request, urlopen

STANDIN_URL = os.environ["DEMO_STANDIN_URL"]
ODOO_URL = os.environ["DEMO_ODOO_URL"]


def tell_standin(verb, **arguments):
    """Do by HTTP what an administrator clicks on HelpCrunch's settings page."""
    request = Request(
        f"{STANDIN_URL}/_test/{verb}",
        json.dumps(arguments).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


env = env(context={**env.context, "lang": "en_US"})  # noqa: F821
parameters = env["ir.config_parameter"]
parameters.set_param("web.base.url", ODOO_URL)
parameters.set_param("web.base.url.freeze", "True")
# The stand-in runs on this very computer.
parameters.set_param("helpcrunch_chatbot.allow_private_api", "True")

bot = env["helpcrunch.bot"].search([], limit=1, order="id")
account = bot.account_id or env["helpcrunch.account"].create({})
account.write(
    {
        "api_url": f"{STANDIN_URL}/v1",
        "api_key": "test-api-key",
        "webhook_secret": "test-signing-key",
    }
)
account.action_connect()
account.bot_agent_id = account.agent_ids.filtered(lambda agent: agent.name == "Bot")
account.action_connect()
if account.state != "connected":
    raise SystemExit(f"not connected: {account.error}")

# A Ukrainian shop: local phone numbers are read as Ukrainian ones.
account.company_id.country_id = env.ref("base.ua")
bot.tz = "Europe/Kyiv"

# Somebody to be merged with: give this number to the example bot.
known = [("phone_sanitized", "=", "+380671234567")]
if not env["res.partner"].search_count(known):
    env["res.partner"].create(
        {
            "name": "Оксана Гончар",
            "phone": "067 123-45-67",
            "city": "Львів",
            "country_id": env.ref("base.ua").id,
        }
    )

ukrainian = env["res.lang"]._lang_get("uk_UA")
if ukrainian:
    bot.language_id = ukrainian

tell_standin("clear_webhooks")
tell_standin("add_webhook", url=account.webhook_url)
env.cr.commit()

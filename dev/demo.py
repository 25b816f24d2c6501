"""Set the demo up: make its Odoo and its stand-in HelpCrunch know each other.

``bin/demo`` runs this at each of its starts, while both are running. Ports may differ
from those of the last start, so addresses are written again; a second run changes
nothing else. People do it, through their own log-ins: Odoo's administrator adds users
and says where HelpCrunch is, a manager of the addon connects and draws. Addresses come
from DEMO_STANDIN_URL (the stand-in), DEMO_ODOO_URL and DEMO_DATABASE.
"""

import base64
import json
import os
from pathlib import Path
from urllib.request import Request, urlopen

from demo_sale import add_catalogue
from demo_survey import add_survey
from people import Person, Refused, add_user, connect, go_live, set_addresses

STANDIN_URL = os.environ["DEMO_STANDIN_URL"]
ODOO_URL = os.environ["DEMO_ODOO_URL"]
DATABASE = os.environ["DEMO_DATABASE"]
# A Ukrainian shop, and somebody to be merged with: give this number to the example bot.
CUSTOMER = {"name": "Оксана Гончар", "phone": "067 123-45-67", "city": "Львів"}
SHOP = Path(__file__).with_name("shop.json")
# Who answers when the bot cannot: two, so that a dialogue can be handed over.
OPERATORS = {"operator": "Олена Коваль", "colleague": "Петро Шевчук"}


def tell_standin(verb, **arguments):
    """Do by HTTP what an administrator clicks on HelpCrunch's settings page."""
    request = Request(
        f"{STANDIN_URL}/_test/{verb}",
        json.dumps(arguments).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


def set_up(administrator):
    """Do what only Odoo's administrator may: addresses, company, users.

    :return: whether it is the first time
    """
    set_addresses(administrator, ODOO_URL)
    company = administrator.search("res.company", [])[0]
    ukraine = administrator.ref("base.ua")
    administrator.write("res.company", company, {"country_id": ukraine})
    is_first = not administrator.search("res.users", [("login", "=", "manager")])
    if is_first:
        add_user(administrator, "manager", "helpcrunch_chatbot.group_manager")
        administrator.create("res.partner", {**CUSTOMER, "country_id": ukraine})
    for login, name in OPERATORS.items():
        # A demo that was kept may be older than one of them.
        if not administrator.search("res.users", [("login", "=", login)]):
            add_user(
                administrator,
                login,
                "helpcrunch_chatbot.group_operator",
                "sales_team.group_sale_salesman",
                name=name,
                lang="uk_UA",
            )
    return is_first


def staff_queue(manager):
    """Let the demo's operators, and nobody else, have who calls for a person."""
    operators = [
        manager.search("res.users", [("login", "=", login)])[0] for login in OPERATORS
    ]
    for queue in manager.search("helpcrunch.operator.queue", []):
        staff = [("queue_id", "=", queue), ("user_id", "in", operators)]
        if len(manager.search("helpcrunch.operator", staff)) < len(operators):
            rows = [(0, 0, {"user_id": operator}) for operator in operators]
            manager.write(
                "helpcrunch.operator.queue",
                queue,
                {
                    "operator_ids": [(5,), *rows],
                    # Whoever tries it logs in as one of them, and gets who waits.
                    "only_online": True,
                    "operator_silence_minutes": 10,
                },
            )


def open_shop(manager):
    """Let the manager import the bot of a shop, with what its operators answer often.

    :return: the bot, which is there once
    """
    content = base64.b64encode(SHOP.read_bytes()).decode()
    name = json.loads(SHOP.read_text())["bot"]["name"]
    found = manager.search("helpcrunch.bot", [("name", "=", name)])
    if found:
        return found[0]
    wizard = manager.create("helpcrunch.bot.import", {"content": content})
    bot_id = manager.press("helpcrunch.bot.import", "action_import", wizard)["res_id"]
    for tag in ("Доставка", "Повернення"):
        manager.create("crm.tag", {"name": tag})
    delivery = manager.search("crm.tag", [("name", "=", "Доставка")])
    group = manager.ref("helpcrunch_chatbot.group_operator")
    for answer in (
        {
            "source": "доставка",
            "substitution": "Доставляємо Новою поштою за один-три дні.",
            "helpcrunch_tag_ids": [(6, 0, delivery)],
        },
        {
            "source": "бувайте",
            "substitution": "Дякуємо, що звернулися. Гарного дня!",
            "helpcrunch_after": "close",
        },
    ):
        manager.create("mail.canned.response", {**answer, "group_ids": [(4, group)]})
    return bot_id


def main():
    """Set up, connect, draw, and let the webhooks come."""
    administrator = Person(ODOO_URL, DATABASE, "admin")
    is_first = set_up(administrator)
    manager = Person(ODOO_URL, DATABASE, "manager")
    account_id = manager.search("helpcrunch.account", [], active_test=False)[0]
    connect(administrator, manager, account_id, STANDIN_URL)
    bot_id = open_shop(manager)
    add_survey(administrator, manager, bot_id)
    add_catalogue(administrator, manager, bot_id)
    staff_queue(manager)
    if is_first:
        go_live(manager, bot_id)
    tell_standin("clear_webhooks")
    tell_standin(
        "add_webhook",
        url=manager.read("helpcrunch.account", account_id, "webhook_url"),
    )


if __name__ == "__main__":
    try:
        main()
    except Refused as refusal:
        raise SystemExit(f"Odoo refused: {refusal}") from None

"""The demo's catalogue: what the shop sells, ordered from its bot."""

# What leads there: a word, and a line of the menu.
CATALOGUE_WORD = "Каталог"
CATALOGUE_LINE = "Замовити з каталогу"
# In hryvnias, and about how many of them are one of the company's.
HRYVNIAS = 40
SHELVES = {
    "Світло": {
        "Торшер «Вечір»": 1350,
        "Настільна лампа «Сова»": 890,
        "Гірлянда тепла, 5 м": 420,
    },
    "Меблі": {
        "Диван «Затишок»": 12900,
        "Крісло «Бабусине»": 5400,
        "Стілець дубовий": 3200,
        "Стіл кавовий": 5600,
        "Полиця для книжок": 2100,
    },
}


def add_catalogue(administrator, manager, bot_id):
    """Let customers of the bot order, if there is a flow that sells.

    Odoo's administrator fills the shelves and makes a pricelist in hryvnias, whatever
    the company's currency is; the manager draws the step. Once: what people have done
    to it since stays.
    """
    flows = manager.call("helpcrunch.step", "fields_get", ["flow"])["flow"]
    mine = [("bot_id", "=", bot_id)]
    known = manager.search("helpcrunch.step", [*mine, ("code", "=", "catalogue")])
    if known or "sale" not in dict(flows["selection"]):
        return
    category = fill_shelves(administrator)
    menu = manager.search("helpcrunch.step", [*mine, ("code", "=", "menu")])[0]
    catalogue = manager.create(
        "helpcrunch.step",
        {
            "bot_id": bot_id,
            "name": "Каталог",
            "code": "catalogue",
            "sequence": 200,
            "step_type": "text",
            "message": "Наш каталог. Замовляйте просто тут, у чаті.",
            "flow": "sale",
            "sale_category_id": category,
            "sale_page_size": 4,
            "sale_state": "sent",
            "sale_confirm_message": "Дякуємо! Менеджер зателефонує вам сьогодні.",
            "next_step_id": menu,
            "alias_ids": [(0, 0, {"name": CATALOGUE_WORD})],
        },
    )
    manager.create(
        "helpcrunch.step.answer",
        {
            "step_id": menu,
            "name": CATALOGUE_LINE,
            "target_step_id": catalogue,
            "sequence": 90,
        },
    )


def fill_shelves(administrator):
    """Make the products of the shop and their prices; return their category."""
    known = [("name", "=", "UAH")]
    hryvnia = administrator.search("res.currency", known, active_test=False)[0]
    administrator.write("res.currency", hryvnia, {"active": True})
    settings = administrator.create(
        "res.config.settings", {"group_product_pricelist": True}
    )
    administrator.call("res.config.settings", "execute", [settings])
    shop = administrator.create("product.category", {"name": "Магазин"})
    prices = []
    for shelf, products in SHELVES.items():
        category = administrator.create(
            "product.category", {"name": shelf, "parent_id": shop}
        )
        for name, price in products.items():
            product = administrator.create(
                "product.template",
                {
                    "name": name,
                    "list_price": price / HRYVNIAS,
                    "categ_id": category,
                    "taxes_id": [(5,)],
                },
            )
            prices.append(
                {
                    "applied_on": "1_product",
                    "product_tmpl_id": product,
                    "compute_price": "fixed",
                    "fixed_price": price,
                }
            )
    administrator.create(
        "product.pricelist",
        {
            "name": "Роздріб",
            "currency_id": hryvnia,
            # The first one is everybody's.
            "sequence": 1,
            "item_ids": [(0, 0, vals) for vals in prices],
        },
    )
    return shop

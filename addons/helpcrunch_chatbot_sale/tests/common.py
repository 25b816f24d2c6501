"""A small shop with tea and chairs, and a step that sells them."""

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.helpcrunch_chatbot.tests.common import CUSTOMER
from odoo.addons.helpcrunch_chatbot.tests.common_operators import OperatorCase


class SaleCase(OperatorCase):
    """ "Catalogue" sells three teas and two chairs, two on a page; "Thank you" follows.

    The shop is kept by ``shopkeeper``, who sells and has no role of the app.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shopkeeper = new_test_user(
            cls.env,
            "shopkeeper",
            "sales_team.group_sale_manager,product.group_product_manager",
            name="Shopkeeper",
        )
        cls.tea = cls.keep("product.category").create({"name": "Tea"})
        cls.green_leaves = cls.keep("product.category").create(
            {"name": "Green leaves", "parent_id": cls.tea.id}
        )
        cls.black = cls.product("Black tea", 10)
        cls.green = cls.product("Green tea", 20, categ_id=cls.green_leaves.id)
        cls.herbs = cls.product("Herb tea", 30)
        cls.chair, cls.stool = (
            cls.product(name, price, categ_id=False)
            for name, price in (("Oak chair", 200), ("Oak stool", 100))
        )
        cls.catalogue = cls.sells(
            "Catalogue",
            sale_category_id=cls.tea,
            sale_product_ids=[Command.set((cls.chair | cls.stool).ids)],
        )

    @classmethod
    def keep(cls, model):
        """Return a model as the shopkeeper has it."""
        return cls.env[model].with_user(cls.shopkeeper)

    @classmethod
    def product(cls, name, price, **vals):
        """Put something on the shelf; it costs no tax if nothing else is said."""
        return cls.keep("product.product").create(
            {
                "name": name,
                "list_price": price,
                "categ_id": cls.tea.id,
                "taxes_id": [Command.clear()],
                **vals,
            }
        )

    @classmethod
    def sells(cls, name, **vals):
        """Draw a step that sells."""
        return cls.step(
            name,
            alias=name.lower(),
            **{
                "flow": "sale",
                "sale_page_size": 2,
                "next_step_id": cls.thanks,
                **vals,
            },
        )

    # === TALKING === #

    def says(self, *args, **kwargs):
        """Return what the customer reads, with plain spaces in amounts."""
        return [text.replace("\xa0", " ") for text in super().says(*args, **kwargs)]

    def says_each(self, *texts, **kwargs):
        """Let a customer write one text after the other; return the last answer."""
        for text in texts:
            said = self.says(text, **kwargs)
        return said

    def begin(self, **kwargs):
        """Let a customer come to the catalogue; return what is read there."""
        self.says("Hi", **kwargs)
        return self.says("catalogue", **kwargs)

    def fill(self, *lines, **kwargs):
        """Let a customer come and put products in the cart, by name and quantity."""
        self.begin(**kwargs)
        for name, quantity in lines:
            said = self.says_each(name, "1", quantity, **kwargs)
        return said

    # === LOOKING === #

    def cart(self, customer=CUSTOMER):
        return self.env["helpcrunch.cart"].search(
            [("chat_id", "=", self.chat(customer).id)]
        )

    def lines(self, customer=CUSTOMER):
        """Return ``{product: quantity}`` of the cart."""
        return {line.product_id: line.quantity for line in self.cart(customer).line_ids}

    def sale_orders(self, customer=CUSTOMER):
        """Return the orders of the customer's newest dialogue."""
        return self.env["sale.order"].search(
            [("helpcrunch_chat_id", "=", self.chat(customer).id)], order="id"
        )

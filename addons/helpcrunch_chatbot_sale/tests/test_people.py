from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from odoo.addons.helpcrunch_chatbot.tests.common_operators import OPERATOR_GROUP

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestSalePeople(SaleCase):
    """Who sees an order is Odoo's rule, who sees a cart is the dialogue's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_outsiders()
        cls.seller = new_test_user(
            cls.env, "seller", f"{OPERATOR_GROUP},sales_team.group_sale_salesman"
        )
        cls.boss = new_test_user(
            cls.env,
            "boss",
            "helpcrunch_chatbot.group_manager,sales_team.group_sale_manager",
        )
        cls.add_operator(cls.seller)
        other = cls.env["res.company"].create({"name": "Other"})
        cls.stranger = cls._create_manager(other)
        cls.stranger.group_ids |= cls.env.ref("sales_team.group_sale_manager")

    def setUp(self):
        super().setUp()
        self.fill(("black", "2"))
        self.says_each("cart", "yes", "catalogue", "green", "1", "3")
        self.order = self.sale_orders()

    def test_counts_are_by_odoos_own_rules(self):
        for user, count in (
            (self.boss, 1),
            # Odoo shows nobody's orders to every salesperson.
            (self.seller, 1),
            # No role in Sales, no orders.
            (self.olena, 0),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self.bot.with_user(user).sale_order_count, count)
        self.assertEqual(self.chat().with_user(self.boss).sale_order_count, 1)
        self.order.with_user(self.boss).user_id = self.boss
        seller_bot = self.bot.with_user(self.seller)
        seller_bot.invalidate_recordset()
        self.assertEqual(seller_bot.sale_order_count, 0)
        self.order.with_user(self.boss).user_id = self.seller
        seller_bot.invalidate_recordset()
        self.assertEqual(seller_bot.sale_order_count, 1)

    def test_buttons_lead_to_what_one_may_see(self):
        for record in (self.chat(), self.bot):
            action = record.with_user(self.boss).action_view_sale_orders()
            self.assertEqual(
                self.env["sale.order"].with_user(self.boss).search(action["domain"]),
                self.order,
            )
            with self.assertRaises(AccessError):
                self.env["sale.order"].with_user(self.olena).search(action["domain"])
        with self.assertRaises(AccessError):
            self.chat().with_user(self.stranger).action_view_sale_orders()

    def test_the_forms_of_everybody(self):
        self.seller.with_user(self.administrator).active = False
        self.says("operator")
        for user, has_button in ((self.boss, True), (self.olena, False)):
            for record in (self.bot, self.chat()):
                with self.subTest(user=user.login, model=record._name):
                    form = Form(record.with_user(user))
                    buttons = form._view["tree"].xpath(
                        "//button[@name='action_view_sale_orders']"
                    )
                    self.assertEqual(bool(buttons), has_button)
        Form(self.order.with_user(self.boss))
        Form(self.order.with_user(self.sales_manager))

    def test_from_the_order_to_the_dialogue(self):
        action = self.order.with_user(self.boss).action_open_helpcrunch_chat()
        self.assertEqual(action["res_id"], self.chat().id)
        with self.assertRaises(AccessError):
            self.order.with_user(self.sales_manager).action_open_helpcrunch_chat()
        with self.assertRaises(AccessError):
            self.order.with_user(self.sales_manager).read(["helpcrunch_chat_id"])

    def test_nobody_links_an_order_by_hand(self):
        for name, value in (
            ("helpcrunch_chat_id", self.chat().id),
            ("helpcrunch_bot_id", False),
            ("helpcrunch_turn", 1),
        ):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self.order.with_user(self.boss).write({name: value})

    def test_a_copied_order_is_nobodys(self):
        copied = self.order.with_user(self.boss).copy()
        self.assertFalse(copied.helpcrunch_chat_id)
        self.assertFalse(copied.helpcrunch_turn)

    def test_carts(self):
        lines = self.env["helpcrunch.cart.line"]
        self.assertEqual(lines.with_user(self.manager).search([]).quantity, 3)
        self.assertEqual(self.chat().with_user(self.manager).cart_line_ids.quantity, 3)
        self.assertFalse(lines.with_user(self.stranger).search([]))
        self.assertFalse(lines.with_user(self.olena).search([]))
        for user in (self.clerk, self.portal, self.sales_manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                lines.with_user(user).search([])
        self.says("operator")
        own = self.chat().user_id
        other = self.olena if own == self.seller else self.seller
        self.assertEqual(lines.with_user(own).search([]).quantity, 3)
        self.assertEqual(
            self.env["helpcrunch.cart"].with_user(own).search([]), self.cart()
        )
        self.assertFalse(lines.with_user(other).search([]))

    def test_nobody_writes_a_cart(self):
        for user in (self.boss, self.manager, self.seller):
            for record in (self.cart(), self.cart().line_ids):
                with self.subTest(user=user.login, model=record._name):
                    self.assertFalse(record.with_user(user).has_access("write"))
                    self.assertFalse(record.with_user(user).has_access("unlink"))

    def test_a_manager_without_sales_draws(self):
        with Form(self.catalogue.with_user(self.manager)) as form:
            form.sale_page_size = 4
            form.sale_category_id = self.green_leaves
        self.assertEqual(self.catalogue.sale_page_size, 4)
        self.assertEqual(
            self.bot.with_user(self.manager).get_problems(),
            self.bot.with_user(self.boss).get_problems(),
        )


@tagged("post_install", "-at_install")
class TestOrderLink(SaleCase, HttpCase):
    def test_it_opens_without_a_log_in(self):
        self.fill(("black", "2"))
        said = self.says_each("cart", "yes")
        order = self.sale_orders()
        link = said[0].split("You see it here: ")[1]
        path = link.removeprefix(order.get_base_url())
        page = self.url_open(path)
        self.assertEqual(page.status_code, 200)
        self.assertIn(order.name, page.text)
        self.assertIn("Black tea", page.text)
        # Nobody was logged in by it, and the order alone can be seen.
        for other in ("/my/orders", path.partition("?")[0]):
            page = self.url_open(other)
            self.assertNotIn(order.name, page.text)

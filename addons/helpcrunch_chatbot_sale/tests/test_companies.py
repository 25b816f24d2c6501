from odoo.fields import Command
from odoo.tests import tagged

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestSaleCompanies(SaleCase):
    """A messenger sells for its own company, whatever else there is."""

    def test_another_companys_shop(self):
        hryvnia = self.env.ref("base.UAH").with_user(self.administrator)
        hryvnia.active = True
        company = self.env["res.company"].create(
            {"name": "Other", "currency_id": hryvnia.id}
        )
        (self.shopkeeper | self.administrator).company_ids |= company
        theirs = self.product("Their tea", 70, company_id=company.id)
        account = self._create_account(company_id=company.id)
        manager = self.env["res.users"].search(
            [("login", "=", f"manager_of_{company.id}")]
        )
        bot = (
            account.with_user(manager)
            .env["helpcrunch.bot"]
            .create({"name": "Their shop", "account_id": account.id, "live": True})
        )
        shared = self.product("Shared tea", 50)
        bot.env["helpcrunch.step"].create(
            {
                "name": "Catalogue",
                "message": "Catalogue",
                "bot_id": bot.id,
                "step_type": "text",
                "flow": "sale",
                "sale_category_id": self.tea.id,
                "alias_ids": [Command.create({"name": "catalogue"})],
            }
        )
        # The webhooks are theirs from here on.
        self.account = account
        self.black.product_tmpl_id.with_user(
            self.shopkeeper
        ).company_id = self.bot.company_id
        listed = self.begin()[-1]
        self.assertIn("Their tea — 70.00 ₴", listed)
        self.assertIn("Shared tea — 50.00 ₴", listed)
        self.assertNotIn("Black tea", listed)
        self.says_each("their", "1", "2", "cart", "yes")
        order = self.sale_orders()
        self.assertEqual(order.company_id, company)
        self.assertEqual(order.currency_id, hryvnia)
        self.assertEqual(order.order_line.product_id, theirs)
        self.assertEqual(order.helpcrunch_bot_id, bot)
        # Nobody of the first company sees it, nor the cart that comes after it.
        self.says_each("catalogue", "shared", "1", "1")
        self.assertEqual(self.lines(), {shared: 1})
        for model in ("sale.order", "helpcrunch.cart", "helpcrunch.cart.line"):
            with self.subTest(model=model):
                self.assertFalse(self.as_manager(model).search([]))
                self.assertTrue(self.env[model].with_user(manager).search([]))

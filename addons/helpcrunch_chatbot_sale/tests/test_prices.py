from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestPrices(SaleCase):
    """Every amount is Sale's: what is said is what stands on the order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env,
            "accountant",
            "account.group_account_manager,base.group_partner_manager",
        )
        cls.env["res.config.settings"].with_user(cls.administrator).create(
            {"group_product_pricelist": True}
        ).execute()

    def pricelist(self, **vals):
        return self.keep("product.pricelist").create({"name": "Friends", **vals})

    def give(self, pricelist):
        """Let the shopkeeper give the customer's contact a pricelist."""
        partner = self.partner().with_user(self.shopkeeper)
        partner.property_product_pricelist = pricelist

    def tax(self, amount, is_included):
        group = self.env["account.tax.group"].with_user(self.accountant)
        country = self.env.ref("base.ua")
        return (
            self.env["account.tax"]
            .with_user(self.accountant)
            .create(
                {
                    "name": f"{amount} %",
                    "amount": amount,
                    "type_tax_use": "sale",
                    "price_include_override": "tax_included"
                    if is_included
                    else "tax_excluded",
                    "country_id": country.id,
                    "tax_group_id": group.create(
                        {"name": "VAT", "country_id": country.id}
                    ).id,
                }
            )
        )

    def confirms(self):
        """Let the customer order what is in the cart; return the order."""
        self.says("cart")
        said = self.says("yes")
        order = self.sale_orders()
        self.assertEqual(len(order), 1)
        self.assertIn(f"{order.amount_total:.2f}", said[0])
        return order

    # === PRICELISTS === #

    def test_the_pricelist_of_the_contact(self):
        self.assertIn("1. Black tea — $ 10.00", self.begin()[1])
        half = self.pricelist(
            item_ids=[
                Command.create(
                    {
                        "compute_price": "percentage",
                        "percent_price": 50,
                        "applied_on": "3_global",
                    }
                )
            ]
        )
        self.give(half)
        self.assertIn("1. Black tea — $ 5.00", self.says("list")[0])
        self.says("1")
        self.assertIn("Black tea — 2 pcs × $ 5.00 = $ 10.00", self.says("2")[0])
        order = self.confirms()
        self.assertEqual(order.pricelist_id, half)
        self.assertEqual(order.amount_total, 10)

    def test_a_price_for_many(self):
        self.begin()
        self.give(
            self.pricelist(
                item_ids=[
                    Command.create(
                        {
                            "compute_price": "fixed",
                            "fixed_price": 8,
                            "min_quantity": 10,
                            "applied_on": "0_product_variant",
                            "product_id": self.black.id,
                        }
                    )
                ]
            )
        )
        self.assertIn("Black tea — $ 10.00", self.says("1")[0])
        self.assertIn("10 pcs × $ 8.00 = $ 80.00", self.says("10")[0])
        self.says_each("cart", "1")
        self.assertIn("Total: $ 20.00", self.says("2")[0])
        self.assertEqual(self.confirms().amount_total, 20)

    def test_another_currency(self):
        hryvnia = self.env.ref("base.UAH").with_user(self.administrator)
        hryvnia.active = True
        hryvnia.rate_ids = [Command.create({"name": "2020-01-01", "rate": 40})]
        self.begin()
        self.give(self.pricelist(currency_id=hryvnia.id))
        self.assertIn("1. Black tea — 400.00 ₴", self.says("list")[0])
        self.says_each("1", "2")
        order = self.confirms()
        self.assertEqual(order.currency_id, hryvnia)
        self.assertEqual(order.amount_total, 800)

    # === TAXES === #

    def test_a_tax_on_top(self):
        self.black.taxes_id = self.tax(20, False).with_user(self.shopkeeper)
        self.assertIn("1. Black tea — $ 12.00", self.begin()[1])
        self.says("1")
        said = self.says("2")[0]
        self.assertIn("Black tea — 2 pcs × $ 12.00 = $ 24.00", said)
        self.assertIn("Total: $ 24.00, including taxes: $ 4.00", said)
        order = self.confirms()
        self.assertEqual((order.amount_untaxed, order.amount_total), (20, 24))

    def test_a_tax_within(self):
        self.black.taxes_id = self.tax(20, True).with_user(self.shopkeeper)
        self.assertIn("1. Black tea — $ 10.00", self.begin()[1])
        self.says("1")
        self.assertIn("Total: $ 20.00, including taxes: $ 3.33", self.says("2")[0])
        order = self.confirms()
        self.assertEqual((order.amount_tax, order.amount_total), (3.33, 20))

    def test_a_tax_that_the_contact_does_not_pay(self):
        tax = self.tax(20, False)
        position = (
            self.env["account.fiscal.position"]
            .with_user(self.accountant)
            .create({"name": "Abroad"})
        )
        self.tax(0, False).write(
            {
                "fiscal_position_ids": [Command.link(position.id)],
                "original_tax_ids": [Command.link(tax.id)],
            }
        )
        self.black.taxes_id = tax.with_user(self.shopkeeper)
        self.assertIn("1. Black tea — $ 12.00", self.begin()[1])
        partner = self.partner().with_user(self.accountant)
        partner.property_account_position_id = position
        self.assertIn("1. Black tea — $ 10.00", self.says("list")[0])
        self.says_each("1", "2")
        self.assertEqual(self.confirms().amount_total, 20)

    # === WHAT HAS CHANGED SINCE === #

    def test_another_price_is_told_and_asked_again(self):
        self.fill(("black", "2"), ("stool", "1"))
        self.assertIn("Total: $ 120.00", self.says("cart")[0])
        self.black.list_price = 15
        said = self.says("yes")
        self.assertIn("Prices have changed", said[0])
        self.assertIn("the total is $ 130.00 now", said[0])
        self.assertIn("1. Black tea — 2 pcs × $ 15.00 = $ 30.00", said[0])
        self.assertFalse(self.sale_orders())
        self.assertEqual(self.codes(), ["sale_price"])
        self.says("yes")
        self.assertEqual(self.sale_orders().amount_total, 130)

    def test_two_prices_that_make_up_for_each_other_are_told_too(self):
        self.fill(("black", "1"), ("stool", "1"))
        self.says("cart")
        self.black.list_price, self.stool.list_price = 20, 90
        self.assertIn("Prices have changed", self.says("yes")[0])
        self.assertFalse(self.sale_orders())

    def test_what_is_gone_is_told_and_asked_again(self):
        self.fill(("black", "2"), ("stool", "1"))
        self.says("cart")
        self.black.active = False
        said = self.says("yes")
        self.assertEqual(said[0], "Not available any more: Black tea.")
        self.assertIn("1. Oak stool", said[1])
        self.assertFalse(self.sale_orders())
        self.says("yes")
        self.assertEqual(self.sale_orders().order_line.product_id, self.stool)

    def test_all_of_it_is_gone(self):
        self.fill(("black", "2"))
        self.says("cart")
        self.black.sale_ok = False
        said = self.says("yes")
        self.assertEqual(said[0], "Not available any more: Black tea.")
        self.assertIn("The cart is empty.", said[1])
        self.assertFalse(self.sale_orders())

    def test_one_that_is_deleted_has_a_name_still(self):
        self.fill(("herb", "2"), ("stool", "1"))
        self.says("cart")
        self.herbs.unlink()
        self.assertEqual(self.says("yes")[0], "Not available any more: Herb tea.")
        self.assertEqual(self.lines(), {self.stool: 1})

    def test_what_the_step_sells_no_more_is_gone(self):
        self.fill(("stool", "1"), ("black", "1"))
        self.says("cart")
        self.catalogue.sale_product_ids = [Command.unlink(self.stool.id)]
        self.assertEqual(self.says("yes")[0], "Not available any more: Oak stool.")
        self.assertFalse(self.sale_orders())

    def test_of_another_company_since(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.shopkeeper.company_ids |= other
        self.fill(("black", "1"), ("herb", "1"))
        self.says("cart")
        self.black.product_tmpl_id.with_user(self.shopkeeper).company_id = other
        self.assertEqual(self.says("yes")[0], "Not available any more: Black tea.")
        self.assertFalse(self.sale_orders())

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.helpcrunch_chatbot.tests.common import CUSTOMER, TELEGRAM

from .common import SaleCase

PHONE = "+380 67 123 4567"


@tagged("post_install", "-at_install")
class TestCartLife(SaleCase):
    """A cart outlives whatever comes in between, and is ordered once."""

    def test_a_colleague_in_between(self):
        self.fill(("black", "2"))
        self.says_each("herb", "1")
        self.assertEqual(self.says("operator"), ["One moment.", "Olena is here."])
        self.writes(self.olena, "How can I help?")
        self.assertEqual(self.says("2")[1:], [])
        self.orders(self.olena, "/resume")
        self.assertEqual(self.lines(), {self.black: 2})
        # The bot goes on behind the step that led to the colleague.
        self.assertIn("Thank you", self.texts()[-1])
        said = self.says("catalogue")
        self.assertIn("Herb tea — $ 30.00.\nHow many?", said[-1])
        self.says("4")
        self.assertEqual(self.lines(), {self.black: 2, self.herbs: 4})

    def test_somebody_takes_over_and_gives_it_back(self):
        self.fill(("black", "2"))
        self.says("cart")
        self.agent_writes("I can do it for you")
        self.assertEqual(self.says("yes"), [])
        self.assertFalse(self.sale_orders())
        self.chat().with_user(self.manager).action_return_to_bot()
        self.settle()
        self.assertIn("Order it?", self.texts()[-1])
        self.says("yes")
        self.assertEqual(len(self.sale_orders()), 1)

    def test_a_long_silence(self):
        self.bot.session_timeout = 30
        self.fill(("black", "2"))
        self.says("cart")
        self.chat().last_customer_message_at = "2026-01-01 10:00:00"
        self.assertEqual(self.says("yes"), ["Welcome"])
        self.assertFalse(self.sale_orders())
        self.assertIn("1. Black tea — 2 pcs", self.says("catalogue")[1])
        self.says("yes")
        self.assertEqual(len(self.sale_orders()), 1)

    def test_gone_during_a_long_silence(self):
        self.fill(("black", "2"))
        self.says("/start")
        self.black.active = False
        self.assertEqual(
            self.says("catalogue")[1], "Not available any more: Black tea."
        )
        self.assertEqual(self.lines(), {})

    def test_the_product_that_was_asked_about_is_gone(self):
        self.begin()
        self.says_each("1", "/start")
        self.black.active = False
        said = self.says("catalogue")
        self.assertEqual(said[1], "Not available any more: Black tea.")
        self.assertIn("1. Green tea", said[2])

    def test_a_line_that_was_asked_about_is_gone(self):
        self.fill(("herb", "2"))
        self.says_each("cart", "1")
        self.cart().line_ids.unlink()
        self.assertIn("Products 1 to", self.says("5")[0])

    def test_opting_out_leaves_the_question_open(self):
        self.begin()
        self.says_each("1", "STOP")
        self.says("2")
        self.assertEqual(self.lines(), {self.black: 2})

    def test_a_word_of_the_bot_is_data_here(self):
        self.begin()
        self.assertIn("Nothing was found.", self.says("help me")[0])

    # === ONCE === #

    def test_the_same_event_twice(self):
        self.fill(("black", "2"))
        self.says("cart")
        message = self.helpcrunch.customer_says(CUSTOMER, "yes", application=TELEGRAM)
        webhooks = self.helpcrunch.captured(clear=True)
        with self.enter_test_mode_if_needed():
            for webhook in [*webhooks, *webhooks]:
                self.assertEqual(self.receive(webhook), 200)
                self.work()
        self.take_in()
        self.assertEqual(len(self.sale_orders()), 1)
        events = self.env["helpcrunch.event"].search(
            [("chat_id", "=", self.chat().id), ("payload", "like", message["id"])]
        )
        self.assertEqual(len(events), 1)

    def test_yes_and_yes_again(self):
        self.fill(("black", "2"))
        self.says("cart")
        for _time in range(2):
            self.helpcrunch.customer_says(CUSTOMER, "yes", application=TELEGRAM)
        self.take_in()
        self.assertEqual(len(self.sale_orders()), 1)

    def test_yes_before_the_prices_were_read_again_is_no_yes(self):
        self.fill(("black", "2"))
        self.says("cart")
        self.black.list_price = 15
        for _time in range(2):
            self.helpcrunch.customer_says(CUSTOMER, "yes", application=TELEGRAM)
        self.take_in()
        self.assertIn("before_question", self.codes())
        self.assertFalse(self.sale_orders())

    def test_a_second_order_is_another_one(self):
        self.fill(("black", "2"))
        self.says_each("cart", "yes", "catalogue", "green", "1", "1", "cart", "yes")
        first, second = self.sale_orders()
        self.assertEqual(first.order_line.product_id, self.black)
        self.assertEqual(second.order_line.product_id, self.green)

    def test_two_dialogues_of_one_contact(self):
        self.fill(("black", "2"))
        self.begin(customer=5002)
        other = self.chat(5002)
        other.customer_id.partner_id = other.partner_id = self.partner()
        self.says_each("green", "1", "3", "cart", customer=5002)
        self.says("cart")
        self.says("yes", customer=5002)
        self.assertEqual(self.sale_orders(5002).order_line.product_id, self.green)
        self.assertEqual(self.lines(), {self.black: 2})
        self.says("yes")
        orders = self.sale_orders() | self.sale_orders(5002)
        self.assertEqual(orders.partner_id, self.partner())
        self.assertEqual(sorted(orders.mapped("amount_total")), [20, 60])

    # === WHOSE === #

    def test_a_merge_in_between(self):
        company = self.account.company_id.with_user(self.administrator)
        company.country_id = self.env.ref("base.ua")
        self.env["res.config.settings"].with_user(self.administrator).create(
            {"group_product_pricelist": True}
        ).execute()
        old = self.keep("res.partner").create({"name": "Тарас", "phone": PHONE})
        old.with_user(self.shopkeeper).property_product_pricelist = self.keep(
            "product.pricelist"
        ).create(
            {
                "name": "Friends",
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 50})
                ],
            }
        )
        self.step(
            "Your number?",
            "update_contact",
            alias="/phone",
            field_id=self.field("phone"),
            merge_by_phone=True,
        )
        self.fill(("black", "2"))
        new = self.partner()
        self.assertIn("Total: $ 20.00", self.says("cart")[0])
        self.says_each("/phone", PHONE)
        self.merge()
        self.take_in()
        self.assertFalse(new.exists())
        self.assertEqual(self.partner(), old)
        # What the survivor pays is another price: it is read before it is ordered.
        self.assertIn("Total: $ 10.00", self.says("catalogue")[-1])
        self.says("yes")
        self.assertEqual(self.sale_orders().partner_id, old)
        self.assertEqual(self.sale_orders().amount_total, 10)

    def test_a_merge_between_question_and_answer(self):
        self.fill(("black", "2"))
        self.says("cart")
        old = self.keep("res.partner").create({"name": "Taras"})
        self.presses_merge(self.list_pair(self.partner(), old))
        self.settle()
        self.assertEqual(self.partner(), old)
        self.says("yes")
        self.assertEqual(self.sale_orders().partner_id, old)

    def test_the_contact_was_deleted(self):
        self.fill(("black", "2"))
        self.says("cart")
        self.partner().with_user(self.manager).unlink()
        self.says("yes")
        self.assertTrue(self.sale_orders().partner_id)
        self.assertEqual(self.sale_orders().partner_id, self.partner())

    # === FORGOTTEN === #

    def test_nobody_comes_back(self):
        self.fill(("black", "2"))
        self.fill(("green", "2"), customer=5002)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpcrunch_cart SET write_date = now() - interval '91 days'"
            " WHERE id = %s",
            [self.cart().id],
        )
        self.assertEqual(self.env["helpcrunch.cart"]._gc_carts(), (1, False))
        self.env.invalidate_all()
        self.assertFalse(self.cart())
        self.assertTrue(self.cart(5002))
        # The dialogue begins with an empty cart, wherever it stood.
        self.assertIn("The cart is empty.", self.says("cart")[-1])

    def test_erased_with_the_dialogue(self):
        self.fill(("black", "2"))
        self.says_each("cart", "yes", "catalogue", "green", "1", "2")
        order = self.sale_orders()
        self.partner().with_user(self.manager).action_erase_helpcrunch_data()
        self.env.invalidate_all()
        self.assertFalse(self.env["helpcrunch.cart"].search([]))
        self.assertFalse(self.env["helpcrunch.cart.line"].search([]))
        self.assertTrue(order.exists())
        self.assertFalse(order.helpcrunch_chat_id)

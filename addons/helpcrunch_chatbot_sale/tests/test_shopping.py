from odoo.fields import Command
from odoo.tests import tagged

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestBrowsing(SaleCase):
    """What there is, page by page and by words, and how many of it."""

    def listed(self, said):
        """Return the lines of a list that are products."""
        return [line for line in said[-1].split("\n") if line[:1].isdigit()]

    # === PAGES === #

    def test_the_text_then_the_first_page(self):
        said = self.begin()
        self.assertEqual(said[0], "Catalogue")
        self.assertEqual(
            self.listed(said), ["1. Black tea — $ 10.00", "2. Green tea — $ 20.00"]
        )
        self.assertIn("Products 1 to 2 of 5:", said[1])
        self.assertIn("“next”", said[1])
        self.assertNotIn("the page before", said[1])
        self.assertTrue(self.chat().waiting)

    def test_pages_forth_and_back(self):
        self.begin()
        self.assertEqual(
            self.listed(self.says("next")),
            ["3. Herb tea — $ 30.00", "4. Oak chair — $ 200.00"],
        )
        last = self.says("далі")
        self.assertEqual(self.listed(last), ["5. Oak stool — $ 100.00"])
        self.assertNotIn("“next”", last[0])
        # Beyond the last page is the last page, before the first the first.
        self.assertEqual(self.says("more"), last)
        self.says_each("back", "назад")
        self.assertIn("1. Black tea", self.says("back")[0])

    def test_a_number_of_a_page_before(self):
        self.begin()
        self.assertIn("Black tea", self.says_each("next", "1")[0])

    def test_a_number_means_what_was_read(self):
        self.begin()
        # One that comes before all others in the alphabet moves them by one.
        self.product("Anise", 5)
        self.assertIn("Green tea", self.says("2")[0])

    def test_a_number_means_what_was_read_on_the_page_before(self):
        self.begin()
        self.product("Anise", 5)
        self.says("next")
        self.assertIn("Black tea", self.says("1")[0])

    def test_only_what_may_be_sold_is_shown(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.shopkeeper.company_ids |= other
        self.black.sale_ok = False
        self.green.active = False
        self.herbs.product_tmpl_id.with_user(self.shopkeeper).company_id = other
        self.assertEqual(
            self.listed(self.begin()),
            ["1. Oak chair — $ 200.00", "2. Oak stool — $ 100.00"],
        )

    def test_a_combination_is_not_put_together_in_a_chat(self):
        combo = self.keep("product.combo").create(
            {
                "name": "Choose a tea",
                "combo_item_ids": [Command.create({"product_id": self.black.id})],
            }
        )
        self.product("All in one", 5, type="combo", combo_ids=[Command.link(combo.id)])
        self.assertIn("of 5:", self.begin()[1])

    def test_products_of_categories_below(self):
        self.catalogue.write({"sale_category_id": self.green_leaves.id})
        self.assertIn("1. Green tea", self.begin()[1])

    def test_nothing_to_sell(self):
        (self.black | self.green | self.herbs).active = False
        (self.chair | self.stool).sale_ok = False
        self.assertEqual(
            self.begin(),
            ["Catalogue", "There is nothing to order at the moment.", "Thank you"],
        )
        self.assertFalse(self.chat().waiting)

    # === WORDS === #

    def test_search(self):
        self.begin()
        said = self.says("OAK")
        self.assertEqual(
            self.listed(said), ["1. Oak chair — $ 200.00", "2. Oak stool — $ 100.00"]
        )
        self.assertIn("Found: 2.", said[0])
        self.assertEqual(len(self.listed(self.says("stool oak"))), 1)
        self.assertIn("Oak stool", self.says("1")[0])

    def test_search_by_code(self):
        self.chair.default_code = "OAK-77"
        self.begin()
        self.assertEqual(self.listed(self.says("oak-77")), ["1. Oak chair — $ 200.00"])

    def test_search_by_category(self):
        self.begin()
        self.assertEqual(self.listed(self.says("leaves")), ["1. Green tea — $ 20.00"])

    def test_words_are_declined(self):
        self.product("Стілець", 5)
        self.begin()
        self.assertEqual(self.listed(self.says("стільці")), ["1. Стілець — $ 5.00"])
        self.product("Chair cover", 5)
        # Whole words come first.
        self.assertEqual(len(self.listed(self.says("chair cover"))), 1)
        self.assertEqual(len(self.listed(self.says("chairs"))), 2)

    def test_search_has_pages_and_an_end(self):
        self.begin()
        self.says("tea")
        self.assertEqual(self.listed(self.says("next")), ["3. Herb tea — $ 30.00"])
        self.assertIn("Products 1 to 2 of 5:", self.says("list")[0])

    def test_nothing_found_changes_nothing(self):
        self.begin()
        self.says("oak")
        self.assertIn("Nothing was found.", self.says("zebra")[0])
        self.assertIn("Oak chair", self.says("1")[0])

    def test_what_is_typed_is_only_text(self):
        self.begin()
        for text in ("%", "_", "{{ partner.name }}", "[('id', '>', 0)]", "' OR 1=1 --"):
            with self.subTest(text=text):
                self.assertIn("Nothing was found.", self.says(text)[-1])
                self.cart().chat_id.attempts = 0

    def test_search_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.green.with_context(lang="uk_UA").name = "М’ята зелена"
        self.begin(locale="uk", name="Taras")
        self.assertIn("1. М’ята зелена", self.says("м'ята")[0])

    # === NUMBERS AND QUANTITIES === #

    def test_a_wrong_number(self):
        self.begin()
        for text in ("0", "6"):
            said = self.says(text)
            self.assertEqual(
                said,
                [f"There is no number {text} in the list. Write a number from 1 to 2."],
            )
        self.assertFalse(self.cart().product_id)
        self.assertIn("Black tea", self.says("№1")[0])

    def test_a_quantity(self):
        self.begin()
        self.assertEqual(
            self.says("1"), ["Black tea — $ 10.00.\nHow many? “back”: to the list."]
        )
        said = self.says("2 шт.")
        self.assertIn("In the cart: Black tea — 2 pcs × $ 10.00 = $ 20.00", said[0])
        self.assertIn("Anything else?", said[0])
        self.assertEqual(self.lines(), {self.black: 2})

    def test_bad_quantities(self):
        for text, words in (
            ("many", "That is no quantity."),
            ("0", "a number above 0"),
            ("-3", "a number above 0"),
            ("1,5", "Only whole numbers"),
            ("2 kg", "“Black tea” is sold in: pcs."),
            ("9999999", "1,000,000 at most"),
            ("9" * 50, "That is no quantity."),
        ):
            with self.subTest(text=text):
                if not self.chat():
                    self.begin()
                    self.says("1")
                self.assertIn(words, self.says(text)[0])
                self.assertEqual(self.lines(), {})
                self.chat().attempts = 0
        self.says("3")
        self.assertEqual(self.lines(), {self.black: 3})

    def test_a_unit_that_can_be_divided(self):
        kilogram = self.env.ref("uom.product_uom_kgm")
        self.product("Apples", 4, uom_id=kilogram.id)
        self.assertIn("1. Apples — $ 4.00 for 1 kg", self.begin()[1])
        self.says("1")
        self.assertIn("too exact", self.says("1.2345")[0])
        said = self.says("2,5 кг")
        self.assertIn("Apples — 2.5 kg × $ 4.00 = $ 10.00", said[0])

    def test_a_pack(self):
        self.black.uom_ids = self.env.ref("uom.product_uom_pack_6")
        self.begin()
        self.assertIn("Also in: Pack of 6.", self.says("1")[0])
        said = self.says("2 packs")
        self.assertIn("Black tea — 2 Pack of 6 × $ 60.00 = $ 120.00", said[0])
        # The same in pieces is a line of its own.
        self.says_each("1", "1")
        self.assertEqual(self.cart().line_ids.mapped("quantity"), [2, 1])

    def test_the_same_once_more_is_added(self):
        self.fill(("black", "2"), ("black", "3"))
        self.assertEqual(self.lines(), {self.black: 5})

    def test_no_quantity_after_all(self):
        self.begin()
        self.says("2")
        self.assertIn("Products 1 to 2 of 5:", self.says("back")[0])
        self.assertEqual(self.lines(), {})
        self.assertIn("Black tea", self.says("1")[0])

    def test_gone_between_the_list_and_the_number(self):
        self.begin()
        self.black.active = False
        said = self.says("1")
        self.assertEqual(said[0], "Not available any more: Black tea.")
        self.assertIn("Products 1 to 2 of 4:", said[1])

    def test_gone_between_the_number_and_the_quantity(self):
        self.begin()
        self.says("1")
        self.black.sale_ok = False
        self.assertEqual(self.says("2")[0], "Not available any more: Black tea.")
        self.assertEqual(self.lines(), {})

    def test_after_the_last_attempt_it_goes_where_the_step_says(self):
        self.catalogue.write(
            {"failed_step_id": self.step("A colleague helps.").id, "max_attempts": 2}
        )
        self.fill(("black", "2"))
        self.says("99")
        self.assertEqual(self.says("98"), ["A colleague helps."])
        self.assertEqual(self.lines(), {self.black: 2})

    def test_leaving(self):
        self.begin()
        self.assertEqual(self.says("вийти"), ["Thank you"])
        self.fill(("black", "2"))
        self.assertEqual(
            self.says("leave"),
            ["Your cart is kept. Come back to order what is in it.", "Thank you"],
        )
        self.assertIn("In your cart (1): $ 20.00.", self.says("catalogue")[1])


@tagged("post_install", "-at_install")
class TestCheckout(SaleCase):
    """The cart, and what becomes of it."""

    def test_nothing_else(self):
        self.fill(("black", "2"), ("oak stool", "1"))
        self.assertEqual(
            self.says("no")[0].split("\n")[:5],
            [
                "Your cart:",
                "1. Black tea — 2 pcs × $ 10.00 = $ 20.00",
                "2. Oak stool — 1 pcs × $ 100.00 = $ 100.00",
                "Total: $ 120.00",
                "Order it? “yes” or “no”.",
            ],
        )

    def test_another_quantity(self):
        self.fill(("black", "2"), ("stool", "1"))
        self.says("cart")
        self.assertEqual(self.says("1")[0].split("\n")[0], "Black tea: 2 pcs now.")
        self.assertIn("Total: $ 150.00", self.says("5")[0])
        self.assertEqual(self.lines(), {self.black: 5, self.stool: 1})

    def test_a_bad_new_quantity(self):
        self.fill(("black", "2"))
        self.says_each("cart", "1")
        self.assertIn("Only whole numbers", self.says("0,5")[0])
        self.assertEqual(self.lines(), {self.black: 2})
        self.assertIn("Total: $ 20.00", self.says("back")[0])

    def test_nought_removes(self):
        self.fill(("black", "2"), ("stool", "1"))
        self.says_each("cart", "1")
        self.assertIn("1. Oak stool", self.says("0")[0])
        self.assertEqual(self.lines(), {self.stool: 1})

    def test_remove(self):
        self.fill(("black", "2"), ("stool", "1"))
        self.says("кошик")
        self.assertIn("There is no line 3", self.says("remove 3")[0])
        self.says("прибрати №2")
        self.assertEqual(self.lines(), {self.black: 2})
        said = self.says("remove 1")
        self.assertIn("The cart is empty.", said[0])
        self.assertEqual(self.lines(), {})
        self.assertEqual(self.cart().place, "browse")

    def test_empty(self):
        self.fill(("black", "2"), ("stool", "1"))
        self.says("cart")
        self.assertIn("The cart is empty.", self.says("очистити")[0])
        self.assertEqual(self.lines(), {})
        self.assertFalse(self.sale_orders())

    def test_an_empty_cart_is_not_ordered(self):
        self.begin()
        self.assertIn("The cart is empty.", self.says("order")[0])
        self.assertFalse(self.sale_orders())

    def test_not_like_this(self):
        self.fill(("black", "2"))
        self.says("cart")
        self.assertIn("Products 1 to", self.says_each("list")[0])
        self.says("cart")
        self.assertIn("In your cart (1): $ 20.00.", self.says("no")[0])
        self.assertFalse(self.sale_orders())

    def test_a_wrong_answer_to_the_question(self):
        self.fill(("black", "2"))
        self.says("cart")
        self.assertIn("Write “yes” to order", self.says("perhaps")[0])
        self.assertIn("There is no line 7", self.says("7")[0])
        self.assertFalse(self.sale_orders())
        self.assertEqual(self.lines(), {self.black: 2})

    def test_an_order(self):
        self.fill(("black", "2"), ("stool", "1"))
        self.says("cart")
        said = self.says("так")
        order = self.sale_orders()
        self.assertEqual(len(order), 1)
        link = order._get_helpcrunch_link()
        self.assertEqual(
            said,
            [
                f"Your order {order.name}: $ 120.00.\nYou see it here: {link}",
                "Thank you",
            ],
        )
        self.assertRegex(said[0], r"/my/orders/\d+\?access_token=[0-9a-f-]{36}")
        self.assertEqual(self.codes(), ["answer", "sale_order", "enter", "rest"])
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.amount_total, 120)
        self.assertEqual(
            {line.product_id: line.product_uom_qty for line in order.order_line},
            {self.black: 2, self.stool: 1},
        )
        self.assertEqual(self.lines(), {})
        # The flow is over: one more yes is no order.
        self.assertEqual(self.says("yes"), ["I did not understand."])
        self.assertEqual(self.sale_orders(), order)

    def test_whose_order_it_is(self):
        self.fill(("black", "2"))
        self.says_each("cart", "yes")
        order = self.sale_orders()
        self.assertEqual(order.partner_id, self.partner())
        self.assertEqual(order.company_id, self.account.company_id)
        self.assertEqual(order.source_id, self.bot.source_id)
        self.assertEqual(order.medium_id.name, "HelpCrunch Telegram bot")
        self.assertEqual(order.helpcrunch_bot_id, self.bot)
        self.assertEqual(order.helpcrunch_step_id, self.catalogue)
        # Nobody was named, so it is nobody's, and not the machine's.
        self.assertFalse(order.user_id)
        self.assertFalse(order.team_id)
        self.assertNotIn(self.partner(), order.message_partner_ids)

    def test_salesperson_and_team(self):
        team = self.keep("crm.team").create({"name": "Teas"})
        self.catalogue.write(
            {"sale_user_id": self.shopkeeper.id, "sale_team_id": team.id}
        )
        self.fill(("black", "2"))
        self.says_each("cart", "yes")
        self.assertEqual(self.sale_orders().user_id, self.shopkeeper)
        self.assertEqual(self.sale_orders().team_id, team)

    def test_the_salesperson_of_the_contact(self):
        self.begin()
        self.partner().with_user(self.manager).user_id = self.shopkeeper
        self.says_each("black", "1", "2", "cart", "yes")
        self.assertEqual(self.sale_orders().user_id, self.shopkeeper)

    def test_a_salesperson_who_has_left_is_none(self):
        self.catalogue.sale_user_id = self.shopkeeper
        self.fill(("black", "2"))
        self.shopkeeper.with_user(self.administrator).active = False
        self.says_each("cart", "yes")
        self.assertFalse(self.sale_orders().user_id)

    def test_sent(self):
        self.catalogue.sale_state = "sent"
        self.fill(("black", "2"))
        self.says_each("cart", "yes")
        self.assertEqual(self.sale_orders().state, "sent")

    def test_a_message_of_the_step(self):
        self.catalogue.sale_confirm_message = "We call you, {{ partner.name }}!"
        self.fill(("black", "2"))
        said = self.says_each("cart", "yes")
        self.assertEqual(said[0], f"We call you, {self.partner().name}!")
        self.assertIn(f"Your order {self.sale_orders().name}: $ 20.00.", said[1])

    def test_a_message_that_tells_all(self):
        self.catalogue.sale_confirm_message = (
            "{{ order.name }} / {{ order.total }} / {{ order.link }}"
        )
        self.thanks.message = "We pack {{ order.name }}."
        self.fill(("black", "2"))
        said = self.says_each("cart", "yes")
        order = self.sale_orders()
        self.assertEqual(
            said,
            [
                f"{order.name} / $ 20.00 / {order._get_helpcrunch_link()}",
                f"We pack {order.name}.",
            ],
        )

    def test_two_shelves_and_one_cart(self):
        self.catalogue.write({"sale_product_ids": [Command.clear()]})
        self.sells("Chairs", sale_product_ids=[Command.set(self.chair.ids)])
        self.fill(("black", "2"))
        self.assertIn("1. Oak chair", self.says("/chairs")[1])
        self.says_each("1", "1", "cart", "yes")
        self.assertEqual(
            self.sale_orders().order_line.product_id, self.black | self.chair
        )
        self.assertEqual(len(self.sale_orders()), 1)

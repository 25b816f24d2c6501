import json

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.helpcrunch_chatbot.tests.common import add_ukrainian

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestSaleDrawing(SaleCase):
    """What is drawn, what is wrong with it, and where it is kept."""

    def variants(self):
        """Return two products of one name, without codes."""
        color = self.keep("product.attribute").create(
            {
                "name": "Colour",
                "value_ids": [
                    Command.create({"name": "Red"}),
                    Command.create({"name": "Blue"}),
                ],
            }
        )
        template = self.keep("product.template").create(
            {
                "name": "Cup",
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": color.id,
                            "value_ids": [Command.set(color.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        return template.product_variant_ids

    def problems(self):
        return {
            problem["code"]: problem["message"]
            for problem in self.bot.with_user(self.manager).get_problems()
            if problem["step_id"] == self.catalogue.id
        }

    # === THE FORM === #

    def test_its_page_belongs_to_the_flow(self):
        steps = self.as_manager("helpcrunch.step").with_context(
            default_bot_id=self.bot.id
        )
        page = "//page[@name='sale']"
        form = Form(steps)
        arch = form._view["tree"]
        self.assertEqual(arch.xpath(page)[0].get("invisible"), "flow != 'sale'")
        form.name = "Teas"
        form.step_type = "text"
        form.flow = "sale"
        form.sale_category_id = self.tea
        form.sale_page_size = 7
        step = form.save()
        self.assertTrue(step.waits)
        self.assertEqual((step.sale_page_size, step.sale_state), (7, "draft"))

    def test_each_field_is_explained(self):
        fields = self.as_manager("helpcrunch.step").fields_get()
        own = [name for name in fields if name.startswith("sale_")]
        self.assertGreaterEqual(len(own), 7)
        for name in own:
            with self.subTest(field=name):
                self.assertTrue(fields[name].get("help"))

    # === WHAT IS WRONG === #

    def test_nothing_chosen(self):
        with self.refused("which products customers may order"):
            self.catalogue.write(
                {"sale_product_ids": [Command.clear()], "sale_category_id": False}
            )

    def test_a_page_that_nobody_reads(self):
        for size in (0, -1, 21):
            with self.subTest(size=size), self.refused("between 1 and 20 products"):
                self.catalogue.sale_page_size = size
        self.catalogue.sale_page_size = 20

    def test_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        (self.shopkeeper | self.manager).company_ids |= other
        foreign = self.product("Foreign tea", 1, company_id=other.id)
        both = [self.bot.company_id.id, other.id]
        step = self.catalogue.with_context(allowed_company_ids=both)
        with self.refused("“Foreign tea” belongs to another company"):
            step.sale_product_ids = [Command.link(foreign.id)]
        team = self.keep("crm.team").create({"name": "Theirs", "company_id": other.id})
        with self.refused("sales team “Theirs” belongs to another company"):
            step.sale_team_id = team
        stranger = self._create_manager(other)
        with self.refused("does not work in the messenger's company"):
            self.catalogue.sale_user_id = stranger

    def test_a_placeholder_that_nobody_knows(self):
        with self.refused("nobody knows what to put in place of"):
            self.catalogue.sale_confirm_message = "{{ order.partner_id }}"
        self.catalogue.sale_confirm_message = "{{ order.name }}"

    def test_as_a_text_it_is_not_checked(self):
        self.catalogue.flow = "default"
        self.catalogue.write(
            {"sale_product_ids": [Command.clear()], "sale_category_id": False}
        )

    def test_problems(self):
        self.assertEqual(self.problems(), {})
        self.stool.sale_ok = False
        self.add_outsiders()
        self.catalogue.sale_user_id = self.clerk
        self.assertEqual(
            self.problems().keys(), {"product_not_sold", "seller_without_sales"}
        )
        self.assertIn("Oak stool", self.problems()["product_not_sold"])
        self.stool.active = False
        self.assertIn("archived_record", self.problems())
        self.assertNotIn("product_not_sold", self.problems())

    def test_the_problem_of_an_empty_shop(self):
        (self.black | self.green | self.herbs | self.chair | self.stool).sale_ok = False
        self.assertIn("nothing_to_sell", self.problems())

    # === WHERE IT IS KEPT === #

    def fields_of(self, step):
        return {
            "products": step.sale_product_ids,
            "category": step.sale_category_id,
            "size": step.sale_page_size,
            "state": step.sale_state,
            "message": step.sale_confirm_message,
            "user": step.sale_user_id,
            "team": step.sale_team_id,
            "flow": step.flow,
        }

    def draw_all(self):
        """Fill in each field; return what is in them."""
        self.catalogue.write(
            {
                "sale_product_ids": [Command.set((self.variants() | self.chair).ids)],
                "sale_page_size": 9,
                "sale_state": "sent",
                "sale_confirm_message": "Thank you for {{ order.name }}.",
                "sale_user_id": self.shopkeeper.id,
                "sale_team_id": self.keep("crm.team").create({"name": "Teas"}).id,
            }
        )
        return self.fields_of(self.catalogue)

    def test_a_copy_of_the_bot(self):
        told = self.draw_all()
        copied = self.bot.with_user(self.manager).copy()
        (step,) = copied.step_ids.filtered(lambda step: step.flow == "sale")
        self.assertEqual(self.fields_of(step), told)

    def test_a_version_brings_it_back(self):
        told = self.draw_all()
        self.bot.with_user(self.manager).action_save_version()
        version = self.bot.with_user(self.manager).version_ids[:1]
        self.catalogue.write(
            {
                "sale_product_ids": [Command.clear()],
                "sale_page_size": 3,
                "sale_state": "draft",
                "sale_confirm_message": False,
                "sale_user_id": False,
                "sale_team_id": False,
            }
        )
        version.action_restore()
        self.assertEqual(self.fields_of(self.catalogue), told)

    def test_a_draft_is_published(self):
        told = self.draw_all()
        bot = self.bot.with_user(self.manager)
        bot.action_make_draft()
        draft = bot.search([("draft_of_id", "=", bot.id)])
        (step,) = draft.step_ids.filtered(lambda step: step.flow == "sale")
        self.assertEqual(self.fields_of(step), told)
        cup = self.catalogue.sale_product_ids[0]
        step.sale_product_ids = [Command.unlink(cup.id)]
        draft.action_publish()
        self.assertEqual(self.catalogue.sale_product_ids, told["products"] - cup)

    def test_a_file(self):
        told = self.draw_all()
        content = self.bot.with_user(self.manager).export_json()
        result = self.as_manager("helpcrunch.bot").import_json(content)
        self.assertEqual(result["missing"], [])
        copied = self.as_manager("helpcrunch.bot").browse(result["bot_id"])
        (step,) = copied.step_ids.filtered(lambda step: step.flow == "sale")
        self.assertEqual(self.fields_of(step), told)
        again = json.loads(copied.export_json())
        self.assertEqual(again["steps"], json.loads(content)["steps"])

    def test_a_product_by_its_code(self):
        self.stool.default_code = "STOOL"
        twin = self.product("Oak stool", 1)
        content = self.bot.with_user(self.manager).export_json()
        # In the other database the products have other ids, here another order.
        twin.default_code, self.stool.default_code = "STOOL", "OTHER"
        result = self.as_manager("helpcrunch.bot").import_json(content)
        step = (
            self.env["helpcrunch.bot"]
            .browse(result["bot_id"])
            .step_ids.filtered(lambda step: step.flow == "sale")
        )
        self.assertEqual(step.sale_product_ids, self.chair | twin)

    def test_what_a_file_names_and_is_not_there(self):
        data = json.loads(self.bot.with_user(self.manager).export_json())
        (row,) = [step for step in data["steps"] if step.get("flow") == "sale"]
        row["sale_product_ids"] = [{"name": "Unicorn"}]
        result = self.as_manager("helpcrunch.bot").import_json(json.dumps(data))
        self.assertTrue(any("Unicorn" in told for told in result["missing"]))
        bots = self.as_manager("helpcrunch.bot")
        for hostile in ({"name": 5}, {"name": "Oak stool", "variant": ["x"]}, "x"):
            row["sale_product_ids"] = [hostile]
            with self.subTest(hostile=hostile):
                before = bots.search_count([])
                try:
                    told = bots.import_json(json.dumps(data))["missing"]
                except Exception as error:  # noqa: BLE001
                    told = str(error)
                    self.assertIn("broken at", told)
                    self.assertEqual(bots.search_count([]), before)
                self.assertTrue(told)

    def test_without_the_addon_the_step_is_a_text(self):
        """What Odoo does to steps when the addon is uninstalled."""
        values = self.env["ir.model.fields.selection"].search(
            [
                ("field_id.model", "=", "helpcrunch.step"),
                ("field_id.name", "=", "flow"),
                ("value", "=", "sale"),
            ]
        )
        self.assertEqual(len(values), 1)
        values._process_ondelete()
        self.assertEqual(self.catalogue.flow, "default")
        self.assertEqual(self.begin(), ["Catalogue", "Thank you"])

    # === TRIED AND COUNTED === #

    def test_a_trial_makes_no_order(self):
        def count():
            tables = ("sale.order", "sale.order.line", "helpcrunch.cart", "res.partner")
            return [self.env[name].search_count([]) for name in tables]

        before = count()
        turns = self.bot.with_user(self.manager).try_dialogue(
            ["catalogue", "1", "2", "cart", "yes"]
        )["turns"]
        self.assertIn("Your order", turns[-1]["said"][0])
        self.assertIn(
            "A quotation is made: $\xa020.00 (lines: 1).", turns[-1]["effects"]
        )
        self.assertFalse(any("quotation" in row for row in turns[-2]["effects"]))
        self.assertTrue(
            any("The customer has ordered" in row for row in turns[-1]["why"])
        )
        self.assertEqual(count(), before)

    def test_a_trial_tells_as_customers_are_told(self):
        heard = [self.begin(), self.says("1"), self.says("2"), self.says("cart")]
        turns = self.bot.with_user(self.manager).try_dialogue(
            ["catalogue", "1", "2", "cart"]
        )["turns"]
        told = [
            [text.replace("\xa0", " ") for text in turn["said"]] for turn in turns[1:]
        ]
        self.assertEqual(told, heard)

    def test_figures(self):
        self.fill(("black", "2"))
        self.says_each("99", "cart", "yes")
        self.bot.with_user(self.manager).action_view_statistics()
        self.env.invalidate_all()
        row = self.as_manager("helpcrunch.step.statistic").search(
            [("step_id", "=", self.catalogue.id)]
        )
        self.assertEqual(
            (row.entered, row.answered, row.invalid, row.went_on), (1, 1, 1, 1)
        )

    def test_why(self):
        self.fill(("black", "2"))
        self.says_each("cart", "yes")
        why = self.chat().with_user(self.manager).why
        self.assertIn(f"The customer has ordered: {self.sale_orders().name}.", why)

    def test_a_step_that_odoo_refuses_is_passed_by(self):
        self.fill(("black", "2"))
        self.says("cart")
        other = self.env["res.company"].create({"name": "Other"})
        # Odoo makes no order for a contact of another company.
        self.manager.company_ids |= other
        partner = self.partner().with_user(self.manager)
        both = self.manager.company_ids.ids
        partner.with_context(allowed_company_ids=both).company_id = other
        with mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues"):
            self.assertEqual(self.says("yes"), ["Thank you"])
        self.assertIn("refused", self.codes())
        self.assertIn("Catalogue", self.bot.activity_ids[-1:].summary)
        self.assertFalse(self.sale_orders())
        self.assertEqual(self.lines(), {self.black: 2})

    # === IN UKRAINIAN === #

    def test_a_dialogue_in_ukrainian(self):
        add_ukrainian(self.env)
        addon = self.env["ir.module.module"].search(
            [("name", "=", "helpcrunch_chatbot_sale")]
        )
        addon._update_translations("uk_UA")
        said = self.begin(name="Тарас", locale="uk")
        self.assertIn("Товари 1–2 з 5:", said[-1])
        self.assertIn("«далі»", said[-1])
        self.says("1")
        self.assertIn("У кошику", self.says("дві")[0])
        self.assertIn("Ваш кошик:", self.says("кошик")[0])
        self.assertIn("Ваше замовлення", self.says("так")[0])

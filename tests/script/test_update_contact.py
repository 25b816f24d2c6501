from odoo.tests import tagged

from ..common import HelpcrunchCase, add_ukrainian


class AskCase(HelpcrunchCase):
    """A bot that asks for one field of the contact."""

    def ask(self, name, **vals):
        """Let Taras begin a dialogue with a question for a field."""
        self.after = self.step("After")
        question = self.step(
            "Ask",
            "update_contact",
            alias="/start",
            field_id=self.field(name),
            **{"next_step_id": self.after, **vals},
        )
        self.assertEqual(self.says("Hi", name="Taras", locale="en"), ["Ask"])
        return question

    def custom(self, kind, name=None, **vals):
        """Make a custom field of the contact, as an administrator does."""
        name = name or f"x_{kind}"
        self.env["ir.model.fields"].create(
            {
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "name": name,
                "field_description": f"Custom {name}",
                "ttype": kind,
                **vals,
            },
        )
        return name

    def becomes(self, name, text):
        """Return what a text means for a field, None if it will not do."""
        return self.partner()._helpcrunch_convert(name, text, self.chat().customer_id)

    def accepts(self, name, answers):
        for text, value in answers.items():
            with self.subTest(field=name, text=text):
                self.assertEqual(self.becomes(name, text), value)

    def refuses(self, name, *texts):
        for text in (*texts, "x" * 1001, "1" * 1001, "a\x00b", "1\x072", "", " \n "):
            with self.subTest(field=name, text=text[:30]):
                self.assertIsNone(self.becomes(name, text))

    def convert_in(self, code, name, text):
        """Return what a text means for a field to a bot that speaks a language."""
        self.env["res.lang"]._activate_lang(code)
        partner = self.partner().with_context(lang=code)
        return partner._helpcrunch_convert(name, text, self.chat().customer_id)


@tagged("post_install", "-at_install")
class TestUpdateContact(AskCase):
    """What becomes of the answer to a question for the contact (spec 4.4)."""

    # === ATTEMPTS === #

    def test_the_question_is_asked_again_but_not_after_the_last_attempt(self):
        self.ask("email", done_message="Thanks")
        self.assertEqual(self.says("x"), ["Ask"])
        self.assertEqual(self.says("y"), ["Ask"])
        self.assertEqual(self.says("z"), ["After"])
        self.assertFalse(self.chat().waiting)
        self.assertFalse(self.partner().email)

    def test_the_steps_own_words_replace_the_question(self):
        elsewhere = self.step("Elsewhere")
        self.ask(
            "email",
            invalid_message="That is no e-mail, {{ partner.name }}.",
            max_attempts=2,
            failed_step_id=elsewhere,
        )
        self.assertEqual(self.says("x"), ["That is no e-mail, Taras."])
        self.assertEqual(self.says("y"), ["Elsewhere"])
        self.assertEqual(self.chat().step_id, elsewhere)

    def test_a_single_attempt_says_nothing(self):
        self.ask("email", invalid_message="No", max_attempts=1)
        self.assertEqual(self.says("x"), ["After"])

    def test_nowhere_to_go_after_the_last_attempt_rests(self):
        self.ask("email", max_attempts=1, next_step_id=False)
        self.assertEqual(self.says("x"), [])
        self.assertFalse(self.chat().waiting)
        self.assertEqual(self.says("y"), ["I did not understand."])

    def test_a_good_answer_after_a_bad_one(self):
        self.ask("email", failed_step_id=self.step("Elsewhere"))
        self.says("x")
        self.says("y")
        self.assertEqual(self.says("taras@example.com"), ["After"])
        self.assertEqual(self.partner().email, "taras@example.com")

    def test_attempts_are_counted_anew_when_the_question_comes_again(self):
        self.ask("email", max_attempts=2)
        self.says("x")
        self.assertEqual(self.says("/start"), ["Ask"])
        self.assertEqual(self.chat().attempts, 0)
        self.assertEqual(self.says("x"), ["Ask"])
        self.assertEqual(self.says("x"), ["After"])

    def test_a_refused_answer_is_no_miss_and_not_kept(self):
        self.ask("email")
        self.says("x")
        self.assertEqual((self.chat().misses, self.chat().answer), (0, False))
        self.says("taras@example.com")
        self.assertEqual(self.chat().answer, "taras@example.com")
        self.assertEqual(self.chat().variables, {"ask": "taras@example.com"})

    # === SKIPPING AND LEAVING === #

    def test_the_skip_word_stores_nothing(self):
        tag = self.env["res.partner.category"].create({"name": "Asked"})
        self.ask(
            "name",
            skip_word="Пропустити",
            done_message="Thanks",
            add_category_ids=[(6, 0, tag.ids)],
        )
        self.assertEqual(self.says("  ПРОПУСТИТИ!"), ["After"])
        self.assertEqual(self.partner().name, "Taras")
        self.assertNotIn(tag, self.partner().category_id)
        self.assertFalse(self.chat().answer)

    def test_the_skip_word_may_be_a_command(self):
        self.ask("name", skip_word="/skip")
        self.assertEqual(self.says("/skip"), ["After"])
        self.assertEqual(self.partner().name, "Taras")

    def test_without_a_skip_word_nothing_is_skipped(self):
        self.ask("name")
        self.assertEqual(self.says("skip"), ["After"])
        self.assertEqual(self.partner().name, "skip")

    def test_only_a_leading_slash_leads_away(self):
        self.ask("name")
        self.step("Leads", message="About leads", alias="Ліди")
        self.assertEqual(self.says("Ліди"), ["After"])
        self.assertEqual(self.partner().name, "Ліди")
        self.says("/start")
        self.assertEqual(self.says(" /ліди"), ["About leads"])
        self.assertEqual(self.partner().name, "Ліди")

    def test_the_name_of_a_step_and_the_words_for_an_operator_are_data(self):
        self.ask("function")
        self.step("Director")
        self.assertEqual(self.says("Director"), ["After"])
        self.assertEqual(self.partner().function, "Director")
        self.says("/start")
        self.assertEqual(self.says("Оператор"), ["After"])
        self.assertEqual(self.partner().function, "Оператор")

    def test_an_unknown_command_is_data(self):
        self.ask("street")
        self.assertEqual(self.says("/dev/null"), ["After"])
        self.assertEqual(self.partner().street, "/dev/null")

    # === AFTER ACCEPTANCE === #

    def test_tags_come_and_go_with_an_accepted_answer_only(self):
        good, bad, other = self.env["res.partner.category"].create(
            [{"name": "Good"}, {"name": "Bad"}, {"name": "Other"}]
        )
        self.ask(
            "email",
            add_category_ids=[(6, 0, good.ids)],
            remove_category_ids=[(6, 0, bad.ids)],
        )
        self.partner().category_id |= bad | other
        channel_tags = self.partner().category_id - bad - other
        self.assertTrue(channel_tags)
        self.says("nonsense")
        self.assertEqual(self.partner().category_id, channel_tags | bad | other)
        self.says("taras@example.com")
        self.assertEqual(self.partner().category_id, channel_tags | good | other)

    def test_the_same_answer_again_puts_the_tags_but_no_note(self):
        tag = self.env["res.partner.category"].create({"name": "Asked"})
        self.ask("name", add_category_ids=[(6, 0, tag.ids)])
        notes = len(self.partner().message_ids)
        self.assertEqual(self.says("Taras"), ["After"])
        self.assertIn(tag, self.partner().category_id)
        self.assertEqual(len(self.partner().message_ids), notes)

    def test_the_done_message_knows_the_new_value(self):
        self.ask("name", done_message="Thank you, {{ partner.name }}!")
        self.assertEqual(self.says("Olena"), ["Thank you, Olena!", "After"])

    def test_the_note_is_for_the_companys_people(self):
        add_ukrainian(self.env)
        self.bot.language_id = self.env["res.lang"]._lang_get("uk_UA")
        self.ask("function")
        self.says("Poet")
        self.assertIn("повідомлено в чаті: Poet", self.partner().message_ids[0].body)
        # Odoo's tracking does not say it once more.
        self.says("/start")
        notes = self.partner().message_ids
        self.says("Painter")
        self.assertEqual(len(self.partner().message_ids - notes), 1)

    def test_the_old_value_stands_escaped_in_the_chatter(self):
        self.ask("name")
        self.partner().name = "<b>Old</b>"
        self.says("<script>alert(1)</script>")
        self.assertEqual(self.partner().name, "<script>alert(1)</script>")
        note = "".join(self.partner().message_ids.mapped("body"))
        self.assertIn("&lt;b&gt;Old&lt;/b&gt;", note)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", note)
        self.assertNotIn("<script>", note)
        self.assertNotIn("<b>", note)

    def test_the_chatter_shows_words_and_not_ids(self):
        self.ask("country_id")
        self.partner().country_id = self.env.ref("base.pl")
        self.says("Germany")
        note = "".join(self.partner().message_ids.mapped("body"))
        self.assertIn("Germany", note)
        self.assertIn("Poland", note)

    def test_one_contact_however_often_it_answers(self):
        before = self.env["res.partner"].search_count([])
        self.ask("email")
        self.says("taras@example.com")
        self.says("/start")
        self.says("taras@example.org")
        self.says("/start")
        self.says("nonsense")
        self.assertEqual(self.env["res.partner"].search_count([]), before + 1)
        self.assertEqual(self.partner().email, "taras@example.org")

    def test_somebody_elses_email_leaves_two_contacts(self):
        other = self.env["res.partner"].create(
            {"name": "Olena", "email": "olena@example.com"}
        )
        self.ask("email")
        before = self.env["res.partner"].search_count([])
        self.assertEqual(self.says("olena@example.com"), ["After"])
        self.assertNotEqual(self.partner(), other)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_a_deleted_contact_is_made_anew_and_an_archived_one_updated(self):
        self.ask("function")
        self.partner().active = False
        partner = self.partner()
        self.assertEqual(self.says("Director"), ["After"])
        self.assertEqual(partner.function, "Director")
        partner.unlink()
        self.says("/start")
        self.assertEqual(self.says("Driver"), ["After"])
        self.assertEqual(self.partner().function, "Driver")

    # === THE WHITE LIST === #

    def test_private_fields_cannot_be_asked_for(self):
        custom = {
            kind: self.custom(kind, f"x_no_{kind}", **vals)
            for kind, vals in {
                "binary": {},
                "html": {},
                "many2one": {"relation": "res.users"},
                "many2many": {"relation": "res.country"},
            }.items()
        }
        choosable = self.env["ir.model.fields"].search(
            self.env["helpcrunch.step"]._domain_field_id()
        )
        for name in (
            *("user_id", "company_id", "parent_id", "vat", "ref", "active", "comment"),
            *("category_id", "credit_limit", "image_1920", "email_normalized"),
            *custom.values(),
        ):
            if name not in self.env["res.partner"]._fields:
                continue
            with self.subTest(name=name):
                self.assertNotIn(name, choosable.mapped("name"))
                with self.assertRaisesRegex(Exception, "cannot be asked for"):
                    self.step("Ask", "update_contact", field_id=self.field(name))

    def test_what_can_be_chosen_can_be_asked_for(self):
        self.custom("char")
        self.custom("many2one", relation="res.country")
        self.ask("name")
        names = (
            self.env["ir.model.fields"]
            .search(self.env["helpcrunch.step"]._domain_field_id())
            .mapped("name")
        )
        self.assertLessEqual({"name", "email", "x_char", "x_many2one"}, set(names))
        for name in names:
            with self.subTest(name=name):
                self.assertTrue(self.env["res.partner"]._helpcrunch_is_askable(name))

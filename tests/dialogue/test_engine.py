from odoo.tests import tagged

from ..common import CUSTOMER, HUMAN_AGENT, HelpcrunchCase


@tagged("post_install", "-at_install")
class TestEngine(HelpcrunchCase):
    def test_welcome_then_question(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.assertEqual(self.says("Hi", name="Taras"), ["Welcome", "What about?"])
        chat = self.chat()
        self.assertEqual(chat.step_id, ask)
        self.assertTrue(chat.waiting)
        self.assertEqual(chat.partner_id.name, "Taras")

    def test_answer_leads_to_the_step_with_that_alias(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.step("Leads", message="About leads", alias="Ліди")
        self.says("Hi")
        self.assertEqual(self.says("  ліди! "), ["About leads"])
        self.assertEqual(self.says("nonsense"), ["I did not understand."])
        self.assertEqual(self.chat(CUSTOMER).misses, 1)

    def test_start_typed_later_begins_again_and_keeps_history(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.says("Hi")
        self.assertEqual(self.says("/START"), ["Welcome", "What about?"])
        self.assertEqual(len(self.chat().message_ids), 6)

    def test_first_message_that_is_an_alias(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.step("Leads", message="About leads", alias="leads")
        self.assertEqual(self.says("Leads"), ["Welcome", "What about?", "About leads"])

    def test_a_bot_without_start_begins_with_its_first_step(self):
        self.step("First")
        self.step("Second")
        self.assertEqual(self.says("Hi"), ["First"])
        self.assertIn("/start", self.bot.warning)

    def test_filter_sends_one_this_way_and_the_other_that(self):
        other = self.step("Ask for phone")
        phone = self.step(
            "Has phone",
            partner_domain="[('phone', '!=', False)]",
            fallback_step_id=other,
        )
        self.step("Welcome", alias="/start", next_step_id=phone)
        self.assertEqual(
            self.says("Hi", phone="+380671234567"), ["Welcome", "Has phone"]
        )
        self.assertEqual(self.says("Hi", customer=5002), ["Welcome", "Ask for phone"])

    def test_filter_without_fallback_goes_on_and_without_both_rests(self):
        after = self.step("After")
        never = "[('id', '=', 0)]"
        skipped = self.step("Skipped", partner_domain=never, next_step_id=after)
        self.step("Welcome", alias="/start", next_step_id=skipped)
        self.assertEqual(self.says("Hi"), ["Welcome", "After"])
        skipped.next_step_id = False
        self.assertEqual(self.says("Hi", customer=5002), ["Welcome"])
        self.assertFalse(self.chat(5002).waiting)

    def test_an_archived_step_is_passed_by(self):
        after = self.step("After")
        archived = self.step("Archived", next_step_id=after, active=False)
        self.step("Welcome", alias="/start", next_step_id=archived)
        self.assertEqual(self.says("Hi"), ["Welcome", "After"])

    def test_alias_with_a_code_works_only_after_that_step(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        target = self.step("Yes, really")
        self.env["helpcrunch.step.alias"].create(
            {"step_id": target.id, "name": "yes", "code": ask.id}
        )
        other = self.step("Anywhere", alias="anywhere")
        self.says("Hi")
        self.assertEqual(self.says("Yes"), ["Yes, really"])
        self.says("anywhere")
        self.assertEqual(self.chat().step_id, other)
        self.assertEqual(self.says("yes"), ["I did not understand."])

    def test_free_input_takes_the_name_of_a_step(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.step("Доставки", message="About deliveries")
        self.says("Hi")
        self.assertEqual(self.says("доставки"), ["About deliveries"])
        self.assertEqual(self.chat().answer, "доставки")

    def test_free_input_keeps_the_raw_answer_and_goes_on(self):
        thanks = self.step("Thanks", message="You said {{ answer }}.")
        ask = self.step("What about?", "free_input", next_step_id=thanks)
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.says("Hi")
        self.assertEqual(
            self.says("{{ chat.id }} <b>"), ["You said {{ chat.id }} <b>."]
        )

    def test_misses_in_a_row_lead_to_the_bots_step(self):
        self.step("Welcome", alias="/start")
        self.bot.write({"fallback_limit": 2, "fallback_step_id": self.step("Menu").id})
        self.says("Hi")
        self.assertEqual(self.says("x"), ["I did not understand."])
        self.assertEqual(self.says("y"), ["Menu"])
        self.assertEqual(self.chat().misses, 0)

    def test_an_empty_fallback_says_nothing(self):
        self.bot.fallback_message = False
        self.step("Welcome", alias="/start")
        self.says("Hi")
        self.assertEqual(self.says("x"), [])

    def test_circle_is_stopped_and_the_administrator_told(self):
        second = self.step("Second")
        first = self.step("First", alias="/start", next_step_id=second)
        second.next_step_id = first
        self.assertEqual(self.says("Hi"), ["First", "Second", "I did not understand."])
        self.assertEqual(len(self.bot.activity_ids), 1)
        self.assertIn("First → Second → First", self.bot.activity_ids.note)
        self.says("/start")
        self.assertIn("guard", self.codes())
        self.assertEqual(len(self.bot.activity_ids), 1)

    def test_a_long_chain_is_stopped_after_fifty_steps(self):
        step = self.step("Step 60")
        for number in range(59, 1, -1):
            step = self.step(f"Step {number}", next_step_id=step)
        self.step("Step 1", alias="/start", next_step_id=step)
        texts = self.says("Hi")
        self.assertEqual(texts[49:], ["Step 50", "I did not understand."])

    def test_session_timeout_begins_again(self):
        self.bot.session_timeout = 30
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.says("Hi")
        self.chat().last_customer_message_at = "2026-01-01 10:00:00"
        self.assertEqual(self.says("hello"), ["Welcome", "What about?"])

    def test_a_closed_dialogue_begins_again(self):
        self.step("Welcome", alias="/start")
        self.says("Hi")
        chat = self.chat()
        self.helpcrunch.close(int(chat.external_id))
        self.take_in()
        self.assertEqual(chat.state, "done")
        self.assertEqual(self.says("hello"), ["Welcome"])
        self.assertEqual(chat.state, "bot")

    def test_text_written_before_the_question_is_no_answer(self):
        ask = self.step("Your name?", "update_contact", field_id=self.field("name"))
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.helpcrunch.customer_says(CUSTOMER, "Hi", application=2, name="Taras")
        self.helpcrunch.customer_says(CUSTOMER, "I want a bicycle", application=2)
        self.take_in()
        self.assertEqual(self.partner().name, "Taras")
        self.assertIn("before_question", self.codes())
        self.assertTrue(self.chat().waiting)
        self.says("Olena")
        self.assertEqual(self.partner().name, "Olena")

    def test_a_person_who_writes_silences_the_bot(self):
        self.step("Welcome", alias="/start")
        self.says("Hi")
        chat = self.chat()
        self.helpcrunch.agent_says(HUMAN_AGENT, int(chat.external_id), "Can I help?")
        self.take_in()
        self.assertEqual(chat.state, "operator")
        self.assertEqual(self.says("Yes please"), [])
        chat.with_user(self.manager).action_return_to_bot()
        self.assertEqual(self.says("/start"), ["Welcome"])

    def test_machines_never_take_over(self):
        self.step("Welcome", alias="/start")
        self.says("Hi")
        chat = self.chat()
        self.helpcrunch.agent_says(1, int(chat.external_id), "I am HelpBot")
        self.helpcrunch.agent_says(
            HUMAN_AGENT, int(chat.external_id), "Sale!", broadcast_type="manual chat"
        )
        self.helpcrunch.note(HUMAN_AGENT, int(chat.external_id), "A note")
        self.take_in()
        self.assertEqual(chat.state, "bot")
        said = chat.message_ids.filtered(lambda message: not message.is_note)
        self.assertEqual(set(said.mapped("author_type")), {"customer", "bot", "system"})

    def test_placeholders_are_filled_once_and_clipped(self):
        self.step(
            "Welcome",
            alias="/start",
            message='{{ partner.name }} {{ partner.phone | "no phone" }} {{ channel }}',
        )
        name = "{{ chat.id }}" + "x" * 150
        self.assertEqual(self.says("Hi", name=name), [f"{name} no phone Telegram bot"])

    def test_long_text_goes_in_parts(self):
        self.step("Welcome", alias="/start", message="word " * 580)
        texts = self.says("Hi")
        self.assertEqual(len(texts), 3)
        self.assertTrue(all(len(text) <= 1000 for text in texts))

    def test_texts_may_be_joined(self):
        self.bot.join_messages = True
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.assertEqual(self.says("Hi"), ["Welcome\n\nWhat about?"])
        self.step("Leads", message="About leads", alias="leads")
        self.assertEqual(self.says("leads"), ["About leads"])

    def test_language_of_the_contact(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        step = self.step("Welcome", alias="/start")
        step.with_context(lang="uk_UA").message = "Вітаємо"
        self.assertEqual(self.says("Hi", locale="uk"), ["Вітаємо"])
        self.assertEqual(self.partner().lang, "uk_UA")
        self.assertEqual(self.says("Hi", customer=5002, locale="de"), ["Welcome"])

    def test_a_channel_that_no_bot_serves_makes_no_contact(self):
        self.step("Welcome", alias="/start")
        widget = self.account.application_ids.filtered(
            lambda channel: channel.external_id == "1"
        )
        self.bot.application_ids = widget
        before = self.env["res.partner"].search_count([])
        self.assertEqual(self.says("Hi"), [])
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        event = self.env["helpcrunch.event"].search(
            [("event_type", "=", "message.chat.customer")], limit=1
        )
        self.assertEqual((event.state, event.reason), ("ignored", "no_bot"))

    def test_archiving_the_bot_stops_it(self):
        self.step("Welcome", alias="/start")
        self.says("Hi")
        self.bot.active = False
        self.assertEqual(self.says("/start"), [])
        self.assertIn("no_bot", self.codes())

    def test_a_change_of_the_drawing_counts_from_the_next_text(self):
        step = self.step("Welcome", alias="/start")
        self.says("Hi")
        step.message = "Welcome again"
        alias = step.alias_ids
        self.assertEqual(self.says("/start"), ["Welcome again"])
        alias.name = "begin"
        self.assertEqual(self.says("begin"), ["Welcome again"])

"""A standard flow of another addon: a tiny one, which only these tests know."""

import json
from contextlib import ExitStack
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ...models.script.helpcrunch_step import WAIT
from ..common_operators import OperatorCase


def enter_pair(step, chat):
    """Ask the first of two questions, or the second if one is answered."""
    told = (chat.variables or {}).get("pair", [])
    chat._ask(f"Question {len(told) + 1}?", step)
    return WAIT


def receive_pair(step, chat, message):
    if message == "?":
        return chat._count_attempt(
            step, reason="In words, please.", failed_step=step.fallback_step_id
        )
    if message == "nothing":
        return None
    told = [*(chat.variables or {}).get("pair", []), message]
    chat._trace("answer", text=message)
    chat.variables = {"pair": told[:2] if len(told) < 2 else []}
    chat.answer = " and ".join(told)
    return step.next_step_id if len(told) == 2 else enter_pair(step, chat)


def check_pair(step):
    return "its text is missing." if not step.message else None


def lint_pair(step):
    yield "pair", "info", "A pair of questions."


@tagged("post_install", "-at_install")
class TestFlow(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        steps = cls.env.registry["helpcrunch.step"]
        flow = steps._fields["flow"]
        known = [*flow.selection, ("pair", "Pair"), ("note", "Note")]
        verbs = {
            "_enter_flow_pair": enter_pair,
            "_receive_flow_pair": receive_pair,
            "_check_flow_pair": check_pair,
            "_lint_flow_pair": lint_pair,
            "_enter_flow_note": lambda step, chat: (
                chat._say("Noted.", step) or step.next_step_id
            ),
            "_check_flow_note": lambda step: None,
        }
        with ExitStack() as stack:
            # As a function: the labels of a list are read from the database.
            stack.enter_context(patch.object(flow, "selection", lambda model: known))
            stack.enter_context(patch.object(flow, "_selection", dict(known)))
            for name, function in verbs.items():
                stack.enter_context(patch.object(steps, name, function, create=True))
            cls.addClassCleanup(stack.pop_all().close)
        cls.pair = cls.step(
            "A pair", alias="pair", flow="pair", next_step_id=cls.thanks, max_attempts=2
        )
        cls.step("Elsewhere", alias="elsewhere")

    def begin(self):
        """Let a customer come to the first question."""
        self.says("Hi")
        self.assertEqual(self.says("pair"), ["A pair", "Question 1?"])

    # === A DIALOGUE === #

    def test_text_questions_and_then_the_next_step(self):
        self.begin()
        self.assertTrue(self.chat().waiting)
        self.assertEqual(self.says("One"), ["Question 2?"])
        self.assertEqual(self.says("Two"), ["Thank you"])
        self.assertEqual(self.codes(), ["answer", "enter", "rest"])
        self.assertEqual(self.chat().answer, "One and Two")
        self.assertFalse(self.chat().waiting)

    def test_at_its_end_without_a_next_step_the_dialogue_rests(self):
        self.pair.next_step_id = False
        self.begin()
        self.says("One")
        self.assertEqual(self.says("Two"), [])
        self.assertEqual(self.says("Three"), ["I did not understand."])

    def test_one_that_asks_nothing_goes_on(self):
        self.pair.flow = "note"
        self.says("Hi")
        self.assertEqual(self.says("pair"), ["A pair", "Noted.", "Thank you"])
        self.assertFalse(self.pair.waits)

    def test_what_was_written_before_a_question_is_no_answer_to_it(self):
        self.begin()
        for text in ("One", "hurry up"):
            self.helpcrunch.customer_says(5001, text, application=2)
        self.take_in()
        self.assertIn("before_question", self.codes())
        self.assertEqual(self.chat().answer, "One")
        self.assertEqual(self.says("Two"), ["Question 2?", "Thank you"])
        self.assertEqual(self.chat().answer, "One and Two")

    def test_each_question_has_its_own_attempts(self):
        self.begin()
        self.assertEqual(self.says("?"), ["In words, please."])
        self.assertEqual(self.says("One"), ["Question 2?"])
        self.assertEqual(self.says("?"), ["In words, please."])
        self.assertEqual(self.says("Two"), ["Thank you"])

    def test_after_the_last_attempt_it_goes_where_the_flow_says(self):
        self.pair.fallback_step_id = self.step("Never mind")
        self.begin()
        self.says("?")
        self.assertEqual(self.says("?"), ["Never mind"])
        self.assertIn("failed", self.codes())

    def test_what_it_cannot_take_is_a_miss(self):
        self.begin()
        self.assertEqual(self.says("nothing"), ["I did not understand."])
        self.assertTrue(self.chat().waiting)
        self.assertEqual(self.says("One"), ["Question 2?"])

    # === AWAY, AND BACK === #

    def test_a_phrase_is_an_answer_and_a_command_leads_away(self):
        self.begin()
        self.assertEqual(self.says("elsewhere"), ["Question 2?"])
        self.assertEqual(self.says("/elsewhere"), ["Elsewhere"])
        self.assertEqual(self.says("pair"), ["A pair", "Question 2?"])
        self.assertEqual(self.says("Two"), ["Thank you"])
        self.assertEqual(self.chat().answer, "elsewhere and Two")

    def test_a_call_for_a_person_is_heard_and_a_phrase_for_one_is_not(self):
        self.begin()
        self.assertEqual(self.says("help me"), ["Question 2?"])
        self.assertEqual(self.says("operator"), ["One moment.", "Olena is here."])

    def test_opting_out_leaves_the_question_open(self):
        self.begin()
        self.says("STOP")
        self.assertTrue(self.chat().customer_id.opt_out)
        self.assertEqual(self.says("One"), ["Question 2?"])

    def test_whoever_takes_over_gives_it_back_where_it_was(self):
        self.begin()
        self.says("One")
        self.agent_writes("Can I help?")
        self.assertEqual(self.says("Yes"), [])
        self.chat().with_user(self.manager).action_return_to_bot()
        self.settle()
        self.assertEqual(self.texts()[-2:], ["A pair", "Question 2?"])
        self.says("Two")
        self.assertEqual(self.texts()[-2:], ["Question 2?", "Thank you"])
        self.assertEqual(self.chat().answer, "One and Two")

    def test_after_a_long_silence_it_is_taken_up(self):
        self.bot.session_timeout = 30
        self.begin()
        self.says("One")
        self.chat().last_customer_message_at = "2026-01-01 10:00:00"
        self.assertEqual(self.says("I am back"), ["Welcome"])
        self.assertEqual(self.says("pair"), ["A pair", "Question 2?"])

    def test_one_that_fails_is_passed_by(self):
        def fail(step, chat, message):
            raise UserError("Out of order.")

        self.begin()
        with (
            patch.object(type(self.pair), "_receive_flow_pair", fail),
            mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues"),
        ):
            self.assertEqual(self.says("One"), ["Thank you"])
        self.assertIn("refused", self.codes())

    # === THE DRAWING === #

    def test_only_a_text_takes_one(self):
        with self.refused("takes no standard flow"):
            self.pair.step_type = "free_input"
        with self.refused("takes no standard flow"):
            self.step("Say more", "free_input", flow="pair")

    def test_the_form_takes_it_back_with_the_type(self):
        with Form(self.pair) as form:
            self.assertFalse(form._get_modifier("flow", "readonly"))
            form.step_type = "free_input"
            self.assertTrue(form._get_modifier("flow", "readonly"))
        self.assertEqual(self.pair.flow, "default")

    def test_it_checks_its_own_drawing(self):
        with self.refused("its text is missing"):
            self.pair.message = False

    def test_its_problems(self):
        self.pair.next_step_id = False
        found = {
            problem["code"]
            for problem in self.bot.with_user(self.manager).get_problems()
            if problem["step_id"] == self.pair.id
        }
        self.assertEqual(found, {"pair"})

    def test_a_question_breaks_a_circle(self):
        self.pair.next_step_id = self.pair.copy({"next_step_id": self.pair.id})
        codes = {row["code"] for row in self.bot.get_problems()}
        self.assertNotIn("circle", codes)
        self.pair.flow = "default"
        self.pair.next_step_id.flow = "default"
        self.assertIn("circle", {row["code"] for row in self.bot.get_problems()})

    def test_the_picture_names_it(self):
        picture = self.bot.with_user(self.manager).get_picture()
        names = {step["id"]: step["type_name"] for step in picture["steps"]}
        self.assertEqual(names[self.pair.id], "Pair")
        self.assertEqual(names[self.thanks.id], "Text")

    def test_a_file_holds_it(self):
        bots = self.as_manager("helpcrunch.bot")
        content = self.bot.with_user(self.manager).export_json()
        told = bots.import_json(content)
        self.assertEqual(told["missing"], [])
        copied = bots.browse(told["bot_id"]).step_ids
        flows = {step.name: step.flow for step in copied}
        self.assertEqual(flows["A pair"], "pair")

    def test_where_it_is_not_known_the_step_is_a_text(self):
        data = json.loads(self.bot.with_user(self.manager).export_json())
        (row,) = [step for step in data["steps"] if step["name"] == "A pair"]
        row["flow"] = "horoscope"
        bots = self.as_manager("helpcrunch.bot")
        told = bots.import_json(json.dumps(data))
        self.assertIn("horoscope", told["missing"][0])
        copied = bots.browse(told["bot_id"]).step_ids
        flows = {step.name: step.flow for step in copied}
        self.assertEqual(flows["A pair"], "default")

    # === WHAT ONE SEES === #

    def test_it_can_be_tried(self):
        def tell(chat, env):
            return [f"Told: {chat.answer}."] if chat.answer else []

        with patch.object(type(self.chat()), "_tell_effects", tell):
            turns = self.bot.with_user(self.manager).try_dialogue(
                ["One", "Two"], {"step_id": self.pair.id}
            )["turns"]
        self.assertEqual(
            [turn["said"] for turn in turns],
            [["A pair", "Question 1?"], ["Question 2?"], ["Thank you"]],
        )
        self.assertIn("Told: One.", turns[1]["effects"])
        self.assertIn("Told: One and Two.", turns[2]["effects"])
        self.assertNotIn("Told: One.", turns[2]["effects"])

    def test_its_words_in_why(self):
        def sentences(chat):
            return {"answer": "A pair was told “%(text)s”."}

        self.begin()
        self.says("One")
        with patch.object(type(self.chat()), "_get_trace_sentences", sentences):
            why = self.chat().with_user(self.manager).why
        self.assertIn("A pair was told “One”.", why)

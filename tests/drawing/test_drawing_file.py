"""A bot as a file: out, in, out again; and files that are none."""

import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import add_ukrainian
from ..common_operators import OperatorCase

PIXEL = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9aw"
        "AAAABJRU5ErkJggg=="
    )
).decode()


class DrawingCase(OperatorCase):
    """A bot with a step of every type, media and translations."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_ukrainian(cls.env)
        phone = cls.env["ir.model.fields"].browse(cls.field("phone"))
        tag = cls.env["res.partner.category"].create({"name": "From the chat"})
        cls.lead = cls.step(
            "A lead", "create_lead", alias="lead", lead_type="opportunity"
        )
        cls.step(
            "Number?",
            "update_contact",
            alias="number",
            field_id=phone,
            merge_by_phone=True,
            add_category_ids=[(6, 0, tag.ids)],
            next_step_id=cls.lead,
            failed_step_id=cls.thanks,
            partner_domain="[('phone', '=', False)]",
            fallback_step_id=cls.lead,
        )
        cls.choice = cls.step(
            "Which?",
            "choice",
            alias=["which", "що"],
            answer_ids=[
                (0, 0, {"name": "Red", "target_step_id": cls.thanks.id}),
                (0, 0, {"name": "Blue", "sequence": 20}),
            ],
            next_step_id=cls.thanks,
        )
        cls.ask = cls.step("Anything else?", "free_input", next_step_id=cls.choice)
        cls.news = cls.step(
            "News",
            "schedule",
            next_run="2100-01-01 07:00:00",
            run_time=9,
            next_step_id=cls.ask,
        )
        cls.step(
            "More",
            media_ids=[
                (
                    0,
                    0,
                    {
                        "name": "Dot",
                        "filename": "dot.png",
                        "media_type": "image",
                        "attachment": PIXEL,
                    },
                )
            ],
            alias_ids=[(0, 0, {"name": "more", "code": cls.choice.id})],
        )
        cls.choice.with_context(lang="uk_UA").message = "Який?"
        cls.choice.answer_ids[0].with_context(lang="uk_UA").name = "Червоний"
        cls.bot.fallback_step_id = cls.choice
        cls.bot.with_context(lang="uk_UA").fallback_message = "Не розумію."
        cls.bots = cls.as_manager("helpcrunch.bot")

    def export(self, bot=None):
        self.env.invalidate_all()
        return (bot or self.bot).with_user(self.manager).export_json()


@tagged("post_install", "-at_install")
class TestDrawingFile(DrawingCase):
    def test_out_in_and_out_again_is_the_same(self):
        text = self.export()
        report = self.bots.import_json(text)
        bot = self.bots.browse(report["bot_id"])
        self.assertNotEqual(bot, self.bot)
        self.assertEqual(report["missing"], [])
        self.assertEqual(len(report["new"]), len(self.bot.step_ids))
        self.assertEqual(self.export(bot), text)
        self.assertFalse(bot.live)

    def test_the_example_too(self):
        example = self.bots._create_example()
        text = self.export(example)
        twin = self.bots.browse(self.bots.import_json(text)["bot_id"])
        self.assertEqual(self.export(twin), text)

    def test_an_older_file_does_not_know_what_is_new(self):
        """Switches that it does not tell of are as they are for a new bot."""
        data = json.loads(self.export())
        for step in data["steps"]:
            del step["active"]
        del data["bot"]["join_messages"]
        bot = self.bots.browse(self.bots.import_json(json.dumps(data))["bot_id"])
        self.assertEqual(len(bot.step_ids), len(data["steps"]))
        self.assertFalse(bot.join_messages)

    def test_it_has_no_ids(self):
        def walk(value):
            for item in value.values() if isinstance(value, dict) else value:
                if isinstance(item, dict | list):
                    yield from walk(item)
                elif isinstance(item, int) and not isinstance(item, bool):
                    yield item

        ids = {*self.bot.step_ids.ids, self.queue.id, self.account.id} - set(range(200))
        self.assertFalse(ids & set(walk(json.loads(self.export()))))

    def test_over_a_bot(self):
        text = self.export()
        self.choice.message = "Which one?"
        self.thanks.active = False
        new = self.step("Brand new", alias="brand")
        report = self.bots.import_json(text, self.bot.id)
        self.assertEqual(report["bot_id"], self.bot.id)
        self.assertIn(
            "Step “Which?”: Text (English (US)) changed from “Which one?” to “Which?”.",
            report["changed"],
        )
        self.assertEqual(report["archived"], ["Step “Brand new” is archived."])
        self.assertFalse(new.active)
        self.assertTrue(self.thanks.active)
        new.unlink()
        self.assertEqual(self.export(), text)

    def test_only_told(self):
        text = self.export()
        self.choice.message = "Which one?"
        before = self.export()
        report = self.bots.import_json(text, self.bot.id, dry_run=True)
        self.assertTrue(report["changed"])
        self.assertEqual(self.export(), before)
        self.assertFalse(self.bots.import_json(text, dry_run=True)["bot_id"])

    def test_what_is_not_there_stays_empty(self):
        seller = self._user("seller", "Seller")
        self.lead.lead_user_id = seller
        data = json.loads(self.export())
        text = json.dumps(data).replace('"seller"', '"gone"')
        report = self.bots.import_json(text)
        self.assertEqual(len(report["missing"]), 1)
        self.assertIn("gone", report["missing"][0])
        self.assertFalse(
            self.bots.browse(report["bot_id"]).step_ids.mapped("lead_user_id")
        )

    def test_a_customer_in_the_middle_goes_on(self):
        self.says("which")
        text = self.export()
        self.choice.with_user(self.manager).message = "Which colour?"
        self.bots.import_json(text, self.bot.id)
        self.assertEqual(self.says("Red"), ["Thank you"])

    def test_media_that_stay_keep_their_links(self):
        media = self.bot.step_ids.media_ids
        token = self.by_machine(media).token
        self.bots.import_json(self.export(), self.bot.id)
        self.assertEqual(self.by_machine(self.bot.step_ids.media_ids).token, token)

    def test_by_the_window(self):
        text = self.export()
        self.choice.message = "Which one?"
        form = Form(self.as_manager("helpcrunch.bot.import"))
        form.content = base64.b64encode(b"no file of a bot")
        wizard = form.save()
        wizard.action_look()
        self.assertIn("no file of a bot", wizard.report)
        wizard.content = base64.b64encode(text.encode())
        wizard.bot_id = self.bot
        self.assertEqual(wizard.action_look()["res_id"], wizard.id)
        self.assertIn("“Which one?” to “Which?”", wizard.report)
        self.assertEqual(self.choice.message, "Which one?")
        action = wizard.action_import()
        self.assertEqual(action["res_id"], self.bot.id)
        self.assertEqual(self.export(), text)

    def test_the_file_is_downloaded(self):
        live = self.bot.with_user(self.manager)
        self.assertIn("/export_file/Shop.json", live.action_export()["url"])
        self.assertEqual(
            base64.b64decode(live.export_file).decode(), live.export_json()
        )

    # === FILES THAT ARE NONE === #

    def test_what_is_no_file_changes_nothing(self):
        good = json.loads(self.export())

        def spoilt(**changes):
            return json.dumps({**good, **changes})

        def with_step(**changes):
            steps = [dict(step) for step in good["steps"]]
            steps[0] = {**steps[0], **changes}
            return spoilt(steps=steps)

        before = self.export()
        for text in (
            "",
            "{",
            "[]",
            "null",
            "1" * 5000,
            "[" * 100000,
            '{"a": NaN}',
            json.dumps({"format": "something else"}),
            spoilt(format_version=99),
            spoilt(format_version="1"),
            spoilt(bot=[]),
            spoilt(bot={"name": ""}),
            spoilt(steps={}),
            spoilt(steps=[1]),
            spoilt(steps=[good["steps"][0]] * 2),
            with_step(step_type="magic"),
            with_step(code=None),
            with_step(sequence="first"),
            with_step(sequence=True),
            with_step(next_step_id="nobody"),
            with_step(next_step_id={"a": 1}),
            with_step(message="not by language"),
            with_step(message={"en_US": 5}),
            with_step(alias_ids={}),
            with_step(alias_ids=[{"name": "x", "match": "magic"}]),
            with_step(partner_domain="__import__('os')"),
            with_step(partner_domain="[('no_such_field', '=', 1)]"),
            with_step(lead_tag_ids="all"),
            with_step(queue_id={"name": 5}),
            with_step(active="yes"),
        ):
            for bot_id in (None, self.bot.id):
                with self.subTest(text=text[:80], bot=bot_id):
                    with self.assertRaises(UserError):
                        self.bots.import_json(text, bot_id)
                    self.assertEqual(self.export(), before)

    def test_managers_only(self):
        text = self.export()
        for user in (self.olena,):
            bots = self.env["helpcrunch.bot"].with_user(user)
            with self.assertRaises(AccessError):
                bots.import_json(text)
            with self.assertRaises(AccessError):
                bots.browse(self.bot.id).export_json()


@tagged("post_install", "-at_install")
class TestVersions(DrawingCase):
    def test_saved_and_restored(self):
        text = self.export()
        self.bot.with_user(self.manager).action_save_version()
        version = self.bot.with_user(self.manager).version_ids
        self.assertEqual((version.number, version.name), (1, "Saved by hand"))
        self.assertEqual(version.differences, "Nothing is another now.")
        self.choice.message = "Which one?"
        version.invalidate_recordset()
        self.assertIn("“Which?” to “Which one?”", version.differences)
        version.action_restore()
        self.assertEqual(self.export(), text)
        self.assertEqual(
            self.bot.version_ids.sorted("number")[-1].name,
            "Before version 1 was restored",
        )

    def test_one_a_day_on_which_it_changed(self):
        model = self.env["helpcrunch.bot"]
        model._cron_keep_versions()
        model._cron_keep_versions()
        self.assertEqual(len(self.bot.version_ids), 1)
        self.choice.message = "Which one?"
        model._cron_keep_versions()
        self.assertEqual(len(self.bot.version_ids), 2)

    def test_a_version_whose_type_is_gone(self):
        self.bot.with_user(self.manager).action_save_version()
        version = self.bot.with_user(self.manager).version_ids
        packed = version._read_content()
        packed["steps"][0]["step_type"] = "magic"
        before = self.export()
        with self.assertRaises(UserError):
            self.bot.with_user(self.manager)._load_drawing(packed)
        self.assertEqual(self.export(), before)

    def test_a_draft_is_drawn_and_published(self):
        self.says("which")
        live = self.bot.with_user(self.manager)
        draft = self.bots.browse(live.action_make_draft()["res_id"])
        self.assertEqual((draft.live, draft.draft_of_id), (False, live))
        question = draft.step_ids.filtered(lambda row: row.code == self.choice.code)
        question.message = "Which colour?"
        gone = draft.step_ids.filtered(lambda row: row.name == "More")
        gone.active = False
        self.assertEqual(self.choice.message, "Which?")
        self.assertEqual(self.says("?"), ["Which?\n1. Red\n2. Blue"])
        draft.action_publish()
        self.assertEqual(self.choice.message, "Which colour?")
        self.assertFalse(draft.active)
        self.assertTrue(live.live)
        self.assertEqual(live.name, "Shop")
        self.assertEqual(self.says("?"), ["Which colour?\n1. Red\n2. Blue"])

    def test_a_customer_at_a_step_that_is_gone_begins_anew(self):
        self.says("which")
        draft = self.bots.browse(
            self.bot.with_user(self.manager).action_make_draft()["res_id"]
        )
        welcome = draft.step_ids.filtered(lambda row: row.name == "Welcome")
        draft.fallback_step_id = False
        gone = draft.step_ids.filtered(lambda row: row.code == self.choice.code)
        (gone._find_users() - gone).next_step_id = welcome
        gone.active = False
        draft.action_publish()
        self.assertEqual(self.says("1"), ["Welcome"])

    def test_a_schedule_does_not_run_again_because_of_it(self):
        draft = self.bots.browse(
            self.bot.with_user(self.manager).action_make_draft()["res_id"]
        )
        self.by_machine(self.news).write(
            {"next_run": "2100-01-02 07:00:00", "executed_at": "2100-01-01 07:00:00"}
        )
        draft.action_publish()
        self.assertEqual(str(self.news.next_run), "2100-01-02 07:00:00")

    def test_a_copy_is_a_bot_of_its_own(self):
        copy = self.bot.with_user(self.manager).copy()
        self.assertEqual(len(copy.step_ids), len(self.bot.step_ids))
        self.assertFalse(copy.step_ids & self.bot.step_ids)
        self.assertFalse(copy.version_ids)

    def test_what_is_no_draft_is_not_published(self):
        with self.assertRaises(UserError):
            self.bot.with_user(self.manager).action_publish()

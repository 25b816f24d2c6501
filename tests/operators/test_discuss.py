import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.mail.tools.discuss import Store

from ...tools.text import html_to_markdown
from ..common_operators import OperatorCase
from ..roles.test_screens import PIXEL


@tagged("post_install", "-at_install")
class TestDiscuss(OperatorCase):
    """A dialogue in Odoo Discuss, as operators who are no administrators."""

    def info(self, user=None):
        return self.channel().with_user(user or self.olena)._get_helpcrunch_info()

    def test_what_was_said_before_is_there(self):
        self.says("Hi", name="<b>Taras</b>")
        self.says("help me")
        channel = self.channel()
        self.assertEqual(channel.channel_type, "helpcrunch")
        self.assertEqual(channel.name, "<b>Taras</b> · Telegram bot")
        self.assertEqual(channel.channel_partner_ids, self.olena.partner_id)
        history, last = channel.message_ids.sorted("id")
        self.assertIn("Conversation so far", history.body)
        self.assertIn("Welcome", history.body)
        self.assertIn("&lt;b&gt;Taras", history.body)
        self.assertEqual(last.author_id, self.partner())
        self.assertEqual(last.body.striptags(), "help me")
        self.assertIn("Olena is here.", history.body)

    def test_the_customers_words_arrive_and_are_announced(self):
        self.connect()
        member = self.channel().channel_member_ids
        before = member.message_unread_counter
        self.says("<script>alert(1)</script> https://ucarecdn.com/x/photo.jpg")
        message = self.channel().message_ids[0]
        self.assertEqual(message.author_id, self.partner())
        self.assertIn("&lt;script&gt;", message.body)
        self.assertIn('href="https://ucarecdn.com/x/photo.jpg"', message.body)
        self.assertEqual(message.message_type, "comment")
        member.invalidate_recordset()
        self.assertEqual(member.message_unread_counter, before + 1)

    def test_formatting_is_reduced_and_files_are_links(self):
        self.connect()
        message = self.writes(
            self.olena,
            "<p>Look at <b>this</b></p>",
            attachments=[("red bicycle.png", base64.b64decode(PIXEL))],
        )
        texts = self.texts()
        # HelpCrunch tells the text with its formatting, if it has any.
        self.assertEqual(texts[-2], "Look at **this**")
        self.assertIn("/web/content/", texts[-1])
        self.assertIn("/red_bicycle.png?access_token=", texts[-1])
        calls = self.env["helpcrunch.outbox"].search(
            [("chat_id", "=", self.chat().id)], limit=2
        )
        self.assertEqual(calls[1].payload["markdown"], "Look at **this**")
        self.assertEqual(
            message._get_helpcrunch_deliveries()[message.id]["state"], "sent"
        )

    def test_a_file_has_its_name_and_a_plain_address(self):
        self.connect()
        self.writes(self.olena, "", attachments=[("ціни [2026].txt", b"1")])
        self.assertRegex(
            self.texts()[-1],
            r"^\[ціни 2026.txt\]\(http\S+/2026.txt\?access_token=\S+\)$",
        )

    def test_a_colleague_reads_nothing_twice(self):
        self.add_operator(self.petro)
        self.connect(name="Taras")
        self.says("I want a bicycle")
        self.env.cr.execute("UPDATE mail_message SET create_date = now()")
        self.env.invalidate_all()
        self.orders(self.olena, "/transfer Petro")
        lines = self.lines()
        self.assertEqual(lines.count("I want a bicycle"), 1)
        self.assertIn("Taras is waiting for you.", lines)
        # Nor is there a second history for what the bot said in between.
        told = [line for line in lines if line.startswith("Conversation so far")]
        self.assertEqual(len(told), 1)
        self.assertIn("Shop: Petro is here.", lines)
        member = self.channel().channel_member_ids
        self.assertEqual(member.partner_id, self.petro.partner_id)
        self.assertTrue(member.message_unread_counter)

    def test_placeholders_of_an_operator_are_just_text(self):
        self.connect()
        self.writes(self.olena, "{{ partner.name }}")
        self.assertEqual(self.texts()[-1], "{{ partner.name }}")

    def test_a_failed_message_is_sent_again(self):
        chat = self.connect()
        line = self.writes(self.olena, "Hello")
        own = chat.message_ids.filtered(lambda row: row.mail_message_id == line)
        call = self.env["helpcrunch.outbox"].search([("message_id", "=", own.id)])
        call.write({"state": "failed", "error": "refused"})
        own.write({"state": "failed", "error": "refused"})
        self.assertEqual(
            line._get_helpcrunch_deliveries()[line.id],
            {"state": "failed", "error": "refused"},
        )
        channel = self.channel()
        with self.assertRaises(AccessError):
            channel.with_user(self.petro).helpcrunch_send_again(line.id)
        channel.with_user(self.olena).helpcrunch_send_again(line.id)
        self.assertEqual(own.state, "outgoing")
        with self.enter_test_mode_if_needed():
            self.env["helpcrunch.outbox"]._cron_deliver()
            self.work()
        self.env.invalidate_all()
        self.assertEqual(own.state, "sent")

    def test_the_web_client_knows_what_it_shows(self):
        self.connect(phone="+380671234567")
        message = self.writes(self.olena, "Hello")
        channel = self.channel().with_user(self.olena)
        data = Store().add(channel).get_result()["discuss.channel"][0]
        self.assertEqual(data["helpcrunch_info"], self.info())
        self.assertTrue(self.info()["is_open"])
        self.assertEqual(self.info()["partner"]["id"], self.partner().id)
        data = Store().add(message.with_user(self.olena)).get_result()
        self.assertEqual(
            data["mail.message"][0]["helpcrunch_delivery"]["state"], "sent"
        )

    def test_a_closed_dialogue_is_read_only(self):
        self.connect()
        self.orders(self.olena, "/close")
        self.assertFalse(self.info()["is_open"])
        with self.refused("This dialogue is closed"):
            self.writes(self.olena, "One more thing")
        before = self.texts()
        self.orders(self.olena, "/lead too late")
        self.assertEqual(self.texts(), before)
        self.assertFalse(self.chat().lead_ids)

    def test_a_text_that_crosses_the_closing_is_not_sent(self):
        chat = self.connect()
        self.helpcrunch.close(int(chat.external_id))
        channel = self.channel().with_user(self.olena)
        message = channel.message_post(body="Too late", message_type="comment")
        with self.enter_test_mode_if_needed():
            for webhook in self.helpcrunch.captured(clear=True):
                self.receive(webhook)
        # The operator's own turn came first: it was sent. Now the other way round.
        self.settle()
        self.env["helpcrunch.event"]._process_soon(chat.ids)
        chat._store_own_event(
            "operator.said",
            {"user": self.olena.id, "mail_message": message.id, "text": "Later still"},
        )
        self.settle()
        self.assertNotIn("Later still", self.texts())
        line = chat.message_ids.filtered(lambda row: row.body == "Later still")
        self.assertEqual(line.state, "cancelled")

    def test_the_same_channel_opens_again_for_the_next_operator(self):
        self.add_operator(self.petro)
        chat = self.connect()
        channel = self.channel()
        self.orders(self.olena, "/resume")
        self.says("help me")
        self.assertEqual(chat.user_id, self.petro)
        self.assertEqual(self.channel(), channel)
        self.assertEqual(channel.channel_partner_ids, self.petro.partner_id)
        self.assertTrue(self.info(self.petro)["is_open"])

    def test_what_was_sent_cannot_be_changed(self):
        self.connect()
        message = self.writes(self.olena, "Hello")
        channel = self.channel().with_user(self.olena)
        with self.assertRaises(UserError):
            channel._message_update_content(message, body="Something else")

    def test_nobody_else_gets_in(self):
        self.connect()
        channel = self.channel()
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        for user in (self.petro, clerk):
            with self.subTest(user=user.login):
                self.assertFalse(channel.with_user(user).has_access("read"))
                with self.assertRaises(AccessError):
                    channel.with_user(user).execute_command_helpcrunch(body="/close")
        self.assertFalse(self.chat().with_user(self.petro).has_access("read"))
        self.assertTrue(self.chat().with_user(self.olena).has_access("read"))
        with self.assertRaises(AccessError):
            self.chat().with_user(self.olena).state = "done"

    def test_only_colleagues_can_be_added(self):
        self.connect()
        channel = self.channel()
        portal = new_test_user(self.env, "portal", "base.group_portal")
        for outsider in (portal.partner_id, self.partner()):
            with self.refused("Only colleagues"):
                channel._add_members(partners=outsider)
        with self.refused("Only colleagues"):
            guest = self.env["mail.guest"].create({"name": "Guest"})
            channel._add_members(guests=guest)
        channel.with_user(self.olena).add_members(self.petro.partner_id.ids)
        self.assertIn(self.petro.partner_id, channel.channel_partner_ids)
        self.assertFalse(channel.with_user(self.olena).is_editable)

    def test_nobody_binds_a_channel_to_a_dialogue(self):
        """Whoever could would read it, and write to its customer."""
        self.connect()
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        channels = self.env["discuss.channel"]
        for user, vals in (
            (clerk, {"helpcrunch_chat_id": self.chat().id, "channel_type": "group"}),
            (clerk, {"channel_type": "helpcrunch"}),
            (self.olena, {"channel_type": "helpcrunch"}),
        ):
            with self.refused("made and changed by the bot|takes the role"):
                channels.with_user(user).create({"name": "x", **vals})
        channel = self.channel().with_user(self.olena)
        for vals in (
            {"helpcrunch_chat_id": False},
            {"helpcrunch_session_id": False},
            {"active": False},
            {"name": "Somebody else"},
        ):
            with self.assertRaises(AccessError):
                channel.write(vals)
        with self.assertRaises(AccessError):
            channel.channel_rename("Somebody else")
        with self.refused("then you may leave it"):
            channel.action_unfollow()

    def test_an_archived_channel_opens_again(self):
        self.connect()
        channel = self.channel()
        self.orders(self.olena, "/resume")
        self.by_machine(channel).active = False
        self.says("help me")
        self.assertTrue(channel.active)
        self.assertEqual(self.channel(), channel)

    def test_what_was_said_is_not_rewritten_behind_the_screens(self):
        self.connect()
        message = self.writes(self.olena, "Hello").with_user(self.olena)
        for change in (lambda: message.write({"body": "Other"}), message.unlink):
            with self.assertRaises(AccessError):
                change()

    def test_invisible_characters_hide_no_command(self):
        self.connect()
        before = self.texts()
        self.writes(self.olena, "\u200b\ufeff/lead secret")
        self.assertEqual(self.texts(), before)
        self.assertEqual(self.chat().lead_ids.name, "secret")

    def test_the_mirror_is_as_old_as_its_lines(self):
        self.connect()
        channel = self.channel()
        self.orders(self.olena, "/close")
        channel.last_interest_dt = "2020-01-01 00:00:00"
        self.env["helpcrunch.message"]._gc_old_messages()
        self.assertFalse(channel.exists())

    def test_erasing_a_dialogue_takes_discuss_along(self):
        chat = self.connect()
        channel = self.channel()
        messages = channel.message_ids
        chat.unlink()
        self.assertFalse(channel.exists())
        self.assertFalse(messages.exists())

    def test_canned_answers_are_there_for_operators(self):
        group = self.env.ref("helpcrunch_chatbot.group_operator")
        answer = self.env["mail.canned.response"].create(
            {
                "source": "hours",
                "substitution": "We are open from nine to six.",
                "group_ids": [(4, group.id)],
            },
        )
        canned = self.env["mail.canned.response"].with_user(self.olena)
        self.assertIn(answer, canned.search([("source", "=", "hours")]))

    def test_leaving_is_no_way_to_drop_a_customer(self):
        self.connect()
        self.orders(self.olena, "/leave")
        self.channel().with_user(self.olena).execute_command_leave()
        self.assertEqual(self.channel().channel_partner_ids, self.olena.partner_id)

    def test_html_to_markdown(self):
        for html, text, markdown in (
            ("<p>Hello</p>", "Hello", None),
            ("Hello<br>there", "Hello\nthere", None),
            ("<p>a <b>b </b>c</p>", "a b c", "a **b** c"),
            ("<p><i>x</i></p><p>y</p>", "x\n\ny", "*x*\n\ny"),
            (
                '<a href="https://x.ua/">shop</a>',
                "shop (https://x.ua/)",
                "[shop](https://x.ua/)",
            ),
            ('<a href="https://x.ua/">https://x.ua/</a>', "https://x.ua/", None),
            ('<a href="javascript:x()">y</a>', "y", None),
            ("<ul><li>one</li><li>two</li></ul>", "- one\n\n- two", None),
            ("&lt;b&gt; 1 &amp; 2", "<b> 1 & 2", None),
            ("", "", None),
        ):
            with self.subTest(html=html):
                self.assertEqual(html_to_markdown(html), (text, markdown))

"""A customer logs in by a link: what happens in the dialogue, and to whom."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import LOGIN_PATH
from ..common import CUSTOMER, TELEGRAM
from ..common_logins import LINK, LoginCase

_QUIET = mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues")


@tagged("post_install", "-at_install")
class TestLogin(LoginCase):
    def setUp(self):
        super().setUp()
        # A turn in which a step is refused is taken twice, with a word in the log.
        self.enterContext(_QUIET)

    def test_the_way(self):
        self.says("Hi")
        former = self.partner()
        (text,) = self.says("login")
        self.assertTrue(text.startswith("Please log in:\nhttp"), text)
        chat = self.chat()
        self.assertTrue(chat.waiting)
        self.confirms(self.oksana, self.link([text]))
        self.assertEqual(self.reads()[-2:], ["A lead", "What do you need?"])
        self.assertEqual(
            self.reads()[-3], "You are logged in as Oksana. Write /logout to end it."
        )
        login = self.active()
        self.assertEqual(login.user_id, self.oksana)
        self.assertEqual(chat.customer_id.user_id, self.oksana)
        self.assertEqual(chat.partner_id, self.oksana.partner_id)
        self.assertEqual(chat.customer_id.partner_id, self.oksana.partner_id)
        self.assertEqual(login.former_partner_id, former)
        lead = chat.lead_ids
        self.assertEqual((lead.user_id, lead.create_uid), (self.oksana, self.oksana))
        self.assertEqual(lead.partner_id, self.oksana.partner_id)
        self.assertEqual(lead.helpcrunch_step_id, self.lead_step)
        self.assertIn("login", self.codes())
        self.assertIn("“Oksana” has confirmed", chat.with_user(self.manager).why)

    def test_words_of_the_drawing(self):
        self.login.with_user(self.manager).write(
            {"done_message": "Hello {{ partner.name }}", "logout_message": "Bye"}
        )
        self.logs_in()
        self.assertIn("Hello Oksana", self.reads())
        self.assertEqual(self.says("/logout"), ["Bye"])

    def test_logout_gives_the_contact_back(self):
        self.says("Hi")
        former = self.partner()
        login = self.logs_in()
        self.assertEqual(self.says("/logout"), ["You are logged out."])
        chat = self.chat()
        self.assertFalse(chat.customer_id.user_id)
        self.assertEqual((chat.partner_id, chat.customer_id.partner_id), (former,) * 2)
        self.assertEqual((login.state, login.end_reason), ("ended", "logout"))
        self.assertTrue(login.ended_at)
        self.assertTrue(chat.waiting, "the question stays open")
        self.assertEqual(self.says("/logout"), ["I did not understand."])

    def test_logout_while_somebody_answers(self):
        self.logs_in()
        self.chat().with_user(self.manager).action_pause()
        self.settle()
        self.assertEqual(self.says("/logout"), [])
        self.assertFalse(self.chat().customer_id.user_id)
        self.assertIn("login_ended", self.codes())

    def test_logout_and_a_link_that_is_open(self):
        path = self.asks()
        self.assertEqual(self.says("/logout"), ["You are logged out."])
        self.assertIn("newer link", self.tells(self.opens(self.oksana, path)))

    def test_the_word_may_lead_somewhere_too(self):
        self.step("See you", alias="/logout")
        self.logs_in()
        self.assertEqual(self.says("/logout"), ["You are logged out.", "See you"])
        self.assertEqual(self.says("/logout"), ["See you"])

    def test_no_command_no_end(self):
        self.logs_in()
        self.says("logout")
        self.assertTrue(self.chat().customer_id.user_id)

    # === THE LINK === #

    def test_the_token_stays_nowhere(self):
        path = self.asks()
        token = path.rsplit("/", 1)[1]
        # Somebody quotes it, too.
        self.says(f"What is http://example.com{path}?", customer=5002)
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT table_name, column_name FROM information_schema.columns
             WHERE table_schema = current_schema AND data_type IN
                   ('text', 'character varying', 'jsonb', 'json')
               AND table_name IN (SELECT relname FROM pg_class WHERE relkind = 'r')
            """
        )
        for table, column in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT 1 FROM "{table}" WHERE "{column}"::text LIKE %s LIMIT 1',
                [f"%{token}%"],
            )
            self.assertFalse(self.env.cr.fetchone(), f"{table}.{column}")
        line = self.chat().message_ids[0].body
        self.assertTrue(line.endswith("/helpcrunch/login/…"), line)

    def test_what_waits_for_helpcrunch_is_forgotten_when_it_has_it(self):
        self.says("Hi")
        self.helpcrunch.set(fail_next=[{"fail": 500, "path": "POST /v1/messages"}])
        self.says("login")
        call = self.env["helpcrunch.outbox"].search([("state", "=", "unknown")])
        self.assertIn("secret_body", call.payload)
        call.not_before = False
        call.flush_recordset()
        with self.enter_test_mode_if_needed():
            self.env["helpcrunch.outbox"]._cron_deliver()
            self.work()
        self.take_in()
        self.assertEqual((call.state, call.payload), ("sent", {}))
        self.assertTrue(LINK.search(self.reads()[-1]))

    def test_what_never_got_there_is_forgotten_when_it_is_late(self):
        self.says("Hi")
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.says("login")
        call = self.env["helpcrunch.outbox"].search([("state", "=", "failed")])
        call._gc_secret_bodies()
        call.invalidate_recordset()
        self.assertIn("secret_body", call.payload)
        call.queued_at -= timedelta(minutes=16)
        call.flush_recordset()
        call._gc_secret_bodies()
        call.invalidate_recordset()
        self.assertNotIn("secret_body", call.payload)

    def test_anything_brings_a_new_link_so_many_times(self):
        self.login.with_user(self.manager).max_attempts = 3
        first = self.asks()
        second = self.link(self.says("It does not open"))
        third = self.link(self.says("Nor does this"))
        self.assertEqual(len({first, second, third}), 3)
        self.assertIn("newer link", self.tells(self.opens(self.oksana, first)))
        self.assertEqual(self.says("No"), ["As you like."])
        self.assertIn("failed", self.codes())

    def test_nobody_gets_past_it(self):
        """What follows is for who has logged in: without a step for it, it rests."""
        self.login.with_user(self.manager).write(
            {"failed_step_id": False, "max_attempts": 1}
        )
        self.asks()
        self.assertEqual(self.says("Let me in"), [])
        self.assertFalse(self.chat().lead_ids)

    def test_an_alias_leads_away_and_the_link_still_logs_in(self):
        path = self.asks()
        self.step("Prices", "free_input", alias="prices", message="Which?")
        self.assertEqual(self.says("prices"), ["Which?"])
        self.confirms(self.oksana, path)
        self.assertEqual(
            self.reads()[-1], "You are logged in as Oksana. Write /logout to end it."
        )
        chat = self.chat()
        self.assertEqual(chat.step_id.name, "Prices")
        self.assertTrue(chat.waiting)
        self.assertEqual(chat.customer_id.user_id, self.oksana)
        self.assertFalse(chat.lead_ids)

    def test_confirmed_while_an_operator_has_it(self):
        path = self.asks()
        self.chat().with_user(self.manager).action_pause()
        self.settle()
        before = self.reads()
        self.confirms(self.oksana, path)
        self.assertEqual(self.reads(), before)
        chat = self.chat()
        self.assertEqual(
            (chat.state, chat.customer_id.user_id), ("paused", self.oksana)
        )
        self.assertFalse(chat.lead_ids)

    def test_confirmed_after_the_chat_was_closed(self):
        path = self.asks()
        chat = self.chat()
        self.helpcrunch.close(int(chat.external_id))
        self.take_in()
        self.assertEqual(chat.state, "done")
        before = self.reads()
        self.confirms(self.oksana, path)
        self.assertEqual((chat.state, self.reads()), ("done", before))
        self.assertEqual(chat.customer_id.user_id, self.oksana)

    def test_confirmed_when_the_bot_is_taken_off(self):
        path = self.asks()
        self.bot.with_user(self.manager).action_take_off()
        before = self.reads()
        self.confirms(self.oksana, path)
        self.assertEqual(self.reads(), before)
        self.assertEqual(self.chat().customer_id.user_id, self.oksana)

    # === WHOSE RIGHTS === #

    def test_no_more_rights_than_the_user_has(self):
        fallback = self.step("No lead, then.")
        self.lead_step.with_user(self.manager).fallback_step_id = fallback
        self.logs_in(self.clerk)
        chat = self.chat()
        self.assertFalse(chat.lead_ids)
        self.assertEqual(self.reads()[-1], "No lead, then.")
        why = chat.with_user(self.manager).why
        self.assertIn("could not do its work", why)
        self.assertIn("who may not do this in Odoo", why)
        self.assertEqual(len(self.bot.activity_ids), 1)
        self.logs_in(self.portal, customer=5002)
        self.assertFalse(self.chat(5002).lead_ids)
        self.assertEqual(len(self.bot.activity_ids), 1, "told once, whoever it was")

    def test_an_order_is_the_operators(self):
        """Who orders a lead needs no right of the customer's, and lends none."""
        self.login.with_user(self.manager).next_step_id = self.after
        self.logs_in(self.clerk)
        chat = self.chat()
        chat.with_user(self.manager).action_create_lead()
        self.settle()
        self.assertEqual(len(chat.lead_ids), 1)
        self.assertNotEqual(chat.lead_ids.user_id, self.clerk)

    def test_the_lead_is_the_users_whatever_the_step_says(self):
        self.lead_step.with_user(self.manager).lead_user_id = self.roman
        self.logs_in()
        self.assertEqual(self.chat().lead_ids.user_id, self.oksana)

    def test_filters_see_the_user(self):
        staff = self.step(
            "For staff",
            alias="news",
            partner_domain="[('email', '=', 'oksana@example.com')]",
            fallback_step_id=self.failed_step,
        )
        self.says("Hi")
        self.assertEqual(self.says("news"), ["As you like."])
        self.logs_in()
        self.assertEqual(self.says("news"), [staff.message])

    def _ask_for(self, name):
        return self.step(
            f"Your {name}?",
            "update_contact",
            alias=f"/{name}",
            field_id=self.field(name),
        )

    def test_contact_as_far_as_the_user_may(self):
        self._ask_for("phone")
        self._ask_for("function")
        for user, name, text, is_written in (
            (self.oksana, "function", "Boss", True),
            # In Preferences everybody writes the own number, and nothing about work.
            (self.clerk, "phone", "+380 67 123 45 67", True),
            (self.clerk, "function", "Boss", False),
            (self.portal, "phone", "+380 67 123 45 68", True),
            (self.portal, "function", "Boss", False),
        ):
            with self.subTest(user=user.login, field=name):
                customer = 5100 + user.id
                if not self.active(customer):
                    self.logs_in(user, customer=customer)
                self.says(f"/{name}", customer=customer)
                self.says(text, customer=customer)
                self.assertEqual(bool(user.partner_id[name]), is_written)
                note = user.partner_id.message_ids[:1]
                if is_written:
                    self.assertEqual(note.author_id, user.partner_id)

    def test_no_chat_changes_the_address_of_a_new_password(self):
        self._ask_for("email")
        self.logs_in()
        self.says("/email")
        self.says("thief@example.com")
        self.assertEqual(self.oksana.partner_id.email, "oksana@example.com")
        listed = self.env["helpcrunch.duplicate"].search([("reason", "=", "answer")])
        self.assertEqual(listed.value, "thief@example.com")

    def test_nor_does_a_widget_fill_in_an_empty_one(self):
        self.clerk.partner_id.write({"email": False, "phone": False})
        self.login.with_user(self.manager).next_step_id = self.after
        self.logs_in(self.clerk)
        customer = self.chat().customer_id
        customer._learn({"email": "thief@example.com", "phone": "+380671234567"})
        self.assertFalse(self.clerk.email or self.clerk.phone)
        self._ask_for("email")
        self.says("/email")
        self.says("thief@example.com")
        self.assertFalse(self.clerk.email)

    def test_acting(self):
        self.logs_in()
        chat = self.chat()
        self.assertEqual(chat._acting(self.env["crm.lead"]).env.user, self.oksana)
        self.assertFalse(chat._acting(self.env["crm.lead"]).env.su)
        company = self.account.company_id
        elsewhere = chat.with_context(allowed_company_ids=self.other_company.ids)
        acting = elsewhere._acting(elsewhere.env["crm.lead"])
        self.assertEqual(acting.env.companies, company)
        login = self.active()
        login.bound_until = fields.Datetime.now()
        self.assertTrue(chat._acting(self.env["crm.lead"]).env.su, "its time is up")
        login.bound_until += timedelta(days=1)
        self.says("/logout")
        self.assertTrue(chat._acting(self.env["crm.lead"]).env.su)

    def test_acting_is_of_one_dialogue(self):
        """What a turn knows of its customer is not true of another dialogue's."""
        self.logs_in()
        self.says("Hi", customer=5002)
        other, chats = self.chat(5002), self.env.registry["helpcrunch.chat"]
        usual, found = chats._say_step, []

        def look(chat, step):
            found.append(other.with_context(**chat.env.context)._get_acting_user())
            found.append(chat._get_acting_user())
            return usual(chat, step)

        with patch.object(chats, "_say_step", look):
            self.says("/start")
        self.assertEqual(found[:2], [self.env["res.users"], self.oksana])

    # === HOW IT ENDS === #

    def test_the_time_is_up(self):
        self.account.with_user(self.manager).login_days = 2
        login = self.logs_in()
        self.assertAlmostEqual(
            login.bound_until,
            fields.Datetime.now() + timedelta(days=2),
            delta=timedelta(minutes=1),
        )
        login.bound_until = fields.Datetime.now()
        login.flush_recordset()
        leads = self.chat().lead_ids
        self.says("/start")
        self.assertEqual((login.state, login.end_reason), ("ended", "expired"))
        self.assertEqual(self.chat().lead_ids, leads)
        self.assertIn("login_ended", self.codes())

    def test_the_time_is_up_and_nobody_writes(self):
        login = self.logs_in()
        login.bound_until = fields.Datetime.now()
        login.flush_recordset()
        with self.enter_test_mode_if_needed():
            self.env.ref("helpcrunch_chatbot.ir_cron_logins").method_direct_trigger()
        self.assertEqual((login.state, login.end_reason), ("ended", "expired"))
        self.settle()
        self.assertIn("login_ended", self.codes())
        self.assertIn("The time was up", self.chat().with_user(self.manager).why)

    def test_whoever_is_archived_acts_no_more(self):
        login = self.logs_in()
        self.oksana.with_user(self.administrator).action_archive()
        self.assertEqual((login.state, login.end_reason), ("ended", "gone"))
        self.assertFalse(self.chat().customer_id.user_id)

    def test_whoever_is_archived_in_between_is_not_bound(self):
        path = self.asks()
        self.presses(path, self.opens(self.oksana, path))
        self.oksana.with_user(self.administrator).action_archive()
        self.goes_on()
        self.assertFalse(self.chat().customer_id.user_id)
        login = self.env["helpcrunch.login"].search([])
        self.assertEqual((login.state, login.end_reason), ("ended", "gone"))

    def test_whoever_leaves_the_company_acts_no_more(self):
        login = self.logs_in()
        self.oksana.with_user(self.administrator).write(
            {
                "company_id": self.other_company.id,
                "company_ids": [(6, 0, self.other_company.ids)],
            }
        )
        self.assertEqual((login.state, login.end_reason), ("ended", "company"))

    def test_a_right_that_was_taken_away_out_of_sight(self):
        """Each turn asks, however it was taken away."""
        login = self.logs_in()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_users SET active = FALSE WHERE id = %s", [self.oksana.id]
        )
        self.env.invalidate_all()
        self.says("/start")
        self.assertEqual((login.state, login.end_reason), ("ended", "gone"))

    def test_whoever_is_deleted(self):
        login, name = self.logs_in(self.portal), self.portal.name
        self.portal.with_user(self.administrator).unlink()
        self.assertEqual((login.state, login.end_reason), ("ended", "gone"))
        self.assertEqual(login.user_name, name)
        self.assertFalse(self.chat().customer_id.user_id)

    def test_the_customer_is_deleted_in_helpcrunch(self):
        login = self.logs_in()
        self.helpcrunch.delete_customer(CUSTOMER)
        self.take_in()
        self.assertEqual((login.state, login.end_reason), ("ended", "deleted"))
        self.assertIn("login_ended", self.codes())

    def test_who_is_logged_in_is_not_asked_again(self):
        self.logs_in()
        self.assertEqual(self.says("login"), ["A lead", "What do you need?"])
        self.assertIn("login_known", self.codes())
        self.assertEqual(len(self.chat().lead_ids), 2)
        self.assertEqual(self.chat().lead_ids.create_uid, self.oksana)
        self.says("/logout")
        self.assertTrue(self.link(self.says("login")))

    def test_logging_in_anew(self):
        """A link that was on its way when another one was confirmed."""
        first = self.logs_in()
        former, chat = first.former_partner_id, self.chat()
        token = self.env["helpcrunch.login"]._ask(chat, self.login)
        self.confirms(self.roman, f"{LOGIN_PATH}/{token}")
        second = self.active()
        self.assertEqual((first.state, first.end_reason), ("ended", "renewed"))
        self.assertEqual(second.former_partner_id, former)
        self.assertEqual(self.partner(), self.roman.partner_id)
        self.says("/logout")
        self.assertEqual(self.partner(), former)

    # === CONTACTS === #

    def test_the_former_contact_was_merged_into_another(self):
        self.says("Hi")
        former = self.partner()
        older = self.env["res.partner"].create({"name": "Older"})
        self.logs_in()
        self.presses_merge(self.list_pair(former, older))
        self.assertEqual(self.active().former_partner_id, older)
        self.says("/logout")
        self.assertEqual(self.partner(), older)

    def test_the_former_contact_was_merged_into_the_users(self):
        self.says("Hi")
        former = self.partner()
        self.logs_in(self.portal)
        self.presses_merge(self.list_pair(former, self.portal.partner_id))
        self.says("/logout")
        self.assertEqual(self.partner(), self.portal.partner_id)
        self.assertFalse(self.chat().customer_id.user_id)

    def test_the_former_contact_was_deleted(self):
        self.says("Hi")
        former = self.partner()
        self.logs_in()
        former.unlink()
        self.says("/logout")
        partner = self.partner()
        self.assertTrue(partner)
        self.assertNotEqual(partner, self.oksana.partner_id)

    def test_a_match_is_listed_and_not_merged(self):
        self.portal.partner_id.email = "portal@example.com"
        self.says("Hi", email="portal@example.com")
        former = self.partner()
        self.env["helpcrunch.duplicate"].search([]).unlink()
        self.assertNotEqual(former, self.portal.partner_id)
        self.logs_in(self.portal)
        pair = self.env["helpcrunch.duplicate"].search([("state", "=", "open")])
        self.assertEqual(
            pair.partner_id | pair.older_partner_id, former | self.portal.partner_id
        )
        self.assertEqual(pair.reason, "user")
        self.merge()
        self.assertTrue(former.exists())

    def test_all_dialogues_of_the_customer(self):
        self.says("Hi")
        first = self.chat()
        former = self.partner()
        self.says("Hi", application=1)
        second = self.chat()
        self.assertEqual(first.customer_id, second.customer_id)
        self.assertNotEqual(first, second)
        self.logs_in()
        self.assertEqual((first | second).partner_id, self.oksana.partner_id)
        self.says("/logout")
        self.assertEqual((first | second).partner_id, former)

    def goes_on_as(self, customer):
        """Let the chat go on under another customer's id, as after a merge there."""
        data = {
            "chat_id": int(self.chat().external_id),
            "customer": {"id": customer, "name": "Taras"},
            "message": {"id": 99999, "text": "Me again", "applicationId": TELEGRAM},
        }
        self.receive(self.helpcrunch.webhook("message.chat.customer", data))
        self.settle()
        self.env.invalidate_all()

    def test_a_dialogue_that_comes_to_who_is_logged_in(self):
        """Who makes HelpCrunch take them for somebody else is not that user."""
        self.logs_in(customer=5002)
        theirs = self.chat(5002).customer_id
        self.says("Hi")
        chat = self.chat()
        self.goes_on_as(5002)
        self.assertEqual(chat.customer_id, theirs)
        self.assertFalse(theirs.user_id)
        self.assertNotEqual(chat.partner_id, self.oksana.partner_id)

    def test_helpcrunch_makes_another_customer_of_it(self):
        """Anybody may type an e-mail; whom HelpCrunch merges by it is nobody's user."""
        self.says("Hi")
        former = self.partner()
        login = self.logs_in()
        chat = self.chat()
        self.goes_on_as(5009)
        self.assertEqual(chat.customer_id.external_id, "5009")
        self.assertFalse(chat.customer_id.user_id)
        self.assertEqual(chat.partner_id, former)
        self.assertEqual((login.state, login.end_reason), ("ended", "rebound"))

    # === TOLD === #

    def test_the_user_is_told(self):
        self.oksana.notification_type = "inbox"
        self.logs_in()
        message = self.env["mail.message"].search(
            [("notified_partner_ids", "in", self.oksana.partner_id.ids)]
        )
        self.assertEqual(message.subject, "A customer is logged in as you")
        self.assertIn("/helpcrunch/logins", message.body)
        self.assertIn("/logout", message.body)

    def test_the_user_is_told_by_mail(self):
        triggers = self.env["ir.cron.trigger"]
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers.search([("cron_id", "=", queue.id)]).unlink()
        self.logs_in(self.roman)
        mail = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.roman.partner_id.ids)]
        )
        self.assertEqual(mail.state, "outgoing", "no turn talks to anybody")
        self.assertTrue(triggers.search([("cron_id", "=", queue.id)]))

    # === NO LOG-IN === #

    def test_try_it(self):
        before = self.rows()
        turns = self.bot.with_user(self.manager).try_dialogue(["login", "confirmed"])
        told = json.dumps(turns, ensure_ascii=False)
        self.assertFalse(LINK.search(told), "a link that could be opened")
        self.assertIn("/helpcrunch/login/…", turns["turns"][1]["said"][-1])
        self.assertIn("nobody logs in", told)
        self.assertIn("What do you need?", told)
        self.assertEqual(self.rows(), before)

    def test_copies_and_files_know_no_log_in(self):
        self.logs_in()
        bot = self.bot.with_user(self.manager)
        content = bot.export_json()
        self.assertIn('"step_type": "login"', content)
        self.assertNotIn("Oksana", content)
        copied = self.by_machine(bot.copy()).step_ids
        logins = self.env["helpcrunch.login"]
        self.assertFalse(logins.search([("step_id", "in", copied.ids)]))
        again = bot.import_json(content)["bot_id"]
        steps = self.env["helpcrunch.bot"].browse(again).step_ids
        self.assertFalse(logins.search([("step_id", "in", steps.ids)]))
        self.assertIn("login", steps.mapped("step_type"))

    def test_problems(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "http://odoo.example")
        bot = self.bot.with_user(self.manager)
        codes = [problem["code"] for problem in bot.get_problems()]
        self.assertIn("login_without_https", codes)
        self.env["ir.config_parameter"].set_param(
            "web.base.url", "https://odoo.example"
        )
        self.env.invalidate_all()
        codes = [problem["code"] for problem in bot.get_problems()]
        self.assertNotIn("login_without_https", codes)

    def test_links_that_nobody_used_are_forgotten(self):
        self.asks()
        self.asks()
        logins = self.env["helpcrunch.login"]
        self.assertEqual(logins.search([]).mapped("state"), ["asked", "void"])
        logins._gc_unused_links()
        self.assertEqual(len(logins.search([])), 2)
        logins.search([]).expires_at = fields.Datetime.now() - timedelta(days=2)
        logins._gc_unused_links()
        self.assertFalse(logins.search([]))

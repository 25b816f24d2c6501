"""The page behind a link: who opens it, and what a link that is none does."""

import logging
import secrets
from datetime import timedelta
from urllib.parse import quote_plus

from odoo import SUPERUSER_ID, fields
from odoo.http import Request
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import LOGIN_PATH, LOGINS_PATH
from ..common_logins import LoginCase


@tagged("post_install", "-at_install")
class TestLoginPage(LoginCase):
    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues"))

    def refuses(self, user, path, status, words):
        """Expect a link to do nothing, looked at and confirmed, and to say why."""
        before = self.rows()
        self.authenticate(user.login, user.login)
        # A form from another page of Odoo's: its token is the session's.
        own = self.url_open(LOGINS_PATH + "?x=1")
        token = Request.csrf_token(self)
        self.assertEqual(own.status_code, 200)
        for answer in (
            self.url_open(path),
            self.url_open(path, data={"csrf_token": token}),
        ):
            self.assertEqual(answer.status_code, status)
            self.assertIn(words, self.tells(answer))
            self.assertNotIn("Confirm as", answer.text)
            self.assertNotIn("Taras", answer.text)
        self.goes_on()
        self.assertEqual(self.rows(), before)

    def test_who_asks_is_told(self):
        path = self.asks(name="Taras")
        before = self.rows()
        answer = self.opens(self.oksana, path)
        told = self.tells(answer)
        self.assertEqual(answer.status_code, 200)
        for words in (
            "Let this customer act as you?",
            "Customer Taras Channel Telegram",
            "Messenger HelpCrunch",
            "You Oksana (oksana)",
            "is not yours yet",
            "Confirm only if you have just asked for this link yourself",
            "If somebody sent you the link, close this page.",
            "Is this not you? Log out of Odoo and log in as yourself",
        ):
            self.assertIn(words, told)
        self.assertEqual(self.rows(), before, "to look changes nothing")

    def test_the_contact_may_be_the_same_already(self):
        path = self.asks()
        customer = self.chat().customer_id
        customer.partner_id = self.oksana.partner_id
        self.assertIn("is yours already", self.tells(self.opens(self.oksana, path)))

    def test_no_frame_no_copy_no_trace_elsewhere(self):
        path = self.asks()
        page = self.opens(self.oksana, path)
        for answer in (page, self.presses(path, page), self.url_open(LOGINS_PATH)):
            headers = answer.headers
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertEqual(headers["Cache-Control"], "no-store")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            policy = headers["Content-Security-Policy"]
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("<script", answer.text)
            self.assertNotIn("http", answer.text.replace("https://", ""))

    def test_a_stranger_logs_in_first_and_comes_back(self):
        path = self.asks()
        before = self.rows()
        for user in (self.oksana, self.portal):
            self.authenticate(None, None)
            answer = self.url_open(path)
            self.assertIn("/web/login?redirect=", answer.url)
            token = self.csrf_token_of(answer)
            answer = self.url_open(
                answer.url,
                data={
                    "login": user.login,
                    "password": user.login.ljust(8, "x"),
                    "csrf_token": token,
                    "redirect": path,
                },
            )
            self.assertTrue(answer.url.split("?")[0].endswith(path), answer.url)
            self.assertIn(f"Confirm as {user.name}", answer.text)
        self.assertEqual(self.rows(), before)

    def csrf_token_of(self, answer):
        return answer.text.split('name="csrf_token" value="')[1].split('"')[0]

    def test_nobody_is_logged_in_to_odoo_by_it(self):
        path = self.asks()
        self.confirms(self.oksana, path)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(path).url)
        self.assertIn("/web/login", self.url_open("/odoo").url)

    def test_a_shared_desk(self):
        """Somebody else is logged in than one thinks: told by name, may log out."""
        path = self.asks()
        page = self.opens(self.roman, path)
        self.assertIn("Confirm as Roman", self.tells(page))
        self.assertIn("Is this not you?", self.tells(page))
        link = page.text.split("/web/session/logout?")[1].split('"')[0]
        answer = self.url_open(f"/web/session/logout?{link}")
        self.assertIn("/web/login", answer.url)
        self.assertIn("redirect", answer.url)
        self.assertFalse(self.active())

    def test_without_the_token_of_the_form(self):
        path = self.asks()
        self.authenticate("oksana", "oksana")
        before = self.rows()
        with mute_logger("odoo.http"):
            for data in ({}, {"csrf_token": "x"}):
                answer = self.url_open(path, data=data or {"a": "b"})
                self.assertEqual(answer.status_code, 400)
        self.goes_on()
        self.assertEqual(self.rows(), before)

    def test_a_forged_link(self):
        self.asks(name="Taras")
        for token in (secrets.token_urlsafe(32), "x", "x" * 200, "%00" * 20, "ї" * 20):
            with self.subTest(token=token):
                self.refuses(
                    self.oksana, f"{LOGIN_PATH}/{token}", 404, "There is no such link"
                )

    def test_the_digest_is_no_token(self):
        self.asks(name="Taras")
        digest = self.env["helpcrunch.login"].search([]).token_digest
        self.refuses(
            self.oksana, f"{LOGIN_PATH}/{digest}", 404, "There is no such link"
        )

    def test_a_used_link(self):
        path = self.asks(name="Taras")
        self.confirms(self.oksana, path)
        for user in (self.oksana, self.roman):
            self.refuses(user, path, 410, "It was used already")
        self.says("/logout")
        self.refuses(self.roman, path, 410, "It was used already")

    def test_a_late_link(self):
        path = self.asks(name="Taras")
        login = self.env["helpcrunch.login"].search([])
        self.assertAlmostEqual(
            login.expires_at,
            fields.Datetime.now() + timedelta(minutes=15),
            delta=timedelta(minutes=1),
        )
        login.expires_at = fields.Datetime.now()
        self.refuses(self.oksana, path, 410, "It is too old")
        self.link(self.says("Hello?"))

    def test_two_links_at_once(self):
        first, second = self.asks(name="Taras"), self.asks()
        self.refuses(self.oksana, first, 410, "a newer link was sent")
        self.confirms(self.oksana, second)
        self.assertTrue(self.active())

    def test_a_user_of_another_company(self):
        path = self.asks(name="Taras")
        self.refuses(self.foreigner, path, 403, "It belongs to another company")
        # Nor is such a one told that it was used.
        self.confirms(self.oksana, path)
        self.refuses(self.foreigner, path, 403, "It belongs to another company")

    def test_a_colleagues_link_says_in_whose_name(self):
        """Who takes a link that is somebody else's gives that one the own name."""
        path = self.asks(name="Taras")
        self.confirms(self.roman, path)
        self.assertIn(
            "You are logged in as Roman. Write /logout to end it.", self.reads()
        )
        self.says("/logout")
        self.assertFalse(self.active())

    def test_who_was_archived_before(self):
        path = self.asks(name="Taras")
        page = self.opens(self.roman, path)
        before = self.rows()
        self.roman.with_user(self.administrator).action_archive()
        answer = self.presses(path, page)
        self.assertIn("/web/login", answer.url)
        self.goes_on()
        after = self.rows()
        for name in ("helpcrunch.login", "helpcrunch.event", "states", "users"):
            self.assertEqual(after[name], before[name])

    def test_odoo_itself_is_nobody(self):
        path = self.asks(name="Taras")
        login = self.env["helpcrunch.login"]._find(path.rsplit("/", 1)[1])
        for user in (
            self.env["res.users"].browse(SUPERUSER_ID),
            self.env.ref("base.public_user"),
            self.env["res.users"],
        ):
            self.assertEqual(login._confirm(user), "machine")
        self.assertEqual(login.state, "asked")

    def test_the_dialogue_is_gone(self):
        path = self.asks(name="Taras")
        self.chat().unlink()
        self.refuses(self.oksana, path, 410, "not there any more")

    def test_a_customer_of_portal(self):
        self.confirms(self.portal, self.asks())
        login = self.active()
        self.assertEqual(login.user_id, self.portal)
        self.assertFalse(self.chat().lead_ids, "a portal user makes no leads")

    # === THE OWN LOG-INS === #

    def test_own_logins(self):
        mine = self.logs_in(self.portal, name="Taras")
        theirs = self.logs_in(self.roman, customer=5002, name="Ivan")
        page = self.opens(self.portal, LOGINS_PATH)
        self.assertIn("Taras", page.text)
        self.assertNotIn("Ivan", page.text)
        for wanted in (theirs.id, "x", "", "²", -1, 10**12):
            answer = self.presses(LOGINS_PATH, page, login_id=wanted)
            self.assertEqual(answer.status_code, 200)
        self.assertEqual((mine | theirs).mapped("state"), ["active", "active"])
        answer = self.presses(LOGINS_PATH, page, login_id=mine.id)
        self.assertIn("Nobody", self.tells(answer))
        self.assertEqual((mine.state, mine.end_reason), ("ended", "user"))
        self.assertEqual(mine.ended_by_id, self.portal)
        self.assertEqual(theirs.state, "active")

    def test_only_by_the_form(self):
        mine = self.logs_in(self.portal)
        self.opens(self.portal, LOGINS_PATH)
        with mute_logger("odoo.http"):
            answer = self.url_open(LOGINS_PATH, data={"login_id": mine.id})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(mine.state, "active")

    def test_no_link_in_the_log(self):
        """The live test reads what a server has really written down."""
        token = self.asks().rsplit("/", 1)[1]
        back = quote_plus(f"{LOGIN_PATH}/{token}?")
        for name in ("werkzeug", "odoo.sql_db"):
            logger = logging.getLogger(name)
            for args, written in (
                ((LOGIN_PATH, token), "GET /helpcrunch/login/…"),
                (("/web/login?redirect=", back), "%2Fhelpcrunch%2Flogin%2F…%3F"),
                (("/redirect=", quote_plus(back)), "%252Fhelpcrunch%252Flogin%252F…"),
                (("/helpcrunch/media", token), f"GET /helpcrunch/media/{token}"),
            ):
                record = logger.makeRecord(
                    name, logging.INFO, "", 0, "GET %s/%s", args, None
                )
                logger.filter(record)
                self.assertIn(written, record.getMessage())
                self.assertEqual(token in record.getMessage(), "media" in written)

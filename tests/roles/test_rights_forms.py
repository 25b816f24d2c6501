"""Forms that open for everybody a link leads to them, and buttons that then work."""

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ...jobs import dialogues
from .test_rights_doors import RightsCase

_READABLE_BY_ADMINISTRATORS = "[('signup_type', '=', 'reset')]"


@tagged("post_install", "-at_install")
class TestFormsOpen(RightsCase):
    def opens(self, record, user):
        """Read a record as the web client does when it opens its form."""
        record = record.with_user(user)
        self.env.invalidate_all()
        arch = etree.fromstring(record.get_view(view_type="form")["arch"])
        return record.web_read(self._specification(arch, record))[0]

    def _specification(self, node, model):
        specification = {}
        for field in node.iter("field"):
            outer = next(
                (above for above in field.iterancestors("field") if above is not node),
                None,
            )
            if outer is not None and outer in node.iter("field"):
                continue
            name = field.get("name")
            definition = model._fields[name]
            specification[name] = {}
            if definition.type in ("one2many", "many2many"):
                comodel = model.env[definition.comodel_name]
                inner = field.find("list")
                specification[name] = {
                    "fields": {"display_name": {}}
                    if inner is None
                    else self._specification(inner, comodel)
                }
            elif definition.type == "many2one":
                specification[name] = {"fields": {"display_name": {}}}
        return specification

    def test_what_a_dialogue_leads_to(self):
        names = self.field("phone")
        self.step("Your number?", "update_contact", field_id=names)
        self.step("A lead", "create_lead", lead_type="lead")
        self.step("News", "schedule", state="paused")
        answers = [(0, 0, {"name": name}) for name in ("A", "B")]
        self.step("Choose", "choice", answer_ids=answers)
        chat = self.connect()
        records = [
            *(chat, chat.bot_id, chat.account_id, chat.application_id),
            *(chat.customer_id, chat.queue_id or self.queue, self.operator),
            *(chat.message_ids[:1], *self.bot.step_ids, *self.account.agent_ids[:1]),
        ]
        for user in (self.olena, self.manager):
            for record in records:
                with self.subTest(record=record, user=user.login):
                    self.opens(record, user)

    def test_a_contact_that_moved_away(self):
        step = self.step("News", "schedule", state="paused")
        chat = self.connect()
        self.orders(self.olena, "/resume")
        broadcast = self.env["helpcrunch.broadcast"]._plan(step, "2026-01-01 10:00:00")
        self.env.flush_all()
        name = self.partner().name
        self.env.cr.execute(
            "UPDATE res_partner SET company_id = %s WHERE id = %s",
            (self.other_company.id, self.partner().id),
        )
        self.env.invalidate_all()
        seen = self.opens(chat, self.olena)
        self.assertIn(name, seen["partner_id"]["display_name"])
        self.assertIn(name, chat.with_user(self.olena).display_name)
        for record in (
            *(chat, chat.customer_id, chat.session_ids[:1], chat.message_ids[:1]),
            *(broadcast, broadcast.recipient_ids[:1]),
        ):
            self.assertTrue(record)
            with self.subTest(record=record):
                self.opens(record, self.manager)
        self.opens(chat.session_ids[:1], self.olena)

    def test_a_lead_of_somebody_elses_dialogue(self):
        chat = self.connect()
        lead = (
            self.env["crm.lead"]
            .with_user(self.manager)
            .browse(chat.with_user(self.manager).action_create_lead().get("res_id"))
        )
        self.settle()
        lead = lead or chat.lead_ids[:1]
        self.by_machine(lead).user_id = self.selling_operator
        self.assertTrue(self.by_machine(lead).helpcrunch_chat_id)
        seen = self.opens(lead, self.selling_operator)
        self.assertFalse(seen["helpcrunch_chat_visible"])
        self.by_machine(chat).user_id = self.selling_operator
        seen = self.opens(lead, self.selling_operator)
        self.assertTrue(seen["helpcrunch_chat_visible"])
        for user in (self.seller, self.sales_manager):
            self.assertNotIn(
                "helpcrunch_chat_id",
                self.env["crm.lead"].with_user(user).get_view(view_type="form")["arch"],
            )


@tagged("post_install", "-at_install")
class TestFilters(RightsCase):
    def _draw(self, domain):
        return self.step("VIP", "schedule", state="paused", partner_domain=domain)

    def test_a_filter_is_checked_as_who_saves_it(self):
        step = self.thanks.with_user(self.manager)
        for domain in (
            _READABLE_BY_ADMINISTRATORS,
            "[('user_ids.log_ids.create_date', '!=', False)]",
            "[('user_ids.password', '!=', False)]",
            "['|', ('name', '=', 'x'), ('signup_token', 'like', 'a')]",
            "[('user_ids', 'any!', [('log_ids', '!=', False)])]",
        ):
            with (
                self.subTest(domain=domain),
                self.refused("may not read|cannot be read"),
            ):
                step.partner_domain = domain
        step.partner_domain = "[('phone', '!=', False)]"
        with self.refused("may not read"):
            step.copy({"partner_domain": _READABLE_BY_ADMINISTRATORS})
        with self.refused("may not read"):
            step.create(
                {
                    "name": "Mine",
                    "bot_id": self.bot.id,
                    "partner_domain": _READABLE_BY_ADMINISTRATORS,
                }
            )
        self.thanks.with_user(
            self.administrator
        ).partner_domain = _READABLE_BY_ADMINISTRATORS

    def test_a_step_with_an_administrators_filter_opens_and_is_mended(self):
        step = self._draw("[]")
        step.with_user(self.administrator).partner_domain = _READABLE_BY_ADMINISTRATORS
        self.says("Hi")
        with Form(step.with_user(self.manager)) as form:
            self.assertIn("may not read", form.filter_problem)
            self.assertEqual(form.recipient_count, 0)
            form.message = "News"
        self.assertEqual(step.message, "News")
        for order in ("action_run_now", "action_view_recipients"):
            with self.refused("may not read"):
                getattr(step.with_user(self.manager), order)()
        copied = self.bot.with_user(self.manager).copy()
        self.assertIn(
            _READABLE_BY_ADMINISTRATORS,
            copied.step_ids.mapped("partner_domain"),
        )
        with Form(step.with_user(self.manager)) as form:
            form.partner_domain = "[]"
        self.assertFalse(step.with_user(self.manager).filter_problem)


@tagged("post_install", "-at_install")
class TestOrders(RightsCase):
    def test_an_operator_sends_again_what_is_hers(self):
        chat = self.connect()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.writes(self.olena, "Good day")
        failed = chat.message_ids.filtered(lambda row: row.state == "failed")
        self.assertTrue(failed)
        mine = failed.with_user(self.olena)
        self.assertTrue(mine.can_send_again)
        mine.action_send_again()
        with self.enter_test_mode_if_needed():
            self.env.flush_all()
            dialogues.drain(self.env.cr.dbname)
            self.work()
        self.env.invalidate_all()
        self.assertEqual(failed.state, "sent")
        self.assertEqual(self.texts()[-1], "Good day")

    def test_who_had_it_sends_nothing_again(self):
        self.add_operator(self.petro)
        chat = self.connect()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.writes(self.olena, "Good day")
        self.orders(self.olena, "/transfer Petro")
        failed = chat.message_ids.filtered(lambda row: row.state == "failed")
        mine = failed.with_user(self.olena)
        self.assertFalse(mine.can_send_again)
        with self.refused("not yours any more"):
            mine.action_send_again()

    def test_no_broadcasts_in_two_companies(self):
        self.connect()
        partner = self.partner()
        hidden = self.env["helpcrunch.account"].create(
            {"name": "Hidden", "company_id": self.other_company.id}
        )
        customer = self.env["helpcrunch.customer"].create(
            {
                "account_id": hidden.id,
                "external_id": "77",
                "partner_id": partner.id,
                "unsubscribed": True,
                "opt_out": True,
            }
        )
        self.env.flush_all()
        for user in (self.manager, self.administrator):
            self.env.invalidate_all()
            contact = partner.with_user(user)
            self.assertTrue(contact.helpcrunch_opt_out)
            with Form(contact) as form:
                self.assertTrue(form.helpcrunch_opt_out)
                form.helpcrunch_opt_out = False
            self.assertFalse(customer.opt_out or customer.unsubscribed)
            with Form(contact) as form:
                form.helpcrunch_opt_out = True
            self.assertTrue(customer.opt_out)
            self.assertTrue(self.chat().customer_id.opt_out)
            self.assertNotIn(customer, contact.helpcrunch_customer_ids)

    def test_a_merge_that_is_not_allowed_is_refused_in_words(self):
        self.connect()
        pair = self.list_pair(self.partner(), self.petro.partner_id, reason="user")
        with self.refused("may not merge"):
            pair.with_user(self.manager).action_merge()
        far = self.env["res.partner"].create(
            {"name": "Far", "company_id": self.other_company.id}
        )
        pair = self.list_pair(self.partner(), far, reason="company")
        with self.assertRaises(UserError) as caught:
            pair.with_user(self.manager).action_merge()
        self.assertIn("may not merge", str(caught.exception))

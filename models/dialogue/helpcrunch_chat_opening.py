"""How a dialogue begins: who is the customer, which bot answers, is there a contact."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import API_TIMEOUT, EVENT_AGENT_MESSAGE, EVENT_CUSTOMER_MESSAGE
from ...jobs import work
from ...tools import clock, webhook
from .turn import to_datetime


class HelpcrunchChat(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.chat"

    @api.model
    def _prepare_opening(self, event):
        """Find the dialogue of an event, or what to ask HelpCrunch before making it.

        An event of a channel that no bot serves is ignored here, and makes no contact.

        :return: ``(dialogue id or None, question or None)``
        """
        if event.state != "pending":
            return None, None
        account = event.account_id
        chat = self._find_remote(account, event.chat_external_id)
        if chat:
            self._adopt_events(chat)
            return chat.id, None
        facts = event._get_facts()
        reason = self._find_reason_not_to_open(account, facts)
        if reason:
            event.write({"state": "ignored", "reason": reason})
            return None, None
        customer = self.env["helpcrunch.customer"]._find_remote(account, facts.customer)
        if self._is_being_made(customer, facts.application):
            # Ours, whose number HelpCrunch is just telling us; it is adopted then.
            event.not_before = fields.Datetime.add(
                fields.Datetime.now(), seconds=API_TIMEOUT
            )
            event._run_after_commit(work.open_dialogue_later, event.id)
            return None, None
        return None, {
            "account_id": account.id,
            "api_url": account.api_url,
            "api_key": account.api_key,
            "customer": None if customer.is_known else facts.customer,
            # A chat that HelpCrunch announces is new; one that just speaks may be old.
            "chat": None if facts.event_type == "chat.new" else facts.chat,
        }

    def _find_reason_not_to_open(self, account, facts):
        if not facts.chat or not facts.customer:
            return "no_dialogue"
        if facts.event_type not in ("chat.new", *self._speaking_events()):
            return "no_dialogue"
        if not self.env["helpcrunch.bot"]._find_for_application(
            account.id, facts.application
        ):
            return "no_bot"
        return None

    @api.model
    def _is_being_made(self, customer, application):
        """Tell whether a chat of ours for a customer is under way to HelpCrunch.

        :param application: external id of the channel, or None if nobody told
        """
        under_way = customer and self.env["helpcrunch.outbox"].search(
            [
                ("chat_id.customer_id", "=", customer.id),
                ("kind", "=", "chat"),
                ("state", "in", ("sending", "unknown")),
            ]
        )
        return under_way and application in (
            None,
            *under_way.chat_id.application_id.mapped("external_id"),
        )

    @api.model
    def _speaking_events(self):
        return (EVENT_CUSTOMER_MESSAGE, EVENT_AGENT_MESSAGE)

    @api.model
    def _open(self, event, profile, remote):
        """Return the dialogue of an event, made with customer and contact if new.

        Runs in a READ COMMITTED transaction under advisory locks on the customer and on
        the e-mail, so that simultaneous first messages make one of each.

        :param dict profile: the customer as HelpCrunch tells it, or None
        :param dict remote: the chat as HelpCrunch tells it, or None
        """
        facts = event._get_facts()
        account = event.account_id
        told = {**facts.customer_data(), **(profile or {})}
        self._lock_names(
            f"customer:{account.id}:{facts.customer}",
            f"email:{account.company_id.id}:{str(told.get('email') or '').lower()}",
        )
        chat = self._find_remote(account, facts.chat)
        if not chat:
            chat = self._create_dialogue(account, facts, told, remote, bool(profile))
        self._adopt_events(chat)
        return chat

    def _create_dialogue(self, account, facts, profile, remote, known):
        self = self.with_company(account.company_id)  # noqa: PLW0642
        application = self.env["helpcrunch.application"]
        if facts.application:
            application = application._find_or_create(account, facts.application)
        bot = self.env["helpcrunch.bot"]._find_for_application(
            account.id, facts.application
        )
        customers = self.env["helpcrunch.customer"]
        partner = customers._find_remote(account, facts.customer).partner_id
        customer = customers._find_or_create(
            account, facts.customer, profile, application, known
        )
        paused = self._is_held_by_person(account, remote)
        chat = self.create(
            {
                "external_id": facts.chat,
                "account_id": account.id,
                "bot_id": bot.id,
                "application_id": application.id,
                "customer_id": customer.id,
                "partner_id": customer.partner_id.id,
                "state": "paused" if paused else "bot",
                "last_message_at": to_datetime(facts.occurred_at),
            },
        )
        if customer.partner_id != partner:
            # More than one contact has this e-mail, or a colleague's: nobody was found.
            email = customer.partner_id.email_normalized
            self.env["helpcrunch.duplicate"]._look_for(chat, "email", email)
        return chat

    def _is_held_by_person(self, account, remote):
        """Tell whether a chat older than the connection is open with a person."""
        remote = remote or {}
        began = webhook.read_time(remote.get("createdAt"))
        if not began or not account.connected_at:
            return False
        began = clock.to_ours(began, account._get_clock_offset())
        assignee = webhook.id_of(remote.get("assignee"))
        held = assignee and assignee != account.bot_agent_id.external_id
        return bool(
            to_datetime(began) < account.connected_at
            and held
            and remote.get("status") != "closed"
        )

    def _lock_names(self, *names):
        for name in sorted(names):
            self.env.cr.execute(
                SQL(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                    f"helpcrunch:{name}",
                ),
            )

    def _adopt_events(self, chat):
        """Give the dialogue the events that came before it was there."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_event SET chat_id = %s, not_before = NULL
                 WHERE account_id = %s AND chat_external_id = %s
                   AND chat_id IS NULL AND state = 'pending'
                """,
                chat.id,
                chat.account_id.id,
                chat.external_id,
            ),
        )
        self.env["helpcrunch.event"].invalidate_model(["chat_id", "not_before"])

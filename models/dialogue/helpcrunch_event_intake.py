"""How an event comes into the inbox, once: from HelpCrunch, or from Odoo itself."""

import json
import time
from dataclasses import dataclass, field, replace
from uuid import uuid4

from psycopg2.errors import SerializationFailure

from odoo import api, models
from odoo.tools import SQL

from ...const import (
    EVENT_AGENT_MESSAGE,
    EVENT_NOTE,
    EVENT_TYPES,
    WEBHOOK_MAX_BYTES,
)
from ...tools import signature, webhook
from ...tools.log import mask_links

# What Odoo itself did to dialogues, each thing once.
_STORE_OWN = """
    INSERT INTO helpcrunch_event (
                account_id, company_id, external_id, event_type, origin,
                chat_external_id, occurred_at, position, payload, state,
                tries, received_at, chat_id)
         SELECT chat.account_id, chat.company_id, own.external_id, own.event_type,
                'odoo', chat.external_id, %(now)s, 0, own.payload, 'pending',
                0, now() AT TIME ZONE 'UTC', chat.id
           FROM (VALUES %(rows)s) AS own (chat_id, event_type, external_id, payload)
           JOIN helpcrunch_chat chat ON chat.id = own.chat_id
    ON CONFLICT DO NOTHING
      RETURNING chat_id
"""


@dataclass(frozen=True)
class OwnEvent:
    """Something that Odoo itself did to a dialogue.

    :ivar chat_id: our id of the dialogue
    :ivar payload: what its handler has to know, in JSON's types
    :ivar key: equal for what may happen only once; None: it may happen again
    """

    chat_id: int
    event_type: str
    payload: dict = field(default_factory=dict)
    key: str | None = None


class HelpcrunchEvent(models.Model):
    _inherit = "helpcrunch.event"

    @api.model
    def _receive(self, token, body, length, signature_header):
        """Take in one webhook: authenticate, store, nothing else.

        Checked in this order, and without any effect when refused: unknown token 404,
        too large 413, not signed with the messenger's key 401, malformed 400.

        :param str token: the last part of the webhook's address
        :param body: callable that reads the raw body; not called for a stranger
        :param int length: the announced length of the body, or None
        :return: ``(status, receipt)``; a receipt for :meth:`_start_after_work` only
            when there is something to do
        :rtype: tuple
        """
        account = self._find_account(token)
        if not account:
            return 404, None
        if length is not None and length > WEBHOOK_MAX_BYTES:
            return 413, None
        raw = body()
        if len(raw) > WEBHOOK_MAX_BYTES:
            return 413, None
        if not signature.is_signed(raw, account["webhook_secret"], signature_header):
            return 401, None
        try:
            event = webhook.parse(raw, account["clock_offset"])
        except webhook.MalformedWebhookError:
            return 400, None
        reason = self._find_reason_to_ignore(account, event)
        try:
            stored = self._store(
                account["id"],
                account["company_id"],
                event,
                reason,
                for_people=self._concerns_people_only(account, event),
            )
        except SerializationFailure:
            # The same event was stored by somebody else since we began. Retrying, as
            # Odoo would, means to sleep up to two seconds first.
            self.env.cr.rollback()
            stored = None
        receipt = webhook.Receipt(account["id"], event.event_type)
        if stored and stored["state"] == "pending":
            receipt = replace(receipt, event_id=stored["id"], chat_id=stored["chat_id"])
        return 200, receipt

    @api.model
    def _find_account(self, token):
        # Plain SQL: one query, and no field of the account is cached or prefetched.
        self.env.cr.execute(
            SQL(
                """
                SELECT account.id, account.company_id, account.webhook_secret,
                       agent.external_id AS bot_agent, budget.clock_offset
                  FROM helpcrunch_account account
             LEFT JOIN helpcrunch_account_budget budget
                    ON budget.account_id = account.id
             LEFT JOIN helpcrunch_agent agent ON agent.id = account.bot_agent_id
                 WHERE account.webhook_token = %s AND account.active
                """,
                token,
            ),
        )
        return self.env.cr.dictfetchone()

    @api.model
    def _find_reason_to_ignore(self, account, event):
        """Return why an event needs no turn, or None."""
        # What Odoo itself puts into the inbox has names that no webhook may use.
        if event.event_type not in EVENT_TYPES or not hasattr(
            self.env["helpcrunch.chat"], self._get_handler_name(event.event_type)
        ):
            return "not_used"
        if event.event_type == "chat.status_updated" and not event.is_closed():
            return "not_used"
        if event.is_about_customer and not event.customer:
            return "no_customer"
        if not event.is_about_customer and not event.chat:
            return "no_chat"
        if (
            event.event_type in (EVENT_AGENT_MESSAGE, EVENT_NOTE)
            and event.agent
            and event.agent == account["bot_agent"]
        ):
            # Whatever the bot says comes back (helpcrunch-api.md 3.9).
            return "echo"
        days = self._get_retention_days()
        if days and event.occurred_at < time.time() - days * 86400:
            return "old"
        return None

    @api.model
    def _concerns_people_only(self, account, event):
        """Tell whether an event says nothing to a dialogue that the bot has.

        HelpCrunch may give a chat to whoever speaks in it (helpcrunch-api.md 2.1), so
        one comes for each message of a broadcast.
        """
        return event.event_type == "chat.assigned" and (
            event.assignee() == account["bot_agent"]
        )

    @api.model
    def _store_own(self, events):
        """Put what Odoo itself did to dialogues into the inbox, each thing once.

        Each is processed as one more turn, after the commit.

        :param list[OwnEvent] events: of any dialogues
        :return: ids of the dialogues that have an event waiting now
        :rtype: list[int]
        """
        if not events:
            return []
        chats = self.env["helpcrunch.chat"]
        for event in events:
            # A misspelt one would else be ignored without a word.
            getattr(chats, self._get_handler_name(event.event_type))
        chats.flush_model(["account_id", "company_id", "external_id"])
        rows = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s)",
                event.chat_id,
                event.event_type,
                f"odoo:{event.event_type}:{event.key or uuid4()}",
                json.dumps(event.payload, ensure_ascii=False),
            )
            for event in events
        )
        # In thousandths, as HelpCrunch tells them: within one, what was done here comes
        # first.
        now = int(time.time() * 1000) / 1000
        self.env.cr.execute(SQL(_STORE_OWN, rows=rows, now=now), log_exceptions=False)
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _store(
        self,
        account_id,
        company_id,
        event,
        reason=None,
        origin="webhook",
        for_people=False,
    ):
        """Store an event once and return its id, dialogue and state.

        The dialogue is looked up in the same statement; a customer's event goes to the
        newest dialogue of the customer.

        :param str reason: why it is of no use
        :param bool for_people: it is of use only where a person has the dialogue
        :return: None for a duplicate
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO helpcrunch_event (
                            account_id, company_id, external_id, event_type, origin,
                            chat_external_id, customer_external_id, message_key,
                            occurred_at, position, payload, state, reason, tries,
                            received_at, chat_id)
                     SELECT %(account)s, %(company)s, %(external)s, %(type)s,
                            %(origin)s, %(chat)s, %(customer)s, %(key)s, %(at)s,
                            %(position)s, %(payload)s,
                            CASE WHEN reason IS NULL THEN 'pending' ELSE 'ignored' END,
                            reason, 0,
                            now() AT TIME ZONE 'UTC',
                            COALESCE(
                                (SELECT id FROM helpcrunch_chat
                                  WHERE account_id = %(account)s
                                    AND external_id = %(chat)s),
                                (SELECT chat.id FROM helpcrunch_chat chat
                                   JOIN helpcrunch_customer customer
                                     ON customer.id = chat.customer_id
                                  WHERE %(about_customer)s
                                    AND customer.account_id = %(account)s
                                    AND customer.external_id = %(customer)s
                               ORDER BY chat.id DESC LIMIT 1))
                       FROM (SELECT COALESCE(
                                 %(reason)s,
                                 CASE WHEN %(for_people)s AND EXISTS (
                                     SELECT FROM helpcrunch_chat
                                      WHERE account_id = %(account)s
                                        AND external_id = %(chat)s
                                        AND state IN ('bot', 'done'))
                                 THEN 'not_used' END) AS reason) verdict
                ON CONFLICT DO NOTHING
                  RETURNING id, chat_id, state
                """,
                account=account_id,
                company=company_id,
                external=event.external_id,
                type=event.event_type,
                origin=origin,
                chat=event.chat,
                customer=event.customer,
                key=event.message_key,
                at=event.occurred_at,
                position=event.position,
                # The bot's own words come back, and people quote them.
                payload=mask_links(json.dumps(event.payload, ensure_ascii=False)),
                reason=reason,
                for_people=for_people,
                about_customer=event.is_about_customer,
            ),
            log_exceptions=False,
        )
        return self.env.cr.dictfetchone()

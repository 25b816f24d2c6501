"""Take in the messages whose webhooks never came, after an outage of either side."""

import logging
from datetime import timedelta

from odoo import api, fields, models

from ..exceptions import HelpcrunchError, RateLimitedError
from ..tools import webhook
from ..tools.text import clean
from . import work

_logger = logging.getLogger(__name__)

# Webhooks may be late without being lost.
_GRACE_SECONDS = 60
# HelpCrunch's clock and ours, and whatever was under way at the last look.
_OVERLAP_SECONDS = 300
_MAX_CHATS = 200


class HelpcrunchAccount(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.account"

    caught_up_at = fields.Datetime("Last catch-up", readonly=True, copy=False)

    @api.model
    def _cron_catch_up(self):
        """Compare every connected messenger's chats with our transcripts.

        Then ask about customers of whom HelpCrunch told nothing when they first wrote.
        """
        accounts = self.search([("state", "=", "connected")])
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(accounts))
        for account in accounts:
            try:
                account._catch_up()
            except HelpcrunchError as error:
                # One account's trouble never stops another's.
                _logger.warning("messenger %s: no catch-up: %s", account.id, error)
            if not cron._commit_progress(1):
                return
        work.look_up_customers(self.env.cr.dbname)

    def _catch_up(self):
        """Store missed messages as events, as if their webhooks had come.

        Only chats that changed since the last look and whose last message is unknown
        here are read, so that an idle account costs one call.

        :return: number of messages taken in
        :raise HelpcrunchError: as the client does; the next run begins at the same time
        """
        self.ensure_one()
        now = fields.Datetime.now()
        since = (self.caught_up_at or self.connected_at or now) - timedelta(
            seconds=_OVERLAP_SECONDS
        )
        api_client = self._get_api()
        missed = 0
        for chat in self._find_changed_chats(api_client, since):
            missed += self._catch_up_chat(api_client, chat, since)
        self.caught_up_at = now
        if missed:
            _logger.info("messenger %s: caught up %s messages", self.id, missed)
        return missed

    def _find_changed_chats(self, api_client, since):
        """Return HelpCrunch's chats with a newest message that we do not know."""
        rows = []
        while len(rows) < _MAX_CHATS:
            self._spend_call()
            page = api_client.search_chats(
                [("chats.status", "!=", "closed")], offset=len(rows)
            )
            rows += page
            oldest = page and webhook.read_time(page[-1].get("lastMessageAt"))
            if not page or (oldest or 0) < since.timestamp() or len(page) < 100:
                break
        changed = [
            row
            for row in rows
            if (webhook.read_time(row.get("lastMessageAt")) or 0) >= since.timestamp()
        ]
        known = set(
            self.env["helpcrunch.message"]
            .search(
                [
                    ("chat_id.account_id", "=", self.id),
                    (
                        "external_id",
                        "in",
                        [str(row.get("lastMessageId")) for row in changed],
                    ),
                ],
            )
            .mapped("external_id"),
        )
        return [row for row in changed if str(row.get("lastMessageId")) not in known]

    def _catch_up_chat(self, api_client, chat, since):
        count = 0
        event_model = self.env["helpcrunch.event"]
        newest = fields.Datetime.now().timestamp() - _GRACE_SECONDS
        self._spend_call()
        for row in reversed(api_client.get_messages(chat["id"])):
            at = webhook.read_time(row.get("createdAt")) or 0
            if row.get("type") != "message" or not since.timestamp() <= at <= newest:
                continue
            event = self._make_event(chat, clean(row))
            account = {"bot_agent": self.bot_agent_id.external_id}
            if event_model._find_reason_to_ignore(account, event):
                continue
            stored = event_model._store(
                self.id, self.company_id.id, event, origin="catch_up"
            )
            if stored:
                count += 1
                if stored["chat_id"]:
                    event_model._wake([stored["chat_id"]])
        return count

    def _spend_call(self):
        """Take a call out of the account's budget, which replies need too.

        :raise RateLimitedError: there is none left now; the next run goes on
        """
        if not work.take_budget(self.env.cr.dbname, {"account_id": self.id}):
            raise RateLimitedError("the calls of this minute are used up", None)

    def _make_event(self, chat, row):
        """Return the event whose webhook would have brought this message."""
        author = "agent" if row.get("from") == "agent" else "customer"
        data = {
            "chat_id": chat["id"],
            "customer": chat.get("customer") or {},
            "agent": row.get("agent"),
            "message": {**row, "applicationId": chat.get("applicationId")},
        }
        return webhook.interpret(
            f"message:{row['id']}",
            f"message.chat.{author}",
            data,
            {"createdAt": row.get("createdAt")},
        )

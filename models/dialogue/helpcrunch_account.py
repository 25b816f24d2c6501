"""What a catch-up reads and writes of a messenger (:mod:`.catch_up`)."""

import time
from datetime import UTC, timedelta

from odoo import api, fields, models

from ...const import WEBHOOK_MAX_BYTES
from ...jobs import catch_up, contacts
from ...tools import clock, webhook
from .turn import to_datetime

# Webhooks may be late without being lost.
_GRACE_SECONDS = 60
# Whatever was under way at the last look.
_OVERLAP_SECONDS = 300


class HelpcrunchAccount(models.Model):
    _inherit = "helpcrunch.account"

    caught_up_at = fields.Datetime("Last catch-up", readonly=True, copy=False)

    @api.model
    def _cron_catch_up(self):
        """Compare every connected messenger's chats with our transcripts.

        Then ask about customers of whom HelpCrunch told nothing when they first wrote.
        """
        catch_up.run(self.env.cr.dbname)
        contacts.look_up_customers(self.env.cr.dbname)

    def _plan_catch_up(self):
        """Return what a catch-up must know; None if there is nothing to do.

        :rtype: catch_up.CatchUp | None
        """
        if self.state != "connected":
            return None
        since = self.caught_up_at or self.connected_at or fields.Datetime.now()
        since -= timedelta(seconds=_OVERLAP_SECONDS)
        return catch_up.CatchUp(
            self._get_connection(),
            since.replace(tzinfo=UTC).timestamp(),
            self._get_clock_offset(),
        )

    def _note_catch_up(self, began):
        """Remember up to when nothing is missing."""
        self.caught_up_at = to_datetime(began)

    def _pick_unknown_chats(self, rows):
        """Return those of HelpCrunch's chats whose newest message we do not know."""
        newest = {str(row.get("lastMessageId")): row for row in rows}
        known = self._find_known_messages(list(newest))
        return [row for number, row in newest.items() if number not in known]

    def _find_known_messages(self, external_ids):
        """Return who wrote each of those messages that we have."""
        messages = self.env["helpcrunch.message"].search(
            [
                ("chat_id.account_id", "=", self.id),
                ("external_id", "in", external_ids),
            ]
        )
        return {line.external_id: line.author_type for line in messages}

    def _store_missed(self, plan, chat, lines):
        """Store the missed messages of one chat as if their webhooks had come.

        :param lines: messages as HelpCrunch tells them, newest first
        :return: number of messages taken in
        """
        event_model = self.env["helpcrunch.event"]
        account = {"bot_agent": self.bot_agent_id.external_id}
        newest = time.time() - _GRACE_SECONDS
        answered = self._find_answered(lines)
        count, woken = 0, set()
        for line in reversed(lines):
            at = webhook.read_time(line.get("createdAt"))
            at = at and clock.to_ours(at, plan.clock_offset)
            if line.get("type") != "message" or not at:
                continue
            if not plan.since <= at <= newest:
                continue
            event = self._make_event(plan, chat, line, line["id"] in answered)
            if event_model._find_reason_to_ignore(account, event):
                continue
            stored = event_model._store(
                self.id, self.company_id.id, event, origin="catch_up"
            )
            if stored:
                count += 1
                woken.add(stored["chat_id"])
        event_model._process_soon(list(filter(None, woken)))
        return count

    def _find_answered(self, lines):
        """Return the ids of messages that HelpCrunch shows as answered already.

        After a backup was restored the answers are there, but not in our transcript:
        nobody is to be answered again. What the bot, as we know it, said meanwhile
        answered something else.
        """
        known = self._find_known_messages([str(line["id"]) for line in lines])
        answered, is_answered = set(), False
        for line in lines:
            if line.get("from") == "customer":
                answered |= {line["id"]} if is_answered else set()
            elif (
                line.get("type") == "message"
                and line.get("agent")
                and not line.get("broadcastType")
                and known.get(str(line["id"])) != "bot"
            ):
                is_answered = True
        return answered

    def _make_event(self, plan, chat, line, answered):
        """Return the event whose webhook would have brought this message."""
        author = "agent" if line.get("from") == "agent" else "customer"
        text = line.get("text") or ""
        data = {
            "chat_id": chat["id"],
            "customer": chat.get("customer") or {},
            "agent": line.get("agent"),
            # No longer than what a webhook may bring.
            "message": {
                **line,
                "text": text[:WEBHOOK_MAX_BYTES],
                "applicationId": chat.get("applicationId"),
            },
        }
        if answered:
            data[webhook.ANSWERED] = True
        return webhook.interpret(
            f"message:{line['id']}",
            f"message.chat.{author}",
            data,
            {},
            plan.clock_offset,
        )

"""A step that a record, or an outside event, starts in a dialogue."""

from datetime import timedelta

from odoo import api, fields, models

from ...const import PRIORITY_BROADCAST
from ...tools import trigger

# So long a notification waits for the operator to end the conversation.
_PATIENCE = timedelta(days=1)


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    told_recipient_id = fields.Many2one(
        "helpcrunch.broadcast.recipient",
        "Told about",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The record or the outside event that {{ record.… }} and {{ values.… }} "
        "stand for, until the dialogue begins anew.",
    )

    def unlink(self):
        """Take along what outside events have told about the customers."""
        # sudo: helpcrunch.broadcast.recipient - whoever may erase a dialogue
        told_sudo = (
            self.env["helpcrunch.broadcast.recipient"]
            .sudo()
            .search([("chat_id", "in", self.ids), ("trigger_key", "!=", False)])
        )
        told_sudo.values = False
        return super().unlink()

    # === PLACEHOLDERS === #

    @api.model
    def _is_placeholder(self, name):
        return trigger.is_told(name) or super()._is_placeholder(name)

    def _get_placeholder(self, name):
        if not name or not trigger.is_told(name):
            return super()._get_placeholder(name)
        kind, _dot, rest = name.partition(".")
        return self.told_recipient_id._tell(kind, rest, self)

    # === THE STEP === #

    def _find_reason_to_skip(self, recipient):
        if recipient.broadcast_id.kind != "schedule" and (
            reason := recipient._find_loss()
        ):
            return reason
        return super()._find_reason_to_skip(recipient)

    def _get_patience_end(self, recipient, now):
        if recipient.broadcast_id.kind == "schedule":
            return super()._get_patience_end(recipient, now)
        return now + _PATIENCE

    def _say_broadcast(self, recipient):
        broadcast = recipient.broadcast_id
        if broadcast.kind == "schedule":
            if self.told_recipient_id:
                self.told_recipient_id = False
            return super()._say_broadcast(recipient)
        self.told_recipient_id = recipient
        self._trace(f"started_by_{broadcast.kind}", text=broadcast.name)
        if broadcast.step_id._only_speaks():
            return super()._say_broadcast(recipient)
        return self._start_step(recipient)

    def _start_step(self, recipient):
        """Enter a step that asks or does something, and walk on from there.

        What it does is not done again: neither by a pause nor by another try.
        """
        turn, step = self._turn, recipient.broadcast_id.step_id
        turn.priority = PRIORITY_BROADCAST
        self._ensure_remote_chat()
        self._go_beside_question(step.with_env(self.env))
        for line in turn.lines:
            line.vals["recipient_id"] = recipient.id
        # Written already: a lead is made of what was said before it.
        turn.messages.recipient_id = recipient
        if turn.lines or turn.messages:
            self.broadcast_recipient_id = recipient
        else:
            recipient.write(
                {"state": "sent", "queued": False, "sent_at": fields.Datetime.now()}
            )

    def _on_broadcast_next(self, event):
        recipient = (
            self.env["helpcrunch.broadcast.recipient"]
            .browse(event.payload.get("recipient"))
            .exists()
        )
        is_run = recipient and recipient.broadcast_id.kind != "schedule"
        if is_run and self.told_recipient_id != recipient:
            self.told_recipient_id = recipient
        return super()._on_broadcast_next(event)

    @api.model
    def _get_trace_sentences(self):
        return super()._get_trace_sentences() | {
            "started_by_action": self.env._(
                "The server action “%(text)s” started a step for a record."
            ),
            "started_by_trigger": self.env._(
                "An outside event started the step “%(text)s”."
            ),
        }

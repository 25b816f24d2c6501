"""A broadcast's message in a dialogue, and the question that stays open behind it."""

from datetime import timedelta

from odoo import fields, models

from ...const import PRIORITY_BROADCAST
from ...tools import schedule
from ..dialogue.helpcrunch_chat import HUMAN_STATES
from ..dialogue.turn import ignore, to_datetime
from .helpcrunch_broadcast import ANSWER_HOURS

# Whoever is with an operator is tried again after so long, until the day ends.
_TRY_AGAIN_MINUTES = 10
# A dialogue whose chat HelpCrunch has still to make is called after its recipient.
_NEW = "new:"


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    broadcast_recipient_id = fields.Many2one(
        "helpcrunch.broadcast.recipient",
        "Last Broadcast",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="A broadcast's message that the customer has not answered yet.",
    )
    # Ids of steps that have asked, newest first; a broadcast came in between.
    open_questions = fields.Json(readonly=True)

    def unlink(self):
        """Leave nobody waiting for a message in a dialogue that is gone."""
        # sudo: helpcrunch.broadcast.recipient - whoever may erase a dialogue
        recipients_sudo = (
            self.env["helpcrunch.broadcast.recipient"]
            .sudo()
            .search([("chat_id", "in", self.ids)])
        )
        recipients_sudo.filtered(lambda row: row.state in ("pending", "unknown"))._skip(
            "gone"
        )
        recipients_sudo.chat_id = False
        return super().unlink()

    # === THE MESSAGE === #

    def _on_broadcast_message(self, event):
        """Say the message of a broadcast, if it may be said here and now."""
        recipient = (
            self.env["helpcrunch.broadcast.recipient"]
            .browse(event.payload.get("recipient"))
            ._lock()
        )
        if (
            not recipient
            or recipient.state != "pending"
            or recipient.message_ids
            or recipient.attempt != event.payload.get("attempt")
        ):
            return ignore("not_used")
        if recipient.broadcast_id.state != "running":
            # Paused meanwhile; cancelled ones are skipped already.
            recipient._start_again()
            return ignore("not_used")
        if reason := self._find_reason_to_skip(recipient):
            self._trace("broadcast_skipped", text=recipient._tell_reason(reason))
            recipient._skip(reason)
        elif self.state in HUMAN_STATES:
            self._put_off_broadcast(recipient)
        elif self.state == "done":
            self._move_to_new_chat(recipient)
        else:
            self._say_broadcast(recipient)
        return None

    def _find_reason_to_skip(self, recipient):
        step = recipient.broadcast_id.step_id
        is_here = self.partner_id.active and self.customer_id.active
        is_same = self.partner_id == recipient.partner_id and step.bot_id == self.bot_id
        if not is_here or not is_same:
            return "gone"
        if reason := self._find_refusal():
            return reason
        if not step._fits(self.partner_id):
            return "filter"
        hours = self.application_id.reply_window
        oldest = fields.Datetime.now() - timedelta(hours=hours)
        if hours and (self.last_customer_message_at or oldest) <= oldest:
            return "silent"
        return None

    def _find_refusal(self):
        """Return why a person gets no broadcasts in any channel, or None."""
        customers = self.partner_id.helpcrunch_customer_ids | self.customer_id
        if any(customers.mapped("blocked")):
            return "blocked"
        return "opted_out" if any(customers.mapped("opt_out")) else None

    def _put_off_broadcast(self, recipient):
        """Leave a person's conversation alone; try again the same day."""
        now = fields.Datetime.now()
        if recipient._is_in_later_run():
            self._trace("broadcast_skipped", text=recipient._tell_reason("superseded"))
            recipient._skip("superseded")
            return
        until = recipient.give_up_at or self._get_patience_end(recipient, now)
        again = now + timedelta(minutes=_TRY_AGAIN_MINUTES)
        if again >= until:
            self._trace("broadcast_skipped", text=recipient._tell_reason("operator"))
            recipient._skip("operator")
            return
        self._trace("broadcast_put_off")
        recipient._start_again(not_before=again)
        recipient.write({"give_up_at": until, "reason": "operator"})

    def _get_patience_end(self, recipient, now):
        """Return until when a message waits for a person to end the conversation."""
        return schedule.end_of_day(now, self.bot_id.tz)

    def _move_to_new_chat(self, recipient):
        """Let the message go where the person talks now, this chat is closed.

        If that is nowhere, into a new chat of the same channel: its dialogue is made
        here, the chat in HelpCrunch by the dialogue's first call.
        """
        chat = self.search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("bot_id", "=", self.bot_id.id),
                ("state", "!=", "done"),
                ("customer_id.active", "=", True),
            ],
            order="id desc",
            limit=1,
        )
        if not chat:
            self._trace("broadcast_new_chat")
            chat = self._make_new_chat(recipient)
        recipient._start_again()
        recipient.chat_id = chat
        recipient._enqueue()
        self.env["helpcrunch.event"]._process_soon(chat.ids)

    def _make_new_chat(self, recipient):
        return self.create(
            {
                "external_id": f"{_NEW}{recipient.id}:{recipient.attempt}",
                "account_id": self.account_id.id,
                "bot_id": self.bot_id.id,
                "application_id": self.application_id.id,
                "customer_id": self.customer_id.id,
                "partner_id": self.partner_id.id,
                "started_at": fields.Datetime.now(),
                "last_message_at": fields.Datetime.now(),
                # Not a stranger's: how long the customer is silent counts on.
                "last_customer_message_at": self.last_customer_message_at,
            },
        )

    def _say_broadcast(self, recipient):
        turn, step = self._turn, recipient.broadcast_id.step_id
        turn.priority = PRIORITY_BROADCAST
        self._say_step(step.with_env(self.env))
        if not turn.lines:
            self._trace("broadcast_skipped", text=recipient._tell_reason("empty"))
            recipient._skip("empty")
            return
        for line in turn.lines:
            line.vals["recipient_id"] = recipient.id
        turn.note("broadcast", step=step)
        if not self.waiting:
            self.write({"step_id": step.id, "attempts": 0})
        self._ensure_remote_chat()
        recipient.continues = bool(step.next_step_id)
        self.broadcast_recipient_id = recipient

    def _ensure_remote_chat(self):
        """Have HelpCrunch make the chat of a new dialogue before anything is said."""
        if not self.external_id.startswith(_NEW):
            return
        under_way = self.env["helpcrunch.outbox"].search_count(
            [
                ("chat_id", "=", self.id),
                ("kind", "=", "chat"),
                ("state", "in", ("pending", "sending", "unknown")),
            ],
            limit=1,
        )
        if not under_way:
            self._turn.call(
                "chat",
                first=True,
                customer=self.customer_id.external_id,
                application=self.application_id.external_id,
            )

    # === THEN === #

    def _on_broadcast_next(self, event):
        """Go on with the flow behind the message, which has arrived."""
        recipient = self.env["helpcrunch.broadcast.recipient"].browse(
            event.payload.get("recipient")
        )
        step = recipient.exists().broadcast_id.step_id.next_step_id
        spoken = self.last_customer_message_at
        if (
            not step
            or self.state != "bot"
            or not self._turn.snapshot.bot_active
            or self._find_refusal()
            # The customer was faster, and the flow followed the customer.
            or (spoken and recipient.sent_at and spoken > recipient.sent_at)
        ):
            return ignore("not_used")
        self._turn.priority = PRIORITY_BROADCAST
        self._go_beside_question(self._step(step.id))
        return None

    def _go_beside_question(self, step):
        """Walk a flow that the customer did not ask for; an open question stays open.

        Behind a new question it waits for its turn; if the flow asks nothing, it is the
        open question as before.
        """
        if not self.waiting:
            self._turn.go(step)
            return
        older = {
            name: self[name].id if name.endswith("_id") else self[name]
            for name in ("step_id", "attempts", "question_message_id")
        }
        self._turn.go(step, take_up=False)
        if not self.waiting:
            self.write({**older, "waiting": True})
        elif self.step_id.id != older["step_id"]:
            waiting = [older["step_id"], *(self.open_questions or ())]
            self.open_questions = [
                step_id
                for step_id in dict.fromkeys(waiting)
                if step_id != self.step_id.id
            ]

    def _take_up_question(self, entered):
        """Return the step of the newest question that is still open, or an empty one.

        :param entered: ids of steps that this turn has been at
        """
        questions = list(self.open_questions or ())
        step = self.env["helpcrunch.step"]
        while questions and not step:
            candidate = step.browse(questions.pop(0)).exists()
            if (
                candidate.active
                and candidate.bot_id == self.bot_id
                and candidate.id not in entered
            ):
                step = candidate
        if questions != (self.open_questions or []):
            self.open_questions = questions or False
        if step:
            self._trace("taken_up", step=step)
        return step

    # === THE ANSWER === #

    def _note_opt_out_after_broadcast(self):
        """Count it at the last broadcasts that their customers want no more of them."""
        since = fields.Datetime.subtract(fields.Datetime.now(), hours=ANSWER_HOURS)
        for recipient in self.broadcast_recipient_id:
            if recipient.sent_at and recipient.sent_at >= since:
                recipient._lock().opted_out = True

    def _note_answer_to_broadcast(self, at):
        """Count a customer's message as an answer to the last broadcast.

        :param float at: when it was written, in Unix seconds
        :return: when the broadcast was sent; None if it came after the message
        """
        recipient = self.broadcast_recipient_id
        sent_at = recipient.message_ids.sorted("id")[:1].sent_at
        if not sent_at or at < sent_at:
            return None
        self.broadcast_recipient_id = False
        if at <= sent_at + ANSWER_HOURS * 3600:
            recipient._lock().answered_at = to_datetime(at)
        return to_datetime(sent_at)

"""What an operator notes about a dialogue, and how she puts it aside for a while.

Tags are those of leads: what a dialogue has, the lead that comes of it has too.
"""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ...tools import matching
from ..dialogue.turn import ignore

# So many answers, and so much of each, are told beside the conversation.
_ANSWERS, _ANSWER_LENGTH = 12, 200
# More tags than this nobody finds one in.
_TAGS = 2000
# So many tags are named to whoever types one that does not exist.
_NAMED_TAGS = 20
# Longer than this nobody waits for a customer.
_SNOOZE_LIMIT = 60 * 24 * 60


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    tag_ids = fields.Many2many(
        "crm.tag",
        string="Tags",
        help="What the dialogue is about. The leads that come of it get them too.",
    )

    # === TAGS === #

    def _command_tag(self, argument, user):
        tag, text = self._find_tag(argument)
        if tag:
            self._turn.chat.tag_ids |= tag
            self._turn.discuss_changed = True
            text = self.env._("Tagged: %(name)s", name=tag.name)
        return text, None

    def _command_untag(self, argument, user):
        tag, text = self._find_tag(argument, self.tag_ids)
        if tag:
            self._turn.chat.tag_ids -= tag
            self._turn.discuss_changed = True
            text = self.env._("No longer tagged: %(name)s", name=tag.name)
        return text, None

    @api.model
    def _find_tag(self, text, tags=None):
        """Return the tag of this name or with this beginning, or what to tell staff.

        :param tags: among which; all of them if None
        """
        if tags is None:
            tags = self.env["crm.tag"].search([], limit=_TAGS)
        wanted = matching.normalize(text)
        found = tags.filtered(lambda tag: matching.normalize(tag.name) == wanted)
        found = found or tags.filtered(
            lambda tag: matching.normalize(tag.name).startswith(wanted)
        )
        if text and len(found) == 1:
            return found, None
        names = ", ".join((found or tags)[:_NAMED_TAGS].mapped("name"))
        if text and not found:
            return None, self.env._(
                "There is no tag “%(text)s”. One of: %(names)s.",
                text=text[:60],
                names=names or "-",
            )
        return None, self.env._("Which tag? One of: %(names)s.", names=names or "-")

    def _describe_answers(self):
        """Return what the bot has asked and the customer has answered.

        :rtype: list[dict]
        """
        variables = self.variables or {}
        steps = self.bot_id.with_context(active_test=False).step_ids
        return [
            {
                "id": step.id,
                "question": step.name,
                "answer": str(variables[step.code])[:_ANSWER_LENGTH],
            }
            for step in steps
            if step.code in variables
        ][-_ANSWERS:]

    # === PUT ASIDE === #

    is_snoozed = fields.Boolean(
        "Put Aside",
        compute="_compute_snoozed",
        search="_search_is_snoozed",
        help="Its operator has put it aside, until a time or the customer's next word.",
    )
    snoozed_until = fields.Datetime("Put Aside until", compute="_compute_snoozed")

    @api.depends("session_ids.is_snoozed", "session_ids.snoozed_until")
    def _compute_snoozed(self):
        # sudo: helpcrunch.operator.session - that a dialogue one sees was put aside
        for chat, chat_sudo in zip(self, self.sudo(), strict=True):
            session = chat_sudo.session_ids.filtered("is_snoozed")[:1]
            chat.is_snoozed = bool(session)
            chat.snoozed_until = session.snoozed_until

    @api.model
    def _search_is_snoozed(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain("session_ids", "any!", [("is_snoozed", "=", True)])
        return domain if True in value else ~domain

    def _command_snooze(self, argument, user):
        session = self._get_session()
        if self.state != "operator" or not session.user_id:
            text = self.env._("Only a dialogue that somebody has can be put aside.")
        elif not argument:
            self._turn.chat._snooze(session, None)
            text = self.env._("Put aside until the customer writes.")
        elif argument == "0":
            self._turn.chat._take_up(session)
            text = self.env._("The dialogue is in the list again.")
        elif not argument.isdecimal() or int(argument) > _SNOOZE_LIMIT:
            text = self.env._(
                "For how long? /snooze and a number of minutes, at most %(limit)s, or "
                "nothing: until the customer writes. /snooze 0 takes it up again.",
                limit=_SNOOZE_LIMIT,
            )
        else:
            until = fields.Datetime.add(fields.Datetime.now(), minutes=int(argument))
            self._turn.chat._snooze(session, until)
            text = self.env._(
                "Put aside until %(moment)s, or until the customer writes.",
                moment=format_datetime(
                    self.env, until, tz=session.user_id.tz, dt_format="short"
                ),
            )
        return text, None

    def _snooze(self, session, until):
        """Take the dialogue out of the operator's way; no timer runs meanwhile.

        Any message brings it back by Odoo's own rule: what is unpinned comes back with
        the next message.
        """
        session.write({"is_snoozed": True, "snoozed_until": until})
        if until:
            self.env.ref("helpcrunch_chatbot.ir_cron_operators")._trigger(at=until)
        channel = self._get_discuss_channel()
        if channel:
            # The answer to the order is no message, and does not bring it back.
            channel.with_user(session.user_id).channel_pin(pinned=False)
        self._turn.discuss_changed = True

    def _take_up(self, session):
        """Have what was put aside in the list again, with its timers."""
        session._end_snooze(restart=True)
        channel = self._get_discuss_channel()
        if channel:
            channel.with_user(session.user_id).channel_pin(pinned=True)
        self._turn.discuss_changed = True

    def _on_operator_wake(self, event):
        """The time has come: tell the operator, and let the timers run anew."""
        session = self._get_session()
        until = fields.Datetime.to_string(session.snoozed_until)
        if not session.is_snoozed or until != event.payload.get("until"):
            return ignore("not_used")
        session._end_snooze(restart=True)
        self._trace("awake")
        self._turn.discuss_changed = True
        channel = self._get_discuss_channel()
        if channel:
            staff = self._for_staff(session.user_id)
            self._post(channel, staff.env._("You put this dialogue aside until now."))
        return None


class HelpcrunchOperatorSession(models.Model):
    _inherit = "helpcrunch.operator.session"

    is_snoozed = fields.Boolean("Put Aside", readonly=True)
    snoozed_until = fields.Datetime(
        "Put Aside until",
        readonly=True,
        help="Empty: until the customer writes.",
    )

    def _end_snooze(self, restart=False):
        """Let the timers run again.

        :param bool restart: from now on; the time that it was put aside does not count
        """
        if not self.is_snoozed:
            return
        vals = {"is_snoozed": False, "snoozed_until": False}
        if restart:
            now, queue = fields.Datetime.now(), self.queue_id
            moments = ("operator_spoke_at", "customer_spoke_at")
            vals |= {name: now for name in moments if self[name]}
            self._plan_timers(
                now,
                (
                    queue.max_wait_minutes,
                    queue.end_minutes,
                    queue.operator_silence_minutes,
                ),
            )
        self.write(vals)

    def _note_operator_spoke(self, at, answered=False):
        """Whoever writes has taken the dialogue up again."""
        self._end_snooze()
        return super()._note_operator_spoke(at, answered)

    def _note_customer_spoke(self, at):
        """The customer's word ends the wait for it."""
        self._end_snooze()
        return super()._note_customer_spoke(at)

    @api.model
    def _cron_operators(self):
        """Bring back what was put aside until now."""
        result = super()._cron_operators()
        due = [
            ("state", "=", "active"),
            ("is_snoozed", "=", True),
            ("snoozed_until", "<=", fields.Datetime.now()),
        ]
        for session in self.search(due):
            until = fields.Datetime.to_string(session.snoozed_until)
            session.chat_id._store_own_event(
                "operator.wake", {"until": until}, key=f"{session.id}:{until}"
            )
        return result

"""Who waits for an operator, and who takes a dialogue before her turn.

*Take* is one more way into the queue's assignment
(``helpcrunch_operator_queue_assignment.py``): under the same lock, with the same event,
so that two who press at once, or a colleague whose turn it is, are told apart there.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...jobs import operators

_MANAGER = "helpcrunch_chatbot.group_manager"
_OPERATOR = "helpcrunch_chatbot.group_operator"


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    unanswered_since = fields.Datetime(
        "Customer Waits",
        readonly=True,
        help="Since when the customer has waited for a person's answer: the first "
        "message that nobody has answered.",
    )
    can_take = fields.Boolean(
        compute="_compute_can_take",
        search="_search_can_take",
        help="Waits for an operator in one of the queues of whoever asks; an "
        "administrator may take any.",
    )

    can_order = fields.Boolean(compute="_compute_can_order")

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_can_order(self):
        """Tell whose buttons a dialogue has: who waits is seen by more than one."""
        for chat in self:
            chat.can_order = chat._may_speak()

    @api.depends("state", "queue_id", "session_ids.state")
    @api.depends_context("uid")
    def _compute_can_take(self):
        waiting = self.search([("id", "in", self.ids), ("can_take", "=", True)])
        for chat in self:
            chat.can_take = chat in waiting

    @api.model
    def _search_can_take(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Whoever has a colleague's session in front of her does not see it.
        domain = (
            Domain("state", "=", "queued")
            & Domain("queue_id", "!=", False)
            & Domain("session_ids", "not any!", [("state", "=", "active")])
        )
        if not self.env.user.has_group(_MANAGER):
            mine = [("user_id", "=", self.env.uid), ("active", "=", True)]
            domain &= Domain("queue_id.operator_ids", "any", mine)
        return domain if True in value else ~domain

    @api.model
    def get_waiting_count(self):
        """Return how many customers wait whom the user may take; for the menu."""
        return self.search_count([("can_take", "=", True)])

    def write(self, vals):
        """Tell operators at once when somebody begins to wait, or does no more."""
        waited = "state" in vals and any(chat.state == "queued" for chat in self)
        result = super().write(vals)
        if waited or vals.get("state") == "queued":
            # To all of them, without a word about whom: each asks for the own number.
            self.env.ref(_OPERATOR)._bus_send("helpcrunch.waiting", {})
        return result

    # === TAKE === #

    def action_take(self):
        """Have the dialogue, whoever's turn it is.

        It is given in a transaction of its own, right after this one and before the
        answer to the button: only there is it known who else has pressed. What came of
        it is told by a request of its own.
        """
        self.ensure_one()
        self.browse().check_access("read")
        self._check_may_take()
        self.env["helpcrunch.event"]._run_after_commit(
            # sudo: helpcrunch.chat - checked above
            operators.take_waiting,
            self.sudo().queue_id.id,
            self.id,
            self.env.uid,
        )
        return self._look_afterwards("helpcrunch_chatbot.helpcrunch_chat_action_taken")

    def _check_may_take(self):
        """Refuse in words what cannot be taken, whether it may still be read or not.

        :raise UserError: with the reason
        """
        if not self.exists() or not self.has_access("read"):
            obstacle = "taken"
        else:
            # sudo: helpcrunch.operator.session - whether a colleague has the dialogue
            obstacle = self.sudo()._find_obstacle(self.env.user)
        if obstacle:
            raise UserError(self._get_obstacle_text(obstacle))

    def _find_obstacle(self, user):
        """Return why a person cannot take the dialogue now, None if there is nothing.

        An administrator may take any, with as many dialogues as it be.
        """
        if self.state != "queued" or not self.queue_id or self._get_session():
            return "taken"
        if not user._is_helpcrunch_operator(self.company_id):
            return "stranger"
        if user.has_group(_MANAGER):
            return None
        operator = self._find_operator_row(user)
        if not operator:
            return "stranger"
        # Whoever asks is there, whether a browser says so or not.
        if not operator.available:
            return "away"
        return "busy" if operator.is_full else None

    def _find_operator_row(self, user):
        """Return as whom a person works in the dialogue's queue, if at all."""
        return self.queue_id.operator_ids.filtered(lambda row: row.user_id == user)

    @api.model
    def _get_obstacle_text(self, obstacle):
        texts = {
            "taken": self.env._(
                "This dialogue waits no more: somebody else has it, or the customer "
                "has gone on. Read the list again and take another one."
            ),
            "away": self.env._(
                "You are away. Switch yourself to available, with the headphones in "
                "the top bar, then take the dialogue."
            ),
            "busy": self.env._(
                "You have as many dialogues as you may have. End one of them, then "
                "take this one."
            ),
        }
        return texts.get(obstacle) or self.env._(
            "You are no operator of this queue. Ask an administrator of HelpCrunch to "
            "add you."
        )

    def _open_taken(self):
        """Show the dialogue that was just taken in Discuss, or say why it was not."""
        self.browse().check_access("read")
        # sudo: helpcrunch.chat - whether it is the user's now; nothing else is told
        chat_sudo = self.sudo().exists()
        if chat_sudo._get_session().user_id != self.env.user:
            self._check_may_take()
            message = self.env._("The dialogue is not yours yet. Take it once more.")
        elif self.env.user.partner_id in (
            chat_sudo.discuss_channel_ids.channel_partner_ids
        ):
            return self.action_open_discuss()
        else:
            message = self.env._(
                "The dialogue is yours. It opens in Discuss in a moment."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

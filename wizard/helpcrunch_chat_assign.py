from odoo import api, fields, models
from odoo.exceptions import UserError


class HelpcrunchChatAssign(models.TransientModel):
    """Give a dialogue to a queue or to one operator."""

    _name = "helpcrunch.chat.assign"
    _description = "Assign HelpCrunch Dialogue"

    chat_id = fields.Many2one(
        "helpcrunch.chat", "Dialogue", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="chat_id.company_id")
    queue_id = fields.Many2one(
        "helpcrunch.operator.queue",
        required=True,
        domain="[('company_id', '=', company_id)]",
        help="Whoever's turn it is there gets the dialogue.",
    )
    operator_id = fields.Many2one(
        "helpcrunch.operator",
        domain="[('queue_id', '=', queue_id), ('available', '=', True)]",
        help="Empty: whoever's turn it is. A chosen operator gets the dialogue even "
        "with as many dialogues as the queue allows.",
    )

    @api.onchange("queue_id")
    def _onchange_queue_id(self):
        if self.operator_id.queue_id != self.queue_id:
            self.operator_id = False

    def action_assign(self):
        """Hand the dialogue over, right after this is saved."""
        self.ensure_one()
        self.chat_id.check_access("read")
        if self.chat_id.company_id != self.queue_id.company_id:
            raise UserError(
                self.env._("Choose a queue of the company of the dialogue.")
            )
        # sudo: helpcrunch.chat - who may see a dialogue may hand it over
        self.chat_id.sudo()._store_own_event(
            "operator.transfer",
            {"queue": self.queue_id.id, "operator": self.operator_id.id or None},
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The dialogue goes to %(name)s.",
                    name=self.operator_id.user_id.name or self.queue_id.name,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

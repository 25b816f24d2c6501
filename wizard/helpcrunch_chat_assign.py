from odoo import api, fields, models
from odoo.exceptions import UserError


class HelpcrunchChatAssign(models.TransientModel):
    """Give a dialogue to a queue or to one operator."""

    _name = "helpcrunch.chat.assign"
    _description = "Assign HelpCrunch Dialogue"

    chat_id = fields.Many2one(
        "helpcrunch.chat", "Dialogue", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="chat_id.company_id", related_sudo=False)
    holder_id = fields.Many2one(
        related="chat_id.user_id", string="Present Operator", related_sudo=False
    )
    queue_id = fields.Many2one(
        "helpcrunch.operator.queue",
        required=True,
        compute="_compute_queue_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('company_id', '=', company_id)]",
        help="Whoever's turn it is there gets the dialogue.",
    )
    operator_id = fields.Many2one(
        "helpcrunch.operator",
        domain="[('company_id', '=', company_id), ('available', '=', True),"
        " ('is_gone', '=', False), ('user_id', '!=', holder_id)]",
        help="Empty: whoever's turn it is. A chosen operator gets the dialogue even "
        "with as many dialogues as the queue allows.",
    )

    reason = fields.Char(
        help="A note for whoever gets the dialogue; the customer does not see it.",
    )

    @api.depends("chat_id", "operator_id")
    def _compute_queue_id(self):
        for wizard in self:
            wizard._check_dialogue()
            # sudo: helpcrunch.chat - queues that the dialogue may go to
            chat_sudo = wizard.chat_id.sudo()
            wizard.queue_id = (
                wizard.operator_id.queue_id
                or wizard.queue_id
                or chat_sudo.queue_id
                or chat_sudo.bot_id.operator_queue_ids[:1]
            )

    def _check_dialogue(self):
        """Let nobody learn anything of a dialogue that is not theirs.

        As the person who asks: Odoo computes what it stores as the superuser.
        """
        self.chat_id.sudo(False)._check_may_speak()

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards._check_dialogue()
        return wizards

    def write(self, vals):
        result = super().write(vals)
        self._check_dialogue()
        return result

    @api.onchange("queue_id")
    def _onchange_queue_id(self):
        if self.operator_id.queue_id != self.queue_id:
            self.operator_id = False

    def action_assign(self):
        """Hand the dialogue over, right after this is saved."""
        self.ensure_one()
        self._check_dialogue()
        self._check_target()
        target = self.operator_id or self.queue_id
        self.chat_id._give_order(
            f"/transfer {target.display_name}",
            queue=self.queue_id.id,
            operator=self.operator_id.id or None,
            reason=self.reason or None,
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

    def _check_target(self):
        """Refuse in words what nobody can be given.

        :raise UserError: with what to choose instead
        """
        if (
            self.chat_id.company_id != self.queue_id.company_id
            or not self.queue_id.active
            or self.operator_id.queue_id not in (self.queue_id, self.queue_id.browse())
        ):
            raise UserError(
                self.env._(
                    "Choose a queue of the dialogue's company, and somebody in it."
                )
            )
        if self.chat_id.state == "done":
            raise UserError(
                self.env._(
                    "The dialogue is done; it begins anew when the customer writes."
                )
            )
        if self.operator_id.is_gone:
            raise UserError(
                self.env._(
                    "%(user)s is no operator any more. Choose somebody else.",
                    user=self.operator_id.user_id.name,
                )
            )
        if self.operator_id.state in ("away", "offline"):
            raise UserError(
                self.env._(
                    "%(user)s is not there now. Choose somebody else, or only the "
                    "queue.",
                    user=self.operator_id.user_id.name,
                )
            )

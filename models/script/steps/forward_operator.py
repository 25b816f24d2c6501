from odoo import api, fields, models

from ..helpcrunch_step import WAIT


class HelpcrunchStep(models.Model):
    """Forward to operator: the flow rests while a person has the dialogue."""

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("forward_operator", "Forward to operator")],
        ondelete={"forward_operator": "cascade"},
    )
    queue_id = fields.Many2one(
        "helpcrunch.operator.queue",
        "Operators of the Bot",
        index="btree_not_null",
        ondelete="restrict",
        help="The group of operators that gets the customer.",
    )
    no_operator_step_id = fields.Many2one(
        "helpcrunch.step",
        "If No Operator Is Available, Go to Step",
        index="btree_not_null",
        ondelete="set null",
        domain="[('bot_id', '=', bot_id), ('id', '!=', id)]",
        help="The step for customers who find no free operator. Empty: they wait in "
        "the queue and are told their position.",
    )

    def _enter_forward_operator(self, chat):
        if not self.queue_id.active:
            chat._trace("queue_archived", text=self.queue_id.name)
            return self.no_operator_step_id or self.next_step_id
        chat._request_operator(self.queue_id, self.next_step_id)
        return WAIT

    def _receive_forward_operator(self, chat, message):
        """Ask for an operator again: the bot was called back, the customer wants one.

        While an operator has the dialogue, or is looked for, no text comes here.
        """
        return self._enter_forward_operator(chat)

    @api.model
    def _operator_types(self):
        return (*super()._operator_types(), "forward_operator")

    @api.model
    def _get_checked_fields(self):
        return [*super()._get_checked_fields(), "queue_id"]

    def _check_forward_operator(self):
        if not self.queue_id:
            return self.env._("choose the operators of the bot.")
        if self.queue_id.company_id != self.company_id:
            return self.env._(
                "queue “%(queue)s” belongs to another company than the messenger.",
                queue=self.queue_id.name,
            )
        return None

    def _lint_forward_operator(self):
        queue = self.queue_id
        if not queue.active:
            yield (
                "queue_archived",
                "error",
                self.env._(
                    "The operator queue “%(queue)s” is archived, so nobody comes.",
                    queue=queue.name,
                ),
            )
        elif not queue.operator_ids.filtered(lambda row: not row.is_gone):
            yield (
                "queue_empty",
                "error",
                self.env._(
                    "The operator queue “%(queue)s” has no operator, so nobody comes. "
                    "Add somebody.",
                    queue=queue.name,
                ),
            )


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    operator_queue_ids = fields.Many2many(
        "helpcrunch.operator.queue",
        string="Operator Queues",
        compute="_compute_operator_queue_ids",
        help="Where the steps of this bot lead to.",
    )
    operator_count = fields.Integer(
        "Number of Operators", compute="_compute_operator_queue_ids"
    )

    @api.depends("step_ids.queue_id", "step_ids.step_type", "step_ids.sequence")
    def _compute_operator_queue_ids(self):
        for bot in self:
            steps = bot.step_ids.filtered(
                lambda step: step.step_type == "forward_operator"
            )
            bot.operator_queue_ids = steps.queue_id
            operators = steps.queue_id.operator_ids
            bot.operator_count = len(
                operators.filtered(lambda row: not row.is_gone).user_id
            )

    def action_view_operators(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Operators of %(bot)s", bot=self.name),
            "res_model": "helpcrunch.operator",
            "view_mode": "list,form",
            "domain": [("queue_id", "in", self.operator_queue_ids.ids)],
        }

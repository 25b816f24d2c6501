from odoo import api, fields, models

# Who has no role of the app reads and exports nothing of a dialogue.
_OPERATOR = "helpcrunch_chatbot.group_operator"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    helpcrunch_chat_id = fields.Many2one(
        "helpcrunch.chat",
        "HelpCrunch Dialogue",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_OPERATOR,
        help="The dialogue in which the customer has ordered.",
    )
    helpcrunch_bot_id = fields.Many2one(
        "helpcrunch.bot",
        "HelpCrunch Bot",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_OPERATOR,
    )
    helpcrunch_step_id = fields.Many2one(
        "helpcrunch.step",
        "HelpCrunch Step",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_OPERATOR,
    )
    helpcrunch_turn = fields.Integer(
        "HelpCrunch Turn", copy=False, readonly=True, groups=_OPERATOR
    )
    helpcrunch_chat_visible = fields.Boolean(
        compute="_compute_helpcrunch_chat_visible", groups=_OPERATOR
    )

    # One word of the customer's makes one order, whatever is retried or repeated.
    _helpcrunch_turn_once = models.UniqueIndex(
        "(helpcrunch_chat_id, helpcrunch_turn)"
        " WHERE helpcrunch_chat_id IS NOT NULL AND helpcrunch_turn > 0"
    )

    @api.depends("helpcrunch_chat_id")
    @api.depends_context("uid")
    def _compute_helpcrunch_chat_visible(self):
        visible = self.helpcrunch_chat_id._filtered_access("read")
        for order in self:
            order.helpcrunch_chat_visible = order.helpcrunch_chat_id in visible

    @api.model
    def _has_field_access(self, field, operation):
        """Let nobody link an order to a dialogue by hand."""
        return super()._has_field_access(field, operation) and (
            operation != "write"
            or self.env.su
            or not (field.store and field.name.startswith("helpcrunch_"))
        )

    def action_open_helpcrunch_chat(self):
        """Open the dialogue this order came from."""
        self.ensure_one()
        self.check_access("read")
        return self.helpcrunch_chat_id.action_open()

    def _get_helpcrunch_link(self):
        """Return the address at which the customer sees the order, without a log-in."""
        self.ensure_one()
        return self.get_base_url() + self.get_portal_url()

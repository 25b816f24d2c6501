from odoo import api, fields, models


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    sale_order_count = fields.Integer(compute="_compute_sale_order_count")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_sale_order_count(self):
        orders = self.env["sale.order"]
        counts = {}
        if orders.has_access("read"):
            counts = dict(
                orders._read_group(
                    [("helpcrunch_bot_id", "in", self.ids)],
                    ["helpcrunch_bot_id"],
                    ["__count"],
                )
            )
        for bot in self:
            bot.sale_order_count = counts.get(bot, 0)

    def action_view_sale_orders(self):
        """Open the orders that came through this bot and that the user may see."""
        self.ensure_one()
        self.check_access("read")
        return self._open_sale_orders([("helpcrunch_bot_id", "=", self.id)])

    def _open_sale_orders(self, domain):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders"),
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": domain,
            "context": {"create": False},
        }

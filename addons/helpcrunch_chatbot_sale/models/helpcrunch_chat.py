from odoo import api, fields, models

from .wording import Wording

_PLACEHOLDERS = ("order.name", "order.total", "order.link")


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    sale_order_count = fields.Integer(compute="_compute_sale_order_count")
    cart_line_ids = fields.One2many("helpcrunch.cart.line", "chat_id", "Cart")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_sale_order_count(self):
        orders = self.env["sale.order"]
        counts = {}
        if orders.has_access("read"):
            counts = dict(
                orders._read_group(
                    [("helpcrunch_chat_id", "in", self.ids)],
                    ["helpcrunch_chat_id"],
                    ["__count"],
                )
            )
        for chat in self:
            chat.sale_order_count = counts.get(chat, 0)

    def action_view_sale_orders(self):
        """Open the orders of the dialogue that the user may see."""
        self.ensure_one()
        self.check_access("read")
        return self.bot_id._open_sale_orders(self._get_order_domain())

    def _get_order_domain(self):
        return [("helpcrunch_chat_id", "=", self.id)]

    @api.model
    def _get_trace_sentences(self):
        return {
            **super()._get_trace_sentences(),
            "sale_order": self.env._("The customer has ordered: %(text)s."),
            "sale_gone": self.env._("What cannot be ordered any more: %(text)s."),
            "sale_price": self.env._("The prices have changed, so it asked again."),
            "sale_left": self.env._("The customer has left the catalogue."),
        }

    def _tell_effects(self, env):
        sentences = super()._tell_effects(env)
        # sudo: sale.order - what a trial has made, told to whoever tries
        orders_sudo = self.env["sale.order"].sudo()
        for order in orders_sudo.search(self._get_order_domain(), order="id"):
            told = {
                "count": len(order.order_line),
                "total": Wording(env).tell_amount(order),
            }
            sentences.append(
                env._(
                    "A quotation is made and sent: %(total)s (lines: %(count)s).",
                    **told,
                )
                if order.state == "sent"
                else env._("A quotation is made: %(total)s (lines: %(count)s).", **told)
            )
        return sentences

    # === PLACEHOLDERS === #

    @api.model
    def _is_placeholder(self, name):
        return name in _PLACEHOLDERS or super()._is_placeholder(name)

    def _get_placeholder(self, name):
        if name not in _PLACEHOLDERS:
            return super()._get_placeholder(name)
        # sudo: sale.order - the customer's own order, told to the customer
        orders_sudo = self.env["sale.order"].sudo()
        order = orders_sudo.search(self._get_order_domain(), order="id desc", limit=1)
        return order and self._tell_order(order)[name] or ""

    def _tell_order(self, order):
        """Return what placeholders stand for, in the language of this dialogue."""
        return {
            "order.name": order.name,
            "order.total": Wording(self.env).tell_amount(order),
            "order.link": order._get_helpcrunch_link(),
        }

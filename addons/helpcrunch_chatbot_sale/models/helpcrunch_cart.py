from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.helpcrunch_chatbot.models.messenger import retention

_DEFAULT_RETENTION_DAYS = 90


class HelpcrunchCart(models.Model):
    """What a customer has chosen in a dialogue and not ordered yet.

    A small model of its own, and no draft ``sale.order``: a quotation for everybody who
    has looked at a chair would take a number, stand in the salespeople's lists, figures
    and reminders, be told to the salesperson in charge, and have to be deleted again
    when nobody comes back; deleted, it leaves a hole in the numbers. A cart is seen in
    its dialogue only, and forgotten with the events (``retention_days``).

    No price is kept. What a cart costs is what an order of this moment would cost: one
    that is put together in memory (:meth:`_draft_order`) by the very code that makes
    the real one, so that pricelists, discounts, taxes and rounding are Sale's own.

    There is one for each dialogue, whatever steps sell there. Turns of a dialogue come
    one at a time, so nobody else writes it. The contact is the dialogue's: after a
    merge the cart is the survivor's, at the survivor's prices.
    """

    _name = "helpcrunch.cart"
    _description = "HelpCrunch Cart"
    _rec_name = "chat_id"

    chat_id = fields.Many2one(
        "helpcrunch.chat", "Dialogue", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="chat_id.company_id", store=True, index=True)
    line_ids = fields.One2many("helpcrunch.cart.line", "cart_id", "Lines")
    step_id = fields.Many2one(
        "helpcrunch.step",
        "Stands at",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    place = fields.Selection(
        [
            ("browse", "Looks at products"),
            ("quantity", "Was asked how many"),
            ("cart", "Was asked to confirm"),
            ("change", "Was asked how many now"),
        ],
        required=True,
        default="browse",
        readonly=True,
    )
    words = fields.Char("Looked for", readonly=True)
    page = fields.Integer(default=1, readonly=True)
    # Ids of the products that were listed, in that order: a number that the customer
    # types means what was read, whatever the catalogue has become since.
    listed = fields.Json(readonly=True)
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="set null"
    )
    line_id = fields.Many2one(
        "helpcrunch.cart.line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    # What the customer was asked to confirm, see _describe_costs.
    asked_costs = fields.Json(readonly=True)

    _chat_unique = models.UniqueIndex("(chat_id)", "A dialogue has one cart.")

    @api.autovacuum
    def _gc_carts(self):
        """Forget the carts to which nobody came back."""
        days = retention.get_days(self.env, "retention_days", _DEFAULT_RETENTION_DAYS)
        return retention.delete_old(self.env, self._table, "write_date", days, "TRUE")

    @api.model
    def _get(self, chat, step):
        """Return the cart of a dialogue, a new one if need be, at a step.

        At another step than before it is the same cart before another shelf.
        """
        cart = self.search([("chat_id", "=", chat.id)], limit=1)
        if not cart:
            return self.create({"chat_id": chat.id, "step_id": step.id})
        if cart.step_id != step:
            cart._begin_anew(step_id=step.id)
        return cart

    def _begin_anew(self, **vals):
        """Go back to the first page; what was chosen stays."""
        self.write(
            {
                "place": "browse",
                "words": False,
                "page": 1,
                "listed": False,
                "product_id": False,
                "line_id": False,
                "asked_costs": False,
                **vals,
            }
        )

    def _put_in(self, product, quantity, uom):
        """Add so much of a product; return its line."""
        line = self.line_ids.filtered(
            lambda line: line.product_id == product and line._get_uom() == uom
        )
        if line:
            line.quantity += quantity
            return line
        return line.create(
            {
                "cart_id": self.id,
                "product_id": product.id,
                "name": product.display_name,
                "quantity": quantity,
                "uom_id": uom.id,
            }
        )

    def _take_out_gone(self, step):
        """Drop what cannot be ordered any more; return what it was called.

        :rtype: list[str]
        """
        if not self.line_ids:
            return []
        sold = self.line_ids.product_id.search(
            step._get_bot_catalogue()
            & fields.Domain("id", "in", self.line_ids.product_id.ids)
        )
        gone = self.line_ids.filtered(lambda line: line.product_id not in sold)
        names = gone.mapped("name")
        gone.unlink()
        return names

    # === WHAT IT COSTS === #

    def _draft_order(self, rows=None):
        """Return an order in memory as Sale would make it now, never to be saved.

        :param rows: of products, quantities and units; None: the lines of the cart
        """
        if rows is None:
            rows = [
                (line.product_id, line.quantity, line._get_uom())
                for line in self.line_ids
            ]
        return self._get_orders().new(
            {
                "state": "draft",
                "date_order": fields.Datetime.now(),
                **self._prepare_order_vals(rows),
            }
        )

    def _get_orders(self):
        # sudo: sale.order - a customer has no user; what is sold was asked before
        orders_sudo = self.env["sale.order"].sudo().with_company(self.company_id)
        # Whoever was made responsible is told by Odoo; nobody else is subscribed.
        return orders_sudo.with_context(mail_create_nosubscribe=True)

    def _prepare_order_vals(self, rows):
        return {
            "partner_id": self.chat_id._ensure_partner().id,
            "company_id": self.company_id.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": quantity,
                        "product_uom_id": uom.id,
                    }
                )
                for product, quantity, uom in rows
            ],
        }

    @api.model
    def _describe_costs(self, order):
        """Return what a customer agrees to: what, how much of it, and its price."""
        return {
            "currency": order.currency_id.name,
            "total": _write(order.currency_id, order.amount_total),
            "lines": [
                [
                    line.product_id.id,
                    line.product_uom_id.id,
                    line.product_uom_qty,
                    _write(order.currency_id, line.price_total),
                ]
                for line in order.order_line
            ],
        }

    # === THE ORDER === #

    def _make_order(self, step):
        """Make the order and empty the cart; return the order.

        The dialogue's turn is one transaction, so there is either both or neither; the
        index on dialogue and turn says so once more.
        """
        chat, bot = self.chat_id, self.chat_id.bot_id
        rows = [
            (line.product_id, line.quantity, line._get_uom()) for line in self.line_ids
        ]
        channel = chat.application_id
        vals = {
            **self._prepare_order_vals(rows),
            **self._prepare_seller_vals(step),
            "source_id": bot.source_id.id,
            # A webhook of the older form names no channel.
            "medium_id": channel._get_medium().id if channel else False,
            "helpcrunch_chat_id": chat.id,
            "helpcrunch_bot_id": bot.id,
            "helpcrunch_step_id": step.id,
            "helpcrunch_turn": chat.turn_count,
        }
        order = chat._create_acting(self._get_orders(), vals)
        if step.sale_state == "sent":
            chat._acting(order).action_quotation_sent()
        self.line_ids.unlink()
        self._begin_anew()
        return order

    def _prepare_seller_vals(self, step):
        """Say whose order it is: Odoo would fill in the user of this transaction.

        A colleague who has logged in sells to herself. A salesperson who has left is
        none; Odoo's own choice of a team needs one.
        """
        partner, company = self.chat_id.partner_id, self.company_id
        # sudo: res.users - the companies of a colleague, for an order of the machine's
        sellers_sudo = (
            self.chat_id._get_acting_seller()
            or step.sale_user_id
            or partner.user_id
            or partner.commercial_partner_id.user_id
        ).sudo()
        seller_sudo = sellers_sudo.filtered(
            lambda user: user.active and company in user.company_ids
        )
        vals = {"user_id": seller_sudo.id}
        team = step.sale_team_id
        if team or not seller_sudo:
            vals["team_id"] = team.id
        return vals


def _write(currency, amount):
    """Return an amount as text: as a number it may come back as another one."""
    return f"{currency.round(amount):.6f}"

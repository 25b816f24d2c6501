from odoo import api, fields, models
from odoo.fields import Domain

from .shopping import Shopping

# More than this nobody reads in a chat; each product of a page is priced by itself.
_LARGEST_PAGE = 20


class HelpcrunchStep(models.Model):
    """Flow "Bot Sale": the customer chooses products and orders them.

    Here is what is drawn and what is sold. How it is talked about stands in
    ``shopping.py``, what has been chosen in ``helpcrunch_cart.py``.
    """

    _inherit = "helpcrunch.step"

    flow = fields.Selection(
        selection_add=[("sale", "Bot Sale")], ondelete={"sale": "set default"}
    )
    sale_product_ids = fields.Many2many(
        "product.product",
        "helpcrunch_step_sale_product_rel",
        string="Products",
        domain="[('sale_ok', '=', True), ('type', '!=', 'combo'), "
        "('company_id', 'in', [False, company_id])]",
        help="What customers may order here. Only what Sales may sell is shown to "
        "them; what is archived meanwhile is left out.",
    )
    sale_category_id = fields.Many2one(
        "product.category",
        "Product Category",
        index="btree_not_null",
        ondelete="set null",
        help="Everything in this category, and in those below it, may be ordered here, "
        "in addition to the products chosen one by one.",
    )
    sale_page_size = fields.Integer(
        "Products on a Page",
        default=5,
        help="So many products are listed at once, 20 at most. The customer turns the "
        "pages with “next” and “back”.",
    )
    sale_confirm_message = fields.Text(
        "When the Order Is Made",
        translate=True,
        help="Said when the customer has confirmed. {{ order.name }}, "
        "{{ order.total }} and {{ order.link }} stand for the order's number, its "
        "total and the page on which the customer sees it. If one of them is missing, "
        "all three are told in a sentence of their own.",
    )
    sale_state = fields.Selection(
        [("draft", "Quotation"), ("sent", "Quotation sent")],
        "Make a",
        default="draft",
        help="Quotation: a salesperson looks at it first. Quotation sent: the customer "
        "may sign or pay it on the page of the order, as your settings of Sales say.",
    )
    sale_user_id = fields.Many2one(
        "res.users",
        "Order's Salesperson",
        index="btree_not_null",
        ondelete="set null",
        domain="[('share', '=', False)]",
        help="In charge of every order of this step. Empty: the salesperson of the "
        "contact, if there is one.",
    )
    sale_team_id = fields.Many2one(
        "crm.team",
        "Order's Sales Team",
        index="btree_not_null",
        ondelete="set null",
        help="The team that orders of this step count for. Empty: the salesperson's.",
    )

    # === A SOUND DRAWING === #

    @api.model
    def _get_checked_fields(self):
        return [
            *super()._get_checked_fields(),
            "sale_product_ids",
            "sale_category_id",
            "sale_page_size",
            "sale_confirm_message",
            "sale_state",
            "sale_user_id",
            "sale_team_id",
        ]

    def _check_flow_sale(self):
        if not (self.sale_product_ids or self.sale_category_id):
            return self.env._(
                "choose on the tab Bot Sale which products customers may order, or a "
                "category of products."
            )
        if not 0 < self.sale_page_size <= _LARGEST_PAGE:
            return self.env._(
                "between 1 and %(most)s products fit on a page.", most=_LARGEST_PAGE
            )
        if not self.sale_state:
            return self.env._("choose on the tab Bot Sale what it makes of an order.")
        return self._find_foreign_product() or self._find_foreign_seller()

    def _find_foreign_product(self):
        # sudo: product.product - judged for the machine, which sells in one company
        products_sudo = self.sudo().sale_product_ids
        foreign = products_sudo - products_sudo.filtered_domain(
            products_sudo._check_company_domain(self.company_id)
        )
        if foreign:
            return self.env._(
                "product “%(product)s” belongs to another company than the messenger.",
                product=foreign[0].display_name,
            )
        return None

    def _find_foreign_seller(self):
        # sudo: crm.team, res.users - the companies of a colleague, to judge the drawing
        team_sudo, seller_sudo = self.sudo().sale_team_id, self.sudo().sale_user_id
        if team_sudo.company_id and team_sudo.company_id != self.company_id:
            return self.env._(
                "sales team “%(team)s” belongs to another company than the messenger.",
                team=team_sudo.name,
            )
        if seller_sudo and self.company_id not in seller_sudo.company_ids:
            return self.env._(
                "salesperson “%(user)s” does not work in the messenger's company "
                "“%(company)s”.",
                user=seller_sudo.name,
                company=self.company_id.name,
            )
        return None

    def _lint_flow_sale(self):
        # sudo: product.product - as the machine will find them for a customer
        products_sudo = self.env["product.product"].sudo()
        if not products_sudo.search_count(self._get_catalogue(), limit=1):
            yield (
                "nothing_to_sell",
                "error",
                self.env._(
                    "There is nothing to order: no product is active, may be sold and "
                    "belongs to this company. Choose other products."
                ),
            )
        else:
            unsold = self.sale_product_ids.filtered("active") - products_sudo.search(
                self._get_catalogue() & Domain("id", "in", self.sale_product_ids.ids)
            )
            for product in unsold:
                yield (
                    "product_not_sold",
                    "warning",
                    self.env._(
                        "Nobody can order “%(product)s” in a chat: it is not for sale, "
                        "or a combination that has to be put together.",
                        product=product.display_name,
                    ),
                )
        yield from self._lint_seller()

    def _lint_seller(self):
        # sudo: res.users - whether a colleague may work with the orders
        seller_sudo = self.sale_user_id.sudo()
        if seller_sudo.active and not seller_sudo.has_group(
            "sales_team.group_sale_salesman"
        ):
            yield (
                "seller_without_sales",
                "warning",
                self.env._(
                    "Salesperson “%(user)s” has no role in Sales and will not see the "
                    "orders.",
                    user=seller_sudo.name,
                ),
            )

    # === WHAT IS SOLD === #

    def _get_catalogue(self):
        """Return the products that may be ordered here at this moment, as a domain.

        A combination (combo) is left out: what is in it is chosen in a configurator.

        :rtype: Domain
        """
        self.ensure_one()
        drawn = Domain("id", "in", self.sale_product_ids.ids)
        if self.sale_category_id:
            drawn |= Domain("categ_id", "child_of", self.sale_category_id.id)
        return self._get_saleable() & drawn

    def _get_saleable(self):
        products = self.env["product.product"]
        return (
            Domain("sale_ok", "=", True)
            & Domain("active", "=", True)
            & Domain("type", "!=", "combo")
            & Domain(products._check_company_domain(self.company_id))
        )

    def _get_bot_catalogue(self):
        """Return what may be ordered at any step of the bot.

        Shops have a step for each shelf, and the customer one cart for all of them.
        """
        steps = self | self.search(
            [("bot_id", "=", self.bot_id.id), ("flow", "=", "sale")]
        )
        return Domain.OR(step._get_catalogue() for step in steps)

    # === FOR THE ENGINE === #

    def _enter_flow_sale(self, chat):
        return Shopping(self, chat).enter()

    def _receive_flow_sale(self, chat, message):
        return Shopping(self, chat).hear(message)

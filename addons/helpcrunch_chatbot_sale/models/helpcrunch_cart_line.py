from odoo import fields, models


class HelpcrunchCartLine(models.Model):
    """So much of a product in a cart; what it costs is Sale's to say, each time."""

    _name = "helpcrunch.cart.line"
    _description = "HelpCrunch Cart Line"
    _order = "id"

    cart_id = fields.Many2one(
        "helpcrunch.cart", required=True, readonly=True, index=True, ondelete="cascade"
    )
    # Stored, for the dialogue's form to list them and for the rules.
    chat_id = fields.Many2one(related="cart_id.chat_id", store=True, index=True)
    company_id = fields.Many2one(related="cart_id.company_id", store=True, index=True)
    product_id = fields.Many2one(
        "product.product",
        readonly=True,
        index="btree_not_null",
        # The line stays, to tell the customer what is gone.
        ondelete="set null",
    )
    name = fields.Char(
        "Called",
        required=True,
        readonly=True,
        help="As the customer read it, in the language of the dialogue.",
    )
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    uom_id = fields.Many2one(
        "uom.uom", "Unit", readonly=True, index=False, ondelete="set null"
    )

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "There is more than nothing of a product in a cart."
    )

    def _get_uom(self):
        return self.uom_id or self.product_id.uom_id

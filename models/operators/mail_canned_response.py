from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.mail.tools.discuss import Store

_OPERATOR = "helpcrunch_chatbot.group_operator"


class MailCannedResponse(models.Model):
    """A canned response may do something too, once it is sent to a customer.

    What it does are orders with a slash, as whoever sends it could have typed them.
    """

    _inherit = "mail.canned.response"

    helpcrunch_tag_ids = fields.Many2many(
        "crm.tag",
        string="Tag the Dialogue",
        groups=_OPERATOR,
        help="A dialogue with a customer gets these tags when this is sent there.",
    )
    helpcrunch_after = fields.Selection(
        [
            ("close", "End the dialogue"),
            ("snooze", "Put it aside until the customer writes"),
            ("transfer", "Hand it over"),
            ("pause", "Pause"),
            ("resume", "Return it to the bot"),
        ],
        "Then",
        groups=_OPERATOR,
        help="What becomes of a dialogue with a customer when this was sent there.",
    )
    helpcrunch_queue_id = fields.Many2one(
        "helpcrunch.operator.queue",
        "Hand over to",
        index="btree_not_null",
        ondelete="set null",
        groups=_OPERATOR,
    )

    @api.constrains("helpcrunch_after", "helpcrunch_queue_id")
    def _check_helpcrunch_queue(self):
        for response in self:
            if response.helpcrunch_after == "transfer" and (
                not response.helpcrunch_queue_id
            ):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” hands the dialogue over: choose the queue.",
                        name=response.source,
                    )
                )

    def _get_helpcrunch_orders(self):
        """Return what is to be ordered in a dialogue after the answer.

        :rtype: list[str]
        """
        orders = []
        for response in self:
            orders += [f"/tag {tag.name}" for tag in response.helpcrunch_tag_ids]
        for response in self.filtered("helpcrunch_after"):
            queue = response.helpcrunch_queue_id
            is_transfer = response.helpcrunch_after == "transfer"
            if not is_transfer or queue.active:
                name = queue.name if is_transfer else ""
                orders.append(f"/{response.helpcrunch_after} {name}".strip())
        return orders

    def _to_store_defaults(self, target):
        return super()._to_store_defaults(target) + [
            Store.Attr(
                "helpcrunch_orders",
                # sudo: mail.canned.response - colleagues who are no operators read the
                # answer too, and no more than the names of its tags
                lambda response: response.sudo()._get_helpcrunch_orders(),
            )
        ]

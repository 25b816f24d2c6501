from odoo import api, fields, models
from odoo.tools import SQL

# Where a company may write only so long after the customer's last message
# (helpcrunch-api.md 8: 24 hours on Meta's channels).
_REPLY_WINDOWS = {"facebook": 24, "instagram": 24, "whatsapp": 24}


class HelpcrunchApplication(models.Model):
    _name = "helpcrunch.application"
    _inherit = "helpcrunch.remote"
    _description = "HelpCrunch Channel"
    _order = "name, id"
    _check_company_auto = True
    _written_by_people = ("active", "name", "category_id", "medium_id", "reply_window")

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    channel = fields.Char(
        "Channel Type",
        help="What kind of channel this is, in HelpCrunch's word: telegram, viber, …",
    )
    category_id = fields.Many2one(
        "res.partner.category",
        "Contact Tag",
        index="btree_not_null",
        ondelete="set null",
        help="Put on every contact that writes through this channel. Made when the "
        "first one does, unless you choose a tag here.",
    )
    medium_id = fields.Many2one(
        "utm.medium",
        "UTM Medium",
        index="btree_not_null",
        ondelete="set null",
        help="Medium of the leads that come through this channel.",
    )

    reply_window = fields.Integer(
        "Reply Window (hours)",
        compute="_compute_reply_window",
        store=True,
        readonly=False,
        help="Broadcasts skip customers who have been silent for longer: Facebook, "
        "Instagram and WhatsApp take no message then. 0 = no limit.",
    )

    _window_not_negative = models.Constraint(
        "CHECK(reply_window >= 0)",
        "The reply window cannot be negative; 0 means no limit.",
    )

    @api.depends("channel")
    def _compute_reply_window(self):
        for application in self:
            kind = (application.channel or "").lower()
            application.reply_window = next(
                (hours for name, hours in _REPLY_WINDOWS.items() if name in kind), 0
            )

    @api.model
    def _find_or_create(self, account, external_id):
        """Return the account's application, made nameless if Connect never saw it."""
        return self._find_remote(account, external_id) or self.create(
            {
                "account_id": account.id,
                "external_id": external_id,
                "name": self.env._("Channel %(number)s", number=external_id),
            },
        )

    def _get_category(self):
        """Return the tag of this channel, e.g. "HelpCrunch / Telegram"."""
        self.ensure_one()
        if not self.category_id:
            parent = self.account_id._get_category()
            category = self.env["res.partner.category"]
            self.category_id = category.search(
                [("parent_id", "=", parent.id), ("name", "=", self.name)], limit=1
            ) or category.create({"name": self.name, "parent_id": parent.id})
        return self.category_id

    def _get_medium(self):
        """Return the UTM medium of this channel."""
        self.ensure_one()
        if not self.medium_id:
            # The first two of a channel come at once: the later one begins anew. Plain
            # SQL, as that is no error to be logged.
            self.env.cr.execute(
                SQL(
                    "SELECT FROM helpcrunch_application WHERE id = %s"
                    " FOR NO KEY UPDATE",
                    self.id,
                ),
                log_exceptions=False,
            )
            self.medium_id = self.env["utm.mixin"]._find_or_create_record(
                "utm.medium", f"HelpCrunch {self.name}"
            )
        return self.medium_id

from odoo import api, fields, models
from odoo.tools import email_normalize


class HelpcrunchCustomer(models.Model):
    """A HelpCrunch customer bound to a contact.

    One person may be several customers: HelpCrunch makes one per channel.
    """

    _name = "helpcrunch.customer"
    _description = "HelpCrunch Customer"
    _order = "id desc"

    name = fields.Char(readonly=True)
    active = fields.Boolean(default=True)
    account_id = fields.Many2one(
        "helpcrunch.account", "Messenger", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True
    )
    external_id = fields.Char("HelpCrunch ID", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", index="btree_not_null", ondelete="set null"
    )
    application_id = fields.Many2one(
        "helpcrunch.application", "Channel", index="btree_not_null", ondelete="set null"
    )
    locale = fields.Char(readonly=True)
    country_code = fields.Char(readonly=True)
    opt_out = fields.Boolean(
        "No Broadcasts", help="This customer asked for no more broadcasts."
    )
    blocked = fields.Boolean(readonly=True, help="Blocked in HelpCrunch.")
    is_known = fields.Boolean(
        readonly=True,
        help="HelpCrunch has told phone, tags and channel of this customer.",
    )
    chat_ids = fields.One2many("helpcrunch.chat", "customer_id", "Dialogues")

    _external_unique = models.Constraint(
        "UNIQUE(account_id, external_id)",
        "This HelpCrunch customer is already bound to a contact.",
    )

    @api.model
    def _find_or_create(self, account, external_id, profile, application, known):
        """Return the binding of a customer, with a contact.

        Called under the advisory locks of :meth:`helpcrunch.chat._open`.

        :param dict profile: what HelpCrunch, or else the webhook, tells of the customer
        :param bool known: HelpCrunch itself told it, with phone and tags
        """
        customer = self.with_context(active_test=False).search(
            [("account_id", "=", account.id), ("external_id", "=", external_id)],
            limit=1,
        )
        if not customer:
            customer = self.create(
                {
                    "account_id": account.id,
                    "external_id": external_id,
                    "application_id": application.id,
                },
            )
        customer._update_from_profile(profile, known)
        customer._ensure_partner(profile)
        customer._tag_partner(profile)
        return customer

    def _ensure_partner(self, profile=None):
        """Return the customer's contact, found or made if there is none."""
        profile = profile or {"name": self.name}
        if not self.partner_id:
            found = self._find_partner(profile)
            self.partner_id = found or self._create_partner(profile)
        return self.partner_id

    def _take_email(self, email):
        """Fill in the contact's e-mail that HelpCrunch learned, if it has none."""
        email = email_normalize(email or "")
        if email and self.partner_id and not self.partner_id.email:
            self.partner_id.email = email

    def _update_from_profile(self, profile, known):
        location = profile.get("location")
        location = location if isinstance(location, dict) else {}
        vals = {
            "name": profile.get("name") or self.name,
            "locale": profile.get("locale") or self.locale,
            "country_code": location.get("countryCode") or self.country_code,
            "blocked": bool(profile.get("blocked", self.blocked)),
            "is_known": self.is_known or known,
            "active": True,
        }
        self.write({name: value for name, value in vals.items() if self[name] != value})

    def _find_partner(self, profile):
        """Return the one contact without a user that has exactly this e-mail.

        An e-mail in a widget can be invented: it must not open a colleague's contact.
        """
        partner = self.env["res.partner"]
        email = email_normalize(profile.get("email") or "")
        if not email:
            return partner
        found = partner.search(
            [
                ("email_normalized", "=", email),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            limit=2,
        )
        if len(found) == 1 and not found.with_context(active_test=False).user_ids:
            return found
        return partner

    def _create_partner(self, profile):
        country = self.env["res.country"].search(
            [("code", "=", (self.country_code or "").upper())], limit=1
        )
        phone = str(profile.get("phone") or "").strip()[:60]
        partner = self.env["res.partner"].create(
            {
                "name": self._make_name(profile),
                "email": email_normalize(profile.get("email") or "") or False,
                "country_id": country.id,
                "company_id": self.company_id.id,
                "lang": self._find_language(),
                "type": "contact",
            },
        )
        if phone:
            partner.phone = (
                partner._phone_format(
                    number=phone,
                    country=country or self.company_id.country_id,
                    force_format="INTERNATIONAL",
                )
                or phone
            )
        return partner

    def _make_name(self, profile):
        """Return the customer's name; a nameless one is called after the channel."""
        name = " ".join(str(profile.get("name") or "").split())[:200]
        channel = self.application_id.name or self.account_id.name
        return name or f"{channel} {self.external_id}"

    def _find_language(self):
        """Return the installed language nearest to HelpCrunch's locale, if any."""
        return match_language(self.env, self.locale)

    def _tag_partner(self, profile):
        """Put the tags of messenger, channel and HelpCrunch on the contact."""
        parent = self.account_id._get_category()
        categories = parent
        if self.application_id:
            categories |= self.application_id._get_category()
        for row in profile.get("tags") or ():
            name = str(row.get("name") if isinstance(row, dict) else row).strip()[:80]
            if name:
                found = parent.search(
                    [("parent_id", "=", parent.id), ("name", "=", name)], limit=1
                )
                categories |= found or parent.create(
                    {"name": name, "parent_id": parent.id}
                )
        missing = categories - self.partner_id.category_id
        if missing:
            self.partner_id.category_id |= missing


def match_language(env, locale):
    """Return the code of the installed language that HelpCrunch's locale means."""
    wanted = (locale or "").replace("-", "_").lower()
    if not wanted:
        return False
    codes = [code for code, _name in env["res.lang"].get_installed()]
    return next(
        (code for code in codes if code.lower() == wanted),
        next(
            (code for code in codes if code.lower().split("_")[0] == wanted[:2]), False
        ),
    )

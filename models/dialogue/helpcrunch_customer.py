from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...jobs import contacts
from ...tools import matching, typed_values
from ...tools.connection import Question
from ..messenger.claim import claim

# So many customers at most are asked about at a time; live replies need the budget.
_ASK_LIMIT = 20
_ASK_AGAIN_MINUTES = 5


class HelpcrunchCustomer(models.Model):
    """A HelpCrunch customer bound to a contact.

    One person may be several customers: HelpCrunch makes one per channel.
    """

    _name = "helpcrunch.customer"
    _inherit = "helpcrunch.remote"
    _description = "HelpCrunch Customer"
    _order = "id desc"
    _written_by_people = ("active", "opt_out")

    name = fields.Char(readonly=True)
    active = fields.Boolean(default=True)
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
    unsubscribed = fields.Boolean(
        "Unsubscribed in HelpCrunch",
        readonly=True,
        help="Gets no broadcasts because of that. Who subscribes there again gets them "
        "again, unless the customer said no in the chat too.",
    )
    blocked = fields.Boolean(
        readonly=True, help="Blocked in HelpCrunch: the bot does not answer."
    )
    category_ids = fields.Many2many(
        "res.partner.category",
        string="HelpCrunch Tags",
        readonly=True,
        help="Tags that the customer has in HelpCrunch; they are on the contact too.",
    )
    is_known = fields.Boolean(
        readonly=True,
        help="HelpCrunch has told phone, tags and channel of this customer.",
    )
    asked_at = fields.Datetime(
        "Last Asked about", readonly=True, help="When HelpCrunch was asked who it is."
    )
    merged_by_phone = fields.Boolean(
        "Known by a Typed Number",
        readonly=True,
        help="A number typed in the chat made this customer a contact that was there "
        "before. Anybody can type a number, so the contact's name, e-mail and phone "
        "are not overwritten from the chat any more.",
    )
    spoken_lang = fields.Char(
        readonly=True,
        help="In which the customer was spoken to before a merge of contacts, if the "
        "merged contact has another language.",
    )
    ignored_lang = fields.Char(
        readonly=True, help="The contact's language that does not count therefore."
    )
    chat_ids = fields.One2many("helpcrunch.chat", "customer_id", "Dialogues")

    def write(self, vals):
        """Let a wish for no broadcasts hold in all channels of a person."""
        if "opt_out" not in vals or "unsubscribed" in vals:
            # What HelpCrunch says of one customer is of that one only.
            return super().write(vals)
        result = super().write(vals)
        # sudo: helpcrunch.customer - channels of other people's dialogues too, and of
        # other companies; HelpCrunch's own word is overruled by the person's
        mine_sudo = self.sudo()
        everywhere_sudo = mine_sudo | mine_sudo.partner_id._find_helpcrunch_customers()
        super(HelpcrunchCustomer, everywhere_sudo).write(
            {"opt_out": vals["opt_out"], "unsubscribed": False}
        )
        return result

    def unlink(self):
        """Take along what HelpCrunch sent about these customers."""
        self.env["helpcrunch.event"]._forget(self, "customer_external_id")
        return super().unlink()

    def _forget(self):
        """Forget what these customers are called and what HelpCrunch sent about them.

        Whose contact each is stays, and what it does not want.
        """
        self.env["helpcrunch.event"]._forget(self, "customer_external_id")
        self.write({"name": False, "locale": False, "country_code": False})

    @api.model
    def _find_or_create(self, account, external_id, profile, application, known):
        """Return the binding of a customer, with a contact.

        Called under the advisory locks of :meth:`helpcrunch.chat._open`.

        :param dict profile: what HelpCrunch, or else the webhook, tells of the customer
        :param bool known: HelpCrunch itself told it, with phone and tags
        """
        customer = self._bind(
            account, external_id, self.env["res.partner"], application
        )
        # A merge locks it before the contact: what is read now stays the contact.
        customer._lock()
        customer._update_from_profile(profile, known)
        customer._ensure_partner(profile)
        customer._tag_partner(profile)
        return customer

    @api.model
    def _bind(self, account, external_id, partner, application):
        """Return the binding of a customer, made with this contact if it is new.

        :param partner: an empty one if the contact is still to be found
        """
        return self._find_remote(account, external_id) or self.create(
            {
                "account_id": account.id,
                "external_id": external_id,
                "partner_id": partner.id,
                "application_id": application.id,
            },
        )

    def _lock(self):
        """Wait for whoever writes these customers, and read them anew.

        Only of use in a READ COMMITTED transaction.
        """
        self.env.cr.execute(
            SQL(
                "SELECT FROM helpcrunch_customer WHERE id IN %s ORDER BY id"
                " FOR NO KEY UPDATE",
                tuple(self.ids),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset()

    def _ensure_partner(self, profile=None):
        """Return the customer's contact, found or made if there is none."""
        profile = profile or {"name": self.name}
        if not self.partner_id:
            self.partner_id = self._find_partner(profile)
            if self.partner_id.helpcrunch_customer_ids._refuse_broadcasts():
                self.opt_out = True
        if not self.partner_id:
            self._create_partner(profile)
        return self.partner_id

    def _take_email(self, email):
        """Fill in the contact's e-mail that HelpCrunch learned, if it has none.

        :return: whether it was filled in
        """
        email = typed_values.read_email(email)
        if not email or not self.partner_id or self.partner_id.email:
            return False
        self.partner_id.email = email
        return True

    def _update_from_profile(self, profile, known):
        location = profile.get("location")
        location = location if isinstance(location, dict) else {}
        country_code = location.get("countryCode")
        country_code = country_code if isinstance(country_code, str) else None
        vals = {
            "name": _read_name(profile.get("name")) or self.name,
            "locale": profile.get("locale") or self.locale,
            "country_code": country_code or self.country_code,
            "blocked": bool(profile.get("blocked", self.blocked)),
            "is_known": self.is_known or known,
            "active": True,
        }
        self.write({name: value for name, value in vals.items() if self[name] != value})
        if isinstance(profile.get("unsubscribed"), bool):
            self._set_unsubscribed(profile["unsubscribed"])

    def _find_partner(self, profile):
        """Return the one contact without a user that has exactly this e-mail.

        An e-mail in a widget can be invented: it must not open a colleague's contact.
        """
        partner = self.env["res.partner"]
        email = typed_values.read_email(profile.get("email"))
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
        """Make the contact of a customer of whom nothing else is known."""
        country = self.env["res.country"].search(
            [("code", "=", (self.country_code or "").upper())], limit=1
        )
        self.partner_id = self.env["res.partner"].create(
            {
                "name": self._make_name(profile),
                "email": typed_values.read_email(profile.get("email")) or False,
                "country_id": country.id,
                "company_id": self.company_id.id,
                "lang": self._find_language(),
                "type": "contact",
            },
        )
        self._take_phone(profile.get("phone"))

    def _make_name(self, profile):
        """Return the customer's name; a nameless one is called after the channel."""
        channel = self.application_id.name or self.account_id.name
        return _read_name(profile.get("name")) or f"{channel} {self.external_id}"

    def _find_language(self):
        """Return the installed language nearest to HelpCrunch's locale, if any."""
        return match_language(self.env, self.locale)

    def _keep_language(self, partner_lang):
        """Go on speaking to these customers as before a merge of their contacts.

        :param str partner_lang: the language of what their contact becomes
        """
        for customer in self:
            spoken = customer._get_spoken_language()
            if spoken and spoken != partner_lang:
                customer.write({"spoken_lang": spoken, "ignored_lang": partner_lang})

    def _get_spoken_language(self):
        """Return in which language the bot speaks to the customer."""
        told = self.partner_id.lang
        if self.spoken_lang and (self.ignored_lang or "") == (told or ""):
            return self.spoken_lang
        bot = (
            self.env["helpcrunch.chat"]
            .search([("customer_id", "=", self.id)], order="id desc", limit=1)
            .bot_id
        )
        return choose_language(self.env, told, self.locale, bot.language_id.code)

    def _tag_partner(self, profile):
        """Put the tags of messenger, channel and HelpCrunch on the contact.

        A tag taken off the customer in HelpCrunch is taken off the contact, unless
        another of its customers has it.
        """
        partner = self.partner_id
        channels = self.account_id._get_category()
        if self.application_id:
            channels |= self.application_id._get_category()
        gone = partner.category_id.browse()
        if isinstance(profile.get("tags"), list):
            told = self._find_categories(profile["tags"])
            others = partner.helpcrunch_customer_ids - self
            gone = self.category_ids - told - others.category_ids - channels
            if told != self.category_ids:
                self.category_ids = told
        categories = (partner.category_id - gone) | channels | self.category_ids
        if categories != partner.category_id:
            partner.category_id = categories

    def _find_categories(self, tags):
        """Return HelpCrunch's tags as tags of contacts below the messenger's."""
        parent = self.account_id._get_category()
        categories = parent.browse()
        for row in tags:
            name = row.get("name") if isinstance(row, dict) else row
            name = name.strip()[:80] if isinstance(name, str) else ""
            if name:
                categories |= parent.search(
                    [("parent_id", "=", parent.id), ("name", "=", name)], limit=1
                ) or parent.create({"name": name, "parent_id": parent.id})
        return categories

    # === WHAT HELPCRUNCH TELLS LATER === #

    def _ask_again(self, at_once=True):
        """Have HelpCrunch asked, after this transaction, who the customer is now.

        :param bool at_once: even if it was asked about this customer just now
        """
        self.is_known = False
        if at_once:
            self.asked_at = False
        # In a second: one question about many changes.
        self.env["helpcrunch.event"]._submit_after_commit(
            contacts.look_up_customers, delay=1
        )

    @api.model
    def _claim_unknown(self):
        """Return what to ask HelpCrunch about customers that it has not told of yet.

        Whoever was asked about least recently comes first, and nobody asks about the
        same customer within some minutes, in another process either (:func:`claim`).

        :rtype: list[Question]
        """
        now = fields.Datetime.now()
        customers = claim(
            self,
            [
                ("is_known", "=", False),
                ("account_id.state", "=", "connected"),
                ("account_id.active", "=", True),
                ("account_id.api_key", "!=", False),
                "|",
                ("asked_at", "=", False),
                ("asked_at", "<", now - timedelta(minutes=_ASK_AGAIN_MINUTES)),
            ],
            order="asked_at NULLS FIRST, id",
            limit=_ASK_LIMIT,
        )
        customers.asked_at = now
        return [
            Question(
                customer.account_id._get_connection(),
                customer=customer.external_id,
                customer_id=customer.id,
            )
            for customer in customers
        ]

    def _unclaim(self):
        """Let customers be asked about soon: there was no call left for them."""
        self.asked_at = False

    def _learn(self, profile):
        """Write down what HelpCrunch tells of a customer that has a contact already.

        :param dict profile: as told; None if HelpCrunch knows no such customer
        """
        if profile is None:
            # Nobody will tell more.
            self.is_known = True
            return
        self._update_from_profile(profile, known=True)
        if self.partner_id:
            self._take_phone(profile.get("phone"))
            self._take_email(profile.get("email"))
            self._tag_partner(profile)

    def _take_phone(self, phone):
        """Fill in the contact's phone that HelpCrunch knows, if it has none."""
        phone = str(phone or "").strip()[:60]
        if not phone or self.partner_id.phone:
            return
        country = self.partner_id.country_id or self.company_id.country_id
        self.partner_id.phone = (
            self.partner_id._phone_format(
                number=phone, country=country, force_format="INTERNATIONAL"
            )
            or phone
        )

    # === WHAT IS WISHED === #

    def _refuse_broadcasts(self):
        """Tell whether one of them said here, not in HelpCrunch, to want none."""
        return any(row.opt_out and not row.unsubscribed for row in self)

    def _set_unsubscribed(self, unsubscribed):
        """Follow HelpCrunch's subscription; a word said in the chat weighs more."""
        if unsubscribed and not self.opt_out:
            self.write({"opt_out": True, "unsubscribed": True})
        elif self.unsubscribed and not unsubscribed:
            self.write({"opt_out": False, "unsubscribed": False})


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


def choose_language(env, told, locale, bot_lang):
    """Return the first active language of contact, customer and bot, or False.

    Odoo refuses to read anything in one that was switched off.

    :param str told: code of the contact's language
    :param str locale: what HelpCrunch tells of the customer
    :param str bot_lang: code of the bot's language
    """
    get_code = env["res.lang"]._get_code
    return get_code(told) or match_language(env, locale) or get_code(bot_lang)


def _read_name(value):
    """Return a name that HelpCrunch tells; an empty text if nobody could see it."""
    name = matching.tidy(str(value or ""))[:200]
    return "" if matching.is_blank(name) else name

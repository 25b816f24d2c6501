import hashlib
import secrets
from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import consteq, format_date

from ...const import CRON_BATCH, LOGIN_MINUTES, LOGINS_PATH
from ..contacts.helpcrunch_duplicate import by_age
from ..messenger.reader import for_reader

_TOKEN_BYTES = 32
# A link that nobody used says why it does no more for so long.
_KEEP_DAYS = 1


class HelpcrunchLogin(models.Model):
    """A customer who is, for a while, a user of Odoo in what the dialogue does.

    Begins as a one-time link of a step, which only its digest is kept of. Whoever opens
    it, is logged in to Odoo and confirms, becomes the user; an event of the dialogue
    then binds the customer. Written by the machine only, and never deleted once it was
    a binding: it tells who acted as whom, from when to when, and who ended it.
    """

    _name = "helpcrunch.login"
    _description = "HelpCrunch Log-in"
    _order = "id desc"

    customer_id = fields.Many2one(
        "helpcrunch.customer", required=True, index=True, ondelete="cascade"
    )
    account_id = fields.Many2one(
        related="customer_id.account_id", store=True, index=True
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True
    )
    chat_id = fields.Many2one(
        "helpcrunch.chat",
        "Dialogue",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Where the link was asked for.",
    )
    step_id = fields.Many2one(
        "helpcrunch.step",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The step that sent the link.",
    )
    user_id = fields.Many2one(
        "res.users",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Who confirmed the link. What the dialogue's steps do is done in this "
        "user's name and with this user's rights.",
    )
    user_name = fields.Char(
        "Confirmed by", readonly=True, help="Stays when the user is deleted."
    )
    former_partner_id = fields.Many2one(
        "res.partner",
        "Former Contact",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The customer's contact before, which comes back at the end.",
    )
    # What the user may read who has no role of the app.
    account_name = fields.Char("Messenger's Name", related="account_id.name")
    channel_name = fields.Char("Channel", related="customer_id.application_id.name")
    customer_name = fields.Char("Customer's Name", related="customer_id.name")
    token_digest = fields.Char(copy=False, groups=fields.NO_ACCESS)
    state = fields.Selection(
        [
            ("asked", "Link sent"),
            ("void", "Link not used"),
            ("confirmed", "Confirmed"),
            ("active", "Logged in"),
            ("ended", "Ended"),
        ],
        required=True,
        default="asked",
        readonly=True,
    )
    expires_at = fields.Datetime(
        "Link Good until", readonly=True, help="The link opens nothing afterwards."
    )
    confirmed_at = fields.Datetime("Confirmed on", readonly=True)
    bound_until = fields.Datetime(
        "Logged in until", readonly=True, help="It ends by itself then."
    )
    ended_at = fields.Datetime("Ended on", readonly=True)
    end_reason = fields.Selection(
        [
            ("logout", "The customer wrote /logout"),
            ("user", "The user ended it"),
            ("manager", "An administrator ended it"),
            ("expired", "The time was up"),
            ("gone", "The user is archived or deleted"),
            ("company", "The user has left the company"),
            ("deleted", "The customer was deleted or archived"),
            ("rebound", "HelpCrunch made another customer of it"),
            ("renewed", "Somebody logged in anew"),
        ],
        "Why It Ended",
        readonly=True,
    )
    ended_by_id = fields.Many2one(
        "res.users",
        "Ended by",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Who pressed the button.",
    )

    _token_once = models.UniqueIndex("(token_digest) WHERE token_digest IS NOT NULL")
    _one_at_a_time = models.UniqueIndex("(customer_id) WHERE state = 'active'")
    _bound_idx = models.Index("(bound_until) WHERE state = 'active'")

    @api.depends("customer_name", "user_name")
    def _compute_display_name(self):
        for login in self:
            names = (login.customer_name, login.user_name)
            login.display_name = " → ".join(filter(None, names)) or f"#{login.id}"

    # === ACTIONS === #

    def action_end(self):
        """End log-ins, as an administrator of the app."""
        self.check_access("read")
        for login in self:
            reason = "user" if login.user_id == self.env.user else "manager"
            # sudo: helpcrunch.login - who sees it may end it, and write nothing else
            login.sudo()._end(reason, by=self.env.user)
        return True

    # === THE LINK === #

    @api.model
    def _ask(self, chat, step):
        """Make a link for a dialogue's customer; those before it open nothing more.

        :return: the token, which nobody keeps but the customer
        :rtype: str
        """
        self._void_links(chat.customer_id)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self.create(
            {
                "customer_id": chat.customer_id.id,
                "chat_id": chat.id,
                "step_id": step.id,
                "token_digest": _digest(token),
                "expires_at": fields.Datetime.now() + timedelta(minutes=LOGIN_MINUTES),
            }
        )
        return token

    @api.model
    def _void_links(self, customer):
        """Let a customer's links that are not used yet open nothing any more."""
        links = self.search(
            [("customer_id", "=", customer.id), ("state", "=", "asked")]
        )
        links.state = "void"
        return links

    @api.model
    def _find(self, token):
        """Return the log-in of a link; an empty one if there never was such a link.

        Looked up by the digest, so that how long it takes tells nothing of the token.
        """
        digest = _digest(token)
        login = self.search([("token_digest", "=", digest)], limit=1)
        if not login or not consteq(login.token_digest, digest):
            return self.browse()
        return login

    @api.model
    def _get_own(self, user):
        """Return the log-ins in which somebody acts as this user."""
        return self.search(
            [("user_id", "=", user.id), ("state", "in", ("confirmed", "active"))]
        )

    def _find_problem(self, user):
        """Return why a user cannot confirm, as a code, or None.

        Whoever has no part in the company learns nothing of what became of the link.
        """
        if not self:
            return "unknown"
        if not _may_be_bound(user):
            return "machine"
        if self.company_id not in user.company_ids:
            return "foreign"
        if self.state in ("confirmed", "active", "ended"):
            return "used"
        if self.state == "void":
            return "replaced"
        if self.expires_at <= fields.Datetime.now():
            return "late"
        if not (self.chat_id and self.customer_id.active and self.account_id.active):
            return "gone"
        return None

    def _confirm(self, user):
        """Let a user be bound, if nothing speaks against it.

        The row is written: of two who confirm at once one clashes, and finds on the
        second look that the link was used.

        :return: why not, as a code, or None
        """
        problem = self._find_problem(user)
        if not problem:
            self.write(
                {
                    "state": "confirmed",
                    "user_id": user.id,
                    "user_name": user.name,
                    "confirmed_at": fields.Datetime.now(),
                }
            )
            # Before anything else is done: whoever is second fails here.
            self.flush_recordset()
            self.chat_id._store_own_event(
                "login.confirmed", {"login": self.id}, key=str(self.id)
            )
        return problem

    def _get_page(self, user):
        """Return what the page of a link has to tell about it.

        :rtype: dict
        """
        customer = self.customer_id
        return {
            "messenger": self.account_id.name,
            "channel": self.chat_id.application_id.name,
            "customer": customer.name or customer.external_id,
            "is_same_contact": customer.partner_id == user.partner_id,
            "asked_at": self.create_date,
        }

    # === THE BINDING === #

    def _begin(self):
        """Bind the customer to the user who confirmed, in a turn of the dialogue.

        All dialogues of the customer get the user's contact. The former contact is not
        merged into it: that is a person's decision.
        """
        customer, partner = self.customer_id, self.user_id.partner_id
        customer._get_logins(("active",))._end("renewed")
        # Before this one is active: one at a time is what the database allows.
        self.env.flush_all()
        former = customer.partner_id
        days = self.account_id.login_days
        self.write(
            {
                "state": "active",
                "former_partner_id": former.id,
                "bound_until": fields.Datetime.now() + timedelta(days=days),
            }
        )
        customer.write({"user_id": self.user_id.id, "partner_id": partner.id})
        customer.chat_ids.partner_id = partner
        self._list_match(former, partner)
        self._tell_user()

    def _end(self, reason, by=None):
        """End what is confirmed or active, and let the former contact come back.

        :param str reason: one of ``end_reason``
        :param by: the user who pressed the button
        """
        open_ = self.filtered(lambda login: login.state in ("confirmed", "active"))
        for login in open_:
            was_active = login.state == "active"
            login.write(
                {
                    "state": "ended",
                    "ended_at": fields.Datetime.now(),
                    "end_reason": reason,
                    "ended_by_id": by.id if by else False,
                }
            )
            if was_active:
                login._give_back_contact()
        open_._tell_dialogues()

    def _give_back_contact(self):
        """Give the customer and its dialogues the contact from before.

        What was merged with the user's contact meanwhile stays, as does a contact that
        somebody else gave them.
        """
        customer, mine = self.customer_id, self.user_id.partner_id
        customer.user_id = False
        if customer.partner_id != mine:
            return
        customer.partner_id = self.former_partner_id
        former = customer._ensure_partner()
        chats = customer.chat_ids.filtered(lambda chat: chat.partner_id == mine)
        chats.partner_id = former

    def _tell_dialogues(self):
        """Let the newest dialogue of each customer write down that it ended."""
        for login in self:
            chat = login.customer_id.chat_ids[:1]
            if chat and not chat._turn:
                chat._store_own_event("login.ended", {"login": login.id})

    def _find_reason_to_end(self):
        """Return why a user may not be bound any more, or None.

        Asked at the beginning of each turn, whoever took a right away and how.
        """
        user = self.user_id
        if not _may_be_bound(user):
            return "gone"
        if self.company_id not in user.company_ids:
            return "company"
        if self.bound_until and self.bound_until <= fields.Datetime.now():
            return "expired"
        return None

    def _list_match(self, former, partner):
        """Leave it to a person whether the former contact is the user's own."""
        for kind, name in (("email", "email_normalized"), ("phone", "phone_sanitized")):
            value = former[name]
            if former == partner or not value or value != partner[name]:
                continue
            older, newer = (former | partner).sorted(by_age)
            self.env["helpcrunch.duplicate"].create(
                {
                    "company_id": self.company_id.id,
                    "chat_id": self.chat_id.id,
                    "kind": kind,
                    "value": value,
                }
            )._put_on_list(newer, older, "user")
            return

    def _tell_user(self):
        """Tell the user what was confirmed in this name, and how to end it.

        As Odoo tells of a new device: in the inbox or by e-mail. The mail is sent by
        Odoo's queue, since a turn talks to nobody.
        """
        login = for_reader(self, self.user_id)
        body = Markup('<p>%s</p><p><a href="%s">%s</a></p>') % (
            login.env._(
                "“%(customer)s” in %(channel)s (%(messenger)s) is logged in as you "
                "until %(date)s: what the bot does for this customer is done in your "
                "name. If you did not want this, end it at once; writing /logout in "
                "the dialogue ends it too.",
                customer=self.customer_name or self.customer_id.external_id,
                channel=self.channel_name or self.account_name,
                messenger=self.account_name,
                date=format_date(login.env, self.bound_until),
            ),
            f"{self.get_base_url()}{LOGINS_PATH}",
            login.env._("Look at your log-ins and end them"),
        )
        login.user_id.partner_id.with_context(
            mail_notify_force_send=False
        ).message_notify(
            partner_ids=self.user_id.partner_id.ids,
            subject=login.env._("A customer is logged in as you"),
            body=body,
            force_send=False,
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    # === LATER === #

    @api.model
    def _end_gone(self, users):
        """End the log-ins of users who may not have them any more."""
        bound = [("user_id", "in", users.ids), ("state", "in", ("confirmed", "active"))]
        for login in self.search(bound):
            if reason := login._find_reason_to_end():
                login._end(reason)

    @api.model
    def _cron_end(self):
        """End what is over, and forget links that were never delivered."""
        over = Domain("state", "=", "active") & (
            Domain("bound_until", "<=", fields.Datetime.now())
            | Domain("user_id", "=", False)
            | Domain("user_id.active", "=", False)
        )
        logins = self.with_context(active_test=False).search(over, limit=CRON_BATCH)
        for login in logins:
            login._end(login._find_reason_to_end())

    @api.autovacuum
    def _gc_unused_links(self):
        """Forget links that nobody used: they never were a binding."""
        before = fields.Datetime.now() - timedelta(days=_KEEP_DAYS)
        unused = [("state", "in", ("asked", "void")), ("expires_at", "<", before)]
        self.search(unused, limit=CRON_BATCH * 10).unlink()


def _digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


def _may_be_bound(user):
    """Tell whether somebody may be acted as: a person who may log in, never Odoo."""
    return (
        bool(user) and user.active and user.id != SUPERUSER_ID and not user._is_public()
    )

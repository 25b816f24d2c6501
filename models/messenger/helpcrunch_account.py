import secrets
from urllib.parse import urlsplit

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, str2bool, urls

from ...const import API_URL, EVENT_TYPES, PRIVATE_API_PARAMETER, WEBHOOK_PATH
from ...tools import network
from ...tools.connection import Connection
from .reader import for_reader

# Kinds of activities: what is told once, or taken back by itself.
KEY_REFUSED = "helpcrunch_chatbot.mail_activity_type_key_refused"
EVENT_FAILED = "helpcrunch_chatbot.mail_activity_type_event_failed"
# Minutes until it is tried once more; the last wait goes on.
_RETRY_MINUTES = (1, 2, 5, 10, 30, 60)
# Seconds until people are told that something waits.
_PATIENCE = 30


class HelpcrunchAccount(models.Model):
    _name = "helpcrunch.account"
    _inherit = ["mail.thread", "mail.activity.mixin", "helpcrunch.guarded"]
    _description = "HelpCrunch Messenger"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, default="HelpCrunch")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company,
        help="Contacts, dialogues and leads of this messenger belong to this company.",
    )
    api_key = fields.Char(
        "API Key",
        copy=False,
        groups="helpcrunch_chatbot.group_manager",
        help="HelpCrunch: Settings > Developers > Public API.",
    )
    webhook_secret = fields.Char(
        "Webhook Signing Key",
        copy=False,
        groups="helpcrunch_chatbot.group_manager",
        help="HelpCrunch: Settings > Developers > Webhooks. Without it no webhook "
        "is believed.",
    )
    webhook_token = fields.Char(
        copy=False,
        required=True,
        readonly=True,
        default=lambda self: secrets.token_urlsafe(24),
        groups="helpcrunch_chatbot.group_manager",
    )
    webhook_url = fields.Char(
        "Webhook URL",
        compute="_compute_webhook_url",
        groups="helpcrunch_chatbot.group_manager",
        help="Paste it in HelpCrunch for each of the events listed below.",
    )
    api_url = fields.Char(
        "API Address",
        required=True,
        default=API_URL,
        copy=False,
        help="Change it only to talk to a test server. Administrators of Odoo only.",
    )
    organization_domain = fields.Char("Organisation", readonly=True, copy=False)
    bot_agent_id = fields.Many2one(
        "helpcrunch.agent",
        "Bot's Agent",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        domain="[('account_id', '=', id)]",
        help="The HelpCrunch team member in whose name the bot writes. Give the bot a "
        "team member of its own: whatever this one writes counts as the bot's.",
    )
    helpcrunch_crm_type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")],
        "CRM Type",
        required=True,
        default="lead",
        help="What the command /lead makes while an operator is connected.",
    )
    requests_per_minute = fields.Integer(
        "Requests per Minute",
        required=True,
        default=120,
        help="HelpCrunch allows 120 calls a minute for a whole account. Lower it when "
        "other programs use the same account.",
    )
    broadcast_share = fields.Integer(
        "Broadcast Share (%)",
        required=True,
        default=30,
        help="The part of the calls that broadcasts may use while live replies wait.",
    )
    trust_typed_phone = fields.Boolean(
        "Trust Typed Phones",
        default=True,
        help="On: a contact is merged with the one that has the phone number the "
        "customer typed. Anybody can type somebody else's number; off, every such "
        "match waits on the list of possible duplicates for your decision.",
    )
    close_on_finish = fields.Boolean(
        "Close Finished Chats",
        default=True,
        help="Close the HelpCrunch chat when a dialogue with an operator ends.",
    )
    category_id = fields.Many2one(
        "res.partner.category",
        "Contact Tag",
        index="btree_not_null",
        ondelete="set null",
        help="Put on every contact that comes through this messenger.",
    )
    state = fields.Selection(
        [("draft", "Not connected"), ("connected", "Connected"), ("error", "Error")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    error = fields.Text(readonly=True, copy=False)
    connected_at = fields.Datetime("Connected on", readonly=True, copy=False)
    agent_ids = fields.One2many("helpcrunch.agent", "account_id", "Agents")
    application_ids = fields.One2many(
        "helpcrunch.application", "account_id", "Channels"
    )
    bot_ids = fields.One2many("helpcrunch.bot", "account_id", "Bots")
    budget_ids = fields.One2many("helpcrunch.account.budget", "account_id")
    arrival_ids = fields.One2many(
        "helpcrunch.account.arrival", "account_id", "Webhooks", copy=False
    )
    warning = fields.Text(compute="_compute_warning")
    waiting_event_count = fields.Integer("Waiting events", compute="_compute_health")
    failed_event_count = fields.Integer("Failed events", compute="_compute_health")
    waiting_call_count = fields.Integer("Waiting calls", compute="_compute_health")
    failed_call_count = fields.Integer("Failed calls", compute="_compute_health")
    budget_used = fields.Integer("Calls in the last minute", compute="_compute_health")
    oldest_waiting_at = fields.Datetime("Oldest waiting", compute="_compute_health")

    _webhook_token_unique = models.UniqueIndex("(webhook_token)")
    _requests_positive = models.Constraint(
        "CHECK(requests_per_minute > 0)",
        "A messenger needs at least one request per minute.",
    )
    _share_percent = models.Constraint(
        "CHECK(broadcast_share BETWEEN 1 AND 100)",
        "The share of broadcasts is a percentage between 1 and 100.",
    )

    retry_at = fields.Datetime("Tried again at", readonly=True, copy=False)
    retries = fields.Integer(readonly=True, copy=False)

    @api.depends("webhook_token")
    def _compute_webhook_url(self):
        for account in self:
            account.webhook_url = urls.urljoin(
                account.get_base_url(), f"{WEBHOOK_PATH}/{account.webhook_token}"
            )

    @api.depends("state", "bot_agent_id")
    def _compute_warning(self):
        for account in self:
            account.warning = "\n".join(account._find_warnings())

    def _compute_health(self):
        event = self.env["helpcrunch.event"]
        outbox = self.env["helpcrunch.outbox"]
        for account in self:
            mine = [("account_id", "in", account.ids)]
            waiting = mine + [("state", "=", "pending")]
            sending = mine + [("state", "in", ("pending", "sending", "unknown"))]
            failed = mine + [("state", "=", "failed")]
            account.waiting_event_count = event.search_count(waiting)
            account.failed_event_count = event.search_count(failed)
            account.waiting_call_count = outbox.search_count(sending)
            account.failed_call_count = outbox.search_count(failed)
            account.budget_used = account.budget_ids[:1]._used()
            oldest = (
                event.search(waiting, order="id", limit=1).received_at,
                outbox.search(sending, order="id", limit=1).queued_at,
            )
            account.oldest_waiting_at = min(filter(None, oldest), default=False)

    @api.constrains("api_url")
    def _check_api_url(self):
        for account in self:
            parts = urlsplit(account.api_url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValidationError(
                    self.env._(
                        "The API address of messenger “%(name)s” must begin with "
                        "https:// and name a host.",
                        name=account.name,
                    ),
                )
            if problem := account._find_address_problem():
                raise ValidationError(problem)

    def _find_address_problem(self):
        """Return why the API address may not be called, or None.

        A server that calls what somebody types must not be sent round its own network.
        """
        if self.api_url == API_URL:
            return None
        # sudo: ir.config_parameter - a setting of whoever runs the server
        parameters = self.env["ir.config_parameter"].sudo()
        if str2bool(parameters.get_param(PRIVATE_API_PARAMETER), False):
            return None
        host = urlsplit(self.api_url).hostname
        if not network.is_private(host):
            return None
        return self.env._(
            "The API address of messenger “%(name)s” leads into the network of this "
            "server (%(host)s). If that is a test server, set the system parameter "
            "%(parameter)s to True.",
            name=self.name,
            host=host,
            parameter=PRIVATE_API_PARAMETER,
        )

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        # sudo: helpcrunch.account.budget - the machine's own row, nobody edits it
        self.env["helpcrunch.account.budget"].sudo().create(
            [{"account_id": account.id} for account in accounts]
        )
        accounts._expect_events()
        return accounts

    @api.model
    def _is_written_by_people(self, field):
        """Tell whether people may write a field.

        Where the key is sent, and whose answers are read, is decided by who is
        responsible for the server.
        """
        if field.name == "api_url":
            return self.env.user.has_group("base.group_system")
        # State, error, token: what the form shows only is the machine's.
        return not (field.readonly and field.store)

    def write(self, vals):
        moved = self.browse()
        if "company_id" in vals:
            moved = self.filtered(lambda row: row.company_id.id != vals["company_id"])
            moved._check_can_move()
        is_new_key = vals.keys() & {"api_key", "api_url"} and "retry_at" not in vals
        if is_new_key and (lost := self.filtered("retry_at")):
            # A new key is to be tried soon, not when the old one was to be.
            # sudo: helpcrunch.account - when it is tried is the machine's; that this
            # person may set the messenger up is checked by the write below
            super(HelpcrunchAccount, lost.sudo()).write(self._plan_retry(0))
        result = super().write(vals)
        if vals.keys() & {"api_key", "api_url", "bot_agent_id"}:
            self.env["helpcrunch.outbox"]._send_soon()
        # Queues, teams and salespeople of the former company are told by their step.
        moved.with_context(active_test=False).bot_ids.step_ids._check_drawing()
        return result

    def _expect_events(self):
        """List every event to subscribe to, those that a new version brings too."""
        # sudo: helpcrunch.account.arrival - the machine's own rows, nobody edits them
        arrivals_sudo = self.env["helpcrunch.account.arrival"].sudo()
        arrivals_sudo.create(
            [
                {"account_id": account.id, "event_type": kind, "sequence": sequence}
                for account in self
                for sequence, kind in enumerate(EVENT_TYPES)
                if kind not in account.arrival_ids.mapped("event_type")
            ],
        )

    # === ACTIONS === #

    def action_view_failed_events(self):
        self.ensure_one()
        self.env["helpcrunch.event"].check_access("read")
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_event_action"
        )
        action["domain"] = [("account_id", "=", self.id)]
        action["context"] = {"search_default_failed": 1}
        return action

    def action_view_outbox(self):
        self.ensure_one()
        self.env["helpcrunch.outbox"].check_access("read")
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_outbox_action"
        )
        action["domain"] = [("account_id", "=", self.id)]
        return action

    def _pause(self, error):
        """Stop sending for this messenger until its key is mended (a call got 401)."""
        self.ensure_one()
        if self.state == "connected":
            responsible = self._get_responsible()
            account = for_reader(self, responsible)
            account._note_lost(error)
            account.activity_schedule(
                KEY_REFUSED,
                summary=account.env._("HelpCrunch refused the key"),
                note=account.error,
                user_id=responsible.id,
            )

    def _tell_failed_event(self, event):
        """Plan an activity for an event that failed for good; one is enough."""
        self.ensure_one()
        if not self.activity_search([EVENT_FAILED]):
            responsible = self._get_responsible()
            account = for_reader(self, responsible)
            account.activity_schedule(
                EVENT_FAILED,
                summary=account.env._("An event of a dialogue failed"),
                note=account.env._(
                    "Event %(event)s could not be processed. Look under Configuration "
                    "> Events, mend the cause and press Try again.",
                    event=event.external_id,
                ),
                user_id=responsible.id,
            )

    def _get_responsible(self):
        """Return the administrator to tell about this messenger's troubles.

        Whoever made the messenger, if still an administrator of the app today.
        """
        # sudo: res.users - of the messenger's company, whoever it is that asks
        managers = self.env.ref("helpcrunch_chatbot.group_manager").sudo().all_user_ids
        today = managers.filtered(
            lambda user: (
                user.active
                and user._is_internal()
                and user.id != SUPERUSER_ID
                and self.company_id in user.company_ids
            )
        ).sorted("id")
        maker = self.sudo().create_uid & today
        return maker or today[:1] or self.env.ref("base.user_admin")

    @api.model
    def _find_connected(self):
        """Return the ids of the messengers that HelpCrunch lets in."""
        return self.search([("state", "=", "connected")]).ids

    def _get_connection(self):
        """Return how to reach this messenger when the transaction is over.

        :rtype: Connection
        """
        self.ensure_one()
        # sudo: helpcrunch.account - only managers read the key, the machine uses it
        account_sudo = self.sudo()
        return Connection(self.id, account_sudo.api_url, account_sudo.api_key or "")

    def _get_clock_offset(self):
        """Return by how many seconds HelpCrunch's clock is ahead; None if unknown.

        Plain SQL: Odoo reads an unknown number as zero.
        """
        self.env.cr.execute(
            SQL(
                "SELECT clock_offset FROM helpcrunch_account_budget"
                " WHERE account_id = %s",
                self.id,
            ),
        )
        row = self.env.cr.fetchone()
        return row[0] if row else None

    def _get_category(self):
        """Return the tag of this messenger."""
        self.ensure_one()
        if not self.category_id:
            category = self.env["res.partner.category"]
            self.category_id = category.search(
                [("parent_id", "=", False), ("name", "=", self.name)], limit=1
            ) or category.create({"name": self.name})
        return self.category_id

    # === THE COMPANY === #

    def _check_can_move(self):
        """Refuse to take dialogues, contacts and leads to another company.

        :raise UserError: if the messenger has dialogues
        """
        # sudo: helpcrunch.chat - those of all companies count
        chats_sudo = self.env["helpcrunch.chat"].sudo()
        for account in self:
            if chats_sudo.search_count([("account_id", "=", account.id)], limit=1):
                raise UserError(
                    self.env._(
                        "Messenger “%(messenger)s” stays in company “%(company)s”: its "
                        "dialogues, contacts and leads are there. Archive it and make "
                        "a new messenger in the other company.",
                        messenger=account.name,
                        company=account.company_id.name,
                    ),
                )

    # === LOST CONNECTIONS === #

    @api.model
    def _plan_retry(self, retries):
        """Return the values that have a messenger tried again by itself."""
        minutes = _RETRY_MINUTES[min(retries, len(_RETRY_MINUTES) - 1)]
        at = fields.Datetime.add(fields.Datetime.now(), minutes=minutes)
        return {"retry_at": at, "retries": retries}

    def _note_lost(self, error):
        """Say what HelpCrunch answered instead, and have it tried again."""
        self.write(
            {"state": "error", "error": self._explain(error), **self._plan_retry(0)}
        )

    @api.model
    def _claim_lost(self):
        """Return the messengers to try now, and plan when to try them next.

        :rtype: list[Connection]
        """
        now = fields.Datetime.now()
        accounts = self.search(
            [
                ("state", "=", "error"),
                ("retry_at", "<=", now),
                # Whoever never connected has settings to make first.
                ("connected_at", "!=", False),
                ("api_key", "!=", False),
                ("bot_agent_id.active", "=", True),
            ]
        )
        for account in accounts:
            account.write(self._plan_retry(account.retries + 1))
        return [account._get_connection() for account in accounts]

    def _come_back(self, connection):
        """Go on sending: HelpCrunch takes the key again.

        :param Connection connection: with the key that it takes
        """
        if self.state != "error" or self.api_key != connection.api_key:
            return
        self.write({"state": "connected", "error": False})
        self._forget_trouble()
        self.env["helpcrunch.outbox"]._send_soon()

    def _forget_trouble(self):
        """Take back what was told to people about a refused key."""
        self.write({"retry_at": False, "retries": 0})
        # sudo: mail.activity - it may be somebody else's
        self.sudo().activity_unlink([KEY_REFUSED])

    def _explain_trouble(self):
        """Return why nothing reaches customers now, or False. For operators too."""
        if not self:
            return False
        if self.state == "error":
            return self.env._(
                "HelpCrunch does not let the messenger “%(name)s” in. What is written "
                "waits and goes out by itself as soon as it does; an administrator "
                "knows.",
                name=self.name,
            )
        since = fields.Datetime.subtract(fields.Datetime.now(), seconds=_PATIENCE)
        call = self.env["helpcrunch.outbox"]._find_put_off(
            [("account_id", "=", self.id), ("queued_at", "<", since)], limit=1
        )
        return call._explain_wait() if call else False

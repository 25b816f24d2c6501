import ipaddress
import logging
import secrets
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.http import db_list
from odoo.tools import config, urls

from ..const import API_URL, EVENT_TYPES, WEBHOOK_PATH
from ..exceptions import (
    HelpcrunchError,
    KeyRefusedError,
    RateLimitedError,
    UnreachableError,
)
from ..tools.helpcrunch_api import HelpcrunchApi

_logger = logging.getLogger(__name__)


class HelpcrunchAccount(models.Model):
    _name = "helpcrunch.account"
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
        help="Change it only to talk to a test server.",
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
            mine = [("account_id", "=", account.id)]
            waiting = mine + [("state", "=", "pending")]
            sending = mine + [("state", "in", ("pending", "sending", "unknown"))]
            failed = mine + [("state", "=", "failed")]
            account.waiting_event_count = event.search_count(waiting)
            account.failed_event_count = event.search_count(failed)
            account.waiting_call_count = outbox.search_count(sending)
            account.failed_call_count = outbox.search_count(failed)
            account.budget_used = account.budget_ids[:1]._used()
            oldest = [
                row.create_date
                for row in (
                    event.search(waiting, order="id", limit=1),
                    outbox.search(sending, order="id", limit=1),
                )
                if row
            ]
            account.oldest_waiting_at = min(oldest, default=False)

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

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        # sudo: budget and arrivals are the machine's own rows, nobody edits them
        self.env["helpcrunch.account.budget"].sudo().create(
            [{"account_id": account.id} for account in accounts]
        )
        self.env["helpcrunch.account.arrival"].sudo().create(
            [
                {"account_id": account.id, "event_type": kind, "sequence": sequence}
                for account in accounts
                for sequence, kind in enumerate(EVENT_TYPES)
            ],
        )
        return accounts

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"api_key", "api_url", "bot_agent_id"}:
            self.env["helpcrunch.outbox"]._wake()
        return result

    # === ACTIONS === #

    def action_connect(self):
        """Check the key, read the account's lists, say what is wrong or what is next.

        :raise UserError: never for HelpCrunch's answers, those are kept in ``error`` so
            that the form goes on showing them
        """
        self.ensure_one()
        if not self.api_key:
            raise UserError(
                self.env._(
                    "Enter the API key first. You find it in HelpCrunch under "
                    "Settings > Developers > Public API."
                )
            )
        try:
            self._pull(HelpcrunchApi(self.api_url, self.api_key))
        except HelpcrunchError as error:
            self.write({"state": "error", "error": self._explain(error)})
            _logger.warning("messenger %s not connected: %s", self.id, error)
            return self._notify("danger", self.env._("Not connected"), self.error)
        problem = self._find_agent_problem()
        if problem:
            self.write({"state": "error", "error": problem})
            return self._notify("warning", self.env._("Almost there"), problem)
        self.write(
            {
                "state": "connected",
                "error": False,
                "connected_at": self.connected_at or fields.Datetime.now(),
            },
        )
        self.env["helpcrunch.outbox"]._wake()
        return self._notify(
            "success",
            self.env._("Connected"),
            self.env._(
                "Now subscribe to the events listed under Webhooks: HelpCrunch has no "
                "way to do it from here."
            ),
        )

    def action_view_failed_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_event_action"
        )
        action["domain"] = [("account_id", "=", self.id)]
        action["context"] = {"search_default_failed": 1}
        return action

    def action_view_outbox(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_outbox_action"
        )
        action["domain"] = [("account_id", "=", self.id)]
        return action

    def _notify(self, kind, title, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": title,
                "message": message,
                "sticky": kind != "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === CONNECTING === #

    def _pull(self, api_client):
        """Read organisation, agents, applications and departments into our lists.

        :raise HelpcrunchError: as the client does; nothing is written then
        """
        organization = api_client.get_organization()
        agents = api_client.get_agents()
        applications = api_client.get_applications()
        # Read although nothing is kept of them yet: a key without this right would
        # fail at the first hand-over instead of now.
        api_client.get_departments()
        self.organization_domain = organization.get("domain")
        self._sync(
            "helpcrunch.agent",
            agents,
            lambda row: {
                "name": row.get("name") or row.get("email") or str(row["id"]),
                "email": row.get("email"),
                "role": row.get("role"),
            },
        )
        self._sync(
            "helpcrunch.application",
            applications,
            lambda row: {
                "name": row.get("displayName") or row.get("name") or str(row["id"]),
                "channel": row.get("type"),
            },
        )
        helpbots = self.agent_ids.filtered(
            # The page shows this name (helpcrunch-api.md 2.1); there is no flag.
            lambda agent: (agent.name or "").lower() == "helpbot"
        )
        helpbots.is_bot = True

    def _sync(self, model, rows, prepare):
        """Bring one list of ours in line with HelpCrunch's, archiving what is gone."""
        known = {
            record.external_id: record
            for record in self.env[model]
            .with_context(active_test=False)
            .search([("account_id", "=", self.id)])
        }
        to_create = []
        for row in rows:
            external_id = str(row["id"])
            vals = {**prepare(row), "active": row.get("active", True) is not False}
            if record := known.pop(external_id, None):
                record.write(vals)
            else:
                vals |= {"account_id": self.id, "external_id": external_id}
                to_create.append(vals)
        self.env[model].create(to_create)
        for record in known.values():
            record.active = False

    def _find_agent_problem(self):
        if not self.bot_agent_id:
            return self.env._(
                "The key works. Choose the agent in whose name the bot writes, then "
                "press Connect again."
            )
        if not self.bot_agent_id.active:
            return self.env._(
                "There is no agent “%(name)s” in HelpCrunch any more. Choose another "
                "agent for the bot.",
                name=self.bot_agent_id.name,
            )
        return None

    def _explain(self, error):
        """Return what an administrator can do about an error of the client."""
        if isinstance(error, KeyRefusedError):
            return self.env._(
                "HelpCrunch refused the key. Copy it again from Settings > Developers "
                "> Public API and press Connect. Nothing that waits to be sent is lost."
            )
        if isinstance(error, UnreachableError):
            return self.env._(
                "No connection to %(address)s. Check the API address and that this "
                "server may reach the internet. (%(error)s)",
                address=self.api_url,
                error=error,
            )
        if isinstance(error, RateLimitedError):
            return self.env._(
                "HelpCrunch gets too many requests from this account just now. Wait a "
                "minute and press Connect again."
            )
        if error.status == 404:
            return self.env._(
                "%(address)s answers, but not as HelpCrunch does. The address ends "
                "with /v1. (%(error)s)",
                address=self.api_url,
                error=error,
            )
        return self.env._(
            "HelpCrunch did not answer as expected, try again later. (%(error)s)",
            error=error,
        )

    def _pause(self, error):
        """Stop sending for this messenger until its key is mended (a call got 401)."""
        self.ensure_one()
        if self.state == "connected":
            self.write({"state": "error", "error": self._explain(error)})
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("HelpCrunch refused the key"),
                note=self.error,
                user_id=self._get_responsible().id,
            )

    def _tell_failed_event(self, event):
        """Plan an activity for an event that failed for good; one is enough."""
        self.ensure_one()
        summary = self.env._("An event of a dialogue failed")
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=self.env._(
                    "Event %(event)s could not be processed. Look under Configuration "
                    "> Events, mend the cause and press Try again.",
                    event=event.external_id,
                ),
                user_id=self._get_responsible().id,
            )

    def _get_responsible(self):
        """Return the administrator to tell about this messenger's troubles."""
        manager = self.env.ref("helpcrunch_chatbot.group_manager")
        candidates = self.create_uid + manager.all_user_ids.sorted("id")
        return candidates.filtered(
            lambda user: user.active and user._is_internal() and user.id != 1
        )[:1] or self.env.ref("base.user_admin")

    # === THE REST === #

    def _get_api(self):
        """Return a client for this account."""
        self.ensure_one()
        # sudo: helpcrunch.account - only managers read the key, the machine uses it
        account_sudo = self.sudo()
        return HelpcrunchApi(account_sudo.api_url, account_sudo.api_key or "")

    def _get_category(self):
        """Return the tag of this messenger."""
        self.ensure_one()
        if not self.category_id:
            category = self.env["res.partner.category"]
            self.category_id = category.search(
                [("parent_id", "=", False), ("name", "=", self.name)], limit=1
            ) or category.create({"name": self.name})
        return self.category_id

    def _find_warnings(self):
        """Return what around this messenger is likely to go wrong, as sentences."""
        warnings = []
        base_url = self.get_base_url()
        if not _is_public(base_url):
            warnings.append(
                self.env._(
                    "HelpCrunch cannot reach %(url)s from the internet. Set the system "
                    "parameter web.base.url to the public address of this Odoo.",
                    url=base_url,
                ),
            )
        # sudo: ir.config_parameter - a manager of the app is no system administrator
        if not self.env["ir.config_parameter"].sudo().get_param("web.base.url.freeze"):
            warnings.append(
                self.env._(
                    "The web address of this Odoo changes when an administrator logs "
                    "in through another one. Set the system parameter "
                    "web.base.url.freeze to True."
                ),
            )
        if _answers_for_several_databases():
            warnings.append(
                self.env._(
                    "This server has several databases and a webhook names none. Start "
                    "Odoo with a database filter (--db-filter)."
                ),
            )
        if self.state == "connected":
            warnings.append(
                self.env._(
                    "Switch HelpCrunch's own chatbot and assignment rules off for the "
                    "channels that a bot of yours serves, or customers get two answers."
                ),
            )
        return warnings


def _is_public(url):
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal"))


def _answers_for_several_databases():
    if config["dbfilter"] or len(config["db_name"] or []) == 1:
        return False
    return len(db_list(force=True)) > 1

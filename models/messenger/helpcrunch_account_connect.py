"""Connecting a messenger: is the key good, who is there, what is likely to go wrong."""

import ipaddress
import logging
from urllib.parse import urlsplit

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.http import db_list
from odoo.tools import config

from ...exceptions import (
    HelpcrunchError,
    KeyRefusedError,
    RateLimitedError,
    UnreachableError,
)

_logger = logging.getLogger(__name__)


class HelpcrunchAccount(models.Model):
    _inherit = "helpcrunch.account"

    def action_connect(self):
        """Check the key, read the account's lists, say what is wrong or what is next.

        :raise UserError: never for HelpCrunch's answers, those are kept in ``error`` so
            that the form goes on showing them
        """
        self.ensure_one()
        self.check_access("write")
        if problem := self._find_address_problem():
            # Allowed when it was saved, or a name that leads elsewhere since.
            raise UserError(problem)
        # sudo: helpcrunch.account - agents, channels and the state are the machine's;
        # that this person may set the messenger up was checked just now
        return self.sudo()._connect()

    def _connect(self):
        if not self.api_key:
            raise UserError(
                self.env._(
                    "Enter the API key first. You find it in HelpCrunch under "
                    "Settings > Developers > Public API."
                )
            )
        try:
            self._pull(self._get_connection().get_client())
        except HelpcrunchError as error:
            self._note_lost(error)
            _logger.warning("messenger %s not connected: %s", self.id, error)
            return self._notify("danger", self.env._("Not connected"), self.error)
        problem = self._find_agent_problem()
        if problem:
            self.write({"state": "error", "error": problem, "retry_at": False})
            return self._notify("warning", self.env._("Almost there"), problem)
        self.write(
            {
                "state": "connected",
                "error": False,
                "connected_at": self.connected_at or fields.Datetime.now(),
            },
        )
        self._forget_trouble()
        self._expect_events()
        self.env["helpcrunch.outbox"]._send_soon()
        return self._notify(
            "success",
            self.env._("Connected"),
            self.env._(
                "Now subscribe to the events listed under Webhooks: HelpCrunch has no "
                "way to do it from here."
            ),
        )

    def _notify(self, kind, title, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": title,
                "message": message,
                # The banner of the form says the rest for as long as it is true.
                "sticky": kind == "danger",
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
        # sudo: helpcrunch.account.budget - the machine's own row, nobody edits it
        self.env["helpcrunch.account.budget"].sudo()._guess_clock_offset(
            self.id, api_client.clock_offset
        )
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
                # What is as it was is not written: settings may be computed from it.
                record.write(
                    {
                        name: value
                        for name, value in vals.items()
                        if (record[name] or None) != (value or None)
                    }
                )
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
        if error.status == 404:
            return self.env._(
                "%(address)s answers, but not as HelpCrunch does. The address ends "
                "with /v1. (%(error)s)",
                address=self.api_url,
                error=error,
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
        return self.env._(
            "HelpCrunch did not answer as expected, try again later. (%(error)s)",
            error=error,
        )

    def _find_warnings(self):
        """Return what around this messenger is likely to go wrong, as sentences."""
        # sudo: ir.config_parameter - a manager of the app is no system administrator
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        warnings = {
            "private": not _is_public(self.get_base_url()),
            "unfrozen": not parameters_sudo.get_param("web.base.url.freeze"),
            "databases": _answers_for_several_databases(),
            "country": not self.company_id.country_id,
            "helpbot": self.state == "connected",
        }
        return [self._get_warning(name) for name, holds in warnings.items() if holds]

    def _get_warning(self, name):
        return {
            "private": self.env._(
                "HelpCrunch cannot reach %(url)s from the internet. Set the system "
                "parameter web.base.url to the public address of this Odoo.",
                url=self.get_base_url(),
            ),
            "unfrozen": self.env._(
                "The web address of this Odoo changes when an administrator logs "
                "in through another one. Set the system parameter "
                "web.base.url.freeze to True."
            ),
            "databases": self.env._(
                "This server has several databases and a webhook names none. Start "
                "Odoo with a database filter (--db-filter)."
            ),
            "country": self.env._(
                "Company “%(company)s” has no country, so phone numbers without a "
                "country code are refused in chats. Set the company's country.",
                company=self.company_id.name,
            ),
            "helpbot": self.env._(
                "Switch HelpCrunch's own chatbot and assignment rules off for the "
                "channels that a bot of yours serves, or customers get two answers."
            ),
        }[name]


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

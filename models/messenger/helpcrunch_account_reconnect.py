"""When a messenger that lost its connection is tried again (:mod:`.reconnect`)."""

from odoo import api, fields, models

from .helpcrunch_account import KEY_REFUSED

# Minutes until it is tried once more; the last wait goes on.
_RETRY_MINUTES = (1, 2, 5, 10, 30, 60)
# Seconds until people are told that something waits.
_PATIENCE = 30


class HelpcrunchAccount(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.account"

    retry_at = fields.Datetime("Tried again at", readonly=True, copy=False)
    retries = fields.Integer(readonly=True, copy=False)

    def write(self, vals):
        # A new key is to be tried soon, not when the old one was to be.
        if vals.keys() & {"api_key", "api_url"} and "retry_at" not in vals:
            lost = self.filtered("retry_at")
            if lost:
                # sudo: helpcrunch.account - when it is tried is the machine's; that
                # this person may set the messenger up is checked by the write below
                super(HelpcrunchAccount, lost.sudo()).write(self._plan_retry(0))
        return super().write(vals)

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
        """Return the messengers to try now, and plan when to try them next."""
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
        return [
            {
                "account_id": account.id,
                "api_url": account.api_url,
                "api_key": account.api_key,
            }
            for account in accounts
        ]

    def _come_back(self, question):
        """Go on sending: HelpCrunch takes the key again."""
        if not self or self.state != "error" or self.api_key != question["api_key"]:
            return
        self.write({"state": "connected", "error": False})
        self._forget_trouble()
        self.env["helpcrunch.outbox"]._wake()

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

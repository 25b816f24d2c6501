"""Whom a bot serves: nobody until it is live, and no channel that another one has."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HelpcrunchBot(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.bot"

    live = fields.Boolean(
        copy=False,
        tracking=True,
        help="A bot that is not live serves nobody: draw it and look at it beside the "
        "one that serves.",
    )

    @api.constrains("account_id", "application_ids", "active", "live")
    def _check_one_bot_per_channel(self):
        for bot in self.filtered(lambda bot: bot._serves()):
            rival = bot._find_rivals()[:1]
            if not rival:
                continue
            shared = bot.application_ids & rival.application_ids
            raise ValidationError(
                self.env._(
                    "Two live bots cannot answer the same channel. “%(bot)s” and "
                    "“%(other)s” both answer %(channels)s: take one of them off, or "
                    "give it other channels.",
                    bot=bot.name,
                    other=rival.name,
                    channels=", ".join(shared.mapped("name"))
                    or self.env._("all channels of the messenger"),
                ),
            )

    # === ACTIONS === #

    def action_go_live(self):
        """Let the bot serve its channels from now on."""
        self.live = True

    def action_take_off(self):
        """Let the bot serve nobody; what it has not sent yet is cancelled."""
        self.live = False

    # === BUSINESS METHODS === #

    def _serves(self):
        """Tell whether the bot answers customers at all."""
        return self.active and self.live

    @api.model
    def _find_for_application(self, account_id, application):
        """Return the live bot that answers a channel, if any.

        A bot with channels of its own comes before the one that serves all.

        :param application: external id of the channel, or False if nobody told
        """
        bots = self.search([("account_id", "=", account_id), ("live", "=", True)])
        own = bots.filtered(
            lambda bot: (
                application
                in bot.application_ids.filtered("active").mapped("external_id")
            )
        )
        return (own or bots.filtered(lambda bot: not bot.application_ids))[:1]

    def _find_rivals(self):
        """Return the live bots that answer a channel which this one would answer."""
        rivals = self.search(
            [
                ("account_id", "in", self.account_id.ids),
                ("live", "=", True),
                ("id", "!=", self.id),
            ]
        )
        return rivals.filtered(
            lambda other: (
                self.application_ids & other.application_ids
                or not (self.application_ids or other.application_ids)
            )
        )

    def _find_warnings(self):
        warnings = super()._find_warnings()
        if self.application_ids and not self.application_ids.filtered("active"):
            warnings.append(
                self.env._(
                    "The bot answers nobody: HelpCrunch has switched off %(channels)s. "
                    "Choose other channels, or none to serve all.",
                    channels=", ".join(self.application_ids.mapped("name")),
                ),
            )
        return warnings

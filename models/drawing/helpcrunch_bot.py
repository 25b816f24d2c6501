"""Trying a bot before anybody talks to it."""

from odoo import fields, models
from odoo.exceptions import UserError

from .trial import Trial, without_a_trace

_MAX_TEXTS = 100
_MAX_LENGTH = 5000
_OPTIONS = {
    "partner_id": int,
    "name": str,
    "language": str,
    "application_id": int,
    "step_id": int,
    "operators": str,
    "at": str,
}


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    def action_try(self):
        """Open the window in which one talks to the bot as a customer would."""
        self.ensure_one()
        self.check_access("write")
        return self._get_try_action()

    def _get_try_action(self, step=None):
        channels = self.application_ids or self.account_id.application_ids
        return {
            "type": "ir.actions.client",
            "tag": "helpcrunch_chatbot.try",
            "name": self.env._("Try “%(bot)s”", bot=self.name),
            "target": "new",
            "params": {
                "bot_id": self.id,
                "step_id": step.id if step else False,
                "step_name": step.name if step else False,
                "languages": self.env["res.lang"].get_installed(),
                "language": self.language_id.code,
                "channels": [(channel.id, channel.name) for channel in channels],
            },
        }

    def try_dialogue(self, texts, options=None):
        """Talk to the bot as a customer would, without any trace in the database.

        The engine itself runs and is rolled back; nothing reaches HelpCrunch. Stable,
        so that scripts can test bots.

        :param list[str] texts: what the customer writes, at most 100
        :param dict options: ``partner_id`` (an existing contact) or ``name`` and
            ``language`` (its code) of a new one; ``application_id`` (the channel);
            ``step_id`` (begin there); ``operators``: ``free`` or ``none``, else as now;
            ``at``: day and hour, UTC, ``2026-12-24 18:00:00``, for working hours
        :return: ``{"turns": [{"text", "said", "why", "effects"}]}``; the first turn has
            no text, it is the welcome
        :rtype: dict
        :raise UserError: for texts and options that are none
        """
        self.ensure_one()
        self.check_access("write")
        options = self._check_trial(texts, options or {})
        # sudo: helpcrunch.bot - a turn is the machine's, for customers have no user
        machine = self.sudo().with_user(self.env.ref("base.user_root"))
        with without_a_trace(self.env):
            trial = Trial(machine, {**options, "reader": self.env})
            turns = trial.run(texts)
        return {"turns": turns}

    def _check_trial(self, texts, options):
        """Refuse in words what cannot be tried; return the options."""
        if not isinstance(texts, list) or not all(
            isinstance(text, str) for text in texts
        ):
            raise UserError(self.env._("What the customer writes is a list of texts."))
        if len(texts) > _MAX_TEXTS:
            raise UserError(
                self.env._(
                    "A trial has %(limit)s texts at most. Begin anew.", limit=_MAX_TEXTS
                )
            )
        if any(len(text) > _MAX_LENGTH for text in texts):
            raise UserError(
                self.env._(
                    "A text of a trial has %(limit)s letters at most.",
                    limit=_MAX_LENGTH,
                )
            )
        for name, value in options.items():
            kind = _OPTIONS.get(name)
            if kind is None or (value and not isinstance(value, kind)):
                raise UserError(
                    self.env._(
                        "A trial has no setting “%(name)s” like this.", name=name
                    )
                )
        self._check_trial_records(options)
        try:
            fields.Datetime.to_datetime(options.get("at"))
        except ValueError as error:
            raise UserError(
                self.env._("“%(at)s” is no day and hour.", at=options["at"])
            ) from error
        return {name: value for name, value in options.items() if value}

    def _check_trial_records(self, options):
        if options.get("operators") not in (None, False, "", "free", "none"):
            raise UserError(
                self.env._("Operators are “free” or “none” in a trial, or as they are.")
            )
        step = self.env["helpcrunch.step"].browse(options.get("step_id") or [])
        if step and (not step.exists() or step.bot_id != self):
            raise UserError(self.env._("This step is not one of the bot's any more."))
        partner = self.env["res.partner"].browse(options.get("partner_id") or [])
        if partner and not partner.exists():
            raise UserError(self.env._("This contact is not there any more."))
        # Whoever may not see a contact does not learn of it by a filter either.
        partner.check_access("read")
        codes = [code for code, _name in self.env["res.lang"].get_installed()]
        if options.get("language") and options["language"] not in codes:
            raise UserError(self.env._("This language is not active in Odoo."))

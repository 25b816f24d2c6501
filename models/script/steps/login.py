from odoo import fields, models

from ....const import LOGIN_PATH
from ....tools import marks
from ....tools.log import MASK
from ...dialogue.turn import Secret
from ..helpcrunch_step import WAIT


class HelpcrunchStep(models.Model):
    """Log in: sends a one-time link; who confirms it is the customer from then on.

    What a log-in is, and how it ends, stands in ``models/logins/``.
    """

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("login", "Log in to the system")],
        ondelete={"login": "cascade"},
    )
    logout_message = fields.Text(
        "After /logout",
        translate=True,
        help="Said to a customer who has written /logout. Empty: a sentence of ours.",
    )

    def _skip_login(self, chat):
        """Ask nobody again who is logged in already."""
        user = chat._get_acting_user()
        if not user:
            return None
        chat._trace("login_known", text=user.name)
        return self.next_step_id

    def _enter_login(self, chat):
        return WAIT

    def _get_secret_login(self, chat):
        """Return the link; a trial has none, and nothing that could be confirmed."""
        address = f"{self.get_base_url()}{LOGIN_PATH}/"
        if _is_trial(chat):
            return Secret(address + MASK)
        token = self.env["helpcrunch.login"]._ask(chat, self)
        return Secret(address + MASK, address + token)

    def _receive_login(self, chat, message):
        """Send a new link for whatever the customer writes, so many times."""
        if _is_trial(chat):
            chat._trace("login_trial", step=self)
            return self.next_step_id
        chat.attempts += 1
        if chat.attempts >= self.max_attempts:
            chat._trace("failed", step=self)
            # Never on to "go to": what follows there is for who has logged in.
            return self.failed_step_id
        chat._trace("login_again", step=self, number=chat.attempts)
        text = self.invalid_message or self._get_text()
        chat._turn.ask(text, self, secret=self._get_secret(chat))
        return WAIT

    def _lint_login(self):
        if not self.get_base_url().startswith("https://"):
            yield (
                "login_without_https",
                "warning",
                self.env._(
                    "Its link begins with http:, so whoever is in between can read "
                    "it. Set Odoo's address (web.base.url) to one with https:."
                ),
            )

    def _check_login(self):
        return None


def _is_trial(chat):
    return chat.env.context.get("helpcrunch_trial") is marks.TRIAL

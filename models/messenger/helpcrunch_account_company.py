"""A messenger stays in its company once customers have talked to it."""

from odoo import models
from odoo.exceptions import UserError


class HelpcrunchAccount(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.account"

    def write(self, vals):
        moved = self.browse()
        if "company_id" in vals:
            moved = self.filtered(lambda row: row.company_id.id != vals["company_id"])
            moved._check_can_move()
        result = super().write(vals)
        # Queues, teams and salespeople of the former company are told by their step.
        moved.with_context(active_test=False).bot_ids.step_ids._check_drawing()
        return result

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

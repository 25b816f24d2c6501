"""Who of the staff may be in a customer's dialogue in Discuss."""

from odoo import models


class ResUsers(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.users"

    def _release_helpcrunch_dialogues(self, everybody=False):
        """Whoever is no operator any more has no dialogues, and reads none either."""
        result = super()._release_helpcrunch_dialogues(everybody)
        # sudo: discuss.channel.member - whoever takes a role away is in no dialogue
        members_sudo = self.env["discuss.channel.member"].sudo()
        members_sudo.search(
            [
                ("partner_id", "in", self.sudo().partner_id.ids),
                ("channel_id.channel_type", "=", "helpcrunch"),
            ]
        )._drop_helpcrunch_outsiders()
        return result

    def _get_helpcrunch_refusal(self, company):
        """Return in words why these people may not be in a dialogue of a company.

        :return: a sentence, or None if one of them may
        """
        # sudo: res.users - only whether somebody is a colleague, and where
        users_sudo = self.sudo()
        colleagues = users_sudo.filtered(lambda user: user.active and not user.share)
        if not colleagues:
            return self.env._("Only colleagues can be in a dialogue with a customer.")
        operators = colleagues.filtered(
            lambda user: user.has_group("helpcrunch_chatbot.group_operator")
        )
        if not operators:
            return self.env._(
                "%(user)s has no part in dialogues with customers: that takes the role "
                "HelpCrunch / Operator, which an administrator gives.",
                user=colleagues[0].name,
            )
        if not company:
            return self.env._(
                "Dialogues with customers are made and changed by the bot."
            )
        if not operators.filtered(lambda user: company in user.company_ids):
            # sudo: res.company - the name of another company, for who has its address
            return self.env._(
                "%(user)s does not work in %(company)s, whose customer this is.",
                user=operators[0].name,
                company=company.sudo().name,
            )
        return None

    def _can_open(self, record):
        """Tell whether this person may follow a link to a record."""
        return bool(self and record.with_user(self).has_access("read"))

from odoo import fields, models


class HelpcrunchAccount(models.Model):
    _inherit = "helpcrunch.account"

    sign_operators = fields.Boolean(
        "Operators' Names",
        help="What operators without an agent of their own write comes from the bot's "
        "agent. This lets it begin with the operator's name.",
    )

    def write(self, vals):
        """Tell operators at once whether HelpCrunch lets the messenger in."""
        changed = self.browse()
        if "state" in vals:
            changed = self.filtered(lambda account: account.state != vals["state"])
        result = super().write(vals)
        if changed:
            # sudo: discuss.channel - all open dialogues, whoever has them
            self.env["discuss.channel"].sudo().search(
                [
                    ("helpcrunch_session_id", "!=", False),
                    ("helpcrunch_chat_id.account_id", "in", changed.ids),
                ]
            )._send_helpcrunch_info()
        return result

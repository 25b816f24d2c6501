from odoo import api, models
from odoo.exceptions import ValidationError


class DiscussChannelMember(models.Model):
    _inherit = "discuss.channel.member"

    @api.constrains("channel_id", "partner_id", "guest_id")
    def _check_helpcrunch_staff(self):
        """Let only colleagues into a customer's dialogue, whoever has its address."""
        # sudo: res.users - whether somebody is a colleague, whoever adds them
        members_sudo = self.sudo()
        for member in members_sudo:
            if member.channel_id.channel_type == "helpcrunch" and not (
                member.partner_id.user_ids.filtered(lambda user: not user.share)
            ):
                raise ValidationError(
                    self.env._("Only colleagues can be in a dialogue with a customer.")
                )

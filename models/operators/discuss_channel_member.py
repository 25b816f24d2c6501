from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError


class DiscussChannelMember(models.Model):
    _inherit = "discuss.channel.member"

    @api.constrains("channel_id", "partner_id", "guest_id")
    def _check_helpcrunch_staff(self):
        """Let only operators of the company into a customer's dialogue, whoever has its
        address or invites them.
        """
        # sudo: discuss.channel.member - what others are, whoever adds them
        for member_sudo in self.sudo():
            if member_sudo.channel_id.channel_type == "helpcrunch" and (
                refusal := member_sudo._get_helpcrunch_refusal()
            ):
                raise ValidationError(refusal)

    def _get_helpcrunch_refusal(self):
        """Return in words why a member may not be in a dialogue, or None."""
        users, channel = self.partner_id.user_ids, self.channel_id
        if refusal := users._get_helpcrunch_refusal(channel.helpcrunch_company_id):
            return refusal
        is_manager = self.env.user.has_group("helpcrunch_chatbot.group_manager")
        if self.env.user not in users or is_manager:
            return None
        sessions = channel.helpcrunch_chat_id.session_ids
        holder = channel.helpcrunch_session_id.user_id
        if holder not in users and sessions.user_id & users:
            # Came back with the address, after somebody else got the dialogue.
            return self.env._(
                "The dialogue %(name)s is not yours any more: who has it now can "
                "invite you.",
                name=channel.name,
            )
        return None

    def _drop_helpcrunch_outsiders(self):
        """Take those out of dialogues who may not be there any more."""
        for member in self:
            company = member.channel_id.helpcrunch_company_id
            if member.partner_id.user_ids._get_helpcrunch_refusal(company):
                member.channel_id._action_unfollow(
                    member.partner_id, member.guest_id, post_leave_message=False
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_helpcrunch_holder(self):
        """Keep the operator in an open dialogue: customers would write to nobody."""
        if self.env.su:
            return
        # sudo: discuss.channel - whether the dialogue goes on, and with whom
        for member_sudo in self.sudo():
            channel_sudo = member_sudo.channel_id
            if channel_sudo.channel_type != "helpcrunch":
                continue
            holder = channel_sudo.helpcrunch_session_id.user_id
            if holder.partner_id == member_sudo.partner_id:
                raise UserError(channel_sudo._get_helpcrunch_stay())
            if member_sudo.partner_id != self.env.user.partner_id and (
                holder != self.env.user
            ):
                raise AccessError(
                    self.env._("Only the operator can send others out of a dialogue.")
                )

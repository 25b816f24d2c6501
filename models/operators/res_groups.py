from odoo import models


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        """Let go of those whose role is taken away from the group's side."""
        if not vals.keys() & {
            "user_ids",
            "implied_ids",
            "implied_by_ids",
            "all_user_ids",
        }:
            return super().write(vals)
        # sudo: res.groups - who had the role, and has it no more
        group_sudo = self.env.ref("helpcrunch_chatbot.group_operator").sudo()
        before = group_sudo.all_user_ids
        result = super().write(vals)
        gone = (before - group_sudo.all_user_ids).with_env(self.env)
        gone._release_helpcrunch_dialogues()
        return result

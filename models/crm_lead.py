from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    helpcrunch_chat_id = fields.Many2one(
        "helpcrunch.chat",
        "HelpCrunch Dialogue",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
    )
    helpcrunch_bot_id = fields.Many2one(
        "helpcrunch.bot",
        "HelpCrunch Bot",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
    )
    helpcrunch_step_id = fields.Many2one(
        "helpcrunch.step",
        "HelpCrunch Step",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
    )
    helpcrunch_turn = fields.Integer("HelpCrunch Turn", copy=False, readonly=True)

    # One pass through a step makes one lead, whatever is retried or repeated.
    _helpcrunch_pass_once = models.UniqueIndex(
        "(helpcrunch_chat_id, helpcrunch_step_id, helpcrunch_turn)"
        " WHERE helpcrunch_step_id IS NOT NULL AND helpcrunch_turn > 0"
    )

    def action_open_helpcrunch_chat(self):
        """Open the dialogue this lead came from."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "helpcrunch.chat",
            "res_id": self.helpcrunch_chat_id.id,
            "view_mode": "form",
        }

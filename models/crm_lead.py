import lxml.html
from markupsafe import Markup

from odoo import fields, models

# Marks the conversation in a lead's description, to find it again when it is erased.
CONVERSATION_CLASS = "o_helpcrunch_conversation"


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

    def _erase_helpcrunch_conversation(self):
        """Take the conversation out of the description; leave what people added.

        A description in which the conversation cannot be told from the rest goes whole.
        """
        for lead in self.filtered("description"):
            root = lxml.html.fragment_fromstring(str(lead.description), "div")
            found = root.find_class(CONVERSATION_CLASS)
            for element in found:
                element.drop_tree()
            rest = lxml.html.tostring(root, encoding="unicode")
            note = Markup("<p><i>%s</i></p>") % self.env._(
                "The conversation was erased."
            )
            lead.description = note + (Markup(rest) if found else "")

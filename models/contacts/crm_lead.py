from markupsafe import Markup

from odoo import api, fields, models

from ...tools.text import cut_marked

# Marks the conversation in a lead's description, to find it again when it is erased.
CONVERSATION_CLASS = "o_helpcrunch_conversation"
# What ties a lead to the place in a dialogue that made it.
_LINK_FIELDS = (
    "helpcrunch_chat_id",
    "helpcrunch_bot_id",
    "helpcrunch_step_id",
    "helpcrunch_session_id",
)


# Who has no role of the app reads and exports nothing of a dialogue.
_OPERATOR = "helpcrunch_chatbot.group_operator"


class CrmLead(models.Model):
    _inherit = "crm.lead"

    helpcrunch_chat_id = fields.Many2one(
        "helpcrunch.chat",
        "HelpCrunch Dialogue",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_OPERATOR,
    )
    helpcrunch_bot_id = fields.Many2one(
        "helpcrunch.bot",
        "HelpCrunch Bot",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_OPERATOR,
    )
    helpcrunch_step_id = fields.Many2one(
        "helpcrunch.step",
        "HelpCrunch Step",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_OPERATOR,
    )
    helpcrunch_session_id = fields.Many2one(
        "helpcrunch.operator.session",
        "HelpCrunch Operator Session",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_OPERATOR,
        help="The operator's session in which this lead was asked for.",
    )
    helpcrunch_turn = fields.Integer(
        "HelpCrunch Turn", copy=False, readonly=True, groups=_OPERATOR
    )
    helpcrunch_chat_visible = fields.Boolean(
        compute="_compute_helpcrunch_chat_visible", groups=_OPERATOR
    )

    # One pass through a step makes one lead, whatever is retried or repeated.
    _helpcrunch_pass_once = models.UniqueIndex(
        "(helpcrunch_chat_id, helpcrunch_step_id, helpcrunch_turn)"
        " WHERE helpcrunch_step_id IS NOT NULL AND helpcrunch_turn > 0"
    )

    @api.depends("helpcrunch_chat_id")
    @api.depends_context("uid")
    def _compute_helpcrunch_chat_visible(self):
        visible = self.helpcrunch_chat_id._filtered_access("read")
        for lead in self:
            lead.helpcrunch_chat_visible = lead.helpcrunch_chat_id in visible

    @api.model
    def _has_field_access(self, field, operation):
        """Let nobody link a lead to a dialogue by hand, and read there then."""
        return super()._has_field_access(field, operation) and (
            operation != "write"
            or self.env.su
            or not (field.store and field.name.startswith("helpcrunch_"))
        )

    # === MERGING === #

    def _merge_opportunity(self, *args, **kwargs):
        """Keep the link to the dialogue: all of it from one lead.

        Not the turn: it belongs to the pass through the step that made that lead.
        """
        # sudo: crm.lead, helpcrunch.chat - which opportunity has a dialogue's lead now
        # is the machine's to know, whoever merges
        leads = self.sudo()._sort_by_confidence_level(reverse=True)
        lead = leads.filtered("helpcrunch_chat_id")[:1]
        link = {name: lead[name].id for name in _LINK_FIELDS}
        chats = leads.helpcrunch_chat_id | leads.helpcrunch_chat_id.search(
            [("merged_lead_id", "in", leads.ids)]
        )
        survivor = super()._merge_opportunity(*args, **kwargs)
        if not survivor.sudo().helpcrunch_chat_id:
            survivor.sudo().write(link)
        chats.merged_lead_id = survivor
        return survivor

    # === ACTIONS === #

    def action_open_helpcrunch_chat(self):
        """Open the dialogue this lead came from."""
        self.ensure_one()
        self.check_access("read")
        return self.helpcrunch_chat_id.action_open()

    def _erase_helpcrunch_conversation(self):
        """Take the conversation out of leads that were made from a dialogue.

        A description in which it cannot be told from the rest goes whole.
        """
        unmarked = self.filtered(
            lambda lead: (
                lead.description and CONVERSATION_CLASS not in str(lead.description)
            )
        )
        unmarked.description = self._get_erased_note()
        self._cut_helpcrunch_conversation()

    def _cut_helpcrunch_conversation(self):
        """Take conversations out of descriptions, and out of the notes that quote them.

        Odoo quotes descriptions when leads are merged. What people added stays.
        """
        for lead in self.filtered("description"):
            rest = cut_marked(str(lead.description), CONVERSATION_CLASS)
            if rest is not None:
                lead.description = self._get_erased_note() + Markup(rest)
        for message in self.message_ids:
            rest = cut_marked(str(message.body or ""), CONVERSATION_CLASS)
            if rest is not None:
                message.body = Markup(rest)

    def _get_erased_note(self):
        return Markup("<p><i>%s</i></p>") % self.env._("The conversation was erased.")

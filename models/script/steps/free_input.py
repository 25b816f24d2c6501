from odoo import fields, models

from ....tools import files, matching
from ..helpcrunch_step import WAIT


class HelpcrunchStep(models.Model):
    """Free input: waits, and the answer may be the name of the step to go to."""

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("free_input", "Free input")],
        ondelete={"free_input": "cascade"},
    )

    def _enter_free_input(self, chat):
        return WAIT

    def _receive_free_input(self, chat, message):
        if files.is_only_file(message):
            return chat._ask_again(self)
        # Aliases came first (spec 4.1); what is left is a step's name, or an answer.
        named_id = chat._get_compiled().names.get(matching.normalize(message))
        if named_id and named_id != self.id:
            chat._keep_answer(self, message)
            chat._trace("step_name", step=named_id)
            return self.browse(named_id)
        if not self.next_step_id:
            return None
        chat._keep_answer(self, message)
        chat._trace("answer", text=message[:100])
        return self.next_step_id

    def _check_free_input(self):
        return None

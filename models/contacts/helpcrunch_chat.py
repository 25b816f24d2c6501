from odoo import models


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    def _get_answers_for(self, partner):
        """Return ``(step, field name, value)`` of what was answered here.

        The values are those that the dialogue's contact has now; what somebody emptied
        since is no answer any more. A company keeps its own name and address: only the
        number is written to it.

        :param partner: the contact that is to get them
        """
        person_to_company = partner.is_company and not self.partner_id.is_company
        answers = []
        steps = self.bot_id.with_context(active_test=False).step_ids
        for step in steps.filtered("field_id"):
            # sudo: ir.model.fields - the engine reads what the administrator chose
            name = step.field_id.sudo().name
            if step.code not in (self.variables or {}):
                continue
            if person_to_company and name != "phone":
                continue
            field, value = partner._fields[name], self.partner_id[name]
            # No and zero are answers.
            if value or field.type in ("boolean", "integer", "float"):
                answers.append((step, name, value.id if field.relational else value))
        return answers

    def _repeat_answers(self, partner):
        """Give another contact what was answered here, tags and notes included."""
        for step, name, value in self._get_answers_for(partner):
            if partner._helpcrunch_value(name) != value:
                # Its own note comes along with a merge, and would say it twice.
                self.partner_id._helpcrunch_forget_note(name, step._get_note_lang())
            step._store_answer(partner, name, value)

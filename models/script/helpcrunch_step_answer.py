from odoo import fields, models

from ...tools import matching


class HelpcrunchStepAnswer(models.Model):
    """One answer of a step with choices."""

    _name = "helpcrunch.step.answer"
    _inherit = ["helpcrunch.step.part", "helpcrunch.spoken"]
    _description = "HelpCrunch Step Answer"
    _order = "sequence, id"

    name = fields.Char("Answer", required=True, translate=True)
    sequence = fields.Integer(default=10)
    bot_id = fields.Many2one(string="Bot", related="step_id.bot_id")
    company_id = fields.Many2one(related="step_id.company_id")
    target_step_id = fields.Many2one(
        "helpcrunch.step",
        "Go to Step",
        index="btree_not_null",
        ondelete="set null",
        domain="[('bot_id', '=', bot_id), ('id', '!=', step_id)]",
        help="Where this answer leads. Empty: to the step's own “Go to Step”.",
    )

    def _get_source_lang(self):
        return self.step_id._get_source_lang()

    def _get_wordings(self):
        """Return the answer's text in every installed language, as it is compared."""
        self.ensure_one()
        names = {
            self.with_context(lang=code).name or ""
            for code, _name in self.env["res.lang"].get_installed()
        }
        return {matching.fold_look_alikes(matching.normalize(name)) for name in names}

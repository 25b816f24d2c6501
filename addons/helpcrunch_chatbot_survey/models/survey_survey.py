from odoo import api, models
from odoo.exceptions import UserError


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked_by_steps(self):
        """Keep a survey that a step asks; its deletion would silence the step."""
        # sudo: helpcrunch.step - whoever deletes surveys may not see the bots
        step_sudo = (
            self.env["helpcrunch.step"]
            .sudo()
            .with_context(active_test=False)
            .search([("survey_id", "in", self.ids)], limit=1)
        )
        if step_sudo:
            raise UserError(
                self.env._(
                    "Survey “%(survey)s” cannot be deleted: step “%(step)s” of bot "
                    "“%(bot)s” asks it. Choose another one there first, or archive the "
                    "survey.",
                    survey=step_sudo.survey_id.title,
                    step=step_sudo.name,
                    bot=step_sudo.bot_id.name,
                ),
            )

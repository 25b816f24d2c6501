"""What a step has to do with the actions and outside events that start it."""

from odoo import fields, models

from ...tools import placeholders

# Who may read server actions at all.
_SYSTEM = "base.group_system"


class HelpcrunchStep(models.Model):
    _inherit = "helpcrunch.step"

    server_action_ids = fields.One2many(
        "ir.actions.server", "helpcrunch_step_id", "Server Actions", groups=_SYSTEM
    )
    server_action_count = fields.Integer(
        "Number of Server Actions",
        compute="_compute_server_action_count",
        groups=_SYSTEM,
    )

    def _compute_server_action_count(self):
        counts = dict(
            self.env["ir.actions.server"]._read_group(
                [("helpcrunch_step_id", "in", self.ids)],
                ["helpcrunch_step_id"],
                ["__count"],
            ),
        )
        for step in self:
            step.server_action_count = counts.get(step, 0)

    def action_view_server_actions(self):
        """Open the server actions that start the step."""
        self.ensure_one()
        self.check_access("read")
        self.env["ir.actions.server"].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Starts “%(step)s”", step=self.name),
            "res_model": "ir.actions.server",
            "view_mode": "list,form",
            "domain": [("helpcrunch_step_id", "=", self.id)],
            "context": {
                "default_state": "helpcrunch_step",
                "default_helpcrunch_step_id": self.id,
            },
        }

    # === PLACEHOLDERS === #

    def _find_told_names(self, kind, without_default=False):
        """Return the names after ``record.`` or ``values.`` in the step's texts.

        In every language.

        :param bool without_default: only those for which nothing else is said
        """
        self.ensure_one()
        names = self._get_spoken_fields()
        texts = [self[name] for name in names if self._fields[name].type == "text"]
        for wordings in self._read_wordings(names).get(self.id, {}).values():
            texts += wordings.values()
        return {
            rest
            for text in texts
            for name, default in placeholders.read_names(text)
            for told, _dot, rest in [name.partition(".")]
            if told == kind and rest and not (without_default and default)
        }

    def _find_placeholder_problem(self):
        """Refuse fields too that an action which starts the step does not tell."""
        # sudo: ir.actions.server - whoever draws need not see Odoo's settings
        return super()._find_placeholder_problem() or next(
            filter(
                None,
                (
                    action._find_untold_field(self)
                    for action in self.sudo().server_action_ids
                ),
            ),
            None,
        )

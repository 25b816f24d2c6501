"""What a step has to do with the actions and outside events that start it."""

from odoo import fields, models

from ...tools import placeholders, trigger

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

    def _read_told(self):
        """Return what the steps' texts tell of records and outside events.

        In every language, read at once for all.

        :return: ``{step: {(kind, name, is there a default)}}``; the kind is ``record``
            or ``values``
        :rtype: dict
        """
        names = self._get_spoken_fields()
        wordings = self._read_wordings(names)
        told = {}
        for step in self:
            texts = [step[name] for name in names if self._fields[name].type == "text"]
            for own in wordings.get(step.id, {}).values():
                texts += own.values()
            told[step] = {
                (kind, name, bool(default))
                for text in texts
                for whole, default in placeholders.read_names(text)
                for kind, _dot, name in [whole.partition(".")]
                if trigger.is_told(whole)
            }
        return told

    def _find_told_names(self, kind):
        """Return the names after ``record.`` or ``values.`` in the step's texts."""
        self.ensure_one()
        return {name for own, name, _default in self._read_told()[self] if own == kind}

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

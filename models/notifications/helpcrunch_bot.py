"""What the check of a drawing says of steps that tell of records."""

from odoo import models

from ..drawing.problem import Problem, find_reachable


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    def _find_started_steps(self):
        # sudo: ir.actions.server - whoever draws need not see Odoo's settings
        return super()._find_started_steps() | self.step_ids.filtered(
            lambda step: (
                step.sudo().server_action_ids
                or step._find_told_names("values")
                or any(run.kind == "trigger" for run in step.sudo().broadcast_ids)
            )
        )

    def _find_problems(self):
        found = [*super()._find_problems(), *self._lint_told(), *self._lint_untold()]
        return self._sort_problems(found)

    def _lint_untold(self):
        """Fields that a later step says, and what starts the flow does not tell."""
        edges = self._get_targets()
        # sudo: ir.actions.server - whoever draws need not see Odoo's settings
        for action in self.step_ids.sudo().server_action_ids:
            first = action.helpcrunch_step_id
            following = find_reachable([first.id], edges) - {first.id}
            for step in self.step_ids.filtered(
                lambda row, ids=following: row.id in ids
            ):
                yield from self._find_untold(action, step)

    def _find_untold(self, action, step):
        told = set(action.helpcrunch_field_ids.mapped("name"))
        names = step._find_told_names("record", without_default=True)
        for name in sorted(names - told):
            message = self.env._(
                "{{ record.%(name)s }} is empty where the server action “%(action)s” "
                "has started the flow: add the field to those that it tells.",
                name=name,
                action=action.name,
            )
            yield Problem("untold_field", "warning", message, step.id)

    def _get_targets(self):
        """Return the ids of the steps that each step leads to."""
        return {
            step.id: {target.id for _kind, target, _label in ways}
            for step, ways in self._get_edges().items()
        }

    def _lint_told(self):
        """Steps that tell of a record, and are come to without one."""
        telling = self.step_ids.filtered(
            lambda step: (
                step._find_told_names("record", without_default=True)
                or step._find_told_names("values", without_default=True)
            )
        )
        if not telling:
            return
        edges = self._get_targets()
        started = self._find_started_steps()
        otherwise = find_reachable(self._find_drawn_beginnings(), edges)
        by_run = find_reachable(started.ids, edges)
        for step in telling:
            if step.id in otherwise or step.id not in by_run:
                names = sorted(
                    f"{kind}.{name}"
                    for kind in ("record", "values")
                    for name in step._find_told_names(kind, without_default=True)
                )
                yield Problem(
                    "told_without",
                    "warning",
                    self.env._(
                        "{{ %(name)s }} is empty for whoever comes here otherwise than "
                        "by a server action or an outside event. Say what stands there "
                        'then: {{ %(name)s | "…" }}.',
                        name=names[0],
                    ),
                    step.id,
                )

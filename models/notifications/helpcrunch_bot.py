"""What the check of a drawing says of steps that tell of records."""

from odoo import models

from ..drawing.problem import Problem, find_reachable


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    def _find_started_steps(self):
        # sudo: helpcrunch.broadcast, ir.actions.server - whoever draws need see neither
        triggered = (
            self.env["helpcrunch.broadcast"]
            .sudo()
            ._read_group(
                [("bot_id", "=", self.id), ("kind", "=", "trigger")], ["step_id"]
            )
        )
        started = self.step_ids.browse(step.id for (step,) in triggered)
        started |= self._get_starting_actions().helpcrunch_step_id.sudo(False)
        started |= started.union(
            *[
                step
                for step, told in self.step_ids._read_told().items()
                if any(kind == "values" for kind, _name, _default in told)
            ]
        )
        return super()._find_started_steps() | (started & self.step_ids)

    def _get_starting_actions(self):
        """Return the server actions that start a step of the bot."""
        # sudo: ir.actions.server - whoever draws need not see Odoo's settings
        actions_sudo = self.env["ir.actions.server"].sudo()
        return actions_sudo.search([("helpcrunch_step_id", "in", self.step_ids.ids)])

    def _find_problems(self):
        told = self.step_ids._read_told()
        if not any(told.values()):
            return super()._find_problems()
        edges = {
            step.id: {target.id for _kind, target, _label in ways}
            for step, ways in self._get_edges().items()
        }
        return self._sort_problems(
            [
                *super()._find_problems(),
                *self._lint_told(told, edges),
                *self._lint_untold(told, edges),
            ]
        )

    def _lint_told(self, told, edges):
        """Steps that tell of a record, and are come to without one."""
        otherwise = find_reachable(self._find_drawn_beginnings(), edges)
        by_run = find_reachable(self._find_started_steps().ids, edges)
        for step, rows in told.items():
            names = sorted(
                f"{kind}.{name}" for kind, name, default in rows if not default
            )
            if names and (step.id in otherwise or step.id not in by_run):
                message = self.env._(
                    "{{ %(name)s }} is empty for whoever comes here otherwise than "
                    "by a server action or an outside event. Say what stands there "
                    'then: {{ %(name)s | "…" }}.',
                    name=names[0],
                )
                yield Problem("told_without", "warning", message, step.id)

    def _lint_untold(self, told, edges):
        """Fields that a later step says, and what starts the flow does not tell."""
        for action in self._get_starting_actions():
            first = action.helpcrunch_step_id
            fields = set(action.helpcrunch_field_ids.mapped("name"))
            following = find_reachable([first.id], edges) - {first.id}
            for step in self.step_ids.filtered(
                lambda row, ids=following: row.id in ids
            ):
                yield from self._find_untold(action, fields, step, told[step])

    def _find_untold(self, action, fields, step, rows):
        for kind, name, default in sorted(rows):
            if kind == "record" and not default and name not in fields:
                message = self.env._(
                    "{{ record.%(name)s }} is empty where the server action "
                    "“%(action)s” has started the flow: add the field to those that "
                    "it tells.",
                    name=name,
                    action=action.name,
                )
                yield Problem("untold_field", "warning", message, step.id)

"""A step as one looks at it: tried from here, and what is wrong with it."""

from odoo import api, models

from ...const import TEXT_LIMIT
from .problem import Problem

# What a step belongs to, and whose hand made it: no part of the drawing.
_OWN = ("bot_id", "company_id", "create_uid", "write_uid")


class HelpcrunchStep(models.Model):
    _inherit = "helpcrunch.step"

    def action_try(self):
        """Talk to the bot as a customer would who has just come to this step."""
        self.ensure_one()
        self.check_access("write")
        return self.bot_id._get_try_action(self)

    def action_open_previous(self):
        """Open the step before this one in the list; before the first, the last."""
        return self._open_neighbour(-1)

    def action_open_next(self):
        """Open the step after this one in the list; after the last, the first."""
        return self._open_neighbour(1)

    def _open_neighbour(self, way):
        self.ensure_one()
        self.check_access("read")
        steps = self.bot_id.step_ids
        place = steps.ids.index(self.id) if self in steps else 0
        return steps[(place + way) % len(steps)].action_open() if steps else None

    def action_add_after(self):
        """Open an empty step of the bot that follows this one when it is saved."""
        self.ensure_one()
        self.check_access("write")
        return self.browse()._get_records_action(
            name=self.env._("New step after “%(step)s”", step=self.name),
            target="new",
            context={
                "default_bot_id": self.bot_id.id,
                "default_sequence": self.sequence + 1,
                "helpcrunch_after_step": self.id,
            },
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Link a step that is added after another one; what followed follows it."""
        steps = super().create(vals_list)
        before = self.browse(self.env.context.get("helpcrunch_after_step") or [])
        if len(steps) == 1 and before.exists() and before.bot_id == steps.bot_id:
            if not steps.next_step_id:
                steps.next_step_id = before.next_step_id
            before.next_step_id = steps
        return steps

    # === WHAT IS WRONG === #

    def _find_problems(self, texts):
        """Return what is wrong with this step by itself.

        A type adds its own by ``_lint_<type>(self)``, which yields the code, the level
        and the sentence of each; a flow does by ``_lint_flow_<flow>(self)``.

        :param dict texts: its text in each language
        :rtype: list[Problem]
        """
        self.ensure_one()
        found = [
            *self._find_text_problems(texts),
            *self._find_filter_problems(),
            *self._find_question_problems(),
            *self._find_record_problems(),
        ]
        if broken := self._find_kind_problem():
            found.append(
                (
                    "broken",
                    "error",
                    self.env._("It cannot be used: %(reason)s", reason=broken),
                )
            )
        if self._has_verb("lint"):
            found += self._call("lint")
        return [
            Problem(code, level, message, self.id) for code, level, message in found
        ]

    def _find_text_problems(self, texts):
        longest = max(map(len, [self.message or "", *texts.values()]))
        if longest > TEXT_LIMIT:
            yield (
                "long_text",
                "info",
                self.env._(
                    "The text has %(length)s letters, so it is said in parts of "
                    "%(limit)s at most.",
                    length=longest,
                    limit=TEXT_LIMIT,
                ),
            )
        if self.older_wordings_text:
            yield (
                "older_translation",
                "info",
                self.env._(
                    "Translations are older than the text: %(fields)s. Look at them, "
                    "then press They Are Right.",
                    fields=self.older_wordings_text,
                ),
            )

    def _find_filter_problems(self):
        domain = self._get_partner_domain()
        if domain.is_true():
            return
        if self.filter_problem:
            yield "unreadable_filter", "warning", self.filter_problem
        elif not self.env["res.partner"].search_count(domain, limit=1):
            following = self.fallback_step_id or self.next_step_id
            yield (
                "empty_filter",
                "info",
                self.env._(
                    "No contact fits the filter today: all of them go on to "
                    "“%(step)s”.",
                    step=following.name,
                )
                if following
                else self.env._("No contact fits the filter today."),
            )
        if not (self.fallback_step_id or self.next_step_id):
            yield (
                "no_fallback",
                "warning",
                self.env._(
                    "Whoever does not fit the filter goes nowhere. Fill in "
                    "“%(field)s”.",
                    field=self._fields["fallback_step_id"]._description_string(
                        self.env
                    ),
                ),
            )

    def _find_question_problems(self):
        """A question after which nothing follows, whatever is answered.

        Whoever does something with the answers may be the last.
        """
        is_last = self._has_flow() or self.step_type in self._closing_types()
        if not self.waits or is_last:
            return
        if not self._leads_on() and not self._is_heard_elsewhere():
            yield (
                "dead_end",
                "warning",
                self.env._(
                    "Nothing follows, whatever the customer answers. Choose a step to "
                    "go to."
                ),
            )

    def _leads_on(self):
        """Tell whether an answer leads on by itself, whatever aliases there are."""
        return bool(self.next_step_id or self.answer_ids.target_step_id)

    def _is_heard_elsewhere(self):
        """Tell whether an answer leads on by an alias or by a step's name."""
        return any(
            alias.phrase and alias.step_id != self
            for alias in self.bot_id.step_ids.alias_ids
            if not alias.scope_step_id or alias.scope_step_id == self
        )

    def _find_record_problems(self):
        """Whatever the step refers to and somebody has archived since."""
        for name, field in self._fields.items():
            if not field.relational or field.comodel_name == self._name:
                continue
            if not field.store or field.type == "one2many" or name in _OWN:
                continue
            records = self.with_context(active_test=False)[name]
            for record in records.filtered(
                lambda row: "active" in row._fields and not row.active
            ):
                yield (
                    "archived_record",
                    "warning",
                    self.env._(
                        "%(field)s “%(name)s” is archived. Choose another one.",
                        field=field._description_string(self.env),
                        name=record.display_name,
                    ),
                )

    # === AS A GRAPH === #

    @api.model
    def _get_link_kind(self, name):
        """Return as what kind of arrow a field is drawn that leads to another step.

        The kinds are listed in ``static/src/drawing/picture.js``.
        """
        return name.removesuffix("_step_id")

    def _goes_by_name(self):
        """Tell whether a text leads from here to any step of that name."""
        return self.step_type == "free_input"

    def _leads_by_aliases_only(self):
        """Tell whether an answer leads on by an alias, and by nothing else."""
        return self._goes_by_name() and not self._leads_on()

    def _get_edges(self, aliases):
        """Return where one gets from this step, archived steps left out.

        :param aliases: those that have a phrase and lead on from this step
        :return: rows of ``kind``, ``target`` (a step) and ``label``
        :rtype: list[tuple]
        """
        self.ensure_one()
        edges = [
            (self._get_link_kind(name), self[name], "")
            for name in self._get_link_fields()
        ]
        edges += [
            ("answer", answer.target_step_id, answer.name) for answer in self.answer_ids
        ]
        edges += [
            ("alias", target, ", ".join(phrases.mapped("name")))
            for target, phrases in aliases.grouped("step_id").items()
            if target != self
        ]
        return [edge for edge in edges if edge[1].active]

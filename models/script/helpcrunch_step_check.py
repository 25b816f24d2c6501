"""Whether a drawing is sound: what saving refuses, and whose filter it may be."""

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError

from ...tools import marks, placeholders

# What a filter raises that is none.
_UNREADABLE = (ValueError, SyntaxError, TypeError, KeyError, AttributeError)


class HelpcrunchStep(models.Model):
    _inherit = "helpcrunch.step"

    @api.constrains(lambda self: self._get_checked_fields())
    def _check_drawing(self):
        if self.env.context.get("helpcrunch_copying_bot") is marks.COPYING_BOT:
            # Links of a copy still lead into the original; checked when they are bent.
            return
        for step in self:
            for problem in (
                step._find_foreign_link(),
                step._find_domain_problem(),
                step._find_placeholder_problem(),
                step._find_kind_problem(),
            ):
                if problem:
                    raise ValidationError(
                        self.env._(
                            "Step “%(step)s”: %(problem)s",
                            step=step.name,
                            problem=problem,
                        ),
                    )

    @api.depends("partner_domain")
    @api.depends_context("uid")
    def _compute_filter_problem(self):
        for step in self:
            step.filter_problem = step._find_unreadable_filter()

    @api.constrains("partner_domain")
    def _check_filter_is_readable(self):
        """Let nobody ask by a filter for what they may not read.

        What is in a filter decides where the bot goes, so it can be read off the
        dialogues. Checked when the filter is saved, and not with every other change: a
        filter of somebody who may read more is no reason to leave a step as it is.
        """
        if self.env.context.get("helpcrunch_same_filter") is marks.SAME_FILTER:
            return
        for step in self:
            if problem := step._find_unreadable_filter():
                raise ValidationError(
                    self.env._(
                        "Step “%(step)s”: %(problem)s",
                        step=step.name,
                        problem=problem,
                    ),
                )

    def copy(self, default=None):
        steps = self
        if "partner_domain" not in (default or {}):
            steps = self.with_context(helpcrunch_same_filter=marks.SAME_FILTER)
        copies = super(HelpcrunchStep, steps).copy(default)
        return copies.with_env(self.env)

    def _find_unreadable_filter(self):
        """Return why the person who asks may not use the filter, or None."""
        try:
            # Constraints run as the superuser, whose rights are not meant here.
            partners = self.env["res.partner"].sudo(False)
            domain = self._get_partner_domain()
            if not domain.is_true():
                partners.search_count(domain, limit=1)
        except AccessError:
            return self.env._(
                "the filter asks for something that you may not read. Choose other "
                "fields, or have an administrator of Odoo save the filter."
            )
        except _UNREADABLE:
            # Not readable at all; told by who checks the drawing.
            return None
        return None

    @api.model
    def _get_link_fields(self):
        """Return the fields that lead to another step of the same bot."""
        return [
            name
            for name, field in self._fields.items()
            if field.type == "many2one" and field.comodel_name == self._name
        ]

    @api.model
    def _get_checked_fields(self):
        """Return the fields that decide whether a drawing is sound."""
        return [
            "bot_id",
            "step_type",
            "flow",
            "message",
            "partner_domain",
            *self._get_link_fields(),
        ]

    @api.model
    def _get_undrawn_fields(self):
        """Return the fields whose change leaves a compiled bot as it is."""
        return set()

    def _find_kind_problem(self):
        """Return what is wrong for the step's type, or for its flow."""
        if self._has_flow() and self.step_type not in self._flow_types():
            return self.env._(
                "a step of this type does its own work and takes no standard flow. "
                "Choose the default flow, or lead to a step of the type Text that has "
                "the flow.",
            )
        return self._call("check")

    def _find_foreign_link(self):
        for name in self._get_link_fields():
            target = self[name]
            if target and target.bot_id != self.bot_id:
                return self.env._(
                    "“%(target)s” is a step of another bot. Links stay inside one bot.",
                    target=target.name,
                )
        return None

    def _find_domain_problem(self):
        try:
            domain = self._get_partner_domain()
            # sudo: res.partner - only whether it can be run; what its author may read
            # is judged apart
            self.env["res.partner"].sudo().search_count(domain, limit=1)
        except _UNREADABLE as error:
            return self.env._(
                "the filter “%(domain)s” cannot be read (%(error)s). Build it with the "
                "filter editor.",
                domain=self.partner_domain,
                error=error,
            )
        return None

    def _find_placeholder_problem(self):
        for name, field in self._fields.items():
            if field.type != "text" or not getattr(field, "translate", False):
                continue
            problems = placeholders.find_problems(
                self[name], self.env["helpcrunch.chat"]._is_placeholder
            )
            if problems:
                return self.env._(
                    "nobody knows what to put in place of %(placeholder)s. Use names "
                    "such as {{ partner.name }}, {{ answer }} or {{ chat.id }}.",
                    placeholder=problems[0],
                )
        return None

"""Keeping a drawing sound: links, filters, placeholders, codes, automatic aliases."""

import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...tools import marks, placeholders

_NOT_IN_CODE = re.compile(r"\W+")
# What a filter raises that is none.
_UNREADABLE = (ValueError, SyntaxError, TypeError, KeyError, AttributeError)


class HelpcrunchStep(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.step"

    filter_problem = fields.Char(compute="_compute_filter_problem")

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
            partners.search_count(self._get_partner_domain(), limit=1)
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
            "message",
            "partner_domain",
            *self._get_link_fields(),
        ]

    @api.model
    def _get_undrawn_fields(self):
        """Return the fields whose change leaves a compiled bot as it is."""
        return set()

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

    def _make_code(self, vals, taken):
        """Return a code from the name that is free in the bot."""
        base = _NOT_IN_CODE.sub("_", (vals.get("name") or "").lower()).strip("_")
        base = base[:60] or "step"
        bot_id = vals.get("bot_id")
        if bot_id not in taken:
            steps = self.with_context(active_test=False).search(
                [("bot_id", "=", bot_id)]
            )
            taken[bot_id] = set(steps.mapped("code"))
        code, number = base, 1
        while code in taken[bot_id]:
            number += 1
            code = f"{base}_{number}"
        taken[bot_id].add(code)
        return code

    def _sync_automatic_aliases(self, former_targets=()):
        """Keep the line "runs after that step" on the targets of "go to" (spec 4.1)."""
        if self.env.context.get("helpcrunch_copying_bot") is marks.COPYING_BOT:
            return
        alias = self.env["helpcrunch.step.alias"]
        for step in self.filtered("next_step_id"):
            target = step.next_step_id
            if step not in target.alias_ids.filtered("automatic").code:
                alias.create({"step_id": target.id, "code": step.id, "automatic": True})
        (self.next_step_id.union(*former_targets))._drop_stale_automatic_aliases()

    def _drop_stale_automatic_aliases(self):
        stale = self.alias_ids.filtered(
            lambda alias: alias.automatic and alias.code.next_step_id != alias.step_id
        )
        stale.with_context(helpcrunch_automatic=marks.AUTOMATIC_ALIASES).unlink()

    def _remap_links(self, twins):
        """Bend the links of copied steps from the originals to their twins.

        :param dict twins: original step id -> id of its copy
        """
        # Half bent, a copy still leads into the original: nothing follows or checks the
        # links before the last of them is bent.
        for step in self.with_context(helpcrunch_copying_bot=marks.COPYING_BOT):
            step.write(
                {
                    name: twins.get(step[name].id, False)
                    for name in self._get_link_fields()
                    if step[name]
                },
            )
        self._sync_automatic_aliases()
        self._check_drawing()
        originals = self.browse(twins)
        for original in originals:
            for alias in original.alias_ids.filtered(lambda line: not line.automatic):
                alias.copy(
                    {
                        "step_id": twins[original.id],
                        "code": twins.get(alias.code.id, False),
                    },
                )

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools import marks, matching

_START = matching.normalize("/start")


class HelpcrunchStepAlias(models.Model):
    _name = "helpcrunch.step.alias"
    _inherit = "helpcrunch.step.part"
    _description = "HelpCrunch Step Alias"
    _order = "automatic, id"

    bot_id = fields.Many2one(
        string="Bot",
        related="step_id.bot_id",
        store=True,
        index=True,
        precompute=True,
    )
    company_id = fields.Many2one(related="bot_id.company_id", store=True, index=True)
    active = fields.Boolean(related="step_id.active", store=True, precompute=True)
    name = fields.Char(
        "Phrase",
        help="What the customer types to get to this step, for example /start. Write "
        "one line for each language.",
    )
    scope_step_id = fields.Many2one(
        "helpcrunch.step",
        "Scope",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('bot_id', '=', bot_id)]",
        help="The step after which this one runs. Empty: the phrase works anywhere in "
        "the dialogue. Filled in: only while the dialogue stands at that step.",
    )
    # As the manual calls it: on the forms, and for whoever writes rows from outside.
    code = fields.Many2one(
        string="Code", related="scope_step_id", readonly=False, related_sudo=False
    )
    match = fields.Selection(
        [
            ("exact", "The whole text"),
            ("starts", "The text begins so"),
            ("contains_word", "The text contains it"),
        ],
        "Compare",
        required=True,
        default="exact",
        help="Case, spaces, punctuation at the end and the kind of apostrophe make no "
        "difference.",
    )
    automatic = fields.Boolean(
        readonly=True,
        help="Kept by Odoo: the step in the column Code leads here.",
    )
    phrase = fields.Char(
        "Compared as", compute="_compute_phrase", store=True, precompute=True
    )

    _phrase_unique = models.UniqueIndex(
        "(bot_id, COALESCE(scope_step_id, 0), phrase)"
        " WHERE active AND phrase IS NOT NULL",
        "This phrase leads to a step of the bot already. Change it or its code.",
    )
    _automatic_unique = models.UniqueIndex("(step_id, scope_step_id) WHERE automatic")

    @api.depends("name")
    def _compute_phrase(self):
        for alias in self:
            alias.phrase = matching.normalize(alias.name or "") or False

    @api.depends("name", "scope_step_id.name", "step_id.name")
    def _compute_display_name(self):
        for alias in self:
            alias.display_name = alias.name or self.env._(
                "after “%(step)s”", step=alias.scope_step_id.name
            )

    @api.constrains("name", "scope_step_id", "match", "step_id")
    def _check_phrase(self):
        for alias in self:
            if not alias.automatic and not alias.phrase:
                raise ValidationError(
                    self.env._(
                        "Step “%(step)s”: write the phrase of the alias, or delete the "
                        "line.",
                        step=alias.step_id.name,
                    ),
                )
            if alias.scope_step_id and alias.scope_step_id.bot_id != alias.bot_id:
                raise ValidationError(
                    self.env._(
                        "Step “%(step)s”: “%(code)s” is a step of another bot. Links "
                        "stay inside one bot.",
                        step=alias.step_id.name,
                        code=alias.scope_step_id.name,
                    ),
                )

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [_name_scope(vals) for vals in vals_list]
        self._refuse_taken(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        vals = _name_scope(vals)
        if vals.keys() & {"name", "scope_step_id", "step_id"}:
            if self.filtered("automatic"):
                raise UserError(
                    self.env._(
                        "This line follows the field “Go to Step” of the step in its "
                        "column Code. Change it there."
                    ),
                )
            for alias in self:
                self._refuse_taken(
                    [
                        {
                            "name": alias.name,
                            "scope_step_id": alias.scope_step_id.id,
                            "step_id": alias.step_id.id,
                            **vals,
                        },
                    ],
                    but=alias,
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_automatic(self):
        if self.env.context.get("helpcrunch_automatic") is marks.AUTOMATIC_ALIASES:
            return
        kept = self.filtered(
            lambda alias: (
                alias.automatic and alias.scope_step_id.next_step_id == alias.step_id
            )
        )
        if kept:
            raise UserError(
                self.env._(
                    "Step “%(code)s” leads to “%(step)s”, so this line stays. Change "
                    "“Go to Step” there and it goes by itself.",
                    code=kept[0].scope_step_id.name,
                    step=kept[0].step_id.name,
                ),
            )

    def _refuse_taken(self, vals_list, but=None):
        """Refuse a phrase that exists in its scope, naming the step that has it.

        The unique index refuses it too, but could not say where it is.
        """
        for vals in vals_list:
            phrase = matching.normalize(vals.get("name") or "")
            step = self.env["helpcrunch.step"].browse(vals.get("step_id"))
            if not phrase or not step.active:
                continue
            taken = self.search(
                [
                    ("bot_id", "=", step.bot_id.id),
                    ("scope_step_id", "=", vals.get("scope_step_id") or False),
                    ("phrase", "=", phrase),
                    ("id", "!=", but.id if but else False),
                ],
                limit=1,
            )
            if taken:
                raise ValidationError(
                    self.env._(
                        "The phrase “%(phrase)s” already leads to step “%(step)s”. "
                        "Choose another phrase, or another code.",
                        phrase=vals["name"],
                        step=taken.step_id.name,
                    ),
                )

    def _is_start(self):
        """Tell whether a dialogue begins by it: for the whole bot, word for word."""
        return (
            self.phrase == _START and self.match == "exact" and not self.scope_step_id
        )


def _name_scope(vals):
    """Return the values of a row without the manual's name for the scope.

    Written in one go, or the phrase would be everybody's for a moment.
    """
    if "code" not in vals:
        return vals
    return {
        "scope_step_id" if name == "code" else name: value
        for name, value in vals.items()
    }

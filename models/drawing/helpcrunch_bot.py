"""A bot as whoever draws it looks at it: tried, and what is wrong with it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .problem import LEVELS, Problem, find_circles, find_reachable
from .trial import Trial, without_a_trace

_MAX_TEXTS = 100
_MAX_LENGTH = 5000
_OPTIONS = {
    "partner_id": int,
    "name": str,
    "language": str,
    "application_id": int,
    "step_id": int,
    "operators": str,
    "at": str,
}


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    problem_count = fields.Integer(
        "Problems",
        compute="_compute_problems",
        groups="helpcrunch_chatbot.group_manager",
        help="What is wrong with the drawing, or looks so.",
    )
    problems_html = fields.Html(
        "List of Problems",
        compute="_compute_problems",
        sanitize=False,
        groups="helpcrunch_chatbot.group_manager",
    )

    def action_try(self):
        """Open the window in which one talks to the bot as a customer would."""
        self.ensure_one()
        self.check_access("write")
        return self._get_try_action()

    def _get_try_action(self, step=None):
        channels = self.application_ids or self.account_id.application_ids
        return {
            "type": "ir.actions.client",
            "tag": "helpcrunch_chatbot.try",
            "name": self.env._("Try “%(bot)s”", bot=self.name),
            "target": "new",
            "params": {
                "bot_id": self.id,
                "step_id": step.id if step else False,
                "step_name": step.name if step else False,
                "languages": self.env["res.lang"].get_installed(),
                "language": self.language_id.code,
                "channels": [(channel.id, channel.name) for channel in channels],
            },
        }

    def try_dialogue(self, texts, options=None):
        """Talk to the bot as a customer would, without any trace in the database.

        The engine itself runs and is rolled back; nothing reaches HelpCrunch. Stable,
        so that scripts can test bots.

        :param list[str] texts: what the customer writes, at most 100
        :param dict options: ``partner_id`` (an existing contact) or ``name`` and
            ``language`` (its code) of a new one; ``application_id`` (the channel);
            ``step_id`` (begin there); ``operators``: ``free`` or ``none``, else as now;
            ``at``: day and hour, UTC, ``2026-12-24 18:00:00``, for working hours
        :return: ``{"turns": [{"text", "said", "why", "effects"}]}``; the first turn has
            no text, it is the welcome
        :rtype: dict
        :raise UserError: for texts and options that are none
        """
        self.ensure_one()
        self.check_access("write")
        options = self._check_trial(texts, options or {})
        # sudo: helpcrunch.bot - a turn is the machine's, for customers have no user
        machine = self.sudo().with_user(self.env.ref("base.user_root"))
        with without_a_trace(self.env):
            trial = Trial(machine, {**options, "reader": self.env})
            turns = trial.run(texts)
        return {"turns": turns}

    def _check_trial(self, texts, options):
        """Refuse in words what cannot be tried; return the options."""
        if not isinstance(texts, list) or not all(
            isinstance(text, str) for text in texts
        ):
            raise UserError(self.env._("What the customer writes is a list of texts."))
        if len(texts) > _MAX_TEXTS:
            raise UserError(
                self.env._(
                    "A trial has %(limit)s texts at most. Begin anew.", limit=_MAX_TEXTS
                )
            )
        if any(len(text) > _MAX_LENGTH for text in texts):
            raise UserError(
                self.env._(
                    "A text of a trial has %(limit)s letters at most.",
                    limit=_MAX_LENGTH,
                )
            )
        for name, value in options.items():
            kind = _OPTIONS.get(name)
            if kind is None or (value and not isinstance(value, kind)):
                raise UserError(
                    self.env._(
                        "A trial has no setting “%(name)s” like this.", name=name
                    )
                )
        self._check_trial_records(options)
        try:
            fields.Datetime.to_datetime(options.get("at"))
        except ValueError as error:
            raise UserError(
                self.env._("“%(at)s” is no day and hour.", at=options["at"])
            ) from error
        return {name: value for name, value in options.items() if value}

    def _check_trial_records(self, options):
        if options.get("operators") not in (None, False, "", "free", "none"):
            raise UserError(
                self.env._("Operators are “free” or “none” in a trial, or as they are.")
            )
        step = self.env["helpcrunch.step"].browse(options.get("step_id") or [])
        if step and (not step.exists() or step.bot_id != self):
            raise UserError(self.env._("This step is not one of the bot's any more."))
        partner = self.env["res.partner"].browse(options.get("partner_id") or [])
        if partner and not partner.exists():
            raise UserError(self.env._("This contact is not there any more."))
        # Whoever may not see a contact does not learn of it by a filter either.
        partner.check_access("read")
        codes = [code for code, _name in self.env["res.lang"].get_installed()]
        if options.get("language") and options["language"] not in codes:
            raise UserError(self.env._("This language is not active in Odoo."))

    # === CHECK === #

    @api.depends("version", "live", "application_ids", "account_id.state")
    @api.depends_context("lang", "uid")
    def _compute_problems(self):
        for bot in self:
            problems = bot._find_problems() if bot.id else []
            bot.problem_count = len(problems)
            bot.problems_html = problems and self.env["ir.qweb"]._render(
                "helpcrunch_chatbot.bot_problems",
                {"problems": problems, "steps": {row.id: row for row in bot.step_ids}},
            )

    def get_problems(self):
        """Return what is wrong with the drawing, the worst first.

        Looked for when somebody asks, never in a turn, and never an obstacle to saving.
        The codes are listed in the README.

        :return: rows of ``code``, ``level`` (``error``, ``warning``, ``info``),
            ``step_id`` (False: the bot itself) and ``message``
        :rtype: list[dict]
        """
        self.ensure_one()
        self.check_access("write")
        return [
            {
                "code": problem.code,
                "level": problem.level,
                "step_id": problem.step_id,
                "message": problem.message,
            }
            for problem in self._find_problems()
        ]

    def _find_problems(self):
        """Return the problems of the bot and of its steps, the worst first.

        :rtype: list[Problem]
        """
        problems = [
            Problem(code, "warning", message)
            for code, message in self._find_warnings().items()
        ]
        problems += self._lint_service()
        problems += self._lint_ways()
        problems += self._lint_phrases()
        for step in self.step_ids:
            problems += step._find_problems()
        return sorted(problems, key=lambda problem: LEVELS.index(problem.level))

    def _lint_service(self):
        """Whether it is served, and by whom."""
        if not self.step_ids:
            yield Problem(
                "no_steps",
                "error",
                self.env._("The bot has no step. Add the first one."),
            )
        if self.account_id.state != "connected":
            yield Problem(
                "not_connected",
                "warning",
                self.env._(
                    "The messenger “%(messenger)s” is not connected, so nobody is "
                    "answered.",
                    messenger=self.account_id.name,
                ),
            )
        if not self._serves() and (rival := self._find_rivals()[:1]):
            yield Problem(
                "served_by_another",
                "info",
                self.env._(
                    "“%(other)s” serves a channel of this bot; take it off before this "
                    "one goes live.",
                    other=rival.name,
                ),
            )
        if self.fallback_limit and not self.fallback_step_id:
            yield Problem(
                "no_fallback_step",
                "info",
                self.env._(
                    "After misses in a row the dialogue stays where it is: choose a "
                    "step to go to, or no limit."
                ),
            )

    def _lint_ways(self):
        """Steps that nothing leads to, and flows that never come to rest."""
        steps = self.step_ids
        edges = {
            step.id: {target.id for _kind, target, _label in step._get_edges()}
            for step in steps
        }
        reached = find_reachable(self._find_beginnings(), edges)
        if any(step.id in reached and step._goes_by_name() for step in steps):
            reached |= set(steps.ids)
        for step in steps.filtered(lambda row: row.id not in reached):
            yield Problem(
                "unreachable",
                "warning",
                self.env._("Nothing leads to this step: no step, and no alias."),
                step.id,
            )
        following = {
            step.id: step.next_step_id.id
            for step in steps.filtered("next_step_id")
            if not step.waits
        }
        for circle in find_circles(following):
            names = steps.browse(circle).mapped("name")
            yield Problem(
                "circle",
                "error",
                self.env._(
                    "The flow goes round in a circle and asks nothing: %(chain)s.",
                    chain=" → ".join([*names, names[0]]),
                ),
                circle[0],
            )

    def _find_beginnings(self):
        """Return the ids of the steps that a dialogue may come to out of nothing."""
        steps = self.step_ids
        starts = steps.filtered(
            lambda step: (
                step.step_type in self._get_beginning_types()
                or step.alias_ids.filtered(
                    lambda alias: alias.phrase and not alias.scope_step_id
                )
            )
        )
        first = steps.filtered(
            lambda step: step.alias_ids.filtered(lambda alias: alias._is_start())
        )
        callers = steps.filtered(lambda step: step.step_type in step._operator_types())
        starts |= (first or steps)[:1] | self.fallback_step_id
        if self.operator_words:
            starts |= callers[:1]
        return starts.ids

    @api.model
    def _get_beginning_types(self):
        """Return the types whose steps begin by themselves; a type adds itself."""
        return ("schedule",)

    def _lint_phrases(self):
        """Aliases that no text ever gets to."""
        silencing = self._get_words("opt_out_words")
        calling = self._get_words("operator_words")
        for alias in self.step_ids.alias_ids.filtered("phrase"):
            if alias.phrase in silencing:
                yield Problem(
                    "alias_is_opt_out",
                    "warning",
                    self.env._(
                        "The alias “%(phrase)s” never leads here: with this word "
                        "customers refuse broadcasts.",
                        phrase=alias.name,
                    ),
                    alias.step_id.id,
                )
            elif alias.phrase in calling and (
                alias.step_id.step_type not in alias.step_id._operator_types()
            ):
                yield Problem(
                    "alias_calls_operator",
                    "info",
                    self.env._(
                        "The alias “%(phrase)s” is a word for an operator too; with "
                        "the alias it leads here.",
                        phrase=alias.name,
                    ),
                    alias.step_id.id,
                )

"""What is wrong with a drawing: the bot's own problems, and those between its steps.

What a step has by itself stands in ``helpcrunch_step.py`` and with its type.
"""

from dataclasses import asdict

from odoo import api, fields, models

from .problem import LEVELS, Problem, find_circles, find_reachable


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
        return [asdict(problem) for problem in self._find_problems()]

    def _find_problems(self):
        """Return the problems of the bot and of its steps, the worst first.

        :rtype: list[Problem]
        """
        problems = [
            Problem(code, "warning", message)
            for code, message in self._find_warnings().items()
        ]
        problems += self._lint_service()
        problems += self._lint_channels()
        problems += self._lint_reach()
        problems += self._lint_circles()
        problems += self._lint_phrases()
        wordings = self.step_ids._read_wordings(["message"])
        problems += self._lint_languages(wordings)
        for step in self.step_ids:
            texts = wordings.get(step.id, {}).get("message") or {}
            problems += step._find_problems(texts)
        return self._sort_problems(problems)

    @api.model
    def _sort_problems(self, problems):
        """Return problems, the worst first."""
        return sorted(problems, key=lambda problem: LEVELS.index(problem.level))

    def _lint_service(self):
        """What it lacks to answer anybody."""
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
        if self.fallback_limit and not self.fallback_step_id:
            yield Problem(
                "no_fallback_step",
                "info",
                self.env._(
                    "After misses in a row the dialogue stays where it is: choose a "
                    "step to go to, or no limit."
                ),
            )

    def _lint_channels(self):
        """Who else serves its channels, and those of the messenger that nobody does."""
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
        if self._serves() and (unserved := self._find_unserved_channels()):
            yield Problem(
                "served_by_nobody",
                "info",
                self.env._(
                    "No live bot serves %(channels)s: whoever writes there is not "
                    "answered.",
                    channels=", ".join(unserved.mapped("display_name")),
                ),
            )

    def _lint_reach(self):
        """Steps that nothing leads to."""
        steps = self.step_ids
        edges = {
            step.id: {target.id for _kind, target, _label in ways}
            for step, ways in self._get_edges().items()
        }
        reached = find_reachable(self._find_beginnings(), edges)
        names_lead = any(step.id in reached and step._goes_by_name() for step in steps)
        problem = (
            (
                "only_by_name",
                "info",
                self.env._(
                    "No step and no alias leads here: customers come only by writing "
                    "the name of this step, or of one that leads here, to a free "
                    "input. Link it, or give it an alias."
                ),
            )
            if names_lead
            else (
                "unreachable",
                "warning",
                self.env._("Nothing leads to this step: no step, and no alias."),
            )
        )
        for step in steps.filtered(lambda row: row.id not in reached):
            yield Problem(*problem, step.id)

    def _lint_circles(self):
        """Flows that never come to rest."""
        steps = self.step_ids
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

    def _get_edges(self):
        """Return where one gets from each step.

        :return: ``{step: [(kind, target step, label)]}``
        :rtype: dict
        """
        none = self.env["helpcrunch.step.alias"]
        scoped = self.step_ids.alias_ids.filtered("phrase").grouped("scope_step_id")
        # To begin anew is possible everywhere, so it is no way of a step's.
        start = self.step_ids._find_start()
        general = scoped.get(self.env["helpcrunch.step"], none).filtered(
            lambda alias: alias.step_id != start
        )
        return {
            step: step._get_edges(
                scoped.get(step, none)
                | (general if step._leads_by_aliases_only() else none)
            )
            for step in self.step_ids
        }

    def _find_beginnings(self):
        """Return the ids of the steps that a dialogue may come to out of nothing."""
        return [*self._find_drawn_beginnings(), *self._find_started_steps().ids]

    def _find_started_steps(self):
        """Return the steps that something beside the drawing starts."""
        return self.env["helpcrunch.step"]

    def _find_drawn_beginnings(self):
        """Return the ids of the steps that begin as the bot is drawn."""
        steps = self.step_ids
        starts = steps.filtered(
            lambda step: (
                step.step_type in self._get_beginning_types()
                or step.alias_ids.filtered(
                    lambda alias: alias.phrase and not alias.scope_step_id
                )
            )
        )
        callers = steps.filtered(lambda step: step.step_type in step._operator_types())
        starts |= steps._find_start() | self.fallback_step_id
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
        aliases = self.step_ids.alias_ids.filtered("phrase")
        yield from self._lint_twins(aliases)
        for alias in aliases:
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

    def _lint_twins(self, aliases):
        """Aliases that lead elsewhere in some step, by one that counts only there."""
        general = {alias.phrase: alias for alias in aliases if not alias.scope_step_id}
        for twin in aliases.filtered("scope_step_id"):
            alias = general.get(twin.phrase)
            if alias and alias.step_id != twin.step_id:
                yield Problem(
                    "alias_has_twin",
                    "info",
                    self.env._(
                        "The alias “%(phrase)s” does not lead here from step "
                        "“%(scope)s”: there it leads to “%(step)s”.",
                        phrase=alias.name,
                        scope=twin.scope_step_id.name,
                        step=twin.step_id.name,
                    ),
                    alias.step_id.id,
                )

    def _lint_languages(self, wordings):
        """Texts that customers hear in another language than their own.

        :param dict wordings: ``{step id: {"message": {language: text}}}``
        """
        if not wordings:
            # One language is active, so everybody hears it.
            return
        source = self._get_source_lang()
        spoken = [
            (language, count)
            for language, count in self.env["res.partner"]._read_group(
                [("helpcrunch_chat_ids.bot_id", "=", self.id)], ["lang"], ["__count"]
            )
            if language and language != source
        ]
        names = dict(self.env["res.lang"].get_installed())
        for step in self.step_ids:
            texts = wordings.get(step.id, {}).get("message") or {}
            text = texts.get(source) or ""
            for language, count in spoken:
                # A number or a picture is the same in every language.
                if text.upper() == text.lower() or texts.get(language, text) != text:
                    continue
                yield Problem(
                    "missing_translation",
                    "info",
                    self.env._(
                        "The text is not translated into %(language)s, which "
                        "%(count)s of the customers speak.",
                        language=names.get(language, language),
                        count=count,
                    ),
                    step.id,
                )

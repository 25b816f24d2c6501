"""A bot as the engine reads it: ids and phrases, no records."""

from collections import defaultdict

from ...tools import matching


class CompiledBot:
    """Where each phrase of one version of a bot leads.

    Made once per version and process, so that a turn costs the same number of queries
    for a bot of three steps and of five hundred.

    :ivar step_ids: all steps that are not archived
    :ivar start_id: step that begins a dialogue, or False in an empty bot
    :ivar operator_id: first step that leads to an operator, or False
    :ivar calling_ids: steps that lead to an operator without a question in between
    :ivar phrases: ``{scope step id or False: [(kind, phrase, target step id)]}``
    :ivar answering_ids: steps whose type knows texts before aliases are looked at
    :ivar showing_ids: steps that show media
    :ivar opt_out_words: with which a customer wants no more broadcasts
    :ivar opt_in_words: with which a customer wants them again
    :ivar names: ``{normalised step name: step id}``; equal names: lowest sequence
    """

    def __init__(self, bot):
        steps = bot.env["helpcrunch.step"].search([("bot_id", "=", bot.id)])
        self.step_ids = set(steps.ids)
        self.phrases = defaultdict(list)
        self.names = {}
        self.operator_id = steps.filtered(
            lambda step: step.step_type in step._operator_types()
        )[:1].id
        self.calling_ids = self._find_calling(steps)
        self.answering_ids = {step.id for step in steps if step._knows_answers()}
        self.showing_ids = set(steps.media_ids.step_id.ids)
        for step in steps:
            self.names.setdefault(matching.normalize(step.name), step.id)
            for scope_id, kind, phrase, target_id in step._get_phrases():
                self.phrases[scope_id].append((kind, phrase, target_id))
        self.start_id = steps._find_start().id
        self.operator_words = [
            ("exact", phrase, self.operator_id)
            for phrase in bot._get_words("operator_words")
        ]
        self.opt_out_words = bot._get_words("opt_out_words")
        self.opt_in_words = bot._get_words("opt_in_words")
        self.fallback_limit = bot.fallback_limit
        self.fallback_step_id = bot.fallback_step_id.id

    def _find_calling(self, steps):
        """Return the steps after which a person comes, unless somebody is asked."""
        calling = {
            step.id for step in steps if step.step_type in step._operator_types()
        }
        before = {step.id: step.next_step_id.id for step in steps if not step.waits}
        found = True
        while found:
            found = {
                step_id
                for step_id, next_id in before.items()
                if next_id in calling and step_id not in calling
            }
            calling |= found
        return calling

    def is_operator_word(self, text):
        """Tell whether a text is a word for an operator, if there is one or not."""
        return any(text == phrase for _kind, phrase, _target in self.operator_words)

    def match_call(self, text, step_id, by_alias):
        """Return ``(rank, step id)`` where a call for a person leads, or None.

        :param str text: normalised
        :param bool by_alias: phrases count too that lead to a person, said alone
        """
        scopes = (("alias_here", step_id), ("alias", False)) if by_alias else ()
        for rank, scope in scopes:
            for _kind, phrase, target in self.phrases.get(scope, ()):
                if phrase == text and target in self.calling_ids:
                    return rank, target
        if self.operator_id and self.is_operator_word(text):
            return "operator_word", self.operator_id
        return None

    def match_phrase(self, text, step_id):
        """Return ``(rank, step id)`` that a text leads to from a step, or None.

        Aliases scoped to the step come before those of the whole bot, those before the
        words that call an operator (spec 4.1).
        """
        if step_id and (target := matching.best(self.phrases.get(step_id, ()), text)):
            return "alias_here", target
        if target := matching.best(self.phrases.get(False, ()), text):
            return "alias", target
        if self.operator_id and matching.best(self.operator_words, text):
            return "operator_word", self.operator_id
        return None

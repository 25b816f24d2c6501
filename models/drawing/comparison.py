"""Two drawings compared, in words."""

# What a person has not drawn.
_UNTOLD = ("code", "older_wordings")


class Comparison:
    """What one drawing has that the other has not.

    :param env: in whose language it is told
    :param dict before: as ``describe_bot`` returns it; None: there was none
    :param dict after: the same
    :ivar new: sentences, as are ``changed`` and ``archived``
    """

    def __init__(self, env, before, after):
        self.env = env
        self.new, self.changed, self.archived = [], [], []
        before = before or {"bot": {}, "steps": []}
        self.names = {
            step["code"]: step["name"] for step in [*before["steps"], *after["steps"]]
        }
        bot = env["helpcrunch.bot"]
        if before["bot"]:
            self.changed += self._compare(
                bot, env._("Bot"), before["bot"], after["bot"]
            )
        former = {step["code"]: step for step in before["steps"]}
        for step in after["steps"]:
            self._compare_step(former.pop(step["code"], None), step)
        self.archived += [
            env._("Step “%(step)s” is archived.", step=step["name"])
            for step in former.values()
            if step.get("active")
        ]

    def _compare_step(self, before, after):
        name = after["name"]
        if before is None:
            self.new.append(self.env._("Step “%(step)s” is new.", step=name))
        elif before.get("active") and not after.get("active"):
            self.archived.append(self.env._("Step “%(step)s” is archived.", step=name))
        else:
            self.changed += self._compare(
                self.env["helpcrunch.step"],
                self.env._("Step “%(step)s”", step=name),
                before,
                after,
            )

    def _compare(self, model, whose, before, after):
        sentences = []
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name), after.get(name)
            if old == new or name in _UNTOLD:
                continue
            field = model._fields.get(name)
            label = field._description_string(self.env) if field else name
            if field is not None and field.translate:
                sentences += self._compare_texts(whose, label, old or {}, new or {})
            else:
                old, new = self._tell(field, old), self._tell(field, new)
                sentences.append(self._tell_change(whose, label, old, new))
        return sentences

    def _compare_texts(self, whose, label, before, after):
        """Tell each language in which a text is another; a single one is not named."""
        languages = dict(self.env["res.lang"].get_installed())
        for code in sorted(before.keys() | after.keys()):
            old, new = before.get(code), after.get(code)
            if old != new:
                name = languages.get(code, code)
                field = f"{label} ({name})" if len(languages) > 1 else label
                old, new = self._tell(None, old), self._tell(None, new)
                yield self._tell_change(whose, field, old, new)

    def _tell_change(self, whose, field, old, new):
        return self.env._(
            "%(whose)s: %(field)s changed from “%(old)s” to “%(new)s”.",
            whose=whose,
            field=field,
            old=old,
            new=new,
        )

    def _tell(self, field, value):
        """Return a value as people know it, cut where it is long."""
        if value in (None, "", [], {}):
            return "–"
        if isinstance(value, bool):
            return self.env._("yes") if value else self.env._("no")
        if isinstance(value, list):
            text = ", ".join(self._tell(None, row) for row in value)
        elif isinstance(value, dict):
            name = value.get("name", value.get("login"))
            texts = name if isinstance(name, dict) else value
            own = texts.get(self.env.lang) if isinstance(texts, dict) else None
            text = own or (name if isinstance(name, str) else None)
            text = text or next((row for row in texts.values() if row), "")
        elif field is not None and field.comodel_name == "helpcrunch.step":
            text = self.names.get(value, value)
        elif field is not None and field.type == "selection":
            text = dict(field._description_selection(self.env)).get(value, value)
        else:
            text = value
        text = str(text)
        return text if len(text) <= 120 else f"{text[:119]}…"

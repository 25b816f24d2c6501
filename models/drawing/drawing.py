"""A bot as plain data, without ids: written from its records, and put over others.

One mechanism for files, versions, drafts and copies. Steps are told apart by their
``code``; whatever else a bot refers to has a name that means the same elsewhere.
"""

from psycopg2.extras import Json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import marks

# What else a field may lead to, and by what it is known in another database.
_KEYS = {
    "ir.model.fields": "name",
    "res.users": "login",
    "res.lang": "code",
    "helpcrunch.application": "external_id",
}
# Made when they are missing, by their name; nothing else is.
_MADE = ("crm.tag", "res.partner.category", "helpcrunch.operator.queue")
# Fields that are no part of the drawing: whose it is, what has become of it.
_LEFT_OUT = {
    "helpcrunch.bot": {
        "account_id",
        "active",
        "company_id",
        "draft_of_id",
        "live",
        "source_id",
        "statistics_until",
        "version",
    },
    "helpcrunch.step": {"bot_id", "code", "company_id", "executed_at"},
    "helpcrunch.step.alias": {"automatic", "step_id"},
    "helpcrunch.step.answer": {"step_id"},
    "helpcrunch.step.media": {"mimetype", "step_id", "token"},
}
# A note about the texts, that goes with them.
_NOTED = "older_wordings"
_PARTS = ("alias_ids", "answer_ids", "media_ids")
# Where a schedule stands; a person sets the rest.
CLOCK = ("next_run", "anchor_run", "schedule_state")
_SCALARS = {
    "char": str,
    "text": str,
    "selection": str,
    "integer": int,
    "float": (int, float),
    "boolean": bool,
    "date": str,
    "datetime": str,
    "binary": str,
    "json": (dict, list),
}


def get_drawn_fields(model):
    """Return the fields of a model that are drawn, by name, in a stable order."""
    left_out = _LEFT_OUT[model._name]
    return {
        name: field
        for name, field in sorted(model._fields.items())
        if name not in left_out
        and field.store
        and name not in models.MAGIC_COLUMNS
        and not field.related
        and not field.compute
        and field._module not in ("base", "mail", "web")
        and (field.type in _SCALARS or field.type in ("many2one", "many2many"))
    }


# === WRITING IT DOWN === #


def describe_bot(bot):
    """Return a bot as plain data.

    :param bot: a ``helpcrunch.bot``
    :rtype: dict
    """
    bot = bot.with_context(active_test=False, bin_size=False)
    steps = bot.step_ids.sorted(lambda step: (step.sequence, step.id))
    return {
        "bot": _describe(bot),
        "steps": [
            {
                "code": step.code,
                **_describe(step),
                **{name: _describe_parts(step[name]) for name in _PARTS if step[name]},
            }
            for step in steps
        ],
    }


def _describe_parts(parts):
    rows = [_describe(part) for part in parts if not getattr(part, "automatic", False)]
    return rows if parts._order.startswith("sequence") else sorted(rows, key=str)


def _describe(record):
    told = {}
    for name, field in get_drawn_fields(record).items():
        value = _describe_value(record, name, field)
        # What is empty needs no line; "no" and zero are answers.
        if value not in (None, "", [], {}) and not (
            value is False and field.type != "boolean"
        ):
            told[name] = value
    return told


def _describe_value(record, name, field):
    value = record[name]
    if field.translate:
        codes = [code for code, _name in record.env["res.lang"].get_installed()]
        texts = {code: record.with_context(lang=code)[name] or "" for code in codes}
        return {code: text for code, text in sorted(texts.items()) if text}
    if field.type == "many2one":
        if field.comodel_name == "helpcrunch.step":
            return value.code or None
        return _describe_reference(value)
    if field.type == "many2many":
        return sorted(map(_describe_reference, value), key=str)
    if field.type == "datetime":
        return fields.Datetime.to_string(value) or None
    if field.type == "date":
        return fields.Date.to_string(value) or None
    if field.type == "binary":
        return value.decode() if value else None
    return value


def _describe_reference(record):
    """Return how a record is found in another database; None for an empty one."""
    if not record:
        return None
    # sudo: whatever a step refers to - its name only
    record_sudo = record.sudo()
    key = _KEYS.get(record._name)
    if key:
        return {key: record_sudo[key]}
    told = {
        "name": record_sudo.with_context(lang="en_US")[record._rec_name],
        # Several may have one name: the model may know what tells them apart.
        **getattr(record_sudo, "_helpcrunch_describe_drawn", dict)(),
    }
    xml_id = record_sudo._get_external_ids()[record.id]
    known = [name for name in xml_id if not name.startswith("__")]
    return {"xml_id": sorted(known)[0], **told} if known else told


# === PUTTING IT OVER A BOT === #


class Loader:
    """Puts plain data over a bot, or makes a new one of it.

    In one transaction: whatever is refused leaves everything as it was. Schedules that
    are there already go on as they stand.

    :param env: of whoever does it, whose rights count
    :param dict data: as ``tools.drawing_file.parse`` or :func:`describe_bot` returns it
    :param bot: the bot to change; an empty one to make a new one
    :ivar missing: sentences about what could not be found
    """

    def __init__(self, env, data, bot):
        self.env = env
        self.data = data
        self.bot = bot.with_context(active_test=False)
        self.missing = []
        self.steps = {}

    def load(self, **vals):
        """Do it; return the bot.

        :param vals: values of a new bot beside what is drawn
        """
        self._load_bot(vals)
        copying = {"helpcrunch_copying_bot": marks.COPYING_BOT}
        self.bot = self.bot.with_context(**copying)
        self.steps = {step.code: step for step in self.bot.step_ids}
        rows = self.data["steps"]
        # Step by step, link by link: what a step leads to must be there before.
        for load in (self._load_step, self._load_links, self._load_rest):
            for row in rows:
                load(row)
        told = {row["code"] for row in rows}
        for code, step in self.steps.items():
            if code not in told and step.active:
                step.active = False
        self._finish()
        return self.bot.with_env(self.env)

    def _load_bot(self, vals):
        row = self.data["bot"]
        drawn = self._read(self.env["helpcrunch.bot"], row, "bot")
        if not self.bot:
            self.bot = self.bot.create({**drawn, **vals})
        elif changed := _find_changed(self.bot, drawn):
            self.bot.write(changed)
        self._load_texts(self.bot, row, "bot")

    def _load_step(self, row):
        """Make a step, or write what is another now."""
        place = f"step “{row['name']}”"
        model = self.bot.env["helpcrunch.step"]
        if row["step_type"] not in model._fields["step_type"].get_values(self.env):
            raise UserError(
                self.env._(
                    "Step “%(step)s” is of a type that this Odoo does not know: "
                    "%(type)s. Install the addon it comes from.",
                    step=row["name"],
                    type=row["step_type"],
                )
            )
        vals = self._read(model, self._without_unknown_flow(row, place), place)
        clock = {name: vals.pop(name) for name in CLOCK if name in vals}
        step = self.steps.get(row["code"])
        if not step:
            step = model.create(
                {
                    **vals,
                    "code": row["code"],
                    "bot_id": self.bot.id,
                    "partner_domain": "[]",
                }
            )
            self.steps[row["code"]] = step
            if clock:
                step._write_clock(clock)
            if vals.get("partner_domain"):
                step.partner_domain = vals["partner_domain"]
        elif changed := _find_changed(step, vals):
            step.write(changed)

    def _without_unknown_flow(self, row, place):
        """Return a step that says its text and goes on, if its flow is not there."""
        flows = self.env["helpcrunch.step"]._fields["flow"].get_values(self.env)
        flow = row.get("flow")
        if not isinstance(flow, str) or flow in flows:
            return row
        self.missing.append(
            self.env._(
                "%(place)s: this Odoo does not know the standard flow “%(flow)s”, so "
                "the step only says its text. Install the addon it comes from.",
                place=place,
                flow=flow,
            )
        )
        return {**row, "flow": "default"}

    def _load_links(self, row):
        step = self.steps[row["code"]]
        links = {
            name: self._find_step(row.get(name), row).id
            for name in step._get_link_fields()
        }
        if changed := _find_changed(step, links):
            step.write(changed)

    def _find_step(self, code, row):
        if code is None:
            return self.env["helpcrunch.step"]
        step = isinstance(code, str) and self.steps.get(code)
        if not step:
            raise UserError(
                self.env._(
                    "Step “%(step)s” leads to “%(code)s”, which is not in the file.",
                    step=row["name"],
                    code=code,
                )
            )
        return step

    def _load_rest(self, row):
        step = self.steps[row["code"]]
        self._load_texts(step, row, row["name"])
        for name in _PARTS:
            self._load_parts(step, name, row)

    def _load_parts(self, step, name, row):
        """Keep the lines that are the same, take away the others, make the new ones."""
        rows = list(row.get(name, []))
        current = step[name].filtered(
            lambda part: not getattr(part, "automatic", False)
        )
        gone = current.browse()
        for part in current:
            told = _describe(part.with_context(bin_size=False))
            if told in rows:
                rows.remove(told)
            else:
                gone |= part
        gone.unlink()
        for line in rows:
            vals = self._read(current, line, row["name"])
            for key, field in get_drawn_fields(current).items():
                if field.comodel_name == "helpcrunch.step" and line.get(key):
                    vals[key] = self._find_step(line[key], row).id
                elif field.translate and isinstance(line.get(key), dict):
                    vals[key] = next(iter(line[key].values()), "")
            part = current.create({**vals, "step_id": step.id})
            self._load_texts(part, line, row["name"])

    def _load_texts(self, record, row, place):
        """Write the wordings of all languages, as they are told and no other."""
        for name, field in get_drawn_fields(record).items():
            if not field.translate:
                continue
            texts = row.get(name) or {}
            if not isinstance(texts, dict) or not all(
                isinstance(text, str) for text in texts.values()
            ):
                raise self._refuse(place, name)
            if texts == (_describe_value(record, name, field) or {}):
                continue
            source = record._get_source_lang()
            if texts:
                first = texts.get(source) or next(iter(texts.values()))
                texts = {"en_US": first, **texts}
            record.flush_recordset([name])
            record.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = %s",
                    SQL.identifier(record._table),
                    SQL.identifier(name),
                    Json(texts) if texts else None,
                    record.id,
                )
            )
            record.invalidate_recordset([name], flush=False)
            record.modified([name])
        older = row.get(_NOTED) or False
        if _NOTED in record._fields and (record[_NOTED] or False) != older:
            if not isinstance(older, dict | bool):
                raise self._refuse(place, _NOTED)
            # sudo: helpcrunch.spoken - the note is the machine's, as it was
            record.sudo()[_NOTED] = older

    def _finish(self):
        """Check the whole, as each change of a person is checked."""
        steps = self.env["helpcrunch.step"].browse(
            [step.id for step in self.steps.values()]
        )
        fallback = self.data["bot"].get("fallback_step_id")
        bot = self.bot.with_env(self.env)
        bot.fallback_step_id = self._find_step(fallback, self.data["bot"])
        steps._sync_automatic_aliases()
        steps.filtered("active")._check_drawing()
        bot._touch()

    # === VALUES === #

    def _read(self, model, row, place):
        """Return the values of a row but links and texts; foreign ones are told."""
        vals = {}
        drawn = get_drawn_fields(model)
        for name in row.keys() - drawn.keys() - {"code", *_PARTS}:
            self.missing.append(
                self.env._(
                    "%(place)s: this Odoo does not know “%(field)s”.",
                    place=place,
                    field=name,
                )
            )
        for name, field in drawn.items():
            if field.translate or field.comodel_name == "helpcrunch.step":
                continue
            if name == _NOTED:
                continue
            if field.type in ("many2one", "many2many"):
                vals[name] = self._read_references(field, row.get(name), place)
            elif name in row:
                vals[name] = self._read_scalar(field, row[name], place)
            elif field.type not in ("selection", "integer", "float", "boolean"):
                # Of those a file tells each; what it does not know is as it is.
                vals[name] = False
        return vals

    def _read_scalar(self, field, value, place):
        is_number = field.type in ("integer", "float")
        if not isinstance(value, _SCALARS[field.type]) or (
            is_number and isinstance(value, bool)
        ):
            raise self._refuse(place, field.name)
        if field.type == "selection" and value not in field.get_values(self.env):
            raise self._refuse(place, field.name)
        if field.type in ("date", "datetime"):
            try:
                return field.convert_to_cache(value, self.bot)
            except ValueError as error:
                raise self._refuse(place, field.name) from error
        return value

    def _read_references(self, field, value, place):
        many = field.type == "many2many"
        told = value or [] if many else [value] if value else []
        if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
            raise self._refuse(place, field.name)
        found = self.env[field.comodel_name]
        for row in told:
            found |= self._find_reference(field, row, place)
        return [fields.Command.set(found.ids)] if many else found.id

    def _find_reference(self, field, row, place):
        """Return the record that a file means, or an empty one, and say so."""
        model = self.env[field.comodel_name].with_context(active_test=False)
        key = _KEYS.get(model._name)
        if xml_id := not key and row.get("xml_id"):
            record = isinstance(xml_id, str) and self.env.ref(xml_id, False)
            if record and record._name == model._name:
                return record
        value = row.get(key or "name")
        if not isinstance(value, str):
            raise self._refuse(place, field.name)
        domain = self._get_reference_domain(model, key or model._rec_name, value)
        model = model.with_context(lang="en_US")
        if hasattr(model, "_helpcrunch_find_drawn"):
            found = model._helpcrunch_find_drawn(row, domain)
        else:
            found = model.search(domain, limit=1)
        if not found and model._name in _MADE and model.has_access("create"):
            vals = {"name": value}
            if "company_id" in model._fields:
                vals["company_id"] = self.bot.company_id.id
            found = model.create(vals)
        if not found:
            self.missing.append(
                self.env._(
                    "%(place)s: %(field)s “%(name)s” is not there and stays empty.",
                    place=place,
                    field=field._description_string(self.env),
                    name=value,
                )
            )
        return found.with_env(self.env)

    def _get_reference_domain(self, model, name, value):
        domain = [(name, "=", value)]
        if model._name == "ir.model.fields":
            domain.append(("model", "=", "res.partner"))
        if model._name == "helpcrunch.application":
            domain.append(("account_id", "=", self.bot.account_id.id))
        elif "company_id" in model._fields and self.bot.company_id:
            domain.append(("company_id", "in", (False, self.bot.company_id.id)))
        return domain

    def _refuse(self, place, name):
        return UserError(
            self.env._(
                "The file is broken at %(place)s: “%(field)s” has no such value.",
                place=place,
                field=name,
            )
        )


def _find_changed(record, vals):
    """Return those values that a record has not yet."""
    changed = {}
    for name, value in vals.items():
        field, current = record._fields[name], record[name]
        if field.type == "many2many":
            is_same = set(current.ids) == set(value[0][2])
        elif field.type == "many2one":
            is_same = current.id == value
        else:
            is_same = (current or False) == (value or False)
        if not is_same:
            changed[name] = value
    return changed

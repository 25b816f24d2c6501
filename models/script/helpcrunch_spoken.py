"""The language in which texts for customers are written first: their source (spec 5).

Odoo keeps a wording for each language, and falls back to English where there is none.
Customers would then hear a former wording, or English that nobody meant. So each active
language has a wording of its own here, and those that are only copies of the source
follow it.
"""

from contextlib import contextmanager

from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.tools import SQL


class HelpcrunchSpoken(models.AbstractModel):
    """Texts that customers hear."""

    _name = "helpcrunch.spoken"
    _inherit = "helpcrunch.guarded"
    _description = "HelpCrunch Texts for Customers"

    older_wordings = fields.Json(
        readonly=True,
        copy=False,
        help="Which translations were made from a former text: languages by field.",
    )
    older_wordings_text = fields.Char(
        "Older Translations", compute="_compute_older_wordings_text"
    )
    translates_into = fields.Char(
        "Your Language",
        compute="_compute_translates_into",
        help="Your language, when it is another one than that of the texts: what you "
        "write changes a translation only.",
    )

    @api.depends("older_wordings")
    @api.depends_context("lang")
    def _compute_older_wordings_text(self):
        names = self._get_language_names()
        for record in self:
            record.older_wordings_text = ", ".join(
                f"{self._fields[name]._description_string(self.env)} "
                f"({', '.join(names.get(code, code) for code in codes)})"
                for name, codes in (record.older_wordings or {}).items()
                if name in self._fields
            )

    @api.depends_context("lang")
    def _compute_translates_into(self):
        names = self._get_language_names()
        lang = self.env.lang or "en_US"
        for record in self:
            is_other = record._get_source_lang() != lang and len(names) > 1
            record.translates_into = is_other and names.get(lang)

    def _get_source_lang(self):
        """Return the code of the language that the texts are written in first."""
        return self.env.lang or "en_US"

    @api.model
    def _get_language_names(self):
        """Return ``{code: name}`` of the active languages."""
        return dict(self.env["res.lang"].get_installed())

    def _get_languages(self):
        """Return the codes of all languages, the source first: copies follow it."""
        source = self._get_source_lang()
        return sorted(self._get_language_names(), key=lambda code: code != source)

    @api.model
    def _is_written_by_people(self, field):
        return field.name != "older_wordings" and super()._is_written_by_people(field)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._speak_defaults()
        records._follow_source(self._get_spoken_fields(), {})
        return records

    def write(self, vals):
        names = self._get_spoken_fields() & vals.keys()
        before = self._read_wordings(names)
        result = super().write(vals)
        self._follow_source(names, before)
        return result

    def _update_field_translations(self, field_name, translations, *args, **kwargs):
        names = self._get_spoken_fields() & {field_name}
        before = self._read_wordings(names)
        result = super()._update_field_translations(
            field_name, translations, *args, **kwargs
        )
        self._follow_source(names, before)
        return result

    def action_confirm_wordings(self):
        """Say that the translations fit the text they were made from, as it is now."""
        self.check_access("write")
        # sudo: helpcrunch.spoken - the note is the machine's, the texts are theirs
        self.sudo().older_wordings = False

    # === WORDINGS === #

    @api.model
    def _get_spoken_fields(self):
        return {
            name
            for name, field in self._fields.items()
            if field.translate and field.store and not field.related
        }

    def _read_wordings(self, names):
        """Return ``{id: {field: {language: text}}}`` as the database has them."""
        if not names or not self.ids or len(self._get_language_names()) < 2:
            return {}
        names = sorted(names)
        self.flush_recordset(names)
        columns = SQL(", ").join(map(SQL.identifier, names))
        self.env.cr.execute(
            SQL(
                "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                columns,
                SQL.identifier(self._table),
                self.ids,
            )
        )
        return {
            row[0]: {
                name: texts or {} for name, texts in zip(names, row[1:], strict=True)
            }
            for row in self.env.cr.fetchall()
        }

    def _speak_defaults(self):
        """Give a text that is only the default the default of each language."""
        codes = self._get_language_names()
        if len(codes) < 2:
            # English is kept in any case, and nobody hears another one.
            return
        for name in self._get_spoken_fields():
            default = self._fields[name].default
            if not default:
                continue
            own = default(self)
            spoken = self.filtered(
                lambda record, name=name, own=own: record[name] == own
            )
            if own and spoken:
                spoken._add_wordings(
                    name,
                    {code: default(self.with_context(lang=code)) for code in codes},
                )

    def _follow_source(self, names, before=None):
        """Have copies follow a text that was changed, and note what did not.

        :param dict before: the wordings from before; None: they are what they were
        """
        codes = {*self._get_language_names(), "en_US"}
        after = self._read_wordings(names)
        before = after if before is None else before
        for record in self.filtered(lambda record: record.id in after):
            source = record._get_source_lang()
            older = {}
            for name, texts in after[record.id].items():
                was = before.get(record.id, {}).get(name, {})
                copies, stale = _compare(was, texts, source, codes)
                if copies:
                    record._add_wordings(name, copies)
                older[name] = _keep_older(
                    (record.older_wordings or {}).get(name, []), was, texts, stale
                )
            record._note_older(older)

    @api.model
    @contextmanager
    def _changing_source(self, *spoken):
        """Have the copies in these texts follow them into another language.

        A wording that only repeats the former source would else be said for ever.

        :param spoken: records whose language may change meanwhile
        """
        former = [
            {record: record._get_source_lang() for record in records}
            for records in spoken
        ]
        yield
        for sources in former:
            for record, lang in sources.items():
                record._follow_new_source(lang)

    def _follow_new_source(self, former):
        """Repeat the texts of another language from now on, where nobody translated.

        :param str former: code of the language that was repeated up to now
        """
        source = self._get_source_lang()
        if source == former:
            return
        older = {}
        wordings = self._read_wordings(self._get_spoken_fields()).get(self.id, {})
        for name, texts in wordings.items():
            old, new = texts.get(former), texts.get(source)
            if new and old != new:
                copies = {
                    code: new
                    for code, text in texts.items()
                    if text == old and code != former
                }
                self._add_wordings(name, copies)
            noted = (self.older_wordings or {}).get(name, [])
            older[name] = [code for code in noted if code != source]
        self._note_older(older)

    def _note_older(self, older):
        noted = {**(self.older_wordings or {}), **older}
        noted = {name: codes for name, codes in noted.items() if codes} or False
        if noted != (self.older_wordings or False):
            # sudo: helpcrunch.spoken - a note about what was written just now
            self.sudo().older_wordings = noted

    def _add_wordings(self, name, texts):
        """Write texts of other languages, past what a change by a person does."""
        self.flush_recordset([name])
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET %(name)s = %(name)s || %(texts)s::jsonb"
                " WHERE id = ANY(%(ids)s) AND %(name)s IS NOT NULL",
                table=SQL.identifier(self._table),
                name=SQL.identifier(name),
                texts=Json(texts),
                ids=self.ids,
            )
        )
        self.invalidate_recordset([name], flush=False)
        self.modified([name])

    @api.model
    def _speak_more_languages(self):
        """Give each text a wording in languages that have just come."""
        for model in self.env.registry.descendants(
            ["helpcrunch.spoken"], "_inherit", "_inherits"
        ):
            records = self.env[model].with_context(active_test=False)
            if not records._abstract:
                records = records.search(fields.Domain.TRUE)
                records._follow_source(records._get_spoken_fields())


def _compare(was, texts, source, codes):
    """Return the texts to copy, and the languages that are older than the source now.

    :param dict was: texts by language, before
    :param dict texts: and now; English is there if any is
    """
    if not texts:
        return {}, set()
    text = texts.get(source, texts["en_US"])
    former = was.get(source, was.get("en_US"))
    copies, stale = {}, set()
    for code in codes:
        own = texts.get(code)
        if own is None:
            copies[code] = text
        elif code != source and own != text and own == was.get(code):
            if own == former:
                copies[code] = text
            elif former != text:
                stale.add(code)
    return copies, stale


def _keep_older(noted, was, texts, stale):
    """Return the languages that are older than the source, in order."""
    kept = {code for code in noted if texts.get(code) == was.get(code)}
    return sorted(kept | stale)

import re
import unicodedata

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import (
    babel_locale_parse,
    email_normalize,
    format_date,
    format_datetime,
)

from ...const import ANSWER_LIMIT
from ...tools import files, matching, typed_values
from .crm_lead import CONVERSATION_CLASS

ASKABLE_RELATIONS = ("res.country", "res.country.state", "res.lang")
_YES = ("yes", "y", "true", "1", "+", "так", "т", "ага", "звісно", "да")
_NO = ("no", "n", "false", "0", "-", "ні", "н", "нет")
_INTEGER_MAX = 2**31 - 1
# Marks the notes of what was answered in a chat, to find them again.
ANSWER_CLASS = "o_helpcrunch_answer"
# What a chat may ask for and tell: plain facts about a person. Never users, companies,
# accounting or technical fields (spec 4.4).
ASKABLE_FIELDS = (
    "name",
    "email",
    "phone",
    "function",
    "company_name",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "country_id",
    "lang",
    "website",
)
# Custom fields of these kinds may be asked for too.
ASKABLE_TYPES = (
    "char",
    "text",
    "integer",
    "float",
    "date",
    "boolean",
    "selection",
)
# What a language's date format calls day, month and year.
_DATE_LETTERS = {
    **dict.fromkeys("de", "d"),
    **dict.fromkeys("mbB", "m"),
    **dict.fromkeys("yY", "y"),
}


class ResPartner(models.Model):
    """The contact: dialogues, opt-out, what a chat may ask, what is erased."""

    _inherit = "res.partner"

    # Looked up by every answered phone and every new customer with an e-mail; Odoo
    # indexes neither.
    phone_sanitized = fields.Char(index="btree_not_null")
    email_normalized = fields.Char(index="btree_not_null")

    helpcrunch_customer_ids = fields.One2many(
        "helpcrunch.customer",
        "partner_id",
        "HelpCrunch Customers",
        context={"active_test": False},
        groups="helpcrunch_chatbot.group_operator",
    )
    helpcrunch_chat_ids = fields.One2many(
        "helpcrunch.chat",
        "partner_id",
        "HelpCrunch Dialogues",
        groups="helpcrunch_chatbot.group_operator",
    )
    helpcrunch_chat_count = fields.Integer(
        "Dialogues", compute="_compute_helpcrunch_chat_count"
    )
    helpcrunch_category_ids = fields.Many2many(
        "res.partner.category",
        string="Channel Tags",
        compute="_compute_helpcrunch_category_ids",
        compute_sudo=True,
        groups="helpcrunch_chatbot.group_operator",
        help="Tags of the channels through which this contact has written.",
    )
    helpcrunch_opt_out = fields.Boolean(
        "No Broadcasts",
        compute="_compute_helpcrunch_opt_out",
        compute_sudo=True,
        inverse="_inverse_helpcrunch_opt_out",
        groups="helpcrunch_chatbot.group_operator",
        help="No broadcast reaches this contact, in any channel. The customer says so "
        "with the word for it, you say so here.",
    )
    helpcrunch_duplicate_count = fields.Integer(
        "Possible Duplicates",
        compute="_compute_helpcrunch_duplicate_count",
        groups="helpcrunch_chatbot.group_manager",
    )

    def _compute_helpcrunch_chat_count(self):
        """Count as Odoo counts opportunities: a company has its people's too."""
        self.helpcrunch_chat_count = 0
        if not self.env["helpcrunch.chat"].has_access("read"):
            return
        family = self._fetch_children_partners_for_hierarchy()
        counts = self.env["helpcrunch.chat"]._read_group(
            [("partner_id", "in", family.ids)], ["partner_id"], ["__count"]
        )
        mine = set(self._ids)
        for contact, count in counts:
            partner = contact
            while partner:
                if partner.id in mine:
                    partner.helpcrunch_chat_count += count
                partner = partner.parent_id

    @api.depends("category_id", "helpcrunch_customer_ids.application_id.category_id")
    def _compute_helpcrunch_category_ids(self):
        customers_sudo = self._find_helpcrunch_customers()
        by_partner = customers_sudo.grouped("partner_id")
        for partner in self:
            mine_sudo = by_partner.get(partner._origin, customers_sudo.browse())
            partner.helpcrunch_category_ids = (
                mine_sudo.application_id.category_id & partner.category_id
            )

    @api.depends("helpcrunch_customer_ids.opt_out")
    def _compute_helpcrunch_opt_out(self):
        refusing_sudo = self._find_helpcrunch_customers().filtered("opt_out")
        for partner in self:
            partner.helpcrunch_opt_out = partner._origin in refusing_sudo.partner_id

    def _find_helpcrunch_customers(self):
        """Return all customers of these contacts: archived ones, every company's.

        Searched for, and not read from the contact: what the superuser finds in a list
        everybody would find in the cache then, and could not read.
        """
        # sudo: helpcrunch.customer - one person's wish and tags, wherever they write
        customers_sudo = self.env["helpcrunch.customer"].sudo()
        return customers_sudo.with_context(active_test=False).search(
            [("partner_id", "in", self._origin.ids)]
        )

    def _inverse_helpcrunch_opt_out(self):
        # Whoever may write the contact may keep broadcasts from it, in channels of
        # other people's dialogues too.
        for partner in self:
            opt_out = partner.helpcrunch_opt_out
            changed = partner._find_helpcrunch_customers().filtered(
                lambda row, opt_out=opt_out: row.opt_out != opt_out or row.unsubscribed
            )
            if not changed:
                continue
            changed.opt_out = opt_out
            partner._message_log(
                body=self.env._("HelpCrunch broadcasts: not wanted any more.")
                if opt_out
                else self.env._("HelpCrunch broadcasts: wanted again.")
            )

    def _compute_helpcrunch_duplicate_count(self):
        for partner in self:
            partner.helpcrunch_duplicate_count = self.env[
                "helpcrunch.duplicate"
            ].search_count(partner._get_helpcrunch_duplicate_domain())

    def _get_helpcrunch_duplicate_domain(self):
        return [
            ("state", "=", "open"),
            "|",
            ("partner_id", "in", self.ids),
            ("older_partner_id", "in", self.ids),
        ]

    # === ACTIONS === #

    def action_view_helpcrunch_chats(self):
        """Open the dialogues of this contact and its people, of all channels."""
        self.ensure_one()
        self.check_access("read")
        self.env["helpcrunch.chat"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_chat_action"
        )
        action["domain"] = [("partner_id", "child_of", self.id)]
        action["context"] = {}
        return action

    def action_view_helpcrunch_duplicates(self):
        """Open what may be the same person as this contact."""
        self.ensure_one()
        self.check_access("read")
        self.env["helpcrunch.duplicate"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_duplicate_action"
        )
        action["domain"] = self._get_helpcrunch_duplicate_domain()
        action["context"] = {}
        return action

    # === ANSWERS OF A CHAT === #

    def _helpcrunch_is_askable(self, name):
        """Tell whether a chat may ask for, or tell, a field of the contact."""
        field = self._fields.get(name)
        if not field or not field.store:
            return False
        if name in ASKABLE_FIELDS:
            return True
        # A many2many has one of these relations too, and takes no single answer.
        return field.manual and (
            field.type in ASKABLE_TYPES
            or (field.type == "many2one" and field.comodel_name in ASKABLE_RELATIONS)
        )

    def _helpcrunch_may_ask(self, name):
        """Tell whether a chat may write a field: what Odoo computes is only told."""
        field = self._fields.get(name)
        return self._helpcrunch_is_askable(name) and (
            name in ASKABLE_FIELDS or not field.compute
        )

    def _helpcrunch_note_lost_values(self, merged):
        """Write down which values of a contact its merge into this one would lose."""
        lost = [
            f"{self._fields[name]._description_string(self.env)}: "
            + merged._helpcrunch_tell(name)
            for name in ASKABLE_FIELDS
            if self[name] and merged[name] and not self._helpcrunch_equals(merged, name)
        ]
        if lost:
            self._message_log(
                body=Markup("<p>%s</p><p>%s</p>")
                % (
                    self.env._("Not kept of “%(name)s”:", name=merged.display_name),
                    Markup("<br/>").join(lost),
                ),
            )

    def _helpcrunch_equals(self, other, name):
        """Tell whether two contacts have the same value, in any spelling."""
        if name == "phone" and self._helpcrunch_extension() != (
            other._helpcrunch_extension()
        ):
            return False
        name = {"phone": "phone_sanitized", "email": "email_normalized"}.get(name, name)
        return self[name] == other[name]

    def _helpcrunch_extension(self):
        """Return the extension behind the contact's phone, or an empty text."""
        return typed_values.read_extension(self.phone)

    def _helpcrunch_value(self, name):
        """Return the value of a field as it is written: a record's id."""
        return self[name].id if self._fields[name].relational else self[name]

    def _helpcrunch_write_answer(self, name, value, lang, **vals):
        """Write an answer; the old value goes to the contact's chatter.

        :param str lang: of the note, which is for the company's people
        :param vals: what else is written with it
        """
        reader = self.with_context(lang=lang)
        old = reader._helpcrunch_tell(name)
        if self._helpcrunch_value(name) == value:
            value = None
        else:
            vals[name] = value
        # The note says what Odoo's own tracking of some fields would say once more.
        self.with_context(tracking_disable=True)._helpcrunch_write(vals)
        if value is not None:
            reader._message_log(
                body=Markup('<p class="%s">%s</p>')
                % (
                    f"{ANSWER_CLASS} {ANSWER_CLASS}_{name}",
                    reader.env._(
                        "%(field)s given in a chat: %(new)s (before: %(old)s)",
                        field=self._fields[name]._description_string(reader.env),
                        new=reader._helpcrunch_tell(name),
                        old=old or reader.env._("nothing"),
                    ),
                ),
            )

    def _helpcrunch_write(self, vals):
        """Write what a chat has brought."""
        self.write(vals)

    def _helpcrunch_forget_note(self, name, lang):
        """Delete the note of an answer that another contact's note tells better."""
        told = escape(self.with_context(lang=lang)._helpcrunch_tell(name))
        # sudo: mail.message - a note of the machine's own
        self.sudo().message_ids.filtered(
            lambda note: (
                f"{ANSWER_CLASS}_{name}" in str(note.body)
                and f": {told} (" in str(note.body)
            )
        ).unlink()

    def _helpcrunch_differs(self, name, value):
        """Tell whether an answer is another value than the contact has."""
        if name == "phone":
            return self.phone_sanitized != self._phone_format(
                number=value, force_format="E164"
            ) or self._helpcrunch_extension() != typed_values.read_extension(value)
        return matching.normalize(self[name] or "") != matching.normalize(value)

    def _helpcrunch_tell(self, name):
        """Return the value of a field as a text for people."""
        field, value = self._fields[name], self[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "datetime":
            return format_datetime(self.env, value) if value else ""
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        return str(value) if value or field.type in ("integer", "float") else ""

    def _helpcrunch_convert(self, name, text, customer):
        """Return the value of a field that a customer's text means.

        :param str name: an askable field
        :param str text: what the customer wrote
        :param customer: the ``helpcrunch.customer``, for the region of phones
        :return: the value to write, or None if the text will not do
        """
        field = self._fields[name]
        if field.type != "text":
            text = matching.tidy(text) if not _has_control(text.strip(), "") else text
        text = text.strip()
        limit = min(ANSWER_LIMIT, getattr(field, "size", None) or ANSWER_LIMIT)
        if matching.is_blank(text) or len(text) > limit:
            return None
        if _has_control(text, field.type) or (
            name != "website" and files.is_only_file(text)
        ):
            return None
        if name in ("email", "phone", "lang", "website"):
            return getattr(self, f"_helpcrunch_convert_{name}")(text, customer)
        kind = field.comodel_name or field.type
        converter = getattr(self, f"_helpcrunch_convert_{kind.replace('.', '_')}", None)
        return converter(text, field) if converter else text

    def _helpcrunch_convert_email(self, text, customer):
        # Odoo takes "a@b", "@x" and one of two addresses; a customer is asked again.
        email = typed_values.find_email(text)
        return (email and email_normalize(email)) or None

    def _helpcrunch_convert_website(self, text, customer):
        return text if typed_values.is_website(text) else None

    def _helpcrunch_convert_phone(self, text, customer):
        """Return the number in international form (phonenumbers, in Odoo's dress).

        A local number belongs to the country of the contact, else of the customer, else
        of the company.
        """
        phones = self._helpcrunch_find_phones(text, customer)
        if phones:
            return phones[0] if len(phones) == 1 else None
        return (
            self._phone_format(
                number=text,
                country=self._helpcrunch_phone_country(customer),
                force_format="INTERNATIONAL",
            )
            or None
        )

    def _helpcrunch_find_phones(self, text, customer):
        """Return the different numbers in a customer's text, none in a long one."""
        if len(text) > ANSWER_LIMIT:
            # Whoever sends so much gives no number, and looking for them takes time.
            return []
        country = self._helpcrunch_phone_country(customer)
        return typed_values.find_phones(text, country.code)

    def _helpcrunch_phone_country(self, customer):
        country = self.country_id
        if not country and customer.country_code:
            country = country.search(
                [("code", "=", customer.country_code.upper())], limit=1
            )
        return country or customer.company_id.country_id

    def _helpcrunch_convert_lang(self, text, customer):
        """Return the code of the installed language with this name or code.

        "English" may be any of several; the first is as good as the others.
        """
        wanted = matching.normalize(text)
        languages = self.env["res.lang"].search([("active", "=", True)])
        locales = [babel_locale_parse(lang.code) for lang in languages]
        for lang in languages:
            names = {lang.name, lang.code, lang.iso_code, *lang.name.split(" / ")}
            # Odoo does not translate the names of languages.
            names |= {locale.languages.get(lang.code[:2]) for locale in locales}
            if wanted in {matching.normalize(name) for name in names if name}:
                return lang.code
        return None

    def _helpcrunch_convert_integer(self, text, field):
        number = self._helpcrunch_convert_float(text, field)
        if number is None or number != int(number) or abs(number) > _INTEGER_MAX:
            return None
        return int(number)

    def _helpcrunch_convert_float(self, text, field):
        return typed_values.read_number(
            text, self._helpcrunch_get_lang().thousands_sep or ""
        )

    def _helpcrunch_convert_date(self, text, field):
        letters = re.findall(r"%-?([a-zA-Z])", self._helpcrunch_get_lang().date_format)
        order = "".join(_DATE_LETTERS.get(letter, "") for letter in letters)
        if sorted(order) != sorted("dmy"):
            order = "dmy"
        return typed_values.read_date(text, order, fields.Date.today())

    def _helpcrunch_get_lang(self):
        """Return how the dialogue's language writes dates and numbers."""
        return self.env["res.lang"]._get_data(code=self.env.lang or "en_US")

    def _helpcrunch_convert_boolean(self, text, field):
        word = matching.normalize(text)
        if word in {matching.normalize(yes) for yes in (*_YES, self.env._("yes"))}:
            return True
        if word in {matching.normalize(no) for no in (*_NO, self.env._("no"))}:
            return False
        return None

    def _helpcrunch_convert_selection(self, text, field):
        """Return the value with this label, in any installed language, or this code."""
        wanted = matching.normalize(text)
        for code, _name in self.env["res.lang"].get_installed():
            env = self.with_context(lang=code).env
            for value, label in field._description_selection(env):
                if wanted in (matching.normalize(value), matching.normalize(label)):
                    return value
        return None

    def _helpcrunch_convert_res_country(self, text, field):
        return self._helpcrunch_find_named("res.country", text)

    def _helpcrunch_convert_res_country_state(self, text, field):
        domain = [("country_id", "=", self.country_id.id)] if self.country_id else []
        return self._helpcrunch_find_named("res.country.state", text, domain)

    def _helpcrunch_convert_res_lang(self, text, field):
        code = self._helpcrunch_convert_lang(text, None)
        return code and self.env["res.lang"].search([("code", "=", code)]).id

    def _helpcrunch_find_named(self, model, text, domain=()):
        """Return the id of the only record with this name or code, else None.

        Names are compared in every installed language, as people type them, and in
        English.
        """
        wanted = matching.normalize(text)
        found = set()
        records = self.env[model].search(list(domain))
        for code in {"en_US", *dict(self.env["res.lang"].get_installed())}:
            found |= {
                record.id
                for record in records.with_context(lang=code)
                if wanted
                in (
                    matching.normalize(record.name),
                    matching.normalize(record.code or ""),
                )
            }
        return found.pop() if len(found) == 1 else None

    # === PRIVACY === #

    def action_erase_helpcrunch_data(self):
        """Erase all HelpCrunch conversations of this contact; the contact stays.

        Dialogues with their messages, what HelpCrunch sent about them, what waits to be
        sent, the notes of what was answered, and the conversations in leads, copies and
        merged ones too. The HelpCrunch customers stay as bare numbers: who wants no
        broadcasts or is blocked remains so, and who writes again is the same contact.
        Dialogues of companies that are not switched on stay.

        Odoo's privacy look-up finds dialogues, customers and leads one by one; a
        dialogue deleted there takes along the same.

        :raises AccessError: for anybody but an administrator of HelpCrunch
        """
        self.ensure_one()
        if not self.env.user.has_group("helpcrunch_chatbot.group_manager"):
            raise AccessError(
                self.env._("Only an administrator of HelpCrunch may erase dialogues.")
            )
        self.check_access("write")
        companies = self.env.companies.ids
        mine = [("partner_id", "=", self.id), ("company_id", "in", companies)]
        # sudo: helpcrunch.chat, helpcrunch.customer, crm.lead, mail.message - a manager
        # may not delete or empty them in any other way
        env_sudo = self.sudo().with_context(active_test=False).env
        customers_sudo = env_sudo["helpcrunch.customer"].search(mine)
        chats_sudo = env_sudo["helpcrunch.chat"].search(mine) | customers_sudo.chat_ids
        leads_sudo = env_sudo["crm.lead"].search(
            [
                ("partner_id", "=", self.id),
                ("company_id", "in", [False, *companies]),
                "|",
                ("description", "like", CONVERSATION_CLASS),
                ("message_ids.body", "like", CONVERSATION_CLASS),
            ],
        )
        notes_sudo = self.sudo().message_ids.filtered(
            lambda message: ANSWER_CLASS in str(message.body)
        )
        count = len(chats_sudo)
        (leads_sudo - chats_sudo.lead_ids)._cut_helpcrunch_conversation()
        chats_sudo.unlink()
        customers_sudo._forget()
        notes_sudo.unlink()
        self._message_log(
            body=self.env._(
                "HelpCrunch conversations erased: %(count)s dialogues.", count=count
            )
        )
        return {"type": "ir.actions.client", "tag": "reload"}


def _has_control(text, kind):
    allowed = "\n\r\t" if kind == "text" else ""
    return any(
        unicodedata.category(char) == "Cc" and char not in allowed for char in text
    )

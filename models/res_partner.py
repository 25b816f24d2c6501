import re
import unicodedata
from datetime import date, datetime

from odoo import fields, models
from odoo.tools import email_normalize, format_date

from ..const import ANSWER_LIMIT
from ..tools import matching

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
ASKABLE_RELATIONS = ("res.country", "res.country.state", "res.lang")

_YES = ("yes", "y", "true", "1", "+", "так", "т", "ага", "звісно", "да")
_NO = ("no", "n", "false", "0", "-", "ні", "н", "нет")
_INTEGER_MAX = 2**31 - 1
_DATE_PARTS = re.compile(r"\d+")


class ResPartner(models.Model):
    _inherit = "res.partner"

    helpcrunch_customer_ids = fields.One2many(
        "helpcrunch.customer", "partner_id", "HelpCrunch Customers"
    )
    helpcrunch_chat_ids = fields.One2many(
        "helpcrunch.chat", "partner_id", "HelpCrunch Dialogues"
    )
    helpcrunch_chat_count = fields.Integer(
        "Dialogues", compute="_compute_helpcrunch_chat_count"
    )

    def _compute_helpcrunch_chat_count(self):
        # sudo: helpcrunch.chat - people without the app see the contact form too
        counts = dict(
            self.env["helpcrunch.chat"]
            .sudo()
            ._read_group([("partner_id", "in", self.ids)], ["partner_id"], ["__count"]),
        )
        for partner in self:
            partner.helpcrunch_chat_count = counts.get(partner, 0)

    def action_view_helpcrunch_chats(self):
        """Open the dialogues of this contact, of all channels."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_chat_action"
        )
        action["domain"] = [("partner_id", "=", self.id)]
        action["context"] = {}
        return action

    # === WHAT A CHAT MAY ASK FOR === #

    def _helpcrunch_is_askable(self, name):
        """Tell whether a chat may ask for, or tell, a field of the contact."""
        field = self._fields.get(name)
        if not field or not field.store:
            return False
        if name in ASKABLE_FIELDS:
            return True
        return field.manual and (
            field.type in ASKABLE_TYPES or field.comodel_name in ASKABLE_RELATIONS
        )

    def _helpcrunch_tell(self, name):
        """Return the value of a field as a text for people."""
        field, value = self._fields[name], self[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.type == "many2one":
            return value.display_name or ""
        return str(value) if value or field.type in ("integer", "float") else ""

    def _helpcrunch_convert(self, name, text, customer):
        """Return the value of a field that a customer's text means.

        :param str name: an askable field
        :param str text: what the customer wrote
        :param customer: the ``helpcrunch.customer``, for the region of phones
        :return: the value to write, or None if the text will not do
        """
        text = text.strip()
        field = self._fields[name]
        if not text or len(text) > ANSWER_LIMIT or _has_control(text, field.type):
            return None
        if name in ("email", "phone", "lang"):
            return getattr(self, f"_helpcrunch_convert_{name}")(text, customer)
        kind = field.comodel_name or field.type
        converter = getattr(self, f"_helpcrunch_convert_{kind.replace('.', '_')}", None)
        return converter(text, field) if converter else text

    def _helpcrunch_convert_email(self, text, customer):
        email = email_normalize(text)
        # Odoo takes "a@b" for a local mailbox; a customer's address has a domain.
        return email if email and "." in email.rpartition("@")[2] else None

    def _helpcrunch_convert_phone(self, text, customer):
        """Return the number in international form (phonenumbers, in Odoo's dress).

        A local number belongs to the country of the contact, else of the customer, else
        of the company.
        """
        country = self.country_id
        if not country and customer.country_code:
            country = country.search(
                [("code", "=", customer.country_code.upper())], limit=1
            )
        country = country or customer.company_id.country_id
        return (
            self._phone_format(
                number=text, country=country, force_format="INTERNATIONAL"
            )
            or None
        )

    def _helpcrunch_convert_lang(self, text, customer):
        wanted = matching.normalize(text)
        for lang in self.env["res.lang"].search([("active", "=", True)]):
            names = {lang.name, lang.code, lang.iso_code, *lang.name.split(" / ")}
            if wanted in {matching.normalize(name) for name in names if name}:
                return lang.code
        return None

    def _helpcrunch_convert_integer(self, text, field):
        number = self._helpcrunch_convert_float(text, field)
        if number is None or number != int(number) or abs(number) > _INTEGER_MAX:
            return None
        return int(number)

    def _helpcrunch_convert_float(self, text, field):
        """Return a number; a single comma or point is read as the language does."""
        compact = re.sub(r"[\s'’]", "", text)
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        decimal = lang.decimal_point or "."
        other = "." if decimal == "," else ","
        if decimal in compact and other in compact:
            decimal = max(decimal, other, key=compact.rfind)
        elif other in compact and not re.fullmatch(
            rf"[+-]?\d{{1,3}}(\{other}\d{{3}})+", compact
        ):
            decimal = other
        other = "." if decimal == "," else ","
        compact = compact.replace(other, "").replace(decimal, ".")
        if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,10})?", compact):
            return None
        return float(compact)

    def _helpcrunch_convert_date(self, text, field):
        """Return a date in the order of the language, ISO, or with dots."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        parts = _DATE_PARTS.findall(text)
        if len(parts) != 3 or re.search(r"[^\W\d_]", text):
            return None
        if len(parts[0]) == 4:
            order = "ymd"
        elif "." in text:
            order = "dmy"
        else:
            order = "".join(
                letter.lower()
                for letter in re.findall(r"%([dmYy])", lang.date_format or "%d.%m.%Y")
            )
        numbers = dict(zip(order, map(int, parts), strict=False))
        if set(numbers) != set("ymd"):
            return None
        year = numbers["y"]
        if year < 100:
            # As people write birthdays: 85 is 1985, 05 is 2005.
            year += 2000 if year <= datetime.now().year % 100 else 1900
        try:
            value = date(year, numbers["m"], numbers["d"])
        except ValueError:
            return None
        return value if 1900 <= value.year <= 2199 else None

    def _helpcrunch_convert_boolean(self, text, field):
        word = matching.normalize(text)
        if word in (*_YES, matching.normalize(self.env._("yes"))):
            return True
        if word in (*_NO, matching.normalize(self.env._("no"))):
            return False
        return None

    def _helpcrunch_convert_selection(self, text, field):
        wanted = matching.normalize(text)
        for value, label in field._description_selection(self.env):
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

        Names are compared in every installed language, as people type them.
        """
        wanted = matching.normalize(text)
        found = set()
        records = self.env[model].search(list(domain))
        for code, _name in self.env["res.lang"].get_installed():
            found |= {
                record.id
                for record in records.with_context(lang=code)
                if wanted
                in (matching.normalize(record.name), matching.normalize(record.code))
            }
        return found.pop() if len(found) == 1 else None


def _has_control(text, kind):
    allowed = "\n\r\t" if kind == "text" else ""
    return any(
        unicodedata.category(char) == "Cc" and char not in allowed for char in text
    )

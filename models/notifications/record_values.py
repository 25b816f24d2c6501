"""What ``{{ record.<field> }}`` becomes: a value as Odoo shows it, as plain text."""

from odoo.tools import (
    format_amount,
    format_date,
    format_time,
    formatLang,
    html2plaintext,
)

TELLABLE_TYPES = (
    "char",
    "text",
    "html",
    "integer",
    "float",
    "monetary",
    "boolean",
    "date",
    "datetime",
    "selection",
    "many2one",
    "many2many",
)


def tell(record, name):
    """Return the value of a field in the language and on the clock of the context.

    :param record: one record, whoever may read it
    :param str name: of a field of one of :data:`TELLABLE_TYPES`
    """
    field = record._fields[name]
    teller = _TELLERS.get(field.type)
    value = record[name]
    return teller(record, field, value) if teller else str(value or "")


def _tell_date(record, field, value):
    return format_date(record.env, value) if value else ""


def _tell_datetime(record, field, value):
    if not value:
        return ""
    zone = record.env.context.get("tz")
    local = record._fields[field.name].context_timestamp(record, value)
    time = format_time(record.env, value, tz=zone, time_format="short")
    return f"{format_date(record.env, local.date())} {time}"


def _tell_selection(record, field, value):
    return dict(field._description_selection(record.env)).get(value) or ""


def _tell_boolean(record, field, value):
    return record.env._("yes") if value else record.env._("no")


def _tell_records(record, field, value):
    return ", ".join(value.mapped("display_name"))


def _tell_integer(record, field, value):
    return formatLang(record.env, value, digits=0)


def _tell_float(record, field, value):
    digits = field.get_digits(record.env)
    return formatLang(record.env, value, digits=digits[1] if digits else 2)


def _tell_money(record, field, value):
    currency = record[field.get_currency_field(record)]
    if not currency:
        return formatLang(record.env, value)
    return format_amount(record.env, value, currency)


def _tell_html(record, field, value):
    return html2plaintext(value or "")


_TELLERS = {
    "date": _tell_date,
    "datetime": _tell_datetime,
    "selection": _tell_selection,
    "boolean": _tell_boolean,
    "many2one": _tell_records,
    "many2many": _tell_records,
    "integer": _tell_integer,
    "float": _tell_float,
    "monetary": _tell_money,
    "html": _tell_html,
}

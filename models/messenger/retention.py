"""How long what was said is kept, and forgetting it in batches."""

from odoo import fields
from odoo.tools import SQL

_BATCH = 10000


def get_days(env, name, default):
    """Return the days of a system parameter; 0 = for ever.

    :return: ``default`` for a parameter that is missing or no number
    """
    # sudo: ir.config_parameter - read for webhooks and the vacuum, which have no user
    value = env["ir.config_parameter"].sudo().get_param(f"helpcrunch_chatbot.{name}")
    try:
        # Odoo's False for a missing parameter is no number either.
        return max(int(value or ""), 0)
    except (TypeError, ValueError):
        return default


def get_limit(days):
    """Return the moment before which everything is older than so many days."""
    return fields.Datetime.subtract(fields.Datetime.now(), days=days)


def delete_old(env, table, column, days, condition):
    """Delete one batch of rows that are older than so many days, as a vacuum does.

    :param str condition: what else must be true of a row, in SQL
    :return: ``(deleted, are there more)``, for ``@api.autovacuum``
    """
    if not days:
        return 0, False
    env.cr.execute(
        SQL(
            """
            DELETE FROM %(table)s WHERE id IN (
                SELECT id FROM %(table)s
                 WHERE %(column)s < %(before)s AND %(condition)s LIMIT %(batch)s)
            """,
            table=SQL.identifier(table),
            column=SQL.identifier(column),
            before=get_limit(days),
            condition=SQL(condition),
            batch=_BATCH,
        ),
    )
    return env.cr.rowcount, env.cr.rowcount == _BATCH

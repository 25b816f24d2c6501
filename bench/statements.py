"""What PostgreSQL does for one turn: statements, transactions, planning, execution.

Counted by the database itself (``pg_stat_statements``), from the webhook to the reply
at HelpCrunch, the transactions of Odoo's own request included.
"""

from collections import namedtuple

import psycopg2

TURNS = 100
# What is no statement of a turn's: it only begins and ends a transaction, or gives a
# connection back to Odoo's pool.
_FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "DISCARD")
Statement = namedtuple("Statement", "text calls planning execution")


def measure(bench, say_once):
    """Add a row with what one turn costs the database; tell the dearest statements.

    :param bench: a :class:`run.Bench`
    :param say_once: lets the customer say a text, and waits for the reply
    """
    odoo = bench.odoo
    try:
        odoo.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        odoo.sql("SELECT pg_stat_statements_reset()")
    except psycopg2.Error as error:
        bench.say(f"statements are not counted: {str(error).strip()}")
        return
    for name in ("track_planning", "track_utility"):
        odoo.sql(f"ALTER SYSTEM SET pg_stat_statements.{name} = on")
    odoo.sql("SELECT pg_reload_conf()")
    try:
        for turn in range(5):
            say_once(turn)
        odoo.sql("SELECT pg_stat_statements_reset()")
        for turn in range(5, 5 + TURNS):
            say_once(turn)
        bench.settle()
        statements = _read(odoo)
    finally:
        for name in ("track_planning", "track_utility"):
            odoo.sql(f"ALTER SYSTEM RESET pg_stat_statements.{name}")
        odoo.sql("SELECT pg_reload_conf()")
    _tell(bench, statements)


def _read(odoo):
    rows = odoo.rows(
        """
        SELECT query, calls, total_plan_time, total_exec_time
          FROM pg_stat_statements statement
          JOIN pg_database base ON base.oid = statement.dbid
         WHERE base.datname = current_database()
        """
    )
    return [Statement(*row) for row in rows if "pg_stat" not in row[0]]


def _is_frame(statement):
    return statement.text.lstrip().upper().startswith(_FRAMES)


def _tell(bench, statements):
    own = [row for row in statements if not _is_frame(row)]
    begun = sum(row.calls for row in statements if row.text.startswith("BEGIN"))
    discarded = sum(row.calls for row in statements if row.text.startswith("DISCARD"))
    note = (
        f"{sum(row.calls for row in own) / TURNS:.1f} statements,"
        f" {begun / TURNS:.1f} transactions, {discarded / TURNS:.1f} DISCARD ALL;"
        f" planning {sum(row.planning for row in statements) / TURNS:.1f} ms,"
        f" execution {sum(row.execution for row in statements) / TURNS:.1f} ms"
    )
    bench.rows.append(("one turn in PostgreSQL", None, None, 0, note))
    bench.say(note)
    for row in sorted(own, key=lambda row: -row.planning - row.execution)[:40]:
        text = " ".join(row.text.split())
        bench.say(
            f"  {row.calls / TURNS:4.1f} x, planning {row.planning / TURNS:5.2f} ms,"
            f" execution {row.execution / TURNS:5.2f} ms: {text[:90]}"
        )

"""What must hold before the models of this version are loaded."""

from odoo.tools import sql

# (table, column, its name from now on)
_RENAMED = (
    ("helpcrunch_step", "state", "schedule_state"),
    ("helpcrunch_step_alias", "code", "scope_step_id"),
)


def migrate(cr, version):
    for table, former, name in _RENAMED:
        if sql.column_exists(cr, table, former):
            sql.rename_column(cr, table, former, name)
    # Odoo makes an index by the new name.
    cr.execute("DROP INDEX IF EXISTS helpcrunch_step_alias__code_index")

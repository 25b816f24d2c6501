import psycopg2

from odoo import api, models
from odoo.tools import SQL, mute_logger


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Odoo's merge of contacts, taught our tables and taught to lose nothing.

    Whoever merges by hand gets the first; our own merges ask for the second too.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        # sudo: helpcrunch.duplicate, helpcrunch.chat - whoever merges may not see them
        self.env["helpcrunch.duplicate"].sudo()._follow_merge(src_partners, dst_partner)
        chats_sudo = (
            self.env["helpcrunch.chat"]
            .sudo()
            .search([("partner_id", "in", (src_partners | dst_partner).ids)])
        )
        result = super()._update_foreign_keys(src_partners, dst_partner)
        # Turns found these dialogues locked and rely on us to look again.
        self.env["helpcrunch.event"]._wake(chats_sudo.ids)
        return result

    # === LOSING NOTHING === #

    @api.model
    def _helpcrunch_keep_rows(self, src, dst):
        """Bring to the survivor what Odoo's merge would delete or forget.

        Odoo deletes all rows of the merged contact in a table where one of them has a
        twin, fails on unique indexes that are no constraints, and passes by archived
        activities and what refers to a contact by model and id.
        """
        self.env.flush_all()
        for table, column in self._get_fk_on("res_partner"):
            if self._helpcrunch_may_clash(table, column):
                self._helpcrunch_move_rows(table, column, src.id, dst.id)
        self.env.invalidate_all()
        for model in self.env.values():
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                if field.type == "many2one_reference" and field.store:
                    self._helpcrunch_move_references(model, field, src, dst)

    def _helpcrunch_may_clash(self, table, column):
        """Tell whether a row with another contact might not be allowed in a table.

        Tables of pairs have no id; Odoo treats them row by row itself.
        """
        self.env.cr.execute(
            SQL(
                r"""
                SELECT EXISTS (SELECT FROM pg_attribute
                                WHERE attrelid = rel.oid AND attname = 'id')
                       AND (EXISTS (SELECT FROM pg_constraint con
                                      JOIN pg_attribute att
                                        ON att.attrelid = con.conrelid
                                       AND att.attnum = ANY(con.conkey)
                                     WHERE con.conrelid = rel.oid
                                       AND con.contype IN ('c', 'u', 'x')
                                       AND att.attname = %(column)s)
                            OR EXISTS (SELECT FROM pg_index idx
                                        WHERE idx.indrelid = rel.oid
                                          AND idx.indisunique
                                          AND NOT idx.indisprimary
                                          AND pg_get_indexdef(idx.indexrelid)
                                              ~ (%(word)s)))
                  FROM pg_class rel
                 WHERE rel.relname = %(table)s
                   AND rel.relnamespace = current_schema::regnamespace
                """,
                table=table,
                column=column,
                word=rf"\m{column}\M",
            ),
        )
        return self.env.cr.fetchone()[0]

    def _helpcrunch_move_rows(self, table, column, src_id, dst_id):
        names = {"table": SQL.identifier(table), "column": SQL.identifier(column)}
        query = "SELECT id FROM %(table)s WHERE %(column)s = %(src)s"
        self.env.cr.execute(SQL(query, **names, src=src_id))
        ids = [row[0] for row in self.env.cr.fetchall()]

        def move(ids):
            query = "UPDATE %(table)s SET %(column)s = %(dst)s WHERE id IN %(ids)s"
            self.env.cr.execute(SQL(query, **names, dst=dst_id, ids=tuple(ids)))

        def drop(ids):
            query = "DELETE FROM %(table)s WHERE id IN %(ids)s"
            self.env.cr.execute(SQL(query, **names, ids=tuple(ids)))

        self._helpcrunch_one_by_one(ids, move, drop)

    def _helpcrunch_move_references(self, model, field, src, dst):
        """Bring rows over that refer to a contact by its model and id."""
        if model._name in ("ir.attachment", "ir.model.data", "mail.message"):
            # Odoo's merge misses none of these.
            return
        # sudo: every model - its rows follow the contact whoever merges
        model_sudo = model.sudo().with_context(active_test=False)
        rows = model_sudo.search(
            [(field.model_field, "=", src._name), (field.name, "=", src.id)]
        )

        def move(ids):
            model_sudo.browse(ids).write({field.name: dst.id})
            self.env.flush_all()

        self._helpcrunch_one_by_one(
            rows.ids, move, lambda ids: model_sudo.browse(ids).unlink()
        )

    def _helpcrunch_one_by_one(self, ids, move, drop):
        """Move all rows, or if one stands in the way each by itself.

        A row that cannot be moved says what a row of the survivor says already.
        """
        if not ids:
            return
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                move(ids)
        except psycopg2.IntegrityError:
            self.env.invalidate_all(flush=False)
            for row_id in ids:
                try:
                    with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                        move([row_id])
                except psycopg2.IntegrityError:
                    self.env.invalidate_all(flush=False)
                    drop([row_id])

from psycopg2.errors import CheckViolation, ExclusionViolation, UniqueViolation

from odoo import api, models
from odoo.tools import SQL, mute_logger

from ..tools import marks

_NOT_ALLOWED = (UniqueViolation, ExclusionViolation, CheckViolation)


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Odoo's merge of contacts, taught our tables and taught to lose nothing.

    Whoever merges by hand gets the first; our own merges ask for the second too.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        # sudo: helpcrunch.duplicate, helpcrunch.chat - whoever merges may not see them
        self.env["helpcrunch.duplicate"].sudo()._follow_merge(src_partners, dst_partner)
        # sudo: helpcrunch.broadcast.recipient - whoever merges may not see them
        self.env["helpcrunch.broadcast.recipient"].sudo()._follow_merge(
            src_partners, dst_partner
        )
        chats_sudo = (
            self.env["helpcrunch.chat"]
            .sudo()
            .search([("partner_id", "in", (src_partners | dst_partner).ids)])
        )
        partners = src_partners | dst_partner
        # Odoo fills in what the survivor lacks.
        lang = dst_partner.lang or next(
            filter(None, src_partners.mapped("lang")), False
        )
        partners._find_helpcrunch_customers()._keep_language(lang)
        if self.env.context.get("helpcrunch_keep_rows") is marks.KEEP_ROWS:
            # After the bank accounts, which Odoo merges first, and after our list.
            self._helpcrunch_keep_rows(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        # Who said in a chat to want no broadcasts means all channels of the person.
        customers_sudo = dst_partner._find_helpcrunch_customers()
        if customers_sudo._refuse_broadcasts():
            customers_sudo.opt_out = True
        # Turns found these dialogues locked and rely on us to look again.
        self.env["helpcrunch.event"]._process_soon(chats_sudo.ids)
        return result

    # === LOSING NOTHING === #

    @api.model
    def _helpcrunch_keep_rows(self, src, dst):
        """Bring to the survivor what Odoo's merge would delete or forget.

        Odoo deletes all rows of the merged contact in a table where one of them has a
        twin, fails on unique indexes that are no constraints, and passes by archived
        records that refer to a contact by model and id, and by properties.
        """
        self.env.flush_all()
        for table, column in self._get_fk_on("res_partner"):
            if self._helpcrunch_may_clash(table, column):
                self._helpcrunch_move_rows(table, column, src.id, dst.id)
        self.env.invalidate_all()
        movers = {
            "many2one_reference": self._helpcrunch_move_references,
            "reference": self._helpcrunch_move_references,
            "properties": self._helpcrunch_move_properties,
        }
        for model in self.env.values():
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                if field.store and field.type in movers:
                    movers[field.type](model, field, src, dst)
        self._helpcrunch_unite_properties(src, dst)

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
        """Bring rows over that refer to a contact by its model and id, archived too."""
        if model._name in ("ir.attachment", "ir.model.data", "mail.message"):
            # Odoo's merge misses none of these.
            return
        # sudo: every model - its rows follow the contact whoever merges
        model_sudo = model.sudo().with_context(active_test=False)
        if field.type == "reference":
            domain = [(field.name, "=", f"{src._name},{src.id}")]
            value = f"{dst._name},{dst.id}"
        else:
            domain = [(field.name, "=", src.id)]
            value = dst.id
            if model._fields[field.model_field].store:
                domain.append((field.model_field, "=", src._name))
        rows = model_sudo.search(domain)
        if field.type == "many2one_reference":
            # The model may be in no column: an automation rule's is computed.
            rows = rows.filtered(lambda row: row[field.model_field] == src._name)

        def move(ids):
            model_sudo.browse(ids).write({field.name: value})
            self.env.flush_all()

        self._helpcrunch_one_by_one(
            rows.ids, move, lambda ids: model_sudo.browse(ids).unlink()
        )

    def _helpcrunch_move_properties(self, model, field, src, dst):
        """Rewrite contacts in the values of properties, which are plain JSON."""
        definitions = self.env[model._fields[field.definition_record].comodel_name]
        # sudo: the records that define properties - of every company
        definitions_sudo = definitions.sudo().with_context(active_test=False)
        names = {
            line["name"]
            for record in definitions_sudo.search(
                [(field.definition_record_field, "!=", False)]
            )
            for line in record[field.definition_record_field] or ()
            if line.get("comodel") == src._name
        }
        for name in names:
            # One contact is a number there, several are a list of numbers.
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE %(table)s row
                       SET %(field)s = jsonb_set(%(field)s, ARRAY[%(name)s],
                               CASE jsonb_typeof(%(field)s -> %(name)s)
                               WHEN 'array' THEN (
                                   SELECT jsonb_agg(DISTINCT CASE
                                              WHEN part.value = to_jsonb(%(src)s)
                                              THEN to_jsonb(%(dst)s)
                                              ELSE part.value END)
                                     FROM jsonb_array_elements(
                                              %(field)s -> %(name)s) part)
                               ELSE to_jsonb(%(dst)s) END)
                     WHERE %(field)s -> %(name)s @> to_jsonb(%(src)s)
                    """,
                    table=SQL.identifier(model._table),
                    field=SQL.identifier(field.name),
                    name=name,
                    src=src.id,
                    dst=dst.id,
                ),
            )
        model.invalidate_model([field.name])

    def _helpcrunch_unite_properties(self, src, dst):
        """Fill in the survivor's empty properties, as Odoo does with other fields.

        In SQL: what the ORM reads of properties is for people, not for writing back.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_partner dst
                   SET properties = src.properties || COALESCE(
                           (SELECT jsonb_object_agg(key, value)
                              FROM jsonb_each(dst.properties)
                             WHERE value NOT IN ('null', 'false', '""', '[]')), '{}')
                  FROM res_partner src
                 WHERE dst.id = %s AND src.id = %s
                   AND jsonb_typeof(src.properties) = 'object'
                """,
                dst.id,
                src.id,
            ),
        )
        dst.invalidate_recordset(["properties"])

    def _helpcrunch_one_by_one(self, ids, move, drop):
        """Move all rows, or if one may not be moved each by itself.

        A row that has a twin says what a row of the survivor says already, and one that
        would point at itself says nothing any more: they are dropped.
        """
        if not ids:
            return
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                move(ids)
        except _NOT_ALLOWED:
            self.env.invalidate_all(flush=False)
            for row_id in ids:
                try:
                    with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                        move([row_id])
                except _NOT_ALLOWED:
                    self.env.invalidate_all(flush=False)
                    drop([row_id])

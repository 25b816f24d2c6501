"""Looking up who else has a number, and merging, outside of any customer's turn."""

from functools import partial

from psycopg2.errors import SerializationFailure

from odoo import models
from odoo.tools import SQL

from ...tools import marks
from .helpcrunch_duplicate import by_age

# Who holds a contact longer than this is no turn, and the customers of the dialogues
# that are locked meanwhile must not wait for it.
_LOCK_TIMEOUT = "2s"
# So many contacts behind one number are looked at.
_MAX_TWINS = 50
_KINDS = {"phone": "phone_sanitized", "email": "email_normalized"}


class HelpcrunchDuplicate(models.Model):
    _inherit = "helpcrunch.duplicate"

    def _settle(self):
        """Look up and merge what one answer asked for, or put it on the list.

        Runs in a READ COMMITTED transaction: every statement after a lock sees what
        the lock's former holder committed (architecture 5). The order of locks is
        everybody's: number, dialogues, customers, contacts.
        """
        self.ensure_one()
        row = self.try_lock_for_update()
        if not row or row.state != "queued":
            # Somebody else is at it, or was.
            return
        # Notes on contacts are for the company's people, not for the customer.
        row = row.with_company(row.company_id).with_context(
            lang=row.chat_id._for_staff().env.lang
        )
        row.chat_id._lock_names(f"{row.kind}:{row.company_id.id}:{row.value}")
        pair = row._find_pair()
        if not pair:
            row.unlink()
            return
        reason = row._find_reason(*pair)
        if not reason:
            row._lock_contacts(pair[0] | pair[1])
            if row._find_pair() != pair:
                raise SerializationFailure("the contacts changed before the lock")
            reason = row._find_reason(*pair)
        if reason:
            row._put_on_list(*pair, reason)
        else:
            # Typed by anybody: from now on the contact's name is not theirs to change.
            row.chat_id.customer_id.merged_by_phone = True
            row._merge(*pair)

    # === WHO === #

    def _find_pair(self):
        """Return ``(newer, older)`` of the dialogue's contact and its oldest twin.

        None if nobody else has the number, or the contact itself has it no more.
        """
        name = _KINDS[self.kind]
        partner = self.chat_id.partner_id
        if not partner.active or partner[name] != self.value:
            return None
        dismissed = self.search(
            [
                ("state", "=", "dismissed"),
                "|",
                ("partner_id", "=", partner.id),
                ("older_partner_id", "=", partner.id),
            ],
        )
        excluded = partner | dismissed.partner_id | dismissed.older_partner_id
        twins = partner.search(
            [
                (name, "=", self.value),
                ("id", "not in", excluded.ids),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            order="create_date NULLS FIRST, id",
            limit=_MAX_TWINS,
        )
        if not twins:
            return None
        # Behind one switchboard are many people; the one with the same extension first.
        twin = next(filter(partial(self._is_same_line, partner), twins), twins[0])
        older, newer = (partner | twin).sorted(by_age)
        return newer, older

    def _is_same_line(self, partner, other):
        return self.kind != "phone" or (
            partner._helpcrunch_extension() == other._helpcrunch_extension()
        )

    def _find_contacts(self):
        """Return all contacts with the number or address, whoever they are."""
        partners = self.env["res.partner"]
        for row in self:
            partners |= partners.search([(_KINDS[row.kind], "=", row.value)])
        return partners

    def _find_reason(self, newer, older):
        """Return why these two are not merged without a person's word, or None."""
        pair = newer | older
        if pair.with_context(active_test=False).user_ids:
            return "user"
        if not self._may_share_company(newer, older):
            return "company"
        if self._are_family(newer, older):
            return "family"
        if len({(who.is_company, who.type == "contact") for who in pair}) > 1:
            return "kind"
        if len(set(filter(None, pair.mapped("email_normalized")))) > 1:
            return "emails"
        if not self._is_same_line(newer, older):
            return "extension"
        if self.kind == "email":
            # Anybody can type an address, and nobody confirms it.
            return "email"
        if not self.chat_id.account_id.trust_typed_phone:
            return "untrusted"
        return None

    def _may_share_company(self, newer, older):
        """Tell whether nobody loses sight of a contact, of Odoo's companies.

        A contact of one company may become part of a shared one, not the other way.
        """
        if newer.company_id not in (self.company_id.browse(), self.company_id):
            return False
        return not older.company_id or older.company_id == newer.company_id

    def _are_family(self, newer, older):
        """Tell whether a merge would change who belongs to which company.

        One is above the other, both are of one firm, or the newer one would take its
        firm, and with it the firm's tax number, to the older one.
        """
        if newer.commercial_partner_id == older.commercial_partner_id:
            return True
        if newer.parent_id and newer.parent_id != older.parent_id:
            return True
        return bool(self._find_descendant(newer, older))

    def _find_descendant(self, newer, older):
        """Return the one of the two that stands somewhere below the other."""
        partner = newer.with_context(active_test=False)
        for above, below in ((newer, older), (older, newer)):
            if partner.search_count(
                [("id", "=", below.id), ("id", "child_of", above.id)], limit=1
            ):
                return below
        return partner.browse()

    # === LOCKS === #

    def _lock_contacts(self, partners):
        """Keep turns, and whoever wants to refer to these contacts, waiting.

        The dialogues are written, not only locked: a turn that saw them from before
        clashes and looks again.
        """
        self.env.flush_all()
        ids = tuple(partners.ids)
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", _LOCK_TIMEOUT))
        self.env.cr.execute(
            SQL(
                """
                WITH mine AS (
                    SELECT id FROM helpcrunch_chat
                     WHERE partner_id IN %s
                        OR customer_id IN (SELECT id FROM helpcrunch_customer
                                            WHERE partner_id IN %s)
                  ORDER BY id FOR NO KEY UPDATE)
                UPDATE helpcrunch_chat chat SET partner_id = partner_id
                  FROM mine WHERE chat.id = mine.id RETURNING chat.id
                """,
                ids,
                ids,
            ),
            log_exceptions=False,
        )
        # Turns found them locked and rely on us to look again, whatever comes of this.
        chat_ids = [row[0] for row in self.env.cr.fetchall()]
        self.env["helpcrunch.event"]._process_soon(chat_ids)
        # sudo: helpcrunch.customer - those of messengers of other companies too
        customers_sudo = (
            self.env["helpcrunch.customer"]
            .sudo()
            .with_context(active_test=False)
            .search([("partner_id", "in", partners.ids)])
        )
        if customers_sudo:
            customers_sudo._lock()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM res_partner WHERE id IN %s ORDER BY id FOR UPDATE", ids
            ),
            log_exceptions=False,
        )
        self.env.invalidate_all()

    # === MERGING === #

    def _merge(self, newer, older):
        """Merge two locked contacts with Odoo's own wizard; the older one stays.

        In the manual's order: the found contact gets the number in normal form, and
        what else the customer answered in this dialogue; then the new contact becomes
        part of it. Odoo keeps the older one's values, tags and records of both.
        """
        chat = self.chat_id
        if chat.partner_id == newer:
            chat._repeat_answers(older)
        older._helpcrunch_note_lost_values(newer)
        # sudo: res.partner - access was checked by whoever pressed the button
        newer_sudo = newer.sudo()
        if not older.company_id:
            # Empty means "of all companies"; Odoo's merge would fill it in. In SQL, as
            # the newer one's children keep their company.
            self.env.cr.execute(
                SQL("UPDATE res_partner SET company_id = NULL WHERE id = %s", newer.id)
            )
            newer.invalidate_recordset(["company_id"])
        below = self._find_descendant(newer_sudo, older)
        if below:
            # Odoo merges nobody with a parent.
            below.sudo().parent_id = False
        # sudo: base.partner.merge.automatic.wizard - rows of every model are re-pointed
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        wizard = wizard.with_context(helpcrunch_keep_rows=marks.KEEP_ROWS)
        children_sudo = newer_sudo.with_context(active_test=False).child_ids
        wizard._merge([newer.id, older.id], older.sudo(), extra_checks=False)
        # Odoo points them at their new parent in SQL and computes nothing anew.
        children_sudo.modified(["parent_id"])
        # sudo: helpcrunch.duplicate - the pair's row is no more needed; managers may
        # only decide
        self.sudo().exists().unlink()
        if chat.exists():
            chat._store_own_event("contact.merged")

from datetime import datetime

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...const import CRON_BATCH, DUPLICATE_RETRY_DELAYS
from ...jobs import contacts
from ...tools import retry

_MERGED = ("country_id", "lang", "user_id")
# Lists of both, and what a merge just adds up.
_UNITED = ("category_id",)
_FACTS = ("create_date", "user_ids", "opportunity_count", "helpcrunch_chat_count")


def by_age(partner):
    """Return what contacts are sorted by, oldest first; an unknown age is the oldest.

    The id decides between contacts of one moment, such as those of one import.
    """
    return partner.create_date or datetime.min, partner.id


# What speaks for or against one person.
_COMPARED = (
    *("name", "company_type", "parent_id", "phone", "email", "function"),
    *("street", "city"),
)


class HelpcrunchDuplicate(models.Model):
    """Two contacts that may be one person.

    A customer's answer queues a row: "look who else has this number". The look-up and
    the merge run outside of the customer's turn (``helpcrunch_duplicate_merge.py``).
    What is not safe to merge waits here for an administrator; what the administrator
    calls "not the same" stays, so that nobody asks again.
    """

    _name = "helpcrunch.duplicate"
    _description = "HelpCrunch Possible Duplicate"
    _order = "id desc"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade", readonly=True
    )
    chat_id = fields.Many2one(
        "helpcrunch.chat",
        "Dialogue",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Where the customer gave the number or the e-mail.",
    )
    kind = fields.Selection(
        [("phone", "Phone"), ("email", "E-mail"), ("name", "Name")],
        "What Is Equal",
        required=True,
        readonly=True,
    )
    value = fields.Char("Phone or E-mail", required=True, readonly=True)
    older_partner_id = fields.Many2one(
        "res.partner",
        "Older Contact",
        index="btree_not_null",
        ondelete="cascade",
        readonly=True,
        help="Stays after a merge, with its values and everything of the other one.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Newer Contact",
        index="btree_not_null",
        ondelete="cascade",
        readonly=True,
        help="Becomes part of the older one.",
    )
    reason = fields.Selection(
        [
            ("user", "One of them is a user of Odoo"),
            ("company", "They belong to different companies of yours"),
            ("family", "A firm is concerned"),
            ("kind", "A person and a company or address"),
            ("emails", "Two different e-mails"),
            ("extension", "Only one has this extension"),
            ("untrusted", "Typed phones are not trusted"),
            ("email", "Same e-mail"),
            ("answer", "Another value was given in the chat"),
            ("failed", "The merge failed"),
        ],
        "Why It Waits",
        readonly=True,
        help="The gravest reason, if there are several.",
    )
    state = fields.Selection(
        [
            ("queued", "Being looked up"),
            ("open", "To decide"),
            ("dismissed", "Not the same"),
        ],
        required=True,
        default="queued",
        readonly=True,
    )
    tries = fields.Integer(default=0, readonly=True)
    not_before = fields.Datetime(readonly=True)
    error = fields.Text(readonly=True)

    # Younger and older are told apart by their age, so a pair has one order only.
    _pair_once = models.UniqueIndex(
        "(partner_id, older_partner_id)"
        " WHERE partner_id IS NOT NULL AND older_partner_id IS NOT NULL"
    )
    _queued_idx = models.Index("(id) WHERE state = 'queued'")
    _pair_complete = models.Constraint(
        "CHECK(state = 'queued'"
        " OR (partner_id IS NOT NULL AND older_partner_id IS NOT NULL)"
        " OR (reason = 'answer' AND older_partner_id IS NOT NULL))",
        "A possible duplicate names two contacts.",
    )

    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

    @api.depends("partner_id.name", "older_partner_id.name", "value")
    def _compute_display_name(self):
        # sudo: res.partner - one of them may have moved to a company out of sight
        for row in self.sudo():
            names = (row.older_partner_id.name, row.partner_id.name)
            row.display_name = " ≟ ".join(filter(None, names)) or row.value

    # === ACTIONS === #

    def action_merge(self):
        """Merge each pair into its older contact, whatever the list was careful about.

        :raises UserError: if Odoo refuses, in its own words (two users, for example)
        """
        survivors = self.env["res.partner"]
        for row in self:
            # A merge before it in the list may have made it needless.
            if row.exists():
                survivors |= row.older_partner_id
                row._merge_as_decided()
        survivors = survivors.exists()
        if len(survivors) != 1 or self.env.context.get("helpcrunch_stay"):
            return True
        # The pair is gone, so no way leads back to it.
        return survivors._get_records_action(target="main", context={})

    def _merge_as_decided(self):
        """Merge one pair, or write what was given, as a person decided.

        :raise UserError: while somebody else is at one of them
        """
        if self.state == "queued":
            raise UserError(
                self.env._(
                    "“%(value)s” is still being looked up. Try again in a minute.",
                    value=self.value,
                ),
            )
        pair = self.partner_id | self.older_partner_id
        self._check_may_merge(pair)
        # Read now: after a lock that was not to be had nothing can be read.
        names = (self.older_partner_id.display_name, self.partner_id.display_name)
        try:
            self._lock_contacts(pair)
        except LockNotAvailable as error:
            raise UserError(
                self.env._(
                    "Somebody is changing %(names)s just now. Try again soon.",
                    names=" / ".join(names),
                ),
            ) from error
        if self.reason == "answer":
            self._take_answer()
        else:
            self._merge(self.partner_id, self.older_partner_id)

    def _check_may_merge(self, pair):
        """Let nobody change a colleague's contact who could not do so by hand.

        :raise UserError: in words, since the list shows contacts of colleagues too
        """
        self.check_access("read")
        # sudo: res.users - whether there is one, also in other companies
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)
        users_sudo = users_sudo.search([("partner_id", "in", pair.ids)])
        colleagues_sudo = (users_sudo - self.env.user).filtered(
            lambda user: user._is_internal()
        )
        try:
            pair.check_access("write")
            if colleagues_sudo:
                self.env["res.users"].check_access("write")
        except AccessError as error:
            raise UserError(
                self.env._(
                    "You may not merge %(names)s: one of them is a colleague, or in a "
                    "company that is not yours. Ask an administrator of Odoo to do it.",
                    names=self.display_name,
                ),
            ) from error

    def action_dismiss(self):
        """Remember that these contacts are two people."""
        self.check_access("read")
        # sudo: helpcrunch.duplicate - who sees the list decides; nothing else of it is
        # written by people
        self.sudo().filtered(lambda row: row.state == "open").state = "dismissed"
        return True

    def action_decide_again(self):
        self.check_access("read")
        # sudo: helpcrunch.duplicate - as above
        self.sudo().filtered(lambda row: row.state == "dismissed").state = "open"
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _look_for(self, chat, kind, value):
        """Have contacts with the same number or e-mail looked for after this turn.

        :param str kind: ``phone`` or ``email``
        :param str value: E.164, or the normalised address
        """
        if value:
            self.create(
                {
                    "company_id": chat.company_id.id,
                    "chat_id": chat.id,
                    "kind": kind,
                    "value": value,
                },
            )
            self.env["helpcrunch.event"]._submit_after_commit(contacts.merge_contacts)

    @api.model
    def _list_answer(self, chat, name, value):
        """Leave it to a person whether an answer replaces what the contact has.

        :param str name: ``name``, ``email`` or ``phone``
        """
        vals = {
            "older_partner_id": chat.partner_id.id,
            "kind": name,
            "reason": "answer",
        }
        decided = [("state", "=", "dismissed"), ("value", "=", value)]
        same = [(key, "=", item) for key, item in vals.items()]
        if self.search_count([*same, *decided], limit=1):
            return
        vals["state"] = "open"
        listed = self.search([(key, "=", item) for key, item in vals.items()], limit=1)
        if listed:
            listed.write({"value": value, "chat_id": chat.id})
            return
        company_id = chat.company_id.id
        self.create(
            {**vals, "value": value, "chat_id": chat.id, "company_id": company_id}
        )

    def _take_answer(self):
        """Write what was given in the chat to the contact, as a person decided."""
        lang = self.chat_id._for_staff().env.lang
        self.older_partner_id._helpcrunch_write_answer(self.kind, self.value, lang)
        # sudo: helpcrunch.duplicate - the row is no more needed; managers only decide
        self.sudo().unlink()

    @api.model
    def _cron_merge(self):
        """Settle the look-ups that nobody settled: lost wake-ups, retries, restarts."""
        cron, ids = self.env["ir.cron"], self._find_queued()
        cron._commit_progress(remaining=len(ids))
        for row_id in ids:
            contacts.settle_duplicate(self.env.cr.dbname, row_id)
            if not cron._commit_progress(1):
                return

    @api.model
    def _find_queued(self):
        """Return ids of the look-ups that are due, oldest first."""
        due = [
            ("state", "=", "queued"),
            "|",
            ("not_before", "=", False),
            ("not_before", "<=", fields.Datetime.now()),
        ]
        return self.search(due, order="id", limit=CRON_BATCH).ids

    @api.model
    def _get_next_wait(self):
        """Return the seconds until the next look-up that was put off, None if none."""
        put_off = [
            ("state", "=", "queued"),
            ("not_before", ">", fields.Datetime.now()),
        ]
        row = self.search(put_off, order="not_before, id", limit=1)
        wait = row and row.not_before - fields.Datetime.now()
        return max(wait.total_seconds(), 0) if row else None

    def _note_failure(self, error):
        """Put a look-up that failed off, or at last leave the pair to a person.

        :return: seconds until the next try, None if there is none
        """
        # Their dialogues were locked, perhaps, and nobody has looked at them since.
        partners = self._find_contacts()
        self.env["helpcrunch.event"]._process_soon(partners.helpcrunch_chat_ids.ids)
        tries = self.tries + 1
        delay = retry.get_delay(DUPLICATE_RETRY_DELAYS, tries)
        if delay is not None:
            not_before = fields.Datetime.add(fields.Datetime.now(), seconds=delay)
            self.write({"tries": tries, "error": error, "not_before": not_before})
            return delay
        pair = self._find_pair()
        if pair:
            self._put_on_list(*pair, "failed", error)
        else:
            self.unlink()
        return None

    @api.model
    def _follow_merge(self, merged, survivor):
        """Keep the list right when contacts are merged, by us or by hand."""
        rows = self.search(
            [
                # An answer is about one contact, and goes with it by itself.
                ("reason", "!=", "answer"),
                "|",
                ("partner_id", "in", merged.ids),
                ("older_partner_id", "in", merged.ids),
            ],
        )
        for row in rows:
            others = (row.partner_id | row.older_partner_id) - merged - survivor
            pair = (others | survivor).sorted(by_age)
            if len(pair) < 2:
                row.unlink()
                continue
            vals = {"older_partner_id": pair[0].id, "partner_id": pair[1].id}
            twin = self.search([(name, "=", value) for name, value in vals.items()])
            if not twin:
                row.write(vals)
            else:
                # "Not the same" was said of a part of them, so it holds of the whole.
                if row.state == "dismissed":
                    twin.state = "dismissed"
                row.unlink()
            # The next of them may be this one's twin now.
            self.env.flush_all()

    def _put_on_list(self, newer, older, reason, error=False):
        """Leave a pair to an administrator, once."""
        listed = self.search(
            [("partner_id", "=", newer.id), ("older_partner_id", "=", older.id)],
            limit=1,
        )
        if listed and listed != self:
            reasons = self._fields["reason"].get_values(self.env)
            if listed.state == "open" and (
                reasons.index(reason) < reasons.index(listed.reason)
            ):
                listed.write({"reason": reason, "error": error})
            self.unlink()
            return
        self.write(
            {
                "reason": reason,
                "error": error,
                "state": "open",
                "partner_id": newer.id,
                "older_partner_id": older.id,
                "not_before": False,
            },
        )

    # === SIDE BY SIDE === #

    @api.depends("partner_id", "older_partner_id")
    def _compute_comparison(self):
        for row in self:
            if not (row.partner_id | row.older_partner_id).has_access("read"):
                row.comparison = False
                continue
            row.comparison = self.env["ir.qweb"]._render(
                "helpcrunch_chatbot.duplicate_comparison",
                {
                    "older": row.older_partner_id,
                    "newer": row.partner_id,
                    "lines": row._get_comparison(),
                },
            )

    def _get_comparison(self):
        """Return what people compare, as texts: one dict a line.

        :return: ``label``, ``older``, ``newer``, ``after`` (a merge) and ``differs``
        :rtype: list[dict]
        """
        names = (*_COMPARED, *_MERGED, *_UNITED, *_FACTS)
        fields_ = self.older_partner_id._fields
        lines = [
            self._compare(name)
            for name in names
            if self.older_partner_id._has_field_access(fields_[name], "read")
        ]
        return [line for line in lines if line["older"] or line["newer"]]

    def _compare(self, name):
        older, newer = self.older_partner_id, self.partner_id
        return {
            "label": older._fields[name]._description_string(self.env),
            "older": older._helpcrunch_tell(name),
            "newer": newer._helpcrunch_tell(name),
            "after": self._foretell(name),
            "differs": bool(name in _COMPARED and older[name] and newer[name])
            and not older._helpcrunch_equals(newer, name),
        }

    def _foretell(self, name):
        """Return what a merge would make of a field.

        Answers of the dialogue come before the older one's values, those before the
        newer one's.
        """
        older, newer = self.older_partner_id, self.partner_id
        if name in _FACTS:
            return ""
        if name in _UNITED:
            return (older | newer)._helpcrunch_tell(name)
        first = newer if name in self._get_answered_names() else older
        return first._helpcrunch_tell(name) or newer._helpcrunch_tell(name)

    def _get_answered_names(self):
        if self.chat_id.partner_id != self.partner_id:
            return set()
        answers = self.chat_id._get_answers_for(self.older_partner_id)
        return {name for _step, name, _value in answers}

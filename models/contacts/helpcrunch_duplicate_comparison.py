"""Two contacts side by side, and what a merge would make of them."""

from odoo import api, fields, models

# What speaks for or against one person.
_COMPARED = (
    *("name", "company_type", "parent_id", "phone", "email", "function"),
    *("street", "city"),
)
_MERGED = ("country_id", "lang", "user_id")
# Lists of both, and what a merge just adds up.
_UNITED = ("category_id",)
_FACTS = ("create_date", "user_ids", "opportunity_count", "helpcrunch_chat_count")


class HelpcrunchDuplicate(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.duplicate"

    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

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

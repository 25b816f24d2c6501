"""What each role may do with the records of each model: one table to be read."""

from pathlib import Path

from odoo.tests import tagged

from ..common_people import ROLES, PeopleCase

_TABLE = Path(__file__).with_name("rights_table.txt")
_OPERATIONS = {"read": "r", "write": "w", "create": "c", "unlink": "d"}
# Odoo's models on which the app has rules or fields of its own.
_NEIGHBOURS = ("crm.lead", "discuss.channel", "res.partner")


@tagged("post_install", "-at_install")
class TestRightsTable(PeopleCase):
    def test_who_may_do_what(self):
        """Compare with the table; where a right is wanted, change the table too."""
        rows = {}
        for line in _TABLE.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                model, *cells = line.split()
                rows[model] = cells
        models = self.our_models()
        self.assertEqual(sorted(rows), models, "each model has its line")
        found = {
            model: [self.judge(model, self.people[role]) for role in ROLES]
            for model in models
        }
        self.maxDiff = None
        self.assertEqual(_format(found), _format(rows), f"\n{_format(found)}")

    def our_models(self):
        models = [
            name
            for name, model in self.env.registry.items()
            if name.startswith("helpcrunch.") and not model._abstract
        ]
        return sorted([*models, *_NEIGHBOURS])

    def judge(self, model, user):
        """Return what a person may do with the records here, as the table tells it."""
        everything = self.env[model].with_context(active_test=False).search([])
        if model in _NEIGHBOURS:
            everything = self.of_the_app(everything)
        return "".join(
            self.letter(everything.with_user(user), operation, letter)
            for operation, letter in _OPERATIONS.items()
        )

    def of_the_app(self, records):
        if records._name == "res.partner":
            # Not of who is logged in: Odoo shows colleagues to all companies.
            return self.chats().partner_id.filtered(lambda row: not row.user_ids)
        name = "helpcrunch_chat_id"
        return records.filtered(lambda record: record[name])

    def chats(self):
        return self.env["helpcrunch.chat"].search([])

    @staticmethod
    def letter(records, operation, letter):
        if not records.browse().has_access(operation):
            return "."
        if operation == "create" or not records:
            return letter.upper()
        allowed = records._filtered_access(operation)
        if not allowed:
            return "."
        return letter.upper() if allowed == records else letter


def _format(rows):
    return "\n".join(
        f"{model:<36}" + " ".join(f"{cell:<6}" for cell in cells).rstrip()
        for model, cells in sorted(rows.items())
    )

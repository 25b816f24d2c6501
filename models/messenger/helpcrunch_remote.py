from odoo import api, fields, models


class HelpcrunchRemote(models.AbstractModel):
    """Something of HelpCrunch's that has a row here, known by messenger and id."""

    _name = "helpcrunch.remote"
    _inherit = "helpcrunch.guarded"
    _description = "HelpCrunch Remote Record"

    account_id = fields.Many2one(
        "helpcrunch.account", "Messenger", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True
    )
    external_id = fields.Char("HelpCrunch ID", required=True, readonly=True)

    _external_unique = models.Constraint(
        "UNIQUE(account_id, external_id)",
        "What has this number in HelpCrunch is already known to its messenger.",
    )

    # What people may write here; the rest is HelpCrunch's, or the machine's.
    _written_by_people = ()

    @api.model
    def _is_written_by_people(self, field):
        return field.manual or field.name in self._written_by_people

    @api.model
    def _find_remote(self, account, external_id):
        """Return the row of a HelpCrunch id, archived or not; an empty one if none."""
        return self.with_context(active_test=False).search(
            [("account_id", "=", account.id), ("external_id", "=", external_id)],
            limit=1,
        )

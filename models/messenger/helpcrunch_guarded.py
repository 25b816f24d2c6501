from odoo import api, models


class HelpcrunchGuarded(models.AbstractModel):
    """What people may write of a record, and into whose hands they may give it.

    Odoo knows rights on models and groups on fields. What only the machine writes
    (a state, HelpCrunch's number) is told by a model here, so that it is read-only for
    everybody and in every way, and not in our own forms alone.
    """

    _name = "helpcrunch.guarded"
    _description = "HelpCrunch Guarded Record"

    @api.model
    def _is_written_by_people(self, field):
        """Tell whether people may write a field; the machine may always."""
        return True

    @api.model
    def _has_field_access(self, field, operation):
        return super()._has_field_access(field, operation) and (
            operation != "write" or self.env.su or self._is_written_by_people(field)
        )

    def write(self, vals):
        """Let nobody give a record to a company, or into a record, out of sight.

        Odoo asks for the right before a change, and not whether it holds afterwards.
        """
        result = super().write(vals)
        if not self.env.su and any(
            self._fields[name].type == "many2one" for name in vals
        ):
            self.check_access("write")
        return result

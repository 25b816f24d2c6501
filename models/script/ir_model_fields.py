"""A field that a bot needs is not deleted without a word."""

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG


class IrModelFields(models.Model):
    _inherit = "ir.model.fields"

    def unlink(self):
        # Not by `api.ondelete`: Odoo takes the field out of the registry before it asks
        # those, and a refusal would leave the process without the field.
        if not self.env.context.get(MODULE_UNINSTALL_FLAG):
            self._check_no_helpcrunch_step()
        return super().unlink()

    def _check_no_helpcrunch_step(self):
        # sudo: helpcrunch.step - whoever deletes fields need not read bots
        steps_sudo = self.env["helpcrunch.step"].sudo().with_context(active_test=False)
        for field in self:
            users = steps_sudo._find_by_field(field)
            if users:
                raise UserError(
                    self.env._(
                        "Field “%(field)s” cannot be deleted: step “%(step)s” of bot "
                        "“%(bot)s” asks for it or has it in its filter. Change that "
                        "step first.",
                        field=field.field_description,
                        step=users[0].name,
                        bot=users[0].bot_id.name,
                    ),
                )

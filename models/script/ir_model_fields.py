"""The fields of a contact as whoever draws knows them."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG


class IrModelFields(models.Model):
    _inherit = "ir.model.fields"

    helpcrunch_kind = fields.Char(
        "What It Holds", compute="_compute_helpcrunch_kind", compute_sudo=False
    )

    @api.depends_context("lang")
    def _compute_helpcrunch_kind(self):
        kinds = {
            "char": self.env._("Text"),
            "text": self.env._("Text of several lines"),
            "integer": self.env._("Number"),
            "float": self.env._("Number"),
            "monetary": self.env._("Amount"),
            "boolean": self.env._("Yes or no"),
            "date": self.env._("Day"),
            "datetime": self.env._("Day and hour"),
            "selection": self.env._("One of several answers"),
            "many2one": self.env._("A name from a list"),
        }
        for field in self:
            field.helpcrunch_kind = kinds.get(field.ttype, field.ttype)

    @api.depends_context("hide_model", "lang")
    def _compute_display_name(self):
        """Call the name of a person what people call it; Odoo has firms in mind."""
        result = super()._compute_display_name()
        if self.env.context.get("hide_model"):
            for field in self:
                if (field.model, field.name) == ("res.partner", "name"):
                    field.display_name = self._get_name_of_person()
        return result

    @api.model
    def _search_display_name(self, operator, value):
        """Find the name of a person by what it is called."""
        domain = super()._search_display_name(operator, value)
        if (
            self.env.context.get("hide_model")
            and operator in ("ilike", "like", "=ilike", "=")
            and isinstance(value, str)
            and value.lower() in self._get_name_of_person().lower()
        ):
            domain = fields.Domain(domain) | fields.Domain(
                [("model", "=", "res.partner"), ("name", "=", "name")]
            )
        return domain

    @api.model
    def _get_name_of_person(self):
        return self.env._("Name of the person")

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

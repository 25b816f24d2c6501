from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import matching
from ..helpcrunch_step import WAIT
from ..res_partner_answers import ASKABLE_FIELDS, ASKABLE_RELATIONS, ASKABLE_TYPES
from ..res_partner_privacy import ANSWER_CLASS


class HelpcrunchStep(models.Model):
    """Update contact: asks for one field of the contact and stores the answer."""

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("update_contact", "Update contact information")],
        ondelete={"update_contact": "cascade"},
    )
    field_id = fields.Many2one(
        "ir.model.fields",
        "Update Contact Fields",
        index="btree_not_null",
        # An addon may take its fields along; the step stays, for a person to mend.
        ondelete="set null",
        domain=lambda self: self._domain_field_id(),
        help="The field of the contact that the answer is written to.",
    )
    add_category_ids = fields.Many2many(
        "res.partner.category",
        "helpcrunch_step_add_category_rel",
        string="Add Contact Tags",
        help="Put on the contact when the answer is accepted.",
    )
    remove_category_ids = fields.Many2many(
        "res.partner.category",
        "helpcrunch_step_remove_category_rel",
        string="Remove Contact Tags",
        help="Taken off the contact when the answer is accepted.",
    )
    done_message = fields.Text(
        "Message after the Contact Is Updated",
        translate=True,
        help="Said when the answer is accepted.",
    )
    merge_by_phone = fields.Boolean(
        "Merge by Phone",
        help="Merge the customer's contact and the oldest contact that has the same "
        "number: the older one stays, with all dialogues and tags of both. What is not "
        "safe to merge waits under Possible Duplicates.",
    )
    asks_phone = fields.Boolean(compute="_compute_asks_phone")
    trusts_phone = fields.Boolean(related="bot_id.account_id.trust_typed_phone")
    contact_button_label = fields.Char(
        "Label of the Contact Button",
        translate=True,
        help="HelpCrunch cannot show buttons, so the customer types the number. The "
        "label is kept for channels that can.",
    )
    skip_word = fields.Char(
        translate=True,
        help="A customer who types this word skips the question; nothing is stored.",
    )

    @api.depends("field_id")
    def _compute_asks_phone(self):
        # sudo: ir.model.fields - unreadable to ordinary users
        for step in self.sudo():
            step.asks_phone = step.field_id.name == "phone"

    def _domain_field_id(self):
        return [
            ("model", "=", "res.partner"),
            ("store", "=", True),
            "|",
            ("name", "in", list(ASKABLE_FIELDS)),
            "&",
            ("state", "=", "manual"),
            "&",
            ("compute", "in", (False, "")),
            "&",
            ("related", "in", (False, "")),
            "|",
            ("ttype", "in", list(ASKABLE_TYPES)),
            "&",
            ("ttype", "=", "many2one"),
            ("relation", "in", list(ASKABLE_RELATIONS)),
        ]

    def _enter_update_contact(self, chat):
        if not self.field_id:
            raise UserError(self.env._("The field that it asks for was deleted."))
        return WAIT

    @api.model
    def _find_by_field(self, field):
        asking = self.search([("field_id", "=", field.id)])
        return asking | super()._find_by_field(field)

    def _interrupt_update_contact(self, text):
        # A person's answer "Ліди" is data here, "/start" is not (spec 4.1).
        return matching.is_command(text)

    def _receive_update_contact(self, chat, message):
        text = message.strip()
        skip = matching.normalize(self.skip_word or "")
        if skip and matching.normalize(text) == skip:
            chat._trace("skipped")
            return self.next_step_id
        partner = chat._ensure_partner()
        # sudo: ir.model.fields - the engine reads what the administrator chose
        name = self.field_id.sudo().name
        value = partner._helpcrunch_convert(name, text, chat.customer_id)
        if value is None:
            return chat._count_attempt(self)
        self._store_answer(partner, name, value)
        self._look_for_twins(chat, partner, name)
        chat._keep_answer(self, text)
        chat._trace("answer", text=text[:100])
        chat._say(self.done_message, self)
        return self.next_step_id

    def _store_answer(self, partner, name, value):
        """Write the answer; the old value goes to the contact's chatter."""
        # For the company's people, whatever language the customer speaks.
        reader = partner.with_context(lang=self.company_id.partner_id.lang)
        old = reader._helpcrunch_tell(name)
        vals = {}
        current = partner[name]
        if partner._fields[name].relational:
            current = current.id
        if current != value:
            vals[name] = value
        categories = (
            partner.category_id - self.remove_category_ids
        ) | self.add_category_ids
        if categories != partner.category_id:
            vals["category_id"] = [fields.Command.set(categories.ids)]
        # The note says what Odoo's own tracking of some fields would say once more.
        partner.with_context(tracking_disable=True).write(vals)
        if name in vals:
            reader._message_log(
                body=Markup('<p class="%s">%s</p>')
                % (
                    ANSWER_CLASS,
                    reader.env._(
                        "%(field)s given in a chat: %(new)s (before: %(old)s)",
                        field=partner._fields[name]._description_string(reader.env),
                        new=reader._helpcrunch_tell(name),
                        old=old or reader.env._("nothing"),
                    ),
                ),
            )

    def _look_for_twins(self, chat, partner, name):
        """Have contacts with the same number or e-mail looked for, after the turn."""
        duplicate = self.env["helpcrunch.duplicate"]
        if name == "phone" and self.merge_by_phone:
            duplicate._look_for(chat, "phone", partner.phone_sanitized)
        if name == "email":
            duplicate._look_for(chat, "email", partner.email_normalized)

    @api.model
    def _get_checked_fields(self):
        texts = ["invalid_message", "done_message"]
        return [*super()._get_checked_fields(), *texts, "field_id"]

    def _check_update_contact(self):
        # sudo: ir.model.fields - unreadable to ordinary users
        field = self.field_id.sudo()
        if not field:
            return self.env._("choose the field of the contact that it asks for.")
        if field.model != "res.partner" or not self.env[
            "res.partner"
        ]._helpcrunch_may_ask(field.name):
            return self.env._(
                "the field “%(field)s” of the contact cannot be asked for in a chat.",
                field=field.field_description,
            )
        return None


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    def _get_answers_for(self, partner):
        """Return ``(step, field name, value)`` of what was answered here.

        The values are those that the dialogue's contact has now; what somebody emptied
        since is no answer any more. A company keeps its own name and address: only the
        number is written to it.

        :param partner: the contact that is to get them
        """
        person_to_company = partner.is_company and not self.partner_id.is_company
        answers = []
        steps = self.bot_id.with_context(active_test=False).step_ids
        for step in steps.filtered("field_id"):
            # sudo: ir.model.fields - the engine reads what the administrator chose
            name = step.field_id.sudo().name
            if step.code not in (self.variables or {}):
                continue
            if person_to_company and name != "phone":
                continue
            field, value = partner._fields[name], self.partner_id[name]
            # No and zero are answers.
            if value or field.type in ("boolean", "integer", "float"):
                answers.append((step, name, value.id if field.relational else value))
        return answers

    def _repeat_answers(self, partner):
        """Give another contact what was answered here, tags and notes included."""
        for step, name, value in self._get_answers_for(partner):
            step._store_answer(partner, name, value)

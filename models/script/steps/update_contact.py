from odoo import api, fields, models
from odoo.exceptions import UserError

from ....tools import matching
from ...contacts.res_partner import (
    ASKABLE_FIELDS,
    ASKABLE_RELATIONS,
    ASKABLE_TYPES,
)
from ...messenger.reader import for_reader, get_staff_langs
from ..helpcrunch_step import WAIT

# By these a person is known: a phrase that calls an operator is none of them, and a
# stranger who typed somebody's number does not change them.
PROTECTED_FIELDS = ("name", "email", "phone")


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

    @api.onchange("field_id")
    def _onchange_field_id(self):
        """Suggest what to say when a number or an address will not do (spec 11.6)."""
        suggestions = self._get_invalid_suggestions()
        if not self.invalid_message or self.invalid_message in suggestions.values():
            # sudo: ir.model.fields - unreadable to ordinary users
            self.invalid_message = suggestions.get(self.field_id.sudo().name, False)

    @api.model
    def _get_invalid_suggestions(self):
        return {
            "phone": self.env._(
                "That does not look like a phone number. Please write it with its "
                "code, for example +380 44 123 45 67."
            ),
            "email": self.env._(
                "That does not look like an e-mail address. Please write it again."
            ),
        }

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

    def _hears_calls_update_contact(self):
        """A phrase that leads to a person is no name, no number and no address."""
        # sudo: ir.model.fields - the engine reads what the administrator chose
        return self.field_id.sudo().name in PROTECTED_FIELDS

    def _receive_update_contact(self, chat, message):
        text = message.strip()
        skip = matching.normalize(self.skip_word or "")
        if skip and matching.normalize(text) == skip:
            chat._trace("skipped")
            return self.next_step_id
        partner = chat._ensure_partner()
        # sudo: ir.model.fields - the engine reads what the administrator chose
        name = self.field_id.sudo().name
        value = self._read_answer(chat, partner, name, text)
        if value is None:
            return chat._count_attempt(self, self._find_ambiguity(chat, name, text))
        if self._is_protected(chat, partner, name):
            categories = self._get_categories(partner)
            if categories != partner.category_id:
                chat._acting(partner).category_id = categories
            if partner._helpcrunch_differs(name, value):
                self.env["helpcrunch.duplicate"]._list_answer(chat, name, value)
                chat._trace("review", text=str(value)[:100])
        else:
            self._store_answer(chat._acting(partner), name, value)
            self._look_for_twins(chat, partner, name)
        chat._keep_answer(self, text)
        chat._trace("answer", text=text[:100])
        chat._say(self.done_message, self)
        return self.next_step_id

    def _read_answer(self, chat, partner, name, text):
        """Return the value that a text means, or None if it will not do."""
        if name == "name" and chat._get_compiled().is_operator_word(
            matching.normalize(text)
        ):
            # A call for a person, even in a bot that leads to none.
            return None
        if name == "lang":
            # What the customer chooses now counts, whatever was spoken before.
            chat.customer_id.spoken_lang = False
        return partner._helpcrunch_convert(name, text, chat.customer_id)

    def _find_ambiguity(self, chat, name, text):
        """Return a question for an answer that means two things, or None."""
        if name != "phone":
            return None
        partner = chat.partner_id
        phones = partner._helpcrunch_find_phones(text, chat.customer_id)
        if len(phones) < 2:
            return None
        return self.env._(
            "Which number may we write down: %(phones)s? Please write only one.",
            phones=", ".join(phones[:5]),
        )

    def _is_protected(self, chat, partner, name):
        """Tell whether what the contact has may not simply be replaced.

        Whoever typed somebody's number is not yet that person (spec 6.3). A user's
        e-mail is where Odoo sends a new password to: no chat changes it.
        """
        if name == "email" and chat._get_acting_user():
            return True
        return (
            name in PROTECTED_FIELDS
            and chat.customer_id.merged_by_phone
            and bool(partner[name])
        )

    def _store_answer(self, partner, name, value):
        """Write the answer with its tags; the old value goes to the chatter."""
        vals = {}
        # sudo: res.partner - which tags there are now; they are written as the person
        partner_sudo = partner.sudo()
        categories = self._get_categories(partner_sudo)
        if categories != partner_sudo.category_id:
            vals["category_id"] = [fields.Command.set(categories.ids)]
        partner._helpcrunch_write_answer(name, value, self._get_note_lang(), **vals)

    def _get_categories(self, partner):
        return (partner.category_id - self.remove_category_ids) | self.add_category_ids

    def _get_note_lang(self):
        return for_reader(
            self, None, *get_staff_langs(self.bot_id, self.company_id)
        ).env.lang

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

    def _lint_update_contact(self):
        # sudo: ir.model.fields - the name of what the administrator chose
        if self.field_id.sudo().name != "phone":
            return
        if not self.company_id.country_id:
            yield (
                "phone_without_country",
                "warning",
                self.env._(
                    "Company “%(company)s” has no country, so numbers without a "
                    "country code are refused. Set the company's country.",
                    company=self.company_id.name,
                ),
            )
        if not self.invalid_message:
            yield (
                "no_invalid_message",
                "info",
                self.env._(
                    "Who types a number that is none is only asked again. Write what "
                    "such a number should look like."
                ),
            )

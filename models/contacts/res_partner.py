from odoo import api, fields, models


class ResPartner(models.Model):
    """The contact's form: dialogues of all channels, their tags, opt-out.

    What a chat may ask for stands in ``res_partner_answers.py``, what is erased for
    whom in ``res_partner_privacy.py``.
    """

    _inherit = "res.partner"

    # Looked up by every answered phone and every new customer with an e-mail; Odoo
    # indexes neither.
    phone_sanitized = fields.Char(index="btree_not_null")
    email_normalized = fields.Char(index="btree_not_null")

    helpcrunch_customer_ids = fields.One2many(
        "helpcrunch.customer",
        "partner_id",
        "HelpCrunch Customers",
        context={"active_test": False},
        groups="helpcrunch_chatbot.group_operator",
    )
    helpcrunch_chat_ids = fields.One2many(
        "helpcrunch.chat",
        "partner_id",
        "HelpCrunch Dialogues",
        groups="helpcrunch_chatbot.group_operator",
    )
    helpcrunch_chat_count = fields.Integer(
        "Dialogues", compute="_compute_helpcrunch_chat_count"
    )
    helpcrunch_category_ids = fields.Many2many(
        "res.partner.category",
        string="Channel Tags",
        compute="_compute_helpcrunch_category_ids",
        compute_sudo=True,
        groups="helpcrunch_chatbot.group_operator",
        help="Tags of the channels through which this contact has written.",
    )
    helpcrunch_opt_out = fields.Boolean(
        "No Broadcasts",
        compute="_compute_helpcrunch_opt_out",
        compute_sudo=True,
        inverse="_inverse_helpcrunch_opt_out",
        groups="helpcrunch_chatbot.group_operator",
        help="No broadcast reaches this contact, in any channel. The customer says so "
        "with the word for it, you say so here.",
    )
    helpcrunch_duplicate_count = fields.Integer(
        "Possible Duplicates",
        compute="_compute_helpcrunch_duplicate_count",
        groups="helpcrunch_chatbot.group_manager",
    )

    def _compute_helpcrunch_chat_count(self):
        """Count as Odoo counts opportunities: a company has its people's too."""
        self.helpcrunch_chat_count = 0
        if not self.env["helpcrunch.chat"].has_access("read"):
            return
        family = self._fetch_children_partners_for_hierarchy()
        counts = self.env["helpcrunch.chat"]._read_group(
            [("partner_id", "in", family.ids)], ["partner_id"], ["__count"]
        )
        mine = set(self._ids)
        for contact, count in counts:
            partner = contact
            while partner:
                if partner.id in mine:
                    partner.helpcrunch_chat_count += count
                partner = partner.parent_id

    @api.depends("category_id", "helpcrunch_customer_ids.application_id.category_id")
    def _compute_helpcrunch_category_ids(self):
        customers_sudo = self._find_helpcrunch_customers()
        by_partner = customers_sudo.grouped("partner_id")
        for partner in self:
            mine_sudo = by_partner.get(partner._origin, customers_sudo.browse())
            partner.helpcrunch_category_ids = (
                mine_sudo.application_id.category_id & partner.category_id
            )

    @api.depends("helpcrunch_customer_ids.opt_out")
    def _compute_helpcrunch_opt_out(self):
        refusing_sudo = self._find_helpcrunch_customers().filtered("opt_out")
        for partner in self:
            partner.helpcrunch_opt_out = partner._origin in refusing_sudo.partner_id

    def _find_helpcrunch_customers(self):
        """Return all customers of these contacts: archived ones, every company's.

        Searched for, and not read from the contact: what the superuser finds in a list
        everybody would find in the cache then, and could not read.
        """
        # sudo: helpcrunch.customer - one person's wish and tags, wherever they write
        customers_sudo = self.env["helpcrunch.customer"].sudo()
        return customers_sudo.with_context(active_test=False).search(
            [("partner_id", "in", self._origin.ids)]
        )

    def _inverse_helpcrunch_opt_out(self):
        # Whoever may write the contact may keep broadcasts from it, in channels of
        # other people's dialogues too.
        for partner in self:
            opt_out = partner.helpcrunch_opt_out
            changed = partner._find_helpcrunch_customers().filtered(
                lambda row, opt_out=opt_out: row.opt_out != opt_out or row.unsubscribed
            )
            if not changed:
                continue
            changed.opt_out = opt_out
            partner._message_log(
                body=self.env._("HelpCrunch broadcasts: not wanted any more.")
                if opt_out
                else self.env._("HelpCrunch broadcasts: wanted again.")
            )

    def _compute_helpcrunch_duplicate_count(self):
        for partner in self:
            partner.helpcrunch_duplicate_count = self.env[
                "helpcrunch.duplicate"
            ].search_count(partner._get_helpcrunch_duplicate_domain())

    def _get_helpcrunch_duplicate_domain(self):
        return [
            ("state", "=", "open"),
            "|",
            ("partner_id", "in", self.ids),
            ("older_partner_id", "in", self.ids),
        ]

    # === ACTIONS === #

    def action_view_helpcrunch_chats(self):
        """Open the dialogues of this contact and its people, of all channels."""
        self.ensure_one()
        self.check_access("read")
        self.env["helpcrunch.chat"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_chat_action"
        )
        action["domain"] = [("partner_id", "child_of", self.id)]
        action["context"] = {}
        return action

    def action_view_helpcrunch_duplicates(self):
        """Open what may be the same person as this contact."""
        self.ensure_one()
        self.check_access("read")
        self.env["helpcrunch.duplicate"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_duplicate_action"
        )
        action["domain"] = self._get_helpcrunch_duplicate_domain()
        action["context"] = {}
        return action

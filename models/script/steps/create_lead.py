from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...contacts.crm_lead import CONVERSATION_CLASS

_MAX_LINES = 2000


class HelpcrunchStep(models.Model):
    """Create lead: writes the customer's request into CRM and goes on."""

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("create_lead", "Create lead")],
        ondelete={"create_lead": "cascade"},
    )
    lead_user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        index="btree_not_null",
        ondelete="set null",
        domain="[('share', '=', False)]",
        help="In charge of every new lead of this step. Empty: nobody yet.",
    )
    lead_team_id = fields.Many2one(
        "crm.team", "Sales Team", index="btree_not_null", ondelete="set null"
    )
    lead_type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")],
        "CRM Type",
        default="lead",
        help="What this step makes.",
    )
    lead_tag_ids = fields.Many2many(
        "crm.tag", string="Tags", help="Put on every new lead of this step."
    )
    lead_feature_missing = fields.Boolean(compute="_compute_lead_feature_missing")

    def _compute_lead_feature_missing(self):
        missing = not self.env.user.has_group("crm.group_use_lead")
        for step in self:
            step.lead_feature_missing = missing

    def _lint_create_lead(self):
        if self.lead_type == "lead" and self.lead_feature_missing:
            yield (
                "leads_off",
                "warning",
                self.env._(
                    "It makes leads, which this Odoo hides: switch Leads on in the "
                    "settings of CRM, or make opportunities."
                ),
            )

    def action_enable_leads(self):
        """Switch Odoo's Leads feature on, as its settings do.

        :raise UserError: for an administrator who may not change sales teams, which
            Odoo's settings do too
        """
        if not self.env["crm.team"].has_access("write"):
            raise UserError(
                self.env._(
                    "To switch Leads on takes the role Sales / Administrator. Ask "
                    "somebody who has it, or make opportunities here."
                )
            )
        self.env["res.config.settings"].create({"group_use_lead": True}).execute()
        return {"type": "ir.actions.client", "tag": "reload"}

    def _enter_create_lead(self, chat):
        turn = chat._turn
        # The lead tells the whole conversation, this turn's lines included.
        turn.flush()
        already = self.env["crm.lead"].search_count(
            [
                ("helpcrunch_chat_id", "=", chat.id),
                ("helpcrunch_step_id", "=", self.id),
                ("helpcrunch_turn", "=", chat.turn_count),
            ],
            limit=1,
        )
        if not already:
            self._make_lead(chat, turn_number=chat.turn_count)
            chat._trace("lead")
        return self.next_step_id

    def _make_lead(self, chat, turn_number=False, seller=None, **vals):
        """Make a lead from a dialogue as this step says; an empty step says nothing.

        :param int turn_number: the pass through the step, for "one pass, one lead"
        :param seller: whose lead it is if the step names nobody who may have it
        :param vals: what is to be different from what the step says
        """
        if turn_number:
            seller = chat._get_acting_seller() or self._find_seller(chat)
        else:
            seller = self._find_seller(chat) or seller or self.env["res.users"]
        vals = self._prepare_lead_vals(chat, turn_number, seller) | vals
        # Whoever was made responsible is told by Odoo; nobody else is subscribed.
        leads = (
            self.env["crm.lead"]
            .with_company(chat.company_id)
            .with_context(mail_create_nosubscribe=True)
        )
        # sudo: crm.lead - people link no lead to a dialogue by hand; who has it made
        # was asked before
        leads = leads.sudo()
        # What the flow itself does is the customer's; an order is the operator's.
        lead = chat._create_acting(leads, vals) if turn_number else leads.create(vals)
        return lead.sudo(self.env.su)

    def _prepare_lead_vals(self, chat, turn_number, seller):
        partner, bot = chat._ensure_partner(), chat.bot_id
        channel = chat.application_id
        chat = chat._for_staff(seller)
        # A contact that was moved to another company has no leads in this one.
        foreign = partner.company_id and partner.company_id != chat.company_id
        return {
            "name": chat.env._(
                "%(customer)s: %(bot)s",
                customer=partner.name,
                bot=bot.name or chat.account_id.name,
            ),
            # Written always: Odoo would fill in the user of this transaction, its bot.
            "type": self.lead_type or chat.account_id.helpcrunch_crm_type,
            "user_id": seller.id,
            "team_id": self.lead_team_id.id,
            "partner_id": False if foreign else partner.id,
            **({"contact_name": partner.name} if foreign else {}),
            "phone": partner.phone,
            "email_from": partner.email,
            "company_id": chat.company_id.id,
            "tag_ids": [fields.Command.set((self.lead_tag_ids | chat.tag_ids).ids)],
            "source_id": bot.source_id.id,
            # A webhook of the older form names no channel (helpcrunch-api.md 5).
            "medium_id": channel._get_medium().id if channel else False,
            "description": self._describe_conversation(chat, seller.tz),
            "helpcrunch_chat_id": chat.id,
            "helpcrunch_bot_id": bot.id,
            "helpcrunch_step_id": self.id,
            "helpcrunch_turn": turn_number,
        }

    def _find_seller(self, chat):
        """Return the step's salesperson; nobody, and a word, if that one has left."""
        # sudo: res.users - the companies of a colleague, for a lead of the machine's
        seller_sudo = self.lead_user_id.sudo()
        if not seller_sudo or (
            seller_sudo.active and chat.company_id in seller_sudo.company_ids
        ):
            return self.lead_user_id
        bot = self.bot_id._for_administrator()
        bot._tell_administrator(
            bot.env._(
                "Step “%(step)s” makes leads without a salesperson", step=self.name
            ),
            bot.env._(
                "“%(user)s” is archived or has left the company. Choose somebody else "
                "on the step.",
                user=seller_sudo.name,
            ),
        )
        return self.lead_user_id.browse()

    @api.model
    def _describe_conversation(self, chat, tz):
        """Return the transcript as HTML, in the language of the context.

        :param str tz: the reader's time zone, if there is a reader
        """
        tz = tz or chat.bot_id.tz
        messages = chat.env["helpcrunch.message"].search(
            [("chat_id", "=", chat.id)], limit=_MAX_LINES
        )
        link = Markup('<p><a href="%s">%s</a></p>') % (
            f"/odoo/helpcrunch.chat/{chat.id}",
            chat.env._("The dialogue in Odoo (times in %(zone)s)", zone=tz or "UTC"),
        )
        if chat.start_payload:
            link += Markup("<p>%s</p>") % chat.env._(
                "The customer came by a link with “%(payload)s”.",
                payload=chat.start_payload,
            )
        return Markup('<div class="%s">%s</div>') % (
            CONVERSATION_CLASS,
            link + messages._get_transcript(tz),
        )

    @api.model
    def _get_checked_fields(self):
        return [*super()._get_checked_fields(), "lead_team_id", "lead_user_id"]

    def _check_create_lead(self):
        if self.lead_team_id.company_id not in (
            self.env["res.company"],
            self.company_id,
        ):
            return self.env._(
                "sales team “%(team)s” belongs to another company than the messenger.",
                team=self.lead_team_id.name,
            )
        # sudo: res.users - the companies of a colleague, to judge the drawing
        if self.lead_user_id and self.company_id not in (
            self.lead_user_id.sudo().company_ids
        ):
            return self.env._(
                "salesperson “%(user)s” does not work in the messenger's company "
                "“%(company)s”.",
                user=self.lead_user_id.name,
                company=self.company_id.name,
            )
        return None


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    def _find_lead_step(self):
        """Return the bot's first step that makes leads, or an empty step."""
        return self.step_ids.filtered(lambda step: step.step_type == "create_lead")[:1]

from odoo import fields, models
from odoo.tools import SQL

from ..broadcasts.helpcrunch_broadcast import LEAD_OF_RECIPIENT


class HelpcrunchBroadcastReport(models.Model):
    """What came of broadcasts: a row for each recipient."""

    _name = "helpcrunch.broadcast.report"
    _description = "HelpCrunch Broadcast Report"
    _auto = False
    _order = "planned_at desc, id desc"
    _rec_name = "broadcast_id"

    broadcast_id = fields.Many2one("helpcrunch.broadcast", readonly=True)
    planned_at = fields.Datetime("Planned", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    account_id = fields.Many2one("helpcrunch.account", "Messenger", readonly=True)
    bot_id = fields.Many2one("helpcrunch.bot", readonly=True)
    step_id = fields.Many2one("helpcrunch.step", readonly=True)
    application_id = fields.Many2one("helpcrunch.application", "Channel", readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True)
    state = fields.Selection(
        lambda self: (
            self.env["helpcrunch.broadcast.recipient"]
            ._fields["state"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    sent_count = fields.Integer("Sent", readonly=True)
    failed_count = fields.Integer("Failed", readonly=True)
    answered_count = fields.Integer(
        "Answered", readonly=True, help="Wrote within 24 hours after it."
    )
    opted_out_count = fields.Integer(
        "Opted out", readonly=True, help="Wanted no more broadcasts within 24 hours."
    )
    lead_count = fields.Integer(
        "Leads",
        readonly=True,
        help="Leads made from the recipients' dialogues within 24 hours.",
    )

    def action_open(self):
        """Open the broadcast."""
        self.ensure_one()
        self.check_access("read")
        return self.broadcast_id._get_records_action(context={})

    @property
    def _table_query(self):
        """Plain SQL: leads are joined by time, which no domain can."""
        return SQL(
            """
            SELECT recipient.id, recipient.broadcast_id, broadcast.planned_at,
                   recipient.company_id, broadcast.account_id, broadcast.bot_id,
                   broadcast.step_id, chat.application_id, recipient.partner_id,
                   recipient.state,
                   (recipient.state = 'sent')::integer AS sent_count,
                   (recipient.state = 'failed')::integer AS failed_count,
                   (recipient.answered_at IS NOT NULL)::integer AS answered_count,
                   COALESCE(recipient.opted_out, FALSE)::integer AS opted_out_count,
                   (SELECT count(*) FROM crm_lead lead WHERE %s) AS lead_count
              FROM helpcrunch_broadcast_recipient recipient
              JOIN helpcrunch_broadcast broadcast
                ON broadcast.id = recipient.broadcast_id
         LEFT JOIN helpcrunch_chat chat ON chat.id = recipient.chat_id
            """,
            LEAD_OF_RECIPIENT,
        )

from odoo import fields, models
from odoo.tools import SQL


class HelpcrunchDialogueReport(models.Model):
    """How dialogues went: a row for each, read from the dialogue itself."""

    _name = "helpcrunch.dialogue.report"
    _description = "HelpCrunch Dialogue Report"
    _auto = False
    _order = "started_at desc, id desc"
    _rec_name = "chat_id"

    chat_id = fields.Many2one("helpcrunch.chat", "Dialogue", readonly=True)
    started_at = fields.Datetime("Began", readonly=True)
    account_id = fields.Many2one("helpcrunch.account", "Messenger", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    bot_id = fields.Many2one("helpcrunch.bot", readonly=True)
    application_id = fields.Many2one("helpcrunch.application", "Channel", readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Operator", readonly=True, help="Who had the dialogue last."
    )
    by_bot = fields.Integer(
        "By the Bot Alone",
        readonly=True,
        help="Dialogues that no person was called to.",
    )
    handed_over = fields.Integer(
        readonly=True,
        help="Dialogues that an operator had, or that wait for one now.",
    )
    waiting_minutes = fields.Float(
        "Waiting Time (minutes)",
        readonly=True,
        aggregator="avg",
        help="From the customer's way into the queue to the operator, on average of "
        "those who came to one.",
    )
    first_response_minutes = fields.Float(
        "First Response (minutes)",
        readonly=True,
        aggregator="avg",
        help="From the operator's begin to the first answer.",
    )
    length_minutes = fields.Float(
        "Length (minutes)",
        readonly=True,
        aggregator="avg",
        help="From the begin to the last message.",
    )
    lead_count = fields.Integer("Leads", readonly=True)
    won_count = fields.Integer(
        "Opportunities Won",
        readonly=True,
        groups="sales_team.group_sale_salesman_all_leads",
    )
    won_revenue = fields.Monetary(
        "Revenue Won",
        readonly=True,
        groups="sales_team.group_sale_salesman_all_leads",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)

    def action_open(self):
        """Open the dialogue."""
        self.ensure_one()
        self.check_access("read")
        return self.chat_id.action_open()

    @property
    def _table_query(self):
        """Plain SQL: what belongs to a dialogue is added up beside it."""
        return SQL(
            """
            SELECT chat.id, chat.id AS chat_id,
                   COALESCE(chat.started_at, chat.last_message_at) AS started_at,
                   chat.account_id, chat.company_id, chat.bot_id,
                   chat.application_id, chat.partner_id,
                   COALESCE(chat.user_id, session.user_id) AS user_id,
                   company.currency_id,
                   CASE WHEN chat.bot_id IS NOT NULL AND session.chat_id IS NULL
                             AND chat.state != 'queued' THEN 1 ELSE 0 END AS by_bot,
                   CASE WHEN session.chat_id IS NOT NULL OR chat.state = 'queued'
                        THEN 1 ELSE 0 END AS handed_over,
                   session.waiting_minutes, session.first_response_minutes,
                   EXTRACT(EPOCH FROM GREATEST(
                       chat.last_message_at - chat.started_at, INTERVAL '0'
                   )) / 60 AS length_minutes,
                   COALESCE(lead.lead_count, 0) AS lead_count,
                   COALESCE(lead.won_count, 0) AS won_count,
                   COALESCE(lead.won_revenue, 0) AS won_revenue
              FROM helpcrunch_chat chat
         LEFT JOIN res_company company ON company.id = chat.company_id
         LEFT JOIN (%s) session ON session.chat_id = chat.id
         LEFT JOIN (%s) lead ON lead.chat_id = chat.id
            """,
            self._select_sessions(),
            self._select_leads(),
        )

    def _select_sessions(self):
        return SQL(
            """
            SELECT chat_id, (array_agg(user_id ORDER BY started_at DESC, id DESC)
                             FILTER (WHERE user_id IS NOT NULL))[1] AS user_id,
                   EXTRACT(EPOCH FROM sum(started_at - queued_at)
                       FILTER (WHERE queued_at <= started_at)) / 60
                       AS waiting_minutes,
                   (array_agg(response_minutes ORDER BY started_at, id)
                    FILTER (WHERE first_response_at IS NOT NULL))[1]
                       AS first_response_minutes
              FROM helpcrunch_operator_session
          GROUP BY chat_id
            """
        )

    def _select_leads(self):
        """Archived ones count too: they were leads, and a lost one was not won."""
        return SQL(
            """
            SELECT lead.helpcrunch_chat_id AS chat_id, count(*) AS lead_count,
                   count(*) FILTER (WHERE stage.is_won AND lead.active) AS won_count,
                   sum(lead.expected_revenue)
                       FILTER (WHERE stage.is_won AND lead.active) AS won_revenue
              FROM crm_lead lead
         LEFT JOIN crm_stage stage ON stage.id = lead.stage_id
             WHERE lead.helpcrunch_chat_id IS NOT NULL
          GROUP BY lead.helpcrunch_chat_id
            """
        )

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import RATINGS


class HelpcrunchOperatorReport(models.Model):
    """How operators answered: a row for each of their sessions."""

    _name = "helpcrunch.operator.report"
    _description = "HelpCrunch Operator Report"
    _auto = False
    _order = "started_at desc, id desc"
    _rec_name = "chat_id"

    chat_id = fields.Many2one("helpcrunch.chat", "Dialogue", readonly=True)
    started_at = fields.Datetime("Started", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    account_id = fields.Many2one("helpcrunch.account", "Messenger", readonly=True)
    bot_id = fields.Many2one("helpcrunch.bot", readonly=True)
    application_id = fields.Many2one("helpcrunch.application", "Channel", readonly=True)
    queue_id = fields.Many2one("helpcrunch.operator.queue", readonly=True)
    user_id = fields.Many2one("res.users", "Operator", readonly=True)
    agent_id = fields.Many2one("helpcrunch.agent", "HelpCrunch Agent", readonly=True)
    waiting_minutes = fields.Float(
        "Waiting Time (minutes)",
        readonly=True,
        aggregator="avg",
        help="How long the customer had waited for a person.",
    )
    first_response_minutes = fields.Float(
        "First Response (minutes)", readonly=True, aggregator="avg"
    )
    answer_count = fields.Integer("Answers", readonly=True)
    answer_seconds = fields.Float("Time to Answers (seconds)", readonly=True)
    response_minutes = fields.Float(
        "Mean Response (minutes)",
        readonly=True,
        aggregator="avg",
        help="From what the customer wrote to the operator's answer, each answer "
        "counted once.",
    )
    length_minutes = fields.Float(
        "Length (minutes)",
        readonly=True,
        aggregator="avg",
        help="Of the sessions that have ended.",
    )
    timeout_count = fields.Integer(
        "Timeouts", readonly=True, help="Ended because the customer was silent."
    )
    transfer_count = fields.Integer(
        "Transfers", readonly=True, help="Handed over to somebody else."
    )
    rating = fields.Selection(
        RATINGS,
        readonly=True,
    )
    rating_points = fields.Float(
        "Rating (points)",
        readonly=True,
        aggregator="avg",
        help="Five for the best; sessions that nobody rated do not count.",
    )
    open_count = fields.Integer("Open Now", readonly=True)

    def action_open(self):
        """Open the dialogue."""
        self.ensure_one()
        self.check_access("read")
        return self.chat_id.action_open()

    @property
    def _table_query(self):
        """Plain SQL: moments are subtracted from each other."""
        return SQL(
            """
            SELECT session.id, session.chat_id, session.started_at, session.company_id,
                   chat.account_id, chat.bot_id, chat.application_id, session.queue_id,
                   session.user_id, session.agent_id,
                   CASE WHEN session.queued_at <= session.started_at
                        THEN EXTRACT(EPOCH FROM session.started_at - session.queued_at)
                             / 60 END AS waiting_minutes,
                   CASE WHEN session.first_response_at IS NOT NULL
                        THEN session.response_minutes END AS first_response_minutes,
                   session.answer_count, session.answer_seconds,
                   session.answer_seconds / NULLIF(session.answer_count, 0) / 60
                       AS response_minutes,
                   EXTRACT(EPOCH FROM session.ended_at - session.started_at) / 60
                       AS length_minutes,
                   (session.end_reason = 'timeout')::integer AS timeout_count,
                   (session.end_reason = 'transfer')::integer AS transfer_count,
                   session.rating,
                   array_position(%(ratings)s, session.rating) AS rating_points,
                   (session.state = 'active')::integer AS open_count
              FROM helpcrunch_operator_session session
              JOIN helpcrunch_chat chat ON chat.id = session.chat_id
            """,
            ratings=[name for name, _label in reversed(RATINGS)],
        )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Count each answer once, whatever the session it belongs to."""
        if aggregate_spec != "response_minutes:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "SUM(%s) / NULLIF(SUM(%s), 0) / 60",
            self._field_to_sql(self._table, "answer_seconds", query),
            self._field_to_sql(self._table, "answer_count", query),
        )

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate

from ...const import CRON_BATCH, RATINGS

_lt = LazyTranslate(__name__)

# What a session begins with, and what that is in SQL.
_OPENED = {
    "chat_id": "integer",
    "company_id": "integer",
    "queue_id": "integer",
    "operator_id": "integer",
    "user_id": "integer",
    "agent_id": "integer",
    "customer_spoke_at": "timestamp",
}
# Sessions, and the rotation moved on, in one statement: hundreds may wait. By the
# database's clock, to the microsecond, for hosts may disagree about the time. Whoever
# is handed from one to the other at this very moment has not waited in between.
_OPEN = """
    WITH opened (place, %(names)s) AS (VALUES %(rows)s),
    turn AS (
        UPDATE helpcrunch_operator operator
           SET last_assigned_at = statement_timestamp() AT TIME ZONE 'UTC'
                   + latest.place * INTERVAL '1 microsecond'
          FROM (SELECT operator_id, max(place) AS place FROM opened
              GROUP BY operator_id) latest
         WHERE operator.id = latest.operator_id AND %(is_turn)s)
    INSERT INTO helpcrunch_operator_session (%(names)s, state, started_at, queued_at)
         SELECT %(names)s, 'active', %(now)s, (
                    SELECT GREATEST(chat.queued_at, max(former.ended_at))
                      FROM helpcrunch_chat chat
                 LEFT JOIN helpcrunch_operator_session former
                        ON former.chat_id = chat.id
                     WHERE chat.id = opened.chat_id AND chat.state = 'queued'
                  GROUP BY chat.queued_at
                    HAVING max(former.ended_at) < %(now)s
                           OR max(former.ended_at) IS NULL)
           FROM opened
      RETURNING chat_id, id
"""


class HelpcrunchOperatorSession(models.Model):
    """One spell of a dialogue with an operator."""

    _name = "helpcrunch.operator.session"
    _description = "HelpCrunch Operator Session"
    _order = "started_at desc, id desc"
    _rec_name = "chat_id"
    _log_access = False

    chat_id = fields.Many2one(
        "helpcrunch.chat", "Dialogue", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", index=True, ondelete="cascade")
    queue_id = fields.Many2one(
        "helpcrunch.operator.queue", index="btree_not_null", ondelete="set null"
    )
    operator_id = fields.Many2one(
        "helpcrunch.operator",
        index="btree_not_null",
        ondelete="set null",
        help="Empty when somebody outside of the queue took the dialogue over.",
    )
    user_id = fields.Many2one("res.users", index="btree_not_null", ondelete="set null")
    agent_id = fields.Many2one(
        "helpcrunch.agent",
        "HelpCrunch Agent",
        index="btree_not_null",
        ondelete="set null",
    )
    state = fields.Selection(
        [("active", "Ongoing"), ("done", "Finished")],
        required=True,
        default="active",
        readonly=True,
    )
    started_at = fields.Datetime(
        "Started", required=True, default=fields.Datetime.now, readonly=True
    )
    queued_at = fields.Datetime(
        "Waited since",
        readonly=True,
        help="Empty when the customer did not wait: somebody took the dialogue over.",
    )
    ended_at = fields.Datetime("Ended", readonly=True)
    end_reason = fields.Selection(
        [
            ("operator", "Operator"),
            ("customer", "Customer"),
            ("timeout", "Timeout"),
            ("helpcrunch", "HelpCrunch"),
            ("transfer", "Handed over"),
        ],
        "Ended by",
        readonly=True,
    )
    rating = fields.Selection(
        RATINGS,
        readonly=True,
        help="What the customer said of it, in HelpCrunch or to the bot.",
    )
    # The last word of the operator that the customer has not answered.
    operator_spoke_at = fields.Datetime("Waits for the Customer since", readonly=True)
    # The first word of the customer that the operator has not answered.
    customer_spoke_at = fields.Datetime("Waits for the Operator since", readonly=True)
    assigned_at = fields.Datetime(
        "Assigned in HelpCrunch",
        readonly=True,
        help="When HelpCrunch made the agent responsible.",
    )
    nudged_at = fields.Datetime("Reminded", readonly=True)
    first_response_at = fields.Datetime("First Answer", readonly=True)
    response_minutes = fields.Float(
        "Time to First Answer (minutes)",
        compute="_compute_response_minutes",
        store=True,
        aggregator="avg",
    )

    answer_count = fields.Integer(
        "Answers",
        readonly=True,
        help="How often the operator answered what the customer had written.",
    )
    answer_seconds = fields.Float(
        "Time to Answers (seconds)",
        readonly=True,
        help="How long the customer waited for these answers, all together.",
    )

    # Whoever assigns twice clashes here.
    _one_active = models.UniqueIndex(
        "(chat_id) WHERE state = 'active'",
        "This dialogue is with an operator already.",
    )
    _operator_active_idx = models.Index("(operator_id) WHERE state = 'active'")
    _user_active_idx = models.Index("(user_id) WHERE state = 'active'")

    @api.depends("started_at", "first_response_at")
    def _compute_response_minutes(self):
        for session in self:
            session.response_minutes = (
                session.first_response_at
                and (session.first_response_at - session.started_at).total_seconds()
                / 60
            )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Leave sessions without an answer out of the average."""
        if aggregate_spec != "response_minutes:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "AVG(%s) FILTER (WHERE %s IS NOT NULL)",
            self._field_to_sql(self._table, "response_minutes", query),
            self._field_to_sql(self._table, "first_response_at", query),
        )

    # === BUSINESS METHODS === #

    @api.model
    def _open(self, rows, is_turn=False):
        """Open a session for each row of values. No other place makes one.

        :param bool is_turn: it counts in the queue's rotation: others come before these
            operators next time
        :return: the sessions, in the order of the rows
        :raise psycopg2.errors.UniqueViolation: somebody has one of the dialogues
        """
        if not rows:
            return self.browse()
        values = SQL(", ").join(
            SQL(
                "(%s, %s)",
                place,
                SQL(", ").join(
                    SQL("%s::%s", row.get(name) or None, SQL(kind))
                    for name, kind in _OPENED.items()
                ),
            )
            for place, row in enumerate(rows)
        )
        # As one, and before anybody reads: the operators' places are counted by SQL.
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                _OPEN,
                names=SQL(", ").join(map(SQL.identifier, _OPENED)),
                rows=values,
                is_turn=is_turn,
                now=fields.Datetime.now(),
            ),
        )
        ids = dict(self.env.cr.fetchall())
        self.invalidate_model()
        self.env["helpcrunch.chat"].invalidate_model(["session_ids"])
        self.env["helpcrunch.operator"].invalidate_model(["last_assigned_at"])
        return self.browse(ids[row["chat_id"]] for row in rows)

    def _end(self, reason):
        """End active sessions and let whoever waits have the room."""
        active = self.filtered(lambda session: session.state == "active")
        if not active:
            return
        active.write(
            {
                "state": "done",
                "ended_at": fields.Datetime.now(),
                "end_reason": reason,
                "is_snoozed": False,
            },
        )
        self.env["helpcrunch.outbox"]._cancel_unsent(
            [("chat_id", "in", active.chat_id.ids), ("kind", "=", "assignee")],
            _lt("Somebody else has the dialogue."),
        )
        # The next session of the dialogue must find the place free.
        active.flush_recordset()
        # A user may be an operator of other queues, with one cap over all of them.
        # sudo: helpcrunch.operator - queues of a colleague, only to look there again
        operators_sudo = self.env["helpcrunch.operator"].sudo()
        queues = operators_sudo.search([("user_id", "in", active.user_id.ids)]).queue_id
        (queues | active.queue_id)._assign_soon()

    @api.model
    def _release_gone(self, user_ids=None):
        """Have colleagues look after the dialogues of whoever is no operator any more.

        Plain SQL: who is one, is one condition here and in the queue's assignment.

        :param list user_ids: whom to look at; None: everybody
        """
        users = self.env["res.users"]
        users.flush_model(["active", "company_ids", "group_ids"])
        self.flush_model(["state", "user_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT session.id FROM helpcrunch_operator_session session
                  JOIN res_users users ON users.id = session.user_id
                 WHERE session.state = 'active' AND NOT %s AND %s
              ORDER BY session.started_at, session.id
                """,
                users._get_helpcrunch_operator_sql(SQL("session.company_id")),
                SQL("TRUE")
                if user_ids is None
                else SQL("session.user_id = ANY(%s)", list(user_ids)),
            ),
        )
        self.browse(row[0] for row in self.env.cr.fetchall())._release()

    def _release(self):
        """Tell the dialogues that their operator is gone; the oldest first."""
        now = fields.Datetime.now()
        for session in self.sorted(lambda row: (row.started_at, row.id)):
            session.chat_id._store_own_event(
                "operator.gone",
                {"session": session.id, "user": session.user_id.id},
                # The next look, a minute later, may find a turn that failed.
                key=f"{session.id}:{now:%Y%m%d%H%M}",
            )

    def _get_public_name(self, user):
        """Return what customers are told of who writes to them in this session."""
        rows = self.queue_id.operator_ids.filtered(lambda row: row.user_id == user)
        return rows[:1].public_name or user.name or ""

    def _is_answered_in_odoo(self):
        """Tell whether the operator answers in Odoo, and not in HelpCrunch's inbox.

        Whoever has an agent may do both: the last answer tells.
        """
        if not self.user_id:
            return False
        last = self.env["helpcrunch.message"].search(
            [
                ("chat_id", "=", self.chat_id.id),
                ("author_type", "=", "operator"),
                ("is_note", "=", False),
                ("occurred_at", ">=", self.started_at),
            ],
            order="occurred_at desc, position desc, id desc",
            limit=1,
        )
        return last.state != "received" if last else not self.agent_id

    def _note_operator_spoke(self, at, answered=False):
        """Start the timers that wait for the customer.

        :param datetime at: when the operator wrote
        :param bool answered: the customer has written since, and nothing is to start
        """
        if not self.first_response_at:
            self.first_response_at = at
        if answered:
            return
        vals = {"operator_spoke_at": at, "customer_spoke_at": False}
        if self.customer_spoke_at:
            waited = (at - self.customer_spoke_at).total_seconds()
            vals["answer_count"] = self.answer_count + 1
            vals["answer_seconds"] = self.answer_seconds + max(waited, 0)
        self.write(vals)
        self._plan_timers(
            at, (self.queue_id.max_wait_minutes, self.queue_id.end_minutes)
        )

    def _note_customer_spoke(self, at):
        """Cancel the timers that wait for the customer, start the operator's."""
        vals = {"operator_spoke_at": False, "nudged_at": False}
        if not self.customer_spoke_at:
            vals["customer_spoke_at"] = at
            self._plan_timers(at, (self.queue_id.operator_silence_minutes,))
        self.write(vals)

    @api.model
    def _plan_timers(self, since, minutes):
        """Have the timers looked at when they fall due."""
        times = [
            fields.Datetime.add(since, minutes=number) for number in minutes if number
        ]
        if times:
            cron = self.env.ref("helpcrunch_chatbot.ir_cron_operators")
            cron._trigger(at=times)

    @api.model
    def _find_due_timers(self):
        """Return the timers of active sessions that have run out.

        Plain SQL: moments are added to minutes of another table.

        :return: rows of ``session``, ``chat``, ``kind`` and ``since``, oldest first
        :rtype: list[dict]
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT session.id AS session, session.chat_id AS chat,
                       timer.kind, timer.since
                  FROM helpcrunch_operator_session session
                  JOIN helpcrunch_operator_queue queue ON queue.id = session.queue_id
                  JOIN helpcrunch_chat chat ON chat.id = session.chat_id
            CROSS JOIN LATERAL (VALUES
                           ('end', session.operator_spoke_at, queue.end_minutes, TRUE),
                           ('nudge', session.operator_spoke_at, queue.max_wait_minutes,
                            session.nudged_at IS NULL),
                           ('silence', session.customer_spoke_at,
                            queue.operator_silence_minutes, TRUE)
                       ) AS timer (kind, since, minutes, is_on)
                 WHERE session.state = 'active' AND chat.state = 'operator'
                   AND timer.minutes > 0 AND timer.is_on
                   AND session.is_snoozed IS NOT TRUE
                   AND timer.since + timer.minutes * INTERVAL '1 minute' <= %s
              ORDER BY timer.since LIMIT %s
                """,
                fields.Datetime.now(),
                CRON_BATCH,
            ),
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _cron_operators(self):
        """Let timers that ran out become events, and look again for free operators.

        Triggers call it when a timer falls due; every minute it also finds what opens
        by itself: working hours, and what a crash left behind.
        """
        chats = self.env["helpcrunch.chat"]
        self._release_gone()
        for row in self._find_due_timers():
            since = fields.Datetime.to_string(row["since"])
            chats.browse(row["chat"])._store_own_event(
                "operator.timer",
                {"session": row["session"], "kind": row["kind"], "since": since},
                key=f"{row['session']}:{row['kind']}:{since}",
            )
        for chat_id, since in self._find_overdue_chats():
            chats.browse(chat_id)._store_own_event(
                "operator.timeout", key=f"{chat_id}:{since}"
            )
        queues = self.env["helpcrunch.operator.queue"]
        queues.browse(queues._find_waiting_queues())._assign_soon()

    @api.model
    def _find_overdue_chats(self):
        """Return the dialogues that have waited longer than their queue allows.

        Plain SQL: moments are added to minutes of another table.

        Counted from the end of the last session, if there was one: whoever was handed
        on has not waited in vain. Nobody waits in an archived queue.

        :return: pairs of a dialogue's id and since when it waits
        :rtype: list[tuple]
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT chat.id, wait.since FROM helpcrunch_chat chat
                  JOIN helpcrunch_operator_queue queue ON queue.id = chat.queue_id
                  JOIN LATERAL (
                           SELECT GREATEST(chat.queued_at, max(ended_at)) AS since
                             FROM helpcrunch_operator_session
                            WHERE chat_id = chat.id) wait ON TRUE
                 WHERE chat.state = 'queued'
                   AND (NOT queue.active OR queue.queue_timeout > 0
                        AND wait.since + queue.queue_timeout * INTERVAL '1 minute'
                            <= %s)
              ORDER BY wait.since LIMIT %s
                """,
                fields.Datetime.now(),
                CRON_BATCH,
            ),
        )
        return self.env.cr.fetchall()

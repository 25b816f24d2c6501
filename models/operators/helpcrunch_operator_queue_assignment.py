"""Who gets the next dialogue: strict round robin under a hard cap, oldest first.

A dialogue that needs an operator only says so in its own row (``queued``). Whoever
then calls :meth:`_assign_waiting` takes the queue's lock, gives every free place to the
one who waits longest, and puts an event into the inbox of each dialogue. So there is
one way to an operator, whether somebody has just asked, an operator has come online or
another dialogue has ended; and no turn ever waits for the queue.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import CRON_BATCH
from ..dialogue.helpcrunch_event_intake import OwnEvent


class HelpcrunchOperatorQueue(models.Model):
    _inherit = "helpcrunch.operator.queue"

    def _assign_waiting(self):
        """Give the free operators of this queue to those who wait longest.

        Five queries, however many operators, sessions and customers there are. Runs in
        a READ COMMITTED transaction: whoever has waited for the lock must count what
        its holder has written.

        :return: ids of the dialogues that have an event waiting now
        :rtype: list[int]
        """
        self.ensure_one()
        calendar, company = self._lock_for_assignment()
        is_open = self._is_within(calendar, company)
        operators = self._read_free_operators() if is_open else []
        waiting = self._read_waiting(sum(row["room"] for row in operators))
        pairs = []
        for chat in waiting:
            operator = self._choose_operator(operators, chat)
            if operator:
                pairs.append((chat, operator))
        self._open_sessions(pairs)
        return self._store_assignment_events(waiting, pairs)

    def _give(self, chat_id, user_id):
        """Give one who waits to the person who asks for the dialogue, out of turn.

        Under the same lock, and in the same kind of transaction, as whoever's turn it
        is gets one, so that there is one answer to who has it and to who is at her cap.

        :return: ids of the dialogues that have an event waiting now
        :rtype: list[int]
        """
        self.ensure_one()
        chat = self.env["helpcrunch.chat"].browse(chat_id)
        user = self.env["res.users"].browse(user_id)
        self._lock_for_assignment()
        if not chat.exists() or chat.queue_id != self or chat._find_obstacle(user):
            return []
        operator = chat._find_operator_row(user)
        waiting = {"id": chat.id, "company_id": chat.company_id.id}
        person = {
            "id": operator.id or None,
            "user_id": user.id,
            "agent_id": operator.agent_id.id or None,
        }
        self._open_sessions([(waiting, person)])
        return self._store_assignment_events([waiting], [(waiting, person)])

    def _lock_for_assignment(self):
        """Take the queue's lock, and those of its users who have a cap of their own.

        A user's cap holds over several queues, each of which has its own lock.

        :return: the queue's working hours and its company
        :rtype: tuple
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT pg_advisory_xact_lock(
                           hashtextextended('helpcrunch:operator:' || id, 0))
                  FROM (SELECT DISTINCT users.id
                          FROM helpcrunch_operator operator
                          JOIN res_users users ON users.id = operator.user_id
                         WHERE operator.queue_id = %(queue)s
                           AND users.helpcrunch_max_active_chats > 0
                      ORDER BY users.id) capped;
                UPDATE helpcrunch_operator_queue
                   SET assignment_count = COALESCE(assignment_count, 0) + 1
                 WHERE id = %(queue)s
             RETURNING calendar_id, company_id
                """,
                queue=self.id,
            ),
        )
        calendar_id, company_id = self.env.cr.fetchone()
        return (
            self.env["resource.calendar"].browse(calendar_id or []),
            self.env["res.company"].browse(company_id),
        )

    def _read_free_operators(self):
        """Return the operators below their caps, whose turn comes first first.

        Plain SQL: the caps of all are counted in one statement, under the lock.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT * FROM (
                    SELECT operator.id, operator.user_id, operator.agent_id,
                           LEAST(
                               queue.max_active_chats - (
                                   SELECT count(*) FROM helpcrunch_operator_session own
                                    WHERE own.user_id = operator.user_id
                                      AND own.queue_id = operator.queue_id
                                      AND own.state = 'active'),
                               NULLIF(users.helpcrunch_max_active_chats, 0) - (
                                   SELECT count(*) FROM helpcrunch_operator_session own
                                    WHERE own.user_id = operator.user_id
                                      AND own.state = 'active')
                           ) AS room,
                           operator.last_assigned_at, operator.sequence
                      FROM helpcrunch_operator operator
                      JOIN helpcrunch_operator_queue queue
                        ON queue.id = operator.queue_id
                      JOIN res_users users ON users.id = operator.user_id
                     WHERE operator.queue_id = %s AND operator.available
                       AND operator.active AND queue.active AND %s
                       AND (queue.only_online IS NOT TRUE
                            OR operator.agent_id IS NOT NULL OR %s)) free
                 WHERE room > 0
              ORDER BY last_assigned_at NULLS FIRST, sequence, id
                """,
                self.id,
                self.env["res.users"]._get_helpcrunch_operator_sql(
                    SQL("queue.company_id")
                ),
                self.env["res.users"]._get_helpcrunch_online_sql(),
            ),
        )
        return self.env.cr.dictfetchall()

    def _read_waiting(self, room):
        """Return who waits longest, and who was not told yet that nobody is free.

        Plain SQL: a window, over microseconds that the ORM does not keep.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT * FROM (
                    SELECT chat.id, chat.company_id, chat.turn_count,
                           chat.queue_told, chat.former_operator_id,
                           chat.was_given_away,
                           row_number() OVER (
                               ORDER BY chat.queued_at, chat.id) AS place
                      FROM helpcrunch_chat chat
                     WHERE chat.queue_id = %(queue)s AND chat.state = 'queued'
                       AND NOT EXISTS (
                               SELECT FROM helpcrunch_operator_session own
                                WHERE own.chat_id = chat.id AND own.state = 'active')
                   ) waiting
                 WHERE place <= %(room)s OR NOT queue_told
              ORDER BY place LIMIT %(limit)s
                """,
                queue=self.id,
                room=room,
                limit=room + CRON_BATCH,
            ),
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _choose_operator(self, operators, chat):
        """Return whose turn it is, and let the others come before him next time.

        Whoever has just been silent in this dialogue is the last choice; whoever has
        given it away is none.
        """
        free = [row for row in operators if row["room"] > 0]
        others = [row for row in free if row["id"] != chat["former_operator_id"]]
        operator = next(
            iter(others if chat["was_given_away"] else others or free), None
        )
        if operator:
            operator["room"] -= 1
            operators.remove(operator)
            operators.append(operator)
        return operator

    def _open_sessions(self, pairs):
        """Open the sessions, and move the rotation on."""
        sessions = self.env["helpcrunch.operator.session"]._open(
            [
                {
                    "chat_id": chat["id"],
                    "company_id": chat["company_id"],
                    "queue_id": self.id,
                    "operator_id": operator["id"],
                    "user_id": operator["user_id"],
                    "agent_id": operator["agent_id"],
                    "customer_spoke_at": fields.Datetime.now(),
                }
                for chat, operator in pairs
            ],
            is_turn=True,
        )
        for (chat, _operator), session in zip(pairs, sessions, strict=True):
            chat["session"] = session.id

    def _store_assignment_events(self, waiting, pairs):
        """Tell each dialogue what came of it: an operator, or a place in the queue.

        The id of an event is that of the turn that asked, so that two assignments tell
        a dialogue the same thing once.
        """
        ahead = len(pairs)
        events = []
        for chat in waiting:
            if "session" in chat:
                events.append(
                    OwnEvent(
                        chat["id"],
                        "operator.assigned",
                        {"session": chat["session"]},
                        key=str(chat["session"]),
                    )
                )
            elif not chat["queue_told"]:
                events.append(
                    OwnEvent(
                        chat["id"],
                        "operator.busy",
                        {"position": chat["place"] - ahead},
                        key=f"{chat['id']}:{chat['turn_count']}",
                    )
                )
        return self.env["helpcrunch.event"]._store_own(events)

    @api.model
    def _find_waiting_queues(self):
        """Return ids of the queues where somebody waits."""
        waiting = [("state", "=", "queued"), ("queue_id", "!=", False)]
        groups = self.env["helpcrunch.chat"]._read_group(waiting, ["queue_id"])
        return [queue.id for (queue,) in groups]

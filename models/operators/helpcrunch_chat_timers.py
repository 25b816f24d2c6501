"""The timers of a dialogue with an operator, each a turn when it has run out.

Two wait for the customer (manual 5), one for the operator. When they fall due is for
``helpcrunch.operator.session`` to find.
"""

from datetime import timedelta

from odoo import fields, models


class HelpcrunchChat(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.chat"

    def _on_operator_timer(self, facts):
        """A timer has run out; only if nobody spoke in between."""
        session = self._get_session()
        since = facts.data.get("since")
        kind = facts.data.get("kind")
        spoke_at = (
            session.customer_spoke_at
            if kind == "silence"
            else session.operator_spoke_at
        )
        if (
            self.state != "operator"
            or session.id != facts.data.get("session")
            or not spoke_at
            or fields.Datetime.to_string(spoke_at) != since
        ):
            return {"state": "ignored", "reason": "answered"}
        return getattr(self, f"_run_timer_{kind}")(session)

    def _run_timer_nudge(self, session):
        if session.nudged_at:
            return {"state": "ignored", "reason": "answered"}
        session.nudged_at = fields.Datetime.now()
        self._trace("nudge")
        self._say_for_queue("max_wait_message", agent=session.agent_id)
        return None

    def _run_timer_end(self, session):
        self._trace("timeout")
        self._finish("timeout", close=True)

    def _run_timer_silence(self, session):
        queue = session.queue_id
        others = queue.operator_ids.filtered(
            lambda row: row.is_free and row.user_id != session.user_id
        )
        if not others or not queue._is_open():
            # Looked at again after as long a time.
            session.customer_spoke_at = fields.Datetime.now()
            session._plan_timers(
                session.customer_spoke_at, (queue.operator_silence_minutes,)
            )
            self._trace("nobody_else")
            return
        self._trace("handed_on")
        self._relieve(session, queue)

    def _on_operator_gone(self, facts):
        """The operator was archived, deleted, or has lost the role."""
        session = self._get_session()
        user = self.env["res.users"].browse(facts.data.get("user") or []).exists()
        if (
            session.id != facts.data.get("session")
            or self.state not in ("operator", "paused")
            or user._is_helpcrunch_operator(self.company_id)
        ):
            return {"state": "ignored", "reason": "not_used"}
        self._trace("gone", text=user.name or "")
        queues = session.queue_id | self.bot_id.operator_queue_ids
        queue = queues.filtered("active")[:1]
        if queue:
            self._relieve(session, queue)
        else:
            self._finish("transfer", resume=True)
        return None

    def _relieve(self, session, queue):
        """Let the next free operator have the dialogue, before all who wait.

        The customer did not go away, so nothing is said.
        """
        self._close_discuss("transfer")
        session._end("transfer")
        queued_at = self.queued_at or session.started_at
        first = self.search(
            [("queue_id", "=", queue.id), ("state", "=", "queued")],
            order="queued_at, id",
            limit=1,
        )
        if first and first.queued_at <= queued_at:
            queued_at = first.queued_at - timedelta(microseconds=1)
        former = session.operator_id
        self._request_operator(queue, self.return_step_id)
        self.write(
            {
                "queued_at": queued_at,
                "queue_told": True,
                "former_operator_id": former.id,
            },
        )

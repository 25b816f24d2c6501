"""The timers of a dialogue with an operator, each a turn when it has run out.

Two wait for the customer (manual 5), one for the operator. When they fall due is for
``helpcrunch.operator.session`` to find.
"""

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
        others = queue.operator_ids.filtered("is_free") - session.operator_id
        if not others or not queue._is_open():
            # Looked at again after as long a time.
            session.customer_spoke_at = fields.Datetime.now()
            session._plan_timers(
                session.customer_spoke_at, (queue.operator_silence_minutes,)
            )
            self._trace("nobody_else")
            return
        self._trace("handed_on")
        self._close_discuss("transfer")
        session._end("transfer")
        queued_at = self.queued_at
        former = session.operator_id
        self._request_operator(queue, self.return_step_id)
        # Comes before everybody who asked later, and is told nothing new.
        self.write(
            {
                "queued_at": queued_at or session.started_at,
                "queue_told": True,
                "former_operator_id": former.id,
            },
        )

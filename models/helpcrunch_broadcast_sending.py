"""How a broadcast is sent: a few messages at a time, as the budget has room.

Each look (:meth:`_feed`) notes what became of the messages before, lets the flow go on
for those who got theirs, and puts the next recipients into the inboxes of their
dialogues. Never more than a few seconds' worth: a pause stops at once, and no live
reply waits behind a long row of broadcasts. Rows remember everything; a process that
dies is followed by ir.cron within a minute.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import PRIORITY_LIVE
from ..tools import budget
from . import work

# So many seconds' worth of calls wait at most in inboxes and outbox.
_AHEAD_SECONDS = 2
# While HelpCrunch takes nothing, so often one more message tries.
_PROBE_SECONDS = 60
# Who looked within this time is at it still.
_FRESH_SECONDS = 0.8


class HelpcrunchBroadcast(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.broadcast"

    @api.model
    def _cron_broadcasts(self):
        """Let schedules run whose moment has come, and send what is to be sent."""
        dbname = self.env.cr.dbname
        for step_id in self._find_due_steps():
            work.run_schedule(dbname, step_id)
        work.send_broadcasts(dbname, alone=True)

    @api.model
    def _find_due_steps(self):
        """Return the ids of schedule steps whose next run has come.

        A schedule of an archived bot or messenger rests; a run that came meanwhile is
        skipped when it is back.
        """
        return (
            self.env["helpcrunch.step"]
            .search(
                [
                    ("step_type", "=", "schedule"),
                    ("state", "=", "planned"),
                    ("next_run", "<=", fields.Datetime.now()),
                    ("bot_id.active", "=", True),
                    ("bot_id.account_id.active", "=", True),
                ],
                order="next_run, id",
            )
            .ids
        )

    @api.model
    def _tell_failed_run(self, step_id, error):
        """Tell the administrator, once, that a schedule could not run."""
        for step in self.env["helpcrunch.step"].browse(step_id).exists():
            step.bot_id._tell_administrator(
                self.env._("A schedule cannot run: %(step)s", step=step.name),
                self.env._(
                    "It is tried again every minute. Open the step and save it: what "
                    "is wrong is told there. (%(error)s)",
                    error=error,
                ),
            )

    @api.model
    def _feed(self, alone=False):
        """Note what has come of broadcasts, and hand out what comes next.

        Runs in a READ COMMITTED transaction; who finds the rows locked leaves them to
        the holder.

        :param bool alone: look even if somebody has just looked (ir.cron)
        :return: ``(ids of dialogues with a turn to take, is there more to come)``
        """
        self._settle()
        chat_ids = self._continue_flows()
        broadcasts = self._lock_active(alone)
        chat_ids += broadcasts._hand_out()
        broadcasts._finish()
        return chat_ids, broadcasts._is_moving()

    def _is_moving(self):
        """Tell whether there is more to send soon; ir.cron looks for the rest.

        Who waits for quiet hours to end, or for an operator, waits for minutes.
        """
        now = fields.Datetime.now()
        moving = self.filtered(
            lambda row: row._is_active() and not row.bot_id._get_quiet_end(now)
        )
        recipients = self.env["helpcrunch.broadcast.recipient"]
        return any(
            recipients.search_count(
                [("broadcast_id", "in", moving.ids), *waiting], limit=1
            )
            for waiting in (
                [("queued", "=", True), ("state", "=", "pending")],
                recipients._domain_ready(now),
            )
        )

    def _lock_active(self, alone):
        """Return the broadcasts to look after, locked, oldest first.

        A second run of one step waits until the first is finished.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH picked AS (
                    SELECT broadcast.id FROM helpcrunch_broadcast broadcast
                      JOIN helpcrunch_bot bot ON bot.id = broadcast.bot_id
                      JOIN helpcrunch_account account
                        ON account.id = broadcast.account_id
                     WHERE broadcast.state IN ('planned', 'running')
                       AND bot.active AND account.active
                       AND account.state = 'connected'
                       AND account.bot_agent_id IS NOT NULL
                       AND (%s OR COALESCE(broadcast.fed_at, '-infinity')
                                  < clock_timestamp() AT TIME ZONE 'UTC'
                                    - %s * INTERVAL '1 second')
                       AND NOT EXISTS (
                               SELECT FROM helpcrunch_broadcast earlier
                                WHERE earlier.step_id = broadcast.step_id
                                  AND earlier.state IN ('planned', 'running')
                                  AND earlier.id < broadcast.id)
                  ORDER BY broadcast.id
                       FOR NO KEY UPDATE OF broadcast SKIP LOCKED)
                UPDATE helpcrunch_broadcast broadcast
                   SET fed_at = clock_timestamp() AT TIME ZONE 'UTC'
                  FROM picked WHERE broadcast.id = picked.id
             RETURNING broadcast.id
                """,
                alone,
                _FRESH_SECONDS,
            ),
            log_exceptions=False,
        )
        broadcasts = self.browse(sorted(row[0] for row in self.env.cr.fetchall()))
        broadcasts.invalidate_recordset()
        return broadcasts

    # === WHAT CAME OF IT === #

    @api.model
    def _settle(self):
        """Note for recipients what became of their messages.

        Of paused and cancelled broadcasts too: what was on its way went on.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_broadcast_recipient recipient
                   SET state = outcome.state, error = outcome.error,
                       reason = CASE outcome.state WHEN 'failed' THEN 'refused' END,
                       queued = outcome.state = 'unknown',
                       sent_at = CASE outcome.state WHEN 'sent' THEN
                           to_timestamp(outcome.sent_at) AT TIME ZONE 'UTC' END
                  FROM (SELECT own.id, last.sent_at, refused.error,
                               CASE WHEN call.state != 'sent' THEN call.state
                                    WHEN refused.id IS NULL THEN 'sent'
                                    ELSE 'failed' END AS state
                          FROM helpcrunch_broadcast_recipient own
                          JOIN helpcrunch_outbox call
                            ON call.message_id = own.last_message_id
                          JOIN helpcrunch_message last ON last.id = call.message_id
                     LEFT JOIN LATERAL (
                                   SELECT id, error FROM helpcrunch_message
                                    WHERE chat_id = last.chat_id AND state = 'failed'
                                      AND id BETWEEN own.message_id
                                          AND own.last_message_id
                                    LIMIT 1) refused ON TRUE
                         WHERE own.queued AND own.state IN ('pending', 'unknown')
                           AND call.state IN ('sent', 'failed', 'unknown')
                           AND call.state != own.state) outcome
                 WHERE outcome.id = recipient.id
                """
            ),
            log_exceptions=False,
        )
        # Poison for the inbox: it has been put aside there, and told an administrator.
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_broadcast_recipient recipient
                   SET state = 'failed', reason = 'error', queued = FALSE,
                       error = event.error
                  FROM helpcrunch_broadcast broadcast, helpcrunch_event event
                 WHERE recipient.queued AND recipient.state = 'pending'
                   AND recipient.message_id IS NULL
                   AND broadcast.id = recipient.broadcast_id
                   AND event.account_id = broadcast.account_id
                   AND event.external_id = 'odoo:broadcast.message:' || recipient.id
                                           || ':' || recipient.attempt
                   AND event.state = 'failed'
                """
            ),
            log_exceptions=False,
        )
        recipients = self.env["helpcrunch.broadcast.recipient"]
        recipients.invalidate_model()
        # Taken back: a person has the dialogue, the bot was archived, ...
        for recipient in recipients.search(
            [
                ("queued", "=", True),
                ("state", "in", ("pending", "unknown")),
                ("last_message_id.state", "=", "cancelled"),
            ],
        ):
            if recipient.broadcast_id.state == "cancelled":
                recipient._skip("cancelled")
            else:
                recipient._start_again()

    @api.model
    def _continue_flows(self):
        """Let the flow go on where the message has arrived.

        Whoever does it twice finds the event there already.

        :return: ids of the dialogues
        """
        arrived = self.env["helpcrunch.broadcast.recipient"].search(
            [
                ("continues", "=", True),
                ("state", "=", "sent"),
                ("broadcast_id.state", "!=", "paused"),
            ],
        )
        arrived.continues = False
        for recipient in arrived.filtered("chat_id"):
            recipient.chat_id._store_own_event(
                "broadcast.next",
                {"recipient": recipient.id},
                key=f"{recipient.id}:{recipient.attempt}",
                wake=False,
            )
        return arrived.chat_id.ids

    # === WHAT COMES NEXT === #

    def _hand_out(self):
        """Put the next recipients into the inboxes of their dialogues.

        :return: ids of the dialogues
        """
        chats = self.env["helpcrunch.chat"]
        now = fields.Datetime.now()
        for account in self.account_id:
            room = self._count_room(account)
            for broadcast in self.filtered(
                lambda row, of=account: row.account_id == of
            ):
                if room <= 0:
                    break
                if broadcast.bot_id._get_quiet_end(now):
                    continue
                if broadcast.state == "planned":
                    broadcast.write({"state": "running", "started_at": now})
                recipients = broadcast._pick(room, now)
                room -= len(recipients)
                for recipient in recipients:
                    recipient._hand_out()
                chats |= recipients.chat_id
        return chats.ids

    def _count_room(self, account):
        """Return for how many more messages of an account there is room ahead.

        Calls that HelpCrunch did not take count as long as it has taken no other one
        since: it may be down, and then one look a minute is enough.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*) FILTER (WHERE state != 'unknown' AND is_due),
                       count(*) FILTER (WHERE NOT is_due AND claimed_at > worked_at),
                       max(claimed_at) < now() AT TIME ZONE 'UTC'
                                         - %s * INTERVAL '1 second'
                  FROM helpcrunch_outbox call
            CROSS JOIN LATERAL (
                           SELECT COALESCE(not_before, '-infinity')
                                  <= now() AT TIME ZONE 'UTC' AS is_due) due
            CROSS JOIN (SELECT COALESCE(max(done_at), '-infinity') AS worked_at
                          FROM (SELECT done_at FROM helpcrunch_outbox
                                 WHERE account_id = %s AND state = 'sent'
                              ORDER BY done_at DESC NULLS LAST LIMIT 1) last) taken
                 WHERE account_id = %s AND priority > %s
                   AND state IN ('pending', 'sending', 'unknown')
                """,
                _PROBE_SECONDS,
                account.id,
                account.id,
                PRIORITY_LIVE,
            ),
        )
        due, refused, is_quiet = self.env.cr.fetchone()
        turns = self.env["helpcrunch.broadcast.recipient"].search_count(
            [
                ("broadcast_id.account_id", "=", account.id),
                ("queued", "=", True),
                ("state", "=", "pending"),
                ("message_id", "=", False),
            ],
        )
        ahead = _AHEAD_SECONDS * budget.bulk_pace(account.requests_per_minute)
        room = ahead - due - turns - refused
        return max(room, 1) if refused and is_quiet and not due + turns else room

    def _pick(self, limit, now):
        recipients = self.env["helpcrunch.broadcast.recipient"]
        return recipients.search(
            [("broadcast_id", "=", self.id), *recipients._domain_ready(now)],
            limit=limit,
        )

    def _finish(self):
        """End broadcasts in which nobody waits any more."""
        self.env.flush_all()
        recipients = self.env["helpcrunch.broadcast.recipient"]
        for broadcast in self.filtered(lambda row: row.state == "running"):
            if not recipients.search_count(
                [
                    ("broadcast_id", "=", broadcast.id),
                    ("state", "in", ("pending", "unknown")),
                ],
                limit=1,
            ):
                broadcast.write({"state": "done", "done_at": fields.Datetime.now()})


class HelpcrunchBroadcastRecipient(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.broadcast.recipient"

    def _domain_ready(self, now):
        """Return what is true of those whose message may go now."""
        return [
            ("state", "=", "pending"),
            ("queued", "!=", True),
            "|",
            ("not_before", "=", False),
            ("not_before", "<=", now),
        ]

    def _hand_out(self):
        """Put the recipient's message into the inbox of the dialogue, once."""
        if not self.chat_id or not self.partner_id:
            self._skip("gone")
            return
        self.queued = True
        self.chat_id._store_own_event(
            "broadcast.message",
            {"recipient": self.id, "attempt": self.attempt},
            key=f"{self.id}:{self.attempt}",
            wake=False,
        )

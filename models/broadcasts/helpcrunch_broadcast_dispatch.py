"""How a broadcast is sent: a few messages at a time, as the budget has room.

Each look (:meth:`_dispatch`) puts the next recipients into the inboxes of their
dialogues, never more than a second's worth: a pause stops at once, and no live reply
waits behind a long row of broadcasts. Whoever has sent a message tells its recipient
what became of it, and has the next look made. Rows remember everything; a process that
dies is followed by ir.cron within a minute.
"""

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate

from ...const import PRIORITY_LIVE
from ...tools import budget
from ..dialogue.helpcrunch_event_intake import OwnEvent

_lt = LazyTranslate(__name__)

# So many seconds' worth of calls wait at most in inboxes and outbox, and one at least.
_AHEAD_SECONDS = 0.5
# While HelpCrunch takes nothing, so often one more message tries.
_PROBE_SECONDS = 60
# A turn that was not taken for so long waits for something else.
_TURN_SECONDS = 10
# What became of the messages of these recipients, as far as it is known.
_NOTE_OUTCOME = """
    UPDATE helpcrunch_broadcast_recipient recipient
       SET state = outcome.state, error = outcome.error,
           queued = outcome.state = 'unknown',
           reason = CASE WHEN outcome.state = 'skipped' THEN 'cancelled'
                         WHEN outcome.state != 'failed' THEN NULL
                         WHEN outcome.refused > 0 THEN 'refused'
                         ELSE 'unclear' END,
           sent_at = CASE WHEN outcome.state = 'sent' THEN
               to_timestamp(outcome.sent_at) AT TIME ZONE 'UTC' END,
           attempt = recipient.attempt
                     + (outcome.state = 'pending')::integer
      FROM (SELECT own.id, own.attempt, lines.*,
                   CASE WHEN lines.unknown > 0 THEN 'unknown'
                        WHEN lines.refused + lines.unclear > 0
                        THEN 'failed'
                        WHEN lines.sent > 0 THEN 'sent'
                        WHEN broadcast.state = 'cancelled' THEN 'skipped'
                        ELSE 'pending' END AS state
              FROM helpcrunch_broadcast_recipient own
              JOIN helpcrunch_broadcast broadcast
                ON broadcast.id = own.broadcast_id
        CROSS JOIN LATERAL (
                   SELECT count(*) AS number,
                          count(*) FILTER (
                              WHERE call.state IN ('pending', 'sending')
                          ) AS open,
                          count(*) FILTER (
                              WHERE call.state = 'unknown') AS unknown,
                          count(*) FILTER (
                              WHERE line.state = 'sent') AS sent,
                          count(*) FILTER (
                              WHERE line.state = 'failed') AS refused,
                          count(*) FILTER (
                              WHERE line.state = 'cancelled' AND call.is_unclear
                          ) AS unclear,
                          max(line.sent_at) AS sent_at,
                          max(line.error) AS error
                     FROM helpcrunch_message line
                LEFT JOIN helpcrunch_outbox call
                       ON call.message_id = line.id
                    WHERE line.recipient_id = own.id) lines
             WHERE own.queued IS TRUE
               AND own.state IN ('pending', 'unknown')
               AND %s
               AND lines.number > 0
               AND (lines.open = 0 OR lines.unknown > 0)) outcome
     WHERE recipient.id = outcome.id
       AND recipient.queued IS TRUE
       AND recipient.state IN ('pending', 'unknown')
       AND recipient.attempt = outcome.attempt
       AND (outcome.state != recipient.state
            OR outcome.state = 'pending')
 RETURNING recipient.id, recipient.state
"""
# What is under way: due calls, refused ones, whether it is quiet, turns.
_COUNT_AHEAD = """
        SELECT count(*) FILTER (WHERE call.state != 'unknown' AND is_due),
               count(*) FILTER (WHERE NOT is_due AND claimed_at > worked_at),
               max(claimed_at) < now() AT TIME ZONE 'UTC'
                                 - %(probe)s * INTERVAL '1 second',
               (SELECT count(*) FROM helpcrunch_event
                 WHERE account_id = %(account)s AND state = 'pending'
                   AND event_type = 'broadcast.message'
                   AND received_at > now() AT TIME ZONE 'UTC'
                                     - %(fresh)s * INTERVAL '1 second')
          FROM helpcrunch_outbox call
    CROSS JOIN LATERAL (
                   SELECT COALESCE(not_before, '-infinity')
                          <= now() AT TIME ZONE 'UTC' AS is_due) due
    CROSS JOIN (SELECT COALESCE(max(done_at), '-infinity') AS worked_at
                  FROM (SELECT done_at FROM helpcrunch_outbox
                         WHERE account_id = %(account)s AND state = 'sent'
                      ORDER BY done_at DESC NULLS LAST LIMIT 1) last) taken
         WHERE call.account_id = %(account)s AND call.priority > %(live)s
           AND call.state IN ('pending', 'sending', 'unknown')
           -- What waits behind another call waits for that one only.
           AND NOT EXISTS (
                   SELECT FROM helpcrunch_outbox earlier
                    WHERE earlier.chat_id = call.chat_id
                      AND earlier.id < call.id
                      AND earlier.state
                          IN ('pending', 'sending', 'unknown'))
"""


class HelpcrunchBroadcast(models.Model):
    _inherit = "helpcrunch.broadcast"

    @api.model
    def _dispatch(self):
        """Hand out what comes next of all broadcasts, and let flows go on.

        Runs in a READ COMMITTED transaction: who waits for another look to end goes on
        with what that one has left.

        :return: ``(ids of dialogues with a turn to take, is there more to come)``
        """
        broadcasts = self._lock_active()
        chat_ids = self._continue_flows()
        chat_ids += broadcasts._enqueue_next()
        broadcasts._finish()
        return chat_ids, broadcasts._is_moving()

    def _is_moving(self):
        """Tell whether there is more to send soon; ir.cron looks for the rest.

        Who waits for quiet hours to end, or for an operator, waits for minutes.
        """
        now = fields.Datetime.now()
        recipients = self.env["helpcrunch.broadcast.recipient"]
        return any(
            recipients.search_count(
                [("broadcast_id", "=", broadcast.id), *waiting], limit=1
            )
            for broadcast in self
            if broadcast._is_active() and not broadcast._get_quiet_end(now)
            for waiting in (
                [("queued", "=", True), ("state", "=", "pending")],
                recipients._domain_ready(now),
            )
        )

    def _lock_active(self):
        """Return the broadcasts to look after, locked, oldest first.

        A second run of one step waits until all who could get the first one have it.
        Plain SQL: who finds one locked waits for it, where Odoo's own lock gives up.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT broadcast.id FROM helpcrunch_broadcast broadcast
                  JOIN helpcrunch_bot bot ON bot.id = broadcast.bot_id
                  JOIN helpcrunch_account account
                    ON account.id = broadcast.account_id
                 WHERE broadcast.state IN ('planned', 'running')
                   AND bot.active AND bot.live AND account.active
                   AND account.state = 'connected'
                   AND account.bot_agent_id IS NOT NULL
              ORDER BY broadcast.id
                   FOR NO KEY UPDATE OF broadcast
                """,
            ),
            log_exceptions=False,
        )
        broadcasts = self.browse(row[0] for row in self.env.cr.fetchall())
        broadcasts.invalidate_recordset()
        return broadcasts.filtered(lambda row: not row._waits_for_earlier())

    # === WHAT FOLLOWS === #

    @api.model
    def _continue_flows(self):
        """Let the flow go on where the message has arrived.

        Whoever does it twice finds the event there already.

        :return: ids of the dialogues
        """
        now = fields.Datetime.now()
        arrived = (
            self.env["helpcrunch.broadcast.recipient"]
            .search(
                [
                    ("continues", "=", True),
                    ("state", "=", "sent"),
                    ("chat_id", "!=", False),
                    ("broadcast_id.state", "in", ("running", "done")),
                ],
            )
            .filtered(lambda row: not row.broadcast_id._get_quiet_end(now))
        )
        arrived.continues = False
        self.env["helpcrunch.event"]._store_own(
            [
                OwnEvent(
                    recipient.chat_id.id,
                    "broadcast.next",
                    {"recipient": recipient.id},
                    key=f"{recipient.id}:{recipient.attempt}",
                )
                for recipient in arrived
            ]
        )
        return arrived.chat_id.ids

    @api.model
    def _keep_quiet(self):
        """Take back what waits still when a bot's quiet hours begin.

        Like every recall in a REPEATABLE READ transaction: a call or a turn that came
        in between makes it clash, and it is tried again.
        """
        now = fields.Datetime.now()
        self.search([("state", "=", "running")]).filtered(
            lambda row: row._get_quiet_end(now)
        )._recall(_lt("The bot's quiet hours began."))

    # === WHAT COMES NEXT === #

    def _enqueue_next(self):
        """Put the next recipients into the inboxes of their dialogues.

        :return: ids of the dialogues
        """
        chats = self.env["helpcrunch.chat"]
        now = fields.Datetime.now()
        for account in self.account_id:
            room = self._count_room(account)
            mine = self.filtered(lambda row, of=account: row.account_id == of)
            for broadcast in mine._in_order_of_haste():
                if room <= 0:
                    break
                if broadcast._get_quiet_end(now):
                    continue
                if broadcast.state == "planned":
                    broadcast.write({"state": "running", "started_at": now})
                recipients = broadcast._find_next_recipients(room, now)
                room -= len(recipients)
                recipients._enqueue()
                chats |= recipients.chat_id
        return chats.ids

    def _in_order_of_haste(self):
        """Return in which order broadcasts of one messenger have their turn."""
        return self

    def _count_room(self, account):
        """Return for how many more messages of an account there is room ahead.

        Calls that HelpCrunch did not take count as long as it has taken no other one
        since: it may be down, and then one look a minute is enough. Plain SQL: calls
        behind another one of their dialogue do not count.
        """
        self.env.cr.execute(
            SQL(
                _COUNT_AHEAD,
                probe=_PROBE_SECONDS,
                fresh=_TURN_SECONDS,
                account=account.id,
                live=PRIORITY_LIVE,
            ),
        )
        due, refused, is_quiet, turns = self.env.cr.fetchone()
        ahead = max(1, _AHEAD_SECONDS * budget.bulk_pace(account.requests_per_minute))
        room = ahead - due - turns - refused
        may_probe = refused and is_quiet and not due + turns
        return max(int(room), 1) if may_probe else int(room)

    def _find_next_recipients(self, limit, now):
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

    # === WHAT CAME OF IT === #

    @api.model
    def _note_all_outcomes(self):
        """Note what became of messages of which nobody has told: after a crash."""
        self._note_outcome(everybody=True)

    def _note_outcome(self, everybody=False):
        """Note for recipients what became of their messages.

        Of paused and cancelled broadcasts too: what was on its way went on. A message
        may have several lines; one of which nothing went out and all was taken back (a
        person has the dialogue, the bot was archived, ...) waits for another attempt.
        Plain SQL, whose conditions hold for the row that is locked: it may be done by
        several at a time.

        :param bool everybody: for all who wait, not only for these
        """
        self.env.flush_all()
        own = SQL("TRUE") if everybody else SQL("own.id = ANY(%s)", list(self.ids))
        self.env.cr.execute(SQL(_NOTE_OUTCOME, own), log_exceptions=False)
        again = [
            row_id for row_id, state in self.env.cr.fetchall() if state == "pending"
        ]
        self.invalidate_model()
        # What was taken back is no part of the next attempt.
        lines = self.env["helpcrunch.message"]
        lines.search([("recipient_id", "in", again)]).recipient_id = False
        self.env.flush_all()

    @api.model
    def _note_failed_turn(self, event):
        """Note that a message could not be said, as an administrator was told.

        :param event: the ``helpcrunch.event`` that failed for good
        """
        payload = event._get_data().payload
        recipient = self.browse(payload.get("recipient") or []).exists()
        if (
            recipient.state == "pending"
            and recipient.queued
            and not recipient.message_ids
            and recipient.attempt == payload.get("attempt")
        ):
            recipient.write(
                {
                    "state": "failed",
                    "reason": "error",
                    "queued": False,
                    "error": event.error,
                }
            )

    def _enqueue(self):
        """Put the messages of these into the inboxes of their dialogues, once each."""
        here = self.filtered(lambda row: row.chat_id and row.partner_id)
        (self - here)._skip("gone")
        here.queued = True
        self.env["helpcrunch.event"]._store_own(
            [
                OwnEvent(
                    recipient.chat_id.id,
                    "broadcast.message",
                    {"recipient": recipient.id, "attempt": recipient.attempt},
                    key=f"{recipient.id}:{recipient.attempt}",
                )
                for recipient in here
            ]
        )

import json
from functools import partial

from odoo import api, fields, models, modules
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import (
    CRON_BATCH,
    EVENT_RETRY_DELAYS,
)
from ...jobs import dialogues, worker
from ...tools import retry, webhook
from ..messenger import retention
from .turn import Later
from .turn_snapshot import TurnSnapshot

_DEFAULT_RETENTION_DAYS = 90
# The dialogue, locked, with its next event and all that a turn has to know. Its joins
# are in a good order as they stand: to look for a better one costs more than they do.
_NEXT_TURN = """
       SET LOCAL join_collapse_limit = 1;
       SELECT event.id AS event_id, event.tries, event.payload,
              event.event_type, event.external_id, event.occurred_at,
              event.position,
              bot.version, bot.active AND bot.live AS bot_active,
              bot.join_messages,
              bot.session_timeout, bot_lang.code AS bot_lang,
              partner.lang AS partner_lang, customer.locale,
              CASE WHEN COALESCE(customer.ignored_lang, '')
                        = COALESCE(partner.lang, '')
                   THEN customer.spoken_lang END AS spoken_lang,
              customer.external_id AS customer_external_id,
              customer.blocked AS customer_blocked,
              customer.user_id AS customer_user_id,
              chat.company_id, chat.turn_count,
              discuss.id AS discuss_channel_id,
              question.state AS question_state,
              question.sent_at AS question_sent_at,
              question.external_id AS question_external_id,
              call.state AS question_call_state,
              EXTRACT(EPOCH FROM
                      event.not_before - now() AT TIME ZONE 'UTC')::float8
                  AS wait,
              COALESCE(chat.application_id = ANY(own.ids),
                       own.number = 0 OR chat.application_id IS NULL)
                  AS bot_serves
         FROM helpcrunch_chat chat
         JOIN LATERAL (
                  SELECT * FROM (
                      (SELECT * FROM helpcrunch_event
                        WHERE chat_id = chat.id AND state = 'pending'
                     ORDER BY occurred_at, position, id
                        LIMIT 1)
                    UNION ALL
                      (SELECT * FROM helpcrunch_event
                        WHERE chat_id = chat.id AND state = 'pending'
                          AND event_type = 'operator.command'
                     ORDER BY occurred_at, position, id
                        LIMIT 1)) next
                ORDER BY GREATEST(not_before, now() AT TIME ZONE 'UTC'),
                         occurred_at, position, id
                   LIMIT 1) event ON TRUE
    LEFT JOIN helpcrunch_bot bot ON bot.id = chat.bot_id
    LEFT JOIN LATERAL (
                  SELECT array_agg(channel.id)
                             FILTER (WHERE channel.active) AS ids,
                         count(*) AS number
                    FROM helpcrunch_application_helpcrunch_bot_rel link
                    JOIN helpcrunch_application channel
                      ON channel.id = link.helpcrunch_application_id
                   WHERE link.helpcrunch_bot_id = bot.id) own ON TRUE
    LEFT JOIN res_lang bot_lang ON bot_lang.id = bot.language_id
    LEFT JOIN res_partner partner ON partner.id = chat.partner_id
    LEFT JOIN helpcrunch_customer customer ON customer.id = chat.customer_id
    LEFT JOIN discuss_channel discuss
           ON discuss.helpcrunch_chat_id = chat.id
              AND discuss.helpcrunch_session_id IS NOT NULL
    LEFT JOIN helpcrunch_message question
           ON question.id = chat.question_message_id
    LEFT JOIN helpcrunch_outbox call ON call.message_id = question.id
        WHERE chat.id = %s
          FOR NO KEY UPDATE OF chat SKIP LOCKED
"""


class HelpcrunchEvent(models.Model):
    """The inbox: one row for everything that happens to a dialogue.

    Webhooks, messages that the catch-up found, later what operators and timers do:
    each is a row, processed as one turn of its dialogue, in HelpCrunch's order. The
    row is written by plain SQL in the webhook's request (three queries in all), so
    the model keeps no access log of its own.
    """

    _name = "helpcrunch.event"
    _description = "HelpCrunch Event"
    _order = "id desc"
    _rec_name = "event_type"
    _log_access = False

    # No indexes of their own: `_event_once` begins with the account, and every index
    # is paid for in each webhook's answer.
    account_id = fields.Many2one(
        "helpcrunch.account", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", ondelete="cascade")
    external_id = fields.Char("Event ID", required=True, readonly=True)
    event_type = fields.Char("Event", required=True, readonly=True)
    origin = fields.Selection(
        [("webhook", "Webhook"), ("catch_up", "Catch-up"), ("odoo", "Odoo")],
        required=True,
        default="webhook",
        readonly=True,
    )
    chat_id = fields.Many2one(
        "helpcrunch.chat", "Dialogue", readonly=True, ondelete="cascade"
    )
    chat_external_id = fields.Char("Chat", readonly=True)
    customer_external_id = fields.Char("Customer", readonly=True)
    message_key = fields.Char(readonly=True)
    occurred_at = fields.Float("Unix Time", readonly=True)
    position = fields.Float(readonly=True)
    received_at = fields.Datetime("Received", readonly=True)
    payload = fields.Text(readonly=True)
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("done", "Done"),
            ("ignored", "Ignored"),
            ("failed", "Failed"),
        ],
        required=True,
        default="pending",
        readonly=True,
    )
    reason = fields.Char("Reason Code", readonly=True)
    reason_text = fields.Char("Reason", compute="_compute_reason_text")
    tries = fields.Integer(default=0, readonly=True)
    not_before = fields.Datetime("Not before", readonly=True)
    error = fields.Text(readonly=True)
    trace = fields.Json(readonly=True)

    _event_once = models.UniqueIndex("(account_id, external_id)")
    _message_once = models.UniqueIndex(
        "(account_id, chat_external_id, message_key) WHERE message_key IS NOT NULL"
    )
    _lane_idx = models.Index(
        "(chat_id, occurred_at, position, id) WHERE state = 'pending'"
    )
    _homeless_idx = models.Index(
        "(account_id, chat_external_id) WHERE state = 'pending' AND chat_id IS NULL"
    )
    _chat_idx = models.Index("(chat_id, id)")
    _failed_idx = models.Index("(account_id) WHERE state = 'failed'")
    _received_idx = models.Index("(received_at)")

    @api.depends("reason")
    def _compute_reason_text(self):
        texts = {
            "not_used": self.env._("The bot has no use for this kind of event."),
            "echo": self.env._("It is what the bot itself said."),
            "old": self.env._("It is older than events are kept."),
            "reassigned": self.env._(
                "The operator answers in Odoo, so this hands nothing over."
            ),
            "answered": self.env._("Somebody wrote before the time ran out."),
            "no_dialogue": self.env._("It belongs to no dialogue."),
            "no_chat": self.env._("It names no chat by a number, as HelpCrunch does."),
            "no_customer": self.env._(
                "It names no customer by a number, as HelpCrunch does."
            ),
            "no_bot": self.env._("No bot serves this channel."),
            "neutralized": self.env._("The database was neutralized."),
            "erased": self.env._("What it said was erased."),
        }
        for event in self:
            event.reason_text = texts.get(event.reason, event.reason)

    @api.model
    def _get_retention_days(self):
        """Return for how many days events and calls are kept; 0 = for ever."""
        return retention.get_days(self.env, "retention_days", _DEFAULT_RETENTION_DAYS)

    @staticmethod
    def _get_handler_name(event_type):
        """Return the name of the dialogue's method for a kind of event."""
        return "_on_" + event_type.replace(".", "_")

    def _get_data(self, known=None):
        """Return the event in our own words.

        :param known: what has the columns, if somebody has read them already
        :rtype: webhook.EventData
        """
        known = known or self
        data = webhook.interpret(
            known.external_id,
            known.event_type,
            json.loads(known.payload or "{}"),
            {},
        )
        # By our clock; the payload has HelpCrunch's time.
        data.occurred_at = known.occurred_at
        return data

    # === STARTING WORK === #

    @api.model
    def _start_after_work(self, receipt):
        """Do now, after the answer, what a webhook brought. Needs no transaction.

        :param webhook.Receipt receipt: as :meth:`_receive` returned it
        """
        self._run_outside(dialogues.after_webhook, receipt)

    @api.model
    def _run_outside(self, function, *args):
        """Run ``function(dbname, *args)`` outside of this transaction.

        The one door to work in other transactions: in Odoo's tests, whose shared cursor
        other transactions cannot see, it stays shut and tests do the work by hand.
        """
        if not modules.module.current_test:
            function(self.env.cr.dbname, *args)

    @api.model
    def _run_after_commit(self, job, *args):
        """Run ``job(dbname, *args)`` as soon as this transaction commits, and wait.

        Whoever pressed the button sees what came of it.
        """
        self.env.cr.postcommit.add(partial(self._run_outside, job, *args))

    @api.model
    def _submit_after_commit(self, job, *args, bulk=False, delay=0):
        """Run ``job(dbname, *args)`` in the pool as soon as this transaction commits.

        :param bool bulk: it is a broadcast's, and live replies come first
        :param float delay: seconds to wait; one run then does for several orders
        """

        def submit(dbname):
            if delay:
                worker.submit_later(delay, job, dbname, *args, bulk=bulk)
            else:
                worker.submit(job, dbname, *args, bulk=bulk)

        self._run_after_commit(submit)

    @api.model
    def _process_soon(self, chat_ids):
        """Have turns of these dialogues taken as soon as this transaction commits."""
        if chat_ids:
            self._submit_after_commit(dialogues.take_turns_where_due, tuple(chat_ids))

    @api.model
    def _find_waiting(self, chat_ids):
        """Return which of these dialogues have an event to process."""
        waiting = [("chat_id", "in", chat_ids), ("state", "=", "pending")]
        return self.search(waiting).chat_id.ids

    @api.model
    def _cron_process(self):
        """Take the turns that nobody took: lost wake-ups, retries, restarts."""
        cron = self.env["ir.cron"]
        dbname = self.env.cr.dbname
        waiting = Domain("state", "=", "pending")
        is_due = Domain("not_before", "=", False) | Domain(
            "not_before", "<=", fields.Datetime.now()
        )
        homeless = self.search(
            waiting & Domain("chat_id", "=", False) & is_due,
            order="id",
            limit=CRON_BATCH,
        ).ids
        cron._commit_progress(remaining=len(homeless))
        for event_id in homeless:
            dialogues.open_dialogue(dbname, event_id)
            if not cron._commit_progress(1):
                return
        chats = self._read_group(
            waiting & Domain("chat_id", "!=", False),
            ["chat_id"],
            order="id:min",
            limit=CRON_BATCH,
        )
        cron._commit_progress(remaining=len(chats))
        for (chat,) in chats:
            dialogues.take_turns(dbname, chat.id)
            if not cron._commit_progress(1):
                return

    # === ONE TURN === #

    @api.model
    def _has_waiting(self, chat_id):
        """Tell whether a dialogue has a turn to take, or one that is put off."""
        waiting = [("chat_id", "=", chat_id), ("state", "=", "pending")]
        return bool(self.search(waiting, limit=1, order="id"))

    @api.model
    def _take_turn(self, chat_id, attempt=None):
        """Process the next waiting event of a dialogue in this transaction.

        Lock and look in one statement: whoever finds the dialogue locked may go, since
        the holder looks again in a new transaction after its commit. The turn writes
        the dialogue's counter, so that somebody who saw the rows from before that
        commit clashes instead of processing an event twice.

        What a person orders overtakes an event that is put off: that may wait for
        HelpCrunch, or fail again, and a button must do what it says.

        :param dialogues.Attempt attempt: is told which event it is as soon as that is
            known, and tells whether this turn has failed just now
        :return: what came of it, None if nothing waits or somebody else is at it
        :rtype: Outcome | Later | None
        """
        self.env.cr.execute(
            SQL(
                _NEXT_TURN,
                chat_id,
            ),
            log_exceptions=False,
        )
        row = self.env.cr.dictfetchone()
        if not row:
            return None
        snapshot = TurnSnapshot(**row)
        if (snapshot.wait or 0) > 0:
            return Later(snapshot.wait)
        if attempt:
            attempt.event_id, attempt.tries = snapshot.event_id, snapshot.tries
            snapshot.failed_with = attempt.failed_with
        chat = self.env["helpcrunch.chat"].browse(chat_id)
        event = self.browse(snapshot.event_id)
        outcome = chat._take_turn(event, snapshot)
        event.write(
            {
                "state": outcome.state,
                "reason": outcome.reason,
                "trace": outcome.trace,
                "not_before": outcome.not_before,
                "error": False,
            },
        )
        self.env.flush_all()
        return outcome

    def _note_failure(self, error, seen=None):
        """Put a failed event off, or at the sixth time leave it to a person.

        :param int seen: number of tries when this one began; somebody who failed at
            the same moment has counted already
        :return: seconds until the next try, None if there is none
        """
        if self.state != "pending":
            return None
        if seen is not None and self.tries > seen:
            left = (self.not_before or fields.Datetime.now()) - fields.Datetime.now()
            return max(left.total_seconds(), 0.1)
        tries = self.tries + 1
        vals = {"tries": tries, "error": error}
        delay = retry.get_delay(EVENT_RETRY_DELAYS, tries)
        if delay is None:
            self.write({**vals, "state": "failed", "not_before": False})
            self._give_up()
            return None
        not_before = fields.Datetime.add(fields.Datetime.now(), seconds=delay)
        self.write({**vals, "not_before": not_before})
        return delay

    def _give_up(self):
        """Leave an event that failed for good to a person."""
        self.account_id._tell_failed_event(self)

    def action_retry(self):
        """Try failed events again."""
        self.check_access("read")
        # sudo: helpcrunch.event - who sees events may have them tried, and write none
        failed = self.sudo().filtered(lambda event: event.state == "failed")
        failed.write({"state": "pending", "tries": 0, "not_before": False})
        failed._process_soon(failed.chat_id.ids)
        return True

    @api.model
    def _forget(self, records, name):
        """Empty every event about some chats or customers of HelpCrunch's.

        Plain SQL: events that never had a dialogue hold what was said too. The empty
        rows stay until they are old, or the catch-up and repeated webhooks would bring
        back what was erased.

        :param records: dialogues or customers that are about to be deleted
        :param str name: ``chat_external_id`` or ``customer_external_id``
        """
        if not records:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_event
                   SET state = CASE state WHEN 'pending' THEN 'ignored' ELSE state END,
                       reason = CASE state WHEN 'pending' THEN 'erased' ELSE reason END,
                       payload = NULL, trace = NULL, error = NULL, chat_id = NULL
                 WHERE (account_id, %s) IN %s OR chat_id IN %s
                """,
                SQL.identifier(name),
                tuple((row.account_id.id, row.external_id) for row in records),
                # A customer has dialogues, which forget for themselves.
                tuple(records.ids) if name == "chat_external_id" else (0,),
            ),
        )
        self.invalidate_model()

    @api.autovacuum
    def _gc_old_events(self):
        return retention.delete_old(
            self.env,
            self._table,
            "received_at",
            self._get_retention_days(),
            "state != 'pending'",
        )

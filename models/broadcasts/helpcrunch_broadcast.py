from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, LazyTranslate

from ...jobs import broadcasts
from ...tools import budget

_lt = LazyTranslate(__name__)

ACTIVE_STATES = ("planned", "running")
# An answer or a lead counts as the broadcast's for so long.
ANSWER_HOURS = 24
# A lead made from the dialogue within so many hours after the message.
LEAD_OF_RECIPIENT = SQL(
    """
    lead.helpcrunch_chat_id = recipient.chat_id
    AND lead.create_date BETWEEN recipient.sent_at
        AND recipient.sent_at + %s * INTERVAL '1 hour'
    """,
    ANSWER_HOURS,
)


class HelpcrunchBroadcast(models.Model):
    """One run of a step: who is to get its message, and who got it.

    When one is planned, and what came of it; how it is sent stands in
    ``helpcrunch_broadcast_dispatch.py``.
    """

    _name = "helpcrunch.broadcast"
    _description = "HelpCrunch Broadcast"
    _order = "planned_at desc, id desc"

    name = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [("schedule", "Schedule")],
        "Started by",
        required=True,
        default="schedule",
        readonly=True,
    )
    at_once = fields.Boolean(
        readonly=True, help="Goes out in the quiet hours of the bot too."
    )
    step_id = fields.Many2one(
        "helpcrunch.step",
        index=True,
        ondelete="set null",
        readonly=True,
    )
    bot_id = fields.Many2one(
        "helpcrunch.bot", required=True, index=True, ondelete="cascade", readonly=True
    )
    account_id = fields.Many2one(
        "helpcrunch.account",
        "Messenger",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
    )
    company_id = fields.Many2one(
        "res.company", index=True, ondelete="cascade", readonly=True
    )
    planned_at = fields.Datetime("Planned for", required=True, readonly=True)
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("running", "Sending"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="planned",
        readonly=True,
    )
    started_at = fields.Datetime("Started", readonly=True)
    done_at = fields.Datetime("Ended on", readonly=True)
    recipient_ids = fields.One2many("helpcrunch.broadcast.recipient", "broadcast_id")
    recipient_count = fields.Integer("Recipients", compute="_compute_counts")
    pending_count = fields.Integer("Waiting", compute="_compute_counts")
    sent_count = fields.Integer("Sent", compute="_compute_counts")
    failed_count = fields.Integer("Failed", compute="_compute_counts")
    skipped_count = fields.Integer("Skipped", compute="_compute_counts")
    unknown_count = fields.Integer("Outcome Unknown", compute="_compute_counts")
    reasons = fields.Text(
        "Why Skipped or Failed",
        compute="_compute_reasons",
        help="How many recipients for which reason.",
    )
    progress = fields.Float(
        compute="_compute_counts", help="The part of the recipients that is settled."
    )
    estimated_end = fields.Datetime(
        compute="_compute_estimated_end",
        help="At the calls a minute that the messenger has beside live replies.",
    )
    hint = fields.Char("Why It Waits", compute="_compute_hint")

    _step_moment_unique = models.UniqueIndex(
        "(step_id, planned_at) WHERE kind = 'schedule'",
        "This step has run at this moment already.",
    )
    _active_idx = models.Index("(account_id, id) WHERE state IN ('planned', 'running')")

    answered_count = fields.Integer(
        "Answered",
        compute="_compute_answers",
        help="Recipients who wrote within 24 hours after they got the message.",
    )
    lead_count = fields.Integer(
        "Leads",
        compute="_compute_answers",
        help="Leads made from the recipients' dialogues within 24 hours after they got "
        "the message.",
    )

    # === COMPUTES === #

    def _compute_counts(self):
        counts = {}
        for broadcast, state, count in self.env[
            "helpcrunch.broadcast.recipient"
        ]._read_group(
            [("broadcast_id", "in", self.ids)], ["broadcast_id", "state"], ["__count"]
        ):
            counts.setdefault(broadcast, {})[state] = count
        for broadcast in self:
            of_state = counts.get(broadcast, {})
            for state in ("pending", "sent", "failed", "skipped", "unknown"):
                broadcast[f"{state}_count"] = of_state.get(state, 0)
            total = sum(of_state.values())
            settled = total - broadcast.pending_count - broadcast.unknown_count
            broadcast.recipient_count = total
            broadcast.progress = 100 * settled / total if total else 100

    def _compute_reasons(self):
        recipients = self.env["helpcrunch.broadcast.recipient"]
        counts = recipients._read_group(
            [("broadcast_id", "in", self.ids), ("reason", "!=", False)],
            ["broadcast_id", "reason"],
            ["__count"],
            order="__count desc",
        )
        for broadcast in self:
            broadcast.reasons = "\n".join(
                f"{recipients._tell_reason(reason)}: {count}"
                for of, reason, count in counts
                if of == broadcast
            )

    def _compute_estimated_end(self):
        now = fields.Datetime.now()
        for broadcast in self:
            broadcast.estimated_end = False
            ready = broadcast._is_active() and broadcast._count_put_off(now)[1]
            if not ready:
                continue
            account = broadcast.account_id
            per_minute = budget.bulk_rate(
                account.requests_per_minute,
                account.broadcast_share,
                account.budget_ids._used_live(),
            )
            calls = broadcast._count_calls_ahead()
            begin = broadcast._get_quiet_end(now) or now
            broadcast.estimated_end = fields.Datetime.add(
                begin, minutes=calls / per_minute
            )

    def _count_calls_ahead(self):
        """Return how many calls there are until this broadcast is sent."""
        ahead = self.search(
            [
                ("account_id", "=", self.account_id.id),
                ("state", "in", ACTIVE_STATES),
                ("id", "<=", self.id),
            ]
        )
        return sum(
            row.pending_count * (1 + len(row.step_id.media_ids)) for row in ahead
        )

    @api.depends("name", "planned_at")
    def _compute_display_name(self):
        for broadcast in self:
            moment = broadcast.bot_id._format_moment(broadcast.planned_at)
            broadcast.display_name = f"{broadcast.name} ({moment})"

    def _compute_hint(self):
        now = fields.Datetime.now()
        for broadcast in self:
            is_open = broadcast._is_active() or broadcast.state == "paused"
            broadcast.hint = is_open and broadcast._find_hint(now)

    def _find_hint(self, now):
        """Return why nothing is sent just now, if there is a reason."""
        if not self.bot_id._serves() or not self.step_id.active:
            return self.env._(
                "Its bot is not live, or its step is archived or deleted."
            )
        if self.state == "paused":
            return False
        if self.account_id.state != "connected" or not self.account_id.active:
            return self.env._(
                "Messenger “%(messenger)s” is not connected; the broadcast goes on "
                "when it is.",
                messenger=self.account_id.name,
            )
        if quiet_end := self._get_quiet_end(now):
            return self.env._(
                "The bot has quiet hours until %(moment)s.",
                moment=self.bot_id._format_moment(quiet_end),
            )
        if self._waits_for_earlier():
            return self.env._("The former run of this step is not finished yet.")
        busy, ready = self._count_put_off(now)
        if busy and not ready:
            return self.env._(
                "%(number)s recipients are with an operator; they are tried again "
                "until the day ends.",
                number=busy,
            )
        return False

    def _count_put_off(self, now):
        """Return how many wait for a time of their own, and how many for nothing."""
        waiting = self.env["helpcrunch.broadcast.recipient"].search_count(
            [
                ("broadcast_id", "=", self.id),
                ("state", "=", "pending"),
                ("not_before", ">", now),
            ]
        )
        return waiting, self.pending_count - waiting

    # === BUSINESS METHODS === #

    def _get_quiet_end(self, now):
        """Return when the quiet hours end that it has to keep now, or None."""
        return None if self.at_once else self.bot_id._get_quiet_end(now)

    @api.model
    def _domain_schedule(self, step):
        """Return what is true of the runs of a schedule: each waits for the former.

        Of a step that something else starts too, those are no runs of the schedule.
        """
        # None, if the step was deleted.
        return [("step_id", "in", step.ids), ("kind", "=", "schedule")]

    def _waits_for_earlier(self):
        """Tell whether somebody could get an earlier run of the same step now."""
        if self.kind != "schedule":
            return False
        earlier = self.search(
            [
                *self._domain_schedule(self.step_id),
                ("state", "in", ACTIVE_STATES),
                ("id", "<", self.id),
            ],
        )
        ready = [
            ("broadcast_id", "in", earlier.ids),
            ("state", "=", "pending"),
            "|",
            ("not_before", "=", False),
            ("not_before", "<=", fields.Datetime.now()),
        ]
        recipients = self.env["helpcrunch.broadcast.recipient"]
        return bool(earlier) and bool(recipients.search_count(ready, limit=1))

    @api.model
    def _dispatch_soon(self):
        """Have somebody look what to send as soon as this transaction commits."""
        self.env["helpcrunch.event"]._submit_after_commit(
            broadcasts.dispatch_broadcasts, bulk=True
        )

    def _is_active(self):
        return self.state in ACTIVE_STATES

    # === ACTIONS === #

    def _for_orders(self):
        """Return the broadcasts with the rights to do what somebody orders."""
        self.check_access("read")
        # sudo: helpcrunch.broadcast - only managers see them; written by nobody by hand
        return self.sudo()

    def action_pause(self):
        """Send nothing more until somebody resumes it."""
        active_sudo = self._for_orders().filtered(lambda row: row._is_active())
        active_sudo.state = "paused"
        active_sudo._recall(_lt("The broadcast was paused."))

    def action_resume(self):
        """Go on where it was paused.

        :raise UserError: if its bot is archived or not live
        """
        paused_sudo = self._for_orders().filtered(lambda row: row.state == "paused")
        for broadcast in paused_sudo:
            broadcast._check_can_go_on()
            broadcast.state = "running" if broadcast.started_at else "planned"
        self._dispatch_soon()

    def _check_can_go_on(self):
        if not self.bot_id._serves() or not self.step_id.active:
            raise UserError(
                self.env._(
                    "“%(broadcast)s” cannot go on: its bot is not live, or its step is "
                    "archived or deleted.",
                    broadcast=self.name,
                ),
            )

    def action_cancel(self):
        """Send nothing more, for good; who has not got it is skipped."""
        unfinished_sudo = self._for_orders().filtered(
            lambda row: row._is_active() or row.state == "paused"
        )
        unfinished_sudo.write({"state": "cancelled", "done_at": fields.Datetime.now()})
        unfinished_sudo._recall(_lt("The broadcast was cancelled."))
        unfinished_sudo._skip_waiting("cancelled")

    def _skip_waiting(self, reason):
        """Skip whoever waits; in one statement, there may be tens of thousands."""
        if not self.ids:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_broadcast_recipient recipient
                   SET state = 'skipped', reason = %s, queued = FALSE
                 WHERE broadcast_id IN %s AND state = 'pending'
                   AND NOT EXISTS (SELECT FROM helpcrunch_message
                                    WHERE recipient_id = recipient.id)
                """,
                reason,
                tuple(self.ids),
            ),
            log_exceptions=False,
        )
        self.env["helpcrunch.broadcast.recipient"].invalidate_model()

    def action_retry_failed(self):
        """Try those again whom the message did not reach.

        :raise UserError: if its bot is archived or not live
        """
        for broadcast in self._for_orders().filtered(
            lambda row: row._is_active() or row.state == "done"
        ):
            broadcast._check_can_go_on()
            broadcast._find_in_state("failed")._try_again()
            broadcast._reopen()
        self.env["helpcrunch.outbox"]._send_soon()
        self._dispatch_soon()

    def _find_in_state(self, state):
        return self.env["helpcrunch.broadcast.recipient"].search(
            [("broadcast_id", "in", self.ids), ("state", "=", state)]
        )

    def _reopen(self):
        """Look again after broadcasts that were done, if somebody waits again."""
        done = self.filtered(lambda row: row.state == "done")
        done.filtered(lambda row: row._find_in_state("pending")).write(
            {"state": "running", "done_at": False}
        )

    def action_resolve_unknown(self):
        """Look in HelpCrunch now whether the messages with unknown outcome are there.

        It happens by itself too, after a while.
        """
        unknown_sudo = self._for_orders()._find_in_state("unknown")
        outbox = self.env["helpcrunch.outbox"]
        # sudo: helpcrunch.outbox - whoever may order it here need not see the calls
        outbox.sudo().search(
            [("chat_id", "in", unknown_sudo.chat_id.ids), ("state", "=", "unknown")]
        ).not_before = False
        outbox._send_soon()
        self._dispatch_soon()

    def action_view_recipients(self):
        """Open the recipients, those of one state if a button says so."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_broadcast_recipient_action"
        )
        domain = [("broadcast_id", "=", self.id)]
        if state := self.env.context.get("helpcrunch_recipient_state"):
            domain.append(("state", "=", state))
        if self.env.context.get("helpcrunch_answered"):
            domain.append(("answered_at", "!=", False))
        return {**action, "domain": domain, "context": {}}

    @api.model
    def _get_list_action(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_broadcast_action"
        )
        return {**action, "domain": domain, "context": {}}

    def _recall(self, reason):
        """Take back the messages that are not on their way yet.

        A message of several parts whose first part has gone goes to its end. Writes
        every row that was handed out: a turn that is at one of them clashes.
        """
        under_way = self.env["helpcrunch.broadcast.recipient"].search(
            [
                ("broadcast_id", "in", self.ids),
                ("state", "=", "pending"),
                ("queued", "=", True),
            ],
        )
        under_way.filtered(
            lambda row: not row.message_ids or row._take_back(reason)
        )._start_again()

    # === PLANNING === #

    @api.model
    def _cron_broadcasts(self):
        """Let schedules run whose moment has come, and send what is to be sent."""
        dbname = self.env.cr.dbname
        for step_id in self._find_due_steps():
            broadcasts.run_schedule(dbname, step_id)
        broadcasts.dispatch_broadcasts(dbname, everything=True)

    @api.model
    def _find_due_steps(self):
        """Return the ids of schedule steps whose next run has come.

        A schedule of an archived messenger or bot, or of one that is not live, rests; a
        run that came meanwhile is skipped when it is back.
        """
        return (
            self.env["helpcrunch.step"]
            .search(
                [
                    ("step_type", "=", "schedule"),
                    ("schedule_state", "=", "planned"),
                    ("next_run", "<=", fields.Datetime.now()),
                    ("bot_id.active", "=", True),
                    ("bot_id.live", "=", True),
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
            bot = step.bot_id._for_administrator()
            bot._tell_administrator(
                bot.env._("A schedule cannot run: %(step)s", step=step.name),
                bot.env._(
                    "It is tried again every minute. Open the step and save it: what "
                    "is wrong is told there. (%(error)s)",
                    error=error,
                ),
            )

    @api.model
    def _run_step(self, step_id):
        """Let a step run if its moment has come, and move it on to the next run.

        In one transaction: a crash leaves either nothing or all of it. Whoever comes at
        the same moment finds the step locked, or clashes on it. Missed runs become one.
        Plain SQL: a clash is no error to be logged, as Odoo's own lock does.
        """
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM helpcrunch_step
                 WHERE id = %s AND active AND schedule_state = 'planned'
                   AND next_run <= %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                step_id,
                now,
            ),
            log_exceptions=False,
        )
        for step in self.env["helpcrunch.step"].browse(
            row[0] for row in self.env.cr.fetchall()
        ):
            # One that is sent and one that waits for it are enough; and who sets the
            # clock back does not get the same run again.
            has_run = self.search_count(
                [*self._domain_schedule(step), ("planned_at", "=", step.next_run)],
                limit=1,
            )
            vals = step._get_next(now)
            if not has_run and self._count_active(step) < 2:
                self._plan(step, step.next_run)
                vals["executed_at"] = now
            step._write_clock(vals)

    @api.model
    def _plan(self, step, moment):
        """Make a broadcast of a schedule step, with all its recipients.

        In one transaction; the recipients are one statement. A second broadcast of the
        same step and moment is refused by the database.

        :return: the broadcast
        """
        bot = step.bot_id
        broadcast = self.create(
            {
                "name": step.name,
                "step_id": step.id,
                "bot_id": bot.id,
                "account_id": bot.account_id.id,
                "company_id": bot.company_id.id,
                "planned_at": moment,
            },
        )
        self.env["helpcrunch.broadcast.recipient"]._insert_for(broadcast)
        broadcast._dispatch_soon()
        return broadcast

    @api.model
    def _count_active(self, step):
        """Return how many broadcasts of a step are to be sent or being sent."""
        return self.search_count(
            [*self._domain_schedule(step), ("state", "in", ACTIVE_STATES)]
        )

    # === WHAT CAME OF IT === #

    def _compute_answers(self):
        """Count in the database: a broadcast may have ten thousand recipients."""
        found = {}
        if self.ids:
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    """
                    SELECT recipient.broadcast_id,
                           count(DISTINCT recipient.id)
                               FILTER (WHERE recipient.answered_at IS NOT NULL),
                           count(DISTINCT lead.id)
                      FROM helpcrunch_broadcast_recipient recipient
                 LEFT JOIN crm_lead lead ON %s
                     WHERE recipient.broadcast_id IN %s
                  GROUP BY recipient.broadcast_id
                    """,
                    LEAD_OF_RECIPIENT,
                    tuple(self.ids),
                ),
            )
            found = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for broadcast in self:
            broadcast.answered_count, broadcast.lead_count = found.get(
                broadcast.id, (0, 0)
            )

    def action_view_leads(self):
        """Open the leads that came of it; joined by time, which no domain can."""
        self.ensure_one()
        self.check_access("read")
        self.env.cr.execute(
            SQL(
                """
                SELECT lead.id FROM helpcrunch_broadcast_recipient recipient
                  JOIN crm_lead lead ON %s
                 WHERE recipient.broadcast_id = %s
                """,
                LEAD_OF_RECIPIENT,
                self.id,
            ),
        )
        found = [("id", "in", [row[0] for row in self.env.cr.fetchall()])]
        leads = self.env["crm.lead"].with_context(active_test=False).search(found)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leads"),
            "res_model": "crm.lead",
            "view_mode": "list,form",
            "domain": [("id", "in", leads.ids)],
            "context": {"active_test": False, "create": False},
        }

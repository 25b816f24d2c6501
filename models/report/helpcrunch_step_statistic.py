from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import schedule

# What follows an entry within so many hours belongs to it.
_HOURS = 24
# Turns may come late: after a failure, or when HelpCrunch was not to be reached.
_LATE_DAYS = 3
# The codes of the trace (dialogue/trace.py) that count.
_ENTERED = ("enter", "broadcast")
# Passed by: a way leads through it, but nothing happens there.
_PASSED = ("filter", "archived")
_BY_WORDS = ("alias", "alias_here", "step_name", "operator_word")
_ANSWERED = ("answer", "choice", "skipped", "login_goes_on", *_BY_WORDS)
_INVALID = ("invalid", "no_answer", "fallback", "login_again")
_FAILED = ("failed", "refused")
# Nobody is waited for: the flow is at its end, or a person has the dialogue.
_ENDED = ("rest", "queued", "operator", "takeover")

# A visit begins where a dialogue enters a step and ends where it enters the next one.
# Everything is counted on the day, and at the step, of the entry. Materialized, or the
# planner, who knows nothing of new steps, reads all of it once for each of them.
_VISITS = """
    WITH line AS (
        SELECT event.chat_id, event.occurred_at, line.code, line.step_id,
               event.event_type = 'message.chat.customer' AS is_customer,
               count(*) FILTER (WHERE line.code IN %(visited)s) OVER (
                   PARTITION BY event.chat_id
                   ORDER BY event.occurred_at, event.position, event.id, line.place
               ) AS number
          FROM helpcrunch_event event
     LEFT JOIN LATERAL (
                   SELECT row.place, row.value ->> 'code' AS code,
                          (row.value ->> 'step')::integer AS step_id
                     FROM jsonb_array_elements(
                              CASE WHEN jsonb_typeof(event.trace) = 'array'
                                   THEN event.trace END
                          ) WITH ORDINALITY AS row (value, place)) line ON TRUE
         WHERE event.account_id = %(account)s AND event.chat_id IS NOT NULL
           AND event.received_at >= %(received_from)s
           AND event.received_at < %(received_until)s
           AND event.occurred_at >= %(start)s
           AND event.occurred_at < %(end)s + %(seconds)s
    ), dated AS (
        SELECT line.*,
               min(occurred_at) OVER (PARTITION BY chat_id, number) AS entered_at
          FROM line
         WHERE number > 0
    ), visit AS (
        SELECT chat_id, number, entered_at,
               max(step_id) FILTER (WHERE code IN %(visited)s) AS step_id,
               COALESCE(bool_or(code IN %(entered)s), FALSE) AS entered,
               min(occurred_at) FILTER (WHERE code IN %(answered)s) - entered_at
                   AS seconds,
               count(*) FILTER (WHERE code IN %(invalid)s) AS invalid,
               COALESCE(bool_or(code IN %(failed)s), FALSE) AS failed,
               COALESCE(bool_or(code IN %(ended)s), FALSE) AS ended,
               bool_or(is_customer AND occurred_at > entered_at) AS spoke
          FROM dated
         WHERE occurred_at <= entered_at + %(seconds)s
      GROUP BY chat_id, number, entered_at
    ), followed AS MATERIALIZED (
        SELECT visit.*,
               lead(step_id) OVER chat AS next_id,
               lead(entered_at) OVER chat AS next_at
          FROM visit
        WINDOW chat AS (PARTITION BY chat_id ORDER BY number)
    ), counted AS (
        SELECT step.id AS step_id, step.bot_id, step.company_id, followed.entered,
               followed.seconds, followed.invalid, followed.failed, followed.spoke,
               -- A menu rests, but waits for the words that count only there.
               followed.ended AND NOT EXISTS (
                   SELECT FROM helpcrunch_step_alias alias
                    WHERE alias.scope_step_id = step.id) AS ended,
               CASE WHEN followed.next_at <= followed.entered_at + %(seconds)s
                    THEN followed.next_id END AS next_id
          FROM followed
          JOIN helpcrunch_step step ON step.id = followed.step_id
         WHERE step.bot_id = %(bot)s
           AND followed.entered_at >= %(start)s AND followed.entered_at < %(end)s
    )
"""
_INSERT = """
    INSERT INTO helpcrunch_step_statistic (
           step_id, bot_id, company_id, day, entered, passed_by, went_on, answered,
           invalid, failed, left_here, answer_times, median_seconds, followed)
    SELECT step_id, bot_id, company_id, %(day)s, count(*) FILTER (WHERE entered),
           count(*) FILTER (WHERE NOT entered), count(next_id) FILTER (WHERE entered),
           count(seconds) FILTER (WHERE entered), sum(invalid),
           count(*) FILTER (WHERE failed),
           count(*) FILTER (WHERE entered AND next_id IS NULL AND NOT spoke
                              AND NOT ended),
           COALESCE(jsonb_agg(round(seconds))
                        FILTER (WHERE entered AND seconds IS NOT NULL), '[]'),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY round(seconds))
                        FILTER (WHERE entered),
           (SELECT jsonb_object_agg(arrow.next_id, arrow.times) FROM (
                SELECT next_id, count(*) AS times FROM counted other
                 WHERE other.step_id = counted.step_id AND next_id IS NOT NULL
              GROUP BY next_id) arrow)
      FROM counted
  GROUP BY step_id, bot_id, company_id
"""


class HelpcrunchStepStatistic(models.Model):
    """What happened at a step on a day of its bot, added up from the events.

    Written by plain SQL once a night, so that it costs turns nothing, and outlives the
    events. Adding up twice gives the same.
    """

    _name = "helpcrunch.step.statistic"
    _description = "HelpCrunch Step Statistic"
    _order = "day desc, step_id, id"
    _rec_name = "step_id"
    _log_access = False

    step_id = fields.Many2one(
        "helpcrunch.step", required=True, readonly=True, ondelete="cascade"
    )
    bot_id = fields.Many2one(
        "helpcrunch.bot", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    day = fields.Date(
        required=True,
        readonly=True,
        help="In the bot's time zone: the day on which the step was entered.",
    )
    entered = fields.Integer(readonly=True, help="How often dialogues came here.")
    passed_by = fields.Integer(
        "Passed by",
        readonly=True,
        help="How often the contact did not fit the filter, or the step was archived.",
    )
    went_on = fields.Integer(
        "Went on",
        readonly=True,
        help="Dialogues that came to another step within 24 hours.",
    )
    answered = fields.Integer(
        readonly=True,
        help="Within 24 hours: by an answer, by words that lead to another step, or by "
        "skipping the question.",
    )
    invalid = fields.Integer(
        readonly=True, help="Texts that were no answer, or that fitted nothing."
    )
    failed = fields.Integer(
        "Gave up",
        readonly=True,
        help="Dialogues in which the step gave up, or could not do its work.",
    )
    left_here = fields.Integer(
        "Left here",
        readonly=True,
        help="Dialogues that waited for the customer here, who wrote nothing more "
        "within 24 hours. Where nothing follows, or a person took over, nobody has "
        "left.",
    )
    # Seconds to each answer, for a median of several days.
    answer_times = fields.Json(readonly=True)
    median_seconds = fields.Float(
        "Median Time to the Answer (seconds)",
        readonly=True,
        aggregator="avg",
        help="Half of the answers came sooner.",
    )
    # How often which step came next: {step id: times}.
    followed = fields.Json(readonly=True)

    _step_day_unique = models.UniqueIndex("(step_id, day)")
    _bot_day_idx = models.Index("(bot_id, day)")

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Return the median of all answers, which no mean of medians is."""
        if aggregate_spec != "median_seconds:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            """(SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY row.value::float)
                  FROM jsonb_path_query(
                           jsonb_agg(%(times)s) FILTER (WHERE %(times)s IS NOT NULL),
                           '$[*][*]'
                       ) AS row (value))""",
            times=self._field_to_sql(self._table, "answer_times", query),
        )

    def action_open(self):
        """Open the step."""
        self.ensure_one()
        self.check_access("read")
        return self.step_id.action_open()

    # === ADDING UP === #

    @api.model
    def _cron_add_up(self):
        """Add up each day of each bot that is not final yet."""
        bots = self.env["helpcrunch.bot"].with_context(active_test=False)
        work = [
            (bot, day)
            for bot in bots.search(fields.Domain.TRUE)
            for day in bot._find_days_to_add_up()
        ]
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(work))
        busy = bots.browse()
        for bot, day in work:
            # One day after the other: the last that is final stands for those before.
            if bot not in busy and not self._add_up(bot, day):
                busy |= bot
            if not cron._commit_progress(1):
                break

    @api.model
    def _add_up(self, bot, day):
        """Count one day of one bot, whether it has been counted before or not.

        :param date day: in the bot's time zone
        :return: whether it was; not while somebody else adds up or publishes the bot
        :rtype: bool
        """
        midnights = [
            schedule.to_utc(datetime.combine(date, time.min), bot.tz)
            for date in (day, day + timedelta(days=1))
        ]
        start, end = (moment.replace(tzinfo=UTC).timestamp() for moment in midnights)
        values = {
            "account": bot.account_id.id,
            "bot": bot.id,
            "day": day,
            "start": start,
            "end": end,
            "seconds": _HOURS * 3600,
            "received_from": midnights[0] - timedelta(hours=1),
            "received_until": midnights[1] + timedelta(hours=_HOURS, days=_LATE_DAYS),
            "visited": _ENTERED + _PASSED,
            "entered": _ENTERED,
            "answered": _ANSWERED,
            "invalid": _INVALID,
            "failed": _FAILED,
            "ended": _ENDED,
        }
        self.env.flush_all()
        if not bot.try_lock_for_update(allow_referencing=True):
            return False
        self.env.cr.execute(
            SQL(
                "DELETE FROM helpcrunch_step_statistic WHERE bot_id = %s AND day = %s",
                bot.id,
                day,
            )
        )
        # Plain SQL: a month has hundreds of thousands of lines.
        self.env.cr.execute(SQL(_VISITS + _INSERT, **values))
        self.invalidate_model()
        bot._note_added_up(day)
        return True

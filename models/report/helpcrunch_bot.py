"""A bot's figures: which days are added up, and what the picture shows of them."""

from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...tools import schedule

# A day is final when what follows an entry can have happened.
_FINAL_AFTER_DAYS = 2
_PICTURE_DAYS = 30
# Of one bot, while somebody waits for its figures.
_DAYS_AT_ONCE = 7


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    statistics_until = fields.Date(
        readonly=True, copy=False, help="The last day whose figures are final."
    )

    def _get_today(self):
        return schedule.to_local(fields.Datetime.now(), self.tz).date()

    def _find_days_to_add_up(self):
        """Return the days that are not final yet, the oldest first, today the last.

        :rtype: list[date]
        """
        today = self._get_today()
        day = self.statistics_until and self.statistics_until + timedelta(days=1)
        if not day:
            # sudo: helpcrunch.event - when the first one came that this bot can have
            events_sudo = self.env["helpcrunch.event"].sudo()
            domain = [
                ("account_id", "=", self.account_id.id),
                ("received_at", ">=", self.create_date),
            ]
            first = events_sudo.search(domain, order="received_at", limit=1)
            since = first.received_at or fields.Datetime.now()
            day = schedule.to_local(since, self.tz).date()
        return [
            day + timedelta(days=number) for number in range((today - day).days + 1)
        ]

    def _note_added_up(self, day):
        """Remember a day whose figures change no more."""
        final = self._get_today() - timedelta(days=_FINAL_AFTER_DAYS)
        if day <= final and (not self.statistics_until or day > self.statistics_until):
            self.statistics_until = day

    def action_view_statistics(self):
        """Open the figures of the bot's steps."""
        return self._open_statistics([("bot_id", "in", self.ids)], self.name)

    def _open_statistics(self, domain, name):
        self.ensure_one()
        self.check_access("write")
        self._add_up_now()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_step_statistic_action"
        )
        return {
            **action,
            "name": self.env._("Figures of “%(name)s”", name=name),
            "domain": domain,
        }

    def _add_up_now(self):
        """Add up the figures until this moment, unless it is more than a person waits.

        What has piled up is the next night's work, which begins at once then.
        """
        # sudo: helpcrunch.step.statistic - the figures are the machine's to write
        bot_sudo = self.sudo()
        statistics_sudo = bot_sudo.env["helpcrunch.step.statistic"]
        days = bot_sudo._find_days_to_add_up()
        if len(days) > _DAYS_AT_ONCE:
            self.env.ref("helpcrunch_chatbot.ir_cron_add_up")._trigger()
            return
        for day in days:
            if not statistics_sudo._add_up(bot_sudo, day):
                # Somebody else is at it; there are those of before.
                return

    # === IN THE PICTURE === #

    def get_picture(self):
        """Add how many came here, went on and left in the last 30 days.

        Steps get ``figures`` (``entered``, ``went_on``, ``left_here``; None: nobody
        came), edges ``times`` (None: nobody went there). The way between two steps is
        counted once, at the first edge that leads there.
        """
        picture = super().get_picture()
        since = self._get_today() - timedelta(days=_PICTURE_DAYS)
        figures = {
            step.id: dict(zip(("entered", "went_on", "left_here"), counts, strict=True))
            for step, *counts in self.env["helpcrunch.step.statistic"]._read_group(
                [
                    ("bot_id", "=", self.id),
                    ("day", ">", since),
                    ("entered", ">", 0),
                ],
                ["step_id"],
                ["entered:sum", "went_on:sum", "left_here:sum"],
            )
        }
        ways = self._count_ways(since)
        for step in picture["steps"]:
            step["figures"] = figures.get(step["id"])
        for edge in picture["edges"]:
            edge["times"] = ways.pop((edge["from"], edge["to"]), None)
        return picture

    def _count_ways(self, since):
        """Return how often dialogues went from a step to another.

        Plain SQL: the ways of a day are one value.

        :rtype: dict
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT step_id, way.key::integer, sum(way.value::integer)
                  FROM helpcrunch_step_statistic statistic
            CROSS JOIN jsonb_each_text(statistic.followed) way
                 WHERE bot_id = %s AND day > %s
              GROUP BY step_id, way.key
                """,
                self.id,
                since,
            )
        )
        return {(row[0], row[1]): int(row[2]) for row in self.env.cr.fetchall()}

"""A bot's part in broadcasts: quiet hours, and silence when it is archived."""

from odoo import fields, models
from odoo.tools import format_datetime

from ...tools import schedule


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    quiet_from = fields.Float(
        "Quiet from",
        help="No broadcast is sent between these hours, in the time zone of the bot; "
        "it goes on afterwards. The same hour twice: there are no quiet hours.",
    )
    quiet_to = fields.Float("Quiet until")
    broadcast_count = fields.Integer(
        "Number of Broadcasts",
        compute="_compute_broadcast_count",
        groups="helpcrunch_chatbot.group_manager",
    )

    _quiet_hours = models.Constraint(
        "CHECK(0 <= quiet_from AND quiet_from < 24 AND 0 <= quiet_to"
        " AND quiet_to < 24)",
        "Quiet hours lie between 00:00 and 23:59.",
    )

    def _compute_broadcast_count(self):
        counts = dict(
            self.env["helpcrunch.broadcast"]._read_group(
                [("bot_id", "in", self.ids)], ["bot_id"], ["__count"]
            ),
        )
        for bot in self:
            bot.broadcast_count = counts.get(bot, 0)

    def write(self, vals):
        clocks = ()
        if "tz" in vals:
            clocks = self.with_context(active_test=False).step_ids._read_clocks()
        result = super().write(vals)
        for step, clock in clocks:
            step._set_clock(*clock)
        if vals.get("active") or vals.get("live"):
            self.step_ids._skip_missed_runs()
        return result

    def action_view_broadcasts(self):
        self.ensure_one()
        self.env["helpcrunch.broadcast"].check_access("read")
        self.check_access("read")
        domain = [("bot_id", "=", self.id)]
        return self.env["helpcrunch.broadcast"]._get_list_action(domain)

    def _get_quiet_end(self, moment):
        """Return when the quiet hours end that a moment lies in, or None."""
        return schedule.quiet_until(
            moment, self.tz or "UTC", self.quiet_from, self.quiet_to
        )

    def _format_moment(self, moment):
        """Return a moment as people read it, in the time zone of the bot."""
        return format_datetime(self.env, moment, tz=self.tz or "UTC", dt_format="short")

    def _stop(self):
        # Before what waits is cancelled: who was to get it waits for the rest.
        self.env["helpcrunch.broadcast"].search(
            [("bot_id", "in", self.ids)]
        ).action_pause()
        return super()._stop()

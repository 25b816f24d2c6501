"""What a schedule step has to do with its broadcasts: who gets one, and "run now"."""

from odoo import api, fields, models
from odoo.exceptions import UserError

# Operators may look at a step; who gets broadcasts is not theirs.
_MANAGER = "helpcrunch_chatbot.group_manager"


class HelpcrunchStep(models.Model):
    _inherit = "helpcrunch.step"

    broadcast_ids = fields.One2many(
        "helpcrunch.broadcast", "step_id", "Broadcasts", groups=_MANAGER
    )
    broadcast_count = fields.Integer(
        "Number of Broadcasts", compute="_compute_broadcast_count", groups=_MANAGER
    )
    recipient_count = fields.Integer(
        "Recipients Now",
        compute="_compute_recipient_count",
        groups=_MANAGER,
        help="Contacts who would get the message if it went out now: they have a "
        "dialogue with this bot, fit the filter, are not blocked and want broadcasts.",
    )

    def _compute_broadcast_count(self):
        counts = dict(
            self.env["helpcrunch.broadcast"]._read_group(
                [("step_id", "in", self.ids)], ["step_id"], ["__count"]
            ),
        )
        for step in self:
            step.broadcast_count = counts.get(step, 0)

    @api.depends("step_type", "partner_domain", "bot_id")
    def _compute_recipient_count(self):
        for step in self:
            is_drawn = step.step_type == "schedule" and not (
                step._find_domain_problem() or step.filter_problem
            )
            step.recipient_count = is_drawn and self.env[
                "helpcrunch.broadcast.recipient"
            ]._count_for(step)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sending(self):
        sending = self.broadcast_ids.filtered(
            lambda row: row._is_active() and row.kind == "schedule"
        )
        if sending:
            raise UserError(
                self.env._(
                    "Step “%(step)s” cannot be deleted: broadcast “%(broadcast)s” is "
                    "still being sent. Cancel it first, or archive the step.",
                    step=sending[0].step_id.name,
                    broadcast=sending[0].display_name,
                ),
            )

    # === ACTIONS === #

    def action_run_now(self):
        """Send the step now to everybody who fits; the schedule stays as it is."""
        self.ensure_one()
        if not self.active or not self.bot_id.active:
            raise UserError(
                self.env._(
                    "“%(step)s” or its bot is archived, and an archived bot says "
                    "nothing. Unarchive it first.",
                    step=self.name,
                ),
            )
        if not self.bot_id.live:
            raise UserError(
                self.env._(
                    "Bot “%(bot)s” is not live and says nothing to anybody. Press Go "
                    "Live on the bot first.",
                    bot=self.bot_id.name,
                ),
            )
        self._find_recipients()
        now = fields.Datetime.now()
        # sudo: helpcrunch.broadcast - made by schedules only, never by hand
        broadcast = self.broadcast_ids.filtered(
            lambda row: row.planned_at == now and row.kind == "schedule"
        ) or self.env["helpcrunch.broadcast"].sudo()._plan(self, now)
        self._write_clock({"executed_at": now})
        return broadcast._get_records_action(context={})

    def action_view_broadcasts(self):
        self.ensure_one()
        self.env["helpcrunch.broadcast"].check_access("read")
        self.check_access("read")
        domain = [("step_id", "=", self.id)]
        return self.env["helpcrunch.broadcast"]._get_list_action(domain)

    def action_view_recipients(self):
        """Show who would get the message now."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Would Get “%(step)s” Now", step=self.name),
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": [("id", "in", self._find_recipients())],
            "context": {"create": False},
        }

    def _find_recipients(self):
        """Return the ids of the contacts who would get the message now.

        :raise UserError: if there are none, or if that told what one may not read
        """
        self.check_access("write")
        if problem := self.filter_problem:
            raise UserError(
                self.env._(
                    "Step “%(step)s”: %(problem)s", step=self.name, problem=problem
                ),
            )
        partner_ids = self.env["helpcrunch.broadcast.recipient"]._find_for(self)
        if not partner_ids:
            raise UserError(
                self.env._(
                    "Nobody would get “%(step)s”: no customer of the bot fits its "
                    "filter and wants broadcasts.",
                    step=self.name,
                ),
            )
        return partner_ids

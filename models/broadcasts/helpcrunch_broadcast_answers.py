"""What came of a broadcast: answers, and leads."""

from odoo import fields, models
from odoo.tools import SQL

# An answer or a lead counts as the broadcast's for so long.
ANSWER_HOURS = 24
_LEAD_OF_RECIPIENT = SQL(
    """
    lead.helpcrunch_chat_id = recipient.chat_id
    AND lead.create_date BETWEEN recipient.sent_at
        AND recipient.sent_at + %s * INTERVAL '1 hour'
    """,
    ANSWER_HOURS,
)


class HelpcrunchBroadcast(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.broadcast"

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
                    _LEAD_OF_RECIPIENT,
                    tuple(self.ids),
                ),
            )
            found = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for broadcast in self:
            broadcast.answered_count, broadcast.lead_count = found.get(
                broadcast.id, (0, 0)
            )

    def action_view_leads(self):
        self.ensure_one()
        self.check_access("read")
        self.env.cr.execute(
            SQL(
                """
                SELECT lead.id FROM helpcrunch_broadcast_recipient recipient
                  JOIN crm_lead lead ON %s
                 WHERE recipient.broadcast_id = %s
                """,
                _LEAD_OF_RECIPIENT,
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

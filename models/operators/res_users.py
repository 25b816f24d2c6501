from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_OPERATOR_GROUP = "helpcrunch_chatbot.group_operator"


class ResUsers(models.Model):
    _inherit = "res.users"

    helpcrunch_max_active_chats = fields.Integer(
        "HelpCrunch Dialogues at Once",
        help="No more active dialogues than this over all operator queues, if it is "
        "less than the queue allows. 0 = only the queue's limit.",
    )

    _helpcrunch_max_active_chats_not_negative = models.Constraint(
        "CHECK(helpcrunch_max_active_chats >= 0)",
        "The number of dialogues at once cannot be negative; 0 means no limit.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"active", "group_ids", "company_ids"}:
            self._release_helpcrunch_dialogues()
        if vals.keys() & {
            "active",
            "company_ids",
            "group_ids",
            "helpcrunch_max_active_chats",
        }:
            # sudo: helpcrunch.operator - queues of the users, only to look there again
            operators = self.env["helpcrunch.operator"].sudo()
            operators.search(Domain("user_id", "in", self.ids)).queue_id._wake()
        return result

    def unlink(self):
        """Let colleagues have the dialogues of whoever is deleted.

        A session forgets its user with the row, so it must be told before.
        """
        self._release_helpcrunch_dialogues(everybody=True)
        return super().unlink()

    def _release_helpcrunch_dialogues(self, everybody=False):
        """Let colleagues have the dialogues of those who are no operators any more.

        :param bool everybody: of all of these users
        """
        # sudo: helpcrunch.operator.session - whoever sends somebody away need not see
        # the dialogues
        sessions_sudo = self.env["helpcrunch.operator.session"].sudo()
        if everybody:
            active = [("user_id", "in", self.ids), ("state", "=", "active")]
            sessions_sudo.search(active)._release()
        else:
            sessions_sudo._release_gone(self.ids)

    @api.model
    def _get_helpcrunch_operator_sql(self, company):
        """Return :meth:`_is_helpcrunch_operator` as a condition on table ``users``.

        :param SQL company: the column with the company's id
        """
        groups = self.env["res.groups"]._get_group_definitions()
        group_id = groups.get_id(_OPERATOR_GROUP)
        return SQL(
            """(users.active
                AND EXISTS (SELECT FROM res_groups_users_rel role
                             WHERE role.uid = users.id AND role.gid = ANY(%s))
                AND EXISTS (SELECT FROM res_company_users_rel work
                             WHERE work.user_id = users.id AND work.cid = %s))""",
            [group_id, *groups.get_subset_ids([group_id])],
            company,
        )

    def _is_helpcrunch_operator(self, company):
        """Tell whether this person may have dialogues of a company, now.

        Whoever is archived, or has lost the role or the company, is gone: gets no
        dialogue, is not offered, and is not counted.
        """
        if not self:
            return False
        # sudo: res.users - what a colleague is, to know who may have a dialogue
        user_sudo = self.sudo()
        return (
            user_sudo.active
            and company in user_sudo.company_ids
            and user_sudo.has_group(_OPERATOR_GROUP)
        )

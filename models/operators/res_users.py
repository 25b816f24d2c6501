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
            "manual_im_status",
        }:
            # sudo: helpcrunch.operator - queues of the users, only to look there again
            operators = self.env["helpcrunch.operator"].sudo()
            operators.search(Domain("user_id", "in", self.ids)).queue_id._assign_soon()
        return result

    def _helpcrunch_came_online(self):
        """Look for dialogues for who has just opened Odoo, or is back at the desk.

        By cron: the process that knows of it holds the connections of all browsers,
        and does no other work.
        """
        # sudo: helpcrunch.chat - whether anybody waits for these people, no more
        chats_sudo = self.env["helpcrunch.chat"].sudo()
        if chats_sudo.search_count(
            [
                ("state", "=", "queued"),
                ("queue_id.only_online", "=", True),
                ("queue_id.operator_ids.user_id", "in", self.ids),
            ],
            limit=1,
        ):
            # sudo: ir.cron - it does what it does every minute
            cron_sudo = self.env.ref("helpcrunch_chatbot.ir_cron_operators").sudo()
            cron_sudo._trigger()

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
        # sudo: discuss.channel.member - and reads none of them; who takes a
        # role away is in no dialogue
        members_sudo = self.env["discuss.channel.member"].sudo()
        members_sudo.search(
            [
                ("partner_id", "in", self.sudo().partner_id.ids),
                ("channel_id.channel_type", "=", "helpcrunch"),
            ]
        )._drop_helpcrunch_outsiders()

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

    @api.model
    def _get_helpcrunch_online_sql(self):
        """Return, as a condition on table ``users``, whether they are online."""
        return SQL(
            """(users.manual_im_status IS NULL
                AND EXISTS (SELECT FROM mail_presence presence
                             WHERE presence.user_id = users.id
                               AND presence.status = 'online'))"""
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

    # === IN DISCUSS === #

    def _get_helpcrunch_refusal(self, company):
        """Return in words why these people may not be in a dialogue of a company.

        :return: a sentence, or None if one of them may
        """
        # sudo: res.users - only whether somebody is a colleague, and where
        users_sudo = self.sudo()
        colleagues = users_sudo.filtered(lambda user: user.active and not user.share)
        if not colleagues:
            return self.env._("Only colleagues can be in a dialogue with a customer.")
        operators = colleagues.filtered(
            lambda user: user.has_group("helpcrunch_chatbot.group_operator")
        )
        if not operators:
            return self.env._(
                "%(user)s has no part in dialogues with customers: that takes the role "
                "HelpCrunch / Operator, which an administrator gives.",
                user=colleagues[0].name,
            )
        if not company:
            return self.env._(
                "Dialogues with customers are made and changed by the bot."
            )
        if not operators.filtered(lambda user: company in user.company_ids):
            # sudo: res.company - the name of another company, for who has its address
            return self.env._(
                "%(user)s does not work in %(company)s, whose customer this is.",
                user=operators[0].name,
                company=company.sudo().name,
            )
        return None

    def _can_open(self, record):
        """Tell whether this person may follow a link to a record."""
        return bool(self and record.with_user(self).has_access("read"))

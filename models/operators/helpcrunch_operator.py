from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

# Odoo's numbers of colours: who is free is seen at a glance.
# None is 0: cards leave tags of that colour out.
_COLORS = {"free": 10, "busy": 3, "away": 2, "offline": 8, "gone": 1}
# What Odoo says of a colleague in Discuss; "busy" there is "do not disturb".
_PRESENCES = {"online": "online", "offline": "offline", False: "offline"}


class HelpcrunchOperator(models.Model):
    """One person in one queue."""

    _name = "helpcrunch.operator"
    _inherit = "helpcrunch.guarded"
    _description = "HelpCrunch Operator"
    _order = "sequence, id"
    _rec_name = "user_id"
    _check_company_auto = True

    queue_id = fields.Many2one(
        "helpcrunch.operator.queue",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="queue_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('share', '=', False)]",
        help="The person who answers in Odoo Discuss.",
    )
    login_date = fields.Datetime(
        related="user_id.login_date",
        string="Last Login",
    )
    agent_id = fields.Many2one(
        "helpcrunch.agent",
        "HelpCrunch Agent",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        domain="[('is_bot', '=', False)]",
        help="Who this person is in HelpCrunch. Dialogues are assigned to this agent "
        "there too. Without one, answers are written as the bot's agent.",
    )
    public_name = fields.Char(
        "Name for Customers",
        help="What customers are told: “Olena, delivery”. Empty: the user's name.",
    )
    available = fields.Boolean(
        default=True,
        help="Off: no new dialogues come, those under way stay.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    # Written with microseconds in SQL: the rotation is exact within a second too.
    last_assigned_at = fields.Datetime("Last Assigned", readonly=True, copy=False)
    session_ids = fields.One2many(
        "helpcrunch.operator.session", "operator_id", "Sessions"
    )
    active_chat_count = fields.Integer(
        "Active Dialogues", compute="_compute_active_chat_count"
    )
    max_active_chats = fields.Integer(related="queue_id.max_active_chats")
    is_full = fields.Boolean("At the Limit", compute="_compute_is_full")
    is_free = fields.Boolean("Free", compute="_compute_is_free")
    state = fields.Selection(
        [
            ("free", "Free"),
            ("busy", "Busy"),
            ("away", "Away"),
            ("offline", "Offline"),
            ("gone", "Gone"),
        ],
        "Now",
        compute="_compute_is_free",
    )
    presence = fields.Selection(
        [("online", "Online"), ("away", "Away"), ("offline", "Offline")],
        "In Odoo",
        compute="_compute_presence",
        help="Whether Odoo is open in this person's browser: away after half an hour "
        "without a key or a click, or when she says so in Discuss.",
    )
    is_gone = fields.Boolean(
        "Gone",
        compute="_compute_is_gone",
        search="_search_is_gone",
        help="Is archived, or has lost the role or the company: gets no dialogues.",
    )
    can_switch = fields.Boolean(compute="_compute_can_switch")
    color = fields.Integer(compute="_compute_is_free")

    _once_per_queue = models.Constraint(
        "UNIQUE(queue_id, user_id)",
        "This person is in the queue already.",
    )

    @api.depends("user_id", "queue_id")
    def _compute_active_chat_count(self):
        """Count a person's dialogues in the queue, whichever row they came by."""
        counts = self._count_sessions(self.user_id.ids, ["user_id", "queue_id"])
        for operator in self:
            key = (operator.user_id.id, operator.queue_id._origin.id)
            operator.active_chat_count = counts.get(key, 0)

    def _count_sessions(self, user_ids, groupby):
        """Return ``{(id, ...): number of active sessions}`` of users."""
        # sudo: helpcrunch.operator.session - a number, whoever's sessions they are
        rows = (
            self.env["helpcrunch.operator.session"]
            .sudo()
            ._read_group(
                [("user_id", "in", user_ids), ("state", "=", "active")],
                groupby,
                ["__count"],
            )
        )
        return {tuple(record.id for record in row): count for *row, count in rows}

    @api.depends("user_id", "company_id")
    def _compute_is_gone(self):
        for operator in self:
            operator.is_gone = not operator.user_id._is_helpcrunch_operator(
                operator.company_id
            )

    @api.model
    def _search_is_gone(self, operator, value):
        if operator != "in":
            return NotImplemented
        users = self.env["res.users"]
        users.flush_model(["active", "company_ids", "group_ids"])
        query = SQL(
            """(SELECT row.id FROM helpcrunch_operator row
                  JOIN res_users users ON users.id = row.user_id
                 WHERE NOT %s)""",
            users._get_helpcrunch_operator_sql(SQL("row.company_id")),
        )
        return [("id", "in" if True in value else "not in", query)]

    @api.depends("user_id")
    def _compute_presence(self):
        for operator in self:
            status = operator.user_id.im_status
            operator.presence = _PRESENCES.get(status, "away")

    def _is_missed(self):
        """Tell whether the queue is for who is online only, and this person is not.

        Whoever has a HelpCrunch agent may answer in HelpCrunch's inbox, of which Odoo
        does not know who has it open.
        """
        return (
            self.queue_id.only_online
            and not self.agent_id
            and self.presence != "online"
        )

    @api.depends("user_id", "queue_id.max_active_chats")
    def _compute_is_full(self):
        # sudo: res.users - a colleague's own limit over all queues
        users_sudo = self.user_id.sudo().filtered("helpcrunch_max_active_chats")
        totals = self._count_sessions(users_sudo.ids, ["user_id"]) if users_sudo else {}
        limits = {user.id: user.helpcrunch_max_active_chats for user in users_sudo}
        for operator in self:
            user_id = operator.user_id.id
            operator.is_full = (
                operator.active_chat_count >= operator.queue_id.max_active_chats
                or (user_id in limits and totals.get((user_id,), 0) >= limits[user_id])
            )

    @api.depends("available", "agent_id", "queue_id.only_online", "is_full", "is_gone")
    def _compute_is_free(self):
        for operator in self:
            if operator.is_gone:
                operator.state = "gone"
            elif not operator.available:
                operator.state = "away"
            elif operator._is_missed():
                operator.state = operator.presence
            else:
                operator.state = "busy" if operator.is_full else "free"
            operator.is_free = operator.state == "free"
            operator.color = _COLORS[operator.state]

    @api.depends_context("uid")
    @api.depends("user_id")
    def _compute_can_switch(self):
        is_manager = self.env.user.has_group("helpcrunch_chatbot.group_manager")
        for operator in self:
            operator.can_switch = is_manager or operator.user_id == self.env.user

    @api.constrains("user_id", "queue_id")
    def _check_user(self):
        for operator in self:
            # sudo: res.users - companies and groups of a colleague, to judge the form
            user_sudo = operator.user_id.sudo()
            if operator.company_id not in user_sudo.company_ids:
                raise ValidationError(
                    self.env._(
                        "“%(user)s” does not work in company “%(company)s” of queue "
                        "“%(queue)s”.",
                        user=user_sudo.name,
                        company=operator.company_id.name,
                        queue=operator.queue_id.name,
                    ),
                )
            if user_sudo.share:
                raise ValidationError(
                    self.env._(
                        "“%(user)s” is no colleague, and cannot answer customers.",
                        user=user_sudo.name,
                    ),
                )

    @api.model_create_multi
    def create(self, vals_list):
        operators = super().create(vals_list)
        operators._grant_role()
        operators.queue_id._assign_soon()
        return operators

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self._grant_role()
        if vals.keys() & {"agent_id", "available", "active", "queue_id", "user_id"}:
            self.queue_id._assign_soon()
            self._tell_availability()
        return result

    def _tell_availability(self):
        """Let each of these people see, in every tab, whether dialogues come to them,
        and whoever looks at the list who is there.
        """
        for user in self.user_id:
            state = self.with_user(user)._describe_my_desk() or {"available": False}
            user._bus_send("helpcrunch.availability", state)
        if self:
            group = self.env.ref("helpcrunch_chatbot.group_operator")
            group._bus_send("helpcrunch.operators", {})

    def _grant_role(self):
        """Give the role of an operator to whoever is put into a queue.

        It lets them see their own dialogues, which they are about to get.
        """
        # sudo: res.users - the app's administrator decides who answers customers
        users_sudo = self.user_id.sudo()
        group = self.env.ref("helpcrunch_chatbot.group_operator")
        newcomers = users_sudo.filtered(lambda user: group not in user.all_group_ids)
        newcomers.write({"group_ids": [fields.Command.link(group.id)]})

    # === ACTIONS === #

    def action_toggle_available(self):
        """Come online or go away, in this queue; everybody for themselves."""
        for operator in self:
            if not operator.can_switch:
                raise AccessError(
                    self.env._("Only %(user)s may do that.", user=operator.user_id.name)
                )
            # sudo: helpcrunch.operator - checked above; operators may write no more
            operator.sudo().available = not operator.available
        return True

    @api.model
    def set_my_availability(self, available):
        """Come online or go away, in all queues of the current user.

        :param bool available: whether new dialogues may come
        :return: ``{"available": bool}``
        :rtype: dict
        """
        mine_sudo = self._sudo_mine()
        changed = mine_sudo.filtered(lambda row: row.available != bool(available))
        changed.available = bool(available)
        return mine_sudo._get_availability()

    @api.model
    def _describe_my_desk(self):
        """Return what the top bar shows: whether new dialogues may come, and whether
        that takes being online; None for who is no operator.

        :rtype: dict | None
        """
        mine_sudo = self._sudo_mine()
        state = mine_sudo._get_availability()
        only_online = all(mine_sudo.queue_id.mapped("only_online"))
        return state and {**state, "only_online": only_online}

    @api.model
    def _sudo_mine(self):
        """Return the current user's rows in all queues, none without the role."""
        if not self.env.user.has_group("helpcrunch_chatbot.group_operator"):
            return self.browse()
        # sudo: helpcrunch.operator - the user's own rows, and for that switch only
        return self.sudo().search([("user_id", "=", self.env.uid)])

    def _get_availability(self):
        """Return ``{"available": bool}`` of one person's rows, None without any."""
        return {"available": any(self.mapped("available"))} if self else None

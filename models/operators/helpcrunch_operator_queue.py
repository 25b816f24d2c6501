from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...jobs import operators
from ...tools import marks, placeholders

# What the texts of a queue may ask for beside what a step's text may.
_PLACEHOLDERS = ("position", "operator", "queue")
# What may make room for somebody who waits.
_OPENING = {"max_active_chats", "calendar_id", "operator_ids", "only_online", "active"}


class HelpcrunchOperatorQueue(models.Model):
    """The consulting chat: a group of operators, its limits, timers and texts.

    How a waiting dialogue finds its operator stands in
    ``helpcrunch_operator_queue_assignment.py``.
    """

    _name = "helpcrunch.operator.queue"
    _inherit = "helpcrunch.spoken"
    _description = "HelpCrunch Operator Queue"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    operator_ids = fields.One2many("helpcrunch.operator", "queue_id", "Operators")
    max_active_chats = fields.Integer(
        "Active Chats per Operator",
        default=5,
        required=True,
        help="No operator gets a new dialogue while having so many.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="Outside of these hours nobody is assigned. Empty: at any time.",
    )
    max_wait_minutes = fields.Integer(
        "Maximum Waiting Time (minutes)",
        help="When the customer has not answered the operator for so long, the message "
        "beside is sent, once. 0 = never.",
    )
    max_wait_message = fields.Text(
        "Message after the Maximum Waiting Time",
        translate=True,
        default=lambda self: self.env._(
            "Are you still there? We will end the conversation if you do not answer."
        ),
        help="Empty: nothing is said.",
    )
    end_minutes = fields.Integer(
        "Time to End the Dialogue (minutes)",
        help="When the customer has not answered the operator for so long, counted "
        "from the operator's last word too, the operator's dialogue ends and the bot "
        "goes on. 0 = never.",
    )
    end_message = fields.Text(
        "Message at the End",
        translate=True,
        help="Said when the operator's dialogue ends. Empty: nothing is said.",
    )
    only_online = fields.Boolean(
        "Only Who Is Online",
        help="Who has no browser with Odoo open, or was away for half an hour, gets no "
        "new dialogue, unless there is a HelpCrunch agent to answer in its inbox. Off: "
        "the switch of each operator alone decides.",
    )
    operator_silence_minutes = fields.Integer(
        "Hand on after Silence (minutes)",
        help="When the operator has not answered the customer for so long, the next "
        "free operator gets the dialogue. 0 = never.",
    )
    queue_message = fields.Text(
        "Message in the Queue",
        translate=True,
        default=lambda self: self.env._(
            "All operators are busy. You are number {{ position }} in the queue."
        ),
        help="Said to whoever has to wait. You may use {{ position }} and {{ queue }}. "
        "Empty: nothing is said.",
    )
    absent_message = fields.Text(
        "Message when Nobody Is There",
        translate=True,
        default=lambda self: self._default_absent_message(),
        help="Said instead of the message in the queue when every operator is away or "
        "offline. You may use {{ position }} and {{ queue }}. Empty: the message in "
        "the queue.",
    )
    closed_message = fields.Text(
        "Message outside of Working Hours",
        translate=True,
        default=lambda self: self.env._(
            "We are not at work now. We will answer you here as soon as we are back."
        ),
        help="Said instead of the message in the queue. Empty: nothing is said.",
    )
    queue_timeout = fields.Integer(
        "Longest Wait in the Queue (minutes)",
        help="Whoever waits longer for an operator goes on to the step's “go to”. "
        "0 = waits for ever.",
    )
    joined_message = fields.Text(
        "Message when an Operator Joins",
        translate=True,
        default=lambda self: self.env._("{{ operator }} has joined the conversation."),
        help="You may use {{ operator }} and {{ queue }}. Empty: nothing is said.",
    )
    # Written by whoever assigns: the row is the lock, and a lock must be written.
    assignment_count = fields.Integer("Assignments", default=0, readonly=True)
    step_ids = fields.One2many("helpcrunch.step", "queue_id", "Steps")
    available_count = fields.Integer("Free Operators", compute="_compute_counts")
    operator_count = fields.Integer("Number of Operators", compute="_compute_counts")
    active_chat_count = fields.Integer("Active Dialogues", compute="_compute_counts")
    waiting_count = fields.Integer("Customers Waiting", compute="_compute_counts")
    waiting_since = fields.Datetime("Longest Waiting Since", compute="_compute_counts")
    is_open = fields.Boolean("Open Now", compute="_compute_is_open")

    _max_active_positive = models.Constraint(
        "CHECK(max_active_chats > 0)",
        "An operator needs room for at least one active chat.",
    )
    _minutes_not_negative = models.Constraint(
        "CHECK(max_wait_minutes >= 0 AND end_minutes >= 0"
        " AND operator_silence_minutes >= 0 AND queue_timeout >= 0)",
        "Times cannot be negative; 0 means never.",
    )

    @api.model
    def _default_absent_message(self):
        """Only queues for who is online, as the form makes them, begin with one."""
        if not self.env.context.get("default_only_online"):
            return False
        return self.env._(
            "Nobody of us is here right now. We will answer you here as soon as "
            "somebody is back."
        )

    def _compute_counts(self):
        # sudo: helpcrunch.chat - how many wait is no secret of their dialogues
        waiting = {
            queue.id: (count, since)
            for queue, count, since in self.env["helpcrunch.chat"]
            .sudo()
            ._read_group(
                [("queue_id", "in", self.ids), ("state", "=", "queued")],
                ["queue_id"],
                ["__count", "queued_at:min"],
            )
        }
        for queue in self:
            operators = queue.operator_ids.filtered(lambda row: not row.is_gone)
            queue.operator_count = len(operators)
            queue.active_chat_count = sum(operators.mapped("active_chat_count"))
            free = operators.filtered("is_free") if queue.is_open else ()
            queue.available_count = len(free)
            count, since = waiting.get(queue.id, (0, False))
            queue.waiting_count = count
            queue.waiting_since = since

    @api.depends("calendar_id")
    def _compute_is_open(self):
        for queue in self:
            queue.is_open = queue._is_open()

    @api.constrains("max_wait_minutes", "end_minutes")
    def _check_minutes(self):
        for queue in self:
            if queue.end_minutes and queue.end_minutes <= queue.max_wait_minutes:
                raise ValidationError(
                    self.env._(
                        "Queue “%(queue)s”: the dialogue ends after %(end)s minutes, "
                        "before the message that is sent after %(wait)s. Make the "
                        "time to end the dialogue longer.",
                        queue=queue.name,
                        end=queue.end_minutes,
                        wait=queue.max_wait_minutes,
                    ),
                )

    @api.constrains(lambda self: self._get_text_fields())
    def _check_placeholders(self):
        is_known = self.env["helpcrunch.chat"]._is_placeholder
        for queue in self:
            for name in self._get_text_fields():
                problems = placeholders.find_problems(
                    queue[name], lambda word: word in _PLACEHOLDERS or is_known(word)
                )
                if problems:
                    raise ValidationError(
                        self.env._(
                            "Queue “%(queue)s”: nobody knows what to put in place of "
                            "%(placeholder)s.",
                            queue=queue.name,
                            placeholder=problems[0],
                        ),
                    )

    @api.model
    def _get_text_fields(self):
        """Return the fields that customers read."""
        return [
            "max_wait_message",
            "end_message",
            "queue_message",
            "absent_message",
            "closed_message",
            "joined_message",
        ]

    def _get_source_lang(self):
        """The language of the bots that lead here, else the maker's."""
        # sudo: helpcrunch.step - a manager of this company need not see those bots
        languages = self.sudo().step_ids.bot_id.language_id
        if len(languages) == 1:
            return languages.code
        # sudo: res.users - in which language a colleague works
        return self.sudo().create_uid.lang or super()._get_source_lang()

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & _OPENING:
            # Room for somebody who waits, perhaps.
            self._assign_soon()
        if vals.get("active") is False:
            self._send_waiting_on()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        for queue in self:
            sessions = self.env["helpcrunch.operator.session"].search_count(
                [("queue_id", "=", queue.id), ("state", "=", "active")], limit=1
            )
            if queue.waiting_count or sessions:
                raise ValidationError(
                    self.env._(
                        "Queue “%(queue)s” cannot be deleted: customers are in it. "
                        "Archive the queue instead.",
                        queue=queue.name,
                    ),
                )
            step = queue.with_context(active_test=False).step_ids[:1]
            if step:
                raise ValidationError(
                    self.env._(
                        "Queue “%(queue)s” cannot be deleted: step “%(step)s” of bot "
                        "“%(bot)s” leads to it. Archive the queue instead.",
                        queue=queue.name,
                        step=step.name,
                        bot=step.bot_id.name,
                    ),
                )

    # === ACTIONS === #

    def action_view_waiting(self):
        """List the dialogues that wait in this queue."""
        self.check_access("read")
        return self._list_chats(
            self.env._("Waiting: %(queue)s", queue=self.name),
            [("queue_id", "=", self.id), ("state", "=", "queued")],
        )

    def action_view_active(self):
        """List the dialogues that operators of this queue have."""
        self.check_access("read")
        return self._list_chats(
            self.env._("With an operator: %(queue)s", queue=self.name),
            [
                ("session_ids", "any", [("queue_id", "=", self.id)]),
                ("state", "in", ("operator", "paused")),
            ],
        )

    def _list_chats(self, name, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_chat_action"
        )
        return {**action, "name": name, "domain": domain, "context": {}}

    # === BUSINESS METHODS === #

    def _is_open(self):
        """Tell whether it is within the working hours now."""
        self.ensure_one()
        return self._is_within(self.calendar_id, self.company_id)

    @api.model
    def _is_within(self, calendar, company):
        """Tell whether it is within some working hours now; without any it always is.

        :param calendar: a ``resource.calendar``, which may be empty
        :param company: whose public holidays count, beside those of no company
        """
        if not calendar:
            return True
        moment = self.env.context.get("helpcrunch_now")
        now = moment.at if isinstance(moment, marks.Moment) else fields.Datetime.now()
        # sudo: resource.calendar - hours of a queue, asked for customers
        hours = calendar.sudo()._work_intervals_batch(
            fields.Datetime.context_timestamp(self, now),
            fields.Datetime.context_timestamp(
                self, fields.Datetime.add(now, seconds=1)
            ),
            domain=[
                ("time_type", "=", "leave"),
                ("company_id", "in", (False, company.id)),
            ],
        )
        return bool(list(hours[False]))

    def _assign_soon(self):
        """Look for operators for whoever waits, as soon as this is committed."""
        for queue in self:
            self.env["helpcrunch.event"]._submit_after_commit(
                operators.assign_waiting, queue.id
            )

    def _find_at_work(self):
        """Return whose turn may come in this queue, now or when they have room."""
        return self.operator_ids.filtered(lambda row: row.state in ("free", "busy"))

    def _send_waiting_on(self):
        """Let those who wait go on with the flow: nobody will come for them."""
        waiting = self.env["helpcrunch.chat"].search(
            [("queue_id", "in", self.ids), ("state", "=", "queued")]
        )
        for chat in waiting:
            chat._store_own_event("operator.timeout")

    def _count_ahead(self, chat):
        """Return how many customers wait before this one.

        Plain SQL: by microseconds, which a domain does not keep.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*) FROM helpcrunch_chat
                 WHERE queue_id = %s AND state = 'queued'
                   AND (queued_at, id) < (%s, %s)
                """,
                self.id,
                chat.queued_at,
                chat.id,
            ),
        )
        return self.env.cr.fetchone()[0]

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...tools import matching, placeholders
from ..messenger.reader import for_reader, get_staff_langs
from ..script.helpcrunch_step import WAIT
from . import trace

# Who owns a dialogue in these states is a person; the bot only writes down.
HUMAN_STATES = ("operator", "queued", "paused")
# So many lines does the form show, and so many turns the view Why?.
_SHOWN_MESSAGES = 100
_SHOWN_TURNS = 50


class HelpcrunchChat(models.Model):
    """One HelpCrunch chat.

    Here are its fields, its form and the verbs that steps use: ``_say…``,
    ``_keep_answer``, ``_count_attempt``, ``_trace``. How a dialogue begins and what
    each event does stands in ``helpcrunch_chat_events.py``, how the bot walks its steps
    in ``turn.py``.
    """

    _name = "helpcrunch.chat"
    _inherit = "helpcrunch.remote"
    _description = "HelpCrunch Dialogue"
    _order = "last_message_at desc, id desc"
    _rec_names_search = ["external_id", "partner_id.name"]

    bot_id = fields.Many2one(
        "helpcrunch.bot", index="btree_not_null", ondelete="restrict"
    )
    application_id = fields.Many2one(
        "helpcrunch.application", "Channel", index="btree_not_null", ondelete="set null"
    )
    customer_id = fields.Many2one(
        "helpcrunch.customer", index="btree_not_null", ondelete="set null"
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", index="btree_not_null", ondelete="set null"
    )
    user_id = fields.Many2one(
        "res.users",
        "Operator",
        index="btree_not_null",
        ondelete="set null",
        help="The person in charge of this dialogue.",
    )
    state = fields.Selection(
        [
            ("bot", "Bot"),
            ("queued", "Waiting for an operator"),
            ("operator", "Operator"),
            ("paused", "Paused"),
            ("done", "Done"),
        ],
        required=True,
        default="bot",
        readonly=True,
        help="Who answers the customer.",
    )
    step_id = fields.Many2one(
        "helpcrunch.step",
        "Stands at",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    waiting = fields.Boolean("Waits for an Answer", readonly=True)
    answer = fields.Text("Last Answer", readonly=True)
    start_payload = fields.Char(
        "Came by Link",
        readonly=True,
        help="What the link that the customer followed carries: /start promo42.",
    )
    attempts = fields.Integer(default=0, readonly=True)
    misses = fields.Integer(default=0, readonly=True)
    variables = fields.Json("Answers", readonly=True)
    started_at = fields.Datetime("Began", readonly=True)
    last_customer_message_at = fields.Datetime("Customer's Last Message", readonly=True)
    last_message_at = fields.Datetime("Last Message", readonly=True)
    unread = fields.Integer(
        "Unanswered",
        default=0,
        readonly=True,
        help="Customer's messages since the last answer.",
    )
    turn_count = fields.Integer(default=0, readonly=True)
    question_message_id = fields.Many2one(
        "helpcrunch.message", index="btree_not_null", ondelete="set null", readonly=True
    )
    message_ids = fields.One2many("helpcrunch.message", "chat_id", "Messages")
    # What the form lists: a page of ten thousand lines would carry all their ids.
    last_message_ids = fields.One2many(
        "helpcrunch.message",
        string="Last Messages",
        compute="_compute_last_message_ids",
    )
    event_ids = fields.One2many("helpcrunch.event", "chat_id", "Events")
    lead_ids = fields.One2many("crm.lead", "helpcrunch_chat_id", "Leads")
    merged_lead_id = fields.Many2one(
        "crm.lead",
        "Merged into Opportunity",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        help="The opportunity that a lead of this dialogue was merged into.",
    )
    lead_count = fields.Integer(compute="_compute_lead_count")
    inbox_url = fields.Char("HelpCrunch Inbox", compute="_compute_inbox_url")
    transcript = fields.Html(compute="_compute_transcript", sanitize=False)
    why = fields.Html("Why?", compute="_compute_why", sanitize=False)

    def unlink(self):
        """Take along what was said, wherever it was written down.

        Messages and calls go with the row, in the database.
        """
        self.env["helpcrunch.event"]._forget(self, "chat_external_id")
        # sudo: discuss.channel - what was said in Discuss goes too, whoever was there
        self.sudo().discuss_channel_ids.unlink()
        self.with_context(active_test=False).lead_ids._erase_helpcrunch_conversation()
        self.merged_lead_id._cut_helpcrunch_conversation()
        return super().unlink()

    @api.depends("partner_id.name", "application_id.name", "external_id")
    @api.depends_context("uid")
    def _compute_display_name(self):
        # Odoo shows the name of what a field leads to as the superuser, so that the
        # name itself has to know who asks.
        mine = self.sudo(False)._filtered_access("read")
        # sudo: res.partner - a contact may have moved to a company out of sight; who
        # sees the dialogue may know with whom it is
        for chat in self:
            parts = (chat.sudo().partner_id.name, chat.sudo().application_id.name)
            name = " · ".join(filter(None, parts)) if chat in mine else ""
            chat.display_name = name or chat.external_id

    def _compute_lead_count(self):
        crm = self.env["crm.lead"].with_context(active_test=False)
        if not crm.has_access("read"):
            self.lead_count = 0
            return
        counts = dict(
            crm._read_group(
                [("helpcrunch_chat_id", "in", self.ids)],
                ["helpcrunch_chat_id"],
                ["__count"],
            ),
        )
        for chat in self:
            merged = chat.merged_lead_id
            chat.lead_count = counts.get(chat, 0) + bool(
                merged and merged.helpcrunch_chat_id != chat
            )

    @api.depends("external_id", "account_id.organization_domain")
    def _compute_inbox_url(self):
        for chat in self:
            domain = chat.account_id.organization_domain
            # Seen in C-bridge (helpcrunch-api.md 5).
            chat.inbox_url = domain and (
                f"https://{domain}.helpcrunch.com/inbox/chats/{chat.external_id}"
            )

    def _compute_transcript(self):
        for chat in self:
            messages = chat._get_last_messages()
            chat.transcript = self.env["ir.qweb"]._render(
                "helpcrunch_chatbot.transcript",
                {
                    "messages": messages,
                    "reasons": messages._get_waiting_reasons(),
                    "limit": _SHOWN_MESSAGES,
                    "format_time": lambda at: format_datetime(self.env, at),
                },
            )

    def _compute_last_message_ids(self):
        for chat in self:
            chat.last_message_ids = chat._get_last_messages()[::-1]

    def _get_last_messages(self):
        """Return the newest messages, oldest first."""
        messages = self.env["helpcrunch.message"].search(
            [("chat_id", "=", self.id)], limit=_SHOWN_MESSAGES
        )
        return messages._in_order()

    def _compute_why(self):
        for chat in self:
            events = self.env["helpcrunch.event"].search(
                [("chat_id", "=", chat.id), ("state", "!=", "ignored")],
                limit=_SHOWN_TURNS,
            )
            chat.why = self.env["ir.qweb"]._render(
                "helpcrunch_chatbot.why",
                {
                    "turns": [(event, trace.explain(event)) for event in events],
                    "format_time": lambda at: format_datetime(self.env, at),
                },
            )

    # === ACTIONS === #

    def _check_may_speak(self):
        """Let nobody but its operator and administrators speak in a dialogue.

        :raise UserError: for everybody else, those who had it before too
        """
        self.check_access("read")
        for chat in self:
            if not (self.env.su or chat._may_speak()):
                raise UserError(
                    self.env._(
                        "Dialogue “%(dialogue)s” is not yours any more. Ask who has "
                        "it, or an administrator of HelpCrunch.",
                        dialogue=chat.display_name,
                    ),
                )

    def _may_speak(self):
        """Tell whether the user has the dialogue, or is an administrator of the app."""
        return self.user_id == self.env.user or self.env.user.has_group(
            "helpcrunch_chatbot.group_manager"
        )

    def action_assign(self):
        """Ask to whom the dialogue is to be given."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_chat_assign_action"
        )
        return {**action, "context": {"default_chat_id": self.id}}

    def action_open_discuss(self):
        """Open the dialogue in Discuss, for who has it."""
        self.ensure_one()
        self.check_access("read")
        # sudo: discuss.channel - only whether one is there, and who is in it
        channel = self.sudo().discuss_channel_ids
        if self.env.user.partner_id not in channel.channel_partner_ids:
            raise UserError(
                self.env._("Only the operator of the dialogue has it in Discuss.")
            )
        # What is not in the list does not open: another conversation would.
        channel.with_env(self.env).channel_pin(pinned=True)
        return {
            "type": "ir.actions.client",
            "tag": "mail.action_discuss",
            "context": {"active_id": f"discuss.channel_{channel.id}"},
        }

    def action_view_leads(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leads"),
            "res_model": "crm.lead",
            "view_mode": "list,form",
            "domain": [
                "|",
                ("helpcrunch_chat_id", "=", self.id),
                ("id", "=", self.merged_lead_id.id),
            ],
            "context": {"active_test": False, "create": False},
        }

    def action_view_messages(self):
        """Open every message of the dialogue, page by page."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_message_action"
        )
        action["domain"] = [("chat_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_open(self):
        """Open the dialogue on a page of its own."""
        self.ensure_one()
        self.check_access("read")
        return self._get_records_action(context={})

    def action_open_inbox(self):
        self.ensure_one()
        self.check_access("read")
        if not self.inbox_url:
            raise UserError(
                self.env._("Connect the messenger first, to know where its inbox is.")
            )
        return {"type": "ir.actions.act_url", "url": self.inbox_url, "target": "new"}

    # === VERBS FOR STEPS === #

    def _for_staff(self, user=None):
        """Return the dialogue as a colleague reads it, or staff at large."""
        return for_reader(self, user, *get_staff_langs(self.bot_id, self.company_id))

    def _step(self, step_id):
        """Return a step in the language of this dialogue."""
        return self.env["helpcrunch.step"].browse(step_id)

    def _get_compiled(self):
        """Return the bot as plain data."""
        return self._turn.compiled

    def _say(self, text, step=None):
        """Say a text to the customer when the turn is committed."""
        self._turn.say(text, step)

    def _ask(self, text, step):
        """Ask the next question of a step that asks several.

        What was written before it was there is no answer to it, and its attempts are
        counted anew.
        """
        self.attempts = 0
        self._turn.ask(text, step)

    def _say_step(self, step):
        """Say a step's text, then show its media in order."""
        self._turn.say(step._get_text(), step, secret=step._get_secret(self))
        if step.id not in self._get_compiled().showing_ids:
            return
        for media in step.media_ids:
            url = media._get_url()
            markdown = f"![]({url})" if media.media_type == "image" else f"<{url}>"
            self._turn.say(url, step, markdown)

    def _keep_answer(self, step, text):
        """Remember the customer's answer to a step."""
        text = text.strip()
        self.write(
            {
                "answer": text,
                "variables": {**(self.variables or {}), step.code: text},
            },
        )

    def _ensure_partner(self):
        """Return the dialogue's contact, made anew if somebody deleted it."""
        if not self.partner_id:
            self.partner_id = self.customer_id._ensure_partner()
        return self.partner_id

    def _count_attempt(self, step, reason=None, failed_step=None):
        """Count an answer that will not do; return where that leads.

        One message, the step's own or else the question again; none on the last
        attempt, after which the dialogue goes on elsewhere (spec 4.4).

        :param str reason: what is said instead, if there is more to say
        :param failed_step: where it goes on, if not where the step says for its type
        """
        self.attempts += 1
        self._trace("invalid", step=step, number=self.attempts)
        if self.attempts >= max(step.max_attempts, 1):
            self._trace("failed", step=step)
            return failed_step or step.failed_step_id or step.next_step_id
        self._say(reason or step.invalid_message or step._get_text(), step)
        return WAIT

    def _ask_again(self, step):
        """Ask the question again after something that is no answer at all."""
        self._trace("no_answer", step=step)
        self._say(step._get_text(), step)
        return WAIT

    def _trace(self, code, **values):
        """Write down for the *Why?* view what was decided."""
        self._turn.note(code, **values)

    @api.model
    def _get_trace_sentences(self):
        """Return ``{code: sentence}`` of the *Why?* view; an addon adds its own.

        A sentence may hold ``%(step)s``, ``%(text)s`` and ``%(number)s``.
        """
        return trace.get_sentences(self.env)

    # === PLACEHOLDERS === #

    @api.model
    def _is_placeholder(self, name):
        """Tell whether a text may ask for this name."""
        if name.startswith("partner."):
            partner = self.env["res.partner"]
            return partner._helpcrunch_is_askable(name.removeprefix("partner."))
        return name in ("answer", "chat.id", "bot.name", "channel", "start_payload")

    def _fill_placeholders(self, text, values=None):
        if "{{" not in text:
            return text
        values = values or {}
        return placeholders.fill(
            text, lambda name: values.get(name) or self._get_placeholder(name)
        )

    def _get_placeholder(self, name):
        if not name or not self._is_placeholder(name):
            return ""
        if name.startswith("partner."):
            return self.partner_id._helpcrunch_tell(name.removeprefix("partner."))
        return {
            "answer": self.answer,
            "start_payload": self.start_payload or "",
            "chat.id": self.external_id,
            "bot.name": self.bot_id.name,
            "channel": self.application_id.name,
        }[name]

    # === OPT-OUT === #

    def _hear_opt_out(self, text, is_past=False):
        """Take a customer's wish about broadcasts, whoever has the dialogue.

        An open question stays open: nothing is asked, nobody is led anywhere.

        :param bool is_past: it was answered long ago: nothing is said to it, and only
            who wanted no broadcasts is believed
        :return: whether the text was nothing but that wish
        """
        if not self.bot_id or not self.customer_id:
            return False
        phrase, compiled = matching.normalize(text), self._turn.compiled
        if phrase in compiled.opt_out_words:
            self.customer_id.opt_out = True
            if not is_past:
                self._confirm_wish("opt_out")
            return True
        if (
            is_past
            or phrase not in compiled.opt_in_words
            or not self.customer_id.opt_out
        ):
            return False
        self.customer_id.opt_out = False
        self._confirm_wish("opt_in")
        return not compiled.match_phrase(phrase, self.step_id.id)

    def _confirm_wish(self, name):
        """Write the wish down, and say so where the bot has the word."""
        self._trace(name)
        bot = self.bot_id
        if self.state in ("bot", "done") and bot._serves():
            self._say(bot[f"{name}_message"])

"""What an operator orders with a slash: ``/lead``, ``/close``, ``/transfer`` …

Typed in Discuss, or in HelpCrunch as a message or a private note. The answer is for
staff only: a line in Discuss, a private note in HelpCrunch.
"""

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.fields import Domain

from ...jobs import dialogues
from ...tools import matching
from ...tools.commands import parse_command
from ..dialogue.turn import ignore

# A lead's title longer than this is no title.
_TITLE_LIMIT = 200


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    @api.model
    def _get_commands(self):
        """Return the names of the commands; each has a method ``_command_<name>``."""
        return (
            "lead",
            "close",
            "transfer",
            "tag",
            "untag",
            "snooze",
            "pause",
            "resume",
            "help",
        )

    @api.model
    def _parse_command(self, text):
        """Return ``(name, argument)`` of an order, None for anything else."""
        return parse_command(text, self._get_commands())

    def _on_operator_command(self, event):
        """Do what an operator ordered in Discuss, or anybody with a button."""
        user = self.env["res.users"].browse(event.payload.get("user") or []).exists()
        command = self._parse_command(event.payload.get("text"))
        if not command:
            return ignore("not_used")
        session = self._get_session()
        text, record = self._run_command(
            *command,
            user,
            self._get_target(event),
            event.payload.get("reason"),
        )
        # Who has it now was told of the hand-over already.
        if not session or self._get_session() == session:
            self._tell_staff(text, record)
        return None

    def _run_command_of_agent(self, event, agent):
        """Do what an agent ordered in HelpCrunch; True if it was an order.

        What HelpBot or a mass message says is none.
        """
        command = self._parse_command(event.message_text())
        if not command or not agent or agent.is_bot or event.broadcast_type():
            return False
        text, record = self._run_command(*command, agent.user_id)
        can_open = record and (not agent.user_id or agent.user_id._can_open(record))
        url = can_open and f"{self.get_base_url()}/odoo/{record._name}/{record.id}"
        self._turn.call("note", text=f"{text} {url}" if url else text)
        self._tell_staff(text, record)
        return True

    def _run_command(self, name, argument, user, target=None, reason=None):
        """Do what was ordered.

        :param user: who ordered it; an empty user is an agent unknown to Odoo
        :param target: the record that was chosen instead of typing its name
        :param str reason: why it is handed over to the target
        :return: what to tell staff, and the record that it is about (or None)
        :rtype: tuple
        """
        self._trace("command", text=f"/{name} {argument}".strip())
        staff = self._for_staff(user)
        if target:
            return staff._transfer_to(target, user, reason, is_chosen=True), None
        return getattr(staff, f"_command_{name}")(argument, user)

    def _get_target(self, event):
        """Return the queue or operator that was chosen in the window, or None."""
        for model, key in (
            ("helpcrunch.operator", "operator"),
            ("helpcrunch.operator.queue", "queue"),
        ):
            target = self.env[model].browse(event.payload.get(key) or []).exists()
            if target:
                return target
        return None

    def _command_help(self, argument, user):
        return self._get_command_help(), None

    @api.model
    def _get_command_help(self):
        return self.env._(
            "/lead title: create a lead\n"
            "/close: end the dialogue\n"
            "/transfer queue or operator: hand it over; /transfer Sales: why\n"
            "/tag name, /untag name: what it is about\n"
            "/snooze minutes: put it aside, or until the customer writes\n"
            "/pause: stop the timers and keep the bot silent\n"
            "/resume: give the dialogue back to the bot"
        )

    def _command_close(self, argument, user):
        if self.state == "done":
            return self.env._("The dialogue is closed already."), None
        self._turn.chat._finish("operator", close=True)
        return self.env._("The dialogue was ended."), None

    def _command_resume(self, argument, user):
        if self.state not in ("operator", "queued", "paused"):
            return self.env._("The bot has the dialogue already."), None
        self._turn.chat._finish("operator", resume=True)
        return self.env._("The bot has the dialogue again."), None

    def _command_pause(self, argument, user):
        if self.state == "done":
            return self.env._("The dialogue is closed already."), None
        self._pause()
        return self.env._(
            "Paused: the bot is silent and no timer runs. Write to the customer to go "
            "on yourself; /resume gives the dialogue back to the bot."
        ), None

    def _command_transfer(self, argument, user):
        argument, found, reason = self._read_transfer(argument)
        if not found and argument:
            found = self._find_transfer_targets(argument, is_gone=True)
        if len(found) != 1:
            known = found or self._find_transfer_targets("")
            names = ", ".join(target.display_name for target in known)
            return self.env._(
                "To whom? /transfer and one of: %(names)s.", names=names or "-"
            ), None
        return self._transfer_to(found[0], user, reason), None

    def _read_transfer(self, argument):
        """Return the name that was typed, whom it means, and why: "Sales: a refund"."""
        found = self._find_transfer_targets(argument) if argument else []
        if found or ":" not in argument:
            return argument, found, ""
        name, reason = argument.split(":", 1)
        name = name.strip()
        return name, name and self._find_transfer_targets(name), reason.strip()

    def _transfer_to(self, target, user, reason="", is_chosen=False):
        """Give the dialogue to a queue or an operator; return what to tell staff.

        :param user: who hands it over
        :param str reason: a note for whoever gets it
        :param bool is_chosen: from a window that offered whoever was there
        """
        name = target.display_name
        if self.state == "done":
            return self.env._("The dialogue is closed already.")
        # The one who orders reads the answer; the customer has another language.
        chat = self._turn.chat
        if target._name == "helpcrunch.operator":
            if target.is_gone:
                if is_chosen:
                    # Has gone in between: whoever's turn it is there.
                    chat._transfer(target.queue_id)
                return self.env._("%(user)s is no operator any more.", user=name)
            if target.user_id == self._get_session().user_id:
                return self.env._("%(user)s has the dialogue already.", user=name)
            if target.state in ("away", "offline"):
                return self.env._("%(user)s is away.", user=name)
            self._note_reason(name, user, reason)
            chat._transfer(target.queue_id, target)
        else:
            if not target.active:
                return self.env._("Queue “%(name)s” is archived.", name=name)
            if (
                target._find_at_work().user_id
                == self._get_session().user_id
                != user.browse()
            ):
                return self.env._(
                    "Nobody else of “%(name)s” is there now, so the dialogue stays.",
                    name=name,
                )
            self._note_reason(name, user, reason)
            chat._transfer(target)
        return self.env._("Handed over to %(name)s.", name=name)

    def _note_reason(self, name, user, reason):
        if reason:
            text = self.env._("For %(name)s: %(reason)s", name=name, reason=reason)
            self._turn.chat._keep_note(user, text)

    def _find_transfer_targets(self, text, is_gone=False):
        """Return the queues and operators a text means: equal names, else beginnings.

        :param bool is_gone: look among those who are no operators any more
        :rtype: list of records
        """
        company = [("company_id", "=", self.company_id.id)]
        queues = self.env["helpcrunch.operator.queue"]
        if not is_gone:
            queues = queues.search(company)
        operators = self.env["helpcrunch.operator"].search(
            [*company, ("is_gone", "=", is_gone)]
        )
        mine = self._get_session().user_id
        # One person may work in several queues: the dialogue's own comes first.
        people = {}
        for operator in operators.sorted(lambda row: row.queue_id != self.queue_id):
            if operator.user_id != mine:
                people.setdefault(operator.user_id, operator)
        named = [(queue.name, queue) for queue in queues]
        named += [(user.name, operator) for user, operator in people.items()]
        wanted = matching.normalize(text)
        equal = [row for name, row in named if matching.normalize(name) == wanted]
        return equal or [
            row for name, row in named if matching.normalize(name).startswith(wanted)
        ]

    def _command_lead(self, argument, user):
        lead, is_new = self._get_or_make_lead(argument, user)
        if is_new:
            kind = (
                self.env._("Opportunity")
                if lead.type == "opportunity"
                else self.env._("Lead")
            )
            text = self.env._(
                "%(kind)s created: %(name)s", kind=kind, name=lead.display_name
            )
        else:
            text = self.env._(
                "There is a lead already: %(name)s", name=lead.display_name
            )
        return text, lead

    def _get_or_make_lead(self, title="", user=None):
        """Return the lead of this session, made now if there is none (manual 7.1-7.4).

        With an operator connected the messenger decides whether it is a lead or an
        opportunity, else the bot's step. Team, tags and salesperson are the step's.

        :return: the lead, and whether it is new
        :rtype: tuple
        """
        # Who has paused the bot has the dialogue still, and its lead with it.
        session = self._get_session()
        existing = self._find_ordered_lead(session)
        if existing:
            return existing, False
        # The lead tells the whole conversation, this turn's lines included.
        self._turn.flush()
        self._turn.discuss_changed = True
        step = self._find_passed_lead_step()
        vals = {"helpcrunch_session_id": session.id}
        if title:
            vals["name"] = title[:_TITLE_LIMIT]
        if self.state == "operator":
            vals["type"] = self.account_id.helpcrunch_crm_type
        seller = self._find_seller(session, user)
        return step._make_lead(self, seller=seller, **vals), True

    def _find_seller(self, session, user):
        """Return whose lead it is, if the step names nobody: who has the dialogue, else
        who ordered it. Whoever is gone sells nothing.
        """
        for seller in filter(None, (session.user_id, user)):
            if seller.active and self.company_id in seller.company_ids:
                return seller
        return self.env["res.users"]

    def _find_ordered_lead(self, session):
        """Return the lead that was ordered before, in this session or without one."""
        domain = Domain("helpcrunch_chat_id", "=", self.id)
        if session:
            domain &= Domain("helpcrunch_session_id", "=", session.id)
        else:
            began = self.started_at or fields.Datetime.to_datetime("1970-01-01")
            domain &= (
                Domain("helpcrunch_session_id", "=", False)
                & Domain("helpcrunch_turn", "in", (0, False))
                & Domain("create_date", ">=", began)
            )
        leads = self.env["crm.lead"].with_context(active_test=False)
        return leads.search(domain, limit=1, order="id desc") or self._get_merged_lead()

    def _get_merged_lead(self):
        """Return the opportunity that a lead was merged into, while it is going on."""
        merged = self.merged_lead_id
        return merged.filtered(lambda lead: lead.active and not lead.stage_id.is_won)

    def _find_passed_lead_step(self):
        """Return the lead step the dialogue passed last, else the bot's first one."""
        passed = (
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search(
                [
                    ("helpcrunch_chat_id", "=", self.id),
                    ("helpcrunch_turn", ">", 0),
                    ("helpcrunch_step_id.bot_id", "=", self.bot_id.id),
                ],
                order="helpcrunch_turn desc, id desc",
                limit=1,
            )
        )
        return passed.helpcrunch_step_id or self.bot_id._find_lead_step()

    def _tell_staff(self, text, record=None):
        """Answer an order in Discuss, where only staff reads it.

        Where the order closed the dialogue there, that was told already.
        """
        channel = self._get_discuss_channel()
        if not channel:
            return
        body = escape(text)
        # Those who read it may follow the link, or there is only the name.
        if record and channel.helpcrunch_session_id.user_id._can_open(record):
            link = Markup('<a href="/odoo/%s/%s">%s</a>') % (
                record._name,
                record.id,
                record.display_name,
            )
            body = body.replace(escape(record.display_name), link, 1)
        self._post_notification(body, channel)

    # === BUTTONS === #
    # The same events as commands with a slash: one path, so that a button pressed
    # twice, or beside a command, is one order after the other in the dialogue's lane,
    # and *Why?* tells of both in the same words.

    # === ACTIONS === #

    def action_pause(self):
        """Silence the bot in this dialogue until somebody returns it."""
        self._give_order("/pause")
        return True

    def action_return_to_bot(self):
        """Let the bot answer again, from where the dialogue stands."""
        self.filtered(
            lambda chat: chat.state in ("queued", "operator", "paused")
        )._give_order("/resume")
        return True

    def action_create_lead(self):
        """Make a lead from the dialogue, then open it."""
        self.ensure_one()
        self._give_order("/lead")
        return self._look_afterwards("helpcrunch_chatbot.helpcrunch_chat_action_lead")

    def _look_afterwards(self, xmlid):
        """Return a server action as the answer to a button.

        What was ordered is there when this transaction is committed, so it is looked
        for in a request of its own.
        """
        return {
            "type": "ir.actions.server",
            "id": self.env.ref(xmlid).id,
            "context": {
                "active_model": self._name,
                "active_id": self.id,
                "active_ids": self.ids,
            },
        }

    def _open_ordered_lead(self):
        """Return an action that shows the lead that was just ordered."""
        self.check_access("read")
        # sudo: helpcrunch.chat - the lead's name, for whoever ordered it
        chat_sudo = self.sudo()
        lead_sudo = chat_sudo._find_ordered_lead(chat_sudo._get_session())
        lead = lead_sudo.with_env(self.env)
        if lead and lead.has_access("read"):
            return lead._get_records_action(context={})
        message = (
            self.env._("Lead “%(name)s” was created.", name=lead_sudo.name)
            if lead
            else self.env._("The lead is being created.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message},
        }

    # === ORDERS === #

    def _give_order(self, text, **data):
        """Put an order of the present user into the inbox, as a command is.

        Its turn is taken right after the commit and before the answer to the button,
        so that the form, read again, shows what has become of it.

        :param str text: the command, as it would be typed
        :param data: records that the command means, by id
        """
        self._check_may_speak()
        events = self.env["helpcrunch.event"]
        # sudo: helpcrunch.chat - checked above
        for chat in self.sudo():
            chat._store_own_event(
                "operator.command",
                {"user": self.env.uid, "text": text, **data},
                wake=False,
            )
            events._run_after_commit(dialogues.take_turns, chat.id)

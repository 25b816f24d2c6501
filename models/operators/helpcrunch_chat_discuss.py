"""A dialogue's mirror in Odoo Discuss, while an operator has it."""

from markupsafe import Markup, escape

from odoo import api, fields, models

from ...const import BODY_LIMIT
from ...tools import marks

# So many lines does an operator find when a dialogue comes; the rest is on its form.
_HISTORY_LINES = 40
# So few lines since a colleague had it are told one by one.
_FEW_LINES = 3


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    discuss_channel_ids = fields.One2many(
        "discuss.channel",
        "helpcrunch_chat_id",
        "Discuss Channels",
        context={"active_test": False},
    )

    is_in_discuss = fields.Boolean(
        compute="_compute_is_in_discuss",
        help="Whether the present user is in the conversation in Discuss.",
    )
    trouble = fields.Char(
        compute="_compute_trouble",
        help="Why nothing reaches customers now, and when that is tried again.",
    )

    @api.depends("discuss_channel_ids.channel_member_ids")
    @api.depends_context("uid")
    def _compute_is_in_discuss(self):
        partner = self.env.user.partner_id
        for chat in self:
            # sudo: discuss.channel - only whether the one who asks is in it
            channel_sudo = chat.sudo().discuss_channel_ids
            chat.is_in_discuss = partner in channel_sudo.channel_partner_ids

    @api.depends("account_id.state")
    @api.depends_context("uid", "lang", "tz")
    def _compute_trouble(self):
        for account, chats in self.grouped("account_id").items():
            # sudo: helpcrunch.account - operators see only whether it works
            chats.trouble = account.sudo()._explain_trouble()

    # === OPEN AND CLOSE === #

    def _open_discuss(self, session):
        """Show the dialogue to the operator of a session, with what was said so far.

        Whoever had it before sees no more of it. An agent unknown to Odoo answers in
        HelpCrunch alone.
        """
        self._turn.flush()
        channel = self.discuss_channel_ids
        user = session.user_id
        self._turn.discuss_changed = True
        if not user:
            channel.helpcrunch_session_id = False
            return
        if channel:
            others = channel.channel_member_ids.filtered(
                lambda member: member.partner_id != user.partner_id
            )
            channel._dismiss_helpcrunch(others, user.name)
            channel.write(
                {
                    "name": self.display_name,
                    "active": True,
                    "helpcrunch_session_id": session.id,
                },
            )
            channel._add_members(users=user, post_joined_message=False)
        else:
            # As the operator, or Odoo would make its own bot a member.
            channel = self.env["discuss.channel"].with_user(user).sudo()
            channel = channel.create(
                {
                    "name": self.display_name,
                    "channel_type": "helpcrunch",
                    "helpcrunch_chat_id": self.id,
                    "helpcrunch_session_id": session.id,
                    "channel_partner_ids": [fields.Command.link(user.partner_id.id)],
                },
            ).with_env(self.env)
        self._post_history(channel, user)
        self._turn.snapshot.discuss_channel_id = channel.id
        # All up to here is told.
        self._turn.messages = self._turn.messages.browse()

    def _close_discuss(self, reason, receiver=""):
        """Make the dialogue read-only in Discuss; who was relieved leaves it.

        :param str receiver: who has it then, or the queue it waits in
        """
        channel = self._get_discuss_channel()
        if not channel:
            return
        self._turn.flush()
        self._mirror()
        user = channel.helpcrunch_session_id.user_id
        env = self._for_staff(user).env
        texts = {
            "operator": env._("The dialogue was ended."),
            "customer": env._("The customer ended the dialogue."),
            "timeout": env._("The dialogue was ended: the customer is silent."),
            "helpcrunch": env._("The dialogue was ended in HelpCrunch."),
            "transfer": env._("Handed over to %(name)s.", name=receiver),
            "resume": env._("The bot has the dialogue again."),
        }
        self._post_notification(escape(texts[reason]))
        last = self.env["helpcrunch.message"].search(
            [("chat_id", "=", self.id)], limit=1, order="id desc"
        )
        channel.write(
            {"helpcrunch_session_id": False, "helpcrunch_told_line": last.id or 0}
        )
        self._turn.snapshot.discuss_channel_id = None
        if reason == "transfer":
            channel._dismiss_helpcrunch(
                channel.channel_member_ids.filtered(
                    lambda member: member.partner_id == user.partner_id
                ),
                receiver,
            )
        self._turn.discuss_changed = True

    def _get_discuss_channel(self):
        """Return the Discuss channel if the dialogue is open there."""
        channels = self.env["discuss.channel"]
        return channels.browse(self._turn.snapshot.discuss_channel_id or [])

    # === MIRROR === #

    def _update_discuss(self):
        """Show what this turn brought, at its end."""
        self._turn.messages.mail_message_id._send_helpcrunch_delivery()
        self._mirror()
        if self._turn.discuss_changed:
            self.discuss_channel_ids._send_helpcrunch_info()
        elif self._turn.waits_changed:
            self.discuss_channel_ids._send_helpcrunch_wait()

    def _mirror(self):
        """Post the turn's new lines."""
        turn = self._turn
        messages, turn.messages = turn.messages, turn.messages.browse()
        if turn.snapshot.discuss_channel_id:
            for message in messages:
                self._post_line(message)

    def _post_history(self, channel, user):
        """Post what was said before, in its order, and then what the operator is told
        of: the customer's last words as a message of their own. If the bot answered
        them, they keep their place too.
        """
        staff = self._for_staff(user)
        domain = [("chat_id", "=", self.id), ("state", "!=", "cancelled")]
        if channel.helpcrunch_told_line:
            # A colleague had it before: what was said up to then stands there.
            domain.append(("id", ">", channel.helpcrunch_told_line))
        lines = self.env["helpcrunch.message"].search(domain, limit=_HISTORY_LINES)
        lines = lines.with_env(staff.env)._in_order()
        last = lines.filtered(lambda line: line.author_type == "customer")[-1:]
        before = lines - last if last == lines[-1:] else lines
        if channel.helpcrunch_told_line and len(before) <= _FEW_LINES:
            # What stands above was told to a colleague: no second history.
            for line in before:
                self._post_line(line, channel)
        elif before:
            body = Markup('<div class="o_helpcrunch_history">%s%s</div>') % (
                Markup("<b>%s</b>") % staff.env._("Conversation so far"),
                before._get_transcript(user.tz or self.bot_id.tz),
            )
            self._post(channel, body)
        if last:
            self._post_line(last, channel, date=last.occurred_at)
        else:
            name = self.partner_id.name or ""
            text = (
                staff.env._("%(customer)s is waiting for you.", customer=name)
                if self.unanswered_since
                else staff.env._("You have the dialogue with %(name)s now.", name=name)
            )
            self._post(channel, text)

    def _post_line(self, message, channel=None, **vals):
        """Post one line of the transcript, as whoever said it."""
        channel = channel or self._get_discuss_channel()
        if message.mail_message_id:
            # Was written there.
            return
        reader = channel.helpcrunch_session_id.user_id
        message = message.with_env(self._for_staff(reader).env)
        body = message._get_html()
        if message.author_type == "customer":
            partner = self._ensure_partner()
            self._post(channel, body, author_id=partner.id, **vals)
        elif message.author_type == "operator":
            author = message.agent_id.user_id.partner_id
            name = message.author_name or message.env._("Operator")
            kind = "mail.mt_note" if message.is_note else "mail.mt_comment"
            self._post(
                channel,
                body,
                author_id=author.id,
                email_from=author.email or name,
                subtype_xmlid=kind,
            )
        else:
            self._post_notification(
                Markup("<b>%s</b>: %s") % (message._get_author(), body), channel
            )

    def _post(self, channel, body, message_type="comment", **vals):
        """Post into Discuss and nowhere else; as Odoo's bot unless somebody said it."""
        robot = self.env.ref("base.partner_root")
        channel.with_context(helpcrunch_mirror=marks.MIRROR).message_post(
            body=body,
            message_type=message_type,
            **({"author_id": robot.id, "subtype_xmlid": "mail.mt_comment"} | vals),
        )

    def _post_notification(self, body, channel=None):
        """Post a line that tells what happened; it is no message, nobody is called."""
        channel = channel or self._get_discuss_channel()
        if channel:
            body = Markup('<div class="o_mail_notification">%s</div>') % body
            self._post(channel, body, "notification")

    # === WRITTEN IN DISCUSS === #

    def _on_operator_said(self, event):
        """Send what an operator wrote in Discuss to the customer."""
        data = event.payload
        message = self.env["mail.message"].browse(data.get("mail_message") or [])
        user = self.env["res.users"].browse(data.get("user") or [])
        session = self._get_session()
        if not session or self.state not in ("operator", "paused"):
            self._refuse_text(data, message)
            return
        agent = session.agent_id if session.user_id == user else None
        agent = agent or self.env["helpcrunch.agent"].search(
            [
                ("account_id", "=", self.account_id.id),
                ("user_id", "=", user.id),
                ("is_bot", "=", False),
            ],
            limit=1,
        )
        line = {
            "agent": agent.external_id or None,
            "author_type": "operator",
            "author_name": user.name,
            "mail_message_id": message.exists().id,
        }
        text, markdown = data.get("text") or "", data.get("markdown")
        if text and self.account_id.sign_operators and not agent:
            name = session._get_public_name(user)
            text = f"{name}:\n{text}"
            markdown = markdown and f"**{name}:**\n\n{markdown}"
        self._turn.speak(text, markdown=markdown, **line)
        for attachment in data.get("files") or ():
            url, name = attachment["url"], attachment["name"]
            is_image = attachment["is_image"]
            self._turn.speak(
                url if is_image else f"{name}: {url}",
                markdown=f"![]({url})" if is_image else f"[{name}]({url})",
                **line,
            )
        self._end_pause()
        self._trace("operator_said", text=user.name or "")
        self._note_operator_spoke(fields.Datetime.now())

    def _on_operator_noted(self, event):
        """Keep a note that was written in Discuss, and show it in HelpCrunch."""
        data = event.payload
        user = self.env["res.users"].browse(data.get("user") or []).exists()
        message = self.env["mail.message"].browse(data.get("mail_message") or [])
        self._keep_note(user, data.get("text") or "", message.exists())
        self._trace("note", text=user.name or "")

    def _keep_note(self, user, text, message=None):
        """Keep a note for colleagues, here and in HelpCrunch.

        :param message: where it stands in Discuss, if it was written there
        """
        self._turn.write_down(
            {
                "chat_id": self.id,
                "company_id": self.company_id.id,
                "direction": "out",
                "author_type": "operator",
                "author_name": user.name,
                "is_note": True,
                "body": text[:BODY_LIMIT],
                "state": "received",
                "occurred_at": fields.Datetime.now(),
                "mail_message_id": message and message.id,
            }
        )
        # By the bot's agent, whose notes nobody takes for a colleague's orders.
        told = ": ".join(filter(None, (user.name, text)))
        self._turn.call("note", text=told[:BODY_LIMIT])

    def _refuse_text(self, data, message):
        """Note that a text came when the dialogue was closed already."""
        self._trace("too_late")
        staff = self._for_staff(message.author_id.main_user_id)
        self.env["helpcrunch.message"].create(
            {
                "chat_id": self.id,
                "company_id": self.company_id.id,
                "direction": "out",
                "author_type": "operator",
                "body": data.get("text"),
                "state": "cancelled",
                "error": staff.env._("The dialogue was closed already."),
                "occurred_at": fields.Datetime.now(),
                "mail_message_id": message.exists().id,
            },
        )
        message._send_helpcrunch_delivery()

import re
from pathlib import PurePath

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.mail.tools.discuss import Store

from ...tools import marks
from ...tools.text import html_to_markdown
from ..messenger.reader import for_reader

# How the web client says that colleagues are mentioned.
_MENTIONS = ("partner_ids", "role_ids", "special_mentions")
_MENTION_LINK = re.compile(r'data-oe-model="res\.(partner|role)"|o-discuss-mention')
# So much of a text is repeated where it is answered.
_QUOTE_LIMIT = 120


def _is_helpcrunch(channel):
    # sudo: discuss.channel - only of which type it is
    return channel.sudo().channel_type == "helpcrunch"


def _to_html(text):
    return escape(text).replace("\n", Markup("<br/>"))


def _get_plain_name(attachment):
    """Return a name for the address of a file that no messenger turns into signs."""
    path = PurePath(attachment.name or "")
    plain = [
        re.sub(r"[^\w-]+", "_", part, flags=re.A)
        for part in (path.stem, path.suffix[1:])
    ]
    name = plain[0].strip("_") or "file"
    return f"{name}.{plain[1]}" if plain[1].strip("_") else name


class DiscussChannel(models.Model):
    _inherit = "discuss.channel"

    channel_type = fields.Selection(
        selection_add=[("helpcrunch", "HelpCrunch Dialogue")],
        ondelete={"helpcrunch": "cascade"},
    )
    helpcrunch_chat_id = fields.Many2one(
        "helpcrunch.chat", "HelpCrunch Dialogue", readonly=True, ondelete="set null"
    )
    # Read by the rule for each channel that anybody opens.
    helpcrunch_company_id = fields.Many2one(
        related="helpcrunch_chat_id.company_id", store=True, precompute=True
    )
    # Up to this line of the transcript it was told here when an operator left.
    helpcrunch_told_line = fields.Integer(readonly=True)
    # Open in Discuss while this session goes on, else read-only.
    helpcrunch_session_id = fields.Many2one(
        "helpcrunch.operator.session",
        "HelpCrunch Operator Session",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _helpcrunch_chat_once = models.UniqueIndex(
        "(helpcrunch_chat_id) WHERE helpcrunch_chat_id IS NOT NULL"
    )

    def _compute_is_editable(self):
        """Keep the name of a dialogue: it is the customer's."""
        ours = self.filtered(_is_helpcrunch)
        ours.is_editable = False
        return super(DiscussChannel, self - ours)._compute_is_editable()

    # === WHO MAY CHANGE IT === #

    @api.model_create_multi
    def create(self, vals_list):
        """Make channels; those of dialogues are made by the dialogue alone."""
        for vals in vals_list:
            self._check_helpcrunch_change(vals)
        channels = super().create(vals_list)
        channels._check_helpcrunch_change()
        return channels

    def write(self, vals):
        self._check_helpcrunch_change(vals)
        return super().write(vals)

    def _check_helpcrunch_change(self, vals=()):
        """Refuse changes by anybody but the engine: whoever could bind a channel to a
        dialogue would read it and write to its customer.
        """
        if self.env.su:
            return
        own = {"helpcrunch_chat_id", "helpcrunch_session_id"}
        if own & set(vals) or any(
            _is_helpcrunch(channel) or channel.sudo().helpcrunch_chat_id
            for channel in self
        ):
            raise AccessError(
                self.env._("Dialogues with customers are made and changed by the bot.")
            )

    def action_unfollow(self):
        """Leave, unless customers would then write to nobody."""
        # sudo: discuss.channel - whether the dialogue goes on, and with whom
        session_sudo = self.sudo().helpcrunch_session_id
        if _is_helpcrunch(self) and session_sudo.user_id == self.env.user:
            raise UserError(self._get_helpcrunch_stay())
        return super().action_unfollow()

    def _get_helpcrunch_stay(self):
        return self.env._("End the dialogue or hand it over; then you may leave it.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_helpcrunch(self):
        """Keep what was said; it goes with the dialogue, by the machine."""
        self._check_helpcrunch_change()

    # === WHAT THE WEB CLIENT KNOWS === #

    def _to_store_defaults(self, target):
        return super()._to_store_defaults(target) + [
            Store.Attr(
                "helpcrunch_info",
                lambda channel: channel._get_helpcrunch_info(),
                predicate=_is_helpcrunch,
            ),
            Store.Attr(
                "helpcrunch_waits_since",
                # sudo: helpcrunch.chat - how long the customer waits, for members
                lambda channel: channel.sudo().helpcrunch_chat_id.unanswered_since,
                predicate=_is_helpcrunch,
            ),
        ]

    def _get_helpcrunch_info(self, user=None):
        """Return what Discuss shows of the dialogue beside its messages.

        :param user: whom it is for, if not the present one
        """
        self.ensure_one()
        user = user or self.env.user
        # sudo: helpcrunch.chat - members of the channel see whom they talk to
        chat_sudo = self.sudo().helpcrunch_chat_id
        partner_sudo = chat_sudo.partner_id
        return {
            "chat_id": chat_sudo.id,
            # A colleague who was invited sees the conversation, not its form.
            "can_open": user._can_open(chat_sudo),
            "is_open": bool(self.sudo().helpcrunch_session_id),
            # Whoever was invited talks to colleagues, not to the customer.
            "is_mine": self.sudo().helpcrunch_session_id.user_id == user,
            "trouble": for_reader(chat_sudo, user, self.env.lang).trouble,
            "state": chat_sudo.state,
            "channel": chat_sudo.application_id.name or "",
            "queue": chat_sudo.queue_id.name or "",
            "partner": bool(partner_sudo)
            and {
                "id": partner_sudo.id,
                "name": partner_sudo.display_name,
                "phone": partner_sudo.phone or "",
                "email": partner_sudo.email or "",
                "tag_ids": partner_sudo.category_id.ids,
                "can_tag": partner_sudo.with_user(user).has_access("write"),
            },
            "tags": [{"id": tag.id, "name": tag.name} for tag in chat_sudo.tag_ids],
            "answers": chat_sudo._describe_answers(),
            "is_snoozed": chat_sudo.is_snoozed,
            "snoozed_until": fields.Datetime.to_string(chat_sudo.snoozed_until),
            "leads": [
                {"id": lead.id, "name": lead.name, "can_open": user._can_open(lead)}
                for lead in chat_sudo.lead_ids
            ],
            "former": chat_sudo._describe_former_sessions(),
            "inbox_url": chat_sudo.inbox_url or False,
        }

    def _send_helpcrunch_info(self):
        """Tell the members at once what has changed about the dialogue.

        Each by name: who has just come does not listen to the channel yet.
        """
        for channel in self:
            for member in channel.channel_member_ids:
                user = member.partner_id.main_user_id
                info = {"helpcrunch_info": channel._get_helpcrunch_info(user)}
                Store(bus_channel=member._bus_channel()).add(channel, info).bus_send()

    def _send_helpcrunch_wait(self):
        """Tell the members since when the customer waits for an answer."""
        for channel in self:
            since = channel.helpcrunch_chat_id.unanswered_since
            Store(bus_channel=channel).add(
                channel, {"helpcrunch_waits_since": since}
            ).bus_send()

    def _dismiss_helpcrunch(self, members, receiver):
        """Take members out, because somebody else has the dialogue.

        On their screens it stays as they have seen it, read-only and with what they had
        begun to write, until they leave it themselves (thread_patch.js).

        :param str receiver: who has it now, or the queue it waits in
        """
        if not members:
            return
        for member in members:
            user = member.partner_id.main_user_id
            gone = {
                **self._get_helpcrunch_info(user),
                "is_open": False,
                "is_mine": False,
                "can_open": False,
                "handed_to": receiver,
            }
            Store(bus_channel=member._bus_channel()).add(
                self,
                [
                    Store.Attr("helpcrunch_info", gone),
                    Store.Many("channel_member_ids", [], mode="DELETE", value=member),
                ],
            ).bus_send()
        self.message_unsubscribe(members.partner_id.ids)
        Store(bus_channel=self).add(
            self,
            [
                Store.Many("channel_member_ids", [], mode="DELETE", value=members),
                "member_count",
            ],
        ).bus_send()
        members.unlink()

    # === WRITING === #

    def message_post(self, *, message_type="notification", **kwargs):
        """Post, and pass on to the customer what an operator writes."""
        is_mirror = self.env.context.get("helpcrunch_mirror") is marks.MIRROR
        if is_mirror or len(self) != 1 or not _is_helpcrunch(self):
            return super().message_post(message_type=message_type, **kwargs)
        channel = self.with_context(helpcrunch_posted=marks.POSTED)
        return channel._post_helpcrunch(message_type, **kwargs)

    def _post_helpcrunch(self, message_type, **kwargs):
        """Post what a person says or does in a dialogue."""
        # The second half of `message_post`.
        # pylint: disable=super-method-mismatch
        is_text = message_type == "comment"
        if is_text or not self.env.su:
            self._check_helpcrunch_member()
            # Nobody speaks for others here, not for the customer either.
            kwargs["author_id"] = self.env.user.partner_id.id
            kwargs.pop("email_from", None)
        if not is_text:
            return super().message_post(message_type=message_type, **kwargs)
        # sudo: discuss.channel - whether somebody may write is for its session to say
        if not self.sudo().helpcrunch_session_id:
            raise UserError(
                self.env._(
                    "This dialogue is closed: the customer would not get that. It "
                    "opens again when the customer needs an operator."
                )
            )
        is_note = self._is_helpcrunch_note(kwargs)
        if not is_note and (unknown := self._find_unknown_command(kwargs.get("body"))):
            # Stands there for good, so that nobody takes it for said.
            kwargs["body"] = self._explain_unknown_command(unknown)
            return super().message_post(message_type="notification", **kwargs)
        # As what it is treated, it is shown.
        kwargs.pop("subtype_id", None)
        kwargs["subtype_xmlid"] = "mail.mt_note" if is_note else "mail.mt_comment"
        message = super().message_post(message_type=message_type, **kwargs)
        if is_note:
            self._note_down(message)
        else:
            self._pass_on(message)
            self._follow_canned_responses()
        return message

    def _is_helpcrunch_note(self, vals):
        """Tell whether what is posted is for colleagues only: a note, whatever mentions
        one of them or answers a note, and all that those write who were invited.
        """
        # sudo: discuss.channel - who has the dialogue
        holder = self.sudo().helpcrunch_session_id.user_id
        return (
            holder != self.env.user
            or vals.get("subtype_xmlid") == "mail.mt_note"
            or vals.get("subtype_id") == self.env.ref("mail.mt_note").id
            # With a draft the list of those who are mentioned is lost, not their links.
            or any(vals.get(name) for name in _MENTIONS)
            or bool(_MENTION_LINK.search(str(vals.get("body") or "")))
            or self._answers_a_note(vals.get("parent_id"))
        )

    def _answers_a_note(self, message_id):
        # sudo: mail.message - of which kind it is, before anything is posted
        message_sudo = self.env["mail.message"].sudo().browse(message_id or []).exists()
        return message_sudo.subtype_id == self.env.ref("mail.mt_note")

    def _find_unknown_command(self, body):
        text, _markdown = html_to_markdown(body)
        return (
            text
            if text.startswith("/") and not self._parse_helpcrunch_command(text)
            else None
        )

    def _explain_unknown_command(self, text):
        # sudo: helpcrunch.chat - the same help for every dialogue
        commands = self.sudo().helpcrunch_chat_id._get_command_help()
        return _to_html(
            self.env._(
                "“%(text)s” is no command, and the customer did not get it.",
                text=text[:60],
            )
            + "\n"
            + commands
        )

    def _pass_on(self, message):
        """Put what was written into the dialogue's inbox, to be sent right after."""
        # sudo: helpcrunch.chat - members of the channel may write to the customer
        chat_sudo = self.sudo().helpcrunch_chat_id
        text, markdown = html_to_markdown(message.body)
        if text.startswith("/"):
            # Never reaches the customer, whatever it is.
            self._run_helpcrunch_command(text)
            if not message.attachment_ids:
                return
            text, markdown = "", None
        elif quoted := self._quote_for_customer(message.parent_id):
            text = f"{quoted}\n{text}"
            markdown = markdown and f"{quoted}\n\n{markdown}"
        # sudo: ir.attachment - the operator gives these files to the customer
        attachments_sudo = message.sudo().attachment_ids
        attachments_sudo.generate_access_token()
        chat_sudo._store_own_event(
            "operator.said",
            {
                "user": self.env.uid,
                "mail_message": message.id,
                "text": text,
                "markdown": markdown,
                "files": [
                    {
                        "url": f"{self.get_base_url()}/web/content/{attachment.id}/"
                        f"{_get_plain_name(attachment)}"
                        f"?access_token={attachment.access_token}",
                        # Brackets would end the link too soon.
                        "name": re.sub(r"[\[\]]", "", attachment.name or ""),
                        "is_image": (attachment.mimetype or "").startswith("image/"),
                    }
                    for attachment in attachments_sudo
                ],
            },
            key=f"message:{message.id}",
        )

    def _follow_canned_responses(self):
        """Order what the canned responses do that were just sent."""
        ids = self.env.context.get("helpcrunch_canned_response_ids")
        if ids and self.env.user.has_group("helpcrunch_chatbot.group_operator"):
            # Those that the user may read: the web client only tells their numbers.
            responses = self.env["mail.canned.response"].sudo(False)
            numbers = [number for number in ids if isinstance(number, int)]
            found = responses.search([("id", "in", numbers)], limit=len(numbers))
            for order in found._get_helpcrunch_orders():
                self._run_helpcrunch_command(order)

    def _quote_for_customer(self, message):
        """Return the first line of what is answered, as messengers quote it."""
        is_ours = message.model == self._name and message.res_id in self.ids
        is_told = message.author_id == self.env.ref("base.partner_root")
        if not is_ours or is_told or message.message_type != "comment":
            # What the dialogue itself tells the operator is nothing to the customer.
            return None
        text, _markdown = html_to_markdown(message.body)
        line = text.strip().split("\n")[0]
        quoted = line if len(line) <= _QUOTE_LIMIT else f"{line[: _QUOTE_LIMIT - 1]}…"
        return quoted and f"> {quoted}"

    def _note_down(self, message):
        """Put a note into the dialogue's inbox: HelpCrunch's staff is to see it too."""
        text, _markdown = html_to_markdown(message.body)
        if self._parse_helpcrunch_command(text):
            self._run_helpcrunch_command(text)
            return
        # sudo: ir.attachment - the names of what was attached
        names = message.sudo().attachment_ids.mapped("name")
        # sudo: helpcrunch.chat - members of the channel may write notes
        self.sudo().helpcrunch_chat_id._store_own_event(
            "operator.noted",
            {
                "user": self.env.uid,
                "mail_message": message.id,
                "text": "\n".join(filter(None, [text, *names])),
            },
            key=f"message:{message.id}",
        )

    def _check_can_update_message_content(self, message):
        if _is_helpcrunch(self):
            raise UserError(
                self.env._("The customer has this text already: it cannot be changed.")
            )
        return super()._check_can_update_message_content(message)

    def helpcrunch_send_again(self, message_id):
        """Send a message that HelpCrunch did not take once more.

        :param int message_id: the ``mail.message`` of this channel
        """
        self._check_helpcrunch_member()
        # sudo: helpcrunch.message - checked above; only messages of this very channel
        messages_sudo = (
            self.env["helpcrunch.message"]
            .sudo()
            .search(
                [
                    ("mail_message_id", "=", message_id),
                    ("chat_id", "=", self.sudo().helpcrunch_chat_id.id),
                ],
            )
        )
        messages_sudo.action_send_again()
        return True

    def _check_helpcrunch_member(self):
        """Let only who is in a dialogue, and still may be, do anything with it."""
        self.ensure_one()
        user = self.env.user
        # sudo: discuss.channel - whose it is, to say in words who may not
        channel_sudo = self.sudo()
        if _is_helpcrunch(self) and (
            refusal := user._get_helpcrunch_refusal(channel_sudo.helpcrunch_company_id)
        ):
            raise AccessError(refusal)
        if (
            not _is_helpcrunch(self)
            or user.partner_id not in channel_sudo.channel_member_ids.partner_id
        ):
            raise AccessError(
                self.env._("You are not in this dialogue, so you cannot do that.")
            )

    # === COMMANDS === #

    def _parse_helpcrunch_command(self, text):
        return self.env["helpcrunch.chat"]._parse_command(text)

    def execute_command_helpcrunch(self, body="", **kwargs):
        """Run any command of the web client in a customer's dialogue.

        One door for all of them: other addons have commands of the same names.
        """
        self._check_helpcrunch_member()
        self._run_helpcrunch_command(body)

    def _run_helpcrunch_command(self, body):
        body = (body or "").strip()
        command = self._parse_helpcrunch_command(body)
        # sudo: helpcrunch.chat - members of the channel give orders to the dialogue
        chat_sudo = self.sudo().helpcrunch_chat_id
        if not command:
            text = self._explain_unknown_command(body)
        elif command[0] == "help":
            text = _to_html(chat_sudo._get_command_help())
        elif not self.sudo().helpcrunch_session_id:
            text = self.env._("This dialogue is closed.")
        else:
            chat_sudo._store_own_event(
                "operator.command", {"user": self.env.uid, "text": body}
            )
            return
        self.env.user._bus_send_transient_message(self, text)

    def execute_command_help(self, **kwargs):
        """Tell the commands of a customer's dialogue, in one."""
        if _is_helpcrunch(self):
            return self.execute_command_helpcrunch("/help")
        return super().execute_command_help(**kwargs)

    def execute_command_leave(self, **kwargs):
        """Keep the operator in: a dialogue is ended or handed over, never just left."""
        if _is_helpcrunch(self):
            return self.execute_command_helpcrunch("/leave")
        return super().execute_command_leave(**kwargs)

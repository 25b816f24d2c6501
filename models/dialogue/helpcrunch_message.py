from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ...const import MEDIA_PATH
from ...tools.files import find_files
from ..messenger import retention

# How files look in a transcript. The picture's server learns nothing of the page.
_EMBEDDED = {
    "image": Markup(
        '<a href="{url}" target="_blank" rel="noreferrer noopener"><img src="{url}" '
        'alt="{name}" title="{name}" loading="lazy" referrerpolicy="no-referrer"/></a>'
    ),
    "video": Markup('<video src="{url}" controls="" preload="none"></video> {link}'),
    "audio": Markup('<audio src="{url}" controls="" preload="none"></audio> {link}'),
}


class HelpcrunchMessage(models.Model):
    """One line of the transcript.

    A table of its own, and not ``mail.message``: a dialogue has many short lines, a
    turn writes them in one statement, and nobody is notified of them.
    """

    _name = "helpcrunch.message"
    _description = "HelpCrunch Message"
    _order = "occurred_at desc, position desc, id desc"
    _rec_name = "body"
    _log_access = False

    chat_id = fields.Many2one(
        "helpcrunch.chat", "Dialogue", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", index=True, ondelete="cascade")
    direction = fields.Selection(
        [("in", "Incoming"), ("out", "Outgoing")], required=True, readonly=True
    )
    author_type = fields.Selection(
        [
            ("customer", "Customer"),
            ("bot", "Bot"),
            ("operator", "Operator"),
            ("system", "System"),
        ],
        "Author",
        required=True,
        readonly=True,
    )
    author_name = fields.Char(readonly=True)
    body = fields.Text("Text", readonly=True)
    external_id = fields.Char("HelpCrunch ID", readonly=True)
    state = fields.Selection(
        [
            ("received", "Received"),
            ("outgoing", "Outgoing"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="received",
        readonly=True,
    )
    step_id = fields.Many2one(
        "helpcrunch.step", index="btree_not_null", ondelete="set null"
    )
    error = fields.Text(readonly=True)
    # When it was written: HelpCrunch's clock for what came in, ours for what goes out.
    occurred_at = fields.Datetime("Time", readonly=True, required=True)
    position = fields.Float(default=0, readonly=True)
    sent_at = fields.Float(
        readonly=True, help="HelpCrunch's time of what went out, in Unix seconds."
    )
    is_note = fields.Boolean(
        "Private Note", readonly=True, help="Only staff sees it, never the customer."
    )
    agent_id = fields.Many2one(
        "helpcrunch.agent",
        "HelpCrunch Agent",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Who wrote it in HelpCrunch.",
    )
    mail_message_id = fields.Many2one(
        "mail.message",
        "Discuss Message",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    html = fields.Html("Message", compute="_compute_html", sanitize=False)
    can_send_again = fields.Boolean(compute="_compute_can_send_again")

    _chat_idx = models.Index("(chat_id, occurred_at, position, id)")
    # For the vacuum only, so the cheapest kind: lines are written in order of time.
    _occurred_idx = models.Index("USING brin (occurred_at)")
    _external_once = models.UniqueIndex(
        "(chat_id, external_id) WHERE external_id IS NOT NULL"
    )

    @api.depends("body")
    def _compute_html(self):
        for message in self:
            message.html = message._get_html(embed=True)

    @api.depends("state", "chat_id.user_id")
    @api.depends_context("uid")
    def _compute_can_send_again(self):
        for message in self:
            message.can_send_again = (
                message.state == "failed" and message.chat_id._may_speak()
            )

    # === ACTIONS === #

    def action_send_again(self):
        """Queue a failed message once more.

        :raise UserError: for dialogues that are somebody else's
        """
        self.check_access("read")
        self.chat_id._check_may_speak()
        # sudo: helpcrunch.outbox - checked above; operators see no calls
        calls_sudo = (
            self.env["helpcrunch.outbox"]
            .sudo()
            .search([("message_id", "in", self.ids), ("state", "=", "failed")])
        )
        return calls_sudo.action_send_again()

    # === BUSINESS METHODS === #

    def _get_author(self):
        """Return the name to show beside the message."""
        self.ensure_one()
        if self.is_note:
            return self.env._("%(name)s, private note", name=self.author_name or "")
        if self.author_name:
            return self.author_name
        if self.author_type == "customer":
            # sudo: res.partner - a contact may have moved to a company out of sight
            return self.chat_id.sudo().partner_id.name or self.env._("Customer")
        if self.author_type == "bot":
            return self.chat_id.bot_id.name or self.env._("Bot")
        return dict(self._fields["author_type"]._description_selection(self.env))[
            self.author_type
        ]

    def _get_html(self, embed=False):
        """Return the text with links, and files as what they are."""
        url = self.get_base_url()
        own = (f"{url}{MEDIA_PATH}/", f"{url}/web/content/")
        return linkify(self.body or "", own, embed)

    def _get_transcript(self, tz):
        """Return the messages as HTML, oldest first, with times and authors.

        Everything a stranger wrote is escaped; links open in a new tab.
        """
        lines = [
            Markup("<p><b>%s</b> <small>%s</small><br/>%s</p>")
            % (
                message._get_author(),
                format_datetime(self.env, message.occurred_at, tz=tz),
                message._get_html(),
            )
            for message in self._in_order()
        ]
        return Markup().join(lines)

    def _get_waiting_reasons(self):
        """Return why lines are not sent yet and when that is tried again, by their ids.

        A line waits for the first call of its dialogue.
        """
        waiting = self.filtered(lambda line: line.state == "outgoing")
        if not waiting:
            return {}
        # sudo: helpcrunch.outbox - operators see no calls, but why their words wait
        calls_sudo = self.env["helpcrunch.outbox"].sudo()
        heads = calls_sudo._find_put_off([("chat_id", "in", waiting.chat_id.ids)])
        heads = {call.chat_id.id: call for call in heads[::-1]}
        return {
            line.id: heads[line.chat_id.id]._explain_wait()
            for line in waiting
            if line.chat_id.id in heads
        }

    def _in_order(self):
        """Return the lines of one dialogue in the order in which they were said.

        HelpCrunch's clock and numbers tell it of what is there. What still waits to be
        sent comes after that, whatever made it; what never got there stands where it
        was written.
        """
        waiting = self.filtered(lambda line: line.state == "outgoing").sorted("id")
        lost = self.filtered(lambda line: line.state in ("failed", "cancelled"))
        lines = list(
            (self - waiting - lost).sorted(
                lambda line: (line.occurred_at, line.position, line.id)
            )
        )
        for line in lost.sorted("id"):
            before = [at for at, other in enumerate(lines, 1) if other.id < line.id]
            lines.insert(before[-1] if before else 0, line)
        return self.browse([line.id for line in lines]) | waiting

    @api.autovacuum
    def _gc_old_messages(self):
        """Delete lines that are older than the retention of transcripts, if it has one.

        What still waits to be sent stays. A dialogue silent for as long forgets what
        was answered in it.
        """
        days = retention.get_days(self.env, "transcript_retention_days", 0)
        if days:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE helpcrunch_chat SET answer = NULL, variables = NULL,
                           start_payload = NULL
                     WHERE last_message_at < %s
                       AND (answer IS NOT NULL OR variables IS NOT NULL
                            OR start_payload IS NOT NULL)
                    """,
                    retention.get_limit(days),
                ),
            )
            # sudo: discuss.channel - the mirror of a dialogue is as old as its lines
            self.env["discuss.channel"].sudo().with_context(active_test=False).search(
                [
                    ("channel_type", "=", "helpcrunch"),
                    ("helpcrunch_session_id", "=", False),
                    ("last_interest_dt", "<", retention.get_limit(days)),
                ],
                limit=1000,
            ).unlink()
        return retention.delete_old(
            self.env, self._table, "occurred_at", days, "state != 'outgoing'"
        )


def linkify(text, own=(), embed=False):
    """Return a stranger's text as safe HTML with its links made clickable.

    Files of the dialogue have their name instead of an address that says nothing. Any
    other address stands there as it is, so that everybody sees where it leads, and
    nothing is fetched from there: a stranger would learn who reads it, and when.

    :param tuple own: what the addresses of our own files begin with
    :param bool embed: show pictures, and players; else it is for the web client to do
    """
    parts, position = [], 0
    for file in find_files(text):
        parts += [escape(text[position : file.start]), _render_file(file, own, embed)]
        position = file.end
    parts.append(escape(text[position:]))
    return Markup().join(parts).replace("\n", Markup("<br/>"))


def _render_file(file, own, embed):
    link = Markup('<a href="%s" target="_blank" rel="noreferrer noopener">%s</a>')
    if not file.is_at(*own):
        return link % (file.url, file.url)
    link %= (file.url, file.name or file.url)
    if embed and file.kind in _EMBEDDED:
        link = _EMBEDDED[file.kind].format(url=file.url, name=file.name, link=link)
    return Markup('<span class="o_helpcrunch_file o_helpcrunch_%s">%s</span>') % (
        file.kind,
        link,
    )

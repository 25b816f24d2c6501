from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, LazyTranslate

from ...tools import matching
from ..messenger.reader import for_reader
from .compiled_bot import CompiledBot

_lt = LazyTranslate(__name__)


class HelpcrunchBot(models.Model):
    _name = "helpcrunch.bot"
    _inherit = ["mail.thread", "mail.activity.mixin", "helpcrunch.spoken"]
    _description = "HelpCrunch Bot"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    account_id = fields.Many2one(
        "helpcrunch.account",
        "Messenger",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self._default_account(),
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True
    )
    application_ids = fields.Many2many(
        "helpcrunch.application",
        string="Channels",
        domain="[('account_id', '=', account_id)]",
        # A channel that HelpCrunch has switched off stays the bot's own: a bot whose
        # last channel is gone must not seem to serve all of them.
        context={"active_test": False},
        help="The channels this bot answers. Leave it empty to answer all channels of "
        "the messenger that no other bot answers.",
    )
    step_ids = fields.One2many("helpcrunch.step", "bot_id", "Steps", copy=False)
    language_id = fields.Many2one(
        "res.lang",
        required=True,
        ondelete="restrict",
        default=lambda self: (
            self.env["res.lang"]._get_data(code=self.env.user.lang or "en_US").id
        ),
        help="The language in which the texts are written first. Spoken to customers "
        "whose language neither the contact nor HelpCrunch tells. When you change a "
        "text in this language, those that only repeat it in others follow.",
    )
    tz = fields.Selection(
        "_selection_tz",
        "Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "Europe/Kyiv",
    )
    fallback_message = fields.Text(
        translate=True,
        default=lambda self: self.env._("Sorry, I did not understand that."),
        help="Said when nothing fits what the customer wrote. Empty: nothing is said.",
    )
    fallback_limit = fields.Integer(
        "Misses in a Row",
        help="After so many texts in a row that nothing fits, the dialogue goes to the "
        "step beside. 0 = never.",
    )
    fallback_step_id = fields.Many2one(
        "helpcrunch.step",
        "Go to after Misses",
        ondelete="set null",
        domain="[('bot_id', '=', id)]",
        copy=False,
    )
    operator_words = fields.Char(
        default="operator, оператор",
        help="Words, separated by commas, that lead to the first step with an operator "
        "from anywhere in the dialogue.",
    )
    session_timeout = fields.Integer(
        "Forget a Question after (minutes)",
        help="After so many minutes of silence the open question is dropped and the "
        "customer's next message begins the dialogue again. 0 = never.",
    )
    join_messages = fields.Boolean(
        help="Say consecutive texts of one answer in one HelpCrunch message. It saves "
        "calls: HelpCrunch allows 120 a minute.",
    )
    source_id = fields.Many2one(
        "utm.source",
        "UTM Source",
        required=True,
        index=True,
        ondelete="restrict",
        copy=False,
        help="Source of the leads that this bot makes.",
    )
    version = fields.Integer(
        default=1,
        readonly=True,
        copy=False,
        help="Raised by every change of the drawing.",
    )
    chat_ids = fields.One2many("helpcrunch.chat", "bot_id", "Dialogues")
    chat_count = fields.Integer("Number of Dialogues", compute="_compute_counts")
    lead_count = fields.Integer("Number of Leads", compute="_compute_counts")
    channel_count = fields.Integer(
        "Number of Channels", compute="_compute_channel_count"
    )
    warning = fields.Text(compute="_compute_warning")

    _not_negative = models.Constraint(
        "CHECK(fallback_limit >= 0 AND session_timeout >= 0)",
        "Misses in a row and the minutes of silence cannot be negative; 0 means never.",
    )

    live = fields.Boolean(
        copy=False,
        tracking=True,
        help="A bot that is not live serves nobody: draw it and look at it beside the "
        "one that serves.",
    )

    opt_out_words = fields.Char(
        default="STOP, СТОП",
        translate=True,
        help="Words, separated by commas, with which a customer wants no more "
        "broadcasts. Those of every language count.",
    )
    opt_out_message = fields.Text(
        "Message after Opting Out",
        translate=True,
        default=lambda self: self.env._(
            "You will get no more news from us. Write /start to get them again."
        ),
        help="Empty: nothing is said.",
    )
    opt_in_words = fields.Char(
        default="/start",
        translate=True,
        help="Words, separated by commas, with which a customer wants broadcasts "
        "again. One that is an alias too leads to its step as well.",
    )
    opt_in_message = fields.Text(
        "Message after Opting In",
        translate=True,
        default=lambda self: self.env._("You will get our news again."),
        help="Empty: nothing is said.",
    )

    @api.model
    def _default_account(self):
        """Return a messenger that is connected, if there is one."""
        accounts = self.env["helpcrunch.account"]
        connected = accounts.search([("state", "=", "connected")], limit=1)
        return connected or accounts.search([], limit=1)

    @api.model
    def _selection_tz(self):
        return self.env["res.partner"]._fields["tz"]._description_selection(self.env)

    def _compute_counts(self):
        chats = dict(
            self.env["helpcrunch.chat"]._read_group(
                [("bot_id", "in", self.ids)], ["bot_id"], ["__count"]
            )
        )
        crm = self.env["crm.lead"].with_context(active_test=False)
        # An operator may look at the bot, and perhaps at no lead.
        leads = crm.has_access("read") and dict(
            crm._read_group(
                [("helpcrunch_bot_id", "in", self.ids)],
                ["helpcrunch_bot_id"],
                ["__count"],
            ),
        )
        for bot in self:
            bot.chat_count = chats.get(bot, 0)
            bot.lead_count = leads.get(bot, 0) if leads else 0

    @api.depends("application_ids", "account_id")
    def _compute_channel_count(self):
        for bot in self:
            bot.channel_count = len(bot.application_ids) or len(
                bot.account_id.application_ids
            )

    @api.depends(
        "step_ids.alias_ids.name", "application_ids.active", "language_id.active"
    )
    def _compute_warning(self):
        for bot in self:
            bot.warning = "\n".join(bot._find_warnings().values())

    @api.constrains("application_ids", "account_id")
    def _check_application_account(self):
        for bot in self:
            foreign = bot.application_ids.filtered(
                lambda channel, bot=bot: channel.account_id != bot.account_id
            )
            if foreign:
                raise ValidationError(
                    self.env._(
                        "Channel “%(channel)s” belongs to another messenger than bot "
                        "“%(bot)s”.",
                        channel=foreign[0].name,
                        bot=bot.name,
                    ),
                )

    @api.constrains("fallback_step_id")
    def _check_fallback_step(self):
        for bot in self:
            if bot.fallback_step_id and bot.fallback_step_id.bot_id != bot:
                raise ValidationError(
                    self.env._(
                        "Step “%(step)s” belongs to another bot. Links stay inside one "
                        "bot.",
                        step=bot.fallback_step_id.name,
                    ),
                )

    def _get_source_lang(self):
        return self.language_id.code or super()._get_source_lang()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("source_id"):
                source = self.env["utm.source"].create(
                    {"name": vals.get("name") or self.env._("HelpCrunch bot")}
                )
                vals["source_id"] = source.id
        return super().create(vals_list)

    def write(self, vals):
        serving = self.filtered(lambda bot: bot._serves())
        spoken = self._get_spoken() if "language_id" in vals else []
        with self._changing_source(*spoken):
            result = super().write(vals)
        if stopped := serving.filtered(lambda bot: not bot._serves()):
            stopped._stop()
        if vals.keys() & self._version_fields():
            self._touch()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for bot, vals in zip(self, vals_list, strict=True):
            if not default or "name" not in default:
                vals["name"] = self.env._("%(name)s (copy)", name=bot.name)
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_dialogues(self):
        for bot in self.filtered("chat_count"):
            raise UserError(
                self.env._(
                    "Bot “%(bot)s” cannot be deleted: customers have talked to it. "
                    "Archive it instead, then it answers nobody any more.",
                    bot=bot.name,
                ),
            )

    # === ACTIONS === #

    def action_add_step(self):
        """Open an empty step of this bot on a page of its own."""
        self.ensure_one()
        self.check_access("write")
        # Last, since the first step of the list may begin the dialogue.
        sequence = max(self.step_ids.mapped("sequence"), default=0) + 10
        return self.env["helpcrunch.step"]._get_records_action(
            name=self.env._("New step"),
            context={"default_bot_id": self.id, "default_sequence": sequence},
        )

    def action_view_chats(self):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_chat_action"
        )
        action["domain"] = [("bot_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_leads(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leads of %(bot)s", bot=self.name),
            "res_model": "crm.lead",
            "view_mode": "list,form",
            "domain": [("helpcrunch_bot_id", "=", self.id)],
            "context": {"active_test": False, "create": False},
        }

    def action_view_channels(self):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_application_action"
        )
        channels = self.application_ids or self.account_id.application_ids
        action["domain"] = [("id", "in", channels.ids)]
        return action

    # === BUSINESS METHODS === #

    def _version_fields(self):
        """Return the fields whose change makes a compiled bot stale."""
        return {
            "operator_words",
            "opt_out_words",
            "opt_in_words",
            "fallback_step_id",
            "fallback_limit",
            "language_id",
        }

    def _get_spoken(self):
        """Return everything whose texts are in the bot's language."""
        steps = self.with_context(active_test=False).step_ids
        # sudo: helpcrunch.operator.queue - its texts follow, whoever may see it
        return [self, steps, steps.answer_ids, steps.queue_id.sudo()]

    def _touch(self):
        """Raise the version, so that every worker compiles the bot anew.

        Plain SQL: two administrators who draw in one bot must not clash on a counter.
        """
        if self:
            self.flush_recordset(["version"])
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE helpcrunch_bot SET version = COALESCE(version, 0) + 1
                     WHERE id IN %s
                    """,
                    tuple(self.ids),
                ),
            )
            self.invalidate_recordset(["version"])

    @tools.ormcache("self.id", "version")
    def _get_compiled(self, version):
        """Return the bot as plain data, for the engine: see :class:`.CompiledBot`.

        Cached under the version, which the turn reads with the chat: a cache cleared
        before its writer commits may be filled again with what was.
        """
        return CompiledBot(self)

    def _stop(self):
        """Say nothing more: what is not sent yet is cancelled; operators go on."""
        self.env["helpcrunch.outbox"]._cancel_unsent(
            [
                ("chat_id.bot_id", "in", self.ids),
                ("message_id.author_type", "=", "bot"),
            ],
            _lt("The bot was archived or taken off."),
        )

    def _find_warnings(self):
        """Return what is wrong with the bot itself: a sentence for each code.

        :rtype: dict
        """
        warnings = {}
        if not self.language_id.active:
            warnings["language_inactive"] = self.env._(
                "“%(language)s”, the language of the texts, is not active. Choose "
                "another one, or activate it.",
                language=self.language_id.name,
            )
        aliases = self.step_ids.alias_ids
        if self.step_ids and not any(alias._is_start() for alias in aliases):
            warnings["no_start"] = self.env._(
                "No step has the alias /start, so a dialogue begins with the first "
                "step of the list."
            )
        if self.application_ids and not self.application_ids.filtered("active"):
            warnings["channels_gone"] = self.env._(
                "The bot answers nobody: HelpCrunch has switched off %(channels)s. "
                "Choose other channels, or none to serve all.",
                channels=", ".join(self.application_ids.mapped("name")),
            )
        return warnings

    def _for_administrator(self):
        """Return the bot in the language of who is told about its troubles."""
        return for_reader(self, self.account_id._get_responsible())

    def _tell_administrator(self, summary, note):
        """Plan one activity on the bot; the same trouble again adds none."""
        self.ensure_one()
        if summary in self.activity_ids.mapped("summary"):
            return
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note,
            user_id=self.account_id._get_responsible().id,
        )

    # === WHOM IT SERVES === #

    @api.constrains("account_id", "application_ids", "active", "live")
    def _check_one_bot_per_channel(self):
        for bot in self.filtered(lambda bot: bot._serves()):
            rival = bot._find_rivals()[:1]
            if not rival:
                continue
            shared = bot.application_ids & rival.application_ids
            raise ValidationError(
                self.env._(
                    "Two live bots cannot answer the same channel. “%(bot)s” and "
                    "“%(other)s” both answer %(channels)s: take one of them off, or "
                    "give it other channels.",
                    bot=bot.name,
                    other=rival.name,
                    channels=", ".join(shared.mapped("name"))
                    or self.env._("all channels of the messenger"),
                ),
            )

    # === ACTIONS === #

    def action_go_live(self):
        """Let the bot serve its channels from now on."""
        self.live = True

    def action_take_off(self):
        """Let the bot serve nobody; what it has not sent yet is cancelled."""
        self.live = False

    # === BUSINESS METHODS === #

    def _serves(self):
        """Tell whether the bot answers customers at all."""
        return self.active and self.live

    @api.model
    def _find_for_application(self, account_id, application):
        """Return the live bot that answers a channel, if any.

        A bot with channels of its own comes before the one that serves all.

        :param application: external id of the channel, or False if nobody told
        """
        bots = self.search([("account_id", "=", account_id), ("live", "=", True)])
        own = bots.filtered(
            lambda bot: (
                application
                in bot.application_ids.filtered("active").mapped("external_id")
            )
        )
        return (own or bots.filtered(lambda bot: not bot.application_ids))[:1]

    def _find_unserved_channels(self):
        """Return the channels of the bot's messenger that no live bot answers."""
        bots = self.search(
            [("account_id", "=", self.account_id.id), ("live", "=", True)]
        )
        channels = self.account_id.application_ids.filtered("active")
        if all(bot.application_ids for bot in bots):
            return channels - bots.application_ids
        return channels.browse()

    def _find_rivals(self):
        """Return the live bots that answer a channel which this one would answer."""
        rivals = self.search(
            [
                ("account_id", "in", self.account_id.ids),
                ("live", "=", True),
                ("id", "!=", self.id),
            ]
        )
        return rivals.filtered(
            lambda other: (
                self.application_ids & other.application_ids
                or not (self.application_ids or other.application_ids)
            )
        )

    # === OPT-OUT === #

    def _get_words(self, name):
        """Return the normalised words of a setting, in every language.

        :param str name: the field, whose words are separated by commas
        """
        self.ensure_one()
        texts = {self[name] or ""}
        if self._fields[name].translate:
            for code, _name in self.env["res.lang"].get_installed():
                texts.add(self.with_context(lang=code)[name] or "")
        words = {word for text in texts for word in text.split(",")}
        return {phrase for word in words if (phrase := matching.normalize(word))}

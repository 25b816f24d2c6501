"""A bot as whoever draws it looks at it: tried, and what is wrong with it."""

import base64
import gzip
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import drawing_file, marks
from .comparison import Comparison
from .drawing import Loader, describe_bot
from .trial import Trial, check_options, check_texts, without_a_trace


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    version_ids = fields.One2many(
        "helpcrunch.bot.version", "bot_id", "Versions", copy=False
    )
    draft_of_id = fields.Many2one(
        "helpcrunch.bot",
        "Draft of",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The bot over which this one is put when it is published.",
    )
    draft_ids = fields.One2many("helpcrunch.bot", "draft_of_id", "Drafts", copy=False)
    version_count = fields.Integer(
        "Number of Versions",
        compute="_compute_version_count",
        groups="helpcrunch_chatbot.group_manager",
    )
    export_file = fields.Binary(
        "File",
        compute="_compute_export_file",
        groups="helpcrunch_chatbot.group_manager",
    )

    def _compute_version_count(self):
        counts = dict(
            self.env["helpcrunch.bot.version"]._read_group(
                [("bot_id", "in", self.ids)], ["bot_id"], ["__count"]
            )
        )
        for bot in self:
            bot.version_count = counts.get(bot, 0)

    def _compute_export_file(self):
        for bot in self:
            bot.export_file = base64.b64encode(bot.export_json().encode())

    def copy(self, default=None):
        """Draw the copies as the originals are drawn; their schedules rest."""
        copies = super().copy(default)
        for bot, duplicate in zip(self, copies, strict=True):
            data, own = bot._describe(), duplicate._describe()["bot"]
            fallback = data["bot"].get("fallback_step_id")
            data["bot"] = {
                **own,
                **({"fallback_step_id": fallback} if fallback else {}),
            }
            for step in data["steps"]:
                if "schedule_state" in step:
                    # Nobody wants to send a broadcast twice by copying a bot.
                    step["schedule_state"] = "paused"
                    for name in ("next_run", "last_run", "anchor_run"):
                        step.pop(name, None)
            duplicate._load_drawing(data, is_ours=True)
        return copies

    def action_try(self):
        """Open the window in which one talks to the bot as a customer would."""
        self.ensure_one()
        self.check_access("write")
        return self._get_try_action()

    def _get_try_action(self, step=None):
        channels = self.application_ids or self.account_id.application_ids
        return {
            "type": "ir.actions.client",
            "tag": "helpcrunch_chatbot.try",
            "name": self.env._("Try “%(bot)s”", bot=self.name),
            "target": "new",
            "params": {
                "bot_id": self.id,
                "step_id": step.id if step else False,
                "step_name": step.name if step else False,
                "languages": self.env["res.lang"].get_installed(),
                "language": self.language_id.code,
                "channels": [(channel.id, channel.name) for channel in channels],
            },
        }

    def try_dialogue(self, texts, options=None):
        """Talk to the bot as a customer would, without any trace in the database.

        The engine itself runs and is rolled back; nothing reaches HelpCrunch. Stable,
        so that scripts can test bots.

        :param list[str] texts: what the customer writes, at most 100
        :param dict options: ``partner_id`` (an existing contact) or ``name`` and
            ``language`` (its code) of a new one; ``application_id`` (the channel);
            ``step_id`` (begin there); ``operators``: ``free`` or ``none``, else as now;
            ``at``: day and hour, UTC, ``2026-12-24 18:00:00``, for working hours
        :return: ``{"turns": [{"text", "said", "why", "effects"}]}``; the first turn has
            no text, it is the welcome
        :rtype: dict
        :raise UserError: for texts and options that are none
        """
        self.ensure_one()
        self.check_access("write")
        check_texts(self.env, texts)
        options = check_options(self, options or {})
        # sudo: helpcrunch.bot - a turn is the machine's, for customers have no user
        machine = self.sudo().with_user(self.env.ref("base.user_root"))
        with without_a_trace(self.env):
            trial = Trial(machine, {**options, "reader": self.env})
            turns = trial.run(texts)
        return {"turns": turns}

    # === PICTURE === #

    def get_picture(self):
        """Return the bot as a graph, for the tab that draws it.

        :return: ``steps`` (``id``, ``name``, ``type``, ``type_name``, ``text``,
            ``aliases``, ``level`` of its worst problem, ``is_start``) and ``edges``
            (``from``, ``to``, ``kind``, ``label``)
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        levels = {}
        for problem in self._find_problems():
            # The worst come first.
            levels.setdefault(problem.step_id, problem.level)
        steps = self.step_ids
        types = dict(steps._fields["step_type"]._description_selection(self.env))
        flows = dict(steps._fields["flow"]._description_selection(self.env))
        start = steps._find_start()
        return {
            "steps": [
                {
                    "id": step.id,
                    "name": step.name,
                    "type": step.step_type,
                    "type_name": flows[step.flow]
                    if step._has_flow()
                    else types[step.step_type],
                    "text": (step.message or "").strip().split("\n")[0][:80],
                    "aliases": step.alias_ids.filtered(
                        lambda alias: alias.phrase and not alias.scope_step_id
                    ).mapped("name"),
                    "level": levels.get(step.id, False),
                    "is_start": step == start,
                }
                for step in steps
            ],
            "edges": [
                {"from": step.id, "to": target.id, "kind": kind, "label": label}
                for step, ways in self._get_edges().items()
                for kind, target, label in ways
            ],
        }

    # === FILES === #

    def export_json(self):
        """Return the bot as the text of a file, with media and translations.

        The same bot gives the same text. Stable, so that scripts can keep bots.
        """
        self.ensure_one()
        self.check_access("write")
        return drawing_file.dump(self._describe())

    @api.model
    def import_json(self, content, bot_id=None, dry_run=False):
        """Make a bot of a file, or put the file over a bot, steps matched by code.

        A version of the bot is kept before. What the file does not have is archived.

        :param str content: of a file that :meth:`export_json` made
        :param int bot_id: of the bot to change; None: a new one is made
        :param bool dry_run: only tell what it would do
        :return: ``bot_id``, and sentences: ``new``, ``changed``, ``archived``,
            ``missing``
        :rtype: dict
        :raise UserError: if the file is none or broken; nothing is changed then
        """
        self.browse().check_access("create")
        bot = self.browse(bot_id or [])
        if bot and not bot.exists():
            raise UserError(self.env._("This bot is not there any more."))
        bot.check_access("write")
        data = self._parse_drawing(content)
        if dry_run:
            with without_a_trace(self.env):
                report = bot._import(data)
            return {**report, "bot_id": bot_id or False}
        return bot._import(data)

    def _import(self, data):
        before = self._describe() if self else None
        if self:
            self._keep_version(self.env._("Before a file was imported"))
        bot, missing = self._load_drawing(data)
        found = Comparison(self.env, before, bot._describe())
        return {
            "bot_id": bot.id,
            "new": found.new,
            "changed": found.changed,
            "archived": found.archived,
            "missing": missing,
        }

    def _parse_drawing(self, content):
        try:
            return drawing_file.parse(content)
        except drawing_file.DrawingFileError as error:
            texts = {
                "large": self.env._("The file is too large."),
                "json": self.env._("This is no file of a bot: it is broken."),
                "foreign": self.env._("This is no file of a bot."),
                "newer": self.env._(
                    "The file was made by a newer version of this addon. Update it "
                    "here."
                ),
                "twice": self.env._("Two steps of the file have the same code."),
                "shape": self.env._("The file is broken."),
            }
            place = f" ({error.place})" if error.place else ""
            message = texts[error.reason] + place
            raise UserError(message) from error

    def _describe(self):
        return describe_bot(self)

    def _load_drawing(self, data, is_ours=False, **vals):
        """Put plain data over this bot, or make a new one; return it and what misses.

        Schedules that are there go on as they stand.

        :param bool is_ours: it is a bot of this database: who may draw one may keep its
            filters, whoever may read what they ask for
        """
        if not self and "account_id" not in vals:
            vals["account_id"] = self._find_example_account().id
        env = self.env
        if is_ours:
            mark = {"helpcrunch_same_filter": marks.SAME_FILTER}
            env = self.env(context={**self.env.context, **mark})
        loader = Loader(env, data, self.with_env(env))
        with self.env.cr.savepoint():
            bot = loader.load(**vals)
        return bot.with_env(self.env), loader.missing

    def action_export(self):
        """Give the file of the bot to whoever asks."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/export_file"
            f"/{quote(self.name, safe='')}.json?download=true",
            "target": "download",
        }

    # === VERSIONS === #

    def action_view_versions(self):
        """Open the versions that were kept of this bot."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpcrunch_chatbot.helpcrunch_bot_version_action"
        )
        return {**action, "domain": [("bot_id", "=", self.id)], "context": {}}

    def action_save_version(self):
        """Keep the drawing as it is now."""
        for bot in self:
            bot.check_access("write")
            bot._keep_version(self.env._("Saved by hand"))
        return True

    def _keep_version(self, name):
        """Keep the drawing as it is, under the next number; return the version.

        Whoever puts a drawing over a bot keeps the one before first, so that of those
        who do it at once one goes on, and the others are told.

        :raise UserError: if somebody else is at it; nothing is changed then
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "Somebody else is saving “%(bot)s” at this very moment. Look at "
                    "what is there now, and do it once more.",
                    bot=self.name,
                )
            )
        # sudo: helpcrunch.bot.version - its content is the machine's to write
        versions_sudo = self.env["helpcrunch.bot.version"].sudo()
        last = versions_sudo._find_last(self)
        packed = gzip.compress(drawing_file.dump(self._describe()).encode(), mtime=0)
        return versions_sudo.create(
            {
                "bot_id": self.id,
                "number": last.number + 1,
                "name": name,
                "content": base64.b64encode(packed),
                "drawing_version": self.version,
            }
        )

    @api.model
    def _cron_keep_versions(self):
        """Keep each bot whose drawing has changed since its last version."""
        for bot in self.search(fields.Domain.TRUE):
            last = bot.version_ids._find_last(bot)
            if last.drawing_version != bot.version and bot.try_lock_for_update(
                allow_referencing=True
            ):
                bot._keep_version(self.env._("Kept by itself"))

    # === DRAFTS === #

    def action_make_draft(self):
        """Copy the bot to one that serves nobody, to be drawn and then published."""
        self.ensure_one()
        self.check_access("write")
        draft, _missing = self.browse()._load_drawing(
            self._describe(), is_ours=True, account_id=self.account_id.id
        )
        draft.write(
            {
                "name": self.env._("%(bot)s (draft)", bot=self.name),
                "draft_of_id": self.id,
            }
        )
        return draft._get_records_action(context={})

    def action_publish(self):
        """Put this draft over the bot it is a draft of, in one go.

        Dialogues in the middle of a step that stays go on there.

        :raise UserError: if that bot is gone; nothing is changed then
        """
        self.ensure_one()
        self.check_access("write")
        bot = self.draft_of_id
        if not bot:
            raise UserError(
                self.env._("“%(bot)s” is no draft of another bot.", bot=self.name)
            )
        bot.check_access("write")
        bot._keep_version(self.env._("Before a draft was published"))
        data = self._describe()
        data["bot"]["name"] = bot.name
        bot._load_drawing(data, is_ours=True)
        self.active = False
        return bot._get_records_action(context={})

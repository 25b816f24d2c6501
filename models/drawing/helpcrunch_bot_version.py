import base64
import gzip

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import drawing_file
from .comparison import Comparison


class HelpcrunchBotVersion(models.Model):
    """A bot as it was drawn at a moment."""

    _name = "helpcrunch.bot.version"
    _inherit = "helpcrunch.guarded"
    _description = "HelpCrunch Bot Version"
    _order = "bot_id, number desc"
    _written_by_people = ("name", "note")

    bot_id = fields.Many2one(
        "helpcrunch.bot", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="bot_id.company_id", store=True, index=True)
    number = fields.Integer(required=True, readonly=True)
    name = fields.Char(required=True)
    note = fields.Text()
    # Packed: a bot with its media may be large, and there are many of it.
    content = fields.Binary(attachment=True, required=True, readonly=True)
    drawing_version = fields.Integer(
        readonly=True, help="Of the drawing, when this was kept."
    )
    differences = fields.Text(
        compute="_compute_differences",
        help="What is another now in the bot.",
    )

    _number_unique = models.UniqueIndex(
        "(bot_id, number)",
        "Somebody else has just saved this bot. Do it once more.",
    )

    @api.model
    def _is_written_by_people(self, field):
        return field.name in self._written_by_people

    @api.depends("number", "name")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.number}. {version.name}"

    @api.depends_context("lang")
    def _compute_differences(self):
        for version in self:
            found = Comparison(
                self.env, version._read_content(), version.bot_id._describe()
            )
            sentences = [*found.new, *found.changed, *found.archived]
            version.differences = "\n".join(sentences) or self.env._(
                "Nothing is another now."
            )

    @api.model
    def _find_last(self, bot):
        """Return the version of a bot that was kept last, if there is one."""
        return self.search([("bot_id", "=", bot.id)], order="number desc", limit=1)

    def _read_content(self):
        """Return the drawing as plain data."""
        packed = base64.b64decode(self.with_context(bin_size=False).content)
        return drawing_file.parse(gzip.decompress(packed))

    def action_restore(self):
        """Put the drawing back as it was then; what is now is kept before.

        :raise UserError: if something in it cannot be any more; nothing is changed then
        """
        self.ensure_one()
        self.check_access("write")
        bot = self.bot_id
        bot.check_access("write")
        bot._keep_version(
            self.env._("Before version %(number)s was restored", number=self.number)
        )
        try:
            data = self._read_content()
        except (drawing_file.DrawingFileError, OSError, EOFError) as error:
            raise UserError(self.env._("This version cannot be read.")) from error
        bot._load_drawing(data, is_ours=True)
        return bot._get_records_action(context={})

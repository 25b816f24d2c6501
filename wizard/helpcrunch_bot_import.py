import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError


class HelpcrunchBotImport(models.TransientModel):
    """Make a bot of a file, or put a file over one; it tells first what it would do."""

    _name = "helpcrunch.bot.import"
    _description = "Import HelpCrunch Bot"

    bot_id = fields.Many2one(
        "helpcrunch.bot",
        "Over the Bot",
        ondelete="cascade",
        help="Steps are matched by code; what the file does not have is archived. A "
        "version is kept before. Empty: a new bot is made, which serves nobody yet.",
    )
    content = fields.Binary("File", attachment=False)
    filename = fields.Char()
    report = fields.Text("What It Would Do", readonly=True)

    @api.onchange("content", "bot_id")
    def _onchange_content(self):
        self.report = False

    def action_look(self):
        """Tell what the file would do, and do nothing."""
        self.ensure_one()
        self.check_access("write")
        self.report = self._foretell()
        return self._get_records_action(
            name=self.env._("Import a Bot"), target="new", context={}
        )

    def _foretell(self):
        try:
            found = self.env["helpcrunch.bot"].import_json(
                self._read_file(), self.bot_id.id or None, dry_run=True
            )
        except UserError as error:
            return str(error)
        sentences = [
            *found["new"],
            *found["changed"],
            *found["archived"],
            *found["missing"],
        ]
        return "\n".join(sentences) or self.env._("Nothing is another in the file.")

    def _read_file(self):
        if not self.content:
            raise UserError(self.env._("Choose the file of a bot first."))
        try:
            return base64.b64decode(self.content, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise UserError(self.env._("This is no file of a bot.")) from error

    def action_import(self):
        """Do it, and open the bot."""
        self.ensure_one()
        self.check_access("write")
        report = self.env["helpcrunch.bot"].import_json(
            self._read_file(), self.bot_id.id or None
        )
        bot = self.env["helpcrunch.bot"].browse(report["bot_id"])
        return bot._get_records_action(context={})

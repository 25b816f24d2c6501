import base64
import secrets
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import urls
from odoo.tools.mimetypes import guess_mimetype

from ...const import MEDIA_MIMETYPES, MEDIA_PATH

_DEFAULT_MAX_MB = 25


class HelpcrunchStepMedia(models.Model):
    """A file that a step shows.

    HelpCrunch's API takes text only (helpcrunch-api.md 2.4), so the customer gets a
    link: public, because messengers fetch it, and unguessable.
    """

    _name = "helpcrunch.step.media"
    _inherit = "helpcrunch.step.part"
    _description = "HelpCrunch Step Multimedia"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    step_name = fields.Char("Name of the Step", related="step_id.name")
    bot_id = fields.Many2one(string="Bot", related="step_id.bot_id")
    company_id = fields.Many2one(related="step_id.company_id", store=True, index=True)
    media_type = fields.Selection(
        [
            ("image", "Image"),
            ("video", "Video"),
            ("audio", "Audio"),
            ("file", "File"),
        ],
        "Multimedia Type",
        required=True,
        default="image",
    )
    attachment = fields.Binary("Upload", attachment=True, required=True)
    filename = fields.Char()
    mimetype = fields.Char(readonly=True)
    token = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_urlsafe(24),
        groups="helpcrunch_chatbot.group_manager",
    )

    _token_unique = models.UniqueIndex("(token)")

    @api.constrains("attachment", "media_type")
    def _check_file(self):
        limit = self._get_max_megabytes()
        for media in self.with_context(bin_size=False):
            content = base64.b64decode(media.attachment or b"")
            if len(content) > limit * 1024 * 1024:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is larger than %(limit)s MB. Choose a smaller "
                        "file, or raise the system parameter "
                        "helpcrunch_chatbot.media_max_mb.",
                        name=media.name,
                        limit=limit,
                    ),
                )
            allowed = MEDIA_MIMETYPES.get(media.media_type)
            if allowed and media.mimetype not in allowed:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is no %(type)s that chats can show (it is "
                        "%(mimetype)s). Choose another file, or the type File.",
                        name=media.name,
                        type=dict(
                            self._fields["media_type"]._description_selection(self.env)
                        )[media.media_type],
                        mimetype=media.mimetype,
                    ),
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._guess_type(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._guess_type(vals)
        return super().write(vals)

    def _guess_type(self, vals):
        # By content, not by what the file is called: that is what browsers will get.
        if vals.get("attachment"):
            vals["mimetype"] = guess_mimetype(base64.b64decode(vals["attachment"]))

    def _get_max_megabytes(self):
        # sudo: ir.config_parameter - a manager of the app is no system administrator
        limit = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("helpcrunch_chatbot.media_max_mb")
        )
        return int(limit or _DEFAULT_MAX_MB)

    def _get_url(self):
        """Return the public address of the file."""
        self.ensure_one()
        # sudo: helpcrunch.step.media - the engine gives the token to the customer
        media_sudo = self.sudo()
        filename = quote(media_sudo.filename or media_sudo.name, safe="")
        return urls.urljoin(
            self.get_base_url(), f"{MEDIA_PATH}/{media_sudo.token}/{filename}"
        )

    def _get_stream(self):
        """Return the file as a stream with the type that its content has."""
        self.ensure_one()
        return self.env["ir.binary"]._get_stream_from(
            self,
            "attachment",
            filename=self.filename or self.name,
            mimetype=self.mimetype,
        )

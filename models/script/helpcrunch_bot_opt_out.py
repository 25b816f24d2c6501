"""The words with which customers opt out of broadcasts, and in again."""

from odoo import fields, models

from ...tools import matching


class HelpcrunchBot(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.bot"

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

    def _version_fields(self):
        return super()._version_fields() | {"opt_out_words", "opt_in_words"}

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

from werkzeug.exceptions import Forbidden, NotFound

from odoo.exceptions import UserError

from odoo.addons.mail.controllers.discuss.public_page import PublicPageController


class HelpcrunchInvitation(PublicPageController):
    def _response_discuss_channel_invitation(self, store, channel, guest_email=None):
        """Say in words why somebody with the address of a customer's dialogue may not
        read it; Odoo says that there is no such page.
        """
        try:
            return super()._response_discuss_channel_invitation(
                store, channel, guest_email
            )
        except NotFound as error:
            refusal = error.__cause__
            # sudo: discuss.channel - only of which type it is
            if channel.sudo().channel_type == "helpcrunch" and isinstance(
                refusal, UserError
            ):
                raise Forbidden(str(refusal)) from error
            raise

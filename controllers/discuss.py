from werkzeug.exceptions import Forbidden, NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.mail.controllers.discuss.public_page import PublicPageController
from odoo.addons.mail.controllers.thread import ThreadController


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


class HelpcrunchThread(ThreadController):
    @http.route()
    def mail_message_post(
        self, thread_model, thread_id, post_data, context=None, **kwargs
    ):
        """Let the dialogue know which canned responses the text was made from."""
        if kwargs.get("canned_response_ids"):
            request.update_context(
                helpcrunch_canned_response_ids=kwargs["canned_response_ids"]
            )
        return super().mail_message_post(
            thread_model, thread_id, post_data, context, **kwargs
        )

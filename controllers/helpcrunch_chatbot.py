import re

from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from odoo.exceptions import MissingError
from odoo.http import Controller, request, route

from ..const import MEDIA_PATH, TRIGGER_PATH, WEBHOOK_MAX_BYTES, WEBHOOK_PATH
from ..tools.signature import HEADER

# Letters of `secrets.token_urlsafe`, and of a neutralized database's hash.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,100}")


class HelpcrunchChatbot(Controller):
    @route(
        f"{WEBHOOK_PATH}/<string:token>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        # Told on purpose: without a user Odoo would begin read-only and run it twice.
        readonly=False,
    )
    def webhook(self, token):
        """Take in one event and answer before any work is done."""
        if not _is_token(token):
            raise NotFound
        httprequest = request.httprequest
        # One byte more than allowed: the body itself tells that it is too large.
        httprequest.max_content_length = WEBHOOK_MAX_BYTES + 1
        status, receipt = request.env["helpcrunch.event"]._receive(
            token,
            _read_body,
            httprequest.content_length,
            httprequest.headers.get(HEADER),
        )
        response = request.make_json_response({}, status=status)
        if receipt:
            events = request.env["helpcrunch.event"]
            response.call_on_close(lambda: events._start_after_work(receipt))
        return response

    @route(
        f"{TRIGGER_PATH}/<string:token>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        # As above.
        readonly=False,
    )
    def trigger(self, token):
        """Take in one outside event, and say what was accepted."""
        if not _is_token(token):
            raise NotFound
        httprequest = request.httprequest
        httprequest.max_content_length = WEBHOOK_MAX_BYTES + 1
        status, answer = request.env["helpcrunch.account"]._receive_trigger(
            token,
            _read_body,
            httprequest.content_length,
            httprequest.headers.get(HEADER),
            request.best_lang,
        )
        return request.make_json_response(answer, status=status)

    @route(
        f"{MEDIA_PATH}/<string:token>/<path:filename>",
        type="http",
        auth="public",
        methods=["GET", "HEAD"],
        save_session=False,
        readonly=True,
    )
    def media(self, token, filename):
        """Show a step's file to whoever has the link."""
        if not _is_token(token):
            raise NotFound
        # sudo: helpcrunch.step.media - the token is the permission
        media_sudo = request.env["helpcrunch.step.media"].sudo()
        media_sudo = media_sudo.search([("token", "=", token)], limit=1)
        if not media_sudo:
            raise NotFound
        try:
            return media_sudo._get_stream().get_response(
                as_attachment=media_sudo.media_type == "file"
            )
        except (FileNotFoundError, MissingError) as error:
            # The database came without its files.
            raise NotFound from error


def _is_token(text):
    """Tell whether a part of an address can be a token of ours at all.

    PostgreSQL refuses NUL, and whoever sends it is to learn nothing from that.
    """
    return bool(_TOKEN.fullmatch(text))


def _read_body():
    try:
        return request.httprequest.get_data(cache=False)
    except RequestEntityTooLarge:
        return bytes(WEBHOOK_MAX_BYTES + 1)

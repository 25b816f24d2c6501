import re
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from odoo.exceptions import MissingError
from odoo.http import Controller, request, route

from ..const import (
    LOGIN_PATH,
    LOGINS_PATH,
    MEDIA_PATH,
    TRIGGER_PATH,
    WEBHOOK_MAX_BYTES,
    WEBHOOK_PATH,
)
from ..tools.log import keep_links_out
from ..tools.signature import HEADER

# Letters of `secrets.token_urlsafe`, and of a neutralized database's hash.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,100}")
# What is wrong with a link, as HTTP tells it.
_STATUSES = {None: 200, "unknown": 404, "foreign": 403, "machine": 403}
# Of pages about log-ins: no frame, no script, no copy, and no word to other servers of
# where somebody came from.
_STRICT_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}

keep_links_out()


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

    @route(
        f"{LOGIN_PATH}/<string:token>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    def login(self, token, **_query):
        """Show who asks to be logged in, and ask to confirm; change nothing."""
        login_sudo = self._find_login(token)
        problem = login_sudo._find_problem(request.env.user.sudo())
        return self._show_login(login_sudo, problem)

    @route(
        f"{LOGIN_PATH}/<string:token>",
        type="http",
        auth="user",
        methods=["POST"],
        readonly=False,
        sitemap=False,
    )
    def login_confirm(self, token, **_form):
        """Let the customer who asked be who has pressed the button."""
        login_sudo = self._find_login(token)
        problem = login_sudo._confirm(request.env.user.sudo())
        return self._show_login(login_sudo, problem, is_done=not problem)

    @route(
        LOGINS_PATH,
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    def logins(self, **_query):
        """Show the own log-ins, to people without Odoo's web client too."""
        return _show("logins_page", {"logins": self._get_own_logins()})

    @route(
        LOGINS_PATH,
        type="http",
        auth="user",
        methods=["POST"],
        readonly=False,
        sitemap=False,
    )
    def logins_end(self, login_id="", **_form):
        """End one of the own log-ins."""
        wanted = int(login_id) if login_id.isascii() and login_id.isdigit() else 0
        own_sudo = self._get_own_logins()
        own_sudo.filtered(lambda login: login.id == wanted)._end(
            "user", by=request.env.user
        )
        return _show("logins_page", {"logins": self._get_own_logins()})

    def _find_login(self, token):
        # sudo: helpcrunch.login - the token is the permission to look at it
        logins_sudo = request.env["helpcrunch.login"].sudo()
        return logins_sudo._find(token) if _is_token(token) else logins_sudo

    def _get_own_logins(self):
        # sudo: helpcrunch.login - one's own, and people from outside have no rights
        logins_sudo = request.env["helpcrunch.login"].sudo()
        return logins_sudo._get_own(request.env.user)

    def _show_login(self, login_sudo, problem, is_done=False):
        values = {
            "problem": problem,
            "is_done": is_done,
            "user": request.env.user,
            "path": request.httprequest.path,
            "logout_query": urlencode({"redirect": request.httprequest.path}),
            "logins_path": LOGINS_PATH,
            **({} if problem else login_sudo._get_page(request.env.user.sudo())),
        }
        return _show("login_page", values, _STATUSES.get(problem, 410))


def _show(template, values, status=200):
    """Return a page that stands alone."""
    response = request.render(f"helpcrunch_chatbot.{template}", values, status=status)
    response.headers.update(_STRICT_HEADERS)
    return response


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

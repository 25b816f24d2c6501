import hashlib
import hmac

from odoo.http import Controller, request, route


class Floor(Controller):
    @route(
        "/hc_floor",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def floor(self):
        body = request.httprequest.get_data()
        wanted = hmac.new(b"test-signing-key", body, hashlib.sha1).hexdigest()
        if not hmac.compare_digest(
            wanted, request.httprequest.headers.get("X-HelpCrunch-Signature", "")
        ):
            return request.make_json_response({}, status=401)
        request.env.cr.execute(
            "INSERT INTO hc_floor (body) VALUES (%s)", [body.decode()]
        )
        return request.make_json_response({})

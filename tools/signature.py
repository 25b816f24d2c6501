"""The signature of a HelpCrunch webhook."""

import hashlib
import hmac

HEADER = "X-HelpCrunch-Signature"


def compute_signature(body, secret):
    """Return the signature HelpCrunch puts on a webhook.

    HMAC-SHA1 of the raw body with the account's signing key as UTF-8 text, in lower
    case hexadecimal (helpcrunch-api.md 3.7, D-wh-sign).

    :param bytes body: the request's body as received, never re-serialised
    :param str secret: the account's webhook signing key
    :rtype: str
    """
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def is_signed(body, secret, signature):
    """Tell in constant time whether ``signature`` belongs to ``body``.

    :return: False also when the account has no secret or the header is missing:
        a webhook that cannot be checked is never believed
    """
    if not secret or not signature:
        return False
    expected = compute_signature(body, secret).encode()
    return hmac.compare_digest(expected, signature.strip().encode())

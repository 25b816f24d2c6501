"""The web client's own tests (hoot), in a real browser."""

from odoo.tests import HttpCase, no_retry, tagged


@tagged("post_install", "-at_install")
class TestJavascript(HttpCase):
    @no_retry
    def test_hoot(self):
        """Run the suites of this addon; those of Odoo are Odoo's business."""
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
            f"&id={_hash('@helpcrunch_chatbot')}",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            # What a test prints on purpose is no failure of it.
            error_checker=lambda message: "[HOOT]" not in message,
        )


def _hash(name):
    """Return what hoot calls a suite, as Odoo's own ``HOOTCommon`` does."""
    number = 0
    for letter in name:
        number = ((number << 5) - number + ord(letter)) & 0xFFFFFFFF
    return f"{number:08x}"

from odoo.tests import tagged

from ..common import CUSTOMER, HelpcrunchCase

PNG = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    b"awAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestMedia(HelpcrunchCase):
    def test_an_image_goes_as_a_link_after_the_text(self):
        step = self.step("Welcome", alias="/start")
        media = self.env["helpcrunch.step.media"].create(
            {
                "name": "Price list",
                "step_id": step.id,
                "attachment": PNG,
                "filename": "прайс.png",
            },
        )
        said = self.says("Hi")
        self.assertEqual(said[0], "Welcome")
        self.assertIn(media.token, said[1])
        self.assertEqual(self.chat(CUSTOMER).message_ids[0].body, media._get_url())

    def test_type_and_size_are_checked(self):
        step = self.step("Welcome")
        media = self.env["helpcrunch.step.media"]
        vals = {
            "name": "Bad",
            "step_id": step.id,
            "attachment": b"PGh0bWw+PC9odG1sPg==",
        }
        with self.refused("no Image"):
            media.create(vals)
        self.env["ir.config_parameter"].set_param(
            "helpcrunch_chatbot.media_max_mb", "1"
        )
        large = {**vals, "media_type": "file", "attachment": b"QUFB" * 400000}
        with self.refused("larger than 1 MB"):
            media.create(large)

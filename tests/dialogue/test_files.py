"""Files and links in what people write."""

import re

from odoo.tests import BaseCase, tagged

from ...models.dialogue.helpcrunch_message import linkify
from ...tools.files import find_files, is_only_file

UUID = "0123abcd-0123-0123-0123-0123456789ab"
PHOTO = f"https://ucarecdn.com/{UUID}/photo.jpg"
OWN = "https://odoo.example.com/helpcrunch/media/"


@tagged("post_install", "-at_install")
class TestFiles(BaseCase):
    def test_what_is_an_address(self):
        for typed, urls in {
            "see https://a.com/x?y=1, and http://b.com.": [
                "https://a.com/x?y=1",
                "http://b.com",
            ],
            f"[{PHOTO}]": [PHOTO],
            f"[{PHOTO}] [{PHOTO}?2]": [PHOTO, f"{PHOTO}?2"],
            f"[{PHOTO}][{PHOTO}?2]": [PHOTO, f"{PHOTO}?2"],
            f"[{PHOTO},{PHOTO}?2]": [PHOTO, f"{PHOTO}?2"],
            f"{PHOTO}\n{PHOTO}": [PHOTO, PHOTO],
            f"{PHOTO}, (see {PHOTO})": [PHOTO, PHOTO],
            "![](https://a.com/b.png)": ["https://a.com/b.png"],
            "https://uk.wikipedia.org/wiki/A_(b)": [
                "https://uk.wikipedia.org/wiki/A_(b)"
            ],
            "https://a.com/?x[]=1&y[]=2": ["https://a.com/?x[]=1&y[]=2"],
            "https://a.com/?to=https://b.com": ["https://a.com/?to=https://b.com"],
            "HTTPS://A.com/x": ["HTTPS://A.com/x"],
            UUID: [f"https://ucarecdn.com/{UUID}/"],
            f" {UUID.upper()}\n": [f"https://ucarecdn.com/{UUID}/"],
            f"[{UUID}]": [f"https://ucarecdn.com/{UUID}/"],
            f"{UUID} {UUID}": [f"https://ucarecdn.com/{UUID}/"] * 2,
            f"my {UUID}": [],
            "javascript:alert(1)": [],
            "https://": [],
            "https://)https://": [],
            'https://a.com"onclick=x': ["https://a.com"],
            "https://a.com<script>": ["https://a.com"],
            "https://[a": ["https://[a"],
            "": [],
            None: [],
        }.items():
            with self.subTest(typed=typed):
                self.assertEqual([file.url for file in find_files(typed)], urls)

    def test_what_is_nothing_but_a_file(self):
        for typed in (PHOTO, f"[{PHOTO}]", f"{PHOTO}\n{PHOTO}.", UUID, f"[{UUID}]"):
            with self.subTest(typed=typed):
                self.assertTrue(is_only_file(typed))
        for typed in ("Olena", f"I am {PHOTO}", f"Olena {UUID}", "", None, "[]", "..."):
            with self.subTest(typed=typed):
                self.assertFalse(is_only_file(typed))

    def test_what_kind_of_file(self):
        for url, kind, name in (
            (PHOTO, "image", "photo.jpg"),
            (f"https://ucarecdn.com/{UUID}/voice.OGG?dl=1", "audio", "voice.OGG"),
            (f"https://ucarecdn.com/{UUID}/clip.mp4", "video", "clip.mp4"),
            (f"https://ucarecdn.com/{UUID}/a%20%D1%86.pdf", "file", "a ц.pdf"),
            (f"https://ucarecdn.com/{UUID}/", "file", ""),
            (f"https://ucarecdn.com/{'x' * 90}.png", "image", f"{'x' * 55}….png"),
        ):
            with self.subTest(url=url):
                (file,) = find_files(url)
                self.assertEqual((file.kind, file.name), (kind, name))

    def test_only_known_hosts_are_fetched_from(self):
        """A stranger's server must not learn who reads a message, and when."""
        for url in (PHOTO, f"{OWN}token/red%20bicycle.png"):
            html = linkify(f"Look: [{url}]!", (OWN,), embed=True)
            with self.subTest(url=url):
                self.assertRegex(
                    html, r'^Look: <span .*<img [^>]*referrerpolicy="no-referrer"'
                )
                self.assertTrue(html.endswith("</span>!"))
                self.assertNotIn(">http", html)
        for url in (
            "https://evil.com/photo.jpg",
            "http://ucarecdn.com/x/photo.jpg",
            "https://ucarecdn.com.evil.com/photo.jpg",
            "https://ucarecdn.com:444/photo.jpg",
            "https://ucarecdn.com@evil.com/photo.jpg",
            "https://evil.com/https://ucarecdn.com/photo.jpg",
            "https://odoo.example.com.evil.com/helpcrunch/media/photo.jpg",
            f"{OWN}../../web/session/logout?x.jpg",
            f"{OWN}%2E%2e/../web/session/logout?x.jpg",
            f"{OWN}..\\..\\web/session/logout?x.jpg",
            "https://[ucarecdn.com/photo.jpg",
        ):
            with self.subTest(url=url):
                html = linkify(url, (OWN,), embed=True)
                self.assertNotIn("<img", html)
                self.assertIn(f">{url}</a>", html)

    def test_names_break_out_of_nothing(self):
        for name in ("%22onload=x.png", "&quot;onload=x.png", "%3Cscript%3E.png"):
            html = linkify(f"https://ucarecdn.com/{UUID}/{name}", embed=True)
            with self.subTest(name=name):
                self.assertIn("<img ", html)
                self.assertFalse(re.search(r'"onload|<script', html))

"""A headless Chromium that a test drives over its debugging protocol."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket
from patience import PATIENCE

_NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--window-size=1200,900",
)


class Browser:
    """One page of a browser; a context manager that ends it."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="hc_live_browser_")
        program = next(filter(None, map(shutil.which, _NAMES)), None)
        if program is None:
            raise FileNotFoundError("no Chromium: run bin/setup")
        self._process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={self._folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0
        self.errors = []
        try:
            self._socket = websocket.create_connection(
                self._address(), timeout=PATIENCE
            )
            page = next(
                target
                for target in self._call("Target.getTargets")["targetInfos"]
                if target["type"] == "page"
            )
            self._session = self._call(
                "Target.attachToTarget", targetId=page["targetId"], flatten=True
            )["sessionId"]
            self._call("Runtime.enable")
            self._call("Page.enable")
        except BaseException:
            self.close()
            raise

    _socket = _session = None

    def __enter__(self):
        """Return the browser, which runs already."""
        return self

    def __exit__(self, *_):
        """End the browser."""
        self.close()

    def close(self):
        """End the browser and forget its folder."""
        if self._socket:
            self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _address(self):
        told = Path(self._folder) / "DevToolsActivePort"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            lines = told.read_text().splitlines() if told.exists() else ()
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            time.sleep(0.05)
        raise TimeoutError("the browser does not tell its debugging port")

    def _call(self, method, **params):
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        if self._session:
            command["sessionId"] = self._session
        self._socket.send(json.dumps(command))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(answer["params"]["exceptionDetails"])
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    # === WHAT A PERSON DOES === #

    def open(self, url):
        """Open a page; :meth:`wait_for` what is to be on it."""
        self._call("Page.navigate", url=url)

    def log_in(self, url, login):
        """Log into Odoo as somebody whose password is the login."""
        self.open(f"{url}/web/login")
        self.wait_for("!!document.querySelector('form.oe_login_form')")
        self.run(
            f"document.querySelector('input[name=login]').value = {login!r};"
            f"document.querySelector('input[name=password]').value = {login!r};"
            "document.querySelector('form.oe_login_form').submit()"
        )
        self.wait_for("!!document.querySelector('.o_main_navbar')")

    def run(self, code):
        """Return the value of an expression of JavaScript, promises awaited."""
        result = self._call(
            "Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def wait_for(self, code, seconds=PATIENCE):
        """Return the first true value of an expression (a node is none), or raise."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := self.run(code):
                return value
            time.sleep(0.05)
        raise TimeoutError(f"never came true: {code}")

    def sees(self, selector, text=""):
        """Wait for a visible node with this very text; return how to find it."""
        node = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            ".filter(node => node.offsetParent)"
            f".findLast(node => {json.dumps(text)} === '' ||"
            f" node.textContent.trim() === {json.dumps(text)})"
        )
        self.wait_for(f"!!{node}")
        return node

    def click(self, selector, text=""):
        """Click the last visible node with this very text, when it is there."""
        self.run(f"{self.sees(selector, text)}.click()")

    def type(self, selector, text):
        """Type into a field with the keyboard and press Enter."""
        self.insert(selector, text)
        self.press_enter()

    def insert(self, selector, text):
        """Type into a field with the keyboard."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self._call("Input.insertText", text=text)

    def press_enter(self):
        """Press Enter where the cursor is."""
        for kind in ("keyDown", "keyUp"):
            self._call(
                "Input.dispatchKeyEvent",
                type=kind,
                key="Enter",
                code="Enter",
                text="\r" if kind == "keyDown" else "",
                windowsVirtualKeyCode=13,
            )

    def picture(self):
        """Return the page as it looks now, as a PNG."""
        answer = self._call("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    def keep_picture(self, name):
        """Keep a picture of the page in $LIVE_PICTURES, where somebody looks at it."""
        folder = os.environ.get("LIVE_PICTURES")
        if folder:
            (Path(folder) / f"{name}.png").write_bytes(self.picture())

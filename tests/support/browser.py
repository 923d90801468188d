"""Headless Chromium over the pipe of its DevTools protocol: pages shown as a reader's device shows them.

Nothing but the standard library; the browser talks to nobody: no name resolves, no proxy is asked.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage",
         "--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none", "--no-proxy-server",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe"]
SECONDS = 60


class Browser:
    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="lockbox-browser-")
        commands, self.write_end = os.pipe()
        self.read_end, answers = os.pipe()
        # DevTools wants its pipe at these two numbers.
        command = f'exec "$@" 3<&{commands} 4>&{answers}'
        self.process = subprocess.Popen(
            ["bash", "-c", command, "bash", PROGRAM, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env={**os.environ, "HOME": self.profile})
        os.close(commands)
        os.close(answers)
        self.buffer, self.number, self.events = b"", 0, []
        self.page: Page | None = None
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close")
            self.process.wait(10)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)
        os.close(self.read_end)
        os.close(self.write_end)
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, deadline: float) -> dict:
        while b"\0" not in self.buffer:
            if time.monotonic() > deadline:
                raise TimeoutError("the browser does not answer")
            chunk = os.read(self.read_end, 1 << 20)
            if not chunk:
                raise EOFError("the browser is gone")
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def send(self, method: str, session: str | None = None, **params) -> dict:
        """Sends a command, and returns its result; events that come before it are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method: str, session: str) -> dict:
        deadline = time.monotonic() + SECONDS
        while True:
            for event in self.events:
                if event.get("method") == method and event.get("sessionId") == session:
                    return event
            self.events.append(self.receive(deadline))

    def open(self, html: str, width: int, dark: bool = False, height: int = 800) -> "Page":
        """Shows a page, in the place of the one before."""
        if self.page:
            self.send("Target.closeTarget", targetId=self.page.target)
        self.page = Page(self, html, width, dark, height)
        return self.page


class Page:
    """One HTML text in a window of its own, that wide, light or dark."""

    def __init__(self, browser: Browser, html: str, width: int, dark: bool, height: int):
        self.browser, self.width = browser, width
        self.file = Path(browser.profile, f"page-{browser.number}.html")
        self.file.write_text(html, encoding="utf-8")
        self.target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.send("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.send("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        browser.events.clear()
        self.send("Page.navigate", url=self.file.as_uri())
        browser.wait_for("Page.loadEventFired", self.session)

    def send(self, method: str, **params) -> dict:
        return self.browser.send(method, self.session, **params)

    @property
    def requests(self) -> list[str]:
        """What it asked for, itself left out."""
        asked = [event["params"]["request"]["url"] for event in self.browser.events
                 if event.get("method") == "Network.requestWillBeSent" and event.get("sessionId") == self.session]
        return [url for url in asked if url != self.file.as_uri()]

    def run(self, script: str):
        """The value of a JavaScript expression."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description", "exception"))
        return result["result"].get("value")

    def picture(self, quality: int = 45) -> bytes:
        """The whole page as WebP."""
        height = self.run("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": self.width, "height": height, "scale": 1}
        return base64.b64decode(self.send("Page.captureScreenshot", format="webp", quality=quality, clip=clip,
                                          captureBeyondViewport=True)["data"])

"""A real browser without a window: Debian's Chromium, driven through its driver as WebDriver (W3C) says."""
import base64
import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .stack import free_port
from .waiting import wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the member that names an element, by the standard
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
             "--window-size=1000,1400"]


class Browser:
    def __init__(self, directory: Path):
        """The directory holds the browser's profile."""
        self.port = free_port()
        self.driver = subprocess.Popen(["/usr/bin/chromedriver", f"--port={self.port}", f"--log-path={directory}/driver.log"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = ""
        wait_until(self.is_up, "chromedriver answers")
        options = {"binary": "/usr/bin/chromium", "args": [*ARGUMENTS, f"--user-data-dir={directory}/profile"]}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                                   "goog:loggingPrefs": {"browser": "ALL"}}}}
        self.session = "/session/" + self.call("POST", "/session", wanted)["sessionId"]

    def is_up(self) -> bool:
        try:
            return self.call("GET", "/status")["ready"]
        except (ConnectionError, urllib.error.URLError):
            return False

    def call(self, method: str, path: str, body: dict | None = None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.session}{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise LookupError(json.load(error)["value"]["message"].splitlines()[0]) from None

    def open(self, url: str) -> None:
        self.call("POST", "/url", {"url": url})

    @property
    def url(self) -> str:
        return self.call("GET", "/url")

    @property
    def title(self) -> str:
        return self.call("GET", "/title")

    def all(self, css: str) -> list[str]:
        """The elements that a selector finds."""
        found = self.call("POST", "/elements", {"using": "css selector", "value": css})
        return [element[ELEMENT] for element in found]

    def texts(self, css: str) -> list[str]:
        return [self.call("GET", f"/element/{element}/text") for element in self.all(css)]

    def text(self, css: str = "body") -> str:
        [text] = self.texts(css)
        return text

    def wait_for(self, css: str) -> str:
        """The text of the first element that a selector finds, once there is one."""
        def found():
            try:
                return self.texts(css)
            except LookupError:  # the page was reloaded in between
                return []
        return wait_until(found, f"{css} in {self.url}", every=0.1)[0]

    def click(self, css: str) -> None:
        [element] = self.all(css)
        self.call("POST", f"/element/{element}/click", {})

    def type(self, css: str, text: str) -> None:
        [element] = self.all(css)
        self.call("POST", f"/element/{element}/value", {"text": text})

    def console(self) -> list[str]:
        """What the page's policy or its scripts complained of since the last call."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def close(self) -> None:
        try:
            if self.session:
                self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(10)

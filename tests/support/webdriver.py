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


# What the driver answers where a page was replaced between two commands: it has no code of its own for the second.
REPLACED = ("stale element reference", "Node with given id does not belong to the document", "aborted by navigation",
            "execution context", "no such element")


class PageReplaced(LookupError):
    """The element belongs to a page that has been replaced since it was found."""


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
            message = json.load(error)["value"]["message"].splitlines()[0]
            raise (PageReplaced if any(words in message for words in REPLACED) else LookupError)(message) from None

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

    def settled(self, what: str, act):
        """What an act on the page answers that is not nothing; the act begins again where the page is replaced meanwhile."""
        def attempt():
            try:
                return act()
            except PageReplaced:
                return None
        return wait_until(attempt, f"{what} in {self.url}", every=0.1)

    def texts(self, css: str) -> list[str]:
        """The text of each element that a selector finds, all of one page; waits until there is one."""
        return self.settled(css, lambda: [self.call("GET", f"/element/{element}/text") for element in self.all(css)])

    def text(self, css: str = "body") -> str:
        [text] = self.texts(css)
        return text

    def wait_for(self, css: str, words: str = "") -> str:
        """The text of the first element that a selector finds, once it holds these words."""
        return self.settled(f"{words or 'a text'} in {css}", lambda: next(
            (text for text in self.texts(css)[:1] if text and words in text), None))

    def click(self, css: str) -> None:
        self.act(css, "click", {})

    def type(self, css: str, text: str) -> None:
        self.act(css, "value", {"text": text})

    def act(self, css: str, command: str, arguments: dict) -> None:
        """On the one element that a selector finds, once there is one."""
        def once() -> bool:
            found = self.all(css)
            assert len(found) <= 1, f"{len(found)} elements for {css}"
            for element in found:
                self.call("POST", f"/element/{element}/{command}", arguments)
            return bool(found)
        self.settled(css, once)

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

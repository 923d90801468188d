"""A person at the portal without a browser."""
import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request

from support.portal import Portal


class Visitor:
    """Somebody logged in to an instance, without a browser."""

    def __init__(self, portal: Portal, person, path: str = "/"):
        self.portal = portal
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        with self.opener.open(portal.url + path) as page:
            asked = page.geturl()
        told = {"sub": person.id, "email": person.email, "name": person.name}
        with self.opener.open(asked, urllib.parse.urlencode(told).encode()) as page:
            self.landed = page.geturl()
            self.csrf = re.search(r'data-csrf="([^"]+)"', page.read().decode())[1]

    def page(self, path: str) -> str:
        with self.opener.open(self.portal.url + path) as page:
            return page.read().decode()

    def send(self, path: str, content: dict) -> int:
        return self.answer(path, content)[0]

    def answer(self, path: str, content: dict, **headers: str) -> tuple[int, dict]:
        """What the portal says to something that one of its pages sends. Headers replace those of the page."""
        told = {"Content-Type": "application/json", "Origin": self.portal.url, "X-CSRF": self.csrf, **headers}
        asked = urllib.request.Request(self.portal.url + path, json.dumps(content).encode(), told)
        try:
            with self.opener.open(asked) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

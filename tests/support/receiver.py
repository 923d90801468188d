"""An SMTP server that misbehaves on command, at any step, for thousands of mails; it remembers every reply it gave.

What is to go wrong is asked of a plan: for a session by its number, for a mail by its recipient and how often that
recipient was tried. Each 4xx and 5xx carries a number of its own, by which it can be found again.
"""
import asyncio
import base64
import email
import itertools
import re
import ssl
import threading
from dataclasses import dataclass, field

from .waiting import be_slow_in_loop

SESSION_STEPS = ["connect", "banner", "ehlo", "starttls", "handshake", "auth", "mail"]
MAIL_STEPS = ["rcpt", "data", "body", "dot"]
ACTIONS = ["drop", "hang", "4xx", "5xx", "garbage"]

GARBAGE = [b"what?\r\n", b"\r\n", b"250\r\n", b"999 so be it\r\n", b"\x00\xff\xfe\r\n", b"250-one\r\n550 two\r\n", b"-250 ok\r\n"]


class Over(Exception):
    """The connection is to be closed."""


@dataclass
class Taken:
    """A message whose final dot came; said: the reply was the whole usual 250."""
    recipient: str
    message_id: str
    content: bytes
    said: bool


@dataclass
class Reply:
    token: int
    code: int
    step: str
    recipient: str | None


class Plan:
    """Nothing goes wrong. Both return step → action."""

    def session(self, number: int) -> dict[str, str]:
        return {}

    def mail(self, recipient: str, time: int) -> dict[str, str]:
        return {}


@dataclass
class Receiver:
    plan: Plan = field(default_factory=Plan)
    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    port: int = 0

    def __post_init__(self):
        self.taken: list[Taken] = []
        self.replies: dict[int, Reply] = {}
        self.tries: dict[str, int] = {}
        self.sessions = self.most_at_once = self.open = 0
        self.tokens = itertools.count(1)
        self.released = asyncio.Event()
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> "Receiver":
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def release(self) -> None:
        """Ends every "held", now and to come."""
        self.loop.call_soon_threadsafe(self.released.set)

    def url(self, host: str = "127.0.0.1") -> str:
        user = f"{self.user}@" if self.user else ""
        return f"smtp://{user}{host}:{self.port}?tls={'required' if self.tls else 'off'}"

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda loop, context: None)  # connections break here all the time
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=1000))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    async def serve(self, reader, writer) -> None:
        self.sessions += 1
        self.open += 1
        self.most_at_once = max(self.most_at_once, self.open)
        try:
            await Session(self, reader, writer, self.plan.session(self.sessions)).run()
        except (Over, OSError, ssl.SSLError, EOFError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.open -= 1
            writer.transport.abort()


class Session:
    def __init__(self, receiver: Receiver, reader, writer, trouble: dict[str, str]):
        self.receiver, self.reader, self.writer = receiver, reader, writer
        self.trouble = dict(trouble)
        self.mail_trouble: dict[str, str] = {}
        self.recipient: str | None = None
        self.is_tls = False
        self.is_known = not receiver.user

    async def run(self) -> None:
        await self.step("connect", b"")
        await self.step("banner", b"220 receiver.example ready\r\n")
        while line := await self.reader.readline():
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            await getattr(self, f"on_{verb.lower()}", self.on_other)(rest)

    async def say(self, reply: bytes) -> None:
        self.writer.write(reply)
        await self.writer.drain()

    async def step(self, step: str, usual: bytes) -> bool:
        """Does what the plan says, else replies as usual; whether it did the latter."""
        action = self.trouble.get(step) or self.mail_trouble.get(step)
        match action:
            case None:
                await self.say(usual)
                return True
            case "drop":
                raise Over
            case "hang":
                await asyncio.Event().wait()  # for ever
            case "held":
                await self.receiver.released.wait()
                await self.say(usual)
                return True
            case "garbage":
                await self.say(GARBAGE[self.receiver.sessions % len(GARBAGE)])
            case "4xx" | "5xx" | "421":
                await self.say(self.refusal(step, action))
                if action == "421":
                    raise Over
            case _:  # so many seconds
                await be_slow_in_loop(float(action))
                await self.say(usual)
                return True
        return False

    def refusal(self, step: str, action: str) -> bytes:
        token = next(self.receiver.tokens)
        code = {"4xx": 450, "5xx": 550, "421": 421}[action]
        self.receiver.replies[token] = Reply(token, code, step, self.recipient)
        return f"{code} {code // 100}.2.1 no {token}\r\n".encode()

    async def on_other(self, _) -> None:
        await self.say(b"500 5.5.2 what?\r\n")

    async def on_ehlo(self, _) -> None:
        offers = ["receiver.example", "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self.receiver.tls and not self.is_tls:
            offers.append("STARTTLS")
        elif self.receiver.user:
            offers.append("AUTH PLAIN")
        await self.step("ehlo", "".join(f"250-{offer}\r\n" for offer in offers[:-1]).encode() + f"250 {offers[-1]}\r\n".encode())

    async def on_starttls(self, _) -> None:
        if await self.step("starttls", b"220 2.0.0 go ahead\r\n"):
            if self.trouble.get("handshake"):
                await self.step("handshake", b"")
                raise Over
            await self.writer.start_tls(self.receiver.tls)
            self.is_tls = True

    async def on_auth(self, rest) -> None:
        _, _, given = rest.partition(" ")
        right = base64.b64encode(f"\0{self.receiver.user}\0{self.receiver.password}".encode()).decode()
        if given != right:
            await self.say(b"535 5.7.8 who?\r\n")
        elif await self.step("auth", b"235 2.7.0 welcome\r\n"):
            self.is_known = True

    async def on_mail(self, _) -> None:
        self.recipient, self.mail_trouble = None, {}
        if not self.is_known:
            await self.say(b"530 5.7.0 who are you?\r\n")
        else:
            await self.step("mail", b"250 2.1.0 sender ok\r\n")
            self.trouble.pop("mail", None)  # the next mail of the session has none

    async def on_rcpt(self, rest) -> None:
        self.recipient = recipient = rest.partition("<")[2].partition(">")[0]
        tries = self.receiver.tries[recipient] = self.receiver.tries.get(recipient, 0) + 1
        self.mail_trouble = self.receiver.plan.mail(recipient, tries)
        if not await self.step("rcpt", b"250 2.1.5 recipient ok\r\n"):
            self.recipient = None

    async def on_data(self, _) -> None:
        if not self.recipient:
            await self.say(b"503 5.5.1 no valid recipient\r\n")
            return
        if not await self.step("data", b"354 go on\r\n"):
            return
        action = self.mail_trouble.get("body")
        if action == "drop":
            await self.reader.readline()
            raise Over
        if action == "hang":
            await asyncio.Event().wait()  # for ever
        content = (await self.reader.readuntil(b"\r\n.\r\n"))[:-3]
        taken = Taken(self.recipient, message_id(content), content, False)
        self.receiver.taken.append(taken)
        # Said before the client can have acted on it: what it then does is after this.
        trouble = self.mail_trouble.get("dot", "held")
        taken.said = trouble == "held" or trouble.replace(".", "").isdigit()
        try:
            await self.step("dot", b"250 2.0.0 taken\r\n")
        except OSError:
            taken.said = False
            raise

    async def on_rset(self, _) -> None:
        await self.say(b"250 2.0.0 forgotten\r\n")

    async def on_quit(self, _) -> None:
        await self.say(b"221 2.0.0 bye\r\n")
        raise Over


def message_id(content: bytes) -> str:
    found = re.search(rb"^Message-ID:\s*(<[^>]*>)", content, re.MULTILINE | re.IGNORECASE)
    return found.group(1).decode() if found else str(email.message_from_bytes(content)["Message-ID"])


def token_in(reply: str | None) -> int | None:
    """The number of a 4xx or 5xx of ours."""
    found = re.search(r"\bno (\d+)$", reply or "")
    return int(found.group(1)) if found else None

"""The mails that arrived: a Maildir, each message with its envelope's recipients in X-RcptTo."""
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

from .waiting import SECONDS, wait_until


@dataclass(frozen=True)
class Mail:
    """Each header is parsed once: whoever waits for a mail asks all that are there, fifty times a second."""
    message: EmailMessage

    @cached_property
    def recipient(self) -> str:
        return self.message["X-RcptTo"]

    @cached_property
    def subject(self) -> str:
        return self.message["Subject"]

    @cached_property
    def id(self) -> str:
        return self.message["Message-ID"]

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self) -> str:
        return self.message.get_body(("html",)).get_content()


class Mailbox:
    def __init__(self, maildir: Path):
        self.directory = Path(maildir, "new")
        self.read: dict[str, Mail] = {}

    def all(self) -> list[Mail]:
        """In the order of their arrival, as far as file names tell."""
        return list(self.read_all().values())

    def read_all(self) -> dict[str, Mail]:
        """By the name of each one's file, in their order."""
        names = sorted(path.name for path in self.directory.iterdir()) if self.directory.exists() else []
        for name in names:
            if name not in self.read:
                content = (self.directory / name).read_bytes()
                self.read[name] = Mail(email.message_from_bytes(content, policy=email.policy.default))
        return {name: self.read[name] for name in names}

    def about(self, request_id: str) -> list[Mail]:
        return [mail for mail in self.all() if request_id in mail.subject]

    def wait_for(self, request_id: str, recipients: set[str], subject: str = "", seconds: float = SECONDS) -> list[Mail]:
        """Waits until each of these has a mail about the request whose subject begins so; all such mails."""
        def arrived() -> list[Mail]:
            mails = [mail for mail in self.about(request_id) if mail.subject.startswith(subject)]
            return mails if recipients <= {mail.recipient for mail in mails} else []
        return wait_until(arrived, f"mail '{subject}…' about {request_id} to {sorted(recipients)}", seconds)

"""The system under test, one running stack, as everybody around it reaches it: publish, follow, ask, read mail."""
from pathlib import Path

from .broker import Feed, Publisher, Record, complaints
from .events import event_in, outgoing
from .mail import Mailbox
from .sql import Database, as_role
from .stack import Stack
from .waiting import SECONDS


class System:
    def __init__(self, stack: Stack):
        self.stack = stack
        env = stack.env
        self.bootstrap = stack.kafka()
        self.publisher = Publisher(self.bootstrap)
        self.events = Feed(self.bootstrap, "lockbox.events.v1", complaints)
        self.deadletters = Feed(self.bootstrap, "lockbox.deadletter.v1")
        self.mailbox = Mailbox(Path(env["LOCKBOX_MAILDIR"]))
        self.lockbox = Database(env["LOCKBOX_SUPERUSER_URL"])
        self.audit = Database(env["LOCKBOX_AUDIT_SUPERUSER_URL"])
        self.enforcer = Database(as_role(env["LOCKBOX_DATABASE_URL"], "lockbox_enforcer"))
        self.auditor = Database(as_role(env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor"))

    def publish(self, short_type: str, data: dict, mode: str = "structured", **attributes) -> str:
        """Publishes one event, and returns its id."""
        event = event_in(short_type, data, **attributes)
        self.publisher.send(outgoing(event, mode))
        return event.get_id()

    def caused_by(self, event_id: str, kind: str = "", seconds: float = SECONDS) -> Record:
        """The first event of a kind (or of a family: "request.") that another event caused."""
        return self.events.wait_for(lambda record: record.cause == event_id and record.kind.startswith(kind),
                                    f"{kind or 'event'} caused by {event_id}", seconds)

    def request_events(self, request_id: str) -> list[Record]:
        """The request.* events of a request, so far."""
        return self.events.where(lambda record: record.event["subject"] == request_id
                                 and record.kind.startswith("request."))

    def access_check(self, engineer_id: str, resource_id: str, item: dict):
        """The answer an enforcement point gets: allowed, request_id, expires_at, reason."""
        return self.enforcer.row("SELECT * FROM lockbox.access_check(%s, %s, %s, %s, %s, %s)", engineer_id, resource_id,
                                 item["action"], item.get("namespace"), item.get("kind"), item.get("name"))

    def close(self) -> None:
        for feed in (self.events, self.deadletters):
            feed.close()
        for database in (self.lockbox, self.audit, self.enforcer, self.auditor):
            database.close()

"""Events as a ticketing system and a portal make them: with the official CloudEvents SDK, in either mode."""
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from .vocabulary import EVENTS

TICKETING = "https://support.example/tickets"
PORTAL = "https://portal.example/lockbox"

# By topic: the member that is the record's key, who says such things.
WRITERS_OF = {
    "lockbox.tickets.v1": ("ticket_id", TICKETING),
    "lockbox.tenants.v1": ("tenant_id", PORTAL),
    "lockbox.decisions.v1": ("request_id", PORTAL),
    "lockbox.accesses.v1": ("engineer_id", "https://enforcement.example"),
}

WRITERS = {"structured": kafka.to_structured, "binary": kafka.to_binary}


@dataclass(frozen=True)
class Outgoing:
    """A record to be produced."""
    topic: str
    key: str | bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


def event_in(short_type: str, data: dict, **attributes) -> CloudEvent:
    """short_type is "ticket.opened" for lockbox.ticket.opened.v1."""
    source = place_of(short_type)[2]
    return CloudEvent({"id": str(uuid.uuid4()), "source": source, "type": f"lockbox.{short_type}.v1",
                       "specversion": "1.0", "time": datetime.now(timezone.utc), "datacontenttype": "application/json",
                       **attributes}, data)


def outgoing(event: CloudEvent, mode: str = "structured") -> Outgoing:
    topic, key, _ = place_of(event.get_type().removeprefix("lockbox.").removesuffix(".v1"))
    message = WRITERS[mode](event, JSONFormat(), key_mapper=lambda it: it.get_data()[key])
    return Outgoing(topic, message.key, message.value, tuple(message.headers.items()))


def place_of(short_type: str) -> tuple[str, str, str]:
    """Topic, key, source. A type that there is not goes where its family does."""
    topic = EVENTS.get(short_type) or next(topic for name, topic in EVENTS.items() if name.split(".")[0] == short_type.split(".")[0])
    return topic, *WRITERS_OF[topic]

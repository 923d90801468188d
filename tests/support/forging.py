"""Events that Lockbox never published, as whoever writes events.v1 can."""
import json
import uuid
from datetime import datetime, timezone

from .broker import STRUCTURED, Publisher, Record
from .events import Outgoing
from .system import System
from .waiting import wait_until

BREACHES = 'SELECT why, detail FROM audit.breach WHERE topic = %s AND "partition" = %s AND "offset" = %s'


class Forger:
    def __init__(self, system: System):
        self.system = system
        self.publisher = Publisher(system.stack.kafka("relay"))

    def event(self, type_: str, subject: str, data: dict, cause: str | None = None, sequence: int | None = None, **more) -> Record:
        event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/lockbox/decider", "type": f"lockbox.{type_}.v1", "subject": subject,
                 "time": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"), "datacontenttype": "application/json"}
        event |= {"sequence": f"{sequence:020}"} if sequence else {}
        event |= {"causationid": cause} if cause else {}
        value = json.dumps({**event, **more, "data": data}, separators=(",", ":")).encode()
        [sent] = self.publisher.send(Outgoing("lockbox.events.v1", subject.encode(), value, (("content-type", STRUCTURED),)))
        return sent

    def step(self, request: dict, kind: str, cause: str | None = None, **changed) -> Record:
        """The next version of a request, so changed."""
        now = {**request, "version": request["version"] + 1, **changed}
        data = {"request": now} if now["version"] == 1 else {"previous_state": request["state"], "request": now}
        return self.event(f"request.{kind}", now["request_id"], data, cause, now["version"])


def await_judge(system: System, record: Record) -> None:
    """Waits until the record is judged."""
    await_judged(system, *record.place)


def await_judged(system: System, topic: str, partition: int, offset: int) -> None:
    where = 'SELECT 1 FROM audit.judged WHERE topic = %s AND "partition" = %s AND next_offset > %s'
    wait_until(lambda: system.audit.rows(where, topic, partition, offset), f"{topic}/{partition}/{offset} is judged", 60)


def breaches(system: System, record: Record) -> set[str]:
    await_judge(system, record)
    return {row.why for row in system.auditor.rows(BREACHES, *record.place)}

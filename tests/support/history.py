"""What any list of published events must be: one legal history for each request, one verdict for each decision."""
from collections import defaultdict

from .broker import Record
from .vocabulary import EVENTS, STATES

# The contract's table: the state that a first event opens with, the states that follow a state, and the events that
# leave it as it is.
FIRST = {"created": "customer_notified", "refused": "refused", "not_required": "not_required",
         "emergency_started": "emergency"}
NEXT = {"customer_notified": {"approved", "denied", "expired", "cancelled"}, "approved": {"completed", "revoked"},
        "emergency": {"completed", "revoked"}, "not_required": {"completed", "revoked"}}
STAYS = {name.removeprefix("request.") for name in EVENTS if name.startswith("request.")} - {*FIRST, *STATES}


def once_each(records: list[Record]) -> list[Record]:
    """Without repeats: delivery is at least once, and a repeat has the same id (and must have the same bytes)."""
    seen: dict[str, bytes] = {}
    kept = []
    for record in records:
        before = seen.setdefault(record.event["id"], record.value)
        assert before == record.value, f"event {record.event['id']} was published with different bytes"
        if before is record.value:
            kept.append(record)
    return kept


def histories(records: list[Record]) -> dict[str, list[Record]]:
    """request id → its request.* events in the order of their partition."""
    by_request = defaultdict(list)
    for record in sorted(once_each(records), key=lambda record: record.place):
        if record.kind.startswith("request."):
            by_request[record.request["request_id"]].append(record)
    return by_request


def history_complaints(events: list[Record]) -> list[str]:
    """What is wrong with one request's history."""
    if len({record.partition for record in events}) > 1:
        return ["its events stand in more than one partition"]
    found = []
    state = None
    for number, record in enumerate(events, 1):
        request, kind = record.request, record.kind.removeprefix("request.")
        if request["version"] != number:
            found.append(f"version {request['version']} in place {number}")
        if record.data.get("previous_state") != state:
            found.append(f"previous_state {record.data.get('previous_state')}, but it was {state}")
        if not is_legal(kind, request["state"], state):
            found.append(f"{kind} with state {request['state']} after {state}")
        state = request["state"]
    return found


def is_legal(kind: str, state: str, before: str | None) -> bool:
    if before is None:
        return FIRST.get(kind) == state
    if kind in STAYS:
        return state == before
    return kind == state and kind in NEXT.get(before, ())


def all_complaints(records: list[Record]) -> list[str]:
    return [f"{request_id}: {complaint} ({', '.join(record.kind for record in events)})"
            for request_id, events in histories(records).items() for complaint in history_complaints(events)]


def verdicts(records: list[Record]) -> dict[str, list[Record]]:
    """Id of the decision's event → its verdicts."""
    by_decision = defaultdict(list)
    for record in once_each(records):
        if record.kind == "decision.judged":
            by_decision[record.cause].append(record)
    return by_decision

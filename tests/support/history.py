"""What any list of published events must be: one legal history for each request, one verdict for each decision."""
from collections import defaultdict

from .broker import Record

FIRST = {"created": "customer_notified", "refused": "refused", "not_required": "not_required"}
NEXT = {"customer_notified": {"approved", "denied", "expired", "cancelled"}, "approved": {"completed", "revoked"}}


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
        allowed = FIRST.get(kind) == request["state"] if state is None else kind in NEXT.get(state, ())
        if not allowed or (state is not None and request["state"] != kind):
            found.append(f"{kind} with state {request['state']} after {state}")
        state = request["state"]
    return found


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

"""An event that came out against the answer that the reference gives."""
from reference import Answer, lowered
from values import duration_of, time_of

TIMES = ("created_at", "decide_by", "starts_at", "expires_at", "ended_at", "acknowledge_by", "acknowledged_at")
PLAIN = ("request_id", "state", "tenant_id", "subscription_id", "ticket_id", "engineer", "resource_id", "justification",
         "reason_code", "extends", "approvals_needed", "alternate_emails", "reason", "reason_item", "item", "incident_id",
         "authorized_by", "opened_by")
FLAGS = ("signed_decisions", "unacknowledged")
DURATIONS = ("duration", "granted_duration", "max_duration")
ITEM = ("number", "kept", "action", "namespace", "kind", "name", "container", "uid")


def differences(answer: Answer, event: dict) -> list[str]:
    """What the event says otherwise than the answer; nothing where they agree."""
    found = []

    def same(what: str, expected, got) -> None:
        if expected != got:
            found.append(f"{what}: expected {expected!r}, got {got!r}")

    kind = kind_of(event)
    same("type", answer.kind, kind)
    if found:
        return found
    same("subject", answer.subject, event["subject"])
    same("causationid", answer.cause, event.get("causationid"))
    time = time_of(event["time"])
    if answer.at is not None:
        same("time", answer.at, time)
    if answer.due is not None and time < answer.due:
        found.append(f"time: {time}, before it was due at {answer.due}")
    data = event["data"]
    if "request" not in answer.data:
        for member, expected in answer.data.items():
            got = data.get(member)
            if member in DURATIONS:
                expected, got = duration_of(expected), got and duration_of(got)
            elif member in ("concerns", "informed"):
                got = sorted(lowered(it) if member == "informed" else it for it in got or [])
            elif member == "at":
                got = got and time_of(got)
            same(member, expected or None, got or None)
        return found
    same("previous_state", answer.data["previous_state"], data.get("previous_state"))
    expected, got = answer.data["request"], data["request"]
    for member in PLAIN:
        same(member, expected[member], got.get(member))
    same("detail", expected["detail"], (got.get("detail") or "").partition(":")[0] or None)
    for member in TIMES:
        at = time_of(got[member]) if got.get(member) else None
        if member == "ended_at" and answer.due is not None and at is not None:
            if not expected[member] <= at <= time:
                found.append(f"ended_at: {at}, not between {expected[member]} and {time}")
        else:
            same(member, expected[member], at)
    same("actions", [[item.get(name) for name in ITEM] for item in expected["actions"]],
         [[item.get(name) for name in ITEM] for item in got["actions"]])
    listed = {tuple(it["principal"].get(name) for name in ("id", "email", "name")): it["role"] for it in got["approvers"]}
    same("approvers", sorted(expected["approvers"]), sorted(listed))
    same("number of approvers", len(listed), len(got["approvers"]))
    found += [f"{who[0]} is said to be an approver as {role}" for who, role in listed.items()
              if role not in expected["approvers"].get(who, (role,))]
    same("decisions", expected["decisions"], [(it["by"]["id"], it["decision"], time_of(it["at"])) for it in got["decisions"]])
    for member in FLAGS:
        same(member, expected[member], got.get(member, False))
    for member in DURATIONS[:2]:
        same(member, expected[member], duration_of(got[member]) if got.get(member) else None)
    return found


def kind_of(event: dict) -> str:
    return event["type"].removeprefix("lockbox.").removesuffix(".v1")

"""Asking access_check as an enforcement point does, and judging its answers by the reference."""
import random
from dataclasses import dataclass

from reference import Request, World
from support.sql import Database
from values import time_of

FIELDS = ("engineer_id", "resource_id", "action", "namespace", "kind", "name")
ACTIONS = ("create_object", "update_object", "delete_object", "list_or_get_objects", "get_pod_logs")

# One after the other, each with the database's clock behind it.
ASK = """
SELECT c.*, extract(epoch FROM clock_timestamp())::text AS clock
  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) AS q(e, r, a, s, k, n),
       LATERAL lockbox.access_check(q.e, q.r, q.a, q.s, q.k, q.n) AS c
"""


@dataclass(frozen=True)
class Probe:
    engineer_id: str | None
    resource_id: str | None
    action: str | None
    namespace: str | None
    kind: str | None
    name: str | None
    about: str | None = None  # the request whose grant it is near

    @property
    def arguments(self) -> tuple:
        return tuple(getattr(self, field) for field in FIELDS)


def microseconds(text: str) -> int:
    return int(text.replace(".", ""))


def ask(database: Database, probes: list[Probe]) -> list[tuple[Probe, object, int, int]]:
    """Each probe with the answer, and the clock readings between which it was given."""
    if not probes:
        return []
    columns = [list(column) for column in zip(*(probe.arguments for probe in probes))]
    before = microseconds(database.value("SELECT extract(epoch FROM clock_timestamp())::text"))
    answered = []
    for probe, answer in zip(probes, database.rows(ASK, *columns), strict=True):
        after = microseconds(answer.clock)
        answered.append((probe, answer, before, after))
        before = after
    return answered


def complaint(world: World, probe: Probe, answer, before: int, after: int) -> str | None:
    """What is wrong with an answer, which was given at some moment from before to after."""
    held = {}
    for time in (before, after):
        held[time] = {request.id: request for request in world.grants_of(probe.engineer_id, time)
                      if request.covering(*probe.arguments)}
    may = held[before] | held[after]
    if not answer.allowed:
        must = held[before].keys() & held[after].keys()
        if must:
            return f"no, but {sorted(must)} allows it"
        return None if (answer.request_id, answer.expires_at, answer.reason) == (None, None, "no_grant") else f"{answer}"
    request = may.get(str(answer.request_id))
    if request is None:
        return f"yes by {answer.request_id}, which does not allow it; {sorted(may)} would"
    if time_of(answer.expires_at.isoformat()) != request.expires_at or answer.reason != basis(request):
        return f"{answer}, but {request.id} ends at {request.expires_at}, for {basis(request)}"
    return None


def basis(request: Request) -> str:
    if request.acknowledge_by is not None:
        return "emergency"
    return "not_required" if request.is_unasked else "approved"


def near(chooser: random.Random, request: Request, strangers: list[str]) -> Probe:
    """What a grant allows, or something close to it."""
    item = chooser.choice(request.items)
    fields = {"engineer_id": request.engineer["id"], "resource_id": request.resource_id,
              **{field: item.get(field) for field in FIELDS[2:]}}
    if fields["name"] is None and chooser.random() < 0.5:
        fields["name"] = chooser.choice(["router-1", "anything"])
    if fields["namespace"] is None and item["action"] == "list_or_get_objects" and chooser.random() < 0.5:
        fields["namespace"] = chooser.choice(["default", "openshift-ingress"])
    if chooser.random() < 0.2:  # what the item implies, or nearly
        fields |= {"action": "list_or_get_objects", "kind": fields["kind"] or "Pod"}
    for _ in range(chooser.choice([0, 1, 1, 1, 2])):
        field = chooser.choice(FIELDS)
        fields[field] = changed(chooser, field, fields[field], strangers)
    return Probe(**fields, about=request.id)


def changed(chooser: random.Random, field: str, value: str | None, strangers: list[str]) -> str | None:
    """A little different: another case, a part of it, a bit more, nothing, another that is about."""
    if field == "action" and chooser.random() < 0.6:
        return chooser.choice(ACTIONS)
    if field == "engineer_id" and chooser.random() < 0.5:
        return chooser.choice(strangers)
    others = {"namespace": ["openshift-ingress", "openshift", "default"], "kind": ["Pod", "ConfigMap"],
              "name": ["router-1", "router-2"]}
    text = value or chooser.choice(others.get(field, [""]))
    return chooser.choice([
        None, "", text, text.upper(), text.lower(), text.swapcase(), text + "-", text + " ", " " + text, text[:-1], text + "%",
        text.replace("-", "_"), "%", "*", text[:1] + "%", text + "\n", text.title(), chooser.choice(others.get(field, [text]))])

"""What was released stays true: schemas/ against schemas/released/, and the program that says so against changes that break."""
import copy
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools/dev"))

from compatibility import SCHEMAS, Contract, Unknown, findings  # noqa: E402

ASKED, CREATED = "lockbox.access.requested.v1", "lockbox.request.created.v1"
COMMON, SUFFIX = "common.schema.json", ".schema.json"


def test_nothing_that_was_released_breaks():
    done = subprocess.run([sys.executable, "tools/dev/compatibility.py"], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "nothing that was released breaks\n")


@pytest.fixture
def released():
    return Contract.read(SCHEMAS / "released")


@pytest.fixture
def changed(released):
    """The released contract, to be changed by a test."""
    return copy.deepcopy(released)


def part(contract: Contract, name: str) -> dict:
    return contract.files[COMMON]["$defs"][name]


def properties(contract: Contract, name: str) -> dict:
    return part(contract, name)["properties"]


def remove_type(contract):
    del contract.files[ASKED + SUFFIX]
    for channel in contract.page["channels"].values():
        channel["messages"].pop(ASKED, None)


def move_type(contract):
    channels = contract.page["channels"]
    channels["tenants"]["messages"][ASKED] = channels["tickets"]["messages"].pop(ASKED)


def change_key(contract):
    contract.page["components"]["messageTraits"]["ticketEvent"]["bindings"]["kafka"]["key"]["title"] = "engineer_id"


# What is done to the contract, and what is said of it: one finding at least, of the place that names.
BREAKING = {
    "a type removed": (remove_type, f"{ASKED}: removed"),
    "a type on another topic": (move_type, f"{ASKED}: topic and key were lockbox.tickets.v1, ticket_id, and are lockbox.tenants.v1"),
    "another key": (change_key, f"{ASKED}: topic and key were lockbox.tickets.v1, ticket_id, and are lockbox.tickets.v1, engineer_id"),
    "a member in removed": (lambda c: properties(c, "access_requested").pop("reason_code"), f"{ASKED}/data/reason_code: removed"),
    "a member out removed": (lambda c: properties(c, "request").pop("digest"), f"{CREATED}/data/request/digest: removed"),
    "a member of an item removed": (lambda c: properties(c, "item").pop("kind"), f"{ASKED}/data/actions/*/kind: removed"),
    "a type of a member": (lambda c: part(c, "resource_id").update(type="integer"), f"{ASKED}/data/resource_id: type was 'string'"),
    "a member in required": (lambda c: part(c, "access_requested")["required"].append("justification"),
                             f"{ASKED}/data/justification: is required, and was not"),
    "a new member in required": (lambda c: (properties(c, "access_requested").update(team={"type": "string"}),
                                            part(c, "access_requested")["required"].append("team")),
                                 f"{ASKED}/data/team: is required, and was not"),
    "a member out not always there": (lambda c: part(c, "request")["required"].remove("approvers"),
                                      f"{CREATED}/data/request/approvers: is not always there, and was"),
    "a shorter text in": (lambda c: part(c, "resource_id").update({"maxLength": 64}), f"{ASKED}/data/resource_id: maxLength was 512"),
    "fewer bytes in": (lambda c: part(c, "resource_id").update({"x-maxBytes": 64}), f"{ASKED}/data/resource_id: x-maxBytes was 512"),
    "a limit in where there was none": (lambda c: part(c, "resource_id").update({"minLength": 2}), "resource_id: minLength was 1"),
    "a longer text out": (lambda c: part(c, "text").update({"maxLength": 9999}), f"{CREATED}/data/request/justification: maxLength"),
    "a limit out dropped": (lambda c: part(c, "text").pop("maxLength"), f"{CREATED}/data/request/justification: maxLength was"),
    "fewer items in": (lambda c: properties(c, "access_requested")["actions"].update(maxItems=5), f"{ASKED}/data/actions: maxItems was 32"),
    "a word removed": (lambda c: part(c, "verdict")["enum"].remove("late"), "'late' is no longer a word of it"),
    "words in where any were taken": (lambda c: part(c, "reason_code").update(enum=["x"]), "reason_code: takes only some words"),
    "another constant": (lambda c: c.files[CREATED + SUFFIX]["properties"].update(type={"const": "x"}), f"{CREATED}/type: const was"),
    "a pattern in": (lambda c: part(c, "id").update(pattern="^[a-z]+$"), f"{ASKED}/data/ticket_id: pattern was None"),
    "another pattern": (lambda c: part(c, "duration").update(pattern="^P.*$"), f"{ASKED}/data/duration: pattern was"),
    "another least duration": (lambda c: part(c, "duration").update({"x-minDuration": "PT1M"}), "x-minDuration was 'PT1S'"),
    "null no longer taken": (lambda c: c.files["lockbox.tenant.approver_key_set.v1" + SUFFIX]["properties"]["data"]["properties"]
                             .update(public_key={"$ref": "common.schema.json#/$defs/jwk"}), "public_key: may not be null, and might"),
    "members that stood together": (lambda c: part(c, "access_requested").update({"not": {"required": ["duration", "starts_at"]}}),
                                    f"{ASKED}/data: duration, starts_at may not stand together, and might"),
}

FINE = {
    "asked for since it is unsafe without": lambda c: c.files["lockbox.tenant.subscription_removed.v1" + SUFFIX]["properties"]["data"].update(
        required=["by"], properties={"by": {"type": "string"}}),
    "words": lambda c: part(c, "request").update(title="Else", description="Else"),
    "a new member in": lambda c: properties(c, "access_requested").update(team={"type": "string"}),
    "a new member out, always there": lambda c: (properties(c, "request").update(team={"type": "string"}),
                                                 part(c, "request")["required"].append("team")),
    "a new word": lambda c: part(c, "verdict")["enum"].append("unsure"),
    "a longer text in": lambda c: properties(c, "access_requested").update(reason_code={"type": "string", "maxLength": 999}),
    "no longer required in": lambda c: part(c, "access_requested")["required"].remove("actions"),
    "required out": lambda c: part(c, "request")["required"].append("digest"),
    "a new type": lambda c: (c.files.update({"lockbox.ticket.merged.v1" + SUFFIX: c.files["lockbox.ticket.closed.v1" + SUFFIX]}),
                             c.page["channels"]["tickets"]["messages"].update(
                                 {"lockbox.ticket.merged.v1": c.page["channels"]["tickets"]["messages"]["lockbox.ticket.closed.v1"]})),
}


@pytest.mark.parametrize("change, said", BREAKING.values(), ids=list(BREAKING))
def test_what_breaks_is_said(released, changed, change, said):
    change(changed)
    found = findings(released, changed)
    assert [line for line in found if said in line], found


@pytest.mark.parametrize("change", FINE.values(), ids=list(FINE))
def test_what_adds_is_fine(released, changed, change):
    change(changed)
    assert findings(released, changed) == []


def test_both_directions_are_held(released, changed):
    """A part that both directions share breaks one of them whichever way it moves."""
    part(changed, "text")["maxLength"] += 1
    assert {line.split("/")[0] for line in findings(released, changed)} <= {name for name, (topic, _) in released.places().items()
                                                                            if topic == "lockbox.events.v1"}
    part(changed, "text")["maxLength"] -= 2
    assert {released.places()[line.split("/")[0]][0] for line in findings(released, changed)} \
        == {"lockbox.tickets.v1", "lockbox.decisions.v1"}


def test_what_is_not_compared_is_said(changed):
    part(changed, "text")["not"] = {"const": "x"}
    with pytest.raises(Unknown, match="not"):
        changed.shape(ASKED + SUFFIX)


def test_the_release_is_whole(released):
    """Every type has its schema, and the other way round."""
    own = {"deadletter", "checkpoint"}
    assert set(released.places()) - own == {file.removesuffix(SUFFIX) for file in released.files} - {"common"}

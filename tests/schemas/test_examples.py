"""The C decoder on the examples: each in structured and in binary mode, and the records under wire/."""

import pytest

from contract import EXAMPLES, TYPES, as_written, data_of, example_files, example_id, loose_validator
from contract import modes_of, read_json, shape, structured

INDEX = read_json(EXAMPLES / "index.json")
WIRE = sorted((EXAMPLES / "wire").iterdir())
LIMIT = 262144  # LOCKBOX_MAX_EVENT_BYTES


def records(kind):
    """(the example's file, its record), once for each mode that can carry it."""
    for path in example_files(kind):
        for mode, record in modes_of(path.parent.name, read_json(path)).items():
            yield pytest.param(path, record, id=f"{example_id(path)}-{mode}")


VALID, INVALID = list(records("valid")), list(records("invalid"))


@pytest.fixture(scope="module")
def answers(decode):
    """test id → the decoder's answer, all asked for at once."""
    asked = VALID + INVALID
    return dict(zip([param.id for param in asked], decode([param.values[1] for param in asked])))


@pytest.fixture
def answer(answers, request):
    return answers[request.node.callspec.id]


@pytest.mark.parametrize("path, record", VALID)
def test_valid_example(path, record, answer):
    event = read_json(path)
    data = as_written(shape(data_of(event["type"]), narrowed=[]), event["data"])
    assert answer == {
        "ok": True,
        "type": event["type"],
        "id": event["id"],
        "source": event["source"],
        "encoded": data,
    }


@pytest.mark.parametrize("path, record", INVALID)
def test_invalid_example(path, record, answer):
    """Refused where the index says. What a type of events out narrows is the writer's promise: the decoder reads
    these types by the tables they share, and takes it."""
    if loose_validator(path.parent.name).is_valid(read_json(path)):
        assert answer["ok"]
    else:
        assert not answer["ok"]
        assert answer["reason"].split(":")[0] == INDEX[example_id(path)], answer["reason"]


@pytest.mark.parametrize("name", TYPES)
def test_enough_examples_reach_the_decoder(name):
    broken = [path for path in example_files("invalid") if path.parent.name == name]
    assert len([path for path in broken if not loose_validator(name).is_valid(read_json(path))]) >= 2


@pytest.mark.parametrize("path", WIRE, ids=lambda path: path.stem)
def test_wire(decode, path):
    """What a schema cannot say: how a record carries the event, and what JSON itself leaves open."""
    case = read_json(path)
    (answer,) = decode([case["record"]])
    if path.name.startswith("accepted-"):
        assert answer["ok"], answer
        assert answer["encoded"] == case["data"]
    else:
        assert path.name.startswith("rejected-")
        assert not answer["ok"]
        assert answer["reason"].startswith(case["reason"])


def test_size(decode):
    path = example_files("valid")[0]
    record = structured(path.parent.name, read_json(path))
    bytes_of = len(record["value"].encode())
    padded = [record | {"value": record["value"] + " " * (LIMIT + more - bytes_of)} for more in (0, 1)]
    fits, over = decode(padded)
    assert fits["ok"]
    assert over == {"ok": False, "reason": f"value: longer than {LIMIT} bytes"}
    (over,) = decode([record], max_bytes=bytes_of - 1)
    assert over["reason"] == f"value: longer than {bytes_of - 1} bytes"


def test_depth(decode):
    path = example_files("valid")[0]
    event = read_json(path)
    event["data"]["unknown"] = "HERE"
    record = structured(path.parent.name, event)
    shallow, deep = [record["value"].replace('"HERE"', "[" * n + "]" * n) for n in (1000, 5000)]
    taken, refused = decode([record | {"value": shallow}, record | {"value": deep}])
    assert taken["ok"]
    assert refused["reason"].startswith("value: nested too deeply")

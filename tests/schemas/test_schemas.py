"""The JSON Schemas by themselves, the examples against them, and whether there are enough of these."""

import re

import pytest
from jsonschema import Draft202012Validator

from contract import BASE, EXAMPLES, FILES, SUFFIX, TOPIC_OF, TYPES, data_of, example_files, example_id, pointer
from contract import pointers, read_json, shape, validator

INDEX = read_json(EXAMPLES / "index.json")
VOCABULARY = {name: part["enum"] for name, part in FILES["common" + SUFFIX]["$defs"].items() if "enum" in part}
REASONS = {
    "lockbox.request.refused.v1": data_of("lockbox.request.refused.v1")["properties"]["request"]["properties"],
    "lockbox.tenant.change_refused.v1": data_of("lockbox.tenant.change_refused.v1")["properties"],
}


def walk(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


@pytest.mark.parametrize("name", FILES)
def test_schema_is_valid(name):
    schema = FILES[name]
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == BASE + name
    assert schema["title"] and schema["description"]


@pytest.mark.parametrize("name", FILES)
def test_unknown_members_are_allowed(name):
    closed = {"additionalProperties", "unevaluatedProperties", "propertyNames", "maxProperties"}
    assert not [node for node in walk(FILES[name]) if isinstance(node, dict) and closed & set(node)]


@pytest.mark.parametrize("name", TYPES)
def test_type_is_the_file_s_name(name):
    assert re.fullmatch(r"lockbox\.[a-z]+\.[a-z_]+\.v[0-9]+", name)
    assert TYPES[name]["properties"]["type"] == {"const": name}
    parent = "published" if TOPIC_OF[name] == "lockbox.events.v1" else "envelope"
    assert TYPES[name]["allOf"] == [{"$ref": f"common{SUFFIX}#/$defs/{parent}"}]


def test_every_shared_part_is_used():
    used = {node["$ref"].split("#")[1].split("/")[2] for s in FILES.values() for node in walk(s)
            if isinstance(node, dict) and "$ref" in node}
    assert used == set(FILES["common" + SUFFIX]["$defs"])


@pytest.mark.parametrize("name", TYPES)
def test_there_are_examples(name):
    out = TOPIC_OF[name] == "lockbox.events.v1"
    assert len(list(EXAMPLES.glob(f"{name}/valid-*.json"))) >= (1 if out else 2)
    assert len(list(EXAMPLES.glob(f"{name}/invalid-*.json"))) >= (2 if out else 4)


def test_examples_are_known():
    """Every file under examples/ is one of the three kinds, every one in the index is there, and the reverse."""
    assert {path.parent.name for path in EXAMPLES.glob("lockbox.*/*")} == set(TYPES)
    assert set(EXAMPLES.glob("lockbox.*/*")) == {*example_files("valid"), *example_files("invalid")}
    assert {path.name for path in EXAMPLES.iterdir()} == {*TYPES, "index.json", "wire"}
    assert list(INDEX) == [example_id(path) for path in example_files("invalid")]


@pytest.mark.parametrize("path", example_files("valid"), ids=example_id)
def test_valid_example(path):
    assert [f"{pointer(e)}: {e.message}" for e in validator(path.parent.name).iter_errors(read_json(path))] == []


@pytest.mark.parametrize("path", example_files("invalid"), ids=example_id)
def test_invalid_example(path):
    """It breaks the schema where the index says, and nowhere else."""
    errors = validator(path.parent.name).iter_errors(read_json(path))
    assert set(pointers(errors)) == {INDEX[example_id(path)]}


# ---- enough of them ----


def places(node, path=()):
    """Where a member may stand, in data of that shape."""
    yield path
    for name, member in node.get("fields", {}).items():
        yield from places(member, (*path, name))
    if node["type"] == "list":
        yield from places(node["item"], (*path, "*"))


def members(node, value, path=()):
    """(place, shape, value) of each member that there is."""
    yield path, node, value
    for name, member in node.get("fields", {}).items():
        if value.get(name) is not None:
            yield from members(member, value[name], (*path, name))
    for item in value if node["type"] == "list" else ():
        yield from members(node["item"], item, (*path, "*"))


def part_of(name):
    """The part that the type's data are; several types share one."""
    return data_of(name).get("allOf", [data_of(name)])[0].get("$ref", name)


@pytest.fixture(scope="module")
def shown():
    """(part, place, shape, value) of all that stands in valid examples."""
    paths = [(path, path.parent.name) for path in example_files("valid")]
    return [(part_of(name), *member) for path, name in paths
            for member in members(shape(data_of(name), narrowed=[]), read_json(path)["data"])]


@pytest.mark.parametrize("name, word", [(name, word) for name, words in VOCABULARY.items() for word in words])
def test_every_word_has_a_valid_example(shown, name, word):
    assert word in {value for *_, node, value in shown if node.get("names") == VOCABULARY[name]}


@pytest.mark.parametrize("name", TYPES)
def test_every_member_has_a_valid_example(shown, name):
    seen = {place for part, place, _, _ in shown if part == part_of(name)}
    assert set(places(shape(data_of(name), narrowed=[]))) - seen == set()


@pytest.mark.parametrize("name, reason", [(name, reason) for name in REASONS for reason in REASONS[name]["reason"]["enum"]])
def test_every_refusal_has_its_example(name, reason):
    data = read_json(EXAMPLES / name / f"valid-{reason.replace('_', '-')}.json")["data"]
    assert data.get("request", data)["reason"] == reason


def test_every_refusal_is_a_request_s_or_a_tenant_s():
    assert {reason for told in REASONS.values() for reason in told["reason"]["enum"]} == set(VOCABULARY["refusal"])


@pytest.mark.parametrize("verdict", VOCABULARY["verdict"])
def test_every_verdict_has_its_example(verdict):
    data = read_json(EXAMPLES / "lockbox.decision.judged.v1" / f"valid-{verdict.replace('_', '-')}.json")["data"]
    assert data["verdict"] == verdict

"""The JSON Schemas by themselves, and the examples against them."""

import re

import pytest
from jsonschema import Draft202012Validator

from contract import BASE, EXAMPLES, FILES, SUFFIX, TOPIC_OF, TYPES, example_files, example_id, pointer, pointers
from contract import read_json, validator

INDEX = read_json(EXAMPLES / "index.json")


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

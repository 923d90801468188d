"""The decoders' tables and the JSON Schemas say the same, both ways."""

import pytest

from contract import BASE, FILES, PREFIX, REGISTRY, SUFFIX, TOPIC_OF, TYPES, channels, data_of, shape

INT64_MAX = 2**63 - 1


def field_shape(field):
    """A table's field in the form that shape() gives a schema's member."""
    kind = field["type"]
    if kind == "object":
        return table_shape(field["of"]) | ({"nullable": True} if field.get("nullable") else {})
    if kind == "list":
        item = field_shape({**field, "type": field["item"]})
        return {"type": "list", "item": item, "min_items": field["min_items"], "max_items": field["max_items"]}
    if kind == "int":
        return {"type": kind, "min": field["min"], "max": None if field["max"] == INT64_MAX else field["max"]}
    limits = {"text": ("min", "max", "unit", "format"), "duration": ("min_us", "max_us"), "enum": ("names",)}
    either = {"or": table_shape(field["or"])} if "or" in field else {}
    nullable = {"nullable": True} if field.get("nullable") else {}
    return {"type": kind} | {name: field[name] for name in limits.get(kind, ()) if name in field} | either | nullable


def table_shape(table):
    fields = {field["name"]: field_shape(field) | {"required": field["required"]} for field in table["fields"]}
    assert len(fields) == len(table["fields"]), f"a member twice in {table['name']}"
    return {"type": "object", "fields": fields}


def test_types_are_the_same(tables):
    assert set(tables["types"]) == set(TYPES)


def test_topics_and_keys_are_the_same(tables):
    told = {name: (PREFIX + entry["topic"], entry["key"]) for name, entry in tables["types"].items()}
    assert told == {name: (TOPIC_OF[name], channels()[TOPIC_OF[name]][0]) for name in TYPES}


@pytest.mark.parametrize("name", TYPES)
def test_data(tables, name):
    narrowed = [] if TOPIC_OF[name] == "lockbox.events.v1" else None
    assert shape(data_of(name), narrowed=narrowed) == table_shape(tables["types"][name]["table"])


@pytest.mark.parametrize("name", TYPES)
def test_part_names(tables, name):
    """A table that is one of the shared parts has its name, so that a reader finds one from the other. One that has
    members of its own beside a part's has a name of its own, too."""
    parts = FILES["common" + SUFFIX]["$defs"]
    data, table = data_of(name), tables["types"][name]["table"]["name"]
    ref = data.get("allOf", [data])[0].get("$ref", "#/$defs/").rsplit("/", 1)[1]
    own = set(data.get("properties", ())) - set(parts[ref]["properties"] if ref else ())
    if ref and not own:
        assert table == ref
    else:
        assert table not in parts


def test_envelope(tables):
    common = FILES["common" + SUFFIX]["$defs"]
    resolver = REGISTRY.resolver(BASE + "common" + SUFFIX)
    attributes, table = shape(common["envelope"], resolver), table_shape(tables["envelope"])
    assert attributes == shape(common["published"], resolver, narrowed=[])
    assert attributes["fields"].pop("data") == {"type": "any", "required": True}
    # The tables know no constants: the decoder compares specversion by itself.
    version, limits = attributes["fields"].pop("specversion"), table["fields"].pop("specversion")
    assert version == {"type": "const", "value": "1.0", "required": True} and limits["required"]
    assert limits["min"] <= len(version["value"]) <= limits["max"]
    assert attributes == table

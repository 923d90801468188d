"""asyncapi.yaml tells of exactly the topics, types and schemas that there are."""

from contract import ASYNCAPI, EVENTS, PREFIX, SUFFIX, TYPES, channels

OWN = {"lockbox.deadletter.v1": ["deadletter"], "lockbox.checkpoints.v1": ["checkpoint"]}


def test_version():
    assert ASYNCAPI["asyncapi"] == "3.0.0"


def test_types_are_the_schemas(tables):
    told = {topic: types for topic, (_, types) in channels().items()}
    assert {topic: types for topic, types in told.items() if topic in OWN} == OWN
    listed = [name for topic, types in told.items() if topic not in OWN for name in types]
    assert sorted(listed) == sorted(TYPES)
    assert {PREFIX + entry["topic"] for entry in tables["types"].values()} == set(told) - set(OWN)


def test_each_message_is_its_schema():
    for channel in ASYNCAPI["channels"].values():
        for name, message in channel["messages"].items():
            if channel["address"] in OWN:
                continue
            assert message["payload"]["schemaFormat"] == "application/schema+json;version=draft-2020-12"
            assert message["payload"]["schema"] == {"$ref": f"events/{name}{SUFFIX}"}
            assert (EVENTS / f"{name}{SUFFIX}").exists()


def test_each_channel_has_one_operation():
    """Receive what others write, send what Lockbox writes."""
    sent = {"events", "deadletter", "checkpoints"}
    told = {op["channel"]["$ref"]: op["action"] for op in ASYNCAPI["operations"].values()}
    assert len(told) == len(ASYNCAPI["operations"])
    expected = {f"#/channels/{name}": "send" if name in sent else "receive" for name in ASYNCAPI["channels"]}
    assert told == expected


def test_references_lead_somewhere():
    def walk(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from walk(child)

    for ref in walk(ASYNCAPI):
        target = ASYNCAPI
        for part in ref.removeprefix("#/").split("/") if ref.startswith("#/") else ():
            target = target[part]
        assert ref.startswith("#/") or (EVENTS.parent / ref).exists(), ref

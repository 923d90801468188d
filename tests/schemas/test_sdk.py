"""The official CloudEvents SDK reads the valid examples, and the decoder what the SDK makes of them."""

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contract import as_written, data_of, example_files, example_id, read_json, shape, structured

WRITERS = {"structured": kafka.to_structured, "binary": kafka.to_binary}


def sdk_record(path, write):
    record = structured(path.parent.name, read_json(path))
    headers = {name: value.encode() for name, value in record["headers"]}
    message = kafka.KafkaMessage(headers=headers, key=record["key"], value=record["value"].encode())
    written = write(kafka.from_structured(message, JSONFormat(), CloudEvent), JSONFormat())
    headers = [[name, value.decode()] for name, value in written.headers.items()]
    return {"topic": record["topic"], "key": written.key, "headers": headers, "value": written.value.decode()}


@pytest.mark.parametrize("mode", WRITERS)
def test_sdk(decode, mode):
    paths = example_files("valid")
    answers = decode([sdk_record(path, WRITERS[mode]) for path in paths])
    for path, answer in zip(paths, answers):
        event = read_json(path)
        data = as_written(shape(data_of(event["type"]), narrowed=[]), event["data"])
        read = {"ok": True, "type": event["type"], "id": event["id"], "source": event["source"], "encoded": data}
        assert answer == read, example_id(path)

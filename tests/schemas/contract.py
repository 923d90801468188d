"""schemas/ as the tests read it: the JSON Schemas, the examples, the AsyncAPI page, and two views on a schema.

shape() is what a schema says of an event's members, in the words of the decoders' tables; as_written() is an
example's data as Lockbox writes it after reading it.
"""

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
EVENTS = SCHEMAS / "events"
EXAMPLES = SCHEMAS / "examples"
BASE = "https://lockbox.example/schemas/events/"
SUFFIX = ".schema.json"
PREFIX = "lockbox."  # of topics, as LOCKBOX_TOPIC_PREFIX has it by default


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


FILES = {path.name: read_json(path) for path in sorted(EVENTS.iterdir())}
TYPES = {name.removesuffix(SUFFIX): schema for name, schema in FILES.items() if name.startswith("lockbox.")}
REGISTRY = Registry().with_resources([(s["$id"], Resource.from_contents(s)) for s in FILES.values()])
ASYNCAPI = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))


def example_files(kind):
    return sorted(EXAMPLES.glob(f"lockbox.*/{kind}-*.json"))


def example_id(path):
    return f"{path.parent.name}/{path.name}"


# ---- validation ----

# Own checks: the library knows date-time only through another package. email, uuid and uri-reference annotate.
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    if isinstance(value, str):
        read_time(value)
    return True


def validator(event_type):
    return Draft202012Validator(TYPES[event_type], registry=REGISTRY, format_checker=FORMATS)


def loose_validator(event_type):
    """Of what the decoder's shared tables know: the type's schema without what a type of events out narrows for
    itself."""
    data = data_of(event_type)
    base = data.get("allOf", [data])[0] if TOPIC_OF[event_type] == "lockbox.events.v1" else data
    schema = {
        "$id": BASE + "loose",
        "allOf": [{"$ref": "common.schema.json#/$defs/envelope"}],
        "required": ["subject"] if TOPIC_OF[event_type] == "lockbox.events.v1" else [],
        "properties": {"type": {"const": event_type}, "data": base},
    }
    return Draft202012Validator(schema, registry=REGISTRY, format_checker=FORMATS)


def pointers(errors):
    """The JSON pointers of the members at fault. Where a member may be null, what it breaks is what it is else; where an object
    may stand in the place of a text, an object breaks what objects are."""
    for error in errors:
        if error.validator == "anyOf":
            which = int("$ref" in error.validator_value[1] and isinstance(error.instance, dict))
            yield from pointers(inner for inner in error.context if inner.relative_schema_path[0] == which)
        else:
            yield pointer(error)


def pointer(error):
    """The JSON pointer of the member at fault; of the missing one, where one is missing."""
    path = list(error.absolute_path)
    if error.validator == "required":
        path += [name for name in error.validator_value if error.message.startswith(repr(name))]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


# ---- the schema, in the words of the tables ----

ANNOTATIONS = {"$comment", "description", "title"}
NARROWING = {"properties", "required", "const", "enum", "pattern", "format"} | ANNOTATIONS


def narrows(base, by):
    """Whether `by`, which stands beside a $ref to `base`, says nothing of members that base lacks."""
    assert set(by) <= NARROWING, f"neither a new member nor a narrower one: {by}"
    assert set(by.get("required", ())) <= set(base.get("fields", ())), by
    values = by.get("enum", [by["const"]] if "const" in by else [])
    assert base["type"] != "enum" or set(values) <= set(base["names"]), values
    for name, member in by.get("properties", {}).items():
        narrows(base["fields"][name], member)


def shape(schema, resolver=None, narrowed=None):
    """type, required, limits and names of a schema, and so on for its members, as a table of the decoders has
    them. Beside allOf new members are added; a member that is only narrowed there keeps its own shape, and is
    noted in the list `narrowed`."""
    resolver = resolver or REGISTRY.resolver(BASE)
    if "$ref" in schema:
        assert set(schema) <= ANNOTATIONS | {"$ref"}, f"$ref with more than words beside it: {schema}"
        target = resolver.lookup(schema["$ref"])
        return shape(target.contents, target.resolver, narrowed)
    if "allOf" in schema:
        (base,) = schema["allOf"]
        result = shape(base, resolver, narrowed)
        rest = {key: value for key, value in schema.items() if key not in ("allOf", "$schema", "$id")}
        properties, required = rest.pop("properties", {}), rest.pop("required", [])
        old = {name: member for name, member in properties.items() if name in result["fields"]}
        new = {name: member for name, member in properties.items() if name not in old}
        more = {"properties": old, "required": [name for name in required if name not in new]}
        if more["properties"] or more["required"]:
            assert narrowed is not None, f"narrows what it refers to: {more}"
            narrows(result, rest | more)
            narrowed.append(more)
        for name, member in new.items():
            result["fields"][name] = shape(member, resolver) | {"required": name in required}
        return result
    if "anyOf" in schema:
        assert set(schema) <= ANNOTATIONS | {"anyOf"}, f"anyOf with more than words beside it: {schema}"
        base, other = schema["anyOf"]
        if "$ref" in other:
            return shape(base, resolver) | {"or": shape(other, resolver)}
        assert other == {"type": "null"}, other
        return shape(base, resolver) | {"nullable": True}
    if "const" in schema:
        return {"type": "const", "value": schema["const"]}
    if "enum" in schema:
        return {"type": "enum", "names": schema["enum"]}
    if "type" not in schema:
        assert set(schema) <= ANNOTATIONS, schema
        return {"type": "any"}
    if schema["type"] == "object":
        required = schema["required"]
        assert set(required) <= set(schema["properties"]), required
        fields = {n: shape(m, resolver) | {"required": n in required} for n, m in schema["properties"].items()}
        return {"type": "object", "fields": fields}
    if schema["type"] == "array":
        limits = {"min_items": schema.get("minItems", 0), "max_items": schema["maxItems"]}
        return {"type": "list", "item": shape(schema["items"], resolver)} | limits
    if schema["type"] == "integer":
        return {"type": "int", "min": schema["minimum"], "max": schema.get("maximum")}
    if schema["type"] == "boolean":
        return {"type": "bool"}
    assert schema["type"] == "string", schema
    if schema.get("format") == "date-time":
        return {"type": "time"}
    if "x-minDuration" in schema:
        return {"type": "duration", "min_us": read_duration(schema["x-minDuration"]) // US}
    unit = "bytes" if "x-maxBytes" in schema else "characters"
    assert schema.get("x-maxBytes", schema["maxLength"]) == schema["maxLength"], schema
    form = "webhook" if schema.get("format") == "uri" else "email" if schema.get("format") == "email" else "cluster" if "openShiftClusters" in schema.get("description", "") and "pattern" in schema else None
    limits = {"min": schema.get("minLength", 0), "max": schema["maxLength"]}
    return {"type": "text", "unit": unit, "format": form} | limits


def data_of(event_type):
    return TYPES[event_type]["properties"]["data"]


# ---- data, as Lockbox writes it ----

US = timedelta(microseconds=1)
BEYOND = timedelta(days=10_000, seconds=1)  # stands for every duration of more than 10,000 days


def read_time(text):
    """datetime cannot tell a leap second, and takes six digits of a fraction; both as common.schema.json says."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", text.upper())
    leap = re.sub(r":60(?=[.Z+-])", ":59", text)
    return datetime.fromisoformat(leap) + timedelta(seconds=leap != text)


def read_duration(text):
    units = {"W": "weeks", "D": "days", "H": "hours", "M": "minutes", "S": "seconds"}
    total = timedelta()
    for number, whole, fraction, unit in re.findall(r"(([0-9]+)(\.[0-9]{1,6})?[0-9]*)([WDHMS])", text):
        total += timedelta(**{units[unit]: int(whole)}) + timedelta(seconds=float("0" + (fraction or "")))
    return total


def write_duration(duration):
    duration = min(duration, BEYOND)
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{duration.microseconds:06}".rstrip("0") if duration.microseconds else ""
    days = f"{duration.days}D" if duration.days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    time += f"{seconds}{fraction}S" if seconds or fraction else ""
    return "P" + days + ("T" + time if time else "")


def as_written(node, value):
    """The value of a member with that shape. Members that the schema does not name are gone, and so are those that
    need not be there and are null or false; times are UTC with six digits and Z; durations are days, hours, minutes
    and seconds in the fewest words."""
    if value is None:
        return None
    if isinstance(value, dict) and "or" in node:
        return as_written(node["or"], value)
    if node["type"] == "object":
        fields = node["fields"]
        known = {name: value[name] for name in fields if name in value}
        kept = {name: member for name, member in known.items()
                if fields[name]["required"] or (member is not None and member is not False)}
        return {name: as_written(fields[name], member) for name, member in kept.items()}
    if node["type"] == "list":
        return [as_written(node["item"], item) for item in value]
    if node["type"] == "time":
        return read_time(value).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if node["type"] == "duration":
        return write_duration(read_duration(value))
    return value


# ---- records ----


def channels():
    """Topic → (the key's title, the types it carries), as the AsyncAPI page says."""
    result = {}
    for channel in ASYNCAPI["channels"].values():
        keys = set()
        for message in channel["messages"].values():
            traits = [resolve(trait) for trait in message.get("traits", [])]
            (bindings,) = [part["bindings"] for part in [message, *traits] if "bindings" in part]
            keys.add(bindings["kafka"]["key"]["title"])
        (key,) = keys
        result[channel["address"]] = key, list(channel["messages"])
    return result


def resolve(node):
    """The part of the AsyncAPI page that a local $ref names."""
    target = ASYNCAPI
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return target


TOPIC_OF = {name: topic for topic, (_, types) in channels().items() for name in types}


def key_of(event_type, event):
    key, _ = channels()[TOPIC_OF[event_type]]
    data = event.get("data")
    value = event.get("subject") if key == "subject" else isinstance(data, dict) and data.get(key)
    return value if isinstance(value, str) else None


def structured(event_type, event):
    """The record of an event in structured mode."""
    return {
        "topic": TOPIC_OF[event_type],
        "key": key_of(event_type, event),
        "headers": [["content-type", "application/cloudevents+json; charset=utf-8"]],
        "value": json.dumps(event, ensure_ascii=False),
    }


def binary(event_type, event):
    """The same in binary mode."""
    attributes = {name: value for name, value in event.items() if name != "data"}
    content_type = attributes.pop("datacontenttype", "application/json")
    return {
        "topic": TOPIC_OF[event_type],
        "key": key_of(event_type, event),
        "headers": [["content-type", content_type], *(["ce_" + name, value] for name, value in attributes.items())],
        "value": json.dumps(event["data"], ensure_ascii=False),
    }


def modes_of(event_type, event):
    """Mode → record. A header is text, and without ce_specversion or a value a record is not in binary mode."""
    texts = all(isinstance(value, str) for name, value in event.items() if name != "data")
    fits = texts and "specversion" in event and "data" in event
    return {"structured": structured(event_type, event)} | ({"binary": binary(event_type, event)} if fits else {})

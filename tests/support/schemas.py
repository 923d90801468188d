"""schemas/events/ as validators: what is published must be what is promised."""
import json
from datetime import datetime
from functools import cache

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from .stack import REPOSITORY

EVENTS = REPOSITORY / "schemas/events"
FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def registry() -> Registry:
    schemas = [json.loads(path.read_text()) for path in EVENTS.glob("*.schema.json")]
    return Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)


@cache
def validator(event_type: str) -> Draft202012Validator | None:
    path = EVENTS / f"{event_type}.schema.json"
    if not path.exists():
        return None
    return Draft202012Validator(json.loads(path.read_text()), registry=registry(), format_checker=FORMATS)


def schema_errors(event: dict) -> list[str]:
    """What an event has that its type's schema does not allow."""
    known = validator(str(event.get("type")))
    if known is None:
        return [f"type {event.get('type')} has no schema"]
    return [f"{error.json_path}: {error.message[:200]}" for error in known.iter_errors(event)]

"""Events as a worker writes them into the outbox."""
import json

from .system import System

EVENT = "0190b1a4-5c40-7c3e-9f21-6b8d0e4a7c52"
INSERT = ("INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload)"
          " VALUES (%(event)s, %(family)s, %(subject)s, %(type)s, %(payload)s)")


def payload(type_: str, subject: str, data: dict, sequence: int | None = None, event: str = EVENT, **more) -> str:
    head = {"specversion": "1.0", "id": event, "source": "/lockbox/decider", "type": type_, "subject": subject,
            "time": "2026-11-29T12:00:00.000000Z", "datacontenttype": "application/json"}
    if sequence is not None:
        head["sequence"] = f"{sequence:020}"
    return json.dumps({**head, **more, "data": data}, separators=(",", ":"), ensure_ascii=False)


def row(type_: str, subject: str, text: str, event: str = EVENT) -> dict:
    """INSERT's parameters."""
    return {"event": event, "family": type_.split(".")[1], "subject": subject, "type": type_, "payload": text}


def write_events(system: System, keys: list[str], name: str = "") -> None:
    """An event of a tenant for each of these keys, in their order, in one transaction. name: the event's, else its number."""
    system.lockbox.rows("""
        INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload)
        SELECT id, 'tenant', key, 'lockbox.tenant.changed.v1',
               '{"specversion":"1.0","id":"' || id || '","source":"/lockbox/requester","type":"lockbox.tenant.changed.v1","subject":"'
               || key || '","time":"2026-11-23T16:08:38Z","datacontenttype":"application/json","data":{"tenant_id":"' || key
               || '","change":"subscription_added","name":"' || coalesce(nullif(%s::text, ''), number::text)
               || '","at":"2026-11-23T16:08:38Z"}}'
          FROM (SELECT gen_random_uuid() AS id, key, number FROM unnest(%s::text[]) WITH ORDINALITY AS it (key, number)
                 ORDER BY number) AS row""", name, keys)
    system.lockbox.rows("SELECT pg_notify('lockbox_outbox', '')")

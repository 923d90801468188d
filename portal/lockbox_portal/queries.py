"""What pages ask of the store."""
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from . import store
from .consent import digest
from .words import changes_of

PAGE = 50


@dataclass(frozen=True)
class Asked:
    """A request as one of its approvers sees it."""
    first: dict
    now: dict
    words: dict
    kind: str

    @property
    def is_whole(self) -> bool:
        """What is shown is what the request's digest covers: who signs, signs that."""
        return self.first.get("digest") == digest(self.first)

    @property
    def items(self) -> list[dict]:
        """Each item as asked, in words with what it changes, and whether it is still kept."""
        kept = {item["number"]: item.get("kept", True) for item in self.now["actions"]}
        return [{**item, "words": words, "changes": changes_of(lines), "kept": kept[item["number"]]}
                for item, words, lines in zip(self.first["actions"], self.words["items"], self.words["changes"], strict=True)]


def asked_of(row) -> Asked:
    return Asked(row.first, row.now, row.words, row.kind)


def requests_of(connection: Connection, principal_id: str, standing: str, most: int = PAGE) -> list[Asked]:
    """Those that a person is asked about, the newest first; standing: waiting, open, over."""
    wanted = select(store.asked.c.request_id).where(store.asked.c.principal_id == principal_id, store.asked.c.standing == standing).order_by(
        store.asked.c.created_at.desc()).limit(most)
    ids = list(connection.execute(wanted).scalars())
    rows = {row.request_id: row for row in connection.execute(select(store.request).where(store.request.c.request_id.in_(ids)))} if ids else {}
    return [asked_of(rows[it]) for it in ids if it in rows]


def request_of(connection: Connection, principal_id: str, request_id: str) -> Asked | None:
    row = connection.execute(select(store.request).join(store.asked, store.asked.c.request_id == store.request.c.request_id).where(
        store.asked.c.principal_id == principal_id, store.request.c.request_id == request_id)).first()
    return asked_of(row) if row else None


def grouped(requests: list[Asked]) -> list[list[Asked]]:
    """Those that ask for the same, together."""
    groups: dict[str, list[Asked]] = {}
    for request in requests:
        groups.setdefault(request.kind, []).append(request)
    return list(groups.values())


def asked_today(connection: Connection, principal_id: str, asked: Asked) -> int:
    """How many requests of this engineer the person got on that day (UTC), this one included."""
    return connection.execute(select(func.count()).select_from(store.request).join(
        store.asked, store.asked.c.request_id == store.request.c.request_id).where(
            store.asked.c.principal_id == principal_id, store.request.c.engineer_id == asked.first["engineer"]["id"],
            store.request.c.created_at.startswith(asked.first["created_at"][:10]))).scalar_one()


def last_grant(connection: Connection, principal_id: str, asked: Asked) -> Asked | None:
    """The engineer's last access before this request, of what the person was asked about."""
    rows = connection.execute(select(store.request).join(store.asked, store.asked.c.request_id == store.request.c.request_id).where(
        store.asked.c.principal_id == principal_id, store.request.c.engineer_id == asked.first["engineer"]["id"],
        store.request.c.created_at < asked.first["created_at"], store.request.c.state.in_(("approved", "emergency", "not_required", "completed", "revoked"))).order_by(
            store.request.c.created_at.desc()).limit(1))
    return next((asked_of(row) for row in rows), None)


def steps_of(connection: Connection, request_id: str) -> list:
    return list(connection.execute(select(store.step).where(store.step.c.request_id == request_id).order_by(store.step.c.version)))


def answer_of(connection: Connection, event_id: str, principal_id: str):
    """What became of something that the person sent: None where it is nothing of theirs; then (says, reason), None before there is an answer."""
    sent = connection.execute(select(store.sent.c.value).where(store.sent.c.event_id == event_id,
                                                             store.sent.c.principal_id == principal_id)).first()
    if not sent:
        return None
    row = connection.execute(select(store.answer).where(store.answer.c.event_id == event_id)).first()
    return (row.says, row.reason) if row else (None, None)


def key_of(connection: Connection, tenant_id: str, principal_id: str) -> dict | None:
    """The registered key, and where it is a passkey of this portal its credential's id."""
    row = connection.execute(select(store.key).where(store.key.c.tenant_id == tenant_id,
                                                     store.key.c.principal_id == principal_id)).first()
    if not row:
        return None
    credential = connection.execute(select(store.passkey.c.credential_id).where(store.passkey.c.x == row.jwk["x"])).scalar_one_or_none()
    return {"jwk": row.jwk, "at": row.at, "credential_id": credential}


def keys_in(connection: Connection, tenant_id: str) -> list[dict]:
    """Everybody's registered keys, with the names of those who have a role."""
    people = {row.principal_id: row.principal for row in roles_in(connection, tenant_id)}
    return [{"id": row.principal_id, "kty": row.jwk["kty"], "at": row.at, **people.get(row.principal_id, {})}
            for row in connection.execute(select(store.key).where(store.key.c.tenant_id == tenant_id).order_by(store.key.c.principal_id))]


def pending_in(connection: Connection, tenant_id: str) -> list:
    """Keys that wait for an administrator's signature."""
    return list(connection.execute(select(store.pending).where(store.pending.c.tenant_id == tenant_id)))


def waits(connection: Connection, tenant_id: str, principal_id: str) -> bool:
    return any(row.principal_id == principal_id for row in pending_in(connection, tenant_id))


def tenants_of(connection: Connection, principal_id: str) -> dict[str, set[str]]:
    """The tenants in which a person has roles, and which."""
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(store.role).where(store.role.c.principal_id == principal_id)):
        found.setdefault(row.tenant_id, set()).add(row.role)
    return found


def subscriptions_of(connection: Connection, tenant_id: str) -> list:
    return list(connection.execute(select(store.subscription).where(
        store.subscription.c.tenant_id == tenant_id, ~store.subscription.c.removed).order_by(store.subscription.c.subscription_id)))


def roles_in(connection: Connection, tenant_id: str) -> list:
    return list(connection.execute(select(store.role).where(store.role.c.tenant_id == tenant_id).order_by(
        store.role.c.subscription_id, store.role.c.role, store.role.c.principal_id)))


def signs(connection: Connection, tenant_id: str) -> bool:
    """Whether decisions are signed in any of the tenant's subscriptions: then keys and roles need a signature."""
    return any(row.policy.get("signed_decisions") for row in subscriptions_of(connection, tenant_id))


def mark(connection: Connection) -> int:
    return store.mark(connection)


def is_empty(connection: Connection) -> bool:
    return connection.execute(select(func.count()).select_from(store.position)).scalar_one() == 0

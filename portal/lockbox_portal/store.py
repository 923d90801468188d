"""The portal's own database: what it has read from lockbox.events.v1, and the passkeys' credential ids. SQLite or PostgreSQL.

Everything but what this portal sent, keys that wait, ended sessions and credential ids can be read anew from Kafka. Positions move in the
transaction of what was read there: instances that share a database read each record once, whichever reads it.
"""
from sqlalchemy import (JSON, BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, and_, create_engine, event, func,
                        inspect, select, text, update)
from sqlalchemy.engine import Connection, Engine

metadata = MetaData()

position = Table("position", metadata, Column("topic", String, primary_key=True), Column("partition", Integer, primary_key=True),
                 Column("next_offset", BigInteger, nullable=False))
request = Table("request", metadata, Column("request_id", String, primary_key=True), Column("version", Integer, nullable=False),
                Column("state", String, nullable=False), Column("created_at", String, nullable=False),
                Column("engineer_id", String, nullable=False),
                Column("kind", String, nullable=False),   # what makes requests identical: see consent.kind_of
                Column("first", JSON, nullable=False),    # as it was asked: its first event
                Column("words", JSON),                    # that, in the words of the mails
                Column("now", JSON, nullable=False),      # as it stands
                Index("request_engineer", "engineer_id", "created_at"))
# Whose requests they are. Standing and time stand here as well: a person's list is read from one index, however long it is.
asked = Table("asked", metadata, Column("principal_id", String, primary_key=True), Column("request_id", String, primary_key=True),
              Column("standing", String, nullable=False),  # waiting, open, over
              Column("created_at", String, nullable=False),
              Index("asked_request", "request_id"), Index("asked_list", "principal_id", "standing", "created_at"))
step = Table("step", metadata, Column("request_id", String, primary_key=True), Column("version", Integer, primary_key=True),
             Column("type", String, nullable=False), Column("at", String, nullable=False), Column("state", String, nullable=False))
# What this portal published, and what Lockbox said to it. The bytes stay: sent again, it is the same event.
sent = Table("sent", metadata, Column("event_id", String, primary_key=True), Column("principal_id", String, nullable=False),
             Column("about", String, nullable=False), Column("value", String, nullable=False))
answer = Table("answer", metadata, Column("event_id", String, primary_key=True), Column("says", String, nullable=False),
               Column("reason", String))
subscription = Table("subscription", metadata, Column("subscription_id", String, primary_key=True),
                     Column("tenant_id", String, nullable=False, index=True), Column("name", String),
                     Column("enabled", Boolean, nullable=False, default=False), Column("policy", JSON, nullable=False),
                     Column("alternates", JSON, nullable=False), Column("removed", Boolean, nullable=False, default=False),
                     Column("webhooks", JSON))  # null: not known, since they were set elsewhere; no event names them
role = Table("role", metadata, Column("tenant_id", String, primary_key=True), Column("subscription_id", String, primary_key=True),
             Column("principal_id", String, primary_key=True), Column("role", String, primary_key=True),
             Column("principal", JSON, nullable=False))
key = Table("key", metadata, Column("tenant_id", String, primary_key=True), Column("principal_id", String, primary_key=True),
            Column("jwk", JSON, nullable=False), Column("at", String, nullable=False))
# Not from Kafka: keys that wait for an administrator's signature, with their holders' proofs.
pending = Table("pending", metadata, Column("tenant_id", String, primary_key=True), Column("principal_id", String, primary_key=True),
                Column("principal", JSON, nullable=False), Column("public_key", JSON, nullable=False), Column("proof", JSON, nullable=False))
# Not from Kafka: sessions that were logged out, by the SHA-256 of their token. Their cookies hold until they are too old.
ended = Table("ended", metadata, Column("session", String, primary_key=True), Column("at", Integer, nullable=False))
# Not from Kafka: which credential of a person's device has a public key. Without it a browser asks for any that it knows.
passkey = Table("passkey", metadata, Column("x", String, primary_key=True), Column("credential_id", String, nullable=False))


def open_store(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        @event.listens_for(engine, "connect")
        def wait_and_log_ahead(connection, _):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA busy_timeout=10000")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7237)"))  # instances that start together
        make_tables(connection)
    return engine


OWN = (sent, pending, ended, passkey)  # what Kafka does not have


def make_tables(connection: Connection) -> None:
    """Tables of another version are made anew, and read again from Kafka; those that Kafka has not have to stay."""
    there = inspect(connection)
    for table in metadata.tables.values():
        if there.has_table(table.name) and {it["name"] for it in there.get_columns(table.name)} != set(table.columns.keys()):
            metadata.drop_all(connection, tables=[it for it in metadata.tables.values() if it not in OWN])
            break
    metadata.create_all(connection)


def standing_of(state: str) -> str:
    return "waiting" if state == "customer_notified" else "open" if state in ("approved", "emergency", "not_required") else "over"


def put(connection: Connection, table: Table, **values) -> None:
    """Writes a row in the place of one with the same key."""
    here = and_(*(column == values[column.name] for column in table.primary_key))
    rest = {name: it for name, it in values.items() if not table.c[name].primary_key}
    known = connection.execute(select(func.count()).select_from(table).where(here)).scalar_one()
    if not known:
        connection.execute(table.insert().values(**values))
    elif rest:
        connection.execute(update(table).where(here).values(**rest))


def mark(connection: Connection) -> int:
    """A number that grows with whatever is read."""
    return connection.execute(select(func.coalesce(func.sum(position.c.next_offset), 0))).scalar_one()

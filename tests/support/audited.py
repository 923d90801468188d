"""The audit store from outside: filling topics, and what the auditor must have made of them."""
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from confluent_kafka import Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (Encoding, NoEncryption, PrivateFormat, PublicFormat,
                                                          load_pem_private_key)

from . import merkle
from .audit import TOPICS, await_auditor, ends_of_kafka, everything_in_kafka
from .broker import QUIET, Record
from .sql import Database, as_role
from .stack import BINARIES, Stack, free_port
from .waiting import wait_until

CHECKPOINTS = "lockbox.checkpoints.v1"


def public_key(pem: Path) -> bytes:
    return load_pem_private_key(pem.read_bytes(), None).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def new_key(path: Path) -> Path:
    path.touch(0o600)
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


class Store:
    """An audit database, and Kafka beside it. To the functions of support.audit it is a system."""

    def __init__(self, stack: Stack, database: str = "audit"):
        self.stack = stack
        self.name = database
        self.bootstrap = stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
        self.writer_url = as_role(self.url("LOCKBOX_AUDIT_DATABASE_URL"), "lockbox_audit_writer")
        self.superuser_url = self.url("LOCKBOX_AUDIT_SUPERUSER_URL")
        self.audit = Database(self.superuser_url)
        self.writer = Database(self.writer_url)
        self.auditor = Database(as_role(self.writer_url, "lockbox_auditor"))

    def url(self, setting: str) -> str:
        return self.stack.env[setting].rpartition("/")[0] + f"/{self.name}"

    def close(self) -> None:
        for database in (self.audit, self.writer, self.auditor):
            database.close()

    # filling

    def fill(self, topic: str, partition: int, records: list[tuple], transaction: str | None = None) -> None:
        """Produces (key, value, headers) in order; in one transaction where it is named."""
        settings = {**QUIET, "bootstrap.servers": self.bootstrap, "linger.ms": 5, "enable.idempotence": True,
                    "queue.buffering.max.messages": 1000000}
        producer = Producer(settings | ({"transactional.id": transaction} if transaction else {}))
        if transaction:
            producer.init_transactions()
            producer.begin_transaction()
        for key, value, headers in records:
            producer.produce(topic, value, key, partition, headers=headers)
            producer.poll(0)
        producer.commit_transaction() if transaction else None
        assert producer.flush(60) == 0

    def await_auditor(self, seconds: float = 60) -> None:
        await_auditor(self, seconds)

    # comparing

    def leaves(self, kafka: dict) -> dict[tuple[str, int], tuple[int, list[bytes]]]:
        """Topic and partition → base and leaf hashes, of these records."""
        logs: dict[tuple[str, int], dict[int, Record]] = {}
        for record in kafka.values():
            logs.setdefault((record.topic, record.partition), {})[record.offset] = record
        return {place: (min(records), [merkle.leaf_hash(records[offset]) if offset in records else merkle.EMPTY_LEAF
                                       for offset in range(min(records), max(records) + 1)])
                for place, records in logs.items()}

    def complaints(self, kafka: dict) -> list[str]:
        """Heads, tiles, leaf hashes and checkpoints, against trees made here of what was in Kafka a moment ago. The topic
        of checkpoints may have grown since: of it, only what is in both."""
        found = []
        logs = {(row.topic, row.partition): row for row in self.audit.rows("SELECT * FROM audit.log")}
        trees = self.leaves(kafka)
        found += [f"{place} has no log" for place in trees.keys() - logs.keys()]
        for place, (base, leaves) in trees.items():
            if place in logs:
                found += [f"{place}: {complaint}" for complaint in self.complaints_about(logs[place], base, leaves)]
        return found

    def complaints_about(self, log, base: int, leaves: list[bytes]) -> list[str]:
        place = log.topic, log.partition
        size = log.size
        if log.topic == CHECKPOINTS and size != len(leaves):
            return []
        if log.base != base or size != len(leaves):
            return [f"base {log.base}, size {size}; Kafka: {base}, {len(leaves)}"]
        tree = merkle.Tree(leaves)
        found = []
        if log.edge != tree.edge(size):
            found.append("the edge is another")
        if log.rows != sum(leaf != merkle.EMPTY_LEAF for leaf in leaves):
            found.append(f"{log.rows} rows")
        tiles = {(row.level, row.index): row.hashes for row in self.audit.rows(
            'SELECT level, index, hashes FROM audit.tile WHERE topic = %s AND "partition" = %s', *place)}
        if tiles != tree.tiles(size):
            found.append(f"other tiles: {sorted(tiles)}")
        stored = {row.offset: row.leaf_hash for row in self.audit.rows(
            'SELECT "offset", leaf_hash FROM audit.leaf_hashes(%s, %s, 0, 1099511627776)', *place)}
        if stored != {base + index: leaf for index, leaf in enumerate(leaves) if leaf != merkle.EMPTY_LEAF}:
            found.append("other leaf hashes")
        for row in self.checkpoints(*place):
            if row.root != tree.root(row.size):
                found.append(f"another root in the checkpoint of size {row.size}")
        return found

    def checkpoints(self, topic: str, partition: int) -> list:
        return self.auditor.rows('SELECT * FROM audit.checkpoint WHERE topic = %s AND "partition" = %s ORDER BY number',
                                 topic, partition)

    def await_checkpoints(self) -> None:
        """Each log, but that of checkpoints, has one of its size, and it is published."""
        wait_until(lambda: self.audit.value(
            """SELECT count(*) FROM audit.log l
                WHERE topic <> 'lockbox.checkpoints.v1' AND NOT EXISTS (
                      SELECT FROM audit.publication p
                       WHERE p.topic = l.topic AND p."partition" = l."partition" AND p.size = l.size)""") == 0,
            "every head signed and published")

    def rows_of(self, table: str, but: str = "") -> list[bytes]:
        """A table's rows, without some columns, in order; as PostgreSQL writes them."""
        columns = self.audit.value(
            "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) FROM information_schema.columns"
            " WHERE table_schema = 'audit' AND table_name = %s AND column_name <> ALL (%s)", table, but.split())
        with self.audit.connection.cursor().copy(f"COPY (SELECT {columns} FROM audit.{table}) TO STDOUT") as rows:
            return sorted(b"".join(map(bytes, rows)).splitlines())


class Another:
    """One more auditor, our own child, on a store of its choice."""

    def __init__(self, store: Store, instance: str, **settings: str):
        self.port = free_port()
        self.child = store.stack.spawn("auditor", instance, LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{self.port}",
                                       LOCKBOX_AUDIT_DATABASE_URL=store.writer_url,
                                       **{"LOCKBOX_CHECKPOINT_INTERVAL": "PT0.2S", **settings})

    def page(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """0 too while it starts."""
        lines = [line for line in self.page("/metrics")[1].splitlines() if line.startswith(f"{name}{{")]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def await_ready(self) -> None:
        wait_until(lambda: self.page("/readyz")[0] == 200, "the auditor is ready", 60)

    def await_halt(self) -> str:
        """Why it is not ready, once it has halted."""
        wait_until(lambda: self.child.poll() is None and self.metric("lockbox_halted") == 1, "the auditor halts", 60)
        status, why = self.page("/readyz")
        assert status == 503
        return why

    def stop(self) -> None:
        if self.child.poll() is None:
            self.child.terminate()
            assert self.child.wait(15) == 0

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()


def new_store(stack: Stack, name: str) -> Store:
    """An empty audit database beside the stack's own."""
    admin = Database(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
    admin.rows(f"CREATE DATABASE {name}")
    admin.close()
    store = Store(stack, name)
    subprocess.run([BINARIES / "lockboxctl", "db", "migrate", "--only", "audit"], check=True, capture_output=True,
                   env=stack.worker_environment(LOCKBOX_AUDIT_DATABASE_URL=store.superuser_url))
    return store


__all__ = ["CHECKPOINTS", "TOPICS", "Another", "Store", "ends_of_kafka", "new_key", "new_store", "public_key"]

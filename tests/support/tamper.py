"""What somebody may do to the audit store who owns the database: one edit at a time, with nothing in his way but the
signatures. Each edit can be taken back."""
import random
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from .translog import EMPTY, Signer, edge_of, leaf_bytes, leaf_hash, root_of, tiles_of

TABLES = ("event", "tile", "log", "checkpoint")
GLEANED = ("event_id", "source", "type", "subject", "event_time", "tenant_id", "subscription_id", "request_id", "ticket_id",
           "actor")


@dataclass
class Edit:
    what: str
    topic: str
    partition: int
    offset: int | None = None  # the first that is wrong; None: no offset is
    exact: bool = True  # whether that offset is to be named; else one at most as large
    tables: tuple[str, ...] = ("event",)
    statements: list = field(default_factory=list)  # (SQL, parameters)

    def add(self, statement: str, *parameters) -> "Edit":
        self.statements.append((statement, parameters))
        return self


class Log:
    """A log as it should be."""

    def __init__(self, tamperer: "Tamperer", head: dict):
        self.place = (head["topic"], head["partition"])
        self.base, self.size = head["base"], head["size"]
        self.rows = {row["offset"]: row for row in tamperer.rows("event", self.place)}
        self.checkpoints = sorted(tamperer.rows("checkpoint", self.place), key=lambda row: row["size"])

    def leaves(self) -> list[bytes]:
        return [self.rows[offset]["leaf_hash"] if offset in self.rows else EMPTY
                for offset in range(self.base, self.base + self.size)]


def hash_of(row: dict) -> bytes:
    return leaf_hash(leaf_bytes(row["topic"], row["partition"], row["offset"], row["kafka_timestamp_ms"], row["key"], row["headers"], row["raw"]))


class Tamperer:
    def __init__(self, url: str, seed: int):
        self.db = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        self.chance = random.Random(seed)
        self.db.execute("SET search_path = audit")
        self.db.execute("SET session_replication_role = replica")  # no foreign key holds either
        self.triggers = self.db.execute("SELECT relname, tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
                                        " WHERE relnamespace = 'audit'::regnamespace AND NOT tgisinternal"
                                        " AND tgparentid = 0 AND tgenabled = 'A'").fetchall()
        self.keep()
        heads = self.db.execute("SELECT * FROM log WHERE topic NOT LIKE '%checkpoints%' ORDER BY topic, partition").fetchall()
        self.logs = [Log(self, head) for head in heads]

    @contextmanager
    def unguarded(self):
        """A transaction without triggers: they stand again after it, since verify looks for them, too."""
        with self.db.transaction():
            self.set_triggers("DISABLE")
            yield
            self.set_triggers("ENABLE ALWAYS")

    def set_triggers(self, state: str) -> None:
        for trigger in self.triggers:
            self.db.execute(sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
                sql.Identifier(trigger["relname"]), sql.SQL(state), sql.Identifier(trigger["tgname"])))

    def close(self) -> None:
        self.db.execute("DROP SCHEMA tampered CASCADE")
        self.db.close()

    # ---- an edit and its undoing ----

    def rows(self, table: str, place: tuple[str, int]) -> list[dict]:
        return self.db.execute(sql.SQL("SELECT * FROM audit.{} WHERE topic = %s AND partition = %s")
                               .format(sql.Identifier(table)), place).fetchall()

    def keep(self) -> None:
        self.db.execute("DROP SCHEMA IF EXISTS tampered CASCADE")
        self.db.execute("CREATE SCHEMA tampered")
        for table in TABLES:
            name = sql.Identifier(table)
            self.db.execute(sql.SQL("CREATE TABLE tampered.{} AS SELECT * FROM audit.{}").format(name, name))
            self.db.execute(sql.SQL("CREATE INDEX ON tampered.{} (topic, partition)").format(name))

    def apply(self, edit: Edit) -> None:
        with self.unguarded():
            for statement, parameters in edit.statements:
                done = self.db.execute(statement, parameters)
                assert done.rowcount != 0, (edit.what, statement)

    def undo(self, edit: Edit) -> None:
        place = (edit.topic, edit.partition)
        with self.unguarded():
            for name in map(sql.Identifier, edit.tables):
                self.db.execute(sql.SQL("DELETE FROM audit.{} WHERE topic = %s AND partition = %s").format(name), place)
                self.db.execute(sql.SQL("INSERT INTO audit.{} OVERRIDING SYSTEM VALUE SELECT * FROM tampered.{}"
                                        " WHERE topic = %s AND partition = %s").format(name, name), place)

    @staticmethod
    def insertion(table: str, row: dict):
        query = sql.SQL("INSERT INTO audit.{} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)))
        return query, list(row.values())

    # ---- helpers of the edits ----

    def some_log(self, least: int = 1) -> Log:
        return self.chance.choice([log for log in self.logs if log.size >= least])

    def some_row(self, log: Log) -> dict:
        return dict(log.rows[self.chance.choice(list(log.rows))])

    def edit(self, what: str, log: Log, offset: int | None = None, **more) -> Edit:
        return Edit(what, *log.place, offset, **more)

    def flipped(self, value: bytes) -> bytes:
        if not value:
            return b"\x00"
        at = self.chance.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << self.chance.randrange(8)]) + value[at + 1:]

    def set_columns(self, edit: Edit, row: dict, **columns) -> Edit:
        assignments = ", ".join(f'"{name}" = %s' for name in columns)
        return edit.add(f'UPDATE event SET {assignments} WHERE topic = %s AND "partition" = %s AND "offset" = %s',
                        *columns.values(), row["topic"], row["partition"], row["offset"])

    def plant(self, edit: Edit, log: Log, rows: dict[int, dict]) -> Edit:
        """Tiles and head as they would be had these rows come. Only the checkpoints cannot be made anew."""
        size = max(rows, default=log.base) - log.base + 1
        leaves = [rows[offset]["leaf_hash"] if offset in rows else EMPTY for offset in range(log.base, log.base + size)]
        edit.tables = tuple({*edit.tables, "tile", "log"})
        if self.rows("tile", log.place):
            edit.add('DELETE FROM tile WHERE topic = %s AND "partition" = %s', *log.place)
        for (level, index), hashes in tiles_of(leaves).items():
            edit.add("INSERT INTO tile VALUES (%s, %s, %s, %s, %s)", *log.place, level, index, hashes)
        return edit.add('UPDATE log SET size = %s, rows = %s, edge = %s WHERE topic = %s AND "partition" = %s',
                        size, len(rows), b"".join(edge_of(leaves)), *log.place)

    def changed(self, row: dict) -> dict:
        """The record itself is another, and the row says so."""
        row = dict(row)
        what = self.chance.choice(["raw", "key", "kafka_timestamp"])
        if what == "kafka_timestamp":
            row[what] = row[what].replace(year=row[what].year - 1)
            row["kafka_timestamp_ms"] = round(row[what].timestamp() * 1000)
        else:
            row[what] = self.flipped(row[what]) if row[what] is not None else b"x"
        row["leaf_hash"] = hash_of(row)
        return row

    # ---- what may be done ----

    def change_record(self) -> Edit:
        log = self.some_log()
        row = self.some_row(log)
        new = self.changed(row)
        changes = {name: new[name] for name in ("raw", "key", "kafka_timestamp", "kafka_timestamp_ms") if new[name] != row[name]}
        return self.set_columns(self.edit(f"change {', '.join(changes)}", log, row["offset"]), row, **changes)

    def change_one_time(self) -> Edit:
        """The two columns of a record's time disagree, or one is missing."""
        log = self.some_log()
        row = self.some_row(log)
        change = self.chance.choice([{"kafka_timestamp": None}, {"kafka_timestamp_ms": row["kafka_timestamp_ms"] + 1},
                                     {"kafka_timestamp": None, "kafka_timestamp_ms": None}])
        return self.set_columns(self.edit(f"change of {change}", log, row["offset"]), row, **change)

    def change_headers(self) -> Edit:
        log = self.some_log()
        row = self.some_row(log)
        return self.set_columns(self.edit("change headers", log, row["offset"]), row, headers=self.flipped(row["headers"]))

    def drop_value(self) -> Edit:
        log = self.some_log()
        row = self.some_row(log)
        return self.set_columns(self.edit("value null, or not", log, row["offset"]), row,
                                raw=None if row["raw"] is not None else b"")

    def change_column(self) -> Edit:
        log = self.some_log()
        row = self.some_row(log)
        name = self.chance.choice(GLEANED)
        if name == "event_time":
            value = None if row[name] else row["kafka_timestamp"]
        else:
            value = self.chance.choice([None, "another"]) if row[name] is not None else "another"
        return self.set_columns(self.edit(f"change {name}", log, row["offset"]), row, **{name: value})

    def change_leaf_hash(self) -> Edit:
        log = self.some_log()
        row = self.some_row(log)
        return self.set_columns(self.edit("change leaf_hash", log, row["offset"]), row, leaf_hash=self.flipped(row["leaf_hash"]))

    def change_with_hash(self) -> Edit:
        """The tiles still say what was; behind the last full one only head and checkpoints do."""
        log = self.some_log()
        row = self.some_row(log)
        new = self.changed(row)
        exact = (row["offset"] - log.base) // 256 < log.size // 256
        edit = self.edit("change record and leaf_hash", log, row["offset"], exact=exact)
        edit.add('DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" = %s', *log.place, row["offset"])
        edit.statements.append(self.insertion("event", new))
        return edit

    def change_all_but_signatures(self) -> Edit:
        log = self.some_log()
        row = self.some_row(log)
        new = self.changed(row)
        edit = self.edit("change record, leaf_hash, tiles and head", log, row["offset"], exact=False)
        edit.add('DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" = %s', *log.place, row["offset"])
        edit.statements.append(self.insertion("event", new))
        return self.plant(edit, log, {**log.rows, row["offset"]: new})

    def delete(self) -> Edit:
        log = self.some_log()
        row = self.some_row(log)
        return self.edit("delete", log, row["offset"]).add(
            'DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" = %s', *log.place, row["offset"])

    def delete_and_plant(self) -> Edit:
        log = self.some_log(2)
        row = self.some_row(log)
        if row["offset"] == log.base + log.size - 1:
            return self.truncate_and_plant()
        edit = self.edit("delete, tiles and head fit", log, row["offset"], exact=False).add(
            'DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" = %s', *log.place, row["offset"])
        return self.plant(edit, log, {offset: r for offset, r in log.rows.items() if offset != row["offset"]})

    def renumber(self) -> Edit:
        """Deletes one, and moves up what follows, so that no gap shows."""
        log = self.some_log(2)
        gone = self.chance.choice(list(log.rows)[:-1])
        rows = {offset: row for offset, row in log.rows.items() if offset < gone}
        edit = self.edit("delete, renumber, tiles and head fit", log, gone, exact=False)
        edit.add('DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" >= %s', *log.place, gone)
        for offset in sorted(log.rows):
            if offset > gone:
                new = {**log.rows[offset], "offset": offset - 1}
                new["leaf_hash"] = hash_of(new)
                rows[offset - 1] = new
                edit.statements.append(self.insertion("event", new))
        return self.plant(edit, log, rows)

    def swap(self) -> Edit:
        log = self.some_log(2)
        a, b = sorted(self.chance.sample(list(log.rows), 2))
        edit = self.edit("swap two records", log, a)
        for old, new in ((a, -1), (b, a), (-1, b)):
            edit.add('UPDATE event SET "offset" = %s WHERE topic = %s AND "partition" = %s AND "offset" = %s', new, *log.place, old)
        return edit

    def swap_and_plant(self) -> Edit:
        log = self.some_log(2)
        first = second = {}
        while not first or hash_of(first) == log.rows[a]["leaf_hash"]:  # some are the same but for their place
            a, b = sorted(self.chance.sample(list(log.rows), 2))
            first, second = {**log.rows[b], "offset": a}, {**log.rows[a], "offset": b}
        edit = self.edit("swap two records, all else fits", log, a, exact=False)
        edit.add('DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" IN (%s, %s)', *log.place, a, b)
        for row in (first, second):
            row["leaf_hash"] = hash_of(row)
            edit.statements.append(self.insertion("event", row))
        return self.plant(edit, log, {**log.rows, a: first, b: second})

    def insert_twice(self) -> Edit:
        """In another month, whose index does not know of the first."""
        log = self.some_log()
        row = self.some_row(log)
        twin = {**row, "received_at": self.another_month}
        edit = self.edit("insert at a taken offset", log, row["offset"])
        edit.statements.append(self.insertion("event", twin))
        return edit

    @property
    def another_month(self):
        return self.db.execute("SELECT date_trunc('month', now()) + interval '40 days' AS at").fetchone()["at"]

    def insert_behind(self) -> Edit:
        log = self.some_log()
        offset = log.base + log.size + self.chance.randrange(3)
        new = {**self.some_row(log), "offset": offset}
        new["leaf_hash"] = hash_of(new)
        edit = self.edit("insert behind the head", log, offset)
        edit.statements.append(self.insertion("event", new))
        return edit

    def truncate(self) -> Edit:
        log = self.some_log(2)
        first = self.chance.choice(sorted(log.rows)[1:])
        return self.edit("truncate", log, first).add(
            'DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" >= %s', *log.place, first)

    def truncate_and_plant(self) -> Edit:
        signed = {log.place: max((row["size"] for row in log.checkpoints), default=0) for log in self.logs}
        log = self.chance.choice([log for log in self.logs if signed[log.place] > 1])  # what nobody signed may be taken back unseen
        first = self.chance.choice([offset for offset in sorted(log.rows)[1:] if offset < log.base + signed[log.place]])
        edit = self.edit("truncate, tiles and head fit", log, first, exact=False).add(
            'DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" >= %s', *log.place, first)
        return self.plant(edit, log, {offset: row for offset, row in log.rows.items() if offset < first})

    def truncate_with_checkpoints(self) -> Edit:
        """What was published still speaks of them."""
        edit = self.truncate_and_plant()
        edit.what, edit.offset, edit.exact = "truncate, with checkpoints", None, True
        edit.tables = tuple({*edit.tables, "checkpoint"})
        log = next(log for log in self.logs if log.place == (edit.topic, edit.partition))
        size = edit.statements[-1][1][0]
        edit.add('DELETE FROM checkpoint WHERE topic = %s AND "partition" = %s AND size > %s', *log.place, size)
        return edit

    # ---- tiles and heads ----

    def change_tile(self) -> Edit:
        log = self.some_log(256)
        tile = self.chance.choice(self.rows("tile", log.place))
        at = self.chance.randrange(256)
        offset = log.base + (tile["index"] * 256 + at) * 256 ** tile["level"]
        hashes = tile["hashes"][:32 * at] + self.flipped(tile["hashes"][32 * at:32 * at + 32]) + tile["hashes"][32 * at + 32:]
        return self.edit("change a tile", log, offset, tables=("tile",)).add(
            'UPDATE tile SET hashes = %s WHERE topic = %s AND "partition" = %s AND level = %s AND index = %s',
            hashes, *log.place, tile["level"], tile["index"])

    def delete_tile(self) -> Edit:
        log = self.some_log(256)
        tile = self.chance.choice(self.rows("tile", log.place))
        offset = log.base + tile["index"] * 256 * 256 ** tile["level"]
        return self.edit("delete a tile", log, offset, tables=("tile",)).add(
            'DELETE FROM tile WHERE topic = %s AND "partition" = %s AND level = %s AND index = %s',
            *log.place, tile["level"], tile["index"])

    def insert_tile(self) -> Edit:
        log = self.some_log()
        level = self.chance.randrange(3)
        index = log.size // 256 ** (level + 1) + self.chance.randrange(2)
        return self.edit("insert a tile", log, tables=("tile",)).add(
            "INSERT INTO tile VALUES (%s, %s, %s, %s, %s)", *log.place, level, index, self.chance.randbytes(8192))

    def change_head(self) -> Edit:
        log = self.some_log()
        [head] = self.rows("log", log.place)
        column = self.chance.choice(["edge", "rows"]) if log.size > 1 else "edge"
        value = self.flipped(head["edge"]) if column == "edge" else head["rows"] - 1
        return self.edit(f"change the head's {column}", log, exact=False, tables=("log",)).add(
            f'UPDATE log SET {column} = %s WHERE topic = %s AND "partition" = %s', value, *log.place)

    def delete_head(self) -> Edit:
        log = self.some_log()
        return self.edit("delete the head", log, tables=("log",)).add(
            'DELETE FROM log WHERE topic = %s AND "partition" = %s', *log.place)

    # ---- checkpoints ----

    def some_checkpoint(self) -> tuple[Log, dict]:
        log = self.chance.choice([log for log in self.logs if log.checkpoints])  # some topics have none
        return log, self.chance.choice(log.checkpoints)

    def of_checkpoint(self, what: str, log: Log, row: dict, **columns) -> Edit:
        edit = self.edit(what, log, log.base + row["size"] - 1, tables=("checkpoint",))
        assignments = ", ".join(f"{name} = %s" for name in columns)
        return edit.add(f"UPDATE checkpoint SET {assignments} WHERE number = %s", *columns.values(), row["number"])

    def change_checkpoint(self) -> Edit:
        log, row = self.some_checkpoint()
        column = self.chance.choice(["root", "origin", "key_id"])
        value = {"root": self.flipped(row["root"]), "origin": row["origin"] + "x", "key_id": "00000000"}[column]
        return self.of_checkpoint(f"change a checkpoint's {column}", log, row, **{column: value})

    def change_note(self) -> Edit:
        log, row = self.some_checkpoint()
        note = row["note"]
        at = self.chance.randrange(len(note))
        letter = self.chance.choice([c for c in "Ab0\n/" if c != note[at]])
        return self.of_checkpoint("change a note", log, row, note=note[:at] + letter + note[at + 1:])

    def swap_notes(self) -> Edit:
        log = self.chance.choice([log for log in self.logs if len(log.checkpoints) > 1])
        a, b = sorted(self.chance.sample(log.checkpoints, 2), key=lambda row: row["size"])
        edit = self.of_checkpoint("swap two checkpoints' notes", log, a, note=b["note"])
        return edit.add("UPDATE checkpoint SET note = %s WHERE number = %s", a["note"], b["number"])

    def resign(self) -> Edit:
        """By a key of his own, over what is true."""
        log, row = self.some_checkpoint()
        signer = Signer(row["origin"])
        return self.of_checkpoint("sign with another key", log, row, note=signer.checkpoint(row["size"], row["root"]),
                                  key_id=signer.verifier.id.hex())

    def resign_changed(self) -> Edit:
        """By a key of his own, over what he made of it."""
        log = None
        while not log or not log.checkpoints:  # some topics have none
            edit = self.change_all_but_signatures()
            log = next(log for log in self.logs if log.place == (edit.topic, edit.partition))
        edit.what = "change everything, sign with another key"
        edit.tables = tuple({*edit.tables, "checkpoint"})
        leaves = log.leaves()
        planted = dict(zip(log.rows[edit.offset], edit.statements[1][1], strict=True))  # an insertion has a row's columns in their order
        leaves[edit.offset - log.base] = planted["leaf_hash"]
        signer = Signer(log.checkpoints[0]["origin"])
        for row in log.checkpoints:
            root = root_of(leaves[:row["size"]])
            edit.add("UPDATE checkpoint SET root = %s, key_id = %s, note = %s WHERE number = %s", root,
                     signer.verifier.id.hex(), signer.checkpoint(row["size"], root), row["number"])
        edit.offset = log.base + log.checkpoints[0]["size"] - 1
        return edit

    def delete_checkpoint(self) -> Edit:
        log, row = self.some_checkpoint()
        return self.edit("delete a checkpoint", log, log.base + row["size"] - 1, tables=("checkpoint",)).add(
            "DELETE FROM checkpoint WHERE number = %s", row["number"])

    def edits(self):
        """Without end, each kind as often as any other."""
        kinds = [self.change_record, self.change_one_time, self.change_headers, self.drop_value, self.change_column, self.change_leaf_hash,
                 self.change_with_hash, self.change_all_but_signatures, self.delete, self.delete_and_plant, self.renumber,
                 self.swap, self.swap_and_plant, self.insert_twice, self.insert_behind, self.truncate, self.truncate_and_plant,
                 self.truncate_with_checkpoints, self.change_tile, self.delete_tile, self.insert_tile, self.change_head,
                 self.delete_head, self.change_checkpoint, self.change_note, self.swap_notes, self.resign, self.resign_changed,
                 self.delete_checkpoint]
        while True:
            self.chance.shuffle(kinds)
            for kind in kinds:
                yield kind()

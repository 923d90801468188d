"""What others fill an audit store with, as processes: two Python workers that COPY, and Debezium's JDBC sink."""
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.debian import java

HERE = Path(__file__).resolve().parent
WORKER = """\
bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:0
offset.storage.file.filename={directory}/offsets
plugin.discovery=service_load
plugin.path={jars}
key.converter=org.apache.kafka.connect.converters.ByteArrayConverter
value.converter=org.apache.kafka.connect.converters.ByteArrayConverter
"""
# The record's bytes and its place become a row; two tasks, batches as large as the others'.
SINK = """\
name=records
connector.class=io.debezium.connector.jdbc.JdbcSinkConnector
tasks.max=2
topics={topic}
connection.url=jdbc:postgresql://{host}:{port}/audit
connection.username=lockbox_audit_writer
connection.password=unused
collection.name.format=public.bench_sink
insert.mode=insert
primary.key.mode=none
schema.evolution=none
quote.identifiers=true
batch.size=4000
consumer.override.max.poll.records=4000
consumer.override.auto.offset.reset=earliest
consumer.override.max.partition.fetch.bytes=8388608
consumer.override.fetch.max.bytes=33554432
transforms=hoist,place
transforms.hoist.type=org.apache.kafka.connect.transforms.HoistField$Value
transforms.hoist.field=raw
transforms.place.type=org.apache.kafka.connect.transforms.InsertField$Value
transforms.place.topic.field=topic
transforms.place.partition.field=partition
transforms.place.offset.field=offset
transforms.place.timestamp.field=kafka_timestamp
"""

# It has no index: its rows are counted by its pages, of which each holds seven.
SINK_PROGRESS = """
CREATE TABLE bench_sink (topic text, "partition" integer, "offset" bigint, kafka_timestamp timestamptz, raw bytea);
GRANT SELECT, INSERT ON bench_sink TO lockbox_audit_writer;
CREATE VIEW bench_progress AS SELECT pg_relation_size('bench_sink') / 8192 * 7 AS n
"""


def copy_workers(stack, topic: str, partitions: int) -> list[subprocess.Popen]:
    command = [sys.executable, HERE / "copy_worker.py", stack.audit_writer_url, stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], topic]
    return [subprocess.Popen([*command, *(str(p) for p in range(first, partitions, 2))]) for first in (0, 1)]


def jdbc_sink(stack, topic: str, directory: Path) -> list[subprocess.Popen]:
    jars, database = os.environ["LOCKBOX_DEV_PEER_JARS"], urlsplit(stack.env["LOCKBOX_AUDIT_DATABASE_URL"])
    files = {"worker": WORKER.format(bootstrap=stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], directory=directory, jars=jars),
             "sink": SINK.format(topic=topic, host=database.hostname, port=database.port)}
    for name, text in files.items():
        (directory / f"{name}.properties").write_text(text)
    with (directory / "connect.log").open("ab") as log:
        return [subprocess.Popen([java(), "-Xmx1g", "-cp", f"{jars}/*",
                                  "org.apache.kafka.connect.cli.ConnectStandalone", *(str(directory / f"{name}.properties") for name in files)],
                                 stdout=log, stderr=log)]

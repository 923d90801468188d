"""What the audit store must hold: every record of every topic, once, as it was."""
from confluent_kafka import Consumer, KafkaError, TopicPartition

from .broker import Record, client
from .system import System
from .waiting import wait_until

TOPICS = [f"lockbox.{name}.v1" for name in ("tickets", "tenants", "decisions", "accesses", "events", "deadletter",
                                            "checkpoints")]


def ends_of_kafka(system: System, topics: list[str] = TOPICS) -> dict[tuple[str, int], tuple[int, int]]:
    """Topic and partition → its first offset and the one behind its last, of those that hold something."""
    consumer = Consumer({**client(system.bootstrap), "group.id": "tests"})
    known = consumer.list_topics(timeout=30).topics
    places = [(topic, partition) for topic in topics for partition in known[topic].partitions]
    ends = {place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=30) for place in places}
    consumer.close()
    return {place: (low, high) for place, (low, high) in ends.items() if high > low}


def everything_in_kafka(system: System, topics: list[str] = TOPICS) -> dict[tuple[str, int, int], Record]:
    """All records of these topics, up to their ends as of now. An offset may hold no record: the end of a transaction."""
    ends = ends_of_kafka(system, topics)
    consumer = Consumer({**client(system.bootstrap), "group.id": "tests", "enable.auto.commit": False,
                         "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, partition, low) for (topic, partition), (low, _) in ends.items()])
    records, ended = {}, set()
    while ended != ends.keys():
        # It waits for all of so many, or for so long.
        for message in wait_until(lambda: consumer.consume(5000, 0.2), f"Kafka gives more of {ends.keys() - ended}"):
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                ended.add((message.topic(), message.partition()))
                continue
            record = Record.of(message)
            high = ends[record.topic, record.partition][1]
            if record.offset < high:
                records[record.place] = record
            if record.offset >= high - 1:
                ended.add((record.topic, record.partition))
    consumer.close()
    return records


def await_auditor(system: System, seconds: float = 60) -> None:
    """Waits until the audit store has come as far as Kafka's ends, as of now, for as long as it comes nearer in so many seconds."""
    ends = ends_of_kafka(system)

    def behind() -> dict:
        rows = system.audit.rows('SELECT topic, "partition", max("offset") FROM audit.event GROUP BY 1, 2')
        stored = {(topic, partition): offset for topic, partition, offset in rows}
        return {place: f"{stored.get(place)} of {high - 1}" for place, (_, high) in ends.items() if stored.get(place, -1) < high - 1}
    try:
        while lag := behind():
            wait_until(lambda: behind() != lag, "the audit store comes nearer to Kafka", seconds)
    except TimeoutError as error:
        raise TimeoutError(f"{error}, not {behind()}; the auditor's log ends\n{system.stack.log('auditor')[-4000:]}") from None


def headers_encoded(record: Record) -> bytes:
    """As the column has them: the count, then each name and value behind its length; 0xFFFFFFFF is null."""
    def field(value: bytes | None) -> bytes:
        return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4) + value
    return len(record.headers).to_bytes(4) + b"".join(field(name.encode()) + field(value)
                                                      for name, value in record.headers)


def audit_complaints(system: System, kafka: dict | None = None) -> list[str]:
    """Compares the store with the whole of Kafka, or with topics of it a moment ago, record by record."""
    await_auditor(system)
    kafka = kafka or everything_in_kafka(system)
    rows = system.audit.rows('SELECT topic, "partition", "offset", kafka_timestamp_ms AS ms,'
                           ' key, headers, raw FROM audit.event WHERE topic = ANY (%s)', list({topic for topic, _, _ in kafka}))
    store = {(row.topic, row.partition, row.offset): row for row in rows}
    found = [f"{place} is in Kafka, and not in the store" for place in kafka.keys() - store.keys()]
    for place in kafka.keys() & store.keys():
        record, row = kafka[place], store[place]
        was = (record.timestamp_ms, record.key, headers_encoded(record), record.value)
        if was != (row.ms, row.key, row.headers, row.raw):
            found.append(f"{place} differs: {was} in Kafka, {tuple(row)[3:]} in the store")
    found += [f"{row.topic}/{row.partition}: {row.missing} missing of {row.first_offset}–{row.last_offset}"
              for row in system.auditor.rows("SELECT * FROM audit.completeness WHERE missing <> 0")]
    return found

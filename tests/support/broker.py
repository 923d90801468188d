"""Kafka from outside: producing records, and gathering every record of a topic as it comes."""
import dataclasses
import json
import threading
from dataclasses import dataclass
from functools import cached_property

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource

from .events import Outgoing
from .schemas import schema_errors
from .waiting import SECONDS, wait_until

QUIET = {"log_level": 0}  # brokers go and come in these tests


def client(servers: str | dict[str, str]) -> dict:
    """A client's configuration: of its brokers' addresses, or of all the properties it takes to reach them."""
    return {**QUIET, **({"bootstrap.servers": servers} if isinstance(servers, str) else servers)}


STRUCTURED = b"application/cloudevents+json; charset=UTF-8"


@dataclass(frozen=True)
class Record:
    """A record as it stands in Kafka."""
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None

    @classmethod
    def of(cls, message) -> "Record":
        return cls(message.topic(), message.partition(), message.offset(), message.timestamp()[1], message.key(),
                   tuple(message.headers() or ()), message.value())

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset

    @cached_property
    def event(self) -> dict:
        """The CloudEvent in it, in structured mode."""
        return json.loads(self.value)

    @property
    def kind(self) -> str:
        """"request.created" of lockbox.request.created.v1."""
        return self.event["type"].removeprefix("lockbox.").removesuffix(".v1")

    @property
    def data(self) -> dict:
        return self.event["data"]

    @property
    def request(self) -> dict:
        return self.event["data"]["request"]

    @property
    def cause(self) -> str | None:
        return self.event.get("causationid")


def complaints(record: Record) -> list[str]:
    """What any event that Lockbox publishes must be, whatever it says."""
    event = record.event
    found = schema_errors(event)
    if dict(record.headers).get("content-type") != STRUCTURED:
        found.append(f"headers {record.headers}")
    if record.key != event.get("subject", "").encode():
        found.append(f"key {record.key} is not the subject {event.get('subject')}")
    if "request" in event["data"]:
        request = event["data"]["request"]
        if event["subject"] != request["request_id"]:
            found.append("the subject is not the request's id")
        if event.get("sequence") != f"{request['version']:020}":
            found.append(f"sequence {event.get('sequence')} at version {request['version']}")
    return [f"{event.get('type')} {event.get('id')}: {complaint}" for complaint in found]


class Publisher:
    def __init__(self, bootstrap: str | dict[str, str]):
        self.producer = Producer({**client(bootstrap), "linger.ms": 0, "enable.idempotence": True})

    def send(self, *records: Outgoing) -> list[Record]:
        """Produces them, waits for all, and says where each is. Those of one key keep their order."""
        sent: dict[int, Record] = {}

        def delivered(number: int):
            def report(error: KafkaError | None, message) -> None:
                if error is not None:
                    raise RuntimeError(f"not produced: {error}")
                # A report has no headers.
                sent[number] = dataclasses.replace(Record.of(message), headers=records[number].headers)
            return report

        for number, record in enumerate(records):
            self.producer.produce(record.topic, value=record.value, key=record.key, headers=list(record.headers),
                                  on_delivery=delivered(number))
            self.producer.poll(0)
        self.producer.flush(60)
        assert len(sent) == len(records), f"{len(records) - len(sent)} records not produced"
        return [sent[number] for number in range(len(records))]


def partitions_of(bootstrap: str | dict[str, str], topic: str) -> list[int]:
    metadata = AdminClient(client(bootstrap)).list_topics(topic, timeout=30)
    return sorted(metadata.topics[topic].partitions)


def has_properties(admin: AdminClient, topic: str, properties: dict[str, str | None]) -> bool:
    """Whether a broker knows of these: the controller answers before it does."""
    try:
        [found] = [done.result(30) for done in admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]).values()]
    except KafkaException:
        return False
    entries = [(found[name.replace("_", ".")], value) for name, value in properties.items()]
    return all(entry.value == value if value is not None else ConfigSource(entry.source) is not ConfigSource.DYNAMIC_TOPIC_CONFIG for entry, value in entries)


def set_topic(bootstrap: str | dict[str, str], topic: str, **properties: str | None) -> None:
    """As a topic's owner may; None takes a property back. Once a broker has it."""
    entries = [ConfigEntry(name.replace("_", "."), value, incremental_operation=(
        AlterConfigOpType.SET if value is not None else AlterConfigOpType.DELETE)) for name, value in properties.items()]
    admin = AdminClient(client(bootstrap))
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
    for done in admin.incremental_alter_configs([resource], request_timeout=30).values():
        done.result(30)
    wait_until(lambda: has_properties(admin, topic, properties), f"a broker has {properties} of {topic}")


class Feed:
    """Every record of a topic from its beginning, gathered by a thread of its own."""

    def __init__(self, bootstrap: str | dict[str, str], topic: str, check=lambda record: []):
        self.topic = topic
        self.records: list[Record] = []
        self.complaints: list[str] = []
        self.check = check
        self.changed = threading.Condition()
        self.stopping = False
        self.consumer = Consumer({**client(bootstrap), "group.id": "tests",
                                  "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                  "reconnect.backoff.max.ms": 500})
        self.consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)
                              for partition in partitions_of(bootstrap, topic)])
        self.thread = threading.Thread(target=self.run, name=topic, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stopping:
            first = self.consumer.poll(0.1)
            if first is None:
                continue
            messages = [first, *self.consumer.consume(500, 0)]  # with a timeout, it would wait for so many
            records = [Record.of(message) for message in messages if not message.error()]
            complaints = [complaint for record in records for complaint in self.check_safely(record)]
            with self.changed:
                self.records += records
                self.complaints += complaints
                self.changed.notify_all()
        self.consumer.close()

    def check_safely(self, record: Record) -> list[str]:
        try:
            return self.check(record)
        except Exception as error:  # the thread must live; the tests read the complaints
            return [f"{record.place}: {error!r}"]

    def wait_for(self, predicate, what: str, seconds: float = SECONDS) -> Record:
        """The first record, now or to come, for which the predicate holds."""
        looked_at = 0
        found: list[Record] = []

        def look() -> bool:
            nonlocal looked_at
            found.extend(record for record in self.records[looked_at:] if predicate(record))
            looked_at = len(self.records)
            return bool(found)

        with self.changed:
            if not self.changed.wait_for(look, seconds):
                raise TimeoutError(f"not on {self.topic} within {seconds:g} s: {what}")
        return found[0]

    def wait_until(self, condition, what: str, seconds: float = SECONDS):
        """The condition's first true value over the list of all records."""
        with self.changed:
            value = self.changed.wait_for(lambda: condition(self.records), seconds)
        if not value:
            raise TimeoutError(f"not on {self.topic} within {seconds:g} s: {what}")
        return value

    def where(self, predicate) -> list[Record]:
        with self.changed:
            return [record for record in self.records if predicate(record)]

    def close(self) -> None:
        self.stopping = True
        self.thread.join(10)

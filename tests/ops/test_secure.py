"""Kafka and PostgreSQL with TLS and passwords: a lifecycle works, and a client without its credentials stays outside."""
import ctypes
import json
import re
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import psycopg
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AclBindingFilter, AclOperation, AclPermissionType, AdminClient, ResourcePatternType,
                                   ResourceType)

from support.audit import await_auditor
from support.broker import client
from support.scenario import Tenant
from support.sql import as_role
from support.stack import BINARIES, REPOSITORY, WORKERS, free_port
from support.waiting import wait_until


def test_a_whole_lifecycle(system):
    """Ticket, approval, access, mail, audit: SCRAM to both servers, TLS to both, each by its own role and rules."""
    tenant = Tenant(system)
    request = tenant.request()
    request.approve()
    assert request.check().allowed
    assert request.decide("revoke") == "applied"
    assert not request.check().allowed
    system.mailbox.wait_for(request.id, {tenant.owner.email, tenant.approver.email}, "Approval needed")
    wait_until(lambda: {"lockbox.request.created.v1", "lockbox.request.revoked.v1"} <=
               {row.type for row in system.auditor.rows("SELECT type FROM audit.event WHERE request_id = %s", request.id)},
               "it is in the audit store")
    assert system.auditor.rows("SELECT * FROM audit.completeness WHERE missing > 0") == []


def test_every_session_is_encrypted_and_its_workers_own(system):
    rows = system.lockbox.rows("SELECT application_name, usename, ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                             " WHERE application_name LIKE 'lockbox-%%'")
    assert {row.ssl for row in rows} == {True} and {row.version for row in rows} == {"TLSv1.3"}
    owners = {row.application_name.split("-")[1]: row.usename for row in rows}
    assert owners == {worker: "lockbox_audit_writer" if worker == "auditor" else f"lockbox_{worker}" for worker in WORKERS}


# PostgreSQL

def other(url: str, **parameters) -> str:
    """The same URL with other parameters; one given as None is left out."""
    parts = urlsplit(url)
    query = {**{name: values[0] for name, values in parse_qs(parts.query).items()}, **parameters}
    return urlunsplit(parts._replace(query=urlencode({name: it for name, it in query.items() if it is not None})))


@pytest.mark.parametrize("parameters, complaint", [
    ({"sslmode": "disable", "sslrootcert": None}, "no encryption"),
    ({"sslrootcert": "/etc/ssl/certs/ca-certificates.crt"}, "certificate verify failed"),
    ({"passfile": None, "password": "guessed"}, "password authentication failed"),
])
def test_postgresql_refuses(system, parameters, complaint):
    url = system.stack.env["LOCKBOX_ENFORCER_URL"]
    psycopg.connect(url).close()
    with pytest.raises(psycopg.OperationalError, match=complaint):
        psycopg.connect(other(url, **parameters))


# Kafka

def reached(properties: dict) -> str:
    """What keeps a client from a list of the topics, if anything does."""
    errors: list[str] = []
    admin = AdminClient({**client(properties), "error_cb": lambda error: errors.append(error.str())})
    try:
        admin.list_topics(timeout=2)
        return ""
    except KafkaException:
        admin.poll(0.1)
        return " ".join(errors) or "no answer"


def without(properties: dict, *prefixes: str) -> dict:
    return {name: value for name, value in properties.items() if not name.startswith(prefixes)}


def test_kafka_refuses_who_is_not_encrypted_known_or_trusted(stack):
    portal = stack.kafka("portal")
    assert reached(portal) == ""
    strangers = {
        "plain": without(portal, "security", "sasl", "ssl"),
        "nobody": {**without(portal, "sasl"), "security.protocol": "SSL"},
        "unencrypted": {**without(portal, "ssl"), "security.protocol": "SASL_PLAINTEXT"},
        "guessing": {**portal, "sasl.password": "guessed"},
        "trusting others": {**portal, "ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"},
    }
    with ThreadPoolExecutor(len(strangers)) as pool:
        told = dict(zip(strangers, pool.map(reached, strangers.values())))
    assert all(told.values())
    assert "authentication" in told["guessing"].lower()
    assert "certificate" in told["trusting others"].lower()


def test_the_controllers_port_asks_for_a_certificate(stack):
    ports = json.loads((stack.directory / "stack.json").read_text())["ports"]
    context = ssl.create_default_context(cafile=stack.env["LOCKBOX_KAFKA_SSL_CA_LOCATION"])
    with pytest.raises(OSError):
        with context.wrap_socket(socket.create_connection(("127.0.0.1", ports["controller"]), 5),
                                 server_hostname="127.0.0.1") as connection:
            connection.sendall(b"\0\0\0\12\0\22\0\0\0\0\0\1\377\377")
            if not connection.recv(4):
                raise OSError("closed")


@pytest.fixture(scope="module")
def kafka(stack):
    """Principal → its producer, admin client and consumer, each made once: a connection costs more than a question."""
    consumers = []

    @cache
    def clients(principal: str) -> tuple[Producer, AdminClient, Consumer]:
        properties = client(stack.kafka(principal))
        consumers.append(Consumer({**properties, "group.id": principal, "enable.auto.commit": False}))
        return Producer({**properties, "message.timeout.ms": 20000}), AdminClient(properties), consumers[-1]
    yield clients
    for consumer in consumers:
        consumer.close()


def written(kafka, principal: str, topic: str) -> KafkaError | None:
    outcome: list[KafkaError | None] = []
    producer, _, _ = kafka(principal)
    try:
        producer.produce(f"lockbox.{topic}.v1", b"not an event", b"key", on_delivery=lambda error, _: outcome.append(error))
    except KafkaException as error:
        return error.args[0]  # the broker has already said so
    producer.flush(30)
    return outcome[0]


def read(kafka, principal: str, topic: str) -> KafkaError | None:
    """By partition, without a group: the topic's rule alone counts. Who may not even describe it is told so at once."""
    _, admin, consumer = kafka(principal)
    described = admin.list_topics(f"lockbox.{topic}.v1", timeout=30)
    if described.topics[f"lockbox.{topic}.v1"].error:
        return described.topics[f"lockbox.{topic}.v1"].error
    consumer.assign([TopicPartition(f"lockbox.{topic}.v1", partition, OFFSET_BEGINNING) for partition in range(8)])

    def heard():
        message = consumer.poll(0.5)
        is_of_groups = message and message.error() and message.error().code() == KafkaError.GROUP_AUTHORIZATION_FAILED
        return None if is_of_groups else message

    message = wait_until(heard, f"{principal} hears of {topic}")
    consumer.unassign()
    return message.error()


TOPICS = ["tickets", "tenants", "decisions", "accesses", "events", "deadletter"]
MAY_WRITE = {"ticketing": ["tickets"], "portal": ["tenants", "decisions"], "enforcement": ["accesses"], "authorizer": ["accesses"],
             "relay": ["events", "deadletter"], "requester": [], "decider": [], "notifier": [], "auditor": ["checkpoints", "deadletter"],
             "operator": [], "verify": [], "replay": TOPICS[:4], "trials": TOPICS[:4]}
MAY_READ = {"ticketing": ["events", "deadletter"], "portal": ["events", "deadletter"], "enforcement": [], "relay": [], "operator": [],
            "replay": [], "trials": [], "verify": TOPICS}


@pytest.mark.parametrize("principal, topic", [(principal, topic) for principal, own in MAY_WRITE.items()
                                              for topic in TOPICS if topic not in own])
def test_principal_cannot_write(kafka, principal, topic):
    assert written(kafka, principal, topic).code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("principal, topic", [(principal, topic) for principal, own in MAY_READ.items()
                                              for topic in TOPICS if topic not in own])
def test_principal_cannot_read(kafka, principal, topic):
    assert read(kafka, principal, topic).code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_principals_write_and_read_what_is_theirs(system, kafka):
    Tenant(system).request()
    for principal, topics in MAY_WRITE.items():
        for topic in set(topics) - {"events", "deadletter", "checkpoints"}:
            assert written(kafka, principal, topic) is None, (principal, topic)
    for principal in ("ticketing", "portal", "verify"):
        assert read(kafka, principal, "events") is None


def test_nobody_joins_another_group(stack):
    consumer = Consumer({**client(stack.kafka("portal")), "group.id": "lockbox.notifier"})
    consumer.subscribe(["lockbox.events.v1"])
    message = wait_until(lambda: consumer.poll(0.5), "it is told")
    consumer.close()
    assert message.error().code() == KafkaError.GROUP_AUTHORIZATION_FAILED


# People

@pytest.mark.parametrize("command", [
    ["deny", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--by", "ann,ann@x.example"],
    ["topics", "check"],
    ["audit", "verify", "--kafka"],
], ids=lambda it: it[0])
def test_what_is_forbidden_is_told_so(system, stack, command):
    """As the enforcement point, which may do none of it: the settings that are right are not blamed."""
    Tenant(system)  # there is something to verify
    await_auditor(system)
    secret = stack.env["LOCKBOX_KAFKA_SASL_PASSWORD_FILE"].replace("admin_password", "enforcement_password")
    mine = {"LOCKBOX_KAFKA_SASL_USERNAME": "enforcement", "LOCKBOX_KAFKA_SASL_PASSWORD_FILE": secret,
            "LOCKBOX_AUDIT_DATABASE_URL": as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor")}
    done = subprocess.run([BINARIES / "lockboxctl", *command], capture_output=True, text=True, env=stack.worker_environment(**mine))
    assert done.returncode == 1 and re.search(r"the principal may not \((TOPIC|GROUP)_AUTHORIZATION_FAILED\)", done.stderr), done.stderr
    assert "BOOTSTRAP_SERVERS" not in done.stderr


# Workers

def test_a_worker_without_its_rules_is_not_ready(stack):
    """The decider with the enforcement point's password: it says why, consumes nothing, and does not end."""
    port = free_port()
    secret = stack.env["LOCKBOX_KAFKA_SASL_PASSWORD_FILE"].replace("admin_password", "enforcement_password")
    child = stack.spawn("decider", "stranger", LOCKBOX_INSTANCE="", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}",
                        LOCKBOX_KAFKA_SASL_USERNAME="enforcement", LOCKBOX_KAFKA_SASL_PASSWORD_FILE=secret)
    try:
        wait_until(lambda: re.search("authoriz", stack.log("decider-stranger"), re.IGNORECASE), "it says why")
        assert stack.ready(port).startswith("waiting for Kafka to assign partitions (since 20")
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


DOES_SCRAM = ctypes.CDLL("librdkafka.so.1").rd_kafka_version() >= 0x020601ff


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_debians_library(stack, mechanism):
    """PLAIN inside of TLS is what Debian 12's librdkafka can; SCRAM it cannot with Kafka 4, and the worker says so. Debian 13's can both."""
    port = free_port()
    secret = stack.env["LOCKBOX_KAFKA_SASL_PASSWORD_FILE"].replace("admin_password", "decider_password")
    child = stack.spawn("decider", f"debian-{mechanism}", LOCKBOX_INSTANCE="", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}",
                        LD_LIBRARY_PATH="", LOCKBOX_KAFKA_SASL_MECHANISM=mechanism,
                        LOCKBOX_KAFKA_SASL_USERNAME="decider", LOCKBOX_KAFKA_SASL_PASSWORD_FILE=secret)
    try:
        log = f"decider-debian-{mechanism}"
        if mechanism == "PLAIN" or DOES_SCRAM:
            wait_until(lambda: stack.ready(port) == "ready", "it is ready", 60)
            assert "cannot authenticate by SCRAM" not in stack.log(log)
        else:
            wait_until(lambda: "cannot authenticate by SCRAM with Kafka 4" in stack.log(log), "it warns")
            assert stack.ready(port) != "ready"
    finally:
        child.kill()
        child.wait()


def test_no_secret_is_in_a_log(stack):
    secrets = {path.name: path.read_text() for path in (stack.directory / "secure/secrets").iterdir()}
    for log in (stack.directory / "log").glob("*.log"):
        text = log.read_text(errors="replace")
        assert [name for name, secret in secrets.items() if secret in text] == [], log.name


OPERATIONS = {"DescribeConfigs": "DESCRIBE_CONFIGS"}


def test_acls_are_written_down_as_they_are_in_kafka(stack):
    """What acls.sh would grant is all that Kafka knows: a rule put there by hand is seen."""
    done = subprocess.run([REPOSITORY / "deploy/kafka/acls.sh", "--dry-run", "--bootstrap-server", "x"], check=True,
                          capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    expected = set()
    for line in done.stdout.splitlines():
        words = line.split()
        value = {option: [words[at + 1] for at, word in enumerate(words) if word == option]
                 for option in ("--allow-principal", "--operation", "--topic", "--group", "--resource-pattern-type")}
        pattern = (value["--resource-pattern-type"] or ["LITERAL"])[0].upper()
        things = [("TOPIC", name, pattern) for name in value["--topic"]]
        things += [("GROUP", name, pattern) for name in value["--group"]]
        things += [("BROKER", "kafka-cluster", "LITERAL")] if "--cluster" in words else []
        expected |= {(principal, OPERATIONS.get(operation, operation.upper()), *thing) for principal in value["--allow-principal"]
                     for operation in value["--operation"] for thing in things}
    everything = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY,
                                  AclPermissionType.ANY)
    admin = AdminClient(client(stack.kafka()))
    found = admin.describe_acls(everything).result(30)
    rules = subprocess.run([REPOSITORY / "deploy/kafka/acls.sh", "--rules"], check=True, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert {(who, OPERATIONS.get(does, does.upper()), {"cluster": "BROKER"}.get(kind, kind.upper()), name, pattern.upper())
            for who, does, kind, pattern, name in map(str.split, rules.stdout.splitlines())} == expected
    there = {(rule.principal, rule.operation.name, rule.restype.name, rule.name,
              rule.resource_pattern_type.name) for rule in found}
    assert there == expected

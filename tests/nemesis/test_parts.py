"""The parts of the campaign by themselves: schedules, links, and that the judge sees what is wrong."""
import json
import os
import socket
from types import SimpleNamespace

import pytest

from support.broker import Record
from support.proxy import Network

import judge
from faults import Deed
from judge import Limits, Run, audit_is_kafka, each_mail_at_least_once, others_go_on, ready_means_progress, where_it_is
from load import Life
from runs import shorter
from schedule import AT_ONCE, Fault, Schedule, by_seed
from watch import Sample
from world import World


def test_a_seed_is_a_schedule():
    first, again, other = by_seed(7, 600), by_seed(7, 600), by_seed(8, 600)
    assert first == again != other
    assert Schedule.from_json(first.to_json()) == first


def test_no_more_faults_than_two_at_once_and_none_behind_the_end():
    for seed in range(200):
        schedule = by_seed(seed, 120)
        for fault in schedule.faults:
            assert sum(it.at <= fault.at < it.at + it.seconds for it in schedule.faults if it is not fault) < AT_ONCE
            assert fault.at + fault.seconds <= 120.1 or fault.kind in ("broker killed", "broker stopped", "leader killed twice")


def test_no_two_servers_of_a_world_are_given_one_port(place):
    world = World(place(), brokers=1, instances=1)
    try:
        assert len({world.port() for _ in range(2000)}) == 2000
    finally:
        world.close()


def test_a_failing_schedule_is_made_as_short_as_it_can_be():
    guilty = {3, 11}
    schedule = Schedule(1, 100, tuple(Fault(at, "kill") for at in range(16)))
    short = shorter(schedule, lambda it: guilty <= {fault.at for fault in it.faults}, tell=lambda text: None)
    assert {fault.at for fault in short.faults} == guilty


@pytest.fixture
def network():
    network = Network()
    yield network
    network.close()


class Echo:
    """A server that takes one connection, which a test reads and writes."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def connect(self, link) -> tuple[socket.socket, socket.socket]:
        client = socket.create_connection(("127.0.0.1", link.port), 10)
        taken, _ = self.server.accept()
        for it in (client, taken):
            it.settimeout(10)
        return client, taken


def says_nothing(it: socket.socket) -> bool:
    it.settimeout(0.3)
    try:
        return it.recv(1) is None
    except TimeoutError:
        return True
    finally:
        it.settimeout(10)


def test_a_link_passes_stalls_and_goes_on(network):
    echo = Echo()
    link = network.link("one", echo.port)
    client, server = echo.connect(link)
    client.sendall(b"to")
    assert server.recv(2) == b"to"
    link.set("stall")
    client.sendall(b"late")
    server.sendall(b"fro")
    assert says_nothing(server) and says_nothing(client)
    link.set("pass")
    assert server.recv(4) == b"late" and client.recv(3) == b"fro"
    client.close()
    assert server.recv(1) == b""


def test_a_link_loses_one_way_and_is_reset_when_it_heals(network):
    echo = Echo()
    link = network.link("one", echo.port)
    client, server = echo.connect(link)
    link.set("drop up")
    client.sendall(b"lost")
    server.sendall(b"there")
    assert client.recv(5) == b"there" and says_nothing(server)
    link.set("pass")
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_a_link_is_reset_after_so_many_bytes_and_refuses(network):
    echo = Echo()
    link = network.link("one", echo.port)
    client, server = echo.connect(link)
    link.set("reset", 10)
    client.sendall(b"0123456789")
    assert server.recv(10) == b"0123456789"
    client.sendall(b"!")
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    link.set("refuse")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", link.port), 10).recv(1) or (_ for _ in ()).throw(ConnectionResetError)


def seen(moves_at: set[int], ready: str = "ready", unseen: tuple[range, ...] = ()) -> SimpleNamespace:
    place, offset, samples = ("lockbox.decider", "lockbox.decisions.v1", 0), 5, []
    for at in range(40):
        offset += at in moves_at
        if not any(at in them for them in unseen):
            samples.append(Sample(at, {"decider-1": ready}, {"decider-1": 77}, {place: (offset, 77)}, {place[1:]: 9}))
    return SimpleNamespace(watch=SimpleNamespace(samples=samples), limits=Limits(), began=0, deeds=lambda since, until: [], when=lambda at: f"{at} s")


def test_who_is_ready_and_does_not_move_is_found():
    assert len(ready_means_progress(seen(set()))) == 1
    assert ready_means_progress(seen({10, 20, 30})) == []
    assert ready_means_progress(seen(set(), "waiting for Kafka")) == []
    assert ready_means_progress(seen(set(), unseen=(range(5, 25),))) == []
    assert len(ready_means_progress(seen(set(), unseen=(range(5, 9),)))) == 1


def recorded(topic: str, offset: int, **event) -> Record:
    return Record(topic, 0, offset, 0, b"k", (), json.dumps(event).encode())


def test_what_a_life_waits_for_is_looked_for():
    life = Life("approved", None, [], waits_for=("cause", "one", "request."))
    asked = recorded("lockbox.tickets.v1", 3, source="s", id="one", type="lockbox.access.requested.v1")
    other = recorded("lockbox.events.v1", 4, type="lockbox.request.created.v1", causationid="two")
    answer = recorded("lockbox.events.v1", 5, type="lockbox.request.created.v1", causationid="one")
    assert where_it_is({}, life) == "nobody answered; what it is caused by is not in Kafka"
    assert where_it_is({it.place: it for it in (asked, other)}, life) == (
        "nobody answered; what it is caused by is at [('lockbox.tickets.v1', 0, 3)]")
    assert where_it_is({it.place: it for it in (asked, other, answer)}, life) == (
        "Kafka has it at [('lockbox.events.v1', 0, 5)], and the load has not heard it")


def test_what_audit_verify_finds_is_found(monkeypatch):
    monkeypatch.setattr(judge, "audit_complaints", lambda system: [])

    def says(text: str, code: int) -> list[str]:
        def tool(*arguments: str, fails: bool = False) -> str:
            if code and not fails:
                raise RuntimeError(text)
            return text
        return audit_is_kafka(SimpleNamespace(system=None, world=SimpleNamespace(tool=tool)))
    assert says("7 records, 1 checkpoints, 1 logs in 0.1 s: all is right", 0) == []
    assert says("7 records, 1 checkpoints, 1 logs in 0.1 s: not all is right", 1) != []


def test_who_waits_without_a_fault_in_the_way_is_found():
    def complaints(kind: str, target: str, seconds: float) -> list[str]:
        life = Life("approved", None, [], took=[(100.0, seconds)])
        nemesis = SimpleNamespace(deeds=[Deed(Fault(0, kind, target=target), 90.0, 95.0)])
        return others_go_on(SimpleNamespace(finished=[life], nemesis=nemesis, limits=Limits()))
    assert complaints("kill", "notifier-1", 6) != [] != complaints("limit lowered", "lockbox.deadletter.v1", 6)
    assert complaints("kill", "relay-1", 6) == [] == complaints("kill", "notifier-1", 4)


def test_a_mail_that_comes_twice_without_a_fault_in_its_way_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(judge, "mail_complaints", lambda system, lives: [])
    for name, at in (("a", 100.0), ("b", 130.0)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (at, at))
    mail = SimpleNamespace(id="<one@lockbox>", recipient="ann@contoso.example")
    mailbox = SimpleNamespace(directory=tmp_path, read_all=lambda: {"a": mail, "b": mail})

    def complaints(kind: str, target: str, began: float) -> list[str]:
        nemesis = SimpleNamespace(deeds=[Deed(Fault(0, kind, target=target), began, began + 1)])
        return each_mail_at_least_once(Run(None, SimpleNamespace(mailbox=mailbox), SimpleNamespace(lives=[]), None, nemesis, 0.0))
    assert complaints("kill", "notifier-1", 110.0) == [] == complaints("promoted", "", 95.0) == complaints("sessions ended", "", 110.0)
    for kind, target, began in (("kill", "relay-1", 110.0), ("kill", "notifier-1", 60.0), ("kill", "notifier-2", 131.0), ("sessions ended", "relay", 110.0)):
        assert len(complaints(kind, target, began)) == 1, (kind, target, began)

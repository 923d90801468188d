"""A cluster whose discovery takes connections and never answers: what is known stays known, what is not is refused, and the log says so."""
import json
import signal
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from api import NAMESPACE, authorize, granted, item, post
from support.proxy import Network
from support.stack import free_port
from support.waiting import wait_until

PODS, LOGS = item("list_or_get_objects", "Pod"), item("get_pod_logs")


@pytest.fixture
def hung(authorizer, system, tmp_path):
    """An authorizer that starts while discovery hangs: .discovery.set("pass") lets it answer."""
    link = Network().link("discovery", authorizer.discovery.server_port)
    link.set("stall")
    [cluster] = json.loads(authorizer.file.read_text())["clusters"]
    file, http_port = tmp_path / "clusters.json", free_port()
    file.write_text(json.dumps({"clusters": [cluster | {"server": f"https://127.0.0.1:{link.port}"}]}))
    it = SimpleNamespace(port=free_port(), apiserver=authorizer.apiserver, discovery=link, log=lambda: system.stack.log("authorizer-hung"))
    process = it.process = authorizer.spawn("hung", file, http_port, it.port)
    try:
        wait_until(lambda: system.stack.ready(http_port) == "ready", "it is ready without discovery")
        yield it
    finally:
        link.set("refuse")
        process.terminate()
        assert process.wait(30) == 0


def test_what_discovery_does_not_say_is_refused_until_it_does(hung, authorizer, customer):
    engineer, _ = granted(authorizer, customer, PODS, LOGS)
    assert authorize(hung, "logs", engineer)["allowed"] is True  # needs no kind
    said = authorize(hung, "list", engineer)
    assert said["denied"] is True and said["reason"].startswith("lockbox: unknown_resource: ")
    wait_until(lambda: any('"a cluster\'s kinds cannot be read"' in line and '"cluster":"one"' in line and "Timeout was reached" in line
                           for line in hung.log().splitlines()), "the log says what it waits for")
    hung.discovery.set("pass")
    wait_until(lambda: authorize(hung, "list", engineer)["allowed"], "discovery answers")


def test_known_kinds_do_not_wait_for_discovery(hung, authorizer, customer):
    """One asks for what nobody knows, for as long as discovery keeps them waiting; the others' answers come meanwhile."""
    engineer, _ = granted(authorizer, customer, PODS)
    hung.discovery.set("pass")
    wait_until(lambda: authorize(hung, "list", engineer)["allowed"], "the kinds are known")
    hung.discovery.set("stall")

    def unknown() -> dict:
        return authorize_kind(hung, engineer, "unheard-of")

    def meanwhile() -> bool:
        before = len(hung.discovery.connections)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(unknown)
            wait_until(lambda: waiting.done() or len(hung.discovery.connections) > before, "discovery is asked, or may not be yet")
            assert authorize(hung, "list", engineer)["allowed"] is True
            is_first = not waiting.done()
            assert waiting.result(30)["reason"].startswith("lockbox: unknown_resource: ")
        return is_first

    wait_until(meanwhile, "a known kind is answered while discovery is asked for another", 60)


def test_known_kinds_stay_known_when_the_files_are_read_again(hung, authorizer, customer):
    """SIGHUP, for a renewed certificate, for instance."""
    engineer, _ = granted(authorizer, customer, PODS)
    hung.discovery.set("pass")
    wait_until(lambda: authorize(hung, "list", engineer)["allowed"], "the kinds are known")
    hung.discovery.set("stall")
    read = hung.log().count('"clusters read"')
    hung.process.send_signal(signal.SIGHUP)
    wait_until(lambda: hung.log().count('"clusters read"') > read, "the files are read again")
    assert authorize(hung, "list", engineer)["allowed"] is True


def authorize_kind(asked, engineer: str, resource: str) -> dict:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {
        "user": f"lockbox:{engineer}", "groups": ["lockbox:engineers"],
        "resourceAttributes": {"verb": "get", "version": "v1", "resource": resource, "namespace": NAMESPACE, "name": "it"}}}
    return post(asked, "/clusters/one/authorize", json.dumps(body).encode())[1]["status"]

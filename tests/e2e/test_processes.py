"""The six as processes: the libraries each uses, how it starts wrongly, how it waits, how it ends."""
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.stack import BINARIES, WORKERS, free_port
from support.waiting import wait_until

# Of the libraries that Lockbox is about, each worker's own; and none beyond. Who sends spans or webhooks loads curl then.
LIBRARIES = {
    "requester": {"rdkafka", "jansson", "pq"},
    "decider": {"rdkafka", "jansson", "pq"},
    "expirer": {"jansson", "pq"},
    "relay": {"rdkafka", "jansson", "pq"},  # JSON: what librdkafka says of itself
    "notifier": {"rdkafka", "jansson", "pq", "esmtp", "gmime-3.0"},
    "auditor": {"rdkafka", "jansson", "pq"},
}
CLOSED = {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "LOCKBOX_SMTP_URL": "smtp://127.0.0.1:1?tls=off",
          "LOCKBOX_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/lockbox",
          "LOCKBOX_AUDIT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/audit"}


def page(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


@pytest.fixture
def spawn(stack):
    """More instances of a worker, killed at the test's end if need be."""
    children: list[subprocess.Popen] = []

    def start(worker: str, **settings) -> tuple[subprocess.Popen, int]:
        port = free_port()
        # Without a name of its own it leaves the group when it ends, and the stack's worker has all partitions at once.
        children.append(stack.spawn(worker, "extra", LOCKBOX_INSTANCE="", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}",
                                    **settings))
        return children[-1], port
    yield start
    for child in children:
        child.kill()
        child.wait()


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_links_the_libraries_it_needs_and_no_others(worker):
    names = {"curl", *(library for libraries in LIBRARIES.values() for library in libraries)}
    needed = subprocess.run(["readelf", "--dynamic", BINARIES / worker], capture_output=True, text=True, check=True)
    linked = set(re.findall(r"\(NEEDED\).*\[lib(.+?)\.so", needed.stdout))
    assert linked & names == LIBRARIES[worker]
    loaded = subprocess.run(["ldd", BINARIES / worker], capture_output=True, text=True, check=True)
    assert set(re.findall(r"^\s*lib(\S+?)\.so", loaded.stdout, re.MULTILINE)) & names == LIBRARIES[worker]


def mapped(pid: int) -> set[str]:
    """Names of the libraries in its memory."""
    return set(re.findall(r"/(?:sasl2/)?lib([\w.-]+?)[-.\d]*\.so", Path(f"/proc/{pid}/maps").read_text()))


@pytest.mark.parametrize("worker", WORKERS)
def test_what_a_worker_does_not_use_is_not_in_its_memory(stack, worker):
    """curl is for spans and webhooks, and of SASL's plug-ins one brings Berkeley DB."""
    assert not {"curl", "plain", "sasldb", "db"} & mapped(stack.pids[worker])


@pytest.mark.parametrize("settings, library", [
    ({"LOCKBOX_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "curl"),
    ({"LOCKBOX_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "sasldb"),  # Kerberos, where no mechanism is set
    ({"LOCKBOX_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "LOCKBOX_KAFKA_SASL_MECHANISM": "GSSAPI"}, "sasldb"),
])
def test_what_a_setting_needs_is_loaded(spawn, settings, library):
    child, port = spawn("relay", LOCKBOX_ALLOW_PLAINTEXT="yes", LOCKBOX_KAFKA_SASL_KERBEROS_KINIT_CMD="/bin/true", **settings)
    wait_until(lambda: page(port, "/healthz")[0] == 200, "the relay runs", 30)
    assert library in mapped(child.pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="runs a worker as somebody else")
@pytest.mark.parametrize("worker", WORKERS)
def test_nobody_looks_into_its_memory(worker):
    """Passwords and keys are in it: no core file, and what /proc shows of it is root's, not its own user's."""
    child = subprocess.Popen([BINARIES / worker], env={"LOCKBOX_HTTP_LISTEN": "", **CLOSED}, stderr=subprocess.PIPE, user="nobody", text=True)
    try:
        assert child.stderr.readline()  # it runs
        limits = Path(f"/proc/{child.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits)
        assert Path(f"/proc/{child.pid}/environ").stat().st_uid == 0
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("worker", WORKERS)
def test_term_ends_a_working_instance_cleanly(spawn, worker):
    child, port = spawn(worker)
    wait_until(lambda: page(port, "/readyz")[0] == 200, f"the second {worker} is ready", 60)
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_waits_for_what_is_down_and_still_ends_cleanly(spawn, worker):
    child, port = spawn(worker, **CLOSED)
    status, why = wait_until(lambda: (answer := page(port, "/readyz"))[0] and answer, f"the {worker} answers")
    assert status == 503 and why.strip()
    assert page(port, "/healthz")[0] == 200
    metrics = page(port, "/metrics")[1]
    assert f'lockbox_ready{{worker="{worker}"}} 0' in metrics and f'lockbox_database_up{{worker="{worker}"}} 0' in metrics
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0


@pytest.mark.parametrize("setting, value", [("LOCKBOX_GRANT_TTL", "eight hours"), ("LOCKBOX_GRANT_TTL", "P1M"),
                                            ("LOCKBOX_MAX_EVENT_BYTES", "many"), ("LOCKBOX_LOG_LEVEL", "loud")])
def test_a_bad_setting_stops_the_start_and_is_named(stack, setting, value):
    done = subprocess.run([BINARIES / "requester"], env=stack.worker_environment(**{setting: value}),
                          capture_output=True, text=True, timeout=10)
    assert done.returncode == 2
    assert setting in done.stderr


def test_a_bad_template_stops_the_notifier_and_is_named(stack, tmp_path):
    (tmp_path / "head.html").write_text("<html>\n<body>\n<p>{{colour}}</p>\n")
    (tmp_path / "items.txt").write_text("{{#items}}{{words}}\n")
    done = subprocess.run([BINARIES / "notifier"], env=stack.worker_environment(LOCKBOX_TEMPLATE_DIR=str(tmp_path), **CLOSED),
                          capture_output=True, text=True, timeout=10)
    said = [entry for entry in map(json.loads, done.stderr.splitlines()) if entry.get("setting") == "LOCKBOX_TEMPLATE_DIR"]
    assert done.returncode == 2
    assert [entry["error"] for entry in said] == ["items.txt:2: the section of line 1 is not closed",
                                                  "head.html:3: no such value: {{colour}}"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "portal.example", ""])
def test_a_portal_that_is_no_page_stops_the_notifier(stack, address):
    done = subprocess.run([BINARIES / "notifier"], env=stack.worker_environment(LOCKBOX_PORTAL_URL=address, **CLOSED),
                          capture_output=True, text=True, timeout=10)
    assert done.returncode == 2 and "LOCKBOX_PORTAL_URL" in done.stderr


def test_the_notifier_speaks_in_an_operators_words(system, tenant, spawn, tmp_path):
    (tmp_path / "items.txt").write_text("{{#items}}\nNo. {{number}} would {{words}}!\n{{#changes}}\n| {{changes}}\n{{/changes}}\n{{/items}}\n")
    (tmp_path / "foot.html").write_text('<p title="{{ticket_id}}">Contoso Support</p></main></body></html>\n')
    system.stack.down("notifier")
    try:
        child, _ = spawn("notifier", LOCKBOX_TEMPLATE_DIR=str(tmp_path))
        request = tenant.request()
        mails = system.mailbox.wait_for(request.id, {tenant.owner.email, tenant.approver.email}, "Approval needed", seconds=120)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)
        system.stack.up("notifier")
    for mail in mails:
        assert "No. 1 would Get logs from every pod in openshift-ingress!" in mail.text
        assert f'<p title="{request.ticket.id}">Contoso Support</p></main>' in mail.html
        assert "Nothing is done before you or another approver says yes." in mail.text


def test_logs_are_json_and_say_no_secrets_and_no_addresses(system, tenant):
    """Of everything that the tests before this one caused."""
    tenant.request()
    for worker in WORKERS:
        for line in system.stack.log(worker).splitlines():
            entry = json.loads(line)
            assert {"time", "level", "worker", "message"} <= set(entry), line
            assert "@contoso.example" not in line and "@microsoft.example" not in line, line
            assert "routers restart every hour" not in line, line

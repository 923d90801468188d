"""An outside witness (tests/proof/go) sees each log's checkpoints, and says so."""
import json
import os
import subprocess
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from support.translog import COSIGNATURE, Signer, Verifier
from support.waiting import wait_until

from conftest import ACCESSES, await_signed, publish


@contextmanager
def witness(vkeys: str, name: str, tmp_path):
    """Its vkey and its URL."""
    keys = tmp_path / f"{name.replace('/', '-')}-logs.txt"
    keys.write_text(vkeys)
    with subprocess.Popen([os.environ["LOCKBOX_DEV_TRANSLOG"], "witness", keys, name], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip(), process.stdout.readline().strip()
        finally:
            process.terminate()


def grow(stack, system, store, partition: int, count: int) -> None:
    rows = 'SELECT coalesce(max("offset"), -1) FROM audit.event WHERE topic = %s AND "partition" = %s'
    before = store.execute(rows, [ACCESSES, partition]).fetchone()[0]
    publish(stack, {partition: count}, count)
    wait_until(lambda: store.execute(rows, [ACCESSES, partition]).fetchone()[0] == before + count, "the store has them")
    await_signed(system, store)


@pytest.fixture
def asked(stack, ctl, signed, tmp_path):
    """Two witnesses, of whom two must sign, and the settings that say so."""
    vkeys = ctl("audit", "vkey").stdout
    with witness(vkeys, "witness.example/w1", tmp_path) as first, witness(vkeys, "witness.example/w2", tmp_path) as second:
        policy = tmp_path / "policy"
        policy.write_text(f"witness w1 {first[0]} {first[1]}\nwitness w2 {second[0]} {second[1]}/\n"
                          "group both all w1 w2\nquorum both\n")
        asked = partial(ctl, LOCKBOX_WITNESS_POLICY_FILE=str(policy))
        yield asked


def outcomes(done) -> set[str]:
    return {line.split("  ")[-1].strip() for line in done.stdout.splitlines()[1:]}


def test_witnesses_cosign_and_verify_asks_for_them(asked, stack, system, signed, tmp_path, bare):
    before = asked("audit", "verify")
    assert before.returncode == 1 and "witnesses" in before.stdout
    done = asked("audit", "witness")
    assert done.returncode == 0 and outcomes(done) == {"cosigned"}, done.stdout + done.stderr
    grow(stack, system, signed, 0, 5)
    grow(stack, system, signed, 1, 300)
    again = asked("audit", "witness")
    assert again.returncode == 0 and outcomes(again) == {"cosigned", "cosigned before"}, again.stdout + again.stderr
    verified = asked("audit", "verify")
    assert verified.returncode == 0 and "0 leaves came after" in verified.stdout, verified.stdout
    out = tmp_path / "cosigned.tar"
    assert asked("audit", "export", "--out", out, "--from", "2020-01-01T00:00:00Z", "--to", "2090-01-01T00:00:00Z").returncode == 0
    assert asked("audit", "verify", out).returncode == 0


def test_cosignatures_are_what_the_standard_says(asked, signed):
    assert asked("audit", "witness").returncode == 0
    rows = signed.execute("SELECT c.note || s.line, s.witness, extract(epoch FROM s.at)::bigint FROM audit.cosignature s"
                          " JOIN audit.checkpoint c ON c.number = s.checkpoint").fetchall()
    policy = Path(asked.keywords["LOCKBOX_WITNESS_POLICY_FILE"]).read_text().splitlines()
    verifiers = [Verifier.read(line.split()[2]) for line in policy if line.startswith("witness")]
    times = [(verifier.time_of(note), at) for note, name, at in rows for verifier in verifiers if verifier.name == name]
    seen = [(time, at) for time, at in times if time is not None]  # others are of witnesses of other tests
    assert len(seen) >= 2 and all(time == at for time, at in seen)


def test_a_witness_that_saw_more_is_believed(stack, ctl, signed, tmp_path):
    """The store goes back to what it was before; the witness does not."""
    vkeys = ctl("audit", "vkey").stdout
    with witness(vkeys, "witness.example/w3", tmp_path) as (vkey, url):
        policy = tmp_path / "policy3"
        policy.write_text(f"witness w3 {vkey} {url}\nquorum w3\n")
        assert ctl("audit", "witness", LOCKBOX_WITNESS_POLICY_FILE=str(policy)).returncode == 0
        note = signed.execute('SELECT note FROM audit.checkpoint WHERE topic = %s AND "partition" = 0 ORDER BY size LIMIT 1',
                              [ACCESSES]).fetchone()[0]
        request = urllib.request.Request(f"{url}/add-checkpoint", f"old 0\n\n{note}".encode(), method="POST")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 409
        size = int(refused.value.read())
        assert size == signed.execute('SELECT max(size) FROM audit.checkpoint WHERE topic = %s AND "partition" = 0', [ACCESSES]).fetchone()[0]


# ---- refusals ----

ORIGIN = f"lockbox.example/dev/{ACCESSES}/0"


@pytest.fixture
def ask(ctl, signed, tmp_path):
    """What a witness says of each log (origin → outcome), and the exit code."""
    def ask(vkey: str, url: str) -> tuple[dict[str, str], int]:
        policy = tmp_path / "policy"
        policy.write_text(f"witness w {vkey} {url}\nquorum w\n")
        done = ctl("audit", "witness", "-o", "json", LOCKBOX_WITNESS_POLICY_FILE=str(policy))
        return {f"lockbox.example/dev/{row['topic']}/{row['partition']}": row["outcome"] for row in json.loads(done.stdout)}, done.returncode
    return ask


@pytest.fixture
def signer(settings) -> Signer:
    """By the log's own key, whatever one likes."""
    return Signer(ORIGIN, key=load_pem_private_key(Path(settings["LOCKBOX_CHECKPOINT_KEY_FILE"]).read_bytes(), None))


def show(url: str, note: str) -> None:
    request = urllib.request.Request(f"{url}/add-checkpoint", f"old 0\n\n{note}".encode(), method="POST")
    assert urllib.request.urlopen(request, timeout=10).status == 200


def test_a_witness_that_does_not_know_a_log(ctl, ask, tmp_path):
    vkeys = [line for line in ctl("audit", "vkey").stdout.splitlines() if ORIGIN not in line]
    with witness("\n".join(vkeys), "witness.example/w4", tmp_path) as (vkey, url):
        outcomes, code = ask(vkey, url)
    assert code == 1 and outcomes.pop(ORIGIN) == "it does not know this log (404)"
    assert set(outcomes.values()) == {"cosigned"}


def test_a_witness_that_knows_another_key(ctl, ask, tmp_path):
    vkeys = [line for line in ctl("audit", "vkey").stdout.splitlines() if ORIGIN not in line]
    with witness("\n".join([*vkeys, Signer(ORIGIN).verifier.vkey]), "witness.example/w5", tmp_path) as (vkey, url):
        outcomes, code = ask(vkey, url)
    assert code == 1 and outcomes.pop(ORIGIN) == "it does not trust the key that signed this (403)"
    assert set(outcomes.values()) == {"cosigned"}


@pytest.mark.parametrize("size, outcome", [
    (1, "it saw another log under this name: ours does not continue it (422)"),
    (10 ** 9, "it saw a log of 1000000000 leaves under this name: records are gone")])
def test_a_witness_that_saw_another_log(ctl, ask, signer, tmp_path, size, outcome):
    """Signed by the very key: whoever has it shows one log here and another there."""
    with witness(ctl("audit", "vkey").stdout, "witness.example/w6", tmp_path) as (vkey, url):
        show(url, signer.checkpoint(size, bytes(32)))
        outcomes, code = ask(vkey, url)
    assert code == 1 and outcomes.pop(ORIGIN) == outcome
    assert set(outcomes.values()) == {"cosigned"}


@pytest.mark.parametrize("name", ["witness.example/w7", "witness.example/other"])
def test_a_witness_with_another_key_than_the_policys(ctl, ask, signed, tmp_path, name):
    other = Signer(name, COSIGNATURE).verifier.vkey
    before = signed.execute("SELECT count(*) FROM audit.cosignature").fetchone()
    with witness(ctl("audit", "vkey").stdout, "witness.example/w7", tmp_path) as (_, url):
        outcomes, code = ask(other, url)
    assert code == 1 and set(outcomes.values()) == {"its answer holds no signature of its key"}
    assert signed.execute("SELECT count(*) FROM audit.cosignature").fetchone() == before


class Odd(BaseHTTPRequestHandler):
    """Answers whatever it is told to."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("status, body, code, outcome", [
    (400, b"", 1, "it does not understand the request (400)"),
    (409, b"many\n", 1, "it does not say what it saw (409)"),
    (409, b"0\n", 1, "it does not say what it saw (409)"),  # again and again
    (200, "— witness.example/odd AAAA\n".encode(), 1, "its answer holds no signature of its key"),
    (418, b"", 1, "it answers HTTP 418"),
    (503, b"", 3, "it answers HTTP 503")])
def test_odd_answers(ask, status, body, code, outcome):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.status, server.body = status, body
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        outcomes, exit_code = ask(Signer("witness.example/odd", COSIGNATURE).verifier.vkey, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert exit_code == code and set(outcomes.values()) == {outcome}


def test_a_witness_that_does_not_answer(ctl, signed, tmp_path):
    vkey = Verifier("witness.example/gone", 4, bytes(32)).vkey
    policy = tmp_path / "policy"
    policy.write_text(f"witness gone {vkey} http://127.0.0.1:9/\nquorum none\n")
    assert ctl("audit", "witness", LOCKBOX_WITNESS_POLICY_FILE=str(policy)).returncode == 3
    assert ctl("audit", "verify", LOCKBOX_WITNESS_POLICY_FILE=str(policy)).returncode == 0  # none is needed


def test_a_policy_that_is_none(ctl, tmp_path, signed):
    policy = tmp_path / "policy"
    policy.write_text("witness w1\nquorum w1\n")
    done = ctl("audit", "witness", LOCKBOX_WITNESS_POLICY_FILE=str(policy))
    assert done.returncode == 2 and "line 1" in done.stderr
    assert ctl("audit", "witness").returncode == 2

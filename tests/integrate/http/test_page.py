"""docs/integrate/http.md, typed as it stands there: a bridge is set up, and takes and gives events."""
import json
import shutil
import subprocess

import pytest

from bridges import JVM
from pages import blocks
from support.stack import REPOSITORY, free_port
from support.waiting import wait_until

PAGE = REPOSITORY / "docs/integrate/http.md"
BLOCKS = [block for block in blocks(PAGE) if block.language == "sh"]
SECONDS = 300


def filled_in(directory, kafka: dict[str, str], port: int) -> str:
    """example.properties with what is this place's own."""
    text = (directory / "example.properties").read_text()
    for example, own in {"0.0.0.0:8443": f"127.0.0.1:{port}", "/etc/lockbox/http": str(directory), "passphrase = …": "passphrase = changeit",
                         "kafka-0.kafka.example:9093,kafka-1.kafka.example:9093": kafka["bootstrap.servers"],
                         'password="…"': f'password="{kafka["sasl.password"]}"', "/etc/lockbox/kafka-ca.pem": kafka["ssl.ca.location"]}.items():
        assert example in text
        text = text.replace(example, own)
    return text


@pytest.fixture(scope="module")
def typed(stack, tmp_path_factory):
    """All of it, up to the bridge that has started; then a function that types one block more."""
    directory, port = tmp_path_factory.mktemp("page"), free_port()
    shutil.copytree(REPOSITORY / "deploy/http", directory / "deploy/http")
    place = directory / "ticketing-http"

    def run(number: int) -> str:
        done = subprocess.run(["bash", "-euc", BLOCKS[number].text.replace("8443", str(port))], capture_output=True, text=True,
                              cwd=place if place.exists() else directory, timeout=SECONDS)
        assert done.returncode == 0, f"{BLOCKS[number]}\n{done.stdout}{done.stderr}"
        return done.stdout

    run(0)
    run(1)
    (place / "ticketing.properties").write_text(filled_in(place, stack.kafka("ticketing"), port))
    log = place / "log"
    with log.open("w") as file:
        bridge = subprocess.Popen(["bash", "-c", f"exec {BLOCKS[2].text}"], cwd=place, stdout=file, stderr=file,
                                  env={"PATH": "/usr/bin:/bin", "JAVA_TOOL_OPTIONS": " ".join(JVM)})
    wait_until(lambda: " started " in log.read_text() or bridge.poll() is not None, "the bridge of the page", SECONDS)
    assert bridge.poll() is None, log.read_text()
    yield run
    bridge.terminate()
    bridge.wait(60)


def test_publishing(typed):
    first, second = map(json.loads, typed(3).splitlines())
    assert first["topic"] == second["topic"] == "lockbox.tickets.v1" and first["partition"] == second["partition"]
    assert first["offset"] < second["offset"]


def test_following(typed):
    said = typed(4)
    assert said.count("HTTP/1.1 200 OK") == 2 and said.count('rel="next"') == 2


def test_those_are_all_blocks():
    assert len(BLOCKS) == 5

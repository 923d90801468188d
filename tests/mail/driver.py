"""The program send_mail of the build: sessions in, results out, one process for as many sessions as a test likes."""

import json
import os
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PROGRAM = REPO / "build" / os.environ.get("LOCKBOX_DEV_PRESET", "release") / "tests" / "send_mail"


class Driver:
    def __init__(self, url, wrapper=(), **options):
        assert PROGRAM.exists(), f"{PROGRAM} is missing: ./dev build makes it; LOCKBOX_DEV_PRESET names another build"
        arguments = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        self.process = subprocess.Popen([*wrapper, PROGRAM, "--url", url, *arguments], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, exception, *_):
        if exception:
            self.process.kill()
        _, errors = self.process.communicate(timeout=60)
        if not exception:
            assert self.process.returncode == 0, f"send_mail: exit {self.process.returncode}: {errors}"

    def send(self, *messages):
        """One SMTP session; the results in the messages' order. Who answered each is then in self.relays."""
        self.process.stdin.write(json.dumps(messages) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            _, errors = self.process.communicate(timeout=60)
            raise AssertionError(f"send_mail: exit {self.process.returncode}: {errors}")
        results = json.loads(answer)
        self.relays = [result.pop("relay") for result in results]
        return results


def refusal(url, **options):
    """Why the settings stop the start."""
    driver = Driver(url, **options)
    _, errors = driver.process.communicate(timeout=60)
    assert driver.process.returncode == 2, errors
    return errors


def send(url, *messages, **options):
    with Driver(url, **options) as driver:
        return driver.send(*messages)


def message(number=1, **changes):
    return {
        "from": "lockbox@contoso.example",
        "to": f"ann{number}@contoso.example",
        "subject": f"Subject {number}",
        "date": 1795450118000000,
        "message_id": f"<message-{number}@contoso.example>",
        "text": f"Text {number}\n",
        "html": f"<p>HTML {number}</p>\n",
    } | changes

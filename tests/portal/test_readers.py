"""Other readers of WebAuthn say of assertions what Lockbox says, on the documented vector and on what differs: PyPI's fido2 and webauthn,
npm's @simplewebauthn/server, and Go's go-webauthn; and Lockbox accepts what Go's virtualwebauthn makes."""
import json
import os
import subprocess
from pathlib import Path

from support.passkey import PRESENT, VERIFIED, Passkey
from support.portal import PYTHON
from support.signing import base64url
from support.stack import BUILD, REPOSITORY

EXAMPLES = REPOSITORY / "schemas/examples"
DECISION = json.loads((EXAMPLES / "lockbox.decision.submitted.v1/valid-assertion.json").read_text())["data"]
KEY = json.loads((EXAMPLES / "lockbox.tenant.approver_key_set.v1/valid-passkey.json").read_text())["data"]["public_key"]
REQUEST = json.loads((EXAMPLES / "lockbox.request.created.v1/valid-two-signed-approvals.json").read_text())["data"]["request"]
PASSKEY = Passkey()
PAYLOAD = b'{"request_id":"R-1"}'
READERS = Path(os.environ["LOCKBOX_DEV_READERS"])
COMMANDS = [[PYTHON, Path(__file__).with_name("readers.py")], [READERS / "node"], [READERS / "go"]]
GOOD, BAD = [True] * 4, [False] * 4


def said(*given: tuple[dict, dict]) -> list:
    """What each reader says of each assertion and key."""
    lines = "".join(json.dumps({"assertion": assertion, "key": key}) + "\n" for assertion, key in given)
    answers = [subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines() for command in COMMANDS]
    return [sum((it if isinstance(it, list) else [it] for it in map(json.loads, of_one)), []) for of_one in zip(*answers, strict=True)]


def test_the_documented_vector():
    assert said((DECISION["assertion"], KEY), (DECISION["assertion"], PASSKEY.jwk)) == [GOOD, BAD]


def test_what_differs():
    touches = [{}, {"origin": "https://evil.example"}, {"type": "webauthn.create"}, {"challenge": "AAAA"}, {"flags": PRESENT},
               {"flags": VERIFIED}, {"signs": Passkey()}, {"crossOrigin": None}]
    answers = said(*((PASSKEY.touch(PAYLOAD, **touch), PASSKEY.jwk) for touch in touches))
    assert answers == [GOOD, BAD, BAD, BAD, BAD, BAD, BAD, GOOD]


def test_what_another_makes():
    """An assertion by virtualwebauthn holds for every reader, and for Lockbox, which refuses it for another person or by another key."""
    payload = {"request_id": REQUEST["request_id"], "digest": REQUEST["digest"], "decision": "approve", "iat": 1795507864, "by": "ann"}
    made = subprocess.run([READERS / "go", "make", "contoso.example", "https://lockbox.contoso.example", base64url(json.dumps(payload).encode())],
                          capture_output=True, text=True, check=True).stdout
    line = json.loads(made)
    assert said((line["assertion"], line["key"])) == [GOOD]
    assert [ours(line["assertion"], *other) for other in ((line["key"], "ann"), (line["key"], "eve"), (PASSKEY.jwk, "ann"))] == ["good", "bad", "bad"]


def ours(assertion: dict, key: dict, by: str) -> str:
    person = {"id": by, "email": f"{by}@contoso.example", "name": by}
    given = {"request": REQUEST, "decision": {"request_id": REQUEST["request_id"], "decision": "approve", "by": person, "assertion": assertion},
             "key": {"tenant_id": REQUEST["tenant_id"], "principal_id": by, "public_key": key, "by": person}}
    done = subprocess.run([BUILD / "tests" / "check_signature"], input=json.dumps(given) + "\n", capture_output=True, text=True, check=True)
    return done.stdout.strip()

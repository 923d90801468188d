"""Writes the fuzzers' first inputs, from schemas/examples, the unit tests' vectors and the built-in templates: seeds.py DIRECTORY.

Each fuzzer NAME gets the folder DIRECTORY/NAME, and where it helps a dictionary DIRECTORY/NAME.dict. Inputs that once
broke something are in tests/fuzz/regressions/NAME, and stay.
"""
import base64
import hashlib
import io
import json
import re
import struct
import sys
import tarfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "schemas/examples"
UNIT = REPOSITORY / "tests/unit"
TOPICS = ["tickets.v1", "tenants.v1", "decisions.v1", "accesses.v1", "events.v1", "deadletter.v1", "checkpoints.v1"]
HAS_KEY, HAS_VALUE, HAS_TIME, NULL = 16, 32, 64, 255
# Every type of event, in the order of enum lbx_event_type, with its topic.
TYPES = {name: f"{topic.lower()}.v1" for name, topic in re.findall(
    r'X\(\w+, \w+, "(lockbox\.[\w.]+)", (\w+),', (REPOSITORY / "common/event/vocabulary.h").read_text())}
# fuzz_read.c: tables of what is kept come first.
REQUEST_TABLE, SIGNED_DECISION_TABLE = 0, 3


def short(text: str | bytes) -> bytes:
    """Behind its length; what is too long for that is cut off."""
    data = (text.encode() if isinstance(text, str) else text)[:NULL - 1]
    return bytes([len(data)]) + data


def record(topic: str, key: str | None, headers: list, value: bytes | None,
           time_ms: int | None = None) -> bytes:
    form = min(len(headers), 15) | (HAS_KEY if key is not None else 0) | (HAS_VALUE if value is not None else 0)
    form |= HAS_TIME if time_ms is not None else 0
    out = bytes([TOPICS.index(topic.removeprefix("lockbox.")), form])
    out += struct.pack(">q", time_ms) if time_ms is not None else b""
    out += short(key) if key is not None else b""
    for name, content in headers[:15]:
        out += short(name) + (bytes([NULL]) if content is None else short(content))
    return out + (value or b"")


def examples() -> list[tuple[str, dict]]:
    return [(path.parent.name, json.loads(path.read_text())) for path in sorted(EXAMPLES.glob("lockbox.*/*.json"))]


def key_of(topic: str, event: dict) -> str:
    member = {"tickets.v1": "ticket_id", "tenants.v1": "tenant_id", "accesses.v1": "engineer_id"}.get(topic, "request_id")
    data = event.get("data") if isinstance(event.get("data"), dict) else {}
    inside = data.get("request") if isinstance(data.get("request"), dict) else {}
    return str(data.get(member) or inside.get(member) or event.get("subject") or "")


def events() -> list[bytes]:
    out = []
    for event_type, event in examples():
        topic = TYPES[event_type]
        out.append(record(topic, key_of(topic, event), [], json.dumps(event).encode()))
    for path in sorted((EXAMPLES / "wire").glob("*.json")):
        given = json.loads(path.read_text())["record"]
        value = given.get("value")
        if given["topic"].removeprefix("lockbox.") in TOPICS:
            out.append(record(given["topic"], given.get("key"), given.get("headers", []),
                              None if value is None else value.encode("utf-8", "surrogatepass")))
    return out


def fields() -> list[bytes]:
    """Each example's data by the table of its type, which fuzz_read.c finds by the type's place in payload.h."""
    types, kept, out = list(TYPES), 8, []
    for event_type, event in examples():
        which = types.index(event_type)
        which += len(types) * (which < kept)
        out.append(bytes([which]) + json.dumps(event.get("data")).encode())
        request = isinstance(event.get("data"), dict) and event["data"].get("request")
        if isinstance(request, dict):
            out += [bytes([table]) + json.dumps(request).encode() for table in (REQUEST_TABLE, 5, 6)]
    out.append(bytes([SIGNED_DECISION_TABLE]) + json.dumps(SIGNED).encode())
    return out


def requests() -> list[bytes]:
    return [json.dumps(event["data"]["request"]).encode() for _, event in examples()
            if isinstance(event.get("data"), dict) and isinstance(event["data"].get("request"), dict)]


SIGNED = {"request_id": "019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77", "digest": "ab" * 32, "decision": "approve", "iat": 1795450118,
          "actions": [1, 2], "duration": "PT2H"}


def signatures() -> list[bytes]:
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    heads = [{"alg": "EdDSA"}, {"alg": "EdDSA", "typ": "JWT", "kid": "k"}, {"alg": "none"}, {"alg": "EdDSA", "crit": ["b64"]}]
    return [b".".join((encode(json.dumps(head).encode()), encode(json.dumps(SIGNED).encode()), encode(bytes(range(64))))) for head in heads]


def assertions() -> list[bytes]:
    """Of the examples: decisions, proofs and changes."""
    found = [member for _, event in examples() if isinstance(event.get("data"), dict)
             for member in (event["data"].get("assertion"), event["data"].get("proof"), event["data"].get("signature"))
             if isinstance(member, dict)]
    names = ("payload", "client_data_json", "authenticator_data", "signature")
    return ["\n".join(str(it.get(name, "")) for name in names).encode() for it in found]


def strings_of(path: Path) -> list[bytes]:
    """The string literals of a C file, those that stand beside each other as one."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    macros = {name: literal for name, literal in re.findall(r'#define (\w+)\s+\\?\s*((?:"(?:[^"\\]|\\.)*"[\s\\]*)+)', text)}
    for name, literal in macros.items():
        text = re.sub(rf"(?<![\w\"]){name}(?!\w)", lambda _, literal=literal: literal, text)
    runs = re.findall(r'((?:"(?:[^"\\\n]|\\.)*"[\s\\]*)+)', text)
    return [b"".join(unescape(part) for part in re.findall(r'"((?:[^"\\\n]|\\.)*)"', run)) for run in runs]


def unescape(literal: str) -> bytes:
    known = {"n": b"\n", "t": b"\t", "r": b"\r", "0": b"\0", '"': b'"', "\\": b"\\"}
    out = b""
    for plain, hexadecimal, letter in re.findall(r"([^\\]+)|\\x([0-9A-Fa-f]{1,2})|\\(.)", literal):
        out += plain.encode() if plain else bytes.fromhex(hexadecimal.zfill(2)) if hexadecimal else known.get(letter, letter.encode())
    return out


def vectors(*names: str) -> list[bytes]:
    return [text for name in names for text in strings_of(UNIT / f"test_{name}.c") if text]


def templates() -> list[bytes]:
    built_in = [path.read_bytes() for path in sorted((REPOSITORY / "common/mail/templates").iterdir())]
    return built_in + vectors("template", "markup")


def header_bytes(headers: list[tuple[bytes, bytes | None]]) -> bytes:
    field = lambda data: b"\xff" * 4 if data is None else struct.pack(">I", len(data)) + data
    return struct.pack(">I", len(headers)) + b"".join(field(name) + field(value) for name, value in headers)


def rows() -> list[bytes]:
    """Headers as bytes, a row of COPY in binary form of seven columns and of seventeen, and bytes of any kind."""
    headers = [header_bytes([]), header_bytes([(b"ce_id", b"1"), (b"content-type", None)])]
    column = lambda data: b"\xff" * 4 if data is None else struct.pack(">I", len(data)) + data
    out = list(headers)
    for event in requests()[:3]:
        for head in headers:
            seven = [struct.pack(">q", 7), struct.pack(">q", 848_765_318_000_000), struct.pack(">q", 1_795_450_118_000),
                     b"key", head, event, b"\x11" * 32]
            more = [b"id", b"source", b"type", b"subject", struct.pack(">q", 1), None, None, None, None, None]
            out += [struct.pack(">H", len(row)) + b"".join(map(column, row)) for row in (seven, seven + more)]
    return out + [b"plain text\nof two lines", b"\x00\x01\x02", "é\u202e\u0000".encode()]


def settings() -> list[bytes]:
    text = (REPOSITORY / "common/io/settings.h").read_text()
    pairs = re.findall(r'X\(\w+, \w+, "(LOCKBOX_\w+)",\s*"([^"]*)"', text.replace("\\\n", ""))
    each = [f"{name}={value}".encode() for name, value in pairs]
    return [*each, b"\n".join(each), b"LOCKBOX_KAFKA_SASL_MECHANISM=PLAIN\nLOCKBOX_NO_SUCH=1"]


def exports() -> list[bytes]:
    manifest = {"format": "lockbox-export/1", "origin": "lockbox.example/unnamed", "records": 1,
                "logs": [{"topic": "lockbox.events.v1", "origin": "lockbox.example/unnamed/lockbox.events.v1/0", "partition": 0,
                          "base": 0, "size": 1, "records": 1}]}
    topic = b"lockbox.events.v1"
    leaf = struct.pack(">I", len(topic)) + topic + struct.pack(">iq", 0, 0) + b"\0" * 8 + b"\xff" * 4 + b"\0" * 4 + b"\xff" * 4
    stem = f"records/lockbox.events.v1/0/{0:020}"
    proof = b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + b"\n".join(vectors("note")[:1])
    notes = vectors("note")
    files = {"manifest.json": json.dumps(manifest).encode(), "vkeys.txt": notes[0] + b"\n", f"{stem}.leaf": leaf,
             f"{stem}.tlog-proof": proof, "checkpoints/lockbox.events.v1/0.txt": max(notes, key=len), "README.txt": b"An export.\n"}
    return [tar_of(files), tar_of({"README.txt": b""}), tar_of(dict(list(files.items())[:3]))]


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def notes() -> list[bytes]:
    return vectors("note", "policy")


def monitored() -> list[bytes]:
    root = base64.b64encode(bytes(range(32)))
    line = b"lockbox.example/unnamed/lockbox.events.v1/0 12 " + root + b"\n"
    head = b"lockbox-monitor/1\n2026-11-29T12:00:00.000000Z\n"
    of_two = hashlib.sha256(b"\x01" + bytes(range(32)) * 2).digest()  # the root of an edge of two hashes, for a log of three leaves
    edge = b"lockbox.example/unnamed/lockbox.events.v1/2 3 " + base64.b64encode(of_two) + b" " + root + b"," + root + b"\n"
    note = b"=" + base64.b64encode(b"lockbox.example/unnamed/lockbox.events.v1/2\n3\n" + base64.b64encode(of_two) + b"\n") + b"\n"
    return [head, head + line, head + b"+0 17\n" + edge + note, head + line + line.replace(b"/0 12", b"/1 7"), head.replace(b"2026-11-29T12:00:00.000000Z", b"-infinity") + line]


def contents() -> list[bytes]:
    """Objects of the examples' items, and a Kubernetes object before and behind a change."""
    pod = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b", "uid": "1", "resourceVersion": "7", "managedFields": []},
           "data": {"x": "1", "y": "2"}}
    changed = {**pod, "data": {"x": "2"}, "binaryData": None, "list": [1, {"a/b~": [1.5, -0.0, 1e21]}]}
    changes = [item["content"]["changes"] for event in requests() for item in json.loads(event).get("items", []) if "content" in item]
    return [json.dumps(it).encode() + b"\0" + json.dumps(other).encode() for it in (pod, changed) for other in (pod, changed)] + [
        (it if isinstance(it, str) else json.dumps(it)).encode() + b"\0[]" for it in changes]


def previews() -> list[bytes]:
    asked = {"engineer_id": "eng-1", "kind": "Deployment.apps", "namespace": "shop", "name": "web"}
    objects = [{"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": "b"}, "data": {"x": [1.5, None, "\u202e"]}}
               for version, kind in (("v1", "ConfigMap"), ("apps/v1", "Deployment"))]
    return [json.dumps(it).encode() for it in (
        *({"engineer_id": "eng-1", "object": it} for it in objects),
        *({**asked, "patch": {"type": kind, "body": body}} for kind in ("json", "merge", "strategic", "apply") for body in ({"a": 1}, [], None)))]


RECORDED = json.loads((REPOSITORY / "tests/authorizer/recorded.json").read_text())


def clusters() -> list[bytes]:
    one = {"id": "one", "resource_id": "/subscriptions/s/resourceGroups/rg/c1", "client_name": "kube-apiserver", "preview_clients": ["lockboxctl"]}
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    trust = {"approvers": [{"id": "otto", "keys": [key]}], "approvals_needed": 1, "emergency": True, "revoked": ["0190b1a4-5c40-7c3e-9f21-6b8d0e4a7c52"]}
    reached = {"server": "https://c1:6443", "ca_file": "/ca", "certificate_file": "/crt", "key_file": "/key"}
    return [json.dumps({"clusters": it}).encode() for it in ([], [one], [{**one, **reached}], [{**one, "trust": trust}, {**one, "id": "two"}], [one, one])]


def discoveries() -> list[bytes]:
    answers = [json.dumps(it).encode() for it in RECORDED["discovery"].values()]
    return [asked + b"\n" + answer for answer in answers for asked in (b"\npods", b"apps\ndeployments")]


def evidence() -> list[bytes]:
    signed = [it.split(b"\n")[0].decode("ascii", "replace") for it in signatures()]
    decided = json.dumps({"decisions": [{"signature": it} for it in signed[:4]]}).encode()
    return [json.dumps(json.loads(it)).encode() + b"\n" + decided for it in requests()[:20]]


def reviews() -> list[bytes]:
    told = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [{
        "auditID": "0190b1a4", "stage": "ResponseComplete", "verb": "get", "user": {"username": "lockbox:ines", "groups": ["lockbox:engineers"]},
        "objectRef": {"resource": "pods", "namespace": "openshift-ingress", "subresource": "log"}, "requestReceivedTimestamp": "2026-11-29T12:00:00.0Z",
        "stageTimestamp": "2026-11-29T12:00:01.0Z", "responseStatus": {"code": 200}}]}
    admitted = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "1", "operation": "CREATE", "kind": {"group": "apps", "version": "v1", "kind": "Deployment"}, "name": "a", "namespace": "shop",
        "userInfo": {"username": "lockbox:ines", "groups": ["lockbox:engineers"]}, "object": {"metadata": {"name": "a"}}}}
    pages = {"authorize": 0, "admit": 1, "audit": 2}
    asked = [(pages.get(it["page"], 0), it["review"]) for seen in RECORDED["reviews"].values() for it in seen] + [(1, admitted), (2, told)]
    return [bytes([which + 12 * allows]) + (it if isinstance(it, str) else json.dumps(it)).encode() for which, it in asked for allows in (0, 1)]


def statistics() -> list[bytes]:
    return [it for it in vectors("statistics") if it.startswith(b"{")]


SEEDS = {
    "preview": previews, "statistics": statistics,
    "clusters": clusters, "discovery": discoveries, "evidence": evidence, "review": reviews,
    "content": contents, "monitor": monitored,
    "dom": lambda: [*requests()[:8], b"[1e-16383, -0.5E+3, 1.25e-16381]", b"1e-20000", b'{"\\"1e-20000": 0.1}', b"[1e-99999999999999999999]"],
    "log_name": lambda: [b"lockbox.tickets.v1", b"2~lockbox.tickets.v1", b"~a", b"2~3~a", b"9" * 30 + b"~lockbox.events.v1"],
    "event": events, "summary": events, "meaning": events, "read": fields, "mail": requests, "jws": signatures, "webauthn": assertions,
    "time": lambda: vectors("time"), "text": lambda: vectors("utf8", "base64", "email", "uuid", "words"),
    "smtp": lambda: vectors("smtp", "smtp_url"), "settings": settings, "note": notes,
    "tree": lambda: [bytes([0, 1, n, 1, m, 2, 3]) for n in (1, 2, 7, 8, 255) for m in (0, 1, 5)],
    "template": templates, "rows": rows, "export": exports,
}


def members() -> list[str]:
    names = set()
    for path in (REPOSITORY / "schemas/events").iterdir():
        names.update(re.findall(r'"([a-z_A-Z0-9.]+)"', path.read_text()))
    return sorted(names)


def words_of(name: str) -> list[str]:
    if name in ("event", "summary", "meaning", "read", "mail"):
        return [f'"{word}"' for word in members()] + ["null", "true", "[]", "{}", "\\u0000", "PT8H", "2026-11-23T16:08:38Z"]
    if name == "settings":
        return [line.decode() for line in settings()[:-2]]
    if name == "template":
        return ["{{name}}", "{{#list}}", "{{/list}}", "{{^warm}}", "{{> greeting}}", "{{! x}}", "{{lines}}", "{{link}}", "{{item}}",
                "<a href=\"", "<style>", "</style>", "style=\"", "<!--", "-->"]
    if name == "note":
        return ["— ", "PRIVATE+KEY+", "witness ", "group ", "quorum ", "none", "any", "all", "c2sp.org/tlog-proof@v1\n", "index ", "extra "]
    return []


def main(directory: Path) -> None:
    for name, seeds in SEEDS.items():
        folder = directory / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(dict.fromkeys(seeds())):
            (folder / f"{number:04}").write_bytes(seed)
        if not words_of(name):
            continue
        words = "".join('"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n' for word in words_of(name))
        (directory / f"{name}.dict").write_text(words)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

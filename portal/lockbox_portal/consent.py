"""What consent is given to: the digest of a request's fields (docs/signatures.md), and when two requests ask for the same."""
import hashlib
import json

import rfc8785


def digest(request: dict) -> str:
    engineer = request["engineer"]
    parts = [*(request.get(name) for name in ("request_id", "tenant_id", "subscription_id", "ticket_id")),
             *(engineer.get(name) for name in ("id", "email", "organization")),
             request["resource_id"], len(request["actions"])]
    for item in request["actions"]:
        parts += [item.get(name) for name in ("number", "action", "namespace", "kind", "name")]
    parts += [request.get(name) for name in ("justification", "reason_code", "duration", "starts_at", "decide_by")]
    if request.get("digest_version", 1) >= 2:
        for item in request["actions"]:
            content = item.get("content") or {}
            parts += [item.get("container"), item.get("uid"), *(content.get(name) for name in ("api_version", "digest", "previous_digest")),
                      hashlib.sha256(rfc8785.dumps(content["changes"])).hexdigest() if "changes" in content else None]
        parts += [request.get("approvals_needed"), str(request.get("signed_decisions", False)).lower()]
    texts = [None if part is None else str(part).encode() for part in parts]
    return hashlib.sha256(b"".join(b"\xff" * 4 if text is None else len(text).to_bytes(4, "big") + text for text in texts)).hexdigest()


def kind_of(request: dict) -> str:
    """The same for requests that differ in nothing but their time and ticket."""
    items = [{name: it for name, it in item.items() if name not in ("number", "kept")} for item in request["actions"]]
    what = [request["engineer"]["id"], request["resource_id"], items, request.get("justification"), request.get("duration")]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

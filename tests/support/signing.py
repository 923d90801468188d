"""Signatures as a portal makes them for its people: JWS in compact form with Ed25519."""
import base64
import json
import time
from hashlib import sha256

import rfc8785

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk(key: Ed25519PrivateKey) -> dict:
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().public_bytes_raw())}


def jws(key: Ed25519PrivateKey, **payload) -> str:
    signing = f'{base64url(json.dumps({"alg": "EdDSA"}).encode())}.{base64url(json.dumps(payload).encode())}'
    return f"{signing}.{base64url(key.sign(signing.encode()))}"


def proof(key: Ed25519PrivateKey, tenant_id: str, principal_id: str, **other) -> str:
    return jws(key, **{"tenant_id": tenant_id, "principal_id": principal_id, "iat": int(time.time()), **other})


def signed(key: Ed25519PrivateKey, request, **said) -> str:
    """The signature of a decision, by the subscription's owner where `by` names nobody else."""
    said = {"by": request.tenant.owner.id, **said}
    return jws(key, request_id=request.id, digest=request.first.request["digest"], iat=int(time.time()), **said)


def digest_of(request: dict) -> str:
    """Of a request's first event: docs/signatures.md."""
    engineer = request["engineer"]
    fields = [request.get(name) for name in ("request_id", "tenant_id", "subscription_id", "ticket_id")]
    fields += [engineer.get(name) for name in ("id", "email", "organization")]
    fields += [request["resource_id"], len(request["actions"])]
    for item in request["actions"]:
        fields += [item.get(name) for name in ("number", "action", "namespace", "kind", "name")]
    fields += [request.get(name) for name in ("justification", "reason_code", "duration", "starts_at", "decide_by")]
    if request.get("digest_version", 1) >= 2:
        for item in request["actions"]:
            content = item.get("content", {})
            fields += [item.get("container"), item.get("uid"), *(content.get(name) for name in ("api_version", "digest", "previous_digest")),
                       sha256(rfc8785.dumps(content["changes"])).hexdigest() if "changes" in content else None]
        fields += [request.get("approvals_needed"), str(request.get("signed_decisions", False)).lower()]
    octets = b""
    for field in fields:
        text = None if field is None else str(field).encode()
        octets += b"\xff\xff\xff\xff" if text is None else len(text).to_bytes(4) + text
    return sha256(octets).hexdigest()

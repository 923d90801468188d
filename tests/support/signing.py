"""Decisions that an approver's own key signs: docs/signatures.md."""
import base64
import json
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(key: Ed25519PrivateKey) -> dict:
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().public_bytes_raw())}


def signed(key: Ed25519PrivateKey, request, **said) -> str:
    payload = {"request_id": request.id, "digest": request.first.request["digest"], "iat": int(time.time()), **said}
    signing = f'{base64url(json.dumps({"alg": "EdDSA"}).encode())}.{base64url(json.dumps(payload).encode())}'
    return f"{signing}.{base64url(key.sign(signing.encode()))}"

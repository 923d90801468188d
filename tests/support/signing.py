"""Signatures as a portal makes them for its people: JWS in compact form with Ed25519."""
import base64
import json
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


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
